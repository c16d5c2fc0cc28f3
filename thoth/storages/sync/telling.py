"""A batch of documents: told together, and what became of each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ..collecting import without_collecting
from ..exceptions import (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    DocumentCorruptedError,
    NotConnectedError,
    SchemaError,
    StorageError,
    ThothStorageExceptionError,
)
from ..graph.documents.quarantine import REASON_LENGTH, DocumentFault, storable
from ..graph.documents.reading import content_sha256
from ..graph.postgres import GraphDatabase
from ..graph.together import Told
from .fetching import Document, Pending
from .kinds import DocumentKind
from .outcomes import DocumentOutcome, Outcome
from .selection import Candidate

_LOGGER = logging.getLogger(__name__)

_NOT_THE_DOCUMENTS_FAULT = (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    NotConnectedError,
)

_Result = Outcome | Exception


@dataclass(frozen=True)
class Orders:
    """What a sync is told to do."""

    force: bool
    graceful: bool
    retry_quarantined: bool

    def left_alone(self, candidate: Candidate) -> Outcome | None:
        """What became of a document that need not be read; None where it has to be."""
        if self.force:
            return None
        if candidate.entry is not None and candidate.entry.is_settled(candidate.etag):
            return Outcome.SKIPPED
        held = candidate.quarantine is not None and candidate.quarantine.holds(candidate.etag)
        return Outcome.QUARANTINED if held and not self.retry_quarantined else None


class Batch:
    """Documents that are told together."""

    def __init__(self, kind: DocumentKind, graph: GraphDatabase, orders: Orders, pending: list[Pending]) -> None:
        self._kind = kind
        self._graph = graph
        self._orders = orders
        self._pending = pending
        self._results: dict[int, _Result] = {}
        self._at_fault: set[int] = set()
        self._unchanged: list[tuple[str, bytes, str]] = []

    def outcomes(self) -> Iterator[DocumentOutcome]:
        """What became of each, after all of them; the first that stops the sync is raised, after those before it."""
        with without_collecting():
            self._tell(self._documents())
        self._note()
        self._log()
        for number in sorted(self._results):
            yield self._outcome(self._pending[number].candidate, self._results[number])

    def _log(self) -> None:
        seen = Counter(one if isinstance(one, Outcome) else Outcome.FAILED for one in self._results.values())
        counted = ", ".join(f"{seen[outcome]} {outcome.name.lower()}" for outcome in Outcome if seen[outcome])
        first, last = (storable(self._pending[number].candidate.given) for number in (0, -1))
        _LOGGER.info("%s to %s: %s", first, last, counted)

    def _documents(self) -> dict[int, Told]:
        """The documents to tell, by their places; up to the first that stops the sync."""
        told = {}
        for number, (candidate, fetch) in enumerate(self._pending):
            if fetch is None:
                self._results[number] = self._orders.left_alone(candidate) or Outcome.SKIPPED
                continue
            try:
                document = fetch.take()
                if self._is_unchanged(candidate, document):
                    self._results[number] = Outcome.SKIPPED
                else:
                    told[number] = Told(document, self._etag(candidate, document))
            except Exception as error:
                self._results[number] = error
                if isinstance(error, SchemaError):  # else there is no document, or nobody may read it
                    self._at_fault.add(number)
                if self._stops_the_sync(error):
                    break
        return told

    def _tell(self, told: dict[int, Told]) -> None:
        if not told:
            return
        results = self._graph.sync_results(self._kind.kind, list(told.values()), force=self._orders.force)
        for number, result in zip(told, results, strict=True):
            if isinstance(result, Exception):
                self._results[number] = result
                self._at_fault.add(number)
            else:
                self._results[number] = Outcome.SYNCED if result else Outcome.SKIPPED

    def _note(self) -> None:
        """Note ETags of unchanged documents, and which documents go into quarantine, or out of it."""
        if self._unchanged:
            self._graph.note_etags(self._unchanged)
        faults: dict[str, DocumentFault] = {}
        released = set()
        for number, result in sorted(self._results.items()):
            candidate = self._pending[number].candidate
            if isinstance(result, Exception):
                if number in self._at_fault and self._orders.graceful:
                    faults[candidate.document_id] = DocumentFault.of(candidate.document_id, result, candidate.etag)
            elif self._pending[number].fetch is not None:
                faults.pop(candidate.document_id, None)
                if candidate.quarantine is not None:
                    released.add(candidate.document_id)
        self._graph.note_quarantine(self._kind.kind, list(faults.values()), sorted(released))

    def _outcome(self, candidate: Candidate, result: _Result) -> DocumentOutcome:
        kind, document_id = self._kind.kind, candidate.document_id
        if isinstance(result, Outcome):
            return DocumentOutcome(kind, document_id, result)
        error = _named(candidate, result)
        if self._stops_the_sync(error):
            error.add_note(
                f"while {storable(candidate.given)} was synced"
            )  # not every error of a store names the object
            raise error
        expected = isinstance(error, ThothStorageExceptionError | OSError)
        given, message = storable(candidate.given), storable(str(error), REASON_LENGTH)
        said = message if given in message else f"{given}: {message}"
        _LOGGER.error("not synced: %s", said, exc_info=None if expected else error)
        return DocumentOutcome(kind, document_id, Outcome.FAILED, error)

    def _stops_the_sync(self, error: Exception) -> bool:
        """Whether the sync does not go on after it: it is not graceful, or every other document would fail as well."""
        return not self._orders.graceful or isinstance(error, _NOT_THE_DOCUMENTS_FAULT) or _is_the_stores_fault(error)

    def _is_unchanged(self, candidate: Candidate, document: Document) -> bool:
        """Whether a listed document is what the ledger holds, under another ETag; that one is noted later."""
        entry, document_id = candidate.entry, candidate.document_id
        if self._orders.force or candidate.etag is None or entry is None or entry.to_sync_again:
            return False
        content = content_sha256(document_id, document)
        if content != entry.content_sha256:
            return False
        self._unchanged.append((document_id, content, candidate.etag))
        return True

    def _etag(self, candidate: Candidate, document: Document) -> str | None:
        """The ETag to tell with a document; None where it was stored under an id that is not its own."""
        if candidate.etag is None or self._kind.store.get_document_id(document) != candidate.document_id:
            return None
        return candidate.etag


def _named(candidate: Candidate, error: Exception) -> Exception:
    """The error of a document; one that does not name itself by the name it was given."""
    if not isinstance(error, SchemaError) or error.document_id is not None:
        return error
    named = type(error)(candidate.given, error.path, error.expected)
    named.__cause__ = error
    return named


def _is_the_stores_fault(error: Exception) -> bool:
    return isinstance(error, StorageError) and not isinstance(error, DocumentCorruptedError)
