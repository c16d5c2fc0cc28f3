"""PostgreSQL addresses that take connections and never answer, and servers that fall silent in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from support.commands import run_command
from support.documents import id_of, made, real_documents
from support.frozen import frozen, silent_port
from support.patience import within
from support.tables import rows_of

from thoth.storages.cli import cli, interrupting
from thoth.storages.cli.interrupting import interruptible
from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.faults import is_passing

COMMAND = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", "sync"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with some hundred documents."""
    directory = tmp_path / "documents"
    directory.mkdir()
    for number in range(4):
        for document in real_documents():
            other = made(document, suffix=f"{number:04x}")
            (directory / f"{id_of(other)}.json").write_text(json.dumps(other))
    return directory


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name an address where nobody answers, and a second to wait for it."""
    with silent_port() as port:
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", str(port))
        monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "1")
        yield


@pytest.fixture
def impatient(database: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose statements have 0.2 seconds, and a server that gets 0.3 more to say so."""
    monkeypatch.setenv("THOTH_STORAGES_STATEMENT_TIMEOUT", "0.2")
    monkeypatch.setattr(interrupting, "GRACE_SECONDS", 0.3)
    engine = make_engine(database)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("command", [["sync", "solver"], ["sync", "--list-quarantined"], ["schema", "upgrade"]])
def test_an_address_that_never_answers_is_given_up_after_the_connect_timeout(silent: None, command: list[str]) -> None:
    with within(1):
        done = run_command(cli, *command)
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: cannot connect to database ") and "timeout expired" in done.stderr


def test_the_state_of_an_address_that_never_answers_is_asked_for_once(silent: None) -> None:
    with within(0.9):  # the two seconds that are granted to a busy machine would hide a second attempt and a third
        done = run_command(cli, "schema", "status")
    assert (done.exit_code, done.stdout.split()[1]) == (4, "unreachable")


def test_without_a_connect_timeout_nothing_is_given_up(
    database: URL, silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "0")
    process = subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=4)
    process.send_signal(signal.SIGINT)
    with within(1):
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.startswith("Error: interrupted")) == (130, True)


def test_a_silent_server_is_given_up_a_little_after_the_limit_it_was_given(impatient: Engine) -> None:
    with interruptible("interrupted"), impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))  # it sleeps as one that hangs
        with pytest.raises(OperationalError, match="the server has been silent for 0.5 s") as error:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert is_passing(error.value) and error.value.connection_invalidated


def test_a_server_that_cancels_a_statement_itself_is_heard(impatient: Engine) -> None:
    with interruptible("interrupted"), impatient.connect() as connection:
        with pytest.raises(OperationalError, match="canceling statement due to statement timeout") as error:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert isinstance(error.value.orig, psycopg2.errors.QueryCanceled)


def test_an_answer_that_takes_long_to_arrive_is_no_silence(impatient: Engine) -> None:
    dripping = "SELECT pg_sleep(0.02), repeat('x', 8192) FROM generate_series(1, 50)"
    with interruptible("interrupted"), impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        assert len(connection.execute(text(dripping)).fetchall()) == 50


def test_statements_without_a_limit_such_as_those_of_migrations_are_waited_for(
    database: URL, impatient: Engine
) -> None:
    with interruptible("interrupted"), make_maintenance_engine(database).connect() as connection:
        assert connection.scalar(text("SELECT 1 FROM pg_sleep(1)")) == 1


# --- A server that is stopped ----------------------------------------------------------------------------------------


class Postgres:
    """A server with a graph, which the settings name, and which can be frozen."""

    def __init__(self, data: Path, engine: Engine) -> None:
        self.data = data
        self.engine = engine

    def number_synced(self) -> Any:
        return rows_of(self.engine, "SELECT count(*) FROM synced_document")[0][0]


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    for name, value in (("CONNECT", "1"), ("STATEMENT", "1")):
        monkeypatch.setenv(f"THOTH_STORAGES_{name}_TIMEOUT", value)
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        for name, value in (("PORT", str(server.port)), ("USER", server.user), ("PASSWORD", server.password)):
            monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", value)
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        yield Postgres(tmp_path / "postgres" / "data", graph._connected_engine())
        graph.disconnect()


def started(folder: Path) -> subprocess.Popen[str]:
    arguments = ["--from", str(folder), "--json", "--graceful"]
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_a_frozen_server_ends_a_sync_with_4_and_another_run_does_the_rest(postgres: Postgres, folder: Path) -> None:
    process = started(folder)
    wait_until(lambda: postgres.number_synced() > 0)
    with frozen(postgres.data):
        with within(1 + interrupting.GRACE_SECONDS + 3 * 1 + 5):  # a statement, three attempts and the pauses between
            out, err = process.communicate(timeout=60)
        assert (process.returncode, "timeout expired" in err, "Traceback" in err) == (4, True, False)
        assert json.loads(out)["total"]["failed"] == 0
        with within(5):
            assert run_command(cli, "schema", "status").exit_code == 4
    process = started(folder)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out)["total"]["processed"]) == (0, 212), err


@pytest.mark.slow
def test_ctrl_c_ends_a_sync_whose_server_is_frozen(postgres: Postgres, folder: Path) -> None:
    process = started(folder)
    wait_until(lambda: postgres.number_synced() > 0)
    with frozen(postgres.data):
        time.sleep(1)  # by then it waits for an answer
        process.send_signal(signal.SIGINT)
        with within(2 * interrupting.GRACE_SECONDS + 10):  # on a busy machine; without patience it never ends
            _, err = process.communicate(timeout=60)
    assert (process.returncode, err.startswith("Error: interrupted")) == (130, True)
