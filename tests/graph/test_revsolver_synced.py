"""Documents of the reverse solver into tables: the edges they add, and how they get on with those of solvers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analysers import on_day
from support.digests import wrong_digests
from support.documents import (
    MIRROR,
    ON_RHEL,
    PYPI,
    RHEL,
    Document,
    DocumentOf,
    as_error,
    edge,
    for_solver,
    made,
    needed,
    tree,
)
from support.revsolver_documents import ID, RELEASE, dependent, reverse_solved
from support.tables import CountStatements, count, difference, dump, empty, rows_of, run, sequences

from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase

MOST_STATEMENTS = 12
"""No document costs more, whether it is new or written again."""

EDGES = """
    SELECT v.package_name, v.package_version, v.os_name, d.version_range, d.marker, d.extra,
           d.marker_evaluation_result, d.stated_by_solver, d.stated_by_reverse_solver
    FROM depends_on d JOIN python_package_version v ON v.id = d.version_id
    JOIN python_package_version_entity e ON e.id = d.entity_id
    WHERE e.package_name = 'werkzeug' AND e.package_version = '3.99.0' AND e.python_package_index_id IS NULL
    ORDER BY 1, 2, 3, 4, 5 NULLS FIRST, 6 NULLS FIRST"""
FLASK = ("flask", "3.0.3", "debian", ">=3.0.0", None, None, True, False, True)


def edges(engine: Engine) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows_of(engine, EDGES)]


def ledger(engine: Engine) -> tuple[Any, ...]:
    (row,) = rows_of(engine, "SELECT kind, to_sync_again, remarks FROM synced_document WHERE document_id = :id", id=ID)
    return tuple(row)


@pytest.fixture
def solved(document_of: DocumentOf) -> Document:
    """Solving flask 3.0.3, when the release was not there yet."""
    return document_of("flask==3.0.3")


@pytest.fixture
def solved_anew(solved: Document) -> Document:
    """Solving it again, later: now the release is among what satisfies the requirement."""
    newer = made(solved, days=30, suffix="cafe")
    needed(newer, "Werkzeug")["resolved_versions"][0]["versions"].append(RELEASE[1])
    return newer


# --- What is written -------------------------------------------------------------------------------------------------


def test_a_dependent_depends_on_the_release(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    graph.sync_solver_result(solved)
    before = dump(engine)
    run(engine, "DELETE FROM package_change")
    graph.sync_revsolver_result(reverse_solved())
    assert edges(engine) == [FLASK]
    assert ledger(engine) == ("REVERSE_SOLVER", False, [])
    assert [row[0] for row in rows_of(engine, "SELECT package_name FROM package_change ORDER BY 1")] == [
        *("flask", "werkzeug"),
    ]
    changed = difference(dump(engine), before)
    assert {table: len(rows[0]) for table, rows in changed.items()} == {
        "depends_on": 1,
        "python_package_version_entity": 1,
        "synced_document": 1,
        "package_change": 0,
    }
    assert wrong_digests(engine) == []


def test_a_release_that_was_known_is_recorded_as_changed_with_its_dependents(
    graph: GraphDatabase, engine: Engine, solved: Document
) -> None:
    graph.sync_solver_result(solved)
    graph.sync_revsolver_result(reverse_solved([], document_id="revsolver-2"))
    run(engine, "DELETE FROM package_change")
    graph.sync_revsolver_result(reverse_solved())
    changed = rows_of(engine, "SELECT package_name FROM package_change ORDER BY 1")
    assert [name for (name,) in changed] == ["flask", "werkzeug"]


def test_what_was_remembered_of_a_dependent_is_asked_anew(graph: GraphDatabase, solved: Document) -> None:
    graph.sync_solver_result(solved)
    assert ("werkzeug", "3.99.0") not in graph.get_depends_on("flask", "3.0.3", PYPI)[None]
    graph.sync_revsolver_result(reverse_solved())
    assert ("werkzeug", "3.99.0") in graph.get_depends_on("flask", "3.0.3", PYPI)[None]


def test_names_and_environments_are_spelled_as_solvers_documents_are(
    graph: GraphDatabase, engine: Engine, solved: Document
) -> None:
    graph.sync_solver_result(for_solver(solved, ON_RHEL, "cafe"))
    item = dependent("FLASK", "3.0.3.0", index_url=f"{PYPI}/", os_name="ubi", os_version="8.6", python_version="py38")
    graph.sync_revsolver_result(reverse_solved([item]))
    assert edges(engine) == []  # 3.0.3.0 is another version than 3.0.3
    graph.sync_revsolver_result(reverse_solved([{**item, "package_version": "v3.0.3"}]))
    assert edges(engine) == [("flask", "3.0.3", "rhel", *FLASK[3:])]


def test_requirements_of_one_dependent_are_told_apart(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    graph.sync_solver_result(solved)
    marker = 'python_version < "3.9"'
    items = [
        dependent(marker_evaluation_result=False),
        dependent(),
        dependent(extra="async", marker_evaluation_result=False),
        dependent(marker=marker, marker_evaluation_result=False),
        dependent(version_range=None, marker="", extra="", marker_evaluation_result=None),
    ]
    expected = [
        (*FLASK[:3], "*", *FLASK[4:]),
        FLASK,
        (*FLASK[:5], "async", False, *FLASK[7:]),
        (*FLASK[:4], marker, None, False, *FLASK[7:]),
    ]
    for order in (items, items[::-1]):
        graph.sync_revsolver_result(reverse_solved(order))
        assert edges(engine) == expected
        run(engine, "DELETE FROM depends_on WHERE NOT stated_by_solver")


def test_a_release_that_nothing_depends_on_is_known(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_revsolver_result(reverse_solved([]))
    assert graph.python_package_exists("werkzeug")
    assert ledger(engine) == ("REVERSE_SOLVER", False, [])


# --- Dependents that were not solved ---------------------------------------------------------------------------------


def test_what_was_not_solved_is_left_out_until_it_is(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    graph.sync_solver_result(solved)
    missing = [
        dependent(**RHEL),
        dependent(version="9.9"),
        dependent(index_url=MIRROR.replace("https://", "https://me:secret@")),
        dependent(index_url=None, marker="x"),
        dependent(index_url=None),
    ]
    document = reverse_solved([*missing, dependent()])
    for _ in range(2):
        graph.sync_revsolver_result(document)
        assert edges(engine) == [FLASK]
        kind, again, remarks = ledger(engine)
        assert (kind, again) == ("REVERSE_SOLVER", True)
        assert remarks == [
            "left out until it is solved: flask 3.0.3 on https://mirror.example.org/simple in debian 12, Python 3.11",
            "left out until it is solved: flask 3.0.3 on https://pypi.org/simple in rhel 8, Python 3.8",
            "left out until it is solved: flask 3.0.3 without an index in debian 12, Python 3.11",
            "left out until it is solved: flask 9.9 on https://pypi.org/simple in debian 12, Python 3.11",
        ]
        assert count(engine, "python_package_version") == 1
        assert count(engine, "python_package_index") == 1
    document = reverse_solved([dependent(**RHEL), dependent()])
    graph.sync_revsolver_result(document)
    graph.sync_solver_result(for_solver(solved, ON_RHEL, "cafe"))
    assert edges(engine) == [FLASK]
    graph.sync_revsolver_result(document)  # the next sync that comes across it
    assert edges(engine) == [FLASK, (*FLASK[:2], "rhel", *FLASK[3:])]
    assert ledger(engine) == ("REVERSE_SOLVER", False, [])


def test_what_else_was_left_out_is_remarked_as_well(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_revsolver_result(reverse_solved([dependent(extra="x" * 300), dependent()]))
    assert ledger(engine)[2] == [
        "result[0].extra: left out, at most 256 bytes, not 300",
        "left out until it is solved: flask 3.0.3 on https://pypi.org/simple in debian 12, Python 3.11",
    ]


def test_a_dependent_without_an_index_is_another_one(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    graph.sync_solver_result(solved)
    failed = as_error(made(solved, suffix="dead"))
    failed["result"]["errors"][0]["index_url"] = None
    graph.sync_solver_result(failed)
    graph.sync_revsolver_result(reverse_solved([dependent(index_url=None, extra="x"), dependent()]))
    assert edges(engine) == [FLASK, (*FLASK[:5], "x", *FLASK[6:])]
    assert ledger(engine)[1] is False
    indexes = (
        "SELECT python_package_index_id IS NULL FROM depends_on JOIN python_package_version v ON v.id = version_id"
    )
    assert [row[0] for row in rows_of(engine, f"{indexes} WHERE extra = 'x'")] == [True]


def test_a_dependent_that_could_not_be_solved_is_there_as_well(
    graph: GraphDatabase, engine: Engine, solved: Document
) -> None:
    graph.sync_solver_result(as_error(solved))
    graph.sync_revsolver_result(reverse_solved())
    assert edges(engine) == [FLASK]
    assert ledger(engine)[1] is False


# --- Solvers and the reverse solver ----------------------------------------------------------------------------------


def test_edges_survive_solvers_that_do_not_state_them(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    graph.sync_solver_result(solved)
    graph.sync_revsolver_result(reverse_solved())
    graph.sync_solver_result(solved, force=True)
    graph.sync_solver_result(made(solved, days=9, suffix="beef"))
    graph.sync_solver_result(as_error(made(solved, days=10, suffix="dead")))
    assert edges(engine) == [FLASK]


def test_an_edge_that_both_state_stays_when_the_solver_withdraws_it(
    graph: GraphDatabase, engine: Engine, solved: Document, solved_anew: Document
) -> None:
    graph.sync_solver_result(solved_anew)
    assert edges(engine) == [(*FLASK[:7], True, False)]
    graph.sync_revsolver_result(reverse_solved())
    assert edges(engine) == [(*FLASK[:7], True, True)]
    graph.sync_solver_result(made(solved, days=60, suffix="beef"))
    assert edges(engine) == [FLASK]


@pytest.mark.parametrize("holds", [True, False])
def test_what_a_solver_says_of_a_marker_counts(
    graph: GraphDatabase, engine: Engine, solved: Document, solved_anew: Document, holds: bool
) -> None:
    needed(solved_anew, "Werkzeug")["marker_evaluation_result"] = holds
    told: list[Callable[[], None]] = [
        lambda: graph.sync_solver_result(solved_anew),
        lambda: graph.sync_revsolver_result(reverse_solved([dependent(marker_evaluation_result=not holds)])),
    ]
    for order in (told, told[::-1]):
        graph.sync_solver_result(solved)
        for tell in order:
            tell()
        assert edges(engine) == [(*FLASK[:6], holds, True, True)]
        empty(engine)


def test_the_order_of_arrival_does_not_matter_once_all_dependents_are_there(
    graph: GraphDatabase, engine: Engine, solved: Document, solved_anew: Document
) -> None:
    """Documents that wait for dependents are told again after the others, as a sync does that comes across them."""
    reverse = [
        on_day(reverse_solved([dependent(marker_evaluation_result=False), dependent(**RHEL)]), 1),
        on_day(reverse_solved([dependent(), dependent("b", "1")], document_id="revsolver-2"), 2),
    ]
    other = made(solved, suffix="b001")
    tree(other).update(package_name="b", package_version="1", package_version_requested="1")
    tree(other)["dependencies"] = [edge("werkzeug", ["1.0"])]
    on_rhel = for_solver(solved, ON_RHEL, "cafe")
    solver = [solved, solved_anew, other, on_rhel]
    dumps = []
    for order in itertools.islice(itertools.permutations([*reverse, *solver]), 0, 720, 17):
        for document in order:
            tell(graph, document)
        waiting = {row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document WHERE to_sync_again")}
        for document in reverse:
            if document["metadata"]["document_id"] in waiting:
                tell(graph, document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * len(dumps)
    assert len(dumps) > 40
    assert not [row for row in dumps[0]["synced_document"] if "('to_sync_again', True)" in row]


def tell(graph: GraphDatabase, document: Document) -> None:
    if document["metadata"]["document_id"].startswith("revsolver"):
        graph.sync_revsolver_result(document)
    else:
        graph.sync_solver_result(document)


# --- Again -----------------------------------------------------------------------------------------------------------


def test_telling_it_twice_changes_nothing_and_costs_next_to_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, solved: Document
) -> None:
    graph.sync_solver_result(solved)
    graph.sync_revsolver_result(reverse_solved())
    tables, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_revsolver_result(reverse_solved())) <= 2
    assert dump(engine, with_ids=True) == tables
    assert sequences(engine) == numbers


def test_forcing_writes_the_same_burns_no_ids_and_repairs_what_was_lost(
    graph: GraphDatabase, engine: Engine, solved: Document, solved_anew: Document
) -> None:
    graph.sync_solver_result(solved)
    graph.sync_solver_result(for_solver(solved_anew, ON_RHEL, "cafe"))
    document = reverse_solved([dependent(), dependent(**RHEL)])
    graph.sync_revsolver_result(document)
    tables, numbers = dump(engine), sequences(engine)
    changes = rows_of(engine, "SELECT package_name, xid FROM package_change ORDER BY 1")
    graph.sync_revsolver_result(document, force=True)
    assert difference(dump(engine), tables) == {}
    assert sequences(engine) == numbers
    # Nothing changed, so nothing that is remembered has to be forgotten.
    assert rows_of(engine, "SELECT package_name, xid FROM package_change ORDER BY 1") == changes
    run(engine, "DELETE FROM depends_on WHERE NOT stated_by_solver")
    run(engine, "UPDATE depends_on SET stated_by_reverse_solver = false")
    graph.sync_revsolver_result(document, force=True)
    assert difference(dump(engine), tables) == {}


def test_what_an_earlier_content_alone_said_stays(graph: GraphDatabase, engine: Engine, solved: Document) -> None:
    """No row names its document: another one may have said so, too."""
    graph.sync_solver_result(solved)
    graph.sync_revsolver_result(reverse_solved())
    graph.sync_revsolver_result(reverse_solved([dependent(version_range="<4")]))
    assert edges(engine) == [(*FLASK[:3], "<4", *FLASK[4:]), FLASK]
    assert ledger(engine)[1] is False


def many(solved: Document, number: int) -> tuple[Document, Document]:
    """Solving this many packages, and a release that all of them depend on in two ways."""
    document = made(solved, suffix=f"{number:04x}")
    (item,) = document["result"]["tree"]
    names = [f"of-{number}-{n}" for n in range(number)]
    document["result"]["tree"] = [
        {**item, "package_name": name, "dependencies": [edge("werkzeug", ["3.0.0"], specifier=">=3.0.0")]}
        for name in names
    ]
    items = [
        *(dependent(name) for name in names),
        *(dependent(name, extra="x", version_range="<4", **RHEL) for name in names),
        *(dependent(name, extra="x") for name in names),
    ]
    return document, reverse_solved(items, document_id=f"revsolver-{number}")


def test_statements_do_not_grow_with_the_document(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, solved: Document
) -> None:
    numbers = []
    for number in (2, 500):
        solver, document = many(solved, number)
        graph.sync_solver_result(solver)
        new = count_statements(graph, lambda document=document: graph.sync_revsolver_result(document))  # type: ignore[misc]
        waiting = count_statements(graph, lambda document=document: graph.sync_revsolver_result(document))  # type: ignore[misc]
        numbers.append((new, waiting))
    print(f"\nstatements: new, again {numbers}")
    assert len(edges(engine)) == 1004
    # The release itself is new to the first document alone.
    assert max(itertools.chain(*numbers)) <= MOST_STATEMENTS
    assert numbers[0][1] == numbers[1][1]


@pytest.mark.parametrize("table", ["python_package_version_entity", "depends_on", "package_change"])
def test_a_statement_that_fails_leaves_nothing(
    graph: GraphDatabase, engine: Engine, solved: Document, table: str
) -> None:
    graph.sync_solver_result(solved)
    before = dump(engine, with_ids=True)
    run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false) NOT VALID")
    with pytest.raises(DatabaseStatementError, match="refuse_everything"):
        graph.sync_revsolver_result(reverse_solved())
    assert dump(engine, with_ids=True) == before
