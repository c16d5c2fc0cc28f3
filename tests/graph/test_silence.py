"""Servers that fall silent while somebody waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import OperationalError
from support.documents import real_documents
from support.forks import start
from support.frozen import OwnPostgres, frozen, own_postgres
from support.patience import within
from support.transactions import Doing

from thoth.storages.cli.interrupting import interruptible
from thoth.storages.exceptions import DatabaseError
from thoth.storages.graph import engine as engines
from thoth.storages.graph import silence
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.faults import is_passing

THREAD = "thoth-storages-silence"


@pytest.fixture
def impatient(database: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An engine whose statements have 0.2 seconds, and a server that gets 0.3 more to say so."""
    monkeypatch.setenv("THOTH_STORAGES_STATEMENT_TIMEOUT", "0.2")
    monkeypatch.setattr(engines, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(silence, "LOOK_SECONDS", 0.1)
    engine = make_engine(database)
    yield engine
    engine.dispose()


def line_of(connection: Connection) -> silence.ImpatientConnection:
    """The driver's connection."""
    line = connection.connection.dbapi_connection
    assert isinstance(line, silence.ImpatientConnection)
    return line


@pytest.fixture(params=["service", "command"])
def caller(request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """Who asks: a service, for which the driver waits, or a command, which waits itself to hear Ctrl-C."""
    return interruptible("interrupted") if request.param == "command" else nullcontext()


def test_a_silent_server_is_given_up_a_little_after_the_limit_it_was_given(
    impatient: Engine, caller: AbstractContextManager[None]
) -> None:
    with caller, impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))  # it sleeps as one that hangs
        with within(1), pytest.raises(OperationalError, match="the server has been silent for 0.5 s") as error:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert is_passing(error.value) and error.value.connection_invalidated


def test_a_server_that_is_silent_when_a_transaction_ends_is_given_up(impatient: Engine) -> None:
    waits = """
        CREATE TABLE late (id integer);
        CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION hang();
    """
    with impatient.begin() as connection:
        connection.execute(text(waits))
    with impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0; INSERT INTO late VALUES (1)"))
        with within(1), pytest.raises(OperationalError, match="the server has been silent for 0.5 s"):
            connection.commit()
    with impatient.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM late")) == 0


def test_a_server_that_cancels_a_statement_itself_is_heard(
    impatient: Engine, caller: AbstractContextManager[None]
) -> None:
    with caller, impatient.connect() as connection:
        line_of(connection).seconds = 10.0
        with pytest.raises(OperationalError, match="canceling statement due to statement timeout") as error:
            connection.execute(text("SELECT pg_sleep(30)"))
        assert isinstance(error.value.orig, psycopg2.errors.QueryCanceled)


def test_an_answer_that_takes_long_to_arrive_is_no_silence(
    impatient: Engine, caller: AbstractContextManager[None]
) -> None:
    dripping = "SELECT pg_sleep(0.03), repeat('x', 8192) FROM generate_series(1, 100)"
    with caller, impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        line_of(connection).seconds = 1.5
        assert len(connection.execute(text(dripping)).fetchall()) == 100


def test_a_line_on_which_nothing_is_asked_stays_open(impatient: Engine) -> None:
    with impatient.connect() as connection:
        before = connection.scalar(text("SELECT pg_backend_pid()"))
        time.sleep(1)
        assert connection.scalar(text("SELECT pg_backend_pid()")) == before


@pytest.mark.parametrize("unlimited", ["maintenance", "0"])
def test_statements_without_a_limit_such_as_those_of_migrations_are_waited_for(
    database: URL, impatient: Engine, monkeypatch: pytest.MonkeyPatch, unlimited: str
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_STATEMENT_TIMEOUT", "0")
    engine = make_maintenance_engine(database) if unlimited == "maintenance" else make_engine(database)
    with impatient.connect(), engine.connect() as connection:  # one is looked at, the other is not
        assert connection.scalar(text("SELECT 1 FROM pg_sleep(1)")) == 1
    engine.dispose()


def test_a_child_leaves_the_lines_of_its_parent_alone(impatient: Engine) -> None:
    with impatient.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        line = line_of(connection)
        line.seconds = 30.0

        def lose_patience() -> None:
            line.seconds = 0.1
            with impatient.connect():
                time.sleep(0.5)

        waiting = Doing(lambda: connection.scalar(text("SELECT 1 FROM pg_sleep(2)")))
        time.sleep(0.5)
        assert start(lose_patience).result() == 0
        waiting.result()


def test_nobody_looks_when_there_is_nothing_to_look_at(impatient: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "_watch", silence._Watch())  # the other one looks at what other tests left open
    others = set(threading.enumerate())

    def looking() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if one.name == THREAD and one not in others]

    for _ in range(2):
        with impatient.connect(), impatient.connect():
            (thread,) = looking()
        impatient.dispose()
        thread.join(5)
        assert looking() == []


# --- A server that is stopped ----------------------------------------------------------------------------------------


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPostgres]:
    with own_postgres(tmp_path / "postgres", monkeypatch) as running:
        yield running


@pytest.mark.slow
def test_a_service_whose_server_is_frozen_gets_an_error_and_goes_on_when_it_is_back(postgres: OwnPostgres) -> None:
    graph, (first, second, *_) = postgres.graph, real_documents()
    graph.sync_solver_result(first)
    with frozen(postgres.data), within(2 + engines.GRACE_SECONDS + 3 * 1 + 5):
        asking = [Doing(graph.get_solved_python_packages_all) for _ in range(2)]
        telling = Doing(lambda: graph.sync_solver_result(second))
        for one in (*asking, telling):
            with pytest.raises(DatabaseError, match="timeout expired"):
                one.result()
    graph.sync_solver_result(second)
    assert postgres.number_synced() == 2
