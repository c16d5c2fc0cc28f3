"""Questions about one package version are prepared: once for each connection, as long as it is one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from support.databases import adapters
from support.documents import PYPI, Document

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.prepared_questions import preparation

FLASK = ("flask", "3.0.3", PYPI)


@contextmanager
def sent(graph: GraphDatabase) -> Iterator[list[str]]:
    """What reaches the server meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, cursor: Any, *_rest: Any) -> None:
        seen.append(cursor.query.decode())

    engine = graph._connected_engine()
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "after_cursor_execute", note)


def _asked_again(graph: GraphDatabase) -> tuple[list[str], str]:
    """The digests of a version's artifacts, and what was sent to know them."""
    with sent(graph) as seen:
        digests = graph.get_python_package_hashes_sha256(*FLASK)
    assert digests
    return digests, seen[-1]


def test_a_question_is_prepared_once_and_then_executed(filled: GraphDatabase) -> None:
    first, prepared = _asked_again(filled)
    second, executed = _asked_again(filled)
    assert first == second
    assert prepared.startswith("PREPARE thoth_storages_hashes_")
    assert executed.startswith("EXECUTE thoth_storages_hashes_")
    assert "SELECT" not in executed


def test_each_connection_is_prepared(filled: GraphDatabase) -> None:
    with adapters(2) as (one, another):
        assert _asked_again(one)[1].startswith("PREPARE")
        assert _asked_again(another)[1].startswith("PREPARE")
        one._connected_engine().dispose()
        assert _asked_again(one)[1].startswith("PREPARE")


def test_other_versions_of_the_same_shape_are_answered_for_themselves(filled: GraphDatabase) -> None:
    known = {
        version: filled.get_python_package_hashes_sha256(*version)
        for version in filled.get_python_package_versions_all(count=None, distinct=True)
    }
    assert len({tuple(digests) for digests in known.values()}) > 20
    filled._connected_engine().dispose()
    with filled._connected_engine().connect() as connection:
        connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        connection.commit()
    assert {version: filled.get_python_package_hashes_sha256(*version) for version in known} == known


def test_what_is_asked_of_whole_packages_is_planned_each_time(filled: GraphDatabase) -> None:
    with sent(filled) as seen:
        filled.get_solved_python_package_versions_all(package_name="flask")
    assert "PREPARE" not in seen[-1]
    assert seen[-1].startswith("SELECT")


@pytest.mark.parametrize("fate", ["forgotten by the server", "known to the server alone"])
def test_behind_a_pooler_questions_are_answered_without_preparing(filled: GraphDatabase, fate: str) -> None:
    before, _prepared = _asked_again(filled)
    with filled._connected_engine().connect() as connection:
        if fate == "forgotten by the server":
            connection.exec_driver_sql("DEALLOCATE ALL")
        else:
            connection.info.clear()
    assert _asked_again(filled)[0] == before
    again, statement = _asked_again(filled)
    assert again == before
    assert statement.startswith("SELECT")


def test_where_statements_are_logged_each_is_whole(filled: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled._connected_engine(), "echo", True)
    assert _asked_again(filled)[1].startswith("SELECT")


def test_a_table_that_was_migrated_meanwhile_is_asked_again(filled: GraphDatabase, engine: Engine) -> None:
    before, _prepared = _asked_again(filled)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE python_artifact ALTER artifact_hash_sha256 TYPE varchar(64)"))
    assert _asked_again(filled)[0] == before
    assert _asked_again(filled)[1].startswith("EXECUTE")


def test_a_graph_that_somebody_made_anew_is_asked(filled: GraphDatabase, documents: list[Document]) -> None:
    _asked_again(filled)
    with adapters(1) as (another,):
        another.drop_all()
        another.initialize_schema()
        assert filled.get_python_package_hashes_sha256(*FLASK) == []
        for document in documents:
            another.sync_solver_result(document)
    assert _asked_again(filled)[0]


def test_a_parameter_that_stands_twice_is_one_and_percent_signs_stay() -> None:
    found = preparation("SELECT %(b)s WHERE a LIKE '%%(b)s' AND x = %(a c)s AND 7 %% 2 = %(b)s", "_about_it")
    assert found.prepare == f"PREPARE {found.name} AS SELECT $1 WHERE a LIKE '%%(b)s' AND x = $2 AND 7 %% 2 = $1"
    assert found.execute == f"EXECUTE {found.name} (%(b)s, %(a c)s)"
    assert found.name.startswith("thoth_storages_about_it_")


def test_statements_and_questions_have_names_of_their_own_that_the_server_takes_whole() -> None:
    names = {preparation(statement, "q" * 80).name for statement in ("SELECT 1", "SELECT 2")}
    assert len(names) == 2
    assert max(map(len, names)) < 64
    assert preparation("SELECT 1", "one").execute == f"EXECUTE {preparation('SELECT 1', 'one').name}"
