"""Aggregated security indicators into tables: what is written, and that nothing is written twice."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analysers import on_day
from support.at_once import tell_at_once
from support.documents import ON_RHEL, PYPI, Document, DocumentOf, as_error, for_solver, made
from support.security_indicators_documents import (
    COUNTS,
    FINDINGS,
    ID,
    failed_security_indicators,
    security_indicators,
)
from support.tables import CountStatements, count, difference, dump, empty, rows_of, run, sequences

from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase

MOST_STATEMENTS = 12
"""No document costs more, whether it is new or written again."""

FLASK = ("flask", "3.0.3", PYPI)
ABOUT = """
    SELECT r.si_aggregated_run_document_id, e.package_name, e.package_version, i.url, v.os_name, v.python_version
    FROM si_aggregated s JOIN si_aggregated_run r ON r.id = s.si_aggregated_run_id
    JOIN python_package_version_entity e ON e.id = s.python_package_version_entity_id
    JOIN python_package_index i ON i.id = e.python_package_index_id
    LEFT JOIN python_package_version v ON v.id = s.python_package_version_id ORDER BY 1"""
_COLUMNS = {
    "number_of_python_files": "Python.nFiles",
    "number_of_lines_with_comments_in_python_files": "Python.comment",
    "number_of_blank_lines_in_python_files": "Python.blank",
    "number_of_lines_with_code_in_python_files": "Python.code",
    "total_number_of_files": "SUM.nFiles",
    "total_number_of_lines": "SUM.n_lines",
    "total_number_of_lines_with_comments": "SUM.comment",
    "total_number_of_blank_lines": "SUM.blank",
    "total_number_of_lines_with_code": "SUM.code",
    **{key.lower().replace(".", "_").replace("__", "_"): key for key in FINDINGS},
    **{key: key for key in COUNTS if "." not in key},
}


def runs_of(engine: Engine) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in rows_of(engine, "SELECT * FROM si_aggregated_run ORDER BY datetime")]


def told(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows_of(engine, statement)]


def test_every_table_says_what_the_document_says(graph: GraphDatabase, engine: Engine) -> None:
    document = security_indicators()
    graph.sync_security_indicator_aggregated_result(document)
    (one,) = runs_of(engine)
    made_at = one.pop("datetime").replace(tzinfo=None).isoformat()
    assert (made_at, one.pop("si_aggregated_run_document_id")) == (document["metadata"]["datetime"], ID)
    assert (one.pop("error"), one.pop("id")) == (False, 1)
    assert one == {column: document["result"][key] for column, key in _COLUMNS.items()}
    assert len(one) == 25 and len(set(one.values())) == 25
    assert told(engine, ABOUT) == [(ID, "simple-lib", "1.0.0", PYPI, None, None)]
    assert told(engine, "SELECT enabled FROM python_package_index") == [(False,)]
    assert told(engine, "SELECT document_id, kind, remarks FROM synced_document") == [(ID, "SECURITY_INDICATORS", [])]
    assert told(engine, "SELECT package_name FROM package_change") == [("simple-lib",)]
    filled = {name for name, rows in dump(engine).items() if rows}
    assert filled == {
        *("alembic_version", "graph_identity", "synced_document", "package_change", "si_aggregated_run"),
        *("si_aggregated", "python_package_index", "python_package_version_entity"),
    }


def test_a_severity_that_is_not_there_was_not_found(graph: GraphDatabase, engine: Engine) -> None:
    document = security_indicators()
    for key in FINDINGS[1:]:
        del document["result"][key]
    graph.sync_security_indicator_aggregated_result(document)
    (one,) = runs_of(engine)
    assert [one[column] for column, key in _COLUMNS.items() if key in FINDINGS] == [1, *[0] * 11]


def test_what_cloc_counted_may_stand_in_an_object_for_each_language(graph: GraphDatabase, engine: Engine) -> None:
    document = security_indicators()
    for key in COUNTS:
        language, dot, what = key.partition(".")
        if dot:
            document["result"].setdefault(language, {})[what] = document["result"].pop(key)
    graph.sync_security_indicator_aggregated_result(document)
    (nested,) = runs_of(engine)
    graph.sync_security_indicator_aggregated_result(security_indicators())
    assert runs_of(engine) == [nested]


@pytest.mark.parametrize("result", [{}, [], "", {"number_of_analyzed_files": 3}], ids=str)
def test_a_failed_analysis_is_stored_without_counters(graph: GraphDatabase, engine: Engine, result: Any) -> None:
    graph.sync_security_indicator_aggregated_result({**failed_security_indicators(), "result": result})
    (one,) = runs_of(engine)
    assert one["error"] is True
    assert {one[column] for column in _COLUMNS} == {None}
    assert told(engine, ABOUT) == [(ID, "simple-lib", "1.0.0", PYPI, None, None)]
    remarks = ["result: left out, the analysis failed"] if result else []
    assert told(engine, "SELECT remarks FROM synced_document") == [(remarks,)]


# --- Packages that were solved ---------------------------------------------------------------------------------------


def test_a_package_that_was_solved_is_linked_to_the_environment_of_its_newest_run(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    solved = document_of("flask==3.0.3")
    graph.sync_solver_result(for_solver(made(solved, days=1), ON_RHEL, "cafe"))
    graph.sync_solver_result(solved)  # told later, but older
    graph.sync_security_indicator_aggregated_result(security_indicators(package=FLASK))
    assert told(engine, ABOUT) == [(ID, *FLASK, "rhel", "3.8")]
    graph.sync_solver_result(as_error(made(solved, days=2, suffix="dead")))
    graph.sync_security_indicator_aggregated_result(security_indicators(package=FLASK), force=True)
    assert told(engine, ABOUT) == [(ID, *FLASK, "debian", "3.11")]


def test_what_is_known_of_a_package_does_not_depend_on_when_it_was_solved(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    solved, indicators = document_of("flask==3.0.3"), security_indicators(package=FLASK)
    graph.sync_solver_result(solved)
    graph.sync_security_indicator_aggregated_result(indicators)
    after = dump(engine)
    assert told(engine, ABOUT) == [(ID, *FLASK, "debian", "3.11")]
    empty(engine)
    graph.sync_security_indicator_aggregated_result(indicators)
    graph.sync_solver_result(solved)
    # The environment is what a solver knows; it is looked up when the indicators are written.
    assert difference(dump(engine), after).keys() == {"si_aggregated"}
    assert told(engine, ABOUT) == [(ID, *FLASK, None, None)]
    graph.sync_security_indicator_aggregated_result(indicators, force=True)
    assert difference(dump(engine), after) == {}


def test_indicators_stay_when_the_environment_they_were_linked_to_goes_away(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    graph.sync_security_indicator_aggregated_result(security_indicators(package=FLASK))
    run(engine, "DELETE FROM python_package_version")
    assert told(engine, ABOUT) == [(ID, *FLASK, None, None)]


# --- Again -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [security_indicators(), failed_security_indicators()], ids=["counted", "failed"])
def test_telling_it_twice_changes_nothing_and_costs_next_to_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, document: Document
) -> None:
    new = count_statements(graph, lambda: graph.sync_security_indicator_aggregated_result(document))
    tables, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_security_indicator_aggregated_result(document)) <= 2
    assert dump(engine, with_ids=True) == tables
    again = count_statements(graph, lambda: graph.sync_security_indicator_aggregated_result(document, force=True))
    print(f"\nstatements: new {new}, forced {again}")
    assert max(new, again) <= MOST_STATEMENTS
    assert sequences(engine) == numbers


def test_forcing_writes_the_same_and_repairs_what_was_lost(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_security_indicator_aggregated_result(security_indicators())
    tables = dump(engine)
    run(engine, "UPDATE si_aggregated_run SET total_number_of_lines = 0, datetime = now()")
    run(engine, "DELETE FROM si_aggregated")
    graph.sync_security_indicator_aggregated_result(security_indicators(), force=True)
    assert difference(dump(engine), tables) == {}


def test_a_content_that_changed_replaces_all_that_the_run_said(graph: GraphDatabase, engine: Engine) -> None:
    contents = [
        security_indicators(),
        security_indicators(more=100),
        failed_security_indicators(),
        security_indicators(package=("another", "2", "https://another.example.com/simple")),
        security_indicators(),
    ]
    alone: list[Any] = []
    for document in contents:
        graph.sync_security_indicator_aggregated_result(document)
        alone.append(dump(engine))
        empty(engine)
    for document, expected in zip(contents, alone, strict=True):
        graph.sync_security_indicator_aggregated_result(document)
        now = dump(engine)
        for table in ("si_aggregated_run", "si_aggregated", "synced_document"):
            assert now[table] == expected[table]
    assert count(engine, "package_change") == 2


def test_a_package_that_was_known_is_recorded_as_changed(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_security_indicator_aggregated_result(security_indicators())
    run(engine, "DELETE FROM package_change")
    graph.sync_security_indicator_aggregated_result(security_indicators(document_id="security-indicators-2"))
    assert told(engine, "SELECT package_name FROM package_change") == [("simple-lib",)]


def overlapping() -> list[Document]:
    """Several runs about one package, and one about another."""
    documents = [
        security_indicators(),
        security_indicators(document_id="security-indicators-2", more=50),
        failed_security_indicators(document_id="security-indicators-3"),
        security_indicators(document_id="security-indicators-4", package=("b", "1", PYPI)),
    ]
    return [on_day(document, day) for day, document in enumerate(documents, start=1)]


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    dumps = []
    for order in itertools.permutations(overlapping()):
        for document in order:
            graph.sync_security_indicator_aggregated_result(document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 24
    assert len(dumps[0]["si_aggregated_run"]) == len(dumps[0]["si_aggregated"]) == 4


def test_writers_at_once_end_with_what_one_alone_writes(graph: GraphDatabase, engine: Engine) -> None:
    documents = overlapping()
    for document in documents:
        graph.sync_security_indicator_aggregated_result(document)
    expected = dump(engine)
    empty(engine)

    def sync(adapter: GraphDatabase, seed: int) -> None:
        for document in random.Random(seed).sample(documents, len(documents)):
            adapter.sync_security_indicator_aggregated_result(document, force=seed % 2 == 0)

    for _ in range(5):
        tell_at_once([lambda adapter, seed=seed: sync(adapter, seed) for seed in range(4)])  # type: ignore[misc]
        assert difference(dump(engine), expected) == {}
        empty(engine)


@pytest.mark.parametrize("table", ["si_aggregated_run", "si_aggregated", "package_change"])
def test_a_statement_that_fails_leaves_nothing(graph: GraphDatabase, engine: Engine, table: str) -> None:
    before = dump(engine)
    run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false)")
    with pytest.raises(DatabaseStatementError, match="refuse_everything"):
        graph.sync_security_indicator_aggregated_result(security_indicators())
    assert difference(dump(engine), before) == {}
