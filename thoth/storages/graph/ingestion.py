"""What one can tell the graph: documents."""

from __future__ import annotations

from typing import Any

from .documents import solver as solver_documents
from .queries.base import Questions
from .writers import solver as solver_writer


class Ingestion(Questions):
    """Documents into the graph: each whole or not at all, each once."""

    def sync_solver_result(self, document: dict[str, Any], *, force: bool = False) -> None:
        """Store what a solver document says; one that is known with the same content changes nothing unless forced.

        Raises SchemaError, which names the document, the path in it and what was expected there, for anything that is
        no solver document; nothing of it is stored then.
        """
        rows = solver_documents.parse(document)
        self._tell(lambda session: solver_writer.write(session, rows, force=force))
        self._look_again()
