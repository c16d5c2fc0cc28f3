"""Questions about documents: which ones the graph was told, and when the last one was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, select

from ...document_ids import InspectionResultId, document_id_of
from ..arrays import is_one_of
from ..documents.ledger import LedgerEntry
from ..enums import DocumentKindEnum, checked_kind
from ..models import InspectionRun, SyncedDocument
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions

_LEDGER = table_of(SyncedDocument)


def _synced(kind: DocumentKindEnum, column: ColumnElement[Any]) -> AnySelect:
    """A column of the ledger, of the documents of a kind that were synced and need not be again."""
    return select(column).where(_LEDGER.c.kind == checked_kind(kind), ~_LEDGER.c.to_sync_again)


def _synced_of_inspection(inspection_document_id: str) -> AnySelect:
    """The ids of an inspection's results that were synced. Those that are awaited are not in the ledger."""
    # Not by the beginning of the ledger's ids, which no index serves in every collation.
    number = cast(InspectionRun.inspection_result_number, Text)
    this = _LEDGER.c.document_id == InspectionRun.inspection_document_id + "/results/" + number  # InspectionResultId
    return _synced(DocumentKindEnum.INSPECTION, _LEDGER.c.document_id).where(
        this, InspectionRun.inspection_document_id == inspection_document_id
    )


def _last_synced(kinds: Iterable[DocumentKindEnum]) -> AnySelect:
    """When the last document of these kinds was synced."""
    # Kind by kind: the index on kind and moment gives each of them without reading the ledger.
    newest = (_synced(kind, func.max(_LEDGER.c.synced_at)).scalar_subquery() for kind in kinds)
    return select(func.greatest(*newest))


class DocumentQueries(Questions):
    """The ledger of documents. One that is to be synced again does not count as synced."""

    def get_last_synced(self, kind: DocumentKindEnum | None = None) -> datetime | None:
        """When the document that was synced last, of a kind or of any, was; in UTC, None where there is none."""
        last: datetime | None = self._ask_value(
            _last_synced(DocumentKindEnum if kind is None else [checked_kind(kind)])
        )
        return last and last.astimezone(UTC)

    def synced_document_ids(self, document_ids: Iterable[str], kind: DocumentKindEnum) -> set[str]:
        """Those of the ids under which a document of this kind was synced and need not be again. One statement."""
        known = _synced(kind, _LEDGER.c.document_id).where(is_one_of(_LEDGER.c.document_id, "ids"))
        return {document_id for (document_id,) in self._ask(known, {"ids": list(document_ids)})}

    def synced_documents(self, document_ids: Iterable[str], kind: DocumentKindEnum) -> dict[str, LedgerEntry]:
        """{id: what the ledger holds} of those of the ids under which a document of this kind was synced.

        One statement, however many there are. Those that are to be synced again are among them.
        """
        entry = (_LEDGER.c.content_sha256, _LEDGER.c.etag, _LEDGER.c.to_sync_again)
        known = select(_LEDGER.c.document_id, *entry).where(
            is_one_of(_LEDGER.c.document_id, "ids"), _LEDGER.c.kind == checked_kind(kind)
        )
        return {row[0]: LedgerEntry(*row[1:]) for row in self._ask(known, {"ids": list(document_ids)})}

    def _is_synced(self, document_id: str, kind: DocumentKindEnum) -> bool:
        return bool(self.synced_document_ids([document_id], kind))

    # --- By kind -----------------------------------------------------------------------------------------------------

    def solver_document_id_exists(self, solver_document_id: str) -> bool:
        """Whether the solver document with this id was synced."""
        return self._is_synced(solver_document_id, DocumentKindEnum.SOLVER)

    def solver_document_id_exist(self, solver_document_id: str) -> bool:
        """Whether the solver document with this id was synced; solver_document_id_exists by its name of 2019."""
        return self._is_synced(solver_document_id, DocumentKindEnum.SOLVER)

    def solver_records_exist(self, solver_document: dict[str, Any]) -> bool:
        """Whether this solver document was synced, by its id. Raises NoDocumentIdError where it has none."""
        return self._is_synced(document_id_of(solver_document), DocumentKindEnum.SOLVER)

    def adviser_document_id_exist(self, adviser_document_id: str) -> bool:
        """Whether the adviser's document with this id was synced."""
        return self._is_synced(adviser_document_id, DocumentKindEnum.ADVISER)

    def analysis_document_id_exist(self, analysis_document_id: str) -> bool:
        """Whether the image analysis with this id was synced."""
        return self._is_synced(analysis_document_id, DocumentKindEnum.ANALYSIS)

    def analysis_records_exist(self, analysis_document: dict[str, Any]) -> bool:
        """Whether this image analysis was synced, by its id. Raises NoDocumentIdError where it has none."""
        return self._is_synced(document_id_of(analysis_document), DocumentKindEnum.ANALYSIS)

    def package_analysis_document_id_exist(self, package_analysis_document_id: str) -> bool:
        """Whether the analysis of a package with this id was synced."""
        return self._is_synced(package_analysis_document_id, DocumentKindEnum.PACKAGE_ANALYSIS)

    def provenance_checker_document_id_exist(self, provenance_checker_document_id: str) -> bool:
        """Whether the provenance checker's document with this id was synced."""
        return self._is_synced(provenance_checker_document_id, DocumentKindEnum.PROVENANCE_CHECKER)

    def dependency_monkey_document_id_exists(self, dependency_monkey_document_id: str) -> bool:
        """Whether the document of Dependency Monkey with this id was synced."""
        return self._is_synced(dependency_monkey_document_id, DocumentKindEnum.DEPENDENCY_MONKEY)

    def dependency_monkey_document_id_exist(self, dependency_monkey_document_id: str) -> bool:
        """Whether it was synced; dependency_monkey_document_id_exists by its name of 2019."""
        return self._is_synced(dependency_monkey_document_id, DocumentKindEnum.DEPENDENCY_MONKEY)

    def si_aggregated_document_id_exists(self, si_aggregated_run_document_id: str) -> bool:
        """Whether the document of security indicators with this id was synced."""
        return self._is_synced(si_aggregated_run_document_id, DocumentKindEnum.SECURITY_INDICATORS)

    def inspection_document_id_exist(self, inspection_document_id: str) -> bool:
        """Whether a result of this inspection was synced; being asked for by Dependency Monkey does not count."""
        return bool(self._ask(_synced_of_inspection(inspection_document_id).limit(1)))

    def inspection_document_id_result_number_exists(
        self, inspection_document_id: str, inspection_result_number: int
    ) -> bool:
        """Whether this result of the inspection was synced; the first one has the number 0."""
        result_id = InspectionResultId(inspection_document_id, inspection_result_number)
        return self._is_synced(str(result_id), DocumentKindEnum.INSPECTION)
