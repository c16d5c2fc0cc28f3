"""thoth-storages schema: status, upgrade, generate."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import URL, Engine, text
from support.commands import run_command
from support.databases import make_database
from support.tables import run

from alembic import command
from thoth.storages.cli import cli
from thoth.storages.cli.pictures import generate_schema
from thoth.storages.cli.schema import EXIT_CODES, schema
from thoth.storages.graph import GraphDatabase, migrations
from thoth.storages.graph.schema_status import SchemaStateEnum

HEAD = migrations.script_head()


def test_every_command_has_an_example_and_generate_draws() -> None:
    assert cli.commands["schema"] is schema
    assert {"status", "upgrade", "generate"} <= set(schema.commands)
    for name, one in schema.commands.items():
        assert one.help and "Example: thoth-storages " in one.help, name
    assert schema.commands["generate"].callback is generate_schema.callback
    assert cli.commands["generate-schema"] is generate_schema


def test_there_is_an_exit_code_for_every_state() -> None:
    assert set(EXIT_CODES) == {state.value for state in SchemaStateEnum}
    assert [state for state, code in EXIT_CODES.items() if code == 0] == ["current"]


def test_the_status_of_a_database_that_is_not_there_is_3_and_names_the_command(missing_database: URL) -> None:
    done = run_command(schema, "status")
    assert done.exit_code == 3
    lines = dict(line.split(":", 1) for line in done.stdout.splitlines())
    assert {name: value.strip() for name, value in lines.items()} == {
        "state": "empty",
        "database": GraphDatabase().schema_status().place,
        "its revision": "none",
        "this library's": HEAD,
        "found": "the database does not exist yet",
        "to do": "thoth-storages schema upgrade",
    }
    assert done.stderr == ""


def test_a_missing_database_is_made_and_a_second_run_has_nothing_to_do(missing_database: URL) -> None:
    done = run_command(schema, "upgrade")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"from nothing to revision {HEAD} in " in done.stdout
    assert run_command(schema, "status").exit_code == 0
    again = run_command(schema, "upgrade")
    assert again.exit_code == 0
    assert f"is at revision {HEAD} already: nothing to do" in again.stdout


def test_the_status_as_json_has_every_field(database: URL) -> None:
    done = run_command(schema, "status", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["state"] == "current"
    assert (found["database_revision"], found["library_revision"], found["advice"]) == (HEAD, HEAD, "")
    assert set(found) == {"state", "database_revision", "library_revision", "place", "detail", "advice"}


def test_a_schema_that_is_behind_is_upgraded_from_where_it_is(database: URL, engine: Engine) -> None:
    command.downgrade(migrations.configuration(engine=engine), "-1")
    assert run_command(schema, "status").exit_code == 3
    sql = run_command(schema, "upgrade", "--sql")
    assert sql.exit_code == 0
    assert f"UPDATE alembic_version SET version_num='{HEAD}'" in sql.stdout
    assert run_command(schema, "status").exit_code == 3, "nothing was run"
    done = run_command(schema, "upgrade")
    assert done.exit_code == 0
    assert f" to revision {HEAD} in " in done.stdout and "from nothing" not in done.stdout
    assert run_command(schema, "status").exit_code == 0


def test_the_sql_of_an_upgrade_is_printed_and_not_run(server: URL, missing_database: URL, engine: Engine) -> None:
    make_database(server, missing_database)
    done = run_command(schema, "upgrade", "--sql")
    assert (done.exit_code, done.stderr) == (0, "")
    assert run_command(schema, "status").exit_code == 3
    raw = engine.raw_connection()
    raw.driver_connection.autocommit = True  # type: ignore[union-attr]
    raw.cursor().execute(done.stdout)
    raw.close()
    assert run_command(schema, "status").exit_code == 0
    assert run_command(schema, "upgrade", "--sql").stdout.startswith("-- ")


def test_a_newer_schema_is_refused_with_what_helps(database: URL, engine: Engine) -> None:
    run(engine, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    assert run_command(schema, "status").exit_code == 5
    for arguments in (["upgrade"], ["upgrade", "--sql"]):
        done = run_command(schema, *arguments)
        assert done.exit_code == 5
        assert done.stderr.startswith("Error: ") and done.stdout == ""
        assert "ahead" in done.stderr and "pip install --upgrade thoth-storages" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_the_published_schema_is_refused_with_the_command_that_adopts_it(
    server: URL, missing_database: URL, engine: Engine
) -> None:
    make_database(server, missing_database)
    run(engine, "CREATE TABLE python_package_version_entity (id serial); CREATE TABLE depends_on (id serial)")
    run(engine, "CREATE TABLE alembic_version AS SELECT 'bf9ea2a38b01' AS version_num")
    assert run_command(schema, "status").exit_code == 3
    done = run_command(schema, "upgrade")
    assert done.exit_code == 3
    assert "thoth-storages schema adopt" in done.stderr


@pytest.mark.parametrize("arguments", [["status"], ["upgrade"], ["upgrade", "--sql"]])
def test_without_a_server_the_exit_code_is_4(arguments: list[str]) -> None:
    done = run_command(schema, *arguments)
    assert done.exit_code == 4
    assert "127.0.0.1:1" in done.stdout + done.stderr


def test_a_migration_that_fails_is_an_error_with_exit_code_1(
    server: URL, missing_database: URL, engine: Engine
) -> None:
    make_database(server, missing_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TYPE distutils_type AS ENUM ('of another program')"))
    done = run_command(schema, "upgrade")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ") and "distutils_type" in done.stderr
    assert run_command(schema, "status").exit_code == 3


@pytest.mark.parametrize(
    "command",
    [
        *(
            "schema status",
            "schema status --json",
            "schema upgrade",
            "schema upgrade --sql",
            "schema adopt --dry-run",
            "schema adopt --give-up",
        ),
        *("sync", "stats", "show flask", "tree flask", "backup --file graph.dump"),
        *("documents verify", "purge solver --os-name rhel --dry-run"),
    ],
)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("KNOWLEDGE_GRAPH_PORT", "a port between 1 and 65535"),
        ("THOTH_STORAGES_STATEMENT_TIMEOUT", "a number of seconds that is not negative"),
    ],
)
def test_a_setting_that_cannot_be_understood_is_named(command: str, name: str, expected: str, database: URL) -> None:
    done = run_command(cli, *command.split(), **{name: "sixty"})
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == f"Error: environment variable {name}: expected {expected}\n"
