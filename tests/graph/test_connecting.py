"""Connecting, and what happens where there is no server, no database, no table."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from thoth.storages import GraphDatabase
from thoth.storages.exceptions import (
    AlreadyConnectedError,
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    DatabaseStatementError,
    DatabaseUnavailableError,
    NotConnectedError,
    NotFoundError,
)
from thoth.storages.graph import sql_base
from thoth.storages.graph.engine import connection_url, create_database, database_exists
from thoth.storages.graph.faults import is_passing

SECRET = "p@ss/w:rd%#"


def test_making_an_adapter_does_no_io() -> None:
    # The settings of these tests name a port that nothing listens on.
    adapter = GraphDatabase()
    assert not adapter.is_connected()
    assert len(adapter.get_script_alembic_version_head()) == 12


def test_connecting_twice_is_an_error(graph: GraphDatabase) -> None:
    with pytest.raises(AlreadyConnectedError):
        graph.connect()
    assert issubclass(AlreadyConnectedError, ValueError)  # what 2019 raised


def test_after_disconnecting_an_adapter_can_connect_again(graph: GraphDatabase) -> None:
    graph.disconnect()
    assert not graph.is_connected()
    with pytest.raises(NotConnectedError):
        graph.disconnect()
    graph.connect()
    assert graph.is_schema_up2date()


@pytest.mark.parametrize(
    "ask",
    [
        lambda adapter: adapter.is_schema_up2date(),
        lambda adapter: adapter.initialize_schema(),
        lambda adapter: adapter.drop_all(),
        lambda adapter: adapter.get_depends_on("flask"),
        lambda adapter: adapter.python_package_exists("flask"),
        lambda adapter: adapter.get_python_package_index_all(),
        lambda adapter: adapter.solver_document_id_exists("solver-x"),
    ],
)
def test_nothing_works_before_connecting(ask: Callable[[GraphDatabase], object]) -> None:
    with pytest.raises(NotConnectedError, match=r"connect\(\)"):
        ask(GraphDatabase())


def test_a_server_that_is_not_there_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", SECRET)
    adapter = GraphDatabase()
    started = time.monotonic()
    with pytest.raises(
        DatabaseConnectionError, match=r"'thoth' at 127\.0\.0\.1:1 .* check that the server runs"
    ) as error:
        adapter.connect()
    assert time.monotonic() - started < 10
    assert not adapter.is_connected()
    assert SECRET not in str(error.value)


def test_a_wrong_password_is_an_error_that_does_not_repeat_it(
    database: URL, monkeypatch: pytest.MonkeyPatch, server: URL, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE ROLE nologin_for_test NOLOGIN"))
    try:
        monkeypatch.setenv("KNOWLEDGE_GRAPH_USER", "nologin_for_test")
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", SECRET)
        adapter = GraphDatabase()
        with pytest.raises(DatabaseConnectionError, match="nologin_for_test") as error:
            adapter.connect()
        assert not adapter.is_connected()
        assert SECRET not in repr(error.value)
        assert not is_passing(error.value.__cause__ or error.value)
    finally:
        with engine.begin() as connection:
            connection.execute(text("DROP ROLE nologin_for_test"))


def test_a_missing_database_is_one_warning_and_then_initialised(
    missing_database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = GraphDatabase()
    with caplog.at_level(logging.WARNING):
        adapter.connect()
    assert adapter.is_connected()
    assert len(caplog.records) == 1
    assert "does not exist: call initialize_schema()" in caplog.text
    with pytest.raises(DatabaseNotInitializedError):
        adapter.is_schema_up2date()
    with pytest.raises(DatabaseNotInitializedError):
        adapter.get_depends_on("flask", "3.0.3", "https://pypi.org/simple")
    adapter.initialize_schema()
    assert adapter.is_schema_up2date()
    assert adapter.get_table_alembic_version_head() == adapter.get_script_alembic_version_head()
    adapter.disconnect()


def test_a_database_without_tables_is_one_warning_and_then_initialised(
    missing_database: URL, caplog: pytest.LogCaptureFixture
) -> None:
    create_database(connection_url())
    adapter = GraphDatabase()
    with caplog.at_level(logging.WARNING):
        adapter.connect()
    assert len(caplog.records) == 1
    for ask in (adapter.is_schema_up2date, lambda: adapter.python_package_exists("flask")):
        with pytest.raises(DatabaseNotInitializedError, match="initialize_schema"):
            ask()
    adapter.initialize_schema()
    assert adapter.python_package_exists("flask") is False
    adapter.disconnect()


def test_an_empty_version_table_is_a_database_that_is_not_initialised(graph: GraphDatabase, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(DatabaseNotInitializedError):
        graph.is_schema_up2date()


def test_an_older_or_newer_schema_is_a_warning(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'somethingelse'"))
    with caplog.at_level(logging.WARNING):
        assert graph.is_schema_up2date() is False
    assert "is at revision somethingelse" in caplog.text


def test_a_database_name_may_be_odd(server: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f'odd "name" % {os.getpid()}'
    url = server.set(database=name)
    create_database(url)
    create_database(url)
    assert database_exists(url)
    maintenance = create_engine(server, isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        connection.execute(text('DROP DATABASE "{}"'.format(name.replace('"', '""'))))
    maintenance.dispose()
    assert not database_exists(url)


def test_many_processes_may_initialise_at_the_same_time(missing_database: URL) -> None:
    failures: list[BaseException] = []

    def initialise() -> None:
        try:
            adapter = GraphDatabase()
            adapter.connect()
            adapter.initialize_schema()
            assert adapter.is_schema_up2date()
            adapter.disconnect()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=initialise) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_dropping_everything_leaves_nothing_and_can_be_undone(filled: GraphDatabase, engine: Engine) -> None:
    with engine.connect() as connection:
        before = connection.scalar(text("SELECT graph_uuid FROM graph_identity"))
    filled.drop_all()
    filled.drop_all()
    with engine.connect() as connection:
        left = connection.scalar(
            text("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')")
        )
        types = connection.scalar(
            text("SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'")
        )
    assert (left, types) == (0, 0)
    filled.initialize_schema()
    assert filled.get_solved_python_package_versions_all() == []
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT graph_uuid FROM graph_identity")) != before


def test_settings_of_2023_come_before_those_of_2019_and_empty_ones_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE"):
        monkeypatch.delenv(f"KNOWLEDGE_GRAPH_{name}", raising=False)
    assert GraphDatabase.construct_connection_string() == (
        "postgresql+psycopg2://postgres:postgres@localhost:5432/thoth"
    )
    monkeypatch.setenv("GRAPH_SERVICE_HOST", "oldest")
    monkeypatch.setenv("GRAPH_SERVICE_PORT", "1111")
    assert connection_url().host == "oldest"
    monkeypatch.setenv("POSTGRESQL_SERVICE_HOST", "older")
    monkeypatch.setenv("POSTGRESQL_USER", "older-user")
    monkeypatch.setenv("POSTGRESQL_SSL_DISABLED", "1")
    monkeypatch.setenv("KNOWLEDGE_GRAPH_USER", "")
    assert (connection_url().host, connection_url().port, connection_url().username) == ("older", 1111, "older-user")
    assert connection_url().query == {"sslmode": "disable"}
    monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", "newest")
    monkeypatch.setenv("KNOWLEDGE_GRAPH_SSL_DISABLED", "0")
    assert connection_url().host == "newest"
    assert connection_url().query == {}


def test_a_password_with_odd_characters_survives_the_connection_string(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", SECRET)
    assert create_engine(GraphDatabase.construct_connection_string()).url.password == SECRET


def test_a_terminated_connection_is_replaced(graph: GraphDatabase, engine: Engine) -> None:
    assert graph.python_package_exists("flask") is False
    with engine.begin() as connection:
        ended = connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).fetchall()
    assert ended
    assert graph.python_package_exists("flask") is False


def test_a_connection_that_was_idle_is_pinged_before_it_is_used(
    graph: GraphDatabase, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("thoth.storages.graph.engine.IDLE_SECONDS", 0.0)
    graph.python_package_exists("flask")
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    time.sleep(0.05)
    with caplog.at_level(logging.INFO):
        assert graph.get_python_package_index_all() == []
    assert "trying again" not in caplog.text  # no statement had to fail to find out


def test_a_refused_statement_is_an_error_of_ours_without_its_parameters(
    graph: GraphDatabase, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE python_package_index RENAME COLUMN enabled TO usable"))
    with pytest.raises(DatabaseStatementError, match="refused a statement") as error:
        graph.is_python_package_index_enabled("https://secret.example.com/simple")
    assert error.value.sqlstate == "42703"
    assert "secret.example.com" not in f"{error.value}{error.value.__cause__}"


def test_a_statement_ends_when_its_time_is_over(database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THOTH_STORAGES_STATEMENT_TIMEOUT", "0.2")
    adapter = GraphDatabase()
    adapter.connect()
    with pytest.raises(DatabaseStatementError, match="statement timeout; THOTH_STORAGES_STATEMENT_TIMEOUT") as error:
        adapter._ask(text("SELECT pg_sleep(5)"))
    assert error.value.sqlstate == "57014"
    adapter.disconnect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_after_a_fork_the_child_makes_connections_of_its_own(filled: GraphDatabase) -> None:
    assert filled.python_package_exists("flask")
    child = os.fork()
    if child == 0:
        try:
            fine = all(filled.python_package_exists("flask") for _ in range(20))
        finally:
            os._exit(0 if fine else 1)
    assert all(filled.python_package_exists("flask") for _ in range(20))
    assert os.waitpid(child, 0)[1] == 0


def test_statements_are_logged_on_demand(
    database: URL, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_DEBUG_QUERIES", "1")
    adapter = GraphDatabase()
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        adapter.connect()
        adapter.python_package_exists("some-package")
    adapter.disconnect()
    logging.getLogger("sqlalchemy.engine.Engine").setLevel(logging.NOTSET)
    assert "FROM python_package_version_entity" in caplog.text
    assert "some-package" in caplog.text


@pytest.mark.parametrize(("value", "logged"), [("1", True), ("0", False), ("", False)])
def test_statistics_are_logged_when_an_adapter_goes_away(
    database: URL, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, value: str, logged: bool
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_LOG_STATS", value)
    adapter = GraphDatabase()
    adapter.connect()
    adapter.python_package_exists("flask")
    with caplog.at_level(logging.INFO):
        adapter.disconnect()
        del adapter
        gc.collect()
    assert ("statistics of a graph database adapter" in caplog.text) is logged
    if logged:
        for part in ("statements", "memory_cache_info", "sqlite_cache_info"):
            assert part in caplog.text


def test_a_setting_that_makes_no_sense_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", "five")
    with pytest.raises(ValueError, match="environment variable KNOWLEDGE_GRAPH_PORT: expected a port between"):
        GraphDatabase().connect()


def test_a_failure_while_connecting_leaves_the_adapter_unconnected(
    database: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"blind_{os.getpid()}"
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'blind'"))
        connection.execute(text("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC"))
    try:
        monkeypatch.setenv("KNOWLEDGE_GRAPH_USER", role)
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", "blind")
        adapter = GraphDatabase()
        with pytest.raises(DatabaseStatementError, match="permission denied"):
            adapter.connect()
        assert not adapter.is_connected()
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP ROLE {role}"))


def test_the_owner_of_a_database_needs_no_other_one_to_initialise_it(
    missing_database: URL, server: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = f"owner_{os.getpid()}"
    create_database(connection_url())
    maintenance = create_engine(server, isolation_level="AUTOCOMMIT")
    others = ("postgres", "template1")
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'owner'"))
        connection.execute(text(f'ALTER DATABASE "{missing_database.database}" OWNER TO {role}'))
        for other in others:
            connection.execute(text(f"REVOKE CONNECT ON DATABASE {other} FROM PUBLIC"))
    try:
        monkeypatch.setenv("KNOWLEDGE_GRAPH_USER", role)
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", "owner")
        adapter = GraphDatabase()
        adapter.connect()
        adapter.initialize_schema()
        assert adapter.is_schema_up2date()
        adapter.disconnect()
    finally:
        with maintenance.connect() as connection:
            for other in others:
                connection.execute(text(f"GRANT CONNECT ON DATABASE {other} TO PUBLIC"))
            connection.execute(text(f'DROP DATABASE "{missing_database.database}" WITH (FORCE)'))
            connection.execute(text(f"DROP ROLE {role}"))
        maintenance.dispose()


def test_transactions_read_what_others_committed_whatever_the_databases_default(
    database: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(f"ALTER DATABASE \"{database.database}\" SET default_transaction_isolation = 'repeatable read'")
        )
    monkeypatch.setenv("PGOPTIONS", "-c search_path=public,pg_catalog")
    adapter = GraphDatabase()
    adapter.connect()
    level = adapter._tell(lambda session: session.scalar(text("SHOW transaction_isolation")))
    assert level == "read committed"
    assert adapter._ask_value(text("SHOW search_path")) == "public,pg_catalog"
    assert adapter._ask_value(text("SHOW statement_timeout")) == "1min"
    adapter.disconnect()


def test_a_pool_that_is_used_up_is_an_error_of_ours(database: URL) -> None:
    engine = create_engine(connection_url(), pool_size=1, max_overflow=0, pool_timeout=0.1)
    adapter = GraphDatabase(engine)
    assert adapter.is_connected()
    with engine.connect(), pytest.raises(DatabaseUnavailableError, match="every connection"):
        adapter.python_package_exists("flask")
    assert adapter.python_package_exists("flask") is False
    adapter.disconnect()


@pytest.mark.parametrize("odd", [3, 3.11, b"flask"])
def test_what_is_no_text_is_the_callers_error(graph: GraphDatabase, odd: object) -> None:
    for ask in (
        lambda: graph.get_depends_on(odd),  # type: ignore[arg-type]
        lambda: graph.get_depends_on("flask", odd),  # type: ignore[arg-type]
        lambda: graph.get_depends_on("flask", python_version=odd),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError, match="must be a text, not"):
            ask()


@pytest.mark.parametrize("odd", ["fla\x00sk", "fla\ud800sk"])
def test_what_no_database_can_hold_is_the_callers_error(graph: GraphDatabase, odd: str) -> None:
    with pytest.raises(ValueError, match="package_name must be a text that a database can hold"):
        graph.get_depends_on(odd)


def test_a_question_about_a_package_needs_its_name(filled: GraphDatabase) -> None:
    with pytest.raises(TypeError, match="package_name must be a text, not None"):
        filled.get_depends_on(None, "3.0.3")  # type: ignore[arg-type]


def test_messages_leave_out_the_user_of_a_private_index(graph: GraphDatabase) -> None:
    for ask in (graph.is_python_package_index_enabled, lambda url: graph.get_depends_on("flask", "1", url)):
        with pytest.raises(NotFoundError, match=r"https://pypi\.example/simple") as error:
            ask("https://user:hunter2@pypi.example/simple")
        assert "hunter2" not in str(error.value)


def test_an_adapter_says_what_it_is_connected_to(graph: GraphDatabase) -> None:
    assert repr(GraphDatabase()) == "<GraphDatabase: not connected>"
    assert str(connection_url().database) in repr(graph)


@pytest.mark.parametrize("host", ["/run/postgresql", "::1", "localhost"])
def test_the_connection_string_leads_to_the_host(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", host)
    url = create_engine(GraphDatabase.construct_connection_string()).url
    assert host in (url.host, url.query.get("host"))


@pytest.mark.parametrize("moment", [1, 2], ids=["while connecting", "at the first question"])
def test_a_database_that_another_process_creates_meanwhile_is_found(
    moment: int, missing_database: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between an attempt that failed and the question whether the database exists."""
    asked = []

    def exists(url: URL) -> bool:
        asked.append(url)
        if len(asked) == moment:
            create_database(url)
        return database_exists(url)

    monkeypatch.setattr(sql_base, "database_exists", exists)
    graph = GraphDatabase()
    graph.connect()
    assert graph.schema_status().detail == "there are no tables yet"
    assert len(asked) == moment
    graph.disconnect()
