"""Migrations that meet each other, a lock, a killed server or Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import ProgrammingError
from support.tables import rows_of, run

from alembic import command
from thoth.storages import GraphDatabase
from thoth.storages.exceptions import DatabaseUnavailableError
from thoth.storages.graph import migrations
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.schema_status import SchemaStateEnum

ROOT = Path(__file__).resolve().parents[2]
INITIALIZE = (
    "from thoth.storages import GraphDatabase\n"
    "graph = GraphDatabase(); graph.connect(); graph.initialize_schema(); assert graph.is_schema_up2date()"
)
UPGRADE = "from thoth.storages.cli import cli; cli(['schema', 'upgrade'])"
MIGRATING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
    "AND pid <> pg_backend_pid()"
)
LOCKED = (
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@contextmanager
def started(*command: str, cwd: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process with what it says, that ends with the block."""
    process = subprocess.Popen(
        [sys.executable, *command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def in_a_thread(work: Callable[[], object]) -> Iterator[list[BaseException | None]]:
    """What the work raised, None where it did not; it has ended when the block has."""
    outcome: list[BaseException | None] = []

    def attempt() -> None:
        try:
            work()
            outcome.append(None)
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    yield outcome
    thread.join(30)
    assert not thread.is_alive()


def state() -> SchemaStateEnum:
    return GraphDatabase().schema_status().state


def initialize(url: URL) -> None:
    adapter = GraphDatabase(make_engine(url))
    try:
        adapter.initialize_schema()
    finally:
        adapter.disconnect()


def test_two_processes_may_upgrade_at_once(missing_database: URL) -> None:
    with started("-c", INITIALIZE) as one, started("-c", INITIALIZE) as other:
        for process in (one, other):
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
    assert state() is SchemaStateEnum.CURRENT


def test_a_migration_whose_backend_is_killed_is_undone_and_a_second_run_completes_it(
    empty_database: URL, engine: Engine, blocker: Connection
) -> None:
    with in_a_thread(lambda: initialize(empty_database)) as outcome:
        until(lambda: rows_of(engine, MIGRATING))
        rows_of(engine, MIGRATING.replace("pid FROM", "pg_terminate_backend(pid) FROM", 1))
    assert isinstance(outcome[0], DatabaseUnavailableError)
    blocker.rollback()
    assert state() is SchemaStateEnum.EMPTY
    assert rows_of(engine, LOCKED) == []
    initialize(empty_database)
    assert state() is SchemaStateEnum.CURRENT


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_no_lock_and_no_half_of_a_migration(
    empty_database: URL, engine: Engine, blocker: Connection
) -> None:
    with started("-c", INITIALIZE) as process:
        until(lambda: rows_of(engine, MIGRATING))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        # Nobody reads what that backend waits for any more: it notices, although it waits for a lock.
        until(lambda: not rows_of(engine, MIGRATING) and not rows_of(engine, LOCKED), seconds=9)
    blocker.rollback()
    assert state() is SchemaStateEnum.EMPTY
    initialize(empty_database)
    assert state() is SchemaStateEnum.CURRENT


@pytest.mark.skipif(os.name != "posix", reason="there is no Ctrl-C to send")
def test_ctrl_c_ends_a_migration_at_once_and_leaves_nothing_of_it(
    empty_database: URL, engine: Engine, blocker: Connection
) -> None:
    with started("-c", UPGRADE) as process:
        until(lambda: rows_of(engine, MIGRATING))
        process.send_signal(signal.SIGINT)
        said = "".join(process.communicate(timeout=5))
        assert process.returncode == 130, said
        assert said.startswith("Error: interrupted: the migration that ran was undone")
    assert rows_of(engine, LOCKED) == []
    blocker.rollback()
    assert state() is SchemaStateEnum.EMPTY


def test_a_migration_that_waits_too_long_for_a_table_is_tried_again(
    empty_database: URL,
    engine: Engine,
    blocker: Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.1")
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.2)
    with caplog.at_level(logging.WARNING), in_a_thread(lambda: initialize(empty_database)) as outcome:
        until(lambda: "it is tried again" in caplog.text)
        blocker.rollback()
    assert outcome == [None]
    assert state() is SchemaStateEnum.CURRENT


def test_a_table_that_stays_locked_is_an_error_after_some_tries(
    empty_database: URL, blocker: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.1")
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(migrations, "_TRIES", 3)
    with pytest.raises(DatabaseUnavailableError, match="lock timeout"):
        initialize(empty_database)
    assert caplog.text.count("it is tried again") == 2


def test_migrations_before_one_that_fails_are_kept(empty_database: URL, engine: Engine) -> None:
    run(engine, "CREATE TABLE advised (of_another_program bigint)")  # the name of a table of the second migration
    with pytest.raises(ProgrammingError, match='"advised" already exists'):
        migrations.upgrade(engine)
    assert state() is SchemaStateEnum.BEHIND
    run(engine, "DROP TABLE advised")
    initialize(empty_database)
    assert state() is SchemaStateEnum.CURRENT


def test_a_migration_has_no_limit_for_its_statements_whatever_the_database_says(
    empty_database: URL, engine: Engine
) -> None:
    name = empty_database.database
    with engine.begin() as connection:
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"):
            connection.execute(text(f"ALTER DATABASE \"{name}\" SET {limit} = '1s'"))
    seen = {}

    def work(connection: Connection) -> None:
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            seen[limit] = connection.scalar(text(f"SHOW {limit}"))
        connection.execute(text("SELECT pg_sleep(1.2)"))
        assert rows_of(engine, LOCKED), "the connection that holds the lock was idle all the time, and is kept"

    migrations.run(work, {"engine": engine})
    assert seen == {"statement_timeout": "0", "lock_timeout": "10s", "idle_in_transaction_session_timeout": "0"}


def test_a_holder_of_the_lock_that_does_not_end_is_named(
    empty_database: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(migrations, "_LOCK_SECONDS", 0.6)
    monkeypatch.setattr(migrations, "_SILENT_SECONDS", 0.1)
    with engine.connect() as holder:
        named = "SELECT pg_backend_pid() FROM set_config('application_name', 'a frozen job', false)"
        pid = holder.scalar(text(named))
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": migrations._LOCK_KEY})
        with pytest.raises(DatabaseUnavailableError, match=rf"over ten minutes: pid {pid}, a frozen job, .*terminate"):
            initialize(empty_database)
    assert caplog.text.count("waiting for another process that migrates") == 1
    initialize(empty_database)


def test_who_has_nothing_to_migrate_waits_for_nobody(database: URL, engine: Engine) -> None:
    with engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": migrations._LOCK_KEY})
        with in_a_thread(lambda: initialize(database)) as outcome:
            until(lambda: outcome, seconds=3)
            holder.execute(text("SELECT pg_advisory_unlock_all()"))
    assert outcome == [None]


def test_the_command_of_alembic_takes_the_lock_as_well(empty_database: URL, engine: Engine) -> None:
    with engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_lock(:key)"), {"key": migrations._LOCK_KEY})
        with started("-m", "alembic", "upgrade", "head", cwd=ROOT) as process:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'thoth-storages migrations'"
            until(lambda: rows_of(engine, waiting + " AND datname = current_database()"))
            time.sleep(0.5)
            assert state() is SchemaStateEnum.EMPTY
            assert process.poll() is None
            holder.execute(text("SELECT pg_advisory_unlock_all()"))
            _, said = process.communicate(timeout=30)
            assert process.returncode == 0, said
    assert state() is SchemaStateEnum.CURRENT


def test_a_connection_that_is_in_a_transaction_is_used_and_not_committed(empty_database: URL, engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE of_the_caller (id bigint)"))
        command.upgrade(migrations.configuration(connection=connection), "head")
        assert connection.scalar(text("SELECT count(*) FROM graph_identity")) == 1
        assert state() is SchemaStateEnum.EMPTY
        assert rows_of(engine, LOCKED), "until the caller is done, nobody else migrates"
        connection.rollback()
    assert rows_of(engine, "SELECT to_regclass('of_the_caller'), to_regclass('graph_identity')") == [(None, None)]
    assert rows_of(engine, LOCKED) == []
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        command.upgrade(migrations.configuration(connection=connection), "head")
    assert state() is SchemaStateEnum.CURRENT


def test_a_connection_that_is_in_no_transaction_is_migrated_and_committed(empty_database: URL, engine: Engine) -> None:
    with engine.connect() as connection:
        command.upgrade(migrations.configuration(connection=connection), "head")
    assert state() is SchemaStateEnum.CURRENT


def test_what_holds_the_lock_already_says_so_and_does_not_wait_for_itself(empty_database: URL, engine: Engine) -> None:
    with migrations.only_one(engine), engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        command.upgrade(migrations.configuration(connection=connection, locked=True), "head")
    assert state() is SchemaStateEnum.CURRENT
