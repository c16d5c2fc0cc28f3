"""What one can tell the graph: documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .documents import solver as solver_documents
from .queries.base import Questions
from .writers import solver as solver_writer
from .writers.ledger import note_etags


class Ingestion(Questions):
    """Documents into the graph: each whole or not at all, each once."""

    def sync_solver_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store what a solver document says; one that is known with the same content changes nothing unless forced.

        The ETag is that of the object the document was read from, without quotes; the ledger keeps it.

        Raises SchemaError, which names the document, the path in it and what was expected there, for anything that is
        no solver document; nothing of it is stored then.
        """
        parsed = solver_documents.parse(document)
        rows = replace(parsed, document=parsed.document.read_from(etag))
        self._tell(lambda session: solver_writer.write(session, rows, force=force))
        self._look_again()

    def note_etags(self, unchanged: Sequence[tuple[str, bytes, str]]) -> None:
        """Note under which ETags documents are stored whose content was found unchanged: (id, content_sha256, ETag).

        What the ledger holds with another content by now is left out. One statement, however many there are.
        """
        self._tell(lambda session: note_etags(session, unchanged))
