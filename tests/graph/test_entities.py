"""Packages that are followed: each once, whoever tells of it, and what cannot be followed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, inspect
from support.documents import PYPI
from support.tables import rows_of, run
from support.transactions import Doing, locked, wait_for, waiting_pids

from thoth.storages.graph import GraphDatabase

OTHER = "https://other.example/simple"


@pytest.fixture
def graph(emptied: GraphDatabase) -> GraphDatabase:
    """An adapter to an empty graph, which is no copy of its own."""
    return emptied


@pytest.fixture
def engine(graph: GraphDatabase) -> Engine:
    return graph._connected_engine()


def follow(graph: GraphDatabase, *place: Any) -> Any:
    told = graph.create_python_package_version_entity(*place)
    assert told is not None
    return told[0]


def test_a_package_is_followed_once_however_it_is_spelled(graph: GraphDatabase, engine: Engine) -> None:
    first = graph.create_python_package_version_entity("Flask_X", "1.0.0-RC1", PYPI + "/")
    assert first is not None
    entity, existed = first
    assert (entity.package_name, entity.package_version, existed) == ("flask-x", "1.0.0rc1", False)
    again = graph.create_python_package_version_entity("flask.x", "1.0.0rc1", PYPI)
    assert again is not None and (again[0].id, again[1]) == (entity.id, True)
    assert rows_of(engine, "SELECT url, enabled FROM python_package_index") == [(PYPI, False)]
    assert graph.get_unsolved_python_package_versions_all() == [("flask-x", "1.0.0rc1", PYPI)]


def test_what_is_given_is_complete_and_can_be_used_without_a_connection(graph: GraphDatabase, engine: Engine) -> None:
    entity = follow(graph, "flask", "1.0", PYPI)
    assert inspect(entity).detached
    kept = (entity.id, entity.package_name, entity.package_version, entity.python_package_index_id)
    assert rows_of(
        engine, "SELECT id, package_name, package_version, python_package_index_id FROM python_package_version_entity"
    ) == [kept]


def test_places_differ_in_name_version_and_index_and_all_are_counted(graph: GraphDatabase) -> None:
    places = [("b",), ("a", None, PYPI), ("a", "1.0"), ("a", "1.0", PYPI), ("a", "1.0", OTHER)]
    for existed in (False, True):
        for place in places:
            told = graph.create_python_package_version_entity(*place)  # type: ignore[arg-type]
            assert told is not None and told[1] is existed
    assert graph.get_python_package_version_entities_count_all() == 5
    assert graph.get_python_package_version_entities_count_all(distinct=True) == 5
    assert graph.get_python_package_version_entities_names_all() == ["a", "b"]
    assert graph.get_python_packages() == {"a", "b"}


def test_nothing_is_made_for_a_package_that_was_not_seen(graph: GraphDatabase, engine: Engine) -> None:
    follow(graph, "flask")
    assert graph.create_python_package_version_entity("click", "1.0", OTHER, only_if_package_seen=True) is None
    assert rows_of(engine, "SELECT count(*) FROM python_package_index") == [(0,)]
    assert graph.create_python_package_version_entity("Flask", "2.0", OTHER, only_if_package_seen=True) is not None
    assert graph.get_python_package_version_entities_count_all() == 2


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


@pytest.mark.parametrize("package", [("flask", None, None), ("flask", "1.0", None), ("flask", "1.0", PYPI)])
def test_of_four_who_follow_the_same_at_once_one_was_the_first(
    graph: GraphDatabase, engine: Engine, package: Any
) -> None:
    told: list[Any] = []
    with locked(engine, "LOCK TABLE python_package_version_entity IN SHARE MODE") as connection:
        doing = [Doing(lambda: told.append(graph.create_python_package_version_entity(*package))) for _ in range(4)]
        wait_for(lambda: len(waiting_pids(engine)) == 4, "all of them wait")
        connection.rollback()
        for each in doing:
            each.result()
    ids = rows_of(engine, "SELECT id FROM python_package_version_entity")
    assert [(entity.id,) for entity, _ in told] == ids * 4 and len(ids) == 1
    assert sorted(existed for _, existed in told) == [False, True, True, True]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "package_name must be the name of a package"),
        (("a b!",), "package_name must be the name of a package"),
        (("a" * 257,), "package_name must be a text of 1 to 256 bytes"),
        (("flask", "1" * 257), "package_version must be a text of 1 to 256 bytes"),
        (("flask", "1.0", ""), "index_url must be a text of 1"),
        (("fl\x00ask",), "package_name must be a text that a database can hold"),
    ],
)
def test_what_cannot_be_followed_is_named_before_the_database_is_asked(arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        GraphDatabase().create_python_package_version_entity(*arguments)
