"""Which documents the graph says it was told."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Select
from sqlalchemy.engine import URL
from support.analyses import real_analysis
from support.databases import adapters, make_database
from support.documents import DocumentOf
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import DatabaseNotInitializedError, NotConnectedError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.queries.documents import _last_synced, _synced_of_inspection

BY_ID = {
    "solver_document_id_exists": ("SOLVER", "solver_document_id"),
    "solver_document_id_exist": ("SOLVER", "solver_document_id"),
    "adviser_document_id_exist": ("ADVISER", "adviser_document_id"),
    "analysis_document_id_exist": ("ANALYSIS", "analysis_document_id"),
    "package_analysis_document_id_exist": ("PACKAGE_ANALYSIS", "package_analysis_document_id"),
    "provenance_checker_document_id_exist": ("PROVENANCE_CHECKER", "provenance_checker_document_id"),
    "dependency_monkey_document_id_exists": ("DEPENDENCY_MONKEY", "dependency_monkey_document_id"),
    "dependency_monkey_document_id_exist": ("DEPENDENCY_MONKEY", "dependency_monkey_document_id"),
    "si_aggregated_document_id_exists": ("SECURITY_INDICATORS", "si_aggregated_run_document_id"),
}
RECORDS = {
    "solver_records_exist": ("SOLVER", "solver_document"),
    "analysis_records_exist": ("ANALYSIS", "analysis_document"),
}


def enter(engine: Engine, document_id: str, kind: str, **more: Any) -> None:
    """Enter a document into the ledger as its writer would."""
    values = {"document_id": document_id, "kind": kind, "created_at": datetime.now(UTC), **more}
    names = ", ".join(values)
    run(engine, f"INSERT INTO synced_document ({names}) VALUES ({', '.join(f':{name}' for name in values)})", **values)


def ask_for(engine: Engine, inspection_id: str, *numbers: int) -> None:
    """Ask for runs of an inspection, as Dependency Monkey does."""
    for number in numbers:
        run(
            engine,
            "INSERT INTO inspection_run (inspection_document_id, inspection_result_number, inspection_sync_state)"
            " VALUES (:inspection_id, :number, 'PENDING')",
            inspection_id=inspection_id,
            number=number,
        )


# --- By id -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "kind", "parameter"), [(name, *rest) for name, rest in BY_ID.items()])
def test_a_document_is_known_under_its_id_and_as_its_kind_until_it_is_to_be_synced_again(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, question: str, kind: str, parameter: str
) -> None:
    ask = getattr(graph, question)
    other = next(each.name for each in DocumentKindEnum if each.name != kind)
    enter(engine, "document-1", kind)
    enter(engine, "document-2", other)
    assert ask("document-1") is True
    assert ask(**{parameter: "document-1"}) is True
    assert ask("document-2") is False, "it is of another kind"
    assert ask("document-") is ask("document-11") is ask("") is False
    assert count_statements(graph, lambda: ask("document-1")) == 1
    run(engine, "UPDATE synced_document SET to_sync_again = true")
    assert ask("document-1") is False


@pytest.mark.parametrize(("question", "kind", "parameter"), [(name, *rest) for name, rest in RECORDS.items()])
def test_a_document_is_known_by_the_id_it_gives_itself(
    graph: GraphDatabase, engine: Engine, question: str, kind: str, parameter: str
) -> None:
    ask = getattr(graph, question)
    of_2023 = {"metadata": {"document_id": "document-1", "hostname": "pod-x1b2"}}
    of_2019 = {"metadata": {"hostname": "pod-of-2019-x1b2"}}
    assert ask(of_2023) is ask(of_2019) is False
    enter(engine, "document-1", kind)
    enter(engine, "pod-of-2019", kind)
    assert ask(of_2023) is ask(**{parameter: of_2019}) is True


def test_what_was_synced_is_known(graph: GraphDatabase, document_of: DocumentOf) -> None:
    solver, analysis = document_of("six==1.16.0"), real_analysis()
    solver_id, analysis_id = (each["metadata"]["document_id"] for each in (solver, analysis))
    graph.sync_solver_result(solver)
    graph.sync_analysis_result(analysis)
    for question, (kind, _) in BY_ID.items():
        known = {
            kind_: getattr(graph, question)(id_) for kind_, id_ in (("SOLVER", solver_id), ("ANALYSIS", analysis_id))
        }
        assert known == {"SOLVER": kind == "SOLVER", "ANALYSIS": kind == "ANALYSIS"}, question


@pytest.mark.parametrize("question", [*BY_ID, *RECORDS, "inspection_document_id_exist", "get_last_synced"])
def test_the_ledger_is_asked_only_when_connected_and_where_it_is(
    question: str, missing_database: URL, server: URL
) -> None:
    argument: Any = {"metadata": {"document_id": "x"}} if question in RECORDS else "x"
    arguments = () if question == "get_last_synced" else (argument,)
    with pytest.raises(NotConnectedError):
        getattr(GraphDatabase(), question)(*arguments)
    make_database(server, missing_database)
    with adapters(1) as (adapter,), pytest.raises(DatabaseNotInitializedError):
        getattr(adapter, question)(*arguments)


# --- Inspections -----------------------------------------------------------------------------------------------------


def test_an_inspection_is_known_once_one_of_its_results_was_synced(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    ask, ask_number = graph.inspection_document_id_exist, graph.inspection_document_id_result_number_exists
    ask_for(engine, "inspection-a", 0, 1, 2)
    ask_for(engine, "inspection-a/results", 1)
    ask_for(engine, "inspection-ab", 1)
    assert ask("inspection-a") is ask_number("inspection-a", 1) is False, "it was only asked for"
    enter(engine, "inspection-a/results/1", "INSPECTION")
    run(engine, "UPDATE inspection_run SET inspection_sync_state = 'SYNCED' WHERE inspection_result_number = 1")
    assert ask("inspection-a") is True
    assert ask(inspection_document_id="inspection-a") is True
    assert [ask_number("inspection-a", number) for number in (0, 1, 2, 11)] == [False, True, False, False]
    keywords: dict[str, Any] = {"inspection_document_id": "inspection-a", "inspection_result_number": 1}
    assert ask_number(**keywords) is True
    for other in ("inspection-ab", "inspection-", "inspection-a/results", "inspection-a/results/1", "", "%"):
        assert ask(other) is False, other
    assert count_statements(graph, lambda: ask("inspection-a")) == 1
    assert count_statements(graph, lambda: ask_number("inspection-a", 1)) == 1
    run(engine, "UPDATE synced_document SET to_sync_again = true")
    assert ask("inspection-a") is ask_number("inspection-a", 1) is False
    run(engine, "UPDATE synced_document SET to_sync_again = false, kind = 'ADVISER'")
    assert ask("inspection-a") is ask_number("inspection-a", 1) is False


@pytest.fixture
def much(graph: GraphDatabase, engine: Engine) -> Iterator[Engine]:
    """A ledger of some size."""
    run(
        engine,
        """INSERT INTO inspection_run (inspection_document_id, inspection_result_number, inspection_sync_state)
           SELECT 'inspection-' || i, n, 'SYNCED' FROM generate_series(1, 2000) i, generate_series(0, 4) n""",
    )
    run(
        engine,
        """INSERT INTO synced_document (document_id, kind, created_at)
           SELECT inspection_document_id || '/results/' || inspection_result_number, 'INSPECTION', now()
           FROM inspection_run""",
    )
    run(engine, "ANALYZE inspection_run, synced_document")
    yield engine


@pytest.mark.parametrize("statement", [_synced_of_inspection("inspection-77"), _last_synced(DocumentKindEnum)])
def test_indexes_answer_however_large_the_ledger_is(much: Engine, statement: Select[Any]) -> None:
    compiled = statement.compile(much, compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[0] for row in rows_of(much, f"EXPLAIN {compiled}"))
    assert "synced_document" in plan
    assert "Seq Scan" not in plan, plan


# --- When ------------------------------------------------------------------------------------------------------------


def test_when_the_last_document_was_synced_is_known_of_each_kind_and_of_all(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert graph.get_last_synced() is None
    assert graph.get_last_synced(DocumentKindEnum.SOLVER) is None
    for hours, kind, more in (
        (0, "SOLVER", {}),
        (2, "SOLVER", {}),
        (1, "SOLVER", {}),
        (3, "ADVISER", {}),
        (9, "ADVISER", {"to_sync_again": True}),
    ):
        enter(engine, f"{kind}-{hours}", kind, synced_at=noon + timedelta(hours=hours), **more)
    last = graph.get_last_synced()
    assert last == noon + timedelta(hours=3)
    assert last is not None and last.tzinfo is UTC
    assert graph.get_last_synced(DocumentKindEnum.SOLVER) == noon + timedelta(hours=2)
    assert graph.get_last_synced(kind=DocumentKindEnum.ADVISER) == noon + timedelta(hours=3)
    assert graph.get_last_synced(DocumentKindEnum.INSPECTION) is None
    assert count_statements(graph, graph.get_last_synced) == 1


def test_the_last_sync_is_the_last_one_and_not_the_newest_document(
    graph: GraphDatabase, document_of: DocumentOf
) -> None:
    before = datetime.now(UTC)
    graph.sync_solver_result(document_of("six==1.16.0"))
    last = graph.get_last_synced()
    assert last is not None and before - timedelta(seconds=1) <= last <= datetime.now(UTC) + timedelta(seconds=1)
    graph.sync_solver_result(document_of("six==1.16.0"))
    assert graph.get_last_synced() == last, "nothing was written"
    graph.sync_solver_result(document_of("six==1.16.0"), force=True)
    assert (graph.get_last_synced() or before) > last


def test_times_are_in_utc_whatever_zone_the_server_speaks(graph: GraphDatabase, engine: Engine) -> None:
    enter(engine, "solver-1", "SOLVER", synced_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    run(engine, f"ALTER DATABASE \"{engine.url.database}\" SET timezone = 'Pacific/Auckland'")
    with adapters(1) as (adapter,):
        assert rows_of(adapter._connected_engine(), "SHOW timezone") == [("Pacific/Auckland",)]
        last = adapter.get_last_synced()
    assert last == datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert last is not None and last.tzinfo is UTC


@pytest.mark.parametrize("question", [*BY_ID, "inspection_document_id_exist"])
def test_callers_may_give_the_id_by_position(question: str) -> None:
    inspect.signature(getattr(GraphDatabase, question)).bind(None, "x")
