"""New package versions come under the rules that apply to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from support.documents import MIRROR, PYPI, DocumentOf, edge, made, tree
from support.tables import CountStatements, rows_of, run

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.writers.rules import applies

ON_PYPI, ON_MIRROR = 1, 2


@pytest.mark.parametrize(
    ("version_range", "index", "version", "of_index", "expected"),
    [
        (None, None, "1.0", ON_PYPI, True),
        (None, None, None, None, True),
        (None, ON_PYPI, "1.0", ON_PYPI, True),
        (None, ON_PYPI, "1.0", ON_MIRROR, False),
        (None, ON_PYPI, "1.0", None, False),
        (">=2,<3", None, "2.5", None, True),
        (">=2,<3", None, "3", None, False),
        (">=2,<3", None, None, None, False),
        ("<2", None, "2.0rc1", None, False),  # PEP 440: of a release that is excluded, pre-releases are, too
        (">=1.5", None, "2.0rc1", None, True),
        ("==1.*", None, "1.0.dev3", None, True),
        ("==1.0+local", None, "1.0+local", None, True),
        (">=1", ON_PYPI, "1.0", ON_PYPI, True),
        (">=1", ON_PYPI, "1.0", None, False),
        (">=0", None, "not-a-version", None, False),
        ("anything", None, "1.0", None, False),
        ("", None, "1.0", None, True),
    ],
)
def test_a_rule_applies(
    version_range: str | None, index: int | None, version: str | None, of_index: int | None, expected: bool
) -> None:
    assert applies(version_range, index, ("flask", version, of_index)) is expected


@given(st.one_of(st.none(), st.text(max_size=12)), st.one_of(st.none(), st.text(max_size=12)))
def test_no_range_and_no_version_is_too_strange(version_range: str | None, version: str | None) -> None:
    assert applies(version_range, None, ("flask", version, None)) in (True, False)


# --- In the tables ---------------------------------------------------------------------------------------------------


def _add_rule(engine: Engine, name: str, version_range: str | None, url: str | None) -> None:
    run(
        engine,
        """INSERT INTO python_package_version_entity_rule (package_name, version_range, python_package_index_id)
           VALUES (:name, :range, (SELECT id FROM python_package_index WHERE url = :url))""",
        name=name,
        range=version_range,
        url=url,
    )


def _ruled(engine: Engine) -> list[tuple[Any, ...]]:
    statement = """
        SELECT e.package_name, e.package_version, i.url, r.version_range, ri.url
        FROM python_package_version_entity_rules_association a
        JOIN python_package_version_entity e ON e.id = a.python_package_version_entity_id
        JOIN python_package_version_entity_rule r ON r.id = a.python_package_version_entity_rule_id
        LEFT JOIN python_package_index i ON i.id = e.python_package_index_id
        LEFT JOIN python_package_index ri ON ri.id = r.python_package_index_id
        ORDER BY 1, 2, 3 NULLS FIRST, 4 NULLS FIRST, 5 NULLS FIRST"""
    return [tuple(row) for row in rows_of(engine, statement)]


def test_new_versions_of_a_sync_are_linked_to_their_rules(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    run(engine, "INSERT INTO python_package_index (url) VALUES (:pypi), (:mirror)", pypi=PYPI, mirror=MIRROR)
    _add_rule(engine, "flask", ">=3", PYPI)
    _add_rule(engine, "flask", ">=3", MIRROR)
    _add_rule(engine, "flask", "<3", None)
    _add_rule(engine, "other", None, None)
    _add_rule(engine, "other", ">=2", None)
    _add_rule(engine, "other", ">=2", PYPI)
    document = document_of("flask==3.0.3")
    tree(document)["dependencies"] = [edge("other", ["1.0", "2.0"]), edge("free", ["1.0"])]
    graph.sync_solver_result(document)
    expected = [
        ("flask", "3.0.3", PYPI, ">=3", PYPI),
        ("other", "1.0", None, None, None),
        ("other", "2.0", None, None, None),
        ("other", "2.0", None, ">=2", None),
    ]
    assert _ruled(engine) == expected
    graph.sync_solver_result(document, force=True)
    assert _ruled(engine) == expected


def test_what_was_known_before_is_left_as_it_is(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    _add_rule(engine, "flask", None, None)
    graph.sync_solver_result(made(document, days=1, suffix="cafe"))
    assert _ruled(engine) == []


def test_looking_for_rules_costs_a_statement_where_something_is_new_and_none_else(
    graph: GraphDatabase, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    again = made(document, days=1, suffix="cafe")
    first = count_statements(graph, lambda: graph.sync_solver_result(again))
    tree(again)["dependencies"].append(edge("only-now", ["1.0"]))
    third = made(again, days=1, suffix="f00d")
    tree(third)["dependencies"].append(edge("only-then", ["1.0"]))
    assert count_statements(graph, lambda: graph.sync_solver_result(third)) == first + 2  # the entity, and its rules
