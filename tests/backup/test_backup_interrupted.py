"""Ctrl-C, kill -9 and two at once: neither half a file nor half a database is left, and no program runs on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.commands import run_command
from support.dumps import (
    content,
    databases_like,
    everything,
    is_running,
    path_with,
    stand_in,
    tables_beside,
    thoth_storages,
    wait_for,
)
from support.tables import difference, rows_of

from thoth.storages import GraphBackupStore
from thoth.storages.cli.backup import restore

# --- Interrupted ------------------------------------------------------------------------------------------------------

# Waits in the middle of its work, until somebody ends it.
HALF_A_DUMP = """
for one in "$@"; do case "$one" in --file=*) echo half > "${one#--file=}";; esac; done
exec sleep 600 "$@"
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("into", ["file", "store"])
def test_ctrl_c_leaves_neither_half_a_dump_nor_pg_dump_running(
    database: URL, store: GraphBackupStore, temporary: Path, tmp_path: Path, number: int, into: str
) -> None:
    directory = stand_in(
        tmp_path / "bin", "pg_dump", "trap '' INT\n" + HALF_A_DUMP.replace('exec sleep 600 "$@"', "sleep 600 & wait")
    )
    target = tmp_path / "graph.dump"
    arguments = ["--file", target] if into == "file" else []
    process = thoth_storages("backup", *arguments, PATH=path_with(directory))
    found = tmp_path.glob if into == "file" else temporary.rglob
    wait_for(lambda: any(path.read_bytes() for path in found(".graph.dump*" if into == "file" else "dump")))
    process.send_signal(number)
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.splitlines()[-1].startswith("Error: interrupted: ")
    assert "Traceback" not in said
    wait_for(lambda: not is_running(str(directory / "pg_dump")))
    assert [found.name for found in tmp_path.iterdir() if "dump" in found.name] == []
    assert list(temporary.rglob("*")) == []
    assert list(store.ceph.get_document_listing()) == []


def test_pg_dump_ends_when_the_command_is_killed(database: URL, tmp_path: Path) -> None:
    script = "trap '' INT\n" + HALF_A_DUMP.replace('exec sleep 600 "$@"', "while :; do sleep 0.1; done")
    directory = stand_in(tmp_path / "bin", "pg_dump", script)
    process = thoth_storages("backup", "--file", tmp_path / "graph.dump", PATH=path_with(directory))
    wait_for(lambda: any(found.is_file() and found.stat().st_size for found in tmp_path.glob(".graph.dump*")))
    process.kill()
    process.communicate(timeout=30)
    wait_for(lambda: not is_running(str(directory / "pg_dump")))
    wait_for(lambda: list(tmp_path.glob(".graph.dump*")) == [])


# Restores the tables and part of the rows, and waits.
HALF_A_RESTORE = """
case "$*" in *--list*) exec "$REAL" "$@";; esac
"$REAL" --section=pre-data "$@"
exec sh -c 'while :; do sleep 0.1; done' "$0" "$@"
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_the_earlier_database_and_no_half_one(
    dumped: Path, missing_database: URL, engine: Engine, tmp_path: Path, number: int
) -> None:
    before = everything(engine)
    directory = stand_in(tmp_path / "bin", "pg_restore", HALF_A_RESTORE)
    process = thoth_storages("restore", "--file", dumped, "--force", PATH=path_with(directory))
    wait_for(lambda: tables_beside(missing_database) > 80)
    process.send_signal(number)
    process.send_signal(number)
    _out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "the database is as it was" in said
    assert databases_like(missing_database) == [missing_database.database]
    assert difference(before, everything(engine)) == {}
    wait_for(lambda: not is_running(str(directory / "pg_restore")))


def test_a_killed_pg_restore_leaves_the_earlier_database(
    dumped: Path, missing_database: URL, engine: Engine, tmp_path: Path
) -> None:
    before = everything(engine)
    script = HALF_A_RESTORE.replace("exec sh", "kill -9 $$; exec sh")
    directory = stand_in(tmp_path / "bin", "pg_restore", script)
    done = run_command(restore, "--file", dumped, "--force", PATH=path_with(directory))
    assert done.exit_code == 1
    assert "pg_restore failed: it was killed" in done.stderr
    assert databases_like(missing_database) == [missing_database.database]
    assert difference(before, everything(engine)) == {}


def test_what_a_killed_restore_leaves_the_next_one_drops(
    dumped: Path, missing_database: URL, engine: Engine, tmp_path: Path
) -> None:
    before = content(engine)
    directory = stand_in(tmp_path / "bin", "pg_restore", HALF_A_RESTORE)
    process = thoth_storages("restore", "--file", dumped, "--force", PATH=path_with(directory))
    wait_for(lambda: tables_beside(missing_database) > 80)
    process.kill()
    process.communicate(timeout=30)
    wait_for(lambda: not is_running(str(directory / "pg_restore")))
    assert len(databases_like(missing_database)) == 2
    wait_for(lambda: rows_of(engine, "SELECT 1 FROM pg_stat_activity WHERE datname ~ '_restore_'") == [])
    assert run_command(restore, "--file", dumped, "--force").exit_code == 0
    assert databases_like(missing_database) == [missing_database.database]
    assert difference(before, content(engine)) == {}


def test_two_restores_at_once_leave_one_whole_database(
    dumped: Path, missing_database: URL, engine: Engine, server: URL
) -> None:
    before = content(engine)
    processes = [thoth_storages("restore", "--file", dumped, "--force") for _ in range(2)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert databases_like(missing_database) == [missing_database.database]
    assert difference(before, content(engine)) == {}
