"""The one loop behind every sync: look up what is known, fetch the rest, tell it in batches, say what became of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import islice

from .. import config
from ..graph.documents.quarantine import storable
from ..graph.postgres import GraphDatabase
from ..result_base import ResultStorageBase
from .fetching import Document, Fetcher, batches, check_name
from .files import read_file
from .kinds import KINDS, DocumentKind, kind_of, prefixes_of
from .outcomes import DocumentOutcome, Outcome
from .selection import Candidate, Selection, Shard, file_id
from .telling import Batch, Orders

_LOGGER = logging.getLogger(__name__)

_LOOK_UP = 1000  # ids in the ledger and in quarantine at a time


def iterate_sync(
    kind: DocumentKind,
    document_ids: Iterable[str] | None = None,
    *,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
    since: date | None = None,
    shard: Shard | str | None = None,
    retry_quarantined: bool = False,
) -> Iterator[DocumentOutcome]:
    """What became of each document of a kind, in their order, as soon as it is known.

    Without ids all documents of the store are synced, or those made since a day (UTC); with an empty list none. Local
    ids are paths of JSON files. A shard such as 3/8 is the third of eight shares of them, by their ids.

    What is in the graph is skipped unless forced: of listed documents those with the same ETag, or else the same
    content, of given ones those with the same id. A listed document that is in quarantine with the same ETag is left
    alone unless forced or retried. Documents are fetched ahead, THOTH_STORAGES_SYNC_FETCH_AHEAD at the same time, and
    told in batches of THOTH_STORAGES_SYNC_BATCH; an outcome is given after its whole batch was written.

    A document that cannot be synced raises, or, if graceful, is logged, put into quarantine and FAILED; other documents
    of its batch are written all the same. A database or a store that is gone raises in any case. Without a graph one is
    connected to, as the settings say, and disconnected from at the end.

    Raises TypeError and ValueError for arguments that contradict each other, and what GraphDatabase.sync_results does.
    """
    selection = Selection.of(document_ids, is_local, since, shard)
    orders = Orders(force, graceful, retry_quarantined)
    return _sync_all([(kind, selection)], orders, graph)


def iterate_sync_documents(
    document_ids: Iterable[str] | None = None,
    *,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
    since: date | None = None,
    shard: Shard | str | None = None,
    retry_quarantined: bool = False,
) -> Iterator[DocumentOutcome]:
    """What iterate_sync() gives for each kind in turn, in the order of KINDS; without ids, or with none, for all.

    The kind of a document is that of the longest prefix its id, or the name of its file, starts with. Raises ValueError
    for an id that starts with none, before anything is synced; if graceful, it is logged and FAILED, of no kind.
    """
    if isinstance(document_ids, str):
        raise TypeError(f"document_ids must be a list of ids, not the text {document_ids!r}")
    ids = list(document_ids or ()) or None
    unknown: list[DocumentOutcome] = []
    if ids is None:
        selections = [(kind, Selection.of(None, is_local, since, shard)) for kind in KINDS]
    else:
        by_kind, unknown = _by_kind(ids, is_local, graceful=graceful)
        chosen = [kind for kind in KINDS if kind in by_kind]
        selections = [(kind, Selection.of(by_kind[kind], is_local, since, shard)) for kind in chosen]
    return _sync_all(selections, Orders(force, graceful, retry_quarantined), graph, unknown)


def _by_kind(
    document_ids: Iterable[str], is_local: bool, *, graceful: bool
) -> tuple[dict[DocumentKind, list[str]], list[DocumentOutcome]]:
    """The ids of each kind, and what became of those that are of none."""
    found: dict[DocumentKind, list[str]] = {}
    unknown = []
    for given in document_ids:
        document_id = file_id(given) if is_local else given
        kind = kind_of(document_id)
        if kind is not None:
            found.setdefault(kind, []).append(given)
            continue
        error = ValueError(f"{storable(given)}: expected the id of a document to start with one of {prefixes_of()}")
        if not graceful:
            raise error
        _LOGGER.error("%s", error)
        unknown.append(DocumentOutcome(None, document_id, Outcome.FAILED, error))
    return found, unknown


# --- What is known ---------------------------------------------------------------------------------------------------


def _looked_up(graph: GraphDatabase, kind: DocumentKind, candidates: Iterator[Candidate]) -> Iterator[Candidate]:
    """The candidates with what the ledger and the quarantine hold of them; looked up many at a time.

    The rows of those that were synced since they were put into quarantine are taken away.
    """
    while chunk := list(islice(candidates, _LOOK_UP)):
        ids = [candidate.document_id for candidate in chunk]
        entries = graph.synced_documents(ids, kind.kind)
        quarantine = graph.quarantined_documents(ids, kind.kind)
        found = [
            one._replace(entry=entries.get(one.document_id), quarantine=quarantine.get(one.document_id))
            for one in chunk
        ]
        graph.note_quarantine(kind.kind, released=sorted({one.document_id for one in found if _is_sound(one)}))
        yield from found


def _is_sound(candidate: Candidate) -> bool:
    """Whether a document is in quarantine, but the graph knows what is in the store now."""
    if candidate.quarantine is None or candidate.entry is None:
        return False
    is_another = candidate.etag is not None and not candidate.quarantine.holds(candidate.etag)
    return candidate.quarantine.was_synced_since or (is_another and candidate.entry.is_settled(candidate.etag))


# --- Syncing ---------------------------------------------------------------------------------------------------------


def _sync_all(
    selections: Sequence[tuple[DocumentKind, Selection]],
    orders: Orders,
    graph: GraphDatabase | None,
    unknown: Iterable[DocumentOutcome] = (),
) -> Iterator[DocumentOutcome]:
    yield from unknown
    with connected_to(graph) as connected:
        for kind, selection in selections:
            yield from _sync_kind(kind, selection, orders, connected)


@contextmanager
def connected_to(graph: GraphDatabase | None) -> Iterator[GraphDatabase]:
    """The graph, connected; one of our own is disconnected from afterwards."""
    connected = graph or GraphDatabase()
    if not connected.is_connected():
        connected.connect()
    try:
        yield connected
    finally:
        if graph is None:
            connected.disconnect()


def _retrieve(store: ResultStorageBase, document_id: str) -> Document:
    check_name(document_id)
    return store.retrieve_document(document_id)


def _sync_kind(
    kind: DocumentKind, selection: Selection, orders: Orders, graph: GraphDatabase
) -> Iterator[DocumentOutcome]:
    store = None if selection.is_local else kind.store()
    if store is None:
        fetcher = Fetcher(read_file, 0)
    else:
        store.connect()
        fetcher = Fetcher(partial(_retrieve, store), config.SYNC_FETCH_AHEAD.read())
    known = _looked_up(graph, kind, selection.candidates(store))
    held = 0
    try:
        for batch in batches(known, lambda one: orders.left_alone(one) is None, fetcher, config.SYNC_BATCH.read()):
            for outcome in Batch(kind, graph, orders, batch).outcomes():
                held += outcome.outcome is Outcome.QUARANTINED
                yield outcome
    finally:
        fetcher.close()
        if held:
            _LOGGER.warning("left alone, in quarantine: %d of the %s documents", held, kind.prefixes[0])
