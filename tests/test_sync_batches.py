"""Batches: how many documents are told together, what they wait for, what is lost when one is broken off."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, id_of, real_documents, under_the_id_of
from support.tables import count, rows_of

from thoth.storages.exceptions import DatabaseUnavailableError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.together import Told
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SOLVER, Outcome, fetching, iterate_sync, sync_solver_documents

BATCH = "THOTH_STORAGES_SYNC_BATCH"


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with ten documents."""
    connected = SolverResultsStore()
    connected.connect()
    for document in real_documents()[:10]:
        connected.store_document(document)
    return connected


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The ids of the documents that the graph is told together from now on; it writes none."""
    batches: list[list[str]] = []

    def note(_: GraphDatabase, __: Any, told: list[Told], **___: Any) -> list[bool]:
        batches.append([id_of(one.document) for one in told])
        return [True] * len(told)

    monkeypatch.setattr(GraphDatabase, "sync_results", note)
    return batches


@pytest.fixture
def held_up(settings: pytest.MonkeyPatch) -> Iterator[dict[str, threading.Event]]:
    """Documents that are not there before their events are set, by id."""
    events: dict[str, threading.Event] = {}
    retrieve = SolverResultsStore.retrieve_document

    def wait(self: SolverResultsStore, document_id: str) -> Document:
        if document_id in events:
            assert events[document_id].wait(30)
        return retrieve(self, document_id)

    settings.setattr(SolverResultsStore, "retrieve_document", wait)
    yield events
    for event in events.values():
        event.set()


def sizes(told: list[list[str]]) -> list[int]:
    return [len(batch) for batch in told]


@pytest.mark.parametrize(("batch", "expected"), [("1", [1] * 10), ("4", [4, 4, 2]), ("10", [10]), ("1000", [10])])
def test_documents_are_told_in_batches_of_the_size_that_is_set(
    store: SolverResultsStore,
    graph: GraphDatabase,
    told: list[list[str]],
    settings: pytest.MonkeyPatch,
    batch: str,
    expected: list[int],
) -> None:
    settings.setattr(fetching, "_PATIENCE", 30.0)
    settings.setenv(BATCH, batch)
    assert sync_solver_documents(graph=graph) == (10, 10, 0, 0)
    assert sizes(told) == expected


@pytest.mark.parametrize("wrong", ["0", "-1", "many", "1.5"])
def test_a_size_that_is_none_is_refused(
    store: SolverResultsStore, graph: GraphDatabase, settings: pytest.MonkeyPatch, wrong: str
) -> None:
    settings.setenv(BATCH, wrong)
    with pytest.raises(ValueError, match=f"{BATCH}: expected a number of at least 1"):
        sync_solver_documents(graph=graph)


def test_large_documents_make_small_batches_and_one_too_large_comes_alone(
    store: SolverResultsStore, graph: GraphDatabase, told: list[list[str]], settings: pytest.MonkeyPatch
) -> None:
    settings.setattr(fetching, "_PATIENCE", 30.0)
    listed = {one.document_id: one.size for one in store.iterate_listing()}
    settings.setattr(fetching, "MOST_BYTES", sorted(listed.values())[-1])
    assert sync_solver_documents(graph=graph) == (10, 10, 0, 0)
    assert len(told) > 1
    for batch in told:
        assert sum(listed[document_id] for document_id in batch[:-1]) < fetching.MOST_BYTES
    told.clear()
    settings.setattr(fetching, "MOST_BYTES", 1)
    assert sync_solver_documents(graph=graph) == (10, 10, 0, 0)
    assert sizes(told) == [1] * 10


def test_documents_of_unknown_size_are_taken_for_large_ones(
    store: SolverResultsStore, graph: GraphDatabase, told: list[list[str]], settings: pytest.MonkeyPatch
) -> None:
    settings.setattr(fetching, "_PATIENCE", 30.0)
    settings.setattr(fetching, "MOST_BYTES", 3 * fetching.UNKNOWN_SIZE)
    assert sync_solver_documents(store.get_document_listing(), graph=graph) == (10, 10, 0, 0)
    assert sizes(told) == [3, 3, 3, 1]


def test_what_is_there_does_not_wait_for_a_document_that_is_not(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, held_up: dict[str, threading.Event]
) -> None:
    ids = list(store.get_document_listing())
    held_up[ids[4]] = threading.Event()
    outcomes = iterate_sync(SOLVER, graph=graph)
    assert [next(outcomes).document_id for _ in range(4)] == ids[:4]
    assert [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document ORDER BY 1")] == ids[:4]
    held_up[ids[4]].set()
    assert [one.document_id for one in outcomes] == ids[4:]


def test_known_documents_do_not_wait_for_a_document_that_is_not_there(
    store: SolverResultsStore, graph: GraphDatabase, held_up: dict[str, threading.Event]
) -> None:
    ids = list(store.get_document_listing())
    sync_solver_documents(graph=graph)
    held_up[ids[3]] = threading.Event()
    store.ceph.store_blob(b"{}", ids[3])
    outcomes = iterate_sync(SOLVER, graph=graph, graceful=True)
    started = time.monotonic()
    assert [next(outcomes).outcome for _ in range(3)] == [Outcome.SKIPPED] * 3
    assert time.monotonic() - started < 10
    held_up[ids[3]].set()
    assert next(outcomes).outcome is Outcome.FAILED
    outcomes.close()  # type: ignore[attr-defined]


def test_while_a_batch_is_told_the_next_one_is_fetched(
    store: SolverResultsStore, graph: GraphDatabase, settings: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    retrieve = SolverResultsStore.retrieve_document

    def note(self: SolverResultsStore, document_id: str) -> Document:
        document = retrieve(self, document_id)
        fetched.append(document_id)
        return document

    seen: list[int] = []

    def wait_and_look(_: GraphDatabase, __: Any, told: list[Told], **___: Any) -> list[bool]:
        end = time.monotonic() + 5
        while len(fetched) < min(10, sum(seen) + 2 * len(told)) and time.monotonic() < end:
            time.sleep(0.01)
        seen.append(len(told))
        assert len(fetched) == min(10, sum(seen) + len(told))
        return [True] * len(told)

    settings.setenv(BATCH, "2")
    settings.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "1")
    settings.setattr(fetching, "_PATIENCE", 30.0)
    settings.setattr(SolverResultsStore, "retrieve_document", note)
    settings.setattr(GraphDatabase, "sync_results", wait_and_look)
    assert sync_solver_documents(graph=graph) == (10, 10, 0, 0)
    assert seen == [2] * 5


def test_a_document_is_let_go_when_its_batch_was_told(
    store: SolverResultsStore, graph: GraphDatabase, settings: pytest.MonkeyPatch
) -> None:
    alive = [0]
    most = []

    class Counted(dict[str, Any]):
        def __init__(self, document: Document) -> None:
            super().__init__(document)
            alive[0] += 1

        def __del__(self) -> None:
            alive[0] -= 1

    retrieve = SolverResultsStore.retrieve_document
    settings.setattr(SolverResultsStore, "retrieve_document", lambda *both: Counted(retrieve(*both)))
    settings.setattr(GraphDatabase, "sync_results", lambda _, __, told, **___: [True] * len(told))
    settings.setenv(BATCH, "2")
    settings.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "1")
    for _ in iterate_sync(SOLVER, graph=graph):
        time.sleep(0.1)  # in which those of the next batch are fetched
        most.append(alive[0])
    assert max(most) == 2, "those of the next batch"
    assert alive == [0]


# --- Two of one id ---------------------------------------------------------------------------------------------------


def test_two_documents_of_one_id_in_a_batch_are_told_one_after_the_other(
    graph: GraphDatabase, engine: Engine, tmp_path: Path
) -> None:
    first, other = real_documents()[:2]
    changed = under_the_id_of(first, other)
    paths = []
    for number, document in enumerate((first, changed, changed, first)):
        paths.append(tmp_path / str(number) / f"{id_of(first)}.json")
        paths[-1].parent.mkdir()
        paths[-1].write_text(json.dumps(document))
    outcomes = list(iterate_sync(SOLVER, map(str, paths), graph=graph, is_local=True))
    expected = [Outcome.SYNCED, Outcome.SYNCED, Outcome.SKIPPED, Outcome.SYNCED]
    assert [one.outcome for one in outcomes] == expected
    assert [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document")] == [id_of(first)]
    name = first["result"]["tree"][0]["package_name"]
    assert rows_of(engine, "SELECT package_name FROM python_package_version") == [(name.lower(),)]


def test_the_same_id_twice_is_synced_once(store: SolverResultsStore, graph: GraphDatabase) -> None:
    document_id = next(store.get_document_listing())
    outcomes = iterate_sync(SOLVER, [document_id, document_id], graph=graph)
    assert [one.outcome for one in outcomes] == [Outcome.SYNCED, Outcome.SKIPPED]


# --- Broken off ------------------------------------------------------------------------------------------------------


def test_a_database_that_goes_away_raises_and_what_was_told_before_is_kept(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv(BATCH, "4")
    settings.setattr(fetching, "_PATIENCE", 30.0)
    sync_results = GraphDatabase.sync_results
    turns = iter((True, False))

    def once(self: GraphDatabase, *given: Any, **more: Any) -> Any:
        if next(turns):
            return sync_results(self, *given, **more)
        raise DatabaseUnavailableError("gone")

    with settings.context() as patched:
        patched.setattr(GraphDatabase, "sync_results", once)
        outcomes = iterate_sync(SOLVER, graceful=True, graph=graph)
        assert [next(outcomes).outcome for _ in range(4)] == [Outcome.SYNCED] * 4
        with pytest.raises(DatabaseUnavailableError):
            next(outcomes)
    assert count(engine, "synced_document") == 4
    assert sync_solver_documents(graph=graph) == (10, 6, 4, 0)


def test_ctrl_c_in_the_middle_of_a_batch_loses_no_more_than_that(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv(BATCH, "4")
    settings.setattr(fetching, "_PATIENCE", 30.0)
    ids = list(store.get_document_listing())
    store.ceph.store_blob(b"{", ids[1])

    note = GraphDatabase.note_quarantine
    turns = iter((True, True, True, False))

    def press(self: GraphDatabase, *given: Any, **more: Any) -> None:
        note(self, *given, **more)
        if not next(turns):
            raise KeyboardInterrupt

    with settings.context() as patched:
        patched.setattr(GraphDatabase, "note_quarantine", press)
        outcomes = iterate_sync(SOLVER, graceful=True, graph=graph)
        assert next(outcomes).outcome is Outcome.SYNCED
        with pytest.raises(KeyboardInterrupt):
            list(outcomes)
    assert count(engine, "quarantined_document") == 1
    assert sync_solver_documents(graph=graph)[3] == 0
    assert count(engine, "synced_document") == 9


# --- Bad input -------------------------------------------------------------------------------------------------------


BAD = {
    "empty": b"",
    "truncated": b'{"metadata": {"document_id": "x", "analy',
    "no JSON": b"\x00\xff no JSON",
    "a list": b"[]",
    "a text": b'"solver"',
    "null": b"null",
    "a number": b"1e999",
    "nothing in it": b"{}",
    "wrong types": b'{"metadata": [], "result": 7}',
    "metadata of wrong types": b'{"metadata": {"document_id": ["x"], "datetime": {}}, "result": {}}',
    "10 MB of nested lists": b"[" * 10_000_000,
    "10 MB of nested lists that end": b"[" * 5_000_000 + b"]" * 5_000_000,
    "10 MB of one key": b'{"' + b"k" * 10_000_000 + b'": 1}',
    "NaN": b'{"metadata": NaN, "result": Infinity}',
    "a lone surrogate": b'{"metadata": {"document_id": "\\ud800"}, "result": {}}',
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_object_fails_alone_and_its_reason_is_kept(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, content: bytes
) -> None:
    ids = list(store.get_document_listing())
    store.ceph.store_blob(content, ids[2])
    failed = [one for one in iterate_sync(SOLVER, graceful=True, graph=graph) if one.outcome is not Outcome.SYNCED]
    assert [(one.document_id, one.outcome) for one in failed] == [(ids[2], Outcome.FAILED)]
    assert isinstance(failed[0].error, SchemaError)
    assert failed[0].error.document_id
    (record,) = graph.get_quarantined_documents_all()
    assert record.document_id == ids[2]
    assert record.json_path
    assert count(engine, "synced_document") == 9


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_file_fails_alone_and_is_named(
    graph: GraphDatabase, engine: Engine, tmp_path: Path, content: bytes
) -> None:
    sound = real_documents()[0]
    paths = [tmp_path / "solver-bad.json", tmp_path / f"{id_of(sound)}.json"]
    paths[0].write_bytes(content)
    paths[1].write_text(json.dumps(sound))
    given = [str(path) for path in paths]
    assert sync_solver_documents(given, graceful=True, graph=graph, is_local=True) == (2, 1, 0, 1)
    (record,) = graph.get_quarantined_documents_all()
    assert (record.document_id, record.etag) == ("solver-bad", None)
    with pytest.raises(SchemaError):
        sync_solver_documents(given, graph=graph, is_local=True)


@pytest.mark.parametrize(
    "name", ["a directory.json", "nowhere.json", "solver-\udcff.json", "solver-\0.json", "x" * 300]
)
def test_what_is_no_file_fails_and_is_not_remembered(graph: GraphDatabase, tmp_path: Path, name: str) -> None:
    (tmp_path / "a directory.json").mkdir()
    given = [f"{tmp_path}/{name}"]
    with pytest.raises(OSError):
        sync_solver_documents(given, graph=graph, is_local=True)
    (failed,) = iterate_sync(SOLVER, given, graceful=True, graph=graph, is_local=True)
    assert failed.outcome is Outcome.FAILED
    assert graph.get_quarantined_documents_all() == []


@pytest.mark.parametrize(
    "document_id", ["solver-\0", "solver-\ud800", "x" * 10_000_000], ids=["NUL", "surrogate", "long"]
)
def test_an_id_that_no_store_can_hold_fails_and_is_not_remembered(
    store: SolverResultsStore, graph: GraphDatabase, document_id: str
) -> None:
    (failed,) = iterate_sync(SOLVER, [document_id], graceful=True, graph=graph)
    assert failed.outcome is Outcome.FAILED
    assert graph.get_quarantined_documents_all() == []
