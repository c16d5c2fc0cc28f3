"""Fetching documents ahead of the one that is written: order, bounds, errors, Ctrl-C, and what it is good for.

Between the store and the server stands a proxy on the loopback interface that counts requests and holds them up.
"""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, id_of
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import NotFoundError, SchemaError, StorageAccessError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.together import Told
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SOLVER, DocumentOutcome, Outcome, fetching, iterate_sync, sync_solver_documents, syncing

AHEAD = "THOTH_STORAGES_SYNC_FETCH_AHEAD"
BATCH = "THOTH_STORAGES_SYNC_BATCH"
LATENCY = 0.02  # seconds


class SlowS3:
    """A server between stores and the real one, which lets every request wait; or never answers those for objects."""

    def __init__(self, endpoint_url: str) -> None:
        self._behind = endpoint_url.removeprefix("http://").split(":")
        self.requests: list[str] = []
        self.most_at_once = self._waiting = 0
        self.latency = 0.0
        self.is_silent = False
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> SlowS3:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    @property
    def fetched(self) -> list[str]:
        """The requests for objects."""
        return [line for line in self.requests if "list-type=2" not in line]

    def _serve(self) -> None:
        self._loop.run_until_complete(self._run())

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        behind = None
        try:
            answers, behind = await asyncio.open_connection(*self._behind)
            await asyncio.gather(self._pass_requests(reader, behind), self._pass_answers(answers, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            for end in filter(None, (writer, behind)):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    async def _pass_requests(self, reader: asyncio.StreamReader, behind: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if data.startswith(b"GET "):  # it has no body, and comes in one piece
                self.requests.append(data.partition(b"\r\n")[0].decode())
                if self.is_silent and "list-type=2" not in self.requests[-1]:
                    continue
                self._waiting += 1
                self.most_at_once = max(self.most_at_once, self._waiting)
                await asyncio.sleep(self.latency)
                self._waiting -= 1
            behind.write(data)
            await behind.drain()
        behind.close()

    @staticmethod
    async def _pass_answers(answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await answers.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
def slow(settings: pytest.MonkeyPatch, s3: dict[str, str]) -> Iterator[SlowS3]:
    """The proxy; the settings name it."""
    with SlowS3(s3["host"]) as proxy:
        settings.setenv("THOTH_S3_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def store(slow: SlowS3, s3: dict[str, str], documents: list[Document]) -> SolverResultsStore:
    """The store that the settings name, with all the real documents; it does not go by the proxy."""
    connected = SolverResultsStore(host=s3["host"])
    connected.connect()
    for document in documents:
        connected.store_document(document)
    return connected


def fetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")]


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def told(settings: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of the documents that the graph is told together from now on; it writes none."""
    batches: list[list[str]] = []

    def note(_: GraphDatabase, __: Any, told: list[Told], **___: Any) -> list[bool]:
        batches.append([id_of(one.document) for one in told])
        return [True] * len(told)

    settings.setattr(GraphDatabase, "sync_results", note)
    return batches


def forget_etags(engine: Engine) -> None:
    run(engine, "UPDATE synced_document SET etag = NULL")


# --- What it costs ---------------------------------------------------------------------------------------------------


def test_a_second_sync_is_one_listing_and_two_statements(
    store: SolverResultsStore, slow: SlowS3, filled: GraphDatabase, count_statements: CountStatements
) -> None:
    assert sync_solver_documents(graph=filled) == (53, 0, 53, 0)
    assert len(slow.fetched) == 53, "under which ETags they are stored was not known"
    slow.requests.clear()
    assert count_statements(filled, lambda: sync_solver_documents(graph=filled)) == 2
    assert (len(slow.requests), slow.fetched) == (1, [])


@pytest.mark.slow
def test_thousands_of_known_documents_are_told_apart_a_thousand_at_a_time(
    slow: SlowS3, s3: dict[str, str], graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    store = SolverResultsStore(host=s3["host"])
    store.connect()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.ceph.store_blob(b"{%d" % number, f"solver-{number:04}"), range(3000)))
    insert = """INSERT INTO synced_document (document_id, kind, content_sha256, etag, created_at)
                SELECT document_id, 'SOLVER', sha256('what it was'), etag, now()
                FROM unnest(CAST(:ids AS text[]), CAST(:etags AS text[])) AS stored (document_id, etag)"""
    stored = list(store.iterate_listing())
    run(engine, insert, ids=[one.document_id for one in stored], etags=[one.etag for one in stored])
    assert count_statements(graph, lambda: sync_solver_documents(graph=graph)) == 6
    assert (len(slow.requests), slow.fetched) == (3, [])
    store.ceph.store_blob(b"{no more", "solver-1234")
    assert sync_solver_documents(graph=graph, graceful=True) == (3000, 0, 2999, 1), "it is no JSON, as all others"


def test_fetching_ahead_is_faster_where_the_store_is_far_away(
    store: SolverResultsStore, slow: SlowS3, filled: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    slow.latency = 0.1  # so long that it counts on a busy machine, too
    seconds, at_once = {}, {}
    for ahead in ("0", "8"):
        settings.setenv(AHEAD, ahead)
        forget_etags(engine)
        slow.most_at_once = 0
        started = time.perf_counter()
        assert sync_solver_documents(graph=filled) == (53, 0, 53, 0)
        seconds[ahead], at_once[ahead] = time.perf_counter() - started, slow.most_at_once
    print(f"one after the other {seconds['0']:.2f} s, 8 ahead {seconds['8']:.2f} s")
    assert at_once["0"] == 1
    assert 4 <= at_once["8"] <= 8
    assert seconds["8"] < 0.8 * seconds["0"], "a quarter where nothing else keeps the machine busy"


# --- Order and bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("ahead", [0, 1, 3, 100])
def test_documents_are_told_in_the_order_of_the_listing(
    store: SolverResultsStore,
    graph: GraphDatabase,
    told: list[list[str]],
    settings: pytest.MonkeyPatch,
    ahead: int,
    batch: int,
) -> None:
    settings.setenv(AHEAD, str(ahead))
    settings.setenv(BATCH, str(batch))
    listing = list(store.get_document_listing())
    expected = [DocumentOutcome(SOLVER.kind, document_id, Outcome.SYNCED) for document_id in listing]
    assert list(iterate_sync(SOLVER, graph=graph)) == expected
    assert [document_id for together in told for document_id in together] == listing
    assert max(map(len, told)) <= batch
    assert fetchers() == []


@pytest.mark.parametrize("batch", [1, 5])
def test_no_more_are_on_their_way_than_fit_into_a_batch_or_are_fetched_at_once(
    store: SolverResultsStore,
    slow: SlowS3,
    graph: GraphDatabase,
    told: list[list[str]],
    settings: pytest.MonkeyPatch,
    batch: int,
) -> None:
    settings.setenv(AHEAD, "3")
    settings.setenv(BATCH, str(batch))
    settings.setattr(fetching, "_PATIENCE", 30.0)
    outcomes = iterate_sync(SOLVER, graph=graph)
    for _ in range(1, 4 * batch):
        next(outcomes)
        known = sum(map(len, told)) + max(3, batch)
        wait_for(lambda known=known: len(slow.fetched) == known)  # type: ignore[misc]
        time.sleep(0.02)
        assert len(slow.fetched) == known
        assert len(fetchers()) <= 3
    outcomes.close()  # type: ignore[attr-defined]
    assert fetchers() == []


def test_without_fetching_ahead_there_are_no_threads(
    store: SolverResultsStore, slow: SlowS3, graph: GraphDatabase, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv(AHEAD, "0")
    settings.setenv(BATCH, "2")
    outcomes = iterate_sync(SOLVER, graph=graph)
    next(outcomes)
    assert (len(slow.fetched), fetchers()) == (2, [])
    outcomes.close()  # type: ignore[attr-defined]


def test_known_documents_do_not_pile_up_behind_one_that_is_fetched(
    store: SolverResultsStore, slow: SlowS3, filled: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    settings.setattr(syncing, "_LOOK_UP", 5)
    settings.setattr(fetching, "ON_THEIR_WAY", 5)
    sync_solver_documents(graph=filled)
    first = next(iter(store.get_document_listing()))
    run(engine, "UPDATE synced_document SET etag = NULL WHERE document_id = :first", first=first)
    seen: list[int] = []
    ask = GraphDatabase.synced_documents

    def note(self: GraphDatabase, ids: Any, kind: Any) -> Any:
        seen.append(len(ids))
        return ask(self, ids, kind)

    settings.setattr(GraphDatabase, "synced_documents", note)
    outcomes = iterate_sync(SOLVER, graph=filled)
    assert next(outcomes).outcome is Outcome.SKIPPED
    assert seen == [5, 5]
    assert [one.outcome for one in outcomes] == [Outcome.SKIPPED] * 52


def test_more_threads_than_connections_in_a_pool_are_no_trouble(
    store: SolverResultsStore,
    graph: GraphDatabase,
    told: list[list[str]],
    settings: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.setenv(AHEAD, "30")
    assert len(list(iterate_sync(SOLVER, graph=graph))) == 53
    assert [record for record in caplog.records if record.name.startswith("urllib3")] == []


# --- Errors ----------------------------------------------------------------------------------------------------------


def test_an_error_of_fetching_belongs_to_its_document(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    ids = [id_of(document) for document in documents[:4]]
    store.ceph.delete(ids[2])
    with pytest.raises(NotFoundError, match=re.escape(ids[2])):
        sync_solver_documents(ids, graph=graph)
    assert [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document ORDER BY 1")] == ids[:2]
    assert fetchers() == []
    assert sync_solver_documents(ids, graceful=True, graph=graph) == (4, 1, 2, 1)


def test_an_object_that_is_no_json_is_named_when_its_turn_comes(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    bad = id_of(documents[1])
    store.ceph.store_blob(b"{", bad)
    with pytest.raises(SchemaError) as raised:
        list(iterate_sync(SOLVER, graph=graph))
    assert raised.value.document_id == bad
    assert [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document")] == [id_of(documents[0])]


def test_what_the_store_refuses_names_the_document(
    store: SolverResultsStore, graph: GraphDatabase, documents: list[Document], settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("THOTH_CEPH_SECRET_KEY", "not-this-one")
    with pytest.raises(StorageAccessError) as raised:
        sync_solver_documents([id_of(documents[0])], graceful=True, graph=graph)
    assert raised.value.__notes__ == [f"while {id_of(documents[0])} was synced"]


# --- Ctrl-C ----------------------------------------------------------------------------------------------------------


SYNCING = """
import threading
from thoth.storages import sync_solver_documents
try:
    sync_solver_documents()
finally:
    print(len([thread for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")]))
"""


def interrupted(slow: SlowS3, requests: int) -> tuple[int, str, float]:
    """(exit status, what was printed, seconds) of a process that gets a Ctrl-C after so many requests for objects."""
    command = [sys.executable, "-c", SYNCING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_for(lambda: len(slow.fetched) >= requests)
            started = time.monotonic()
            process.send_signal(signal.SIGINT)
            printed, errors = process.communicate(timeout=20)
            seconds = time.monotonic() - started
        finally:
            process.kill()
    assert "KeyboardInterrupt" in errors
    return process.returncode, printed, seconds


def test_ctrl_c_stops_at_once_and_leaves_no_thread(store: SolverResultsStore, slow: SlowS3, database: Any) -> None:
    slow.latency = 0.1
    status, printed, seconds = interrupted(slow, 10)
    assert (status, printed) == (-signal.SIGINT, "0\n")
    assert seconds < 5


def test_ctrl_c_stops_soon_where_the_store_is_silent(store: SolverResultsStore, slow: SlowS3, database: Any) -> None:
    slow.is_silent = True
    status, _, seconds = interrupted(slow, 8)
    assert status == -signal.SIGINT
    assert seconds < 10, "a fetch is given up after 30 seconds, four times"
