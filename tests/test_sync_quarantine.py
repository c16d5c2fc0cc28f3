"""Documents that cannot be stored: remembered with the reason, left alone while they stay as they are, tried again."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.documents import Document, DocumentOf, id_of, remove
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import DatabaseUnavailableError, NotFoundError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SOLVER, Outcome, iterate_sync, sync_documents, sync_solver_documents

REQUIREMENTS = ("flask==3.0.3", "attrs==22.2.0", "six==1.16.0")
EXPECTED = "expected a value, but the key is missing"


@pytest.fixture
def some(document_of: DocumentOf) -> list[Document]:
    """Three documents, in the order of their ids; the second one is broken."""
    documents = sorted((document_of(requirement) for requirement in REQUIREMENTS), key=id_of)
    documents[1] = broken(documents[1])
    return documents


@pytest.fixture
def store(settings: pytest.MonkeyPatch, some: list[Document]) -> SolverResultsStore:
    """The store that the settings name, with these documents."""
    connected = SolverResultsStore()
    connected.connect()
    for document in some:
        connected.ceph.store_document(document, id_of(document))
    return connected


@pytest.fixture
def fetched(settings: pytest.MonkeyPatch) -> list[str]:
    """The ids of the documents that are fetched from now on."""
    ids: list[str] = []
    retrieve = SolverResultsStore.retrieve_document

    def note(self: SolverResultsStore, document_id: str) -> Document:
        ids.append(document_id)
        return retrieve(self, document_id)

    settings.setattr(SolverResultsStore, "retrieve_document", note)
    return ids


def broken(document: Document) -> Document:
    other = copy.deepcopy(document)
    remove(other, ("metadata", "analyzer_version"))
    return other


def quarantine(engine: Engine) -> list[tuple[str, str, str | None, str | None, int]]:
    """(id, reason, path, ETag, times), by id."""
    statement = "SELECT document_id, reason, json_path, etag, times FROM quarantined_document ORDER BY 1"
    return [tuple(row) for row in rows_of(engine, statement)]  # type: ignore[misc]


def etag_of(store: SolverResultsStore, document: Document) -> str:
    return next(one.etag for one in store.iterate_listing() if one.document_id == id_of(document))


def mend(store: SolverResultsStore, document: Document) -> None:
    document["metadata"]["analyzer_version"] = "1.2.3"
    store.store_document(document)


def test_gracefully_a_broken_document_is_remembered_with_the_reason_and_the_place(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    assert sync_solver_documents(graceful=True, graph=graph) == (3, 2, 0, 1)
    expected = (id_of(some[1]), EXPECTED, "metadata.analyzer_version", etag_of(store, some[1]), 1)
    assert quarantine(engine) == [expected]


def test_what_is_in_quarantine_is_neither_fetched_nor_failed_again_and_the_run_says_so(
    store: SolverResultsStore,
    graph: GraphDatabase,
    engine: Engine,
    some: list[Document],
    fetched: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sync_solver_documents(graceful=True, graph=graph)
    before = quarantine(engine)
    fetched.clear()
    for graceful in (True, False):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "thoth.storages.sync"):
            outcomes = list(iterate_sync(SOLVER, graceful=graceful, graph=graph))
        assert [one.outcome for one in outcomes] == [Outcome.SKIPPED, Outcome.QUARANTINED, Outcome.SKIPPED]
        (record,) = caplog.records
        assert record.getMessage() == "left alone, in quarantine: 1 of the solver documents"
        assert sync_solver_documents(graceful=graceful, graph=graph) == (3, 0, 3, 0)
    assert fetched == []
    assert quarantine(engine) == before


def test_it_is_tried_again_when_asked_for_or_forced_and_counts_how_often(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], fetched: list[str]
) -> None:
    sync_solver_documents(graceful=True, graph=graph)
    first = rows_of(engine, "SELECT first_at, last_at FROM quarantined_document")[0]
    fetched.clear()
    retried = list(iterate_sync(SOLVER, retry_quarantined=True, graceful=True, graph=graph))
    assert [one.outcome for one in retried] == [Outcome.SKIPPED, Outcome.FAILED, Outcome.SKIPPED]
    assert isinstance(retried[1].error, SchemaError)
    assert fetched == [id_of(some[1])]
    assert sync_documents(graph=graph, graceful=True, retry_quarantined=True)["solver"] == (3, 0, 2, 1)
    assert sync_solver_documents(force=True, graceful=True, graph=graph) == (3, 2, 0, 1)
    assert sync_solver_documents([id_of(some[1])], graceful=True, graph=graph) == (1, 0, 0, 1), "it was asked for"
    assert [row[4] for row in quarantine(engine)] == [5]
    last = rows_of(engine, "SELECT first_at, last_at FROM quarantined_document")[0]
    assert last[0] == first[0]
    assert last[1] > first[1]


def test_another_object_is_tried_and_once_it_is_synced_nothing_is_remembered(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graceful=True, graph=graph)
    some[1]["metadata"]["analyzer_version"] = 5
    store.ceph.store_document(some[1], id_of(some[1]))
    assert sync_solver_documents(graceful=True, graph=graph) == (3, 0, 2, 1)
    ((_, reason, path, etag, times),) = quarantine(engine)
    assert (reason, path) == ("expected a text, not a number", "metadata.analyzer_version")
    assert (etag, times) == (etag_of(store, some[1]), 2)
    mend(store, some[1])
    assert sync_solver_documents(graph=graph) == (3, 1, 2, 0)
    assert quarantine(engine) == []
    assert sync_solver_documents(graph=graph) == (3, 0, 3, 0)


def test_the_ledger_keeps_what_was_synced_before_a_document_broke_and_its_old_object_lifts_the_quarantine(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sound = some[0]
    sync_solver_documents([id_of(sound)], graph=graph)
    sync_solver_documents(graceful=True, graph=graph)
    store.ceph.store_document(broken(sound), id_of(sound))
    assert sync_solver_documents(graceful=True, graph=graph) == (3, 0, 2, 1)
    assert [row[0] for row in quarantine(engine)] == sorted(map(id_of, some[:2]))
    store.store_document(sound)
    assert sync_solver_documents(graceful=True, graph=graph) == (3, 0, 3, 0)
    assert [row[0] for row in quarantine(engine)] == [id_of(some[1])]


def test_a_document_that_was_told_by_hand_is_no_longer_in_quarantine(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graceful=True, graph=graph)
    other = copy.deepcopy(some[1])
    other["metadata"]["analyzer_version"] = "1.2.3"
    graph.sync_solver_result(other)
    assert graph.get_quarantined_documents_all() == []
    assert graph.get_quarantined_documents_count_all() == 0
    assert sync_solver_documents(graceful=True, graph=graph) == (3, 0, 2, 1), (
        "what is in the store is as broken as before"
    )
    assert graph.get_quarantined_documents_count_all() == 1


def test_a_row_that_is_out_of_date_is_taken_away_by_the_next_sync(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph, graceful=True)
    insert = """INSERT INTO quarantined_document (kind, document_id, reason, etag, first_at, last_at)
                VALUES ('SOLVER', :id, 'no reason', 'another', :moment, :moment)"""
    run(engine, insert, id=id_of(some[0]), moment="2020-01-01T00:00:00Z")
    assert sync_solver_documents(graph=graph) == (3, 0, 3, 0)
    assert [row[0] for row in quarantine(engine)] == [id_of(some[1])]


def test_a_released_document_is_tried_again(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graceful=True, graph=graph)
    assert graph.release_quarantined_documents([id_of(some[1])], SOLVER.kind) == 1
    with pytest.raises(SchemaError):
        sync_solver_documents(graph=graph)
    assert quarantine(engine) == [], "only a graceful sync remembers"


def test_what_is_not_there_is_not_remembered(
    graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    missing = ["solver-debian-12-py311-261122110655-none", ""]
    assert sync_solver_documents(missing, graceful=True, graph=graph) == (2, 0, 0, 2)
    assert sync_solver_documents(["/nowhere/solver-1.json"], graceful=True, graph=graph, is_local=True) == (1, 0, 0, 1)
    with pytest.raises(NotFoundError):
        sync_solver_documents(missing[:1], graph=graph)
    assert quarantine(engine) == []


def test_a_fault_that_is_no_documents_puts_nothing_into_quarantine(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object, **__: object) -> None:
        raise DatabaseUnavailableError("gone")

    with settings.context() as patched:
        patched.setattr(GraphDatabase, "sync_results", unavailable)
        with pytest.raises(DatabaseUnavailableError):
            sync_solver_documents(graceful=True, graph=graph)
    assert quarantine(engine) == []


def test_a_defect_of_ours_is_remembered_with_its_type_and_logged_with_its_place(
    store: SolverResultsStore,
    graph: GraphDatabase,
    engine: Engine,
    settings: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    defect = KeyError("name")
    settings.setattr(GraphDatabase, "sync_results", lambda *_, **__: [True, defect, False])
    assert [one.outcome for one in iterate_sync(SOLVER, graceful=True, graph=graph)] == [
        Outcome.SYNCED,
        Outcome.FAILED,
        Outcome.SKIPPED,
    ]
    assert [row[1:3] for row in quarantine(engine)] == [("KeyError: 'name'", None)]
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


def test_an_object_that_is_no_json_is_remembered_by_the_id_it_lies_under(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], fetched: list[str]
) -> None:
    store.ceph.store_blob(b"{no more", "solver-1234")
    assert sync_solver_documents(graceful=True, graph=graph) == (4, 2, 0, 2)
    document_id, reason, path = quarantine(engine)[0][:3]
    assert (document_id, reason) == ("solver-1234", "expected a JSON object")
    assert str(path).startswith("the top of object ") and str(path).endswith(
        "/solver/solver-1234' in bucket 'documents' (8 bytes)"
    )
    fetched.clear()
    assert sync_solver_documents(graph=graph) == (4, 0, 4, 0)
    assert fetched == []


def test_of_two_files_of_one_id_the_later_one_decides(
    graph: GraphDatabase, engine: Engine, some: list[Document], tmp_path: Path
) -> None:
    paths = []
    for number, document in enumerate((broken(some[0]), some[0])):
        paths.append(tmp_path / str(number) / f"{id_of(document)}.json")
        paths[-1].parent.mkdir()
        paths[-1].write_text(json.dumps(document))
    given = [str(path) for path in paths]
    assert sync_solver_documents(given, graceful=True, graph=graph, is_local=True) == (2, 1, 0, 1)
    assert quarantine(engine) == []
    assert sync_solver_documents(given[::-1], force=True, graceful=True, graph=graph, is_local=True) == (2, 1, 0, 1)
    assert [row[0] for row in quarantine(engine)] == [id_of(some[0])]


def test_a_sound_sync_asks_nothing_more_of_the_database(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document], count_statements: CountStatements
) -> None:
    mend(store, some[1])
    sync_solver_documents(graph=graph)
    assert count_statements(graph, lambda: sync_solver_documents(graph=graph, graceful=True)) == 2
