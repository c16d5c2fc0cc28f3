"""Purging: documents go from where they are stored into a folder of their own, and what they said from the graph.

In batches, and of each in this order: its objects are copied, then deleted where they were, then the graph forgets what
they said. So whatever ends a purge, and whenever, there is a copy of each object, no sync finds an object that was
forgotten, and the graph still names what is left to do: call it again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..enums import DocumentKindEnum
from ..filters import checked_truth
from ..writers.quarantine import release
from .deleting import (
    DeletionQueries,
    Doomed,
    batches,
    doomed_adviser_documents,
    doomed_analysis_documents,
    doomed_solver_documents,
)

if TYPE_CHECKING:
    from ...ceph import CephStore
    from ...result_base import ResultStorageBase

PURGED_AS = {
    DocumentKindEnum.SOLVER: "solver",
    DocumentKindEnum.ADVISER: "adviser",
    DocumentKindEnum.ANALYSIS: "package-extract",
}
"""What the folders begin with that purged documents of a kind go into."""


class PurgeProgress(NamedTuple):
    """How far a purge is.

    documents: that are done, of how many; missing: those of them that were not in the store any more; runs: how many
    were deleted; prefix: what the keys of the moved objects begin with.
    """

    documents: int
    of: int
    missing: int
    runs: int
    prefix: str


class _Move:
    """The store of a kind of documents, and the folder that purged ones go into; raises where there is no bucket."""

    def __init__(self, kind: DocumentKindEnum) -> None:
        from ...ceph_prefetch import Wanted, documents_in_order

        self._in_order, self._wanted = documents_in_order, Wanted
        store = _store(kind)
        store.connect()
        # A bucket that is not there must not pass for one whose objects are gone.
        store.check_connection()
        self._from: CephStore = store.ceph
        folder = f"{PURGED_AS[kind]}-purge-{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}"
        self.prefix = f"{store.prefix.rpartition('/')[0]}/{folder}"

    def move(self, document_ids: Sequence[str]) -> int:
        """How many documents were moved; nothing is deleted before all of them are copied. Others are not there."""
        copied = [document_id for document_id, _ in self._in_order(self._copy, map(self._wanted, document_ids))]
        for _ in self._in_order(self._delete, map(self._wanted, copied)):
            pass
        return len(copied)

    def _copy(self, document_id: str) -> dict[str, Any]:
        return self._from.copy(document_id, self.prefix)

    def _delete(self, document_id: str) -> dict[str, Any]:
        self._from.delete(document_id)
        return {}


def _store(kind: DocumentKindEnum) -> ResultStorageBase:
    """The store of a kind, as the settings name it."""
    from ...advisers import AdvisersResultsStore
    from ...analyses import AnalysisResultsStore
    from ...solvers import SolverResultsStore

    stores: dict[DocumentKindEnum, type[ResultStorageBase]] = {
        DocumentKindEnum.SOLVER: SolverResultsStore,
        DocumentKindEnum.ADVISER: AdvisersResultsStore,
        DocumentKindEnum.ANALYSIS: AnalysisResultsStore,
    }
    return stores[kind]()


class PurgeQueries(DeletionQueries):
    """Purging documents from object storage and from the graph; the settings say where the store is.

    Objects are moved to <prefix>/<deployment>/<kind>-purge-<moment in UTC>/<document id>. One that is not in the store,
    because it was moved before or is gone, is no error: the graph forgets it all the same. A purge that was interrupted
    goes on when it is called again. A dry run counts, and touches nothing.
    """

    def purge_solver_documents(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        dry_run: bool = False,
    ) -> int:
        """How many runs of solvers in an environment were purged; what is None means any.

        See delete_solver_result() for what becomes of package versions. Raises FilterMissingError, a ValueError,
        without any filter, and the errors of GraphDatabase and of the object store.
        """
        return self._purge(doomed_solver_documents(os_name, os_version, python_version), dry_run)

    def purge_adviser_documents(
        self,
        *,
        end_datetime: datetime | str | None = None,
        adviser_version: str | None = None,
        dry_run: bool = False,
    ) -> int:
        """How many runs of the adviser were purged; filters and errors are those of delete_adviser_run()."""
        return self._purge(doomed_adviser_documents(end_datetime, adviser_version), dry_run)

    def purge_package_extract_documents(
        self,
        *,
        end_datetime: datetime | str | None = None,
        package_extract_version: str | None = None,
        dry_run: bool = False,
    ) -> int:
        """How many image analyses were purged; filters and errors are those of delete_package_extract_run()."""
        return self._purge(doomed_analysis_documents(end_datetime, package_extract_version), dry_run)

    def purge_documents(self, doomed: Doomed) -> Generator[PurgeProgress]:
        """Purge documents and tell after each batch how far it is; see the class.

        What is to be purged comes from doomed_solver_documents() and its siblings in
        thoth.storages.graph.queries.deleting.
        """
        self._connected_engine()
        move, document_ids = _Move(doomed.kind), self._doomed_ids(doomed)
        progress = PurgeProgress(0, len(document_ids), 0, 0, move.prefix)
        yield progress
        for batch in batches(document_ids):
            moved = move.move(batch)
            runs = self._purge_some(doomed, batch)
            progress = progress._replace(
                documents=progress.documents + len(batch),
                missing=progress.missing + len(batch) - moved,
                runs=progress.runs + runs,
            )
            yield progress

    def _purge_some(self, doomed: Doomed, document_ids: Sequence[str]) -> int:
        runs = self._delete_some(doomed.delete, document_ids)
        self._tell(lambda session: release(session, document_ids, doomed.kind))  # what is gone need not be tried again
        return runs

    def _purge(self, doomed: Doomed, dry_run: bool) -> int:
        if checked_truth("dry_run", dry_run):
            return self._count(doomed.runs)
        runs = 0
        for progress in self.purge_documents(doomed):
            runs = progress.runs
        return runs
