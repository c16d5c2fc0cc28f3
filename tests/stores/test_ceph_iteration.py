"""Documents that are read ahead: in order, few at a time, errors where they belong, and no threads afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from thoth.storages import CephStore, ceph_prefetch
from thoth.storages.ceph_prefetch import MOST_BYTES, Wanted, documents_in_order
from thoth.storages.exceptions import DocumentCorruptedError, NotFoundError

AHEAD = "THOTH_STORAGES_SYNC_FETCH_AHEAD"
KIB = 1024


def fetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")]


class Reading:
    """Reads documents that need not be stored anywhere, and knows what is going on."""

    def __init__(self, seconds: float = 0) -> None:
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self._seconds = seconds
        self._lock = threading.Lock()
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, document_id: str) -> dict[str, Any]:
        with self._lock:
            self.asked.append(document_id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self._seconds * (1 + hash(document_id) % 3))
        assert document_id == "000" or self.gate.wait(10)
        with self._lock:
            self.at_once -= 1
        if document_id.startswith("gone"):
            raise NotFoundError(document_id)
        if document_id.startswith("bad"):
            raise ZeroDivisionError(document_id)
        return {"id": document_id}

    def settled(self) -> int:
        """How many were asked for, when nothing happens any more."""
        time.sleep(0.2)
        return len(self.asked)


def wanted(*sizes: int | None) -> Iterator[Wanted]:
    return (Wanted(f"{number:03}", size) for number, size in enumerate(sizes))


@pytest.mark.parametrize("threads", [0, 1, 8])
def test_documents_come_in_order_however_long_each_takes(threads: int) -> None:
    read = Reading(0.002)
    given = list(documents_in_order(read, wanted(*[10] * 100), threads))
    assert given == [(f"{number:03}", {"id": f"{number:03}"}) for number in range(100)]
    assert read.most_at_once == max(1, threads)
    assert fetchers() == []


def test_nothing_is_read_before_somebody_asks() -> None:
    read = Reading()
    results = documents_in_order(read, wanted(1, 2, 3), 4)
    assert (read.settled(), fetchers()) == (0, [])
    results.close()


@pytest.mark.parametrize(
    ("size", "ahead"),
    [(1, 16), (None, 16), (MOST_BYTES // 4, 4), (MOST_BYTES // 3 + 1, 3), (MOST_BYTES, 1), (MOST_BYTES * 9, 1)],
)
def test_no_more_are_on_their_way_than_there_is_room_for(size: int | None, ahead: int) -> None:
    read = Reading()
    results = documents_in_order(read, wanted(*[size] * 40), 4)
    for number in range(3):
        next(results)
        assert read.settled() == ahead + number
    results.close()
    assert fetchers() == []


def test_large_ones_among_small_ones_count_as_what_they_are() -> None:
    read = Reading()
    results = documents_in_order(read, wanted(1 * KIB, MOST_BYTES, 1 * KIB, 1 * KIB), 4)
    assert next(results)[0] == "000"
    assert read.settled() == 2
    assert next(results)[0] == "001"
    assert read.settled() == 2, "the window is filled when the next is wanted"
    assert [document_id for document_id, _ in results] == ["002", "003"]


@pytest.mark.parametrize("threads", [0, 3])
def test_what_is_gone_is_left_out_and_an_error_comes_in_its_turn(threads: int) -> None:
    ids = ["a", "gone-1", "b", "bad", "c"]
    given = []
    with pytest.raises(ZeroDivisionError, match="bad"):
        for document_id, _ in documents_in_order(Reading(), map(Wanted, ids), threads):
            given.append(document_id)
    assert given == ["a", "b"]
    assert fetchers() == []


@pytest.mark.parametrize("threads", [0, 3])
def test_an_error_of_the_listing_comes_after_what_was_listed_before(threads: int) -> None:
    def listing() -> Iterator[Wanted]:
        yield from wanted(1, 1, 1)
        raise ConnectionError

    given = []
    with pytest.raises(ConnectionError):
        for document_id, _ in documents_in_order(Reading(0.01), listing(), threads):
            given.append(document_id)
    assert given == ["000", "001", "002"]
    assert fetchers() == []


def test_closing_ends_the_threads_and_reads_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceph_prefetch, "_FAREWELL", 0.1)
    read = Reading()
    read.gate.clear()
    results = documents_in_order(read, wanted(*[1] * 40), 4)
    assert next(results)[0] == "000"
    assert read.settled() == 1 + 4, "the others have been asked for, and wait for a thread"
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 1
    read.gate.set()
    for thread in fetchers():
        thread.join(5)
    assert (fetchers(), len(read.asked)) == ([], 5)


def test_an_iteration_that_nobody_goes_on_with_is_closed_too() -> None:
    results = documents_in_order(Reading(), wanted(*[1] * 40), 4)
    next(results)
    assert len(fetchers()) == 4
    del results
    assert fetchers() == []


# --- In a store ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", ["0", "1", "8"])
def test_results_come_in_the_order_of_the_listing(ceph: CephStore, monkeypatch: pytest.MonkeyPatch, ahead: str) -> None:
    monkeypatch.setenv(AHEAD, ahead)
    for number in range(30):
        ceph.store_document({"number": number, "text": "x" * (number % 7) * 5000}, f"{number:02}")
    results = ceph.iterate_results()
    assert [(document_id, document["number"]) for document_id, document in results] == [
        (f"{number:02}", number) for number in range(30)
    ]
    backwards = [f"{number:02}" for number in reversed(range(30))]
    assert [document_id for document_id, _ in ceph.retrieve_documents(backwards)] == backwards
    assert fetchers() == []


def test_what_is_deleted_before_its_turn_to_be_read_is_left_out(ceph: CephStore) -> None:
    for number in range(60):
        ceph.store_document({}, f"{number:02}")
    results = ceph.iterate_results()
    assert next(results) == ("00", {})
    ceph.delete("59")
    assert [document_id for document_id, _ in results] == [f"{number:02}" for number in range(1, 59)]


def test_an_iteration_stops_at_an_object_that_is_no_document(ceph: CephStore) -> None:
    ceph.store_document({}, "a")
    ceph.store_blob(b"?", "b")
    ceph.store_document({}, "c")
    results = ceph.iterate_results()
    assert next(results) == ("a", {})
    with pytest.raises(DocumentCorruptedError, match="document b"):
        next(results)
    assert fetchers() == []
