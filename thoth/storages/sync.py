"""Documents from object storage, or from files, into the graph."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from . import config
from .exceptions import (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    NotConnectedError,
    SchemaError,
    ThothStorageExceptionError,
)
from .graph.enums import DocumentKindEnum
from .graph.postgres import GraphDatabase
from .result_base import ResultStorageBase
from .solvers import SolverResultsStore

_LOGGER = logging.getLogger(__name__)

_LOOK_UP = 500
"""How many ids are looked up in the ledger at a time."""


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
    forced. Local ids are paths of JSON files. A document that cannot be synced raises, or, if graceful, is logged and
    counted; a database or a store that is gone raises all the same. Without a graph one is connected to, as the
    settings say, and disconnected from afterwards.

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
    if is_local and document_ids is None:
        raise ValueError("local documents need document_ids: the paths of their files")
    return _sync(kind, document_ids, force, graceful, graph, _read_file if is_local else _reader(kind))


def _sync(
    kind: DocumentKind,
    document_ids: Iterable[str] | None,
    force: bool,
    graceful: bool,
    graph: GraphDatabase | None,
    read: Callable[[str], dict[str, Any]],
) -> Iterator[Outcome]:
    adapter = graph or GraphDatabase()
    if not adapter.is_connected():
        adapter.connect()
    try:
        for known, document_id in _with_known(adapter, kind, _listed(kind, document_ids)):
            if known and not force:
                yield Outcome.SKIPPED
            else:
                yield _sync_one(adapter, kind, document_id, read, force=force, graceful=graceful)
    finally:
        if graph is None:
            adapter.disconnect()


def _sync_one(
    graph: GraphDatabase,
    kind: DocumentKind,
    document_id: str,
    read: Callable[[str], dict[str, Any]],
    *,
    force: bool,
    graceful: bool,
) -> Outcome:
    try:
        _tell(graph, kind, document_id, read, force=force)
    except _NOT_THE_DOCUMENTS_FAULT:
        raise  # every other document would fail as well
    except Exception as error:
        if not graceful or _is_the_stores_fault(error):
            raise
        expected = isinstance(error, ThothStorageExceptionError | OSError)
        _LOGGER.error("%s was not synced: %s", document_id, error, exc_info=not expected)
        return Outcome.FAILED
    return Outcome.SYNCED


def _is_the_stores_fault(error: Exception) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, BotoCoreError | ClientError)


def _tell(
    graph: GraphDatabase, kind: DocumentKind, document_id: str, read: Callable[[str], dict[str, Any]], *, force: bool
) -> None:
    try:
        kind.tell(graph, read(document_id), force=force)
    except SchemaError as error:
        if error.document_id is not None:
            raise
        # It does not name itself, but we know where it comes from.
        raise type(error)(document_id, error.path, error.expected) from error


def _listed(kind: DocumentKind, document_ids: Iterable[str] | None) -> Iterable[str]:
    if document_ids is not None:
        return document_ids
    store = kind.store()
    store.connect()
    listing: Iterable[str] = store.get_document_listing()
    if config.RANDOMIZE_LISTING.read():
        listing = list(listing)
        random.shuffle(listing)
    return listing


def _with_known(graph: GraphDatabase, kind: DocumentKind, document_ids: Iterable[str]) -> Iterator[tuple[bool, str]]:
    """Each id with whether the graph knows it; looked up many at a time."""
    ids = iter(document_ids)
    while chunk := list(islice(ids, _LOOK_UP)):
        named = {document_id: Path(document_id).name.removesuffix(".json") for document_id in chunk}
        known = graph.synced_document_ids(named.values(), kind.kind)
        for document_id in chunk:
            yield named[document_id] in known, document_id


def _reader(kind: DocumentKind) -> Callable[[str], dict[str, Any]]:
    store = kind.store()
    store.connect()
    return store.retrieve_document


def _read_file(path: str) -> dict[str, Any]:
    """A document in a file. Raises SchemaError where it is not JSON, FileNotFoundError where there is no file."""
    try:
        document: dict[str, Any] = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise SchemaError(path, "the top", f"JSON in UTF-8 ({error})") from error
    return document
