"""Do the graph and the stores agree? What the ledger holds of each document, compared with what its store lists."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from enum import Enum, auto
from typing import NamedTuple

from .. import config
from ..exceptions import NotFoundError, SchemaError
from ..graph.documents.quarantine import storable
from ..graph.documents.reading import content_sha256
from ..graph.enums import DocumentKindEnum
from ..graph.postgres import GraphDatabase
from ..result_base import ResultStorageBase
from .fetching import MOST_BYTES, Fetch, Fetcher
from .kinds import DocumentKind
from .side_by_side import Compared, SideBySide


class Agreement(Enum):
    """What comparing a document led to."""

    AGREES = auto()
    """The store has what the graph was told."""
    UNSURE = auto()
    """Both have it; whether it is the same nobody noted (it was synced by id, from a file or by an older release)."""
    WAITING = auto()
    """The same in both, and the graph wants to be told again: by the next sync."""
    QUARANTINED = auto()
    """The store has it, and it was refused as it is there."""
    NOT_IN_GRAPH = auto()
    """The store has it, and the graph was not told."""
    NOT_IN_STORAGE = auto()
    """The graph was told, and the store does not have it any more."""
    CHANGED = auto()
    """Both have it, and what is stored is not what the graph was told."""
    UNREADABLE = auto()
    """Both have it, and what is stored is no document any more; found where contents are compared."""

    @property
    def is_difference(self) -> bool:
        """Whether something is to be done about it; what is in quarantine is known already."""
        return self in _DIFFERENCES


_DIFFERENCES = (Agreement.NOT_IN_GRAPH, Agreement.NOT_IN_STORAGE, Agreement.CHANGED, Agreement.UNREADABLE)


class VerifyStep(Enum):
    """What a verification is doing."""

    LISTING = auto()
    READING_THE_LEDGER = auto()
    COMPARING = auto()


Progress = Callable[[VerifyStep, int, int | None], None]
"""Told the step, how many documents it is done with, and with how many it will be, where that is known."""


class VerifiedDocument(NamedTuple):
    """What comparing a document led to; the moments, aware and in UTC, are None where it is not stored, or not known.

    The reason says what is wrong with one that is QUARANTINED or UNREADABLE, in one line.
    """

    kind: DocumentKindEnum
    document_id: str
    agreement: Agreement
    reason: str | None = None
    stored_at: datetime | None = None
    synced_at: datetime | None = None


def verify_documents(
    kind: DocumentKind, graph: GraphDatabase, *, content: bool = False, progress: Progress | None = None
) -> Iterator[VerifiedDocument]:
    """What comparing each document of a kind led to, in the store, in the graph or in both; by id, as bytes sort.

    A listing is compared with the ledger of the graph; nothing is changed in either. An object that is the one the
    document was read from (the same ETag) agrees. With content each document that both have is fetched and compared as
    canonical JSON instead, THOTH_STORAGES_SYNC_FETCH_AHEAD at the same time: that finds objects that were damaged, and
    those that were stored anew with the content they had.

    What is synced meanwhile agrees. However many documents there are, memory stays as it is: they are sorted in a
    temporary file, of about 250 bytes for each. The graph, which is connected, is asked one statement for 2,000 rows of
    the ledger, two for a thousand documents of which some disagree, and one for each whose content does.

    Raises StorageError and DatabaseError where one of the two cannot be asked, OSError where no file can be written.
    """
    store = kind.store()
    store.connect()
    report = progress or (lambda _step, _done, _of: None)
    with closing(SideBySide()) as both:
        # What the listing does not know yet was synced after this moment.
        began = graph.get_database_time()
        both.put_listed(store.iterate_listing(), lambda done: report(VerifyStep.LISTING, done, None))
        ledger = graph.iterate_synced_documents(kind.kind)
        both.put_known(ledger, lambda done: report(VerifyStep.READING_THE_LEDGER, done, None))
        count = both.count()
        for done, verified in enumerate(_Verification(kind, graph, store, began, content=content).of(both), start=1):
            report(VerifyStep.COMPARING, done, count)
            yield verified


class _Compared(NamedTuple):
    """A document and what there is to decide about it: whether it was refused, and its content, if it is needed."""

    document: Compared
    reason: str | None
    fetch: Fetch | None


class _Verification:
    def __init__(
        self, kind: DocumentKind, graph: GraphDatabase, store: ResultStorageBase, began: datetime, *, content: bool
    ) -> None:
        self._kind = kind
        self._graph = graph
        self._began = began
        self._content = content
        self._fetcher = Fetcher(store.retrieve_document, config.SYNC_FETCH_AHEAD.read())

    def of(self, both: SideBySide) -> Iterator[VerifiedDocument]:
        try:
            for one in _ahead(self._asked(both.pages())):
                yield self._verified(one)
        finally:
            self._fetcher.close()

    def _asked(self, pages: Iterable[list[Compared]]) -> Iterator[_Compared]:
        for page in pages:
            refused = self._refused([one for one in page if one.etag is not None and not _is_settled(one)])
            for one in page:
                reason = refused.get(one.document_id)
                is_read = self._content and reason is None and self._is_comparable(one)
                yield _Compared(one, reason, self._fetcher.ask(one.document_id) if is_read else None)

    def _is_comparable(self, one: Compared) -> bool:
        is_in_both = one.etag is not None and one.entry is not None and one.entry.content_sha256 is not None
        return is_in_both and not self._is_meanwhile(one)

    def _is_meanwhile(self, one: Compared) -> bool:
        return one.synced_at is not None and one.synced_at >= self._began

    def _refused(self, suspects: list[Compared]) -> dict[str, str]:
        """{id: why} of those that are in quarantine as they are stored."""
        if not suspects:
            return {}
        kind = self._kind.kind
        held = self._graph.quarantined_documents([storable(one.document_id) for one in suspects], kind)
        refused = [
            one.document_id
            for one in suspects
            if (entry := held.get(storable(one.document_id))) is not None and entry.holds(one.etag)
        ]
        if not refused:
            return {}
        records = self._graph.get_quarantined_documents(map(storable, refused), kind)
        reasons = ((document_id, records.get(storable(document_id))) for document_id in refused)
        return {document_id: _reason(record.json_path, record.reason) for document_id, record in reasons if record}

    def _verified(self, one: _Compared) -> VerifiedDocument:
        document, reason = one.document, one.reason
        if one.fetch is None:
            agreement = Agreement.AGREES if self._is_meanwhile(document) else _agreement(document, reason)
        else:
            agreement, reason = self._agreement_of_content(document, one.fetch)
        moments = (document.stored_at, document.synced_at)
        reason = reason if agreement in (Agreement.QUARANTINED, Agreement.UNREADABLE) else None
        return VerifiedDocument(self._kind.kind, document.document_id, agreement, reason, *moments)

    def _agreement_of_content(self, one: Compared, fetch: Fetch) -> tuple[Agreement, str | None]:
        agreement, reason = _agreement_of_content(one, fetch)
        if agreement.is_difference:  # the ledger was read before the document was, maybe long before
            entry = self._graph.synced_documents([one.document_id], self._kind.kind).get(one.document_id)
            if entry is not None and entry != one.entry:
                return Agreement.AGREES, None
        return agreement, reason


def _ahead(compared: Iterable[_Compared]) -> Iterator[_Compared]:
    """The same; while one is looked at, those behind it are fetched, up to so many and so large."""
    waiting: deque[_Compared] = deque()
    size = 0
    for one in compared:
        waiting.append(one)
        size += _weight(one)
        while waiting and (len(waiting) > _MOST_AHEAD or size > MOST_BYTES):
            size -= _weight(waiting[0])
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


_MOST_AHEAD = 100


def _weight(one: _Compared) -> int:
    return 0 if one.fetch is None else one.document.size


def _is_settled(one: Compared) -> bool:
    return one.entry is not None and one.etag == one.entry.etag


def _agreement(one: Compared, reason: str | None) -> Agreement:
    """What is known without the document."""
    if one.etag is None:
        return Agreement.NOT_IN_STORAGE
    if reason is not None:
        return Agreement.QUARANTINED
    if one.entry is None:
        return Agreement.NOT_IN_GRAPH
    if one.entry.etag not in (None, one.etag):
        return Agreement.CHANGED
    if one.entry.to_sync_again:
        return Agreement.WAITING
    return Agreement.UNSURE if one.entry.etag is None else Agreement.AGREES


def _agreement_of_content(one: Compared, fetch: Fetch) -> tuple[Agreement, str | None]:
    """What the document says, and why it cannot be read, if so."""
    assert one.entry is not None
    try:
        is_same = content_sha256(one.document_id, fetch.take()) == one.entry.content_sha256
    except NotFoundError:
        return Agreement.NOT_IN_STORAGE, None  # deleted since it was listed, or not all of its objects are there
    except SchemaError as error:
        return Agreement.UNREADABLE, _reason(error.path, f"expected {error.expected}")
    if not is_same:
        return Agreement.CHANGED, None
    return (Agreement.WAITING if one.entry.to_sync_again else Agreement.AGREES), None


def _reason(path: str | None, words: str) -> str:
    """What is wrong, in one line."""
    first, *_ = words.splitlines() or [""]
    return f"at {path}: {first}" if path else first
