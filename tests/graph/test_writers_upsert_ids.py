"""Rows that may be there already, and the arrays they travel in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from support.tables import count, rows_of, run, sequences
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.arrays import array_literal, given_rows, parameters_of
from thoth.storages.graph.enums import DocumentKindEnum, EnvironmentTypeEnum
from thoth.storages.graph.models import (
    DebPackageVersion,
    ImportPackage,
    PythonPackageIndex,
    PythonPackageMetadata,
    SoftwareEnvironment,
    SyncedDocument,
)
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.writers.upsert import Wanted, distinct_sorted, ensure, ensure_many, ensure_rows

_STORABLE = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
_STRANGE = ['"', "\\", "{", "}", ",", "", "NULL", "null", " ", "'", '\\"', "%(x)s", "é", "\n", "a\\", "{}", '","']


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.sampled_from(_STRANGE), st.text(_STORABLE, max_size=8)), max_size=8))
def test_texts_arrive_as_they_were(world_engine: Engine, texts: list[str | None]) -> None:
    with world_engine.connect() as connection:
        arrived = connection.scalar(text("SELECT CAST(:literal AS text[])"), {"literal": array_literal(texts)})
    assert arrived == texts


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("bigint", [1, -1, 2**63 - 1, None]),
        ("bigint", []),
        ("boolean", [True, False, None]),
        ("boolean", [True, False, True]),
        ("bytea", [b"", b"\x00\xff", None, b"'\\"]),
        ("bytea", [b"", b"\x00\xff", b"'\\"]),
        ("timestamptz", [datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), None, datetime(1, 1, 1, tzinfo=UTC)]),
        ("double precision", [1.5, float("inf"), 1e-300, None]),
        ("text", [None, None]),
    ],
)
def test_values_arrive_as_they_were(world_engine: Engine, type_: str, values: list[Any]) -> None:
    statement = text(f"SELECT i FROM unnest(CAST(:literal AS {type_}[])) AS i")
    with world_engine.connect() as connection:
        arrived = connection.scalars(statement, {"literal": array_literal(values)}).all()
    assert [bytes(each) if isinstance(each, memoryview) else each for each in arrived] == values


def test_one_of_an_enumeration_arrives_by_its_name(world_engine: Engine) -> None:
    ledger = table_of(SyncedDocument)
    with world_engine.connect() as connection:
        statement = select(given_rows(ledger, ("kind", "document_id")))
        rows = [(DocumentKindEnum.SOLVER, "a"), (DocumentKindEnum.ANALYSIS, "b")]
        assert connection.execute(statement, parameters_of(("kind", "document_id"), rows)).all() == rows


def test_rows_have_one_order_whatever_they_hold() -> None:
    runtime, build = EnvironmentTypeEnum.RUNTIME, EnvironmentTypeEnum.BUILDTIME
    assert distinct_sorted([("b", 1), ("a", None), ("a", 2), ("b", 1)]) == [("a", None), ("a", 2), ("b", 1)]
    assert distinct_sorted([(runtime, "a"), (build, "b"), (runtime, "a")]) == [(build, "b"), (runtime, "a")]


# --- Ids -------------------------------------------------------------------------------------------------------------


def _names(*names: str) -> Wanted:
    columns = ("import_package_name",)
    return Wanted(ImportPackage, columns, columns, [(name,) for name in names])


def test_what_is_there_is_found_and_what_is_not_is_inserted(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "INSERT INTO import_package (import_package_name) VALUES ('b')")
    urls = Wanted(PythonPackageIndex, ("url",), ("url",), [("https://x",)])
    with Session(graph._connected_engine()) as session, session.begin():
        names, indexes, nothing = ensure_many(session, [_names("a", "b", "c"), urls, _names()])
    assert {key: item.is_new for key, item in names.items()} == {("a",): True, ("b",): False, ("c",): True}
    assert dict(rows_of(engine, "SELECT import_package_name, id FROM import_package")) == {
        name: item.id for (name,), item in names.items()
    }
    assert indexes[("https://x",)].is_new
    assert nothing == {}
    numbers = sequences(engine)
    with Session(graph._connected_engine()) as session, session.begin():
        (again,) = ensure_many(session, [_names("a", "b", "c")])
    assert {key: item.id for key, item in again.items()} == {key: item.id for key, item in names.items()}
    assert not any(item.is_new for item in again.values())
    assert sequences(engine) == numbers


def test_null_is_a_value_like_any_other(graph: GraphDatabase, engine: Engine) -> None:
    columns = ("package_name", "package_version", "epoch", "arch")
    rows = [("bash", "5", None, "amd64"), ("bash", "5", "1", "amd64")]
    for _ in range(2):
        with Session(graph._connected_engine()) as session, session.begin():
            ids = ensure(session, DebPackageVersion, columns, rows)
    assert len(set(ids.values())) == count(engine, "deb_package_version") == 2


def test_ids_come_in_the_order_of_the_rows(graph: GraphDatabase, engine: Engine) -> None:
    with Session(graph._connected_engine()) as session, session.begin():
        columns = ("key_sha256", "name")
        rows = [(b"b" * 32, "second"), (b"a" * 32, "first")]
        ensured = ensure_rows(session, PythonPackageMetadata, columns, columns[:1], rows)
    stored = dict(rows_of(engine, "SELECT name, id FROM python_package_metadata"))
    assert [item.id for item in ensured] == [stored["second"], stored["first"]]


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_what_another_writer_is_inserting_is_waited_for(graph: GraphDatabase, engine: Engine, ending: str) -> None:
    found: dict[Any, Any] = {}

    def work() -> None:
        with Session(graph._connected_engine()) as session, session.begin():
            found.update(ensure_many(session, [_names("a", "b", "c")])[0])

    with engine.connect() as other:
        other.execute(text("INSERT INTO import_package (import_package_name) VALUES ('b')"))
        doing = Doing(work)
        wait_for(lambda: bool(waiting_pids(engine)), "it waits")
        other.execute(text(ending))
    doing.result()
    assert {name: item.is_new for (name,), item in found.items()} == {"a": True, "b": ending == "ROLLBACK", "c": True}
    assert dict(rows_of(engine, "SELECT import_package_name, id FROM import_package")) == {
        name: item.id for (name,), item in found.items()
    }


def test_many_names_of_environments_are_told_apart_by_kind(graph: GraphDatabase, engine: Engine) -> None:
    columns = ("environment_type", "key_sha256", "environment_name")
    rows = distinct_sorted((kind, b"a" * 32, "same") for kind in EnvironmentTypeEnum)
    with Session(graph._connected_engine()) as session, session.begin():
        ensured = ensure_rows(session, SoftwareEnvironment, columns, columns[:2], rows)
    assert len({item.id for item in ensured}) == count(engine, "software_environment") == 2
