"""Solver documents told many at a time end as if they were told one after the other."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.analyses import real_analysis
from support.documents import (
    ON_RHEL,
    Document,
    DocumentOf,
    as_error,
    edge,
    for_solver,
    id_of,
    made,
    tree,
    under_the_id_of,
    variants,
    with_dependencies,
)
from support.tables import (
    CountStatements,
    count,
    difference,
    dump,
    edges_of,
    empty,
    known,
    needs,
    rows_of,
    run,
    sequences,
    synced_in_order,
)
from support.transactions import Doing, while_it_is_written

from thoth.storages.exceptions import (
    DatabaseNotInitializedError,
    DatabaseStatementError,
    DatabaseUnavailableError,
    DocumentKindError,
    NotConnectedError,
    SchemaError,
)
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.together import Told
from thoth.storages.graph.writers import solver as solver_writer

SOLVER, ANALYSIS = DocumentKindEnum.SOLVER, DocumentKindEnum.ANALYSIS


def tell(graph: GraphDatabase, documents: Sequence[Document], *, force: bool = False) -> list[bool | Exception]:
    return graph.sync_results(SOLVER, [Told(document) for document in documents], force=force)


@pytest.fixture
def mixed(documents: list[Document], document_of: DocumentOf) -> list[Document]:
    """The real documents, others that contradict them, and some of another environment."""
    flask = document_of("flask==3.0.3")
    elsewhere = [for_solver(document, ON_RHEL, suffix) for document, suffix in ((flask, "abcd"), (made(flask), "abce"))]
    tree(elsewhere[1])["dependencies"] = tree(elsewhere[1])["dependencies"][:3]
    return documents + variants(flask)[1:] + variants(document_of("attrs==22.2.0"))[1:] + elsewhere


# --- The same as one after the other ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1000, 17, 2])
def test_the_tables_are_those_of_documents_told_one_after_the_other(
    graph: GraphDatabase, engine: Engine, mixed: list[Document], size: int
) -> None:
    expected = known(synced_in_order(graph, engine, mixed))
    for seed in range(3):
        shuffled = random.Random(seed).sample(mixed, len(mixed))
        for first in range(0, len(shuffled), size):
            part = shuffled[first : first + size]
            assert tell(graph, part) == [True] * len(part)
        assert difference(known(dump(engine)), expected) == {}
        empty(engine)


def test_telling_them_again_changes_nothing_and_burns_no_ids(
    graph: GraphDatabase, engine: Engine, mixed: list[Document]
) -> None:
    tell(graph, mixed)
    tables, numbers = dump(engine), sequences(engine)
    for force, written in ((False, False), (True, True)):
        assert tell(graph, mixed, force=force) == [written] * len(mixed)
        assert difference(dump(engine), tables) == {}
        if not force:
            assert sequences(engine) == numbers


def test_known_and_new_and_changed_documents_stand_in_one_batch(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    known_one, changed, new = (document_of(each) for each in ("six==1.16.0", "flask==3.0.3", "click==8.1.7"))
    tell(graph, [known_one, changed])
    tree(changed)["dependencies"] = [edge("other", ["1.0"])]
    assert tell(graph, [known_one, changed, new]) == [False, True, True]
    assert needs(engine, "flask", "3.0.3") == ["other*"]
    assert count(engine, "solved") == 3


def test_contents_that_change_places_are_told_in_one_batch(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """What one document was about and another one is about now is not forgotten on the way."""
    flask, six = document_of("flask==3.0.3"), document_of("six==1.16.0")
    tell(graph, [flask, six])
    swapped = [under_the_id_of(flask, six), under_the_id_of(six, flask)]
    with Session(graph._connected_engine()) as session, session.begin():  # nothing is divided here
        assert solver_writer.write_all(session, [parse(document) for document in swapped]) == [True, True]
    runs = (
        "SELECT document_id, package_name FROM solved s JOIN python_package_version v ON v.id = s.version_id ORDER BY 2"
    )
    assert rows_of(engine, runs) == [(id_of(six), "flask"), (id_of(flask), "six")]
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "python_package_version") == 2


def test_a_document_that_is_the_truth_no_longer_asks_for_its_successor(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    old = document_of("flask==3.0.3")
    new = made(old, days=1, suffix="cafe")
    tree(new)["dependencies"] = [edge("newer", ["1.0"])]
    tell(graph, [old, new])
    assert needs(engine, "flask", "3.0.3") == ["newer*"]
    failed = as_error(new)
    tell(graph, [failed, document_of("six==1.16.0")])
    asked = "SELECT document_id FROM synced_document WHERE to_sync_again"
    assert rows_of(engine, asked) == [(id_of(old),)]
    assert tell(graph, [failed, old]) == [False, True]
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_of_two_contents_of_one_document_the_last_one_counts(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    first = document_of("flask==3.0.3")
    second = made(first)
    tree(second)["dependencies"] = [edge("other", ["1.0"])]
    assert tell(graph, [first, second, second]) == [True, True, False]
    assert needs(engine, "flask", "3.0.3") == ["other*"]
    assert tell(graph, [first, first], force=True) == [True, True]
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "solved") == 1


@pytest.mark.parametrize("number", [8, 40])
def test_as_many_statements_as_for_one(
    graph: GraphDatabase, documents: list[Document], count_statements: CountStatements, number: int
) -> None:
    tell(graph, documents)
    again = [made(document, days=1, suffix="cafe") for document in documents[:number]]
    new = [with_dependencies(documents[0], 30 + n) for n in range(number)]
    for n, document in enumerate(new):
        tree(document)["package_version"] = tree(document)["package_version_requested"] = f"77.{n}"
    assert count_statements(graph, lambda: tell(graph, new)) <= 16
    assert count_statements(graph, lambda: tell(graph, again)) <= 20
    assert count_statements(graph, lambda: tell(graph, again)) == 2
    assert count_statements(graph, lambda: tell(graph, again, force=True)) <= 28


def test_etags_are_kept(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    documents = [document_of(each) for each in ("six==1.16.0", "flask==3.0.3")]
    etags = "SELECT etag FROM synced_document ORDER BY document_id"
    told = [Told(document, f"etag-{number}") for number, document in enumerate(documents)]
    graph.sync_results(SOLVER, told)
    assert sorted(rows_of(engine, etags)) == [("etag-0",), ("etag-1",)]
    assert graph.sync_results(SOLVER, [Told(documents[0], "another"), Told(documents[1])]) == [False, False]
    assert sorted(rows_of(engine, etags)) == [("another",), ("etag-1",)]


# --- Faults ----------------------------------------------------------------------------------------------------------


def test_what_is_no_document_does_not_hold_up_the_others(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    good = [document_of("flask==3.0.3"), document_of("six==1.16.0")]
    results = tell(graph, [good[0], {}, [], good[1]])  # type: ignore[list-item]
    assert [results[0], results[3]] == [True, True]
    assert all(isinstance(result, SchemaError) for result in results[1:3])
    assert count(engine, "synced_document") == 2


def test_a_document_that_the_database_refuses_is_found_and_the_others_are_written(
    graph: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    run(engine, "ALTER TABLE import_package ADD CONSTRAINT refuse CHECK (import_package_name <> 'flask')")
    results = tell(graph, documents)
    refused = [number for number, result in enumerate(results) if result is not True]
    names = {tree(documents[number])["package_name"] for number in refused}
    assert names == {"Flask"}
    assert len(refused) == 3
    for number in refused:
        error = results[number]
        assert isinstance(error, DatabaseStatementError)
        assert error.sqlstate == "23514"
    assert count(engine, "synced_document") == len(documents) - 3
    run(engine, "ALTER TABLE import_package DROP CONSTRAINT refuse")
    assert [result for result in tell(graph, documents) if result] == [True] * 3


def test_one_document_that_is_refused_is_tried_once(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    run(engine, "ALTER TABLE synced_document ADD CONSTRAINT refuse CHECK (false)")
    assert count_statements(graph, lambda: tell(graph, [document_of("flask==3.0.3")])) == 1


def test_a_kind_that_is_written_one_by_one_gives_its_results_too(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    told = [Told(document), Told({}), Told(document)]
    results = graph.sync_results(ANALYSIS, told)
    assert [results[0], results[2]] == [True, False]
    assert isinstance(results[1], SchemaError)
    assert count(engine, "package_extract_run") == 1


def test_an_id_that_belongs_to_a_document_of_another_kind_is_refused(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    solved, other = document_of("flask==3.0.3"), document_of("six==1.16.0")
    analysed = real_analysis()
    analysed["metadata"]["document_id"] = id_of(solved)
    graph.sync_analysis_result(analysed)
    before = dump(engine)
    for force in (False, True):
        with pytest.raises(DocumentKindError, match="ANALYSIS.*SOLVER") as raised:
            graph.sync_solver_result(solved, force=force)
        assert (raised.value.known_kind, raised.value.told_kind) == ("ANALYSIS", "SOLVER")
        assert raised.value.document_id == id_of(solved)
        assert difference(dump(engine), before) == {}
    refused, written = tell(graph, [solved, other])
    assert isinstance(refused, DocumentKindError)
    assert written is True
    assert rows_of(engine, f"SELECT kind FROM synced_document WHERE document_id = '{id_of(solved)}'") == [("ANALYSIS",)]


def test_what_is_no_documents_fault_is_raised(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    documents = [document_of("flask==3.0.3"), document_of("six==1.16.0")]
    run(engine, "ALTER TABLE depends_on RENAME TO gone")
    with pytest.raises(DatabaseNotInitializedError):
        tell(graph, documents)
    run(engine, "ALTER TABLE gone RENAME TO depends_on")
    run(engine, "ALTER TABLE depends_on RENAME COLUMN marker TO gone")
    with pytest.raises(DatabaseStatementError) as raised:
        tell(graph, documents)
    assert raised.value.sqlstate == "42703"
    graph.disconnect()
    with pytest.raises(NotConnectedError):
        tell(graph, documents)
    assert count(engine, "synced_document") == 0


def test_a_lock_that_is_not_freed_is_no_documents_fault(
    database: object, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.1")
    adapter = GraphDatabase()
    adapter.connect()
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE solved IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(DatabaseUnavailableError):
            tell(adapter, [document_of("flask==3.0.3"), document_of("six==1.16.0")])
    adapter.disconnect()


def test_nothing_at_all_is_told(graph: GraphDatabase, count_statements: CountStatements) -> None:
    assert count_statements(graph, lambda: tell(graph, [])) == 0
    assert tell(graph, []) == []


# --- Several writers at once -----------------------------------------------------------------------------------------


def test_whoever_tells_the_same_documents_second_waits_and_does_nothing(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    documents = [document_of(each) for each in ("six==1.16.0", "flask==3.0.3", "click==8.1.7")]
    results: list[bool | Exception] = []
    while_it_is_written(graph, engine, documents[1], lambda: results.extend(tell(graph, documents)))
    assert results == [True, False, True]


@pytest.mark.timeout(120)
def test_eight_writers_of_overlapping_batches_end_with_what_one_writes(
    graph: GraphDatabase, engine: Engine, mixed: list[Document], caplog: pytest.LogCaptureFixture
) -> None:
    expected = known(synced_in_order(graph, engine, mixed))

    def work(seed: int) -> None:
        shuffled = random.Random(seed).sample(mixed, len(mixed))
        for first in range(0, len(shuffled), 20):
            results = tell(graph, shuffled[first : first + 20], force=seed % 2 == 0)
            assert not [result for result in results if isinstance(result, Exception)]

    started = time.monotonic()
    with caplog.at_level(logging.INFO, "thoth.storages"):
        working = [Doing(lambda seed=seed: work(seed)) for seed in range(8)]  # type: ignore[misc]
        for each in working:
            each.result(100)
    again = [record for record in caplog.records if "trying again" in record.getMessage()]
    print(f"\n8 writers: {time.monotonic() - started:.1f} s, {len(again)} transactions tried again")
    assert difference(known(dump(engine)), expected) == {}
