"""Which documents a sync looks at: shares of a listing, documents since a day, files of a directory, how many."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import Document, id_of, real_documents
from support.tables import count

from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import (
    ANALYSIS,
    SOLVER,
    Shard,
    count_candidates,
    documents_in,
    iterate_sync,
    sync_documents,
    sync_solver_documents,
)

IDS = [f"solver-rhel-8-py38-2611221106{number:02}-{number:08x}" for number in range(100)]
STAMPS = ("191231235959", "260101000000", "261121235959", "261122000000", "261122110655")


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with objects that say no more than which day they are of."""
    connected = SolverResultsStore()
    connected.connect()
    for stamp in STAMPS:
        document_id = f"solver-rhel-8-py38-{stamp}-8ad7"
        connected.ceph.store_document({"metadata": {"document_id": document_id}}, document_id)
    return connected


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """What the graph is told from now on; it writes nothing."""
    documents: list[Document] = []

    def note(_: GraphDatabase, __: Any, told: list[Any], **___: Any) -> list[bool]:
        documents.extend(one.document for one in told)
        return [True] * len(told)

    monkeypatch.setattr(GraphDatabase, "sync_results", note)
    return documents


# --- Shares ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number_of_shards", [1, 2, 3, 8, 200])
def test_every_document_is_in_exactly_one_share(number_of_shards: int) -> None:
    shards = [Shard(number, number_of_shards) for number in range(1, number_of_shards + 1)]
    assert [sum(shard.holds(document_id) for shard in shards) for document_id in IDS] == [1] * 100


def test_shares_are_about_equal_and_stay_the_same_for_ever() -> None:
    ids = [f"adviser-{number}" for number in range(8000)]
    sizes = [sum(Shard(number, 8).holds(document_id) for document_id in ids) for number in range(1, 9)]
    assert all(900 < size < 1100 for size in sizes), sizes
    assert [number for number in range(1, 9) if Shard(number, 8).holds("solver-rhel-8-py38-8ad7")] == [3]


@pytest.mark.parametrize("text", ["3/8", "1/1", "8/8", "03/8"])
def test_a_share_is_written_as_number_of_count(text: str) -> None:
    shard = Shard.of(text)
    assert shard is not None
    assert (shard.number, shard.count) == tuple(map(int, text.split("/")))
    assert Shard.of(shard) is shard
    assert Shard.of(str(shard)) == shard


@pytest.mark.parametrize(
    "text",
    ["", "3", "0/8", "9/8", "3/0", "-1/8", "a/b", "3/8/9", " 3/8", "3 / 8", "3/8\n", "1/99999999999999", 3, b"1/2"],
)
def test_what_is_no_share_is_refused_before_anything_is_done(text: Any) -> None:
    with pytest.raises(ValueError, match="shard"):
        iterate_sync(SOLVER, shard=text)
    with pytest.raises(ValueError, match="shard"):
        sync_documents(shard=text)


@pytest.mark.parametrize("numbers", [(0, 1), (2, 1), (True, 2), (1.0, 2), ("1", "2")])
def test_a_shard_is_made_of_two_numbers(numbers: Any) -> None:
    with pytest.raises(ValueError, match="shard"):
        Shard(*numbers)


def test_jobs_with_different_shares_sync_everything_together_and_nothing_twice(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, engine: Engine
) -> None:
    store = SolverResultsStore()
    store.connect()
    for document in real_documents():
        store.store_document(document)
    counts = [sync_documents(graph=graph, shard=f"{number}/4")["solver"] for number in range(1, 5)]
    assert sum(one.processed for one in counts) == sum(one.synced for one in counts) == 53
    assert all(one.processed > 5 for one in counts)
    assert count(engine, "synced_document") == 53
    assert sync_solver_documents(graph=graph) == (53, 0, 53, 0)


def test_given_documents_and_files_are_shared_by_the_same_rule(
    store: SolverResultsStore, graph: GraphDatabase, told: list[Document], tmp_path: Path
) -> None:
    ids = list(store.get_document_listing())
    paths = [str(tmp_path / f"{document_id}.json") for document_id in ids]
    for path in paths:
        Path(path).write_text("{}")
    for number in (1, 2):
        shard = Shard(number, 2)
        expected = [document_id for document_id in ids if shard.holds(document_id)]
        assert [one.document_id for one in iterate_sync(SOLVER, shard=shard, graph=graph)] == expected
        assert [one.document_id for one in iterate_sync(SOLVER, ids, shard=shard, graph=graph)] == expected
        local = iterate_sync(SOLVER, paths, shard=shard, graph=graph, is_local=True)
        assert [one.document_id for one in local] == expected


# --- Since a day -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "number"),
    [
        (date(2026, 11, 22), 2),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), 2),
        (date(2026, 11, 21), 3),
        (date(2020, 1, 1), 4),
        (None, 5),
    ],
)
def test_only_documents_made_since_a_day_are_looked_at(
    store: SolverResultsStore, graph: GraphDatabase, told: list[Document], since: date | None, number: int
) -> None:
    expected = [f"solver-rhel-8-py38-{stamp}-8ad7" for stamp in STAMPS[-number:]]
    assert [one.document_id for one in iterate_sync(SOLVER, since=since, graph=graph)] == expected
    assert count_candidates(SOLVER, since=since) == number
    assert sync_documents(since=since, graph=graph)["solver"] == (number, number, 0, 0)


def test_a_day_and_ids_contradict_each_other(graph: GraphDatabase) -> None:
    for document_ids in ([], ["solver-1"]):
        with pytest.raises(ValueError, match="since"):
            iterate_sync(SOLVER, document_ids, since=date(2026, 1, 1), graph=graph)
    with pytest.raises(ValueError, match="since"):
        sync_documents(["solver-1"], since=date(2026, 1, 1), graph=graph)


# --- How many --------------------------------------------------------------------------------------------------------


def test_the_documents_of_a_sync_can_be_counted_beforehand(store: SolverResultsStore) -> None:
    ids = list(store.get_document_listing())
    assert count_candidates(SOLVER) == 5
    assert count_candidates(SOLVER, ids[:2]) == 2
    assert count_candidates(SOLVER, []) == 0
    assert sum(count_candidates(SOLVER, shard=Shard(number, 3)) for number in (1, 2, 3)) == 5
    assert count_candidates(ANALYSIS) == 0
    assert count_candidates(SOLVER, ["/nowhere/x.json"], is_local=True) == 1


# --- Files -----------------------------------------------------------------------------------------------------------


def test_the_documents_of_a_directory_are_found_however_deep_and_nothing_else(tmp_path: Path) -> None:
    names = ("solver-2.json", "a/solver-1.json", "a/b c/package-extract-1", "package-analyzer-1.json")
    others = (
        "README.md",
        "a/solver-1.request",
        "a/solver-1.request.json",
        "solverx.json",
        "notes.json",
        ".solver-1.json",
    )
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "solver-9.json").mkdir()
    assert documents_in(tmp_path) == sorted(str(tmp_path / name) for name in names)
    assert documents_in(str(tmp_path), SOLVER) == [str(tmp_path / "a/solver-1.json"), str(tmp_path / "solver-2.json")]
    assert documents_in(tmp_path, ANALYSIS) == [str(tmp_path / "a/b c/package-extract-1")]


def test_a_directory_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(NotADirectoryError, match=wrong.name):
            documents_in(wrong)


def test_a_directory_is_synced(tmp_path: Path, graph: GraphDatabase, engine: Engine) -> None:
    for document in real_documents()[:3]:
        (tmp_path / f"{id_of(document)}.json").write_text(json.dumps(document))
    assert sync_documents(documents_in(tmp_path), is_local=True, graph=graph)["solver"] == (3, 3, 0, 0)
    assert count(engine, "synced_document") == 3
