"""Inspections that Amun has finished, from its API into the graph and the object store."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple

from ..amun import AmunClient
from ..dependency_monkey_reports import DependencyMonkeyReportsStore
from ..document_ids import InspectionResultId
from ..exceptions import AmunResponseError, NotFoundError, SchemaError
from ..graph.enums import DocumentKindEnum
from ..graph.postgres import GraphDatabase
from ..inspection_documents import InspectionDocumentsStore
from .fetching import check_name
from .kinds import INSPECTION, kind_of
from .outcomes import DocumentOutcome, Outcome, SyncCounts, count_outcomes
from .stored import check_document
from .syncing import connected_to

_LOGGER = logging.getLogger(__name__)

_AT_FAULT = (AmunResponseError, NotFoundError, SchemaError)
"""What is the fault of one inspection alone: others may be fetched all the same."""


class _Targets(NamedTuple):
    """Where inspections go; None is left out."""

    graph: GraphDatabase | None
    store: InspectionDocumentsStore | None

    def hold(self, inspection_id: str) -> bool:
        """Whether an inspection is everywhere already."""
        in_graph = self.graph is None or self.graph.inspection_document_id_exist(inspection_id)
        return in_graph and (
            self.store is None or self.store.document_exists(str(InspectionResultId(inspection_id, 0)))
        )


@dataclass(frozen=True)
class AmunSource:
    """Amun, and where its inspections go."""

    client: AmunClient
    to_graph: bool
    to_store: bool

    def outcomes(
        self, inspection_ids: Iterable[str] | None, graph: GraphDatabase | None, *, force: bool, graceful: bool
    ) -> Iterator[DocumentOutcome]:
        """What became of each of these inspections, each once; without ids, of those that reports speak of."""
        with ExitStack() as stack:
            connected = stack.enter_context(connected_to(graph)) if self.to_graph else None
            targets = _Targets(connected, _inspections() if self.to_store else None)
            wanted = dict.fromkeys(_reported() if inspection_ids is None else inspection_ids)
            yield from _fetched(self.client, wanted, targets, force=force, graceful=graceful)


def amun_source(amun_api_url: str | None, only_graph_sync: bool, only_ceph_sync: bool) -> AmunSource | None:
    """What these arguments mean; None without a URL. Raises ValueError where they contradict each other."""
    if only_graph_sync and only_ceph_sync:
        raise ValueError("only_graph_sync and only_ceph_sync leave nowhere to sync to: give one of them at most")
    if amun_api_url is None:
        if only_graph_sync or only_ceph_sync:
            raise ValueError("only_graph_sync and only_ceph_sync are about inspections from Amun: give its URL as well")
        return None
    return AmunSource(AmunClient(amun_api_url), to_graph=not only_ceph_sync, to_store=not only_graph_sync)


def ids_apart(document_ids: Iterable[str] | None) -> tuple[list[str] | None, list[str] | None]:
    """Ids of documents in stores, and those of inspections; None twice where there are none, which means all."""
    if isinstance(document_ids, str):
        raise TypeError(f"document_ids must be a list of ids, not the text {document_ids!r}")
    ids = list(document_ids or ())
    inspections = [document_id for document_id in ids if kind_of(document_id) is INSPECTION]
    rest = [document_id for document_id in ids if kind_of(document_id) is not INSPECTION]
    return (rest, inspections) if ids else (None, None)


def sync_from_amun(
    amun_api_url: str,
    document_ids: Iterable[str] | None = None,
    *,
    force_sync: bool = False,
    graceful: bool = False,
    only_graph_sync: bool = False,
    only_ceph_sync: bool = False,
    graph: GraphDatabase | None = None,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of inspections from Amun; see sync_inspection_documents()."""
    if isinstance(document_ids, str):
        raise TypeError(f"document_ids must be a list of ids, not the text {document_ids!r}")
    source = amun_source(amun_api_url, only_graph_sync, only_ceph_sync)
    if source is None:
        raise TypeError("amun_api_url must be the URL of Amun's API, not None")
    return count_outcomes(source.outcomes(document_ids, graph, force=force_sync, graceful=graceful))


def _inspections() -> InspectionDocumentsStore:
    store = InspectionDocumentsStore()
    store.connect()
    return store


def _reported() -> Iterator[str]:
    """The inspections that reports of Dependency Monkey speak of."""
    store = DependencyMonkeyReportsStore()
    store.connect()
    return store.iterate_inspection_ids()


def _fetched(
    client: AmunClient, inspection_ids: Iterable[str], targets: _Targets, *, force: bool, graceful: bool
) -> Iterator[DocumentOutcome]:
    """What became of each inspection."""
    for inspection_id in inspection_ids:
        try:
            check_name(inspection_id)
            is_known = not force and targets.hold(inspection_id)
            outcome = Outcome.SKIPPED if is_known else _sync(client, inspection_id, targets, force=force)
            yield DocumentOutcome(DocumentKindEnum.INSPECTION, inspection_id, outcome)
        except _AT_FAULT as error:
            error.add_note(f"while {inspection_id} was synced")
            if not graceful:
                raise
            _LOGGER.error("%s: %s", inspection_id, error)
            yield DocumentOutcome(DocumentKindEnum.INSPECTION, inspection_id, Outcome.FAILED, error)


def _sync(client: AmunClient, inspection_id: str, targets: _Targets, *, force: bool) -> Outcome:
    document = client.inspection(inspection_id)
    if document is None:
        _LOGGER.info("%s: Amun has not finished it", inspection_id)
        return Outcome.SKIPPED
    checked = check_document(INSPECTION, document)
    # The graph first: what it refuses is not stored, and what was told and not stored is fetched again.
    if targets.graph is not None:
        targets.graph.sync_inspection_result(checked.document, force=force)
    if targets.store is not None:
        targets.store.store_document(checked.document)
    return Outcome.SYNCED
