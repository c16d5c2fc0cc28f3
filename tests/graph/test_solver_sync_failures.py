"""A sync that fails, loses its connection or has to wait."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import Engine, text
from support.documents import DocumentOf, tree
from support.tables import count, difference, dump, edges_of, run
from support.transactions import Doing, locked, wait_for, waiting_pids

from thoth.storages.exceptions import (
    DatabaseError,
    DatabaseStatementError,
    DatabaseUnavailableError,
    SchemaError,
    ThothStorageExceptionError,
)
from thoth.storages.graph import GraphDatabase


def test_a_statement_that_fails_leaves_nothing_half_written(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    before = dump(engine)
    document = document_of("flask==3.0.3")
    for table in ("solved", "depends_on", "package_change", "found_import_package", "has_metadata_classifier"):
        run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false)")
        with pytest.raises(DatabaseStatementError) as raised:
            graph.sync_solver_result(document)
        assert raised.value.sqlstate == "23514"
        assert "refuse_everything" in str(raised.value)
        for leak in ("werkzeug", "Failing row", "parameters", "given_", "INSERT"):
            assert leak not in str(raised.value)
        assert difference(dump(engine), before) == {}, table
        run(engine, f"ALTER TABLE {table} DROP CONSTRAINT refuse_everything")
    graph.sync_solver_result(document)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_a_failed_resync_keeps_what_was_there(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    before = dump(engine, with_ids=True)
    run(engine, "ALTER TABLE package_change ADD CONSTRAINT refuse CHECK (false) NOT VALID")
    tree(document)["dependencies"] = []
    with pytest.raises(DatabaseStatementError):
        graph.sync_solver_result(document)
    assert dump(engine, with_ids=True) == before


def test_no_connection_is_left_inside_a_transaction(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    with pytest.raises(SchemaError):
        graph.sync_solver_result({})
    run(engine, "ALTER TABLE solved ADD CONSTRAINT refuse CHECK (false) NOT VALID")
    with pytest.raises(DatabaseStatementError):
        graph.sync_solver_result(document_of("click==8.1.7"))
    states = "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'thoth-storages' AND pid <> :own"
    with engine.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        assert connection.execute(text(states + " AND datname = current_database()"), {"own": own}).all() == [("idle",)]


@pytest.mark.parametrize("table", ["python_package_version", "package_change"])
def test_a_backend_that_is_terminated_in_the_middle_is_replaced_and_nothing_is_lost_or_doubled(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, table: str
) -> None:
    document = document_of("flask==3.0.3")
    with locked(engine, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE") as connection:
        syncing = Doing(lambda: graph.sync_solver_result(document))
        wait_for(lambda: bool(waiting_pids(engine)), "the sync waits")
        (pid,) = waiting_pids(engine)
        run(engine, "SELECT pg_terminate_backend(:pid)", pid=pid)
        wait_for(lambda: waiting_pids(engine) not in ([], [pid]), "the sync is tried again")
        connection.rollback()
        syncing.result()
    once = dump(engine)
    graph.sync_solver_result(document)
    assert difference(dump(engine), once) == {}
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert {name: count(engine, name) for name in ("synced_document", "solved", "python_package_version")} == {
        "synced_document": 1,
        "solved": 1,
        "python_package_version": 1,
    }


def test_an_idle_connection_that_the_server_closed_is_replaced(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    run(
        engine,
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()""",
    )
    graph.sync_solver_result(document_of("flask==3.0.3"))
    assert count(engine, "synced_document") == 2


def _impatient(monkeypatch: pytest.MonkeyPatch) -> GraphDatabase:
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.2")
    adapter = GraphDatabase()
    adapter.connect()
    return adapter


def test_a_lock_that_is_soon_free_only_delays(
    database: Any, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = _impatient(monkeypatch)
    with locked(engine, "LOCK TABLE solved IN ACCESS EXCLUSIVE MODE") as connection:
        syncing = Doing(lambda: adapter.sync_solver_result(document_of("flask==3.0.3")))
        wait_for(lambda: bool(waiting_pids(engine)), "the sync waits")
        time.sleep(0.3)  # longer than the time-out
        connection.rollback()
        syncing.result()
    adapter.disconnect()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "solved") == 1


def test_a_lock_that_is_not_freed_raises_after_a_bounded_time(
    database: Any, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = _impatient(monkeypatch)
    started = time.monotonic()
    with locked(engine, "LOCK TABLE solved IN ACCESS EXCLUSIVE MODE"):
        with pytest.raises(
            DatabaseUnavailableError, match="holds a lock .*lock timeout.* THOTH_STORAGES_LOCK_TIMEOUT"
        ) as raised:
            adapter.sync_solver_result(document_of("flask==3.0.3"))
        assert time.monotonic() - started < 10
    assert isinstance(raised.value, DatabaseError)
    assert isinstance(raised.value, ThothStorageExceptionError)
    assert count(engine, "synced_document") == 0
    adapter.sync_solver_result(document_of("flask==3.0.3"))
    adapter.disconnect()
    assert count(engine, "synced_document") == 1
