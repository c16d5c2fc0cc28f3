"""Documents from object storage, or from files, into the graph."""

from __future__ import annotations

import json
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from . import config
from .ceph import ListedObject
from .exceptions import (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    NotConnectedError,
    SchemaError,
    ThothStorageExceptionError,
)
from .graph.documents.ledger import LedgerEntry
from .graph.documents.reading import content_sha256
from .graph.enums import DocumentKindEnum
from .graph.postgres import GraphDatabase
from .result_base import ResultStorageBase
from .solvers import SolverResultsStore

_LOGGER = logging.getLogger(__name__)

_LOOK_UP = 1000  # ids in the ledger at a time
_NOTE = 100  # new ETags of unchanged documents at a time; a sync that is broken off loses no more of them
_FAREWELL = 1.0  # seconds that a sync which ends early waits for fetches under way; they go on unheard then

_Document = dict[str, Any]
_Read = Callable[[str], _Document]
_Fetch = Callable[[], _Document]


_NOT_THE_DOCUMENTS_FAULT = (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    NotConnectedError,
)


class Outcome(Enum):
    """What became of a document."""

    SYNCED = auto()
    SKIPPED = auto()
    FAILED = auto()


class SyncCounts(NamedTuple):
    """How many documents were looked at, and what became of them."""

    processed: int
    synced: int
    skipped: int
    failed: int


class DocumentKind(NamedTuple):
    """How documents of one kind are stored and told to the graph."""

    kind: DocumentKindEnum
    store: type[ResultStorageBase]
    tell: Callable[..., None]


SOLVER = DocumentKind(DocumentKindEnum.SOLVER, SolverResultsStore, GraphDatabase.sync_solver_result)


def sync_solver_documents(
    document_ids: Iterable[str] | None = None,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> SyncCounts:
    """(processed, synced, skipped, failed) of solver documents.

    Without ids all documents of the store are synced, with an empty list none. What is in the graph is skipped unless
    forced: of listed documents those with the same ETag, or else the same content, of given ones those with the same
    id. Documents are fetched ahead, as THOTH_STORAGES_SYNC_FETCH_AHEAD says. Local ids are paths of JSON files. A
    document that cannot be synced raises, or, if graceful, is logged and counted; a database or a store that is gone
    raises all the same. Without a graph one is connected to, as the settings say, and disconnected from afterwards.

    Raises ValueError for local documents without ids, and what GraphDatabase.sync_solver_result raises.
    """
    outcomes = iterate_sync(SOLVER, document_ids, force=force, graceful=graceful, graph=graph, is_local=is_local)
    return count_outcomes(outcomes)


def count_outcomes(outcomes: Iterable[Outcome]) -> SyncCounts:
    """The counts of these outcomes."""
    seen = list(outcomes)
    return SyncCounts(
        len(seen), *(seen.count(outcome) for outcome in (Outcome.SYNCED, Outcome.SKIPPED, Outcome.FAILED))
    )


def iterate_sync(
    kind: DocumentKind,
    document_ids: Iterable[str] | None = None,
    *,
    force: bool = False,
    graceful: bool = False,
    graph: GraphDatabase | None = None,
    is_local: bool = False,
) -> Iterator[Outcome]:
    """The outcome of each document as it is known; the loop behind each sync_<kind>_documents, for showing progress."""
    if isinstance(document_ids, str):
        raise TypeError(f"document_ids must be a list of ids, not the text {document_ids!r}")
    if is_local:
        if document_ids is None:
            raise ValueError("local documents need document_ids: the paths of their files")
        fetcher, candidates = _Fetcher(_read_file, 0), _given(document_ids)
    else:
        store = kind.store()
        store.connect()
        fetcher = _Fetcher(store.retrieve_document, config.SYNC_FETCH_AHEAD.read())
        candidates = _listed(store) if document_ids is None else _given(document_ids)
    return _sync(_Run(kind, graph or GraphDatabase(), force, graceful), candidates, fetcher, is_own_graph=graph is None)


# --- What there is ---------------------------------------------------------------------------------------------------


class _Candidate(NamedTuple):
    """A document that may have to be synced: how it was given, and what the store and the ledger say of it."""

    given: str  # an id, or a path
    etag: str | None  # None where it was not listed
    entry: LedgerEntry | None = None

    @property
    def document_id(self) -> str:
        """Under which id the ledger would hold it."""
        return Path(self.given).name.removesuffix(".json")

    @property
    def is_settled(self) -> bool:
        """Whether the ledger holds it as it is."""
        return self.entry is not None and self.entry.is_settled(self.etag)


def _given(document_ids: Iterable[str]) -> Iterator[_Candidate]:
    return (_Candidate(document_id, None) for document_id in document_ids)


def _listed(store: ResultStorageBase) -> Iterator[_Candidate]:
    """The documents of a store; it is asked for them when the first one is wanted."""
    listing: Iterable[ListedObject] = store.iterate_listing()
    if config.RANDOMIZE_LISTING.read():
        listing = list(listing)
        random.shuffle(listing)
    for listed in listing:
        yield _Candidate(listed.document_id, listed.etag)


def _with_entries(graph: GraphDatabase, kind: DocumentKind, candidates: Iterable[_Candidate]) -> Iterator[_Candidate]:
    """The candidates with what the ledger holds of them; looked up many at a time."""
    remaining = iter(candidates)
    while chunk := list(islice(remaining, _LOOK_UP)):
        entries = graph.synced_documents([candidate.document_id for candidate in chunk], kind.kind)
        for candidate in chunk:
            yield candidate._replace(entry=entries.get(candidate.document_id))


# --- Fetching --------------------------------------------------------------------------------------------------------


class _Fetcher:
    """Threads that read documents in the order they are asked for; without any, each is read when it is needed.

    The threads share one store: a client of boto3 may be used by many, once it is made. They do not keep the process
    alive: one that waits for a silent server must not hold up whoever pressed Ctrl-C.
    """

    def __init__(self, read: _Read, ahead: int) -> None:
        self.ahead = ahead
        self._read = read
        self._asked: SimpleQueue[tuple[str, Future[_Document]] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._closed = False

    def ask(self, given: str) -> _Fetch:
        """What gives the document, or raises what reading it raised; it is being read from now on."""
        if not self.ahead:
            return partial(self._read, given)
        future: Future[_Document] = Future()
        self._asked.put((given, future))
        if len(self._threads) < self.ahead:
            thread = Thread(target=self._work, name=f"thoth-fetch-{len(self._threads)}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return future.result

    def close(self) -> None:
        """End the threads; what was asked for and not begun is not read any more."""
        self._closed = True
        for _ in self._threads:
            self._asked.put(None)
        end = time.monotonic() + _FAREWELL
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while self._fetch_next():
            pass

    def _fetch_next(self) -> bool:
        """Whether there was something to read. A function of its own: an idle thread holds no document."""
        asked = self._asked.get()
        if asked is None or self._closed:
            return False
        given, future = asked
        try:
            future.set_result(self._read(given))
        except BaseException as error:  # whoever wanted the document is told, whatever it is
            future.set_exception(error)
        return True


def _fetching(
    candidates: Iterable[_Candidate], fetcher: _Fetcher, *, force: bool
) -> Iterator[tuple[_Candidate, _Fetch | None]]:
    """The candidates in their order, with what gives the document where it is needed.

    While one is looked at, as many as the fetcher has threads are being fetched or wait for their turn.
    """
    window: deque[tuple[_Candidate, _Fetch | None]] = deque()
    asked = 0
    for candidate in candidates:
        window.append((candidate, None if candidate.is_settled and not force else fetcher.ask(candidate.given)))
        asked += window[-1][1] is not None
        # What needs no fetching waits only for what stands before it, and not too much of it.
        while window and (window[0][1] is None or asked > fetcher.ahead or len(window) > _LOOK_UP):
            asked -= window[0][1] is not None
            yield window.popleft()
    while window:
        yield window.popleft()


# --- Syncing ---------------------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """One sync: what it is told to do, and the ETags that it has not noted yet."""

    kind: DocumentKind
    graph: GraphDatabase
    force: bool
    graceful: bool
    unchanged: list[tuple[str, bytes, str]] = field(default_factory=list)

    def outcome(self, candidate: _Candidate, fetch: _Fetch | None) -> Outcome:
        """What became of a document, after it."""
        if fetch is None:
            return Outcome.SKIPPED
        try:
            return self._sync_one(candidate, fetch)
        except _NOT_THE_DOCUMENTS_FAULT:
            raise  # every other document would fail as well
        except Exception as error:
            if not self.graceful or _is_the_stores_fault(error):
                error.add_note(f"while {candidate.given} was synced")  # not every error of a store names the object
                raise
            expected = isinstance(error, ThothStorageExceptionError | OSError)
            _LOGGER.error("%s was not synced: %s", candidate.given, error, exc_info=not expected)
            return Outcome.FAILED

    def note_etags(self, at_least: int = 1) -> None:
        """Note the ETags of unchanged documents, where there are as many."""
        if len(self.unchanged) >= at_least:
            self.graph.note_etags(self.unchanged)
            self.unchanged.clear()

    def _sync_one(self, candidate: _Candidate, fetch: _Fetch) -> Outcome:
        document = fetch()
        try:
            if not self.force and self._is_unchanged(candidate, document):
                return Outcome.SKIPPED
            self.kind.tell(self.graph, document, force=self.force, etag=self._etag(candidate, document))
        except SchemaError as error:
            if error.document_id is not None:
                raise
            # It does not name itself, but we know where it comes from.
            raise type(error)(candidate.given, error.path, error.expected) from error
        return Outcome.SYNCED

    def _is_unchanged(self, candidate: _Candidate, document: _Document) -> bool:
        """Whether a listed document is what the ledger holds, under another ETag; that one is noted later."""
        entry, document_id = candidate.entry, candidate.document_id
        if candidate.etag is None or entry is None or entry.to_sync_again:
            return False
        content = content_sha256(document_id, document)
        if content != entry.content_sha256:
            return False
        self.unchanged.append((document_id, content, candidate.etag))
        return True

    def _etag(self, candidate: _Candidate, document: _Document) -> str | None:
        """The ETag to tell with a document; None where it was stored under an id that is not its own."""
        if candidate.etag is None or self.kind.store.get_document_id(document) != candidate.document_id:
            return None
        return candidate.etag


def _sync(run: _Run, candidates: Iterable[_Candidate], fetcher: _Fetcher, *, is_own_graph: bool) -> Iterator[Outcome]:
    if not run.graph.is_connected():
        run.graph.connect()
    try:
        known = _with_entries(run.graph, run.kind, candidates)
        for candidate, fetch in _fetching(known, fetcher, force=run.force):
            yield run.outcome(candidate, fetch)
            run.note_etags(_NOTE)
        run.note_etags()
    finally:
        fetcher.close()
        if is_own_graph:
            run.graph.disconnect()


def _is_the_stores_fault(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, BotoCoreError | ClientError)


def _read_file(path: str) -> _Document:
    """A document in a file. Raises SchemaError where it is not JSON, FileNotFoundError where there is no file."""
    try:
        document: _Document = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise SchemaError(path, "the top", f"JSON in UTF-8 ({error})") from error
    return document
