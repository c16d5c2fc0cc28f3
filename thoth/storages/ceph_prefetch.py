"""Documents that are read ahead by threads: in order, and never more of them than memory has room for."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import closing
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, Protocol

from . import config
from .exceptions import NotFoundError

Document = dict[str, Any]
Read = Callable[[str], Document]

MOST_BYTES = 16 * 1024 * 1024
"""Of JSON on its way; a larger document comes alone. Parsed it takes several times as much."""

UNKNOWN_SIZE = 256 * 1024
"""Bytes that a document counts for of which nobody said how large it is."""

_WAITING_FOR_EACH_THREAD = 4  # documents, at most; the one that is read counts
_FAREWELL = 1.0  # seconds that whoever ends early waits for reads under way; they go on unheard then


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


class Wanted(NamedTuple):
    """A document that is to be read, and its bytes as its object is stored; None where nobody said."""

    document_id: str
    size: int | None = None


def documents_in_order(
    read: Read, wanted: Iterable[Wanted], threads: int | None = None
) -> Generator[tuple[str, Document], None, None]:
    """(id, document) for each that is wanted, in this order; what was deleted in the meantime is left out.

    Some are read ahead, by THOTH_STORAGES_SYNC_FETCH_AHEAD threads if not told otherwise. What reading one raises, or
    what the iterator of those that are wanted raises, is raised in its turn, after all that come before. The threads
    end with the iteration, which close() ends at any time; a read under way is waited for up to a second.
    """
    with closing(_Window(read, iter(wanted), config.SYNC_FETCH_AHEAD.read() if threads is None else threads)) as window:
        while (asked := window.next()) is not None:
            document_id, fetch = asked
            try:
                document = fetch.take()
            except NotFoundError:
                continue
            yield document_id, document


class _Window:
    """Documents that are wanted and being read."""

    def __init__(self, read: Read, wanted: Iterator[Wanted], threads: int) -> None:
        self._read = read
        self._wanted = wanted
        self._fetcher = Fetcher(read, threads)
        self._process = os.getpid()
        self._most = max(1, threads * _WAITING_FOR_EACH_THREAD)
        self._pending: deque[tuple[Wanted, Fetch]] = deque()
        self._bytes = 0
        self._error: Exception | None = None

    def next(self) -> tuple[str, Fetch] | None:
        """The next one, while those behind it are read; None where there is none."""
        if self._process != os.getpid():
            self._begin_again()
        self._fill()
        if not self._pending:
            if self._error is not None:
                raise self._error
            return None
        one, fetch = self._pending.popleft()
        self._bytes -= _weight(one)
        return one.document_id, fetch

    def close(self) -> None:
        """End the threads."""
        self._fetcher.close()

    def _fill(self) -> None:
        while self._error is None and len(self._pending) < self._most and self._bytes < MOST_BYTES:
            try:
                one = next(self._wanted, None)
            except Exception as error:
                self._error = error
                return
            if one is None:
                return
            self._pending.append((one, self._fetcher.ask(one.document_id)))
            self._bytes += _weight(one)

    def _begin_again(self) -> None:
        """Ask again for what is on its way: a forked process has none of the threads."""
        self._process = os.getpid()
        self._fetcher = Fetcher(self._read, self._fetcher.threads)
        self._pending = deque((one, self._fetcher.ask(one.document_id)) for one, _ in self._pending)


def _weight(one: Wanted) -> int:
    return UNKNOWN_SIZE if one.size is None else one.size
