"""What is said of the schema: one state for whatever may be there, and never an error."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Mapped, mapped_column
from support.databases import administer
from support.tables import CountStatements, run

from alembic import command
from thoth.storages import GraphDatabase
from thoth.storages.exceptions import DatabaseNotInitializedError, SchemaNotOursError
from thoth.storages.graph import migrations
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.models import Base
from thoth.storages.graph.schema_status import PUBLISHED_REVISION, SchemaStateEnum, SchemaStatus

HEAD = migrations.script_head()
PUBLISHED = (
    "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY);"
    f"INSERT INTO alembic_version VALUES ('{PUBLISHED_REVISION}');"
    "CREATE TABLE python_package_version_entity (id serial PRIMARY KEY, package_name varchar(256));"
    "CREATE TABLE depends_on (id serial PRIMARY KEY, entity_id integer, version_id integer)"
)


def look(state: SchemaStateEnum, *parts: str) -> SchemaStatus:
    """What an adapter that is not connected says; it is checked to be this, and another's answer to be the same."""
    found = GraphDatabase().schema_status()
    assert found.state is state, found
    for part in parts:
        assert part in found.detail + found.advice
    assert found.library_revision == HEAD
    assert os.environ["KNOWLEDGE_GRAPH_DATABASE"] in found.place
    assert (found.advice == "") is (state is SchemaStateEnum.CURRENT)
    return found


def refuses(engine: Engine, state: SchemaStateEnum, *parts: str) -> SchemaStatus:
    """As look(), and that initialize_schema() refuses to touch what is there."""
    found = look(state, *parts)
    with engine.connect() as connection:
        before = connection.execute(text("SELECT relname::text, oid FROM pg_class ORDER BY 2")).all()
    adapter = GraphDatabase(make_engine(engine.url))
    assert adapter.schema_status() == found
    with pytest.raises(
        SchemaNotOursError, match=f"found {state.value}: .*; expected an empty database, .*{HEAD}"
    ) as error:
        adapter.initialize_schema()
    adapter.disconnect()
    assert error.value.advice == found.advice and found.advice in str(error.value)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT relname::text, oid FROM pg_class ORDER BY 2")).all() == before
    return found


# --- Where the library works -----------------------------------------------------------------------------------------


def test_a_database_that_does_not_exist_is_empty_and_made_by_an_upgrade(missing_database: URL) -> None:
    found = look(SchemaStateEnum.EMPTY, "does not exist", "thoth-storages schema upgrade")
    assert found.database_revision is None


def test_a_database_without_tables_is_empty(empty_database: URL) -> None:
    look(SchemaStateEnum.EMPTY, "there are no tables yet", "thoth-storages schema upgrade")


def test_a_database_with_tables_of_others_is_theirs(empty_database: URL, engine: Engine) -> None:
    run(engine, "CREATE TABLE invoice (id bigint); CREATE VIEW customer AS SELECT 1")
    look(SchemaStateEnum.FOREIGN, "but 2 others: customer, invoice", "a database of its own")
    adapter = GraphDatabase()
    adapter.connect()
    with pytest.raises(SchemaNotOursError, match="customer, invoice"):
        adapter.initialize_schema()
    adapter.disconnect()


def test_what_extensions_bring_belongs_to_nobody(empty_database: URL, engine: Engine) -> None:
    run(engine, "CREATE EXTENSION pg_buffercache")
    run(engine, "CREATE TABLE alembic_version_indicators (version_num text)")
    look(SchemaStateEnum.EMPTY, "there are no tables yet")


def test_what_downgrading_to_nothing_leaves_is_empty(database: URL, engine: Engine) -> None:
    command.downgrade(migrations.configuration(engine=engine), "base")
    look(SchemaStateEnum.EMPTY)


def test_a_database_at_our_revision_is_current(graph: GraphDatabase, count_statements: CountStatements) -> None:
    found = look(SchemaStateEnum.CURRENT)
    assert found.database_revision == HEAD
    assert graph.schema_status() == found
    assert count_statements(graph, graph.schema_status) == 2
    assert graph.is_schema_up2date() is True
    assert graph.get_alembic_version_count_all() == 1


def test_a_database_at_an_earlier_revision_is_behind_and_can_be_upgraded(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    command.downgrade(migrations.configuration(engine=engine), "-1")
    found = look(SchemaStateEnum.BEHIND, "1 migration behind", "thoth-storages schema upgrade")
    assert found.database_revision not in (None, HEAD)
    with caplog.at_level(logging.WARNING):
        other = GraphDatabase()
        other.connect()
        other.disconnect()
    assert len(caplog.records) == 1
    assert ": behind: " in caplog.text and "; thoth-storages schema upgrade" in caplog.text
    graph.initialize_schema()
    look(SchemaStateEnum.CURRENT)


def test_tables_that_users_of_the_library_map_on_its_base_are_not_missed(database: URL) -> None:
    class OfAUser(Base):
        __tablename__ = "of_a_user"
        id: Mapped[int] = mapped_column(primary_key=True)

    try:
        look(SchemaStateEnum.CURRENT)
    finally:
        Base.metadata.remove(Base.metadata.tables["of_a_user"])
        del OfAUser


# --- Where it does not -----------------------------------------------------------------------------------------------


def test_tables_with_our_names_but_no_revision_are_foreign(database: URL, engine: Engine) -> None:
    run(engine, "DROP TABLE alembic_version")
    refuses(engine, SchemaStateEnum.FOREIGN, "no revision: ", " more", "KNOWLEDGE_GRAPH_DATABASE")


def test_a_revision_of_a_newer_library_is_ahead(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    run(engine, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    found = refuses(engine, SchemaStateEnum.AHEAD, "a newer library", "pip install --upgrade thoth-storages")
    assert found.database_revision == "ffffffffffff"
    with caplog.at_level(logging.WARNING):
        assert graph.is_schema_up2date() is False
    assert ": ahead: " in caplog.text and found.advice in caplog.text
    assert graph.get_table_alembic_version_head() == "ffffffffffff"


def test_our_revision_without_some_of_the_tables_has_diverged(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "DROP TABLE solved, package_change")
    refuses(engine, SchemaStateEnum.DIVERGED, "tables are missing: package_change, solved")
    assert graph.is_schema_up2date() is False


def test_several_revisions_have_diverged(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "INSERT INTO alembic_version VALUES ('aaaaaaaaaaaa')")
    found = refuses(engine, SchemaStateEnum.DIVERGED, "2 rows where one is expected")
    assert found.database_revision == ", ".join(sorted(["aaaaaaaaaaaa", HEAD]))
    assert graph.get_alembic_version_count_all() == 2


def test_the_last_published_schema_can_be_adopted(empty_database: URL, engine: Engine) -> None:
    run(engine, PUBLISHED)
    found = refuses(engine, SchemaStateEnum.ADOPTABLE, "published before 1.0")
    assert found.advice == "thoth-storages schema adopt"


def test_an_older_published_schema_is_brought_to_the_last_one_first(empty_database: URL, engine: Engine) -> None:
    run(engine, PUBLISHED + "; UPDATE alembic_version SET version_num = '0123456789ab'")
    refuses(engine, SchemaStateEnum.FOREIGN, f"bring it to {PUBLISHED_REVISION} with the published package", "adopt")


def test_the_published_revision_beside_tables_of_ours_has_diverged(database: URL, engine: Engine) -> None:
    run(engine, f"UPDATE alembic_version SET version_num = '{PUBLISHED_REVISION}'")
    refuses(engine, SchemaStateEnum.DIVERGED, "but has tables of this one")


def test_the_revision_of_another_program_is_foreign(empty_database: URL, engine: Engine) -> None:
    run(engine, "CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('abc')")
    run(engine, "CREATE TABLE invoice (id bigint)")
    refuses(engine, SchemaStateEnum.FOREIGN, "revision abc, which this library does not know")


@pytest.mark.parametrize(
    "odd",
    [
        "CREATE VIEW alembic_version AS SELECT 'x' AS version_num",
        "CREATE TABLE alembic_version (number integer)",
        "CREATE TABLE alembic_version (version_num integer)",
        "CREATE SEQUENCE alembic_version",
    ],
)
def test_an_alembic_version_that_is_none_is_foreign(empty_database: URL, engine: Engine, odd: str) -> None:
    run(engine, odd)
    refuses(engine, SchemaStateEnum.FOREIGN, "alembic_version")
    adapter = GraphDatabase(make_engine(engine.url))
    assert adapter.get_alembic_version_count_all() == 0
    for ask in (adapter.is_schema_up2date, adapter.get_table_alembic_version_head):
        with pytest.raises(DatabaseNotInitializedError, match="foreign"):
            ask()
    adapter.disconnect()


# --- Where it cannot be told -----------------------------------------------------------------------------------------


def unreachable(*parts: str) -> None:
    found = GraphDatabase().schema_status()
    assert found.state is SchemaStateEnum.UNREACHABLE
    assert found.database_revision is None and found.library_revision == HEAD
    for part in parts:
        assert part in f"{found.place} {found.detail} {found.advice}"


def test_a_server_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", "hunter2")
    unreachable("at 127.0.0.1:1", "cannot connect", "check that the server runs")
    assert "hunter2" not in repr(GraphDatabase().schema_status())


def test_a_server_that_went_away_is_unreachable_for_who_is_connected(
    graph: GraphDatabase, server: URL, missing_database: URL
) -> None:
    graph._connected_engine().dispose()
    administer(server, f'ALTER DATABASE "{missing_database.database}" ALLOW_CONNECTIONS false')
    assert graph.schema_status().state is SchemaStateEnum.UNREACHABLE


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("KNOWLEDGE_GRAPH_PORT", "five", "KNOWLEDGE_GRAPH_PORT: expected a port"),
        ("KNOWLEDGE_GRAPH_HOST", "no-such-host.invalid", "no-such-host.invalid"),
        ("KNOWLEDGE_GRAPH_USER", "nobody-we-know", "nobody-we-know"),
        ("PGOPTIONS", "-c nonsense=1", "nonsense"),
    ],
)
def test_settings_that_lead_nowhere_are_unreachable(
    database: URL, monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    with monkeypatch.context() as wrong:  # whoever drops the database afterwards must reach it
        wrong.setenv(name, value)
        unreachable(part)


@pytest.fixture
def stranger(database: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A user whom nobody granted anything; the settings name it."""
    role = f"stranger_{os.getpid()}"
    run(engine, f"CREATE ROLE {role} LOGIN PASSWORD 'stranger'")
    monkeypatch.setenv("KNOWLEDGE_GRAPH_USER", role)
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", "stranger")
    yield role
    run(engine, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_revision_that_may_not_be_read_is_unreachable(stranger: str) -> None:
    unreachable("permission denied for table alembic_version", "GRANT SELECT ON alembic_version")


def test_a_schema_that_may_not_be_used_is_unreachable(stranger: str, engine: Engine) -> None:
    run(engine, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    unreachable("no schema on the search_path", "GRANT USAGE")


def test_whatever_fails_while_looking_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr("thoth.storages.graph.schema_status.connection_url", fail)
    unreachable("looking failed: RuntimeError")
    assert "hunter2" not in repr(GraphDatabase().schema_status())


# --- Round trips -----------------------------------------------------------------------------------------------------


def test_connecting_asks_two_questions(database: URL) -> None:
    adapter = GraphDatabase()
    adapter.connect()
    assert adapter.stats()["statements"] == 2
    adapter.disconnect()
