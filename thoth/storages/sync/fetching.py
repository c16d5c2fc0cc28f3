"""Documents on their way: read ahead by threads, while those before them are written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, Protocol

from .selection import Candidate

Document = dict[str, Any]
Read = Callable[[str], Document]

ON_THEIR_WAY = 1000
"""Candidates that may stand behind one that is being fetched."""

MOST_BYTES = 16 * 1024 * 1024
"""Of JSON in a batch, and as much on its way; a larger document comes alone. Parsed it takes several times as much."""

_UNKNOWN_SIZE = 256 * 1024  # bytes that a document counts for of which nobody said how large it is
_PATIENCE = 0.1  # seconds that a batch waits for documents that are not there yet
_FAREWELL = 1.0  # seconds that a sync which ends early waits for fetches under way; they go on unheard then


class Fetch(Protocol):
    """A document that was asked for."""

    def is_there(self, within: float | None) -> bool:
        """Whether take() need not wait, now or within some seconds; None waits until that is so."""

    def take(self) -> Document:
        """The document, or raises what reading it raised; once, since nothing is kept of it."""


class _Ahead:
    def __init__(self, future: Future[Document]) -> None:
        self._futures = [future]

    def is_there(self, within: float | None) -> bool:
        return bool(wait(self._futures, timeout=within).done)

    def take(self) -> Document:
        return self._futures.pop().result()


class _WhenNeeded(NamedTuple):
    read: Read
    given: str

    def is_there(self, within: float | None) -> bool:
        return True

    def take(self) -> Document:
        return self.read(self.given)


class Fetcher:
    """Threads that read documents in the order they are asked for; without any, each is read when it is needed.

    The threads share one store: a client of boto3 may be used by many, once it is made. They do not keep the process
    alive: one that waits for a silent server must not hold up whoever pressed Ctrl-C.
    """

    def __init__(self, read: Read, threads: int) -> None:
        self.threads = threads
        self._read = read
        self._asked: SimpleQueue[tuple[str, Future[Document]] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._closed = False

    def ask(self, given: str) -> Fetch:
        """The document, which is being read from now on."""
        if not self.threads:
            return _WhenNeeded(self._read, given)
        future: Future[Document] = Future()
        self._asked.put((given, future))
        if len(self._threads) < self.threads:
            thread = Thread(target=self._work, name=f"thoth-fetch-{len(self._threads)}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return _Ahead(future)

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


class Pending(NamedTuple):
    """A candidate and, where it is to be told, its document."""

    candidate: Candidate
    fetch: Fetch | None

    @property
    def size(self) -> int:
        """How many bytes it counts for."""
        if self.fetch is None:
            return 0
        return _UNKNOWN_SIZE if self.candidate.size is None else self.candidate.size


def batches(
    candidates: Iterator[Candidate], is_wanted: Callable[[Candidate], bool], fetcher: Fetcher, most: int
) -> Iterator[list[Pending]]:
    """The candidates in their order, in batches of at most so many documents that are wanted and MOST_BYTES.

    While the caller is busy with a batch, the documents of the next one are fetched. A batch waits for its first
    document as long as it takes; one that is not there in time opens the next batch, so that it holds up nothing that
    is there already.
    """
    window = _Window(candidates, is_wanted, fetcher, most)
    window.fill()
    while window.pending:
        batch = window.take()
        window.fill()
        yield batch


class _Window:
    """Candidates whose turn has not come, those of them that are wanted being fetched."""

    def __init__(
        self, candidates: Iterator[Candidate], is_wanted: Callable[[Candidate], bool], fetcher: Fetcher, most: int
    ) -> None:
        self.pending: deque[Pending] = deque()
        self._candidates = candidates
        self._is_wanted = is_wanted
        self._fetcher = fetcher
        self._most = most
        self._wanted = self._bytes = 0

    def fill(self) -> None:
        """Ask for documents, until there is enough to come."""
        while len(self.pending) < ON_THEIR_WAY and self._has_room():
            candidate = next(self._candidates, None)
            if candidate is None:
                return
            fetch = self._fetcher.ask(candidate.given) if self._is_wanted(candidate) else None
            self.pending.append(Pending(candidate, fetch))
            self._wanted += fetch is not None
            self._bytes += self.pending[-1].size

    def take(self) -> list[Pending]:
        """What comes first, up to the end of a batch."""
        batch: list[Pending] = []
        wanted = size = 0
        end = 0.0
        while self.pending and wanted < self._most:  # of no more bytes than fill() lets in
            fetch = self.pending[0].fetch
            if fetch and not fetch.is_there(max(0.0, end - time.monotonic()) if batch else None):
                break
            end = end or time.monotonic() + _PATIENCE
            batch.append(self.pending.popleft())
            wanted += fetch is not None
            size += batch[-1].size
        self._wanted -= wanted
        self._bytes -= size
        return batch

    def _has_room(self) -> bool:
        return self._wanted < max(self._most, self._fetcher.threads) and self._bytes < MOST_BYTES
