"""A database that is dumped and restored: row by row what it was, and another graph."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.commands import run_command
from support.databases import adapters, drop_database, make_database
from support.dumps import (
    content,
    databases_like,
    everything,
)
from support.tables import difference, rows_of, run

from alembic import command
from thoth.storages import GraphBackupStore, GraphDatabase
from thoth.storages.cli import backup as module
from thoth.storages.cli import cli
from thoth.storages.cli.backup import backup, restore
from thoth.storages.graph import GraphCache, migrations

IDENTITY = "SELECT graph_uuid FROM graph_identity"


# --- There and back ---------------------------------------------------------------------------------------------------


def test_a_dropped_database_is_restored_from_object_storage_row_by_row(
    filled: GraphDatabase, engine: Engine, server: URL, missing_database: URL, store: GraphBackupStore, temporary: Path
) -> None:
    before = content(engine)
    made = run_command(cli, "backup", "--json")
    assert made.exit_code == 0, made.stderr
    told = json.loads(made.stdout)
    (stored,) = store.iterate_dumps()
    assert (told["name"], told["size"]) == (stored.document_id, stored.size)
    filled.disconnect()
    drop_database(server, missing_database)
    done = run_command(cli, "restore", "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("seconds") > 0
    assert found == {
        "name": told["name"],
        "database": missing_database.database,
        "state": "current",
        "revision": migrations.script_head(),
        "earlier_database": None,
    }
    assert difference(before, content(engine)) == {}
    assert databases_like(missing_database) == [missing_database.database]
    assert list(temporary.iterdir()) == []
    assert f"restores into {missing_database.database}_restore_" in done.stderr


def test_a_restored_graph_is_another_one_and_nothing_of_the_original_counts_as_changed(
    dumped: Path, filled: GraphDatabase, engine: Engine
) -> None:
    ((before,),) = rows_of(engine, IDENTITY)
    assert rows_of(engine, "SELECT 1 FROM package_change LIMIT 1")
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    ((after,),) = rows_of(engine, IDENTITY)
    assert before != after
    assert rows_of(engine, "SELECT 1 FROM package_change LIMIT 1") == []


def test_caches_of_before_are_not_trusted_after_a_restore(dumped: Path, filled: GraphDatabase, tmp_path: Path) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    filled.create_graph_cache(str(path), ["flask"])
    reader = GraphDatabase(cache=GraphCache(str(path)))
    reader.connect()
    expected = reader.get_depends_on("flask", "3.0.3", "https://pypi.org/simple")
    assert expected and GraphCache.is_enabled()
    reader.disconnect()
    with closing(sqlite3.connect(path)) as connection:
        (uuid,) = connection.execute("SELECT value FROM cache_information WHERE key = 'graph_uuid'").fetchone()
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    asked = GraphDatabase(cache=GraphCache(str(path)))
    asked.connect()
    ((now,),) = rows_of(asked._connected_engine(), IDENTITY)
    assert str(now) != uuid
    assert asked.get_depends_on("flask", "3.0.3", "https://pypi.org/simple") == expected
    assert asked.stats()["sqlite_cache_info"]["hits"] == 0
    asked.disconnect()


def test_services_that_are_connected_are_on_the_restored_database_with_their_next_question(
    dumped: Path, filled: GraphDatabase, engine: Engine
) -> None:
    with adapters(1) as (service,):
        before = service.get_depends_on("flask", "3.0.3", "https://pypi.org/simple")
        run(engine, "DELETE FROM depends_on")
        assert run_command(restore, "--file", dumped, "--force").exit_code == 0
        service.cache_clear()
        assert service.get_depends_on("flask", "3.0.3", "https://pypi.org/simple") == before != {}
        assert filled.get_depends_on("flask", "3.0.3", "https://pypi.org/simple") == before


def test_the_restored_tables_have_statistics(dumped: Path, engine: Engine) -> None:
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    assert rows_of(engine, "SELECT reltuples > 0 FROM pg_class WHERE relname = 'depends_on'") == [(True,)]


def test_an_older_schema_is_restored_and_the_command_that_upgrades_it_is_named(
    database: URL, engine: Engine, tmp_path: Path
) -> None:
    command.downgrade(migrations.configuration(engine=engine), "-1")
    path = tmp_path / "graph.dump"
    assert run_command(backup, "--file", path).exit_code == 0
    command.upgrade(migrations.configuration(engine=engine), "head")
    done = run_command(restore, "--file", path, "--force")
    assert done.exit_code == 0, done.stderr
    assert "1 migration behind: thoth-storages schema upgrade" in done.stdout
    assert GraphDatabase().schema_status().state.value == "behind"


# --- Not overwriting --------------------------------------------------------------------------------------------------


def test_a_database_that_holds_tables_is_replaced_with_force_only(
    dumped: Path, missing_database: URL, engine: Engine
) -> None:
    run(engine, "DELETE FROM depends_on")
    before = everything(engine)
    done = run_command(restore, "--file", dumped)
    assert done.exit_code == 5
    assert done.stderr.startswith("Error: ") and "tables: --force replaces it" in done.stderr
    assert difference(before, everything(engine)) == {}
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    assert rows_of(engine, "SELECT 1 FROM depends_on LIMIT 1")
    assert databases_like(missing_database) == [missing_database.database]


@pytest.mark.parametrize(("typed", "arguments", "code"), [("n\n", [], 1), ("y\n", [], 0), ("", ["--yes"], 0)])
def test_on_a_terminal_it_asks_first(
    dumped: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch, typed: str, arguments: list[str], code: int
) -> None:
    monkeypatch.setattr(module, "is_at_a_terminal", lambda: True)
    run(engine, "DELETE FROM depends_on")
    done = run_command(restore, "--file", dumped, "--force", *arguments, typed=typed)
    assert done.exit_code == code
    assert ("Replace it?" in done.stderr) is bool(typed)
    assert bool(rows_of(engine, "SELECT 1 FROM depends_on LIMIT 1")) is (code == 0)


def test_an_empty_database_needs_no_force(dumped: Path, server: URL, missing_database: URL, engine: Engine) -> None:
    before = content(engine)
    drop_database(server, missing_database)
    make_database(server, missing_database)
    assert run_command(restore, "--file", dumped).exit_code == 0
    assert difference(before, content(engine)) == {}


def test_the_database_that_is_replaced_is_kept_if_that_is_wanted(
    dumped: Path, missing_database: URL, engine: Engine
) -> None:
    run(engine, "CREATE TABLE precious (id integer)")
    done = run_command(restore, "--file", dumped, "--force", "--keep", "--json")
    earlier = json.loads(done.stdout)["earlier_database"]
    assert databases_like(missing_database) == [missing_database.database, earlier]
    assert rows_of(engine, "SELECT to_regclass('precious')") == [(None,)]
    # Neither does the next one take it for something that is left over.
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    assert databases_like(missing_database) == [missing_database.database, earlier]
