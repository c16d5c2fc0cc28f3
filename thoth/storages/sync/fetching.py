"""Documents on their way: read ahead by threads, while those before them are written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..ceph_prefetch import MOST_BYTES, UNKNOWN_SIZE, Document, Fetch, Fetcher
from ..exceptions import NotFoundError
from ..graph.documents.quarantine import storable
from .selection import Candidate

__all__ = ["MOST_BYTES", "ON_THEIR_WAY", "Document", "Fetch", "Fetcher", "Pending", "batches"]

ON_THEIR_WAY = 1000
"""Candidates that may stand behind one that is being fetched."""

_PATIENCE = 0.1  # seconds that a batch waits for documents that are not there yet


def check_name(document_id: str) -> None:
    """Nothing, for what can be the name of an object; NotFoundError for anything else."""
    if storable(document_id) != document_id:
        raise NotFoundError(f"there is no document {storable(document_id)!r}: no object can have such a name")


class Pending(NamedTuple):
    """A candidate and, where it is to be told, its document."""

    candidate: Candidate
    fetch: Fetch | None

    @property
    def size(self) -> int:
        """How many bytes it counts for."""
        if self.fetch is None:
            return 0
        return UNKNOWN_SIZE if self.candidate.size is None else self.candidate.size


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
