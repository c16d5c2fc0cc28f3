"""Purging: out of object storage and out of the graph, whatever ends it and whenever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser
from support.analyses import as_id, real_analysis
from support.documents import DEBIAN, Document, id_of, made, real_documents
from support.tables import count, rows_of

from thoth.storages.advisers import AdvisersResultsStore
from thoth.storages.analyses import AnalysisResultsStore
from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import BucketNotFoundError, StorageUnavailableError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.queries import deleting, purging
from thoth.storages.graph.queries.deleting import doomed_solver_documents
from thoth.storages.result_base import ResultStorageBase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import sync_solver_documents

RHEL = {"os_name": "rhel", "os_version": "8", "python_version": "3.8"}


def on_rhel(document: Document, number: int) -> Document:
    other = made(document)
    other["metadata"]["document_id"] = f"solver-rhel-8-py38-261123120000-{number:016x}"
    return other


def stored(store: ResultStorageBase, *documents: Document) -> Any:
    store.connect()
    for document in documents:
        store.store_document(document)
    return store


def purged(prefix: str) -> dict[str, list[str]]:
    """{folder: ids of the documents in it}, of the folders that a purge made."""
    everything = CephStore(f"{prefix}/tests")
    everything.connect()
    found: dict[str, list[str]] = {}
    for key in everything.get_document_listing():
        folder, document_id = key.split("/")
        if "-purge-" in folder:
            found.setdefault(folder, []).append(document_id)
    return found


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deleting, "BATCH", 2)


@pytest.fixture
def world(graph: GraphDatabase, settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """Five documents of one environment and one of another, in the store and in the graph."""
    documents = real_documents()[:5]
    all_of_them = [*(on_rhel(document, number) for number, document in enumerate(documents)), documents[0]]
    store: SolverResultsStore = stored(SolverResultsStore(), *all_of_them)
    sync_solver_documents(graph=graph)
    return store


# --- What it does ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_batches")
def test_an_environment_is_purged_and_nothing_else(
    graph: GraphDatabase, engine: Engine, world: SolverResultsStore, prefix: str
) -> None:
    before = {one: world.ceph.retrieve_blob(one) for one in world.get_document_listing()}
    gone = sorted(one for one in before if "rhel" in one)
    runs = graph.purge_solver_documents(**RHEL, dry_run=True)
    assert (runs, purged(prefix), sorted(world.get_document_listing())) == (5, {}, sorted(before))
    assert graph.purge_solver_documents(os_name="ubi", os_version="8.4", python_version="py38") == runs
    ((folder, moved),) = purged(prefix).items()
    assert datetime.strptime(folder, "solver-purge-%Y-%m-%d-%H-%M-%S")
    assert sorted(moved) == gone
    copies = CephStore(f"{prefix}/tests/{folder}")
    copies.connect()
    assert all(copies.retrieve_blob(one) == before[one] for one in gone)
    assert list(world.get_document_listing()) == [one for one in before if one not in gone]
    assert graph.get_solved_python_package_versions_software_environment_all() == [DEBIAN]
    assert count(engine, "synced_document") == 1
    assert graph.purge_solver_documents(**RHEL) == 0
    assert sync_solver_documents(graph=graph)[1] == 0, "no sync brings back what was purged"


def test_advisers_documents_from_before_a_moment_are_purged(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, prefix: str
) -> None:
    documents = [adviser(document_id=f"adviser-2611{day}113528-cafe{day}", day=day) for day in (20, 22, 24)]
    store = stored(AdvisersResultsStore(), *documents)
    for document in documents:
        graph.sync_adviser_result(document)
    assert graph.purge_adviser_documents(end_datetime=datetime(2026, 11, 23)) == 2
    assert [folder.rpartition("-purge-")[0] for folder in purged(prefix)] == ["adviser"]
    assert list(store.get_document_listing()) == [id_of(documents[2])]
    assert graph.get_adviser_run_document_ids_all() == [id_of(documents[2])]


def test_image_analyses_go_where_the_published_package_put_them(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, prefix: str
) -> None:
    first, second = real_analysis(), as_id(real_analysis(), "package-extract-261122113528-cafe")
    store = stored(AnalysisResultsStore(), first, second)
    for document in (first, second):
        graph.sync_analysis_result(document)
    version = first["metadata"]["analyzer_version"]
    assert graph.purge_package_extract_documents(package_extract_version=version) == 2
    ((folder, moved),) = purged(prefix).items()
    assert folder.startswith("package-extract-purge-")
    assert moved == sorted([id_of(first), id_of(second)])
    assert list(store.get_document_listing()) == []


@pytest.mark.usefixtures("small_batches")
def test_it_tells_how_far_it_is(graph: GraphDatabase, world: SolverResultsStore, prefix: str) -> None:
    first, *_ = sorted(one for one in world.get_document_listing() if "rhel" in one)
    world.ceph.delete(first)
    steps = list(graph.purge_documents(doomed_solver_documents("rhel", None, None)))
    assert [step[:4] for step in steps] == [(0, 5, 0, 0), (2, 5, 1, 2), (4, 5, 1, 4), (5, 5, 1, 5)]
    assert {step.prefix for step in steps} == {f"{prefix}/tests/{folder}" for folder in purged(prefix)}


def test_what_is_in_quarantine_is_let_out_with_its_object(
    graph: GraphDatabase, engine: Engine, world: SolverResultsStore
) -> None:
    document_id = next(one for one in world.get_document_listing() if "rhel" in one)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO quarantined_document (kind, document_id, reason) VALUES ('SOLVER', %s, 'x')", (document_id,)
        )
    graph.purge_solver_documents(**RHEL)
    assert count(engine, "quarantined_document") == 0


# --- What ends it ----------------------------------------------------------------------------------------------------


def fails_at(monkeypatch: pytest.MonkeyPatch, place: object, name: str, times: int) -> None:
    """Have this method be interrupted when it is called for the so manieth time, before it does anything."""
    work: Callable[..., Any] = getattr(place, name)
    left = [times]

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return work(*args, **kwargs)

    monkeypatch.setattr(place, name, interrupted)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("times", [1, 2, 4])
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (CephStore, "copy"),
        (CephStore, "delete"),
        (GraphDatabase, "_delete_some"),
        (purging, "release"),
    ],
    ids=["copying", "removing", "forgetting", "releasing"],
)
def test_one_that_was_interrupted_goes_on(
    place: object, name: str, times: int, graph: GraphDatabase, engine: Engine, world: SolverResultsStore, prefix: str
) -> None:
    before = set(world.get_document_listing())
    gone = {one for one in before if "rhel" in one}
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "0")
        fails_at(monkeypatch, place, name, times)
        try:
            graph.purge_solver_documents(**RHEL)
        except KeyboardInterrupt:
            pass
        else:
            assert times > 3 and name in ("_delete_some", "release"), "there are three batches"
    copies = {one for ids in purged(prefix).values() for one in ids}
    left = set(world.get_document_listing())
    assert before <= copies | left, "nothing is lost, whenever it ends"
    known = {row[0] for row in rows_of(engine, "SELECT document_id FROM solved")}
    assert left <= known, "no sync finds a document that was forgotten"
    graph.purge_solver_documents(**RHEL)
    assert set(world.get_document_listing()) == before - gone
    assert {one for ids in purged(prefix).values() for one in ids} == gone
    assert [row[0] for row in rows_of(engine, "SELECT document_id FROM solved")] == sorted(before - gone)


def test_a_store_that_fails_leaves_the_graph_as_it_is(
    graph: GraphDatabase, engine: Engine, world: SolverResultsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise StorageUnavailableError("full")

    monkeypatch.setattr(CephStore, "copy", refuse)
    with pytest.raises(StorageUnavailableError, match="full"):
        graph.purge_solver_documents(**RHEL)
    assert count(engine, "solved") == len(list(world.get_document_listing())) == 6


def test_an_object_that_holds_no_document_any_more_goes_as_it_is(
    graph: GraphDatabase, world: SolverResultsStore, prefix: str
) -> None:
    damaged = next(one for one in world.get_document_listing() if "rhel" in one)
    world.ceph.store_blob(b'{"metadata": {"docu', damaged)
    assert graph.purge_solver_documents(**RHEL) == 5
    (folder,) = purged(prefix)
    copies = CephStore(f"{prefix}/tests/{folder}")
    copies.connect()
    assert copies.retrieve_blob(damaged) == b'{"metadata": {"docu'


def test_a_bucket_that_is_not_there_does_not_pass_for_an_empty_one(
    graph: GraphDatabase, engine: Engine, world: SolverResultsStore, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("THOTH_CEPH_BUCKET", "nobodys-bucket")
    with pytest.raises(BucketNotFoundError):
        graph.purge_solver_documents(**RHEL)
    with pytest.raises(BucketNotFoundError):
        graph.purge_solver_documents(os_name="nobodys")
    assert count(engine, "solved") == 6
