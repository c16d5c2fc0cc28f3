"""Analyses of packages into tables: what is written, and that nothing is written twice."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analysers import on_day
from support.at_once import tell_at_once
from support.digests import wrong_digests
from support.documents import PYPI, Document, DocumentOf, tree
from support.package_analysis_documents import (
    CHILDREN,
    ID,
    SHARED,
    artifact,
    digest,
    failed_package_analysis,
    large_package_analysis,
    package_analysis,
)
from support.tables import CountStatements, count, difference, dump, empty, rows_of, run, sequences

from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase

MOST_STATEMENTS = 24
"""No document costs more, whether it is new or written again."""

FILES = """
    SELECT a.artifact_name, file, d.sha256 FROM included_file f JOIN python_artifact a ON a.id = f.python_artifact_id
    JOIN python_file_digest d ON d.id = f.python_file_digest_id"""
SYMBOLS = """
    SELECT a.artifact_name, library_name, symbol FROM requires_symbol r
    JOIN python_artifact a ON a.id = r.python_artifact_id JOIN versioned_symbol s ON s.id = r.versioned_symbol_id"""


def told(engine: Engine, statement: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in rows_of(engine, statement))


def test_every_table_says_what_the_document_says(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_package_analysis_result(package_analysis())
    run_of = """
        SELECT package_analysis_document_id, package_analyzer_name, package_analyzer_version, datetime, debug,
               package_analyzer_error, duration, package_name, package_version, url, enabled
        FROM package_analyzer_run r JOIN python_package_version_entity e
        ON e.id = r.input_python_package_version_entity_id
        JOIN python_package_index i ON i.id = e.python_package_index_id"""
    ((made_at, *rest),) = [(row[3], *row[:3], *row[4:]) for row in rows_of(engine, run_of)]
    name = ("simple-lib", "1.0.0rc1", PYPI)
    assert rest == [ID, "thoth-package-analyzer", "1.2.3", False, False, None, *name, False]
    assert made_at == datetime.fromisoformat(package_analysis()["metadata"]["datetime"]).replace(tzinfo=UTC)
    wheel, sdist = (item["name"] for item in package_analysis()["result"]["artifacts"])
    empty_file = digest("__init__.py")
    assert told(engine, FILES) == [
        (wheel, "simple_lib/__init__.py", empty_file),
        (wheel, "simple_lib/core.py", digest("core.py")),
        (sdist, "other/__init__.py", empty_file),
        (sdist, "setup.py", digest("setup.py")),
        (sdist, "simple_lib/__init__.py", empty_file),
    ]
    libc, threads = "libc.so.6", "libpthread.so.0"
    assert told(engine, SYMBOLS) == [
        (wheel, libc, "GLIBC_2.2.5"),
        (wheel, libc, "GLIBC_2.4"),
        (wheel, threads, "GLIBC_2.2.5"),
    ]
    assert told(engine, "SELECT artifact_name, artifact_hash_sha256, present FROM python_artifact") == [
        (wheel, digest(wheel), True),
        (sdist, digest(sdist), True),
    ]
    assert told(engine, "SELECT document_id, kind, remarks FROM synced_document") == [(ID, "PACKAGE_ANALYSIS", [])]
    assert told(engine, "SELECT package_name FROM package_change") == [("simple-lib",)]
    assert (count(engine, "investigated"), count(engine, "investigated_file")) == (2, 3)
    filled = {name for name, rows in dump(engine).items() if rows}
    assert filled == {
        *("alembic_version", "graph_identity", "synced_document", "package_change", "package_analyzer_run"),
        *("python_package_index", "python_package_version_entity", *SHARED, *CHILDREN),
    }
    assert wrong_digests(engine) == []


def test_a_failed_analysis_is_stored_as_such(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_package_analysis_result(failed_package_analysis())
    assert told(engine, "SELECT package_analyzer_error FROM package_analyzer_run") == [(True,)]
    remark = "result.error: Failed to download simple_lib: 404"
    assert told(engine, "SELECT remarks FROM synced_document") == [([remark],)]
    assert [count(engine, table) for table in (*SHARED, *CHILDREN)] == [0] * 7


@pytest.mark.parametrize(("error", "failed"), [(True, True), ("no memory", True), (False, False), ("", False)])
def test_what_was_found_before_an_analysis_failed_is_stored_too(
    graph: GraphDatabase, engine: Engine, error: object, failed: bool
) -> None:
    document = package_analysis()
    document["result"]["error"] = error
    graph.sync_package_analysis_result(document)
    assert told(engine, "SELECT package_analyzer_error FROM package_analyzer_run") == [(failed,)]
    assert count(engine, "included_file") == 5


def test_an_artifact_that_is_listed_twice_is_one(graph: GraphDatabase, engine: Engine) -> None:
    first = artifact("b.whl", ["a.py", "c.py"], {"libc.so.6": ["A", "C"]})
    second = artifact("a.whl", ["a.py", "b.py"], {"libc.so.6": ["B", "A"]})
    third = artifact("c.whl", ["a.py"])
    same = [{**item, "sha256": first["sha256"].upper()} for item in (first, second, third)]
    graph.sync_package_analysis_result(package_analysis(same))
    assert [row[:2] for row in told(engine, FILES)] == [("a.whl", "a.py"), ("a.whl", "b.py"), ("a.whl", "c.py")]
    assert [row[2] for row in told(engine, SYMBOLS)] == ["A", "B", "C"]


def test_an_artifact_that_a_solver_knows_gets_its_name_and_stays_what_it_was(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    solved = document_of("six==1.16.0")
    graph.sync_solver_result(solved)
    graph.register_python_package_index(PYPI, enabled=True)
    before = dump(engine)
    known = {**artifact("six-1.16.0-py2.py3-none-any.whl", ["six.py"]), "sha256": tree(solved)["sha256"][0]}
    for _ in range(2):
        graph.sync_package_analysis_result(package_analysis([known], package=("SIX", "1.16.0", PYPI)), force=True)
        changed = difference(dump(engine), before)
        assert changed.keys() == {
            *("python_artifact", "has_artifact", "synced_document", "package_analyzer_run"),
            *("python_file_digest", "included_file", *CHILDREN),
        }
        assert len(changed["has_artifact"][0]) == len(changed["python_artifact"][0]) == 1  # its name
    assert ("six-1.16.0-py2.py3-none-any.whl",) in told(engine, "SELECT artifact_name FROM python_artifact")


# --- Again -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [package_analysis(), failed_package_analysis(), large_package_analysis(9)])
def test_telling_it_twice_changes_nothing_and_costs_next_to_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, document: Document
) -> None:
    graph.sync_package_analysis_result(document)
    tables, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_package_analysis_result(document)) <= 2
    assert dump(engine, with_ids=True) == tables
    assert sequences(engine) == numbers


def test_forcing_writes_the_same_burns_no_ids_and_repairs_what_was_lost(graph: GraphDatabase, engine: Engine) -> None:
    document = package_analysis()
    graph.sync_package_analysis_result(document)
    tables, numbers = dump(engine), sequences(engine)
    graph.sync_package_analysis_result(document, force=True)
    assert difference(dump(engine), tables) == {}
    assert sequences(engine) == numbers
    for table in (*CHILDREN, "requires_symbol", "included_file"):
        run(engine, f"DELETE FROM {table}")
    run(engine, "UPDATE package_analyzer_run SET package_analyzer_error = true, duration = 5")
    run(engine, "UPDATE python_artifact SET artifact_name = NULL")
    graph.sync_package_analysis_result(document, force=True)
    assert difference(dump(engine), tables) == {}


def test_statements_do_not_grow_with_the_document(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    numbers = []
    for document in (large_package_analysis(2), large_package_analysis(30)):
        new = count_statements(graph, lambda document=document: graph.sync_package_analysis_result(document))  # type: ignore[misc]
        forced = count_statements(
            graph,
            lambda document=document: graph.sync_package_analysis_result(document, force=True),  # type: ignore[misc]
        )
        numbers.append((new, forced))
    print(f"\nstatements: new, forced {numbers}")
    assert count(engine, "included_file") == count(engine, "requires_symbol") == 904
    assert max(numbers[1]) <= max(numbers[0])
    assert max(numbers[0]) <= MOST_STATEMENTS


def test_a_content_that_changed_replaces_what_was_looked_into_and_keeps_what_is_shared(
    graph: GraphDatabase, engine: Engine
) -> None:
    graph.sync_package_analysis_result(package_analysis())
    full = dump(engine)
    other = package_analysis([package_analysis()["result"]["artifacts"][1]], package=("another", "2", PYPI))
    graph.sync_package_analysis_result(other)
    assert {table: dump(engine)[table] for table in SHARED} == {table: full[table] for table in SHARED}
    assert (count(engine, "investigated"), count(engine, "investigated_file")) == (1, 2)
    assert count(engine, "package_analyzer_run") == 1
    assert ("another",) in told(engine, "SELECT package_name FROM package_change")
    graph.sync_package_analysis_result(failed_package_analysis())
    assert (count(engine, "investigated"), count(engine, "investigated_file")) == (0, 0)
    graph.sync_package_analysis_result(package_analysis())
    assert {name: rows for name, rows in difference(dump(engine), full).items() if rows[1]} == {}  # nothing is lost


def overlapping() -> list[Document]:
    """Analyses that call the same artifacts by other names and found other things in them."""
    first, second = package_analysis()["result"]["artifacts"]
    renamed = {**first, "name": "AAA.whl", "digests": first["digests"][1:], "symbols": {"libm.so.6": ["GLIBC_2.29"]}}
    documents = [
        package_analysis(),
        package_analysis([second, renamed], document_id="package-analyzer-2"),
        package_analysis([{**second, "name": "zzz"}], document_id="package-analyzer-3", package=("b", "1", PYPI)),
        failed_package_analysis(document_id="package-analyzer-4"),
    ]
    return [on_day(document, day) for day, document in enumerate(documents, start=1)]


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    dumps = []
    for order in itertools.permutations(overlapping()):
        for document in order:
            graph.sync_package_analysis_result(document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 24
    assert len(dumps[0]["package_analyzer_run"]) == 4
    for document in overlapping():
        graph.sync_package_analysis_result(document)
    names = told(engine, "SELECT artifact_name FROM python_artifact")
    assert names == [("AAA.whl",), ("simple_lib-1.0.0rc1.tar.gz",)]  # of several the first in their order


def test_a_package_that_was_known_is_recorded_as_changed(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_package_analysis_result(package_analysis())
    run(engine, "DELETE FROM package_change")
    graph.sync_package_analysis_result(package_analysis(document_id="package-analyzer-2"))
    assert told(engine, "SELECT package_name FROM package_change") == [("simple-lib",)]


@pytest.mark.timeout(120)
def test_writers_at_once_end_with_what_one_alone_writes(graph: GraphDatabase, engine: Engine) -> None:
    documents = [*overlapping(), large_package_analysis(12)]
    for document in documents:
        graph.sync_package_analysis_result(document)
    expected = dump(engine)
    empty(engine)

    def sync(adapter: GraphDatabase, seed: int) -> None:
        for document in random.Random(seed).sample(documents, len(documents)):
            adapter.sync_package_analysis_result(document, force=seed % 2 == 0)

    for _ in range(3):
        tell_at_once([lambda adapter, seed=seed: sync(adapter, seed) for seed in range(4)])  # type: ignore[misc]
        assert difference(dump(engine), expected) == {}
        empty(engine)


@pytest.mark.parametrize("table", ["included_file", "package_analyzer_run", "investigated_file", "package_change"])
def test_a_statement_that_fails_leaves_nothing(graph: GraphDatabase, engine: Engine, table: str) -> None:
    before = dump(engine)
    run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false)")
    with pytest.raises(DatabaseStatementError, match="refuse_everything"):
        graph.sync_package_analysis_result(package_analysis())
    assert difference(dump(engine), before) == {}
