"""Statements that are prepared: once for each connection, for as long as that is one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session
from support.databases import adapters
from support.documents import Document
from support.tables import rows_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.arrays import given_rows, is_one_of, parameters_of
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.models import ImportPackage, SyncedDocument
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.prepared import Prepared
from thoth.storages.graph.writers.upsert import Wanted, ensure_many


@contextmanager
def statements(adapter: GraphDatabase) -> Iterator[list[str]]:
    """What reaches the server meanwhile."""
    seen: list[str] = []
    engine = adapter._connected_engine()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def number_of_documents(engine: Engine) -> int:
    return len(rows_of(engine, f"SELECT 1 FROM {SyncedDocument.__tablename__}"))


def test_what_was_prepared_for_one_document_serves_the_next(graph: GraphDatabase, documents: list[Document]) -> None:
    for document in documents[:2]:  # the second one finds another path through the writer
        graph.sync_solver_result(document)
    with statements(graph) as seen:
        graph.sync_solver_result(documents[2])
    assert sum("EXECUTE thoth_storages_" in statement for statement in seen) > 10
    assert [statement for statement in seen if "PREPARE" in statement] == []


def test_each_connection_is_prepared(database: Any, documents: list[Document], engine: Engine) -> None:
    with adapters(2) as (one, another):
        for adapter, document in zip((one, another), documents, strict=False):
            with statements(adapter) as seen:
                adapter.sync_solver_result(document)
            assert any("PREPARE" in statement for statement in seen)
    assert number_of_documents(engine) == 2


@pytest.mark.parametrize("fate", ["forgotten by the server", "known to the server alone"])
def test_behind_a_pooler_documents_are_written_without_preparing(
    graph: GraphDatabase, documents: list[Document], engine: Engine, fate: str
) -> None:
    graph.sync_solver_result(documents[0])
    with graph._connected_engine().connect() as connection:
        if fate == "forgotten by the server":
            connection.exec_driver_sql("DEALLOCATE ALL")
        else:
            connection.info.clear()
    graph.sync_solver_result(documents[1])
    assert number_of_documents(engine) == 2
    with statements(graph) as seen:
        graph.sync_solver_result(documents[2])
    assert [statement for statement in seen if "PREPARE" in statement or "EXECUTE" in statement] == []
    assert number_of_documents(engine) == 3


def test_a_statement_that_failed_can_be_executed_again(database: Any) -> None:
    engine = make_engine(database)
    statement = Prepared(select(table_of(ImportPackage).c.id).where(is_one_of(table_of(ImportPackage).c.id, "ids")))
    with Session(engine) as session:
        with pytest.raises(Exception, match="invalid input syntax"):
            statement.execute(session, {"ids": ["no number"]})
        session.rollback()
        assert list(statement.execute(session, {"ids": [1]})) == []
    engine.dispose()


def test_a_graph_that_somebody_made_anew_is_written_to(
    database: Any, documents: list[Document], engine: Engine
) -> None:
    with adapters(2) as (one, another):
        one.sync_solver_result(documents[0])
        another.drop_all()
        another.initialize_schema()
        one.sync_solver_result(documents[1])  # enumerations are other types now
    assert number_of_documents(engine) == 1


def test_where_statements_are_logged_each_is_whole(
    graph: GraphDatabase, documents: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph._connected_engine(), "echo", True)
    with statements(graph) as seen:
        graph.sync_solver_result(documents[0])
    assert any(statement.startswith("INSERT INTO synced_document") for statement in seen)
    assert not any("EXECUTE" in statement for statement in seen)


def test_values_come_back_as_the_columns_say(database: Any) -> None:
    table, columns = table_of(SyncedDocument), ("kind", "content_sha256")
    row = (DocumentKindEnum.ADVISER, b"\x00\xff%")
    statement = Prepared(given_rows(table, columns).select())
    engine = make_engine(database)
    with Session(engine) as session:
        assert [tuple(one) for one in statement.execute(session, parameters_of(columns, [row]))] == [row]
    engine.dispose()


def test_a_table_that_grew_is_still_looked_up_by_its_index(database: Any) -> None:
    """Also where the plan was kept while the table was small, and nobody analysed it since."""
    engine = make_engine(database)
    columns = ("import_package_name",)
    wanted = Wanted(ImportPackage, columns, columns, [("numpy",)])
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE import_package SET (autovacuum_enabled = off)"))
        connection.execute(text("INSERT INTO import_package (import_package_name) VALUES ('flask'), ('click')"))
        connection.execute(text("ANALYZE import_package"))
    for _ in range(7):
        with Session(engine) as session:
            ensure_many(session, [wanted])
            session.rollback()
    with Session(engine) as session:
        session.execute(
            text("INSERT INTO import_package (import_package_name) SELECT 'p' || n FROM generate_series(1, 20000) AS n")
        )
        ensure_many(session, [wanted])
        before = _read_by_scanning(session)
        ensure_many(session, [Wanted(ImportPackage, columns, columns, [("pandas",)])])
        assert _read_by_scanning(session) == before
        session.rollback()
    engine.dispose()


def _read_by_scanning(session: Session) -> int:
    counted = "SELECT pg_stat_get_xact_tuples_returned('import_package'::regclass)"
    return int(session.scalar(text(counted)) or 0)
