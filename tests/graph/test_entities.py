"""Packages that are followed: what is known of them at once, and the rules that apply to them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, inspect
from support.at_once import tell_at_once
from support.documents import PYPI
from support.tables import rows_of, run

from thoth.storages.graph import GraphDatabase

OTHER = "https://other.example/simple"
LINKED = """
    SELECT e.package_name, e.package_version, i.url, r.version_range
    FROM python_package_version_entity_rules_association a
    JOIN python_package_version_entity e ON e.id = a.python_package_version_entity_id
    JOIN python_package_version_entity_rule r ON r.id = a.python_package_version_entity_rule_id
    LEFT JOIN python_package_index i ON i.id = e.python_package_index_id ORDER BY 1, 2, 3, 4"""


def follow(graph: GraphDatabase, *place: Any) -> Any:
    told = graph.create_python_package_version_entity(*place)
    assert told is not None
    return told[0]


def test_what_is_given_can_be_used_without_a_connection(graph: GraphDatabase, engine: Engine) -> None:
    entity = follow(graph, "flask", "1.0", PYPI)
    graph.disconnect()
    assert inspect(entity).detached
    kept = (entity.id, entity.package_name, entity.package_version, entity.python_package_index_id)
    assert rows_of(
        engine, "SELECT id, package_name, package_version, python_package_index_id FROM python_package_version_entity"
    ) == [kept]


def test_the_rules_that_apply_are_linked_and_no_others(graph: GraphDatabase, engine: Engine) -> None:
    graph.register_python_package_index(PYPI)
    for specifier, url in (("<2", None), (">=2", PYPI)):
        graph.create_python_rule("flask", version_specifier=specifier, index_url=url, description="slow")
    for place in (
        ("flask",),
        ("Flask", "1.0", OTHER),
        ("flask", "3.0", PYPI),
        ("flask", "3.0", OTHER),
        ("click", "1.0"),
    ):
        follow(graph, *place)
    assert rows_of(engine, LINKED) == [("flask", "1.0", OTHER, "<2"), ("flask", "3.0", PYPI, ">=2")]


def test_a_package_without_a_version_follows_a_rule_for_all_versions(graph: GraphDatabase, engine: Engine) -> None:
    graph.create_python_rule("flask", version_specifier="*", description="slow")
    graph.create_python_rule("flask", version_specifier="<2", description="old")
    follow(graph, "flask", None)
    assert [row[:3] for row in rows_of(engine, LINKED)] == [("flask", None, None)]


def test_what_is_new_is_told_to_those_who_remember_and_what_was_known_is_not(
    graph: GraphDatabase, engine: Engine
) -> None:
    follow(graph, "flask", "1.0", PYPI)
    assert rows_of(engine, "SELECT package_name FROM package_change") == [("flask",)]
    run(engine, "DELETE FROM package_change")
    follow(graph, "Flask", "1.0.0", PYPI)
    follow(graph, "Flask", "1.0", PYPI)
    assert rows_of(engine, "SELECT package_name FROM package_change") == [("flask",)], "1.0.0 is spelled otherwise"
    run(engine, "DELETE FROM package_change")
    follow(graph, "Flask", "1.0", PYPI + "/")
    assert rows_of(engine, "SELECT package_name FROM package_change") == []


def test_places_differ_in_name_version_and_index_and_all_are_counted(graph: GraphDatabase) -> None:
    places = [("b",), ("a", None, PYPI), ("a", "1.0"), ("a", "1.0", PYPI), ("a", "1.0", OTHER), ("A", "1.0", OTHER)]
    assert [graph.create_python_package_version_entity(*place)[1] for place in places] == [False] * 5 + [True]  # type: ignore[arg-type, index]
    assert graph.get_python_package_version_entities_count_all() == 5
    assert graph.get_python_package_version_entities_count_all(distinct=True) == 5
    assert graph.get_python_package_version_entities_names_all() == ["a", "b"]
    assert graph.get_python_packages() == {"a", "b"}


def test_nothing_is_made_for_a_package_that_was_not_seen(graph: GraphDatabase, engine: Engine) -> None:
    follow(graph, "flask", "1.0")
    assert graph.create_python_package_version_entity("click", "1.0", OTHER, only_if_package_seen=True) is None
    assert rows_of(engine, "SELECT count(*) FROM python_package_index") == [(0,)]
    assert graph.create_python_package_version_entity("Flask", "2.0", OTHER, only_if_package_seen=True) is not None


@pytest.mark.parametrize("place", [("flask", None, None), ("flask", "1.0", None), ("flask", "1.0", PYPI)])
def test_two_who_follow_the_same_at_once_leave_it_once(database: Any, engine: Engine, place: Any) -> None:
    told: list[Any] = []
    tell_at_once([lambda graph: told.append(graph.create_python_package_version_entity(*place))] * 4)
    ids = rows_of(engine, "SELECT id FROM python_package_version_entity")
    assert [(entity.id,) for entity, _ in told] == ids * 4 and len(ids) == 1
    assert sorted(existed for _, existed in told) == [False, True, True, True]
