"""What one can tell the graph: documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from ..document_ids import document_id_of
from .documents import analysis as analysis_documents
from .documents import solver as solver_documents
from .enums import DocumentKindEnum
from .models import SyncedDocument
from .queries.base import Questions
from .writers import analysis as analysis_writer
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

    def sync_analysis_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store what an image analysis says; one that is known with the same content changes nothing unless forced.

        The ETag is that of the object the document was read from, without quotes; the ledger keeps it.

        Raises SchemaError, which names the document, the path in it and what was expected there, for anything that is
        no image analysis; where it found two versions of CUDA this is a CudaVersionDoesNotMatchError as well. Nothing
        of it is stored then.
        """
        parsed = analysis_documents.parse(document)
        rows = replace(parsed, document=parsed.document.read_from(etag))
        self._tell(lambda session: analysis_writer.write(session, rows, force=force))
        self._look_again()

    def analysis_document_id_exist(self, analysis_document_id: str) -> bool:
        """Whether the image analysis with this id was synced and need not be again."""
        settled = (SyncedDocument.kind == DocumentKindEnum.ANALYSIS) & ~SyncedDocument.to_sync_again
        this = SyncedDocument.document_id == analysis_document_id
        return bool(self._ask(select(SyncedDocument.document_id).where(this, settled)))

    def analysis_records_exist(self, analysis_document: dict[str, Any]) -> bool:
        """Whether this image analysis was synced, by its id. Raises NoDocumentIdError where it has none."""
        return self.analysis_document_id_exist(document_id_of(analysis_document))
