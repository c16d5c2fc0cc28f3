"""What is not dumped, and not restored: nothing is changed then, and an exit code says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.commands import run_command
from support.databases import drop_database, make_database
from support.dumps import (
    databases_like,
    dump_with_pg_dump,
    everything,
    path_with,
    stand_in,
)
from support.tables import difference, run

from thoth.storages import GraphBackupStore
from thoth.storages.cli import cli
from thoth.storages.cli.backup import backup, restore
from thoth.storages.cli.backup_steps import size_of

# --- What is not restored ---------------------------------------------------------------------------------------------


def truncated(path: Path) -> bytes:
    return path.read_bytes()[:-2000]


def truncated_contents(path: Path) -> bytes:
    return path.read_bytes()[: path.stat().st_size // 3]


def damaged(path: Path) -> bytes:
    """In the rows of the largest table, which are the last but those of a few."""
    return spoiled(path, path.stat().st_size * 9 // 10)


def damaged_contents(path: Path) -> bytes:
    return spoiled(path, path.stat().st_size // 3)


def spoiled(path: Path, place: int) -> bytes:
    content = bytearray(path.read_bytes())
    content[place : place + 64] = bytes(byte ^ 0x5A for byte in content[place : place + 64])
    return bytes(content)


def of_another_format(_path: Path) -> bytes:
    return b"--\n-- PostgreSQL database dump\n--\n"


def empty(_path: Path) -> bytes:
    return b""


@pytest.mark.parametrize("wrong", [truncated, truncated_contents, damaged, damaged_contents, of_another_format, empty])
def test_a_dump_that_is_not_whole_changes_nothing(
    dumped: Path, missing_database: URL, engine: Engine, temporary: Path, wrong: object
) -> None:
    assert callable(wrong)
    dumped.write_bytes(wrong(dumped))
    before = everything(engine)
    done = run_command(restore, "--file", dumped, "--force")
    assert done.exit_code == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    if wrong in (truncated, damaged):
        assert "restores into" in done.stderr, "these are seen when half of it is restored"
    assert difference(before, everything(engine)) == {}
    assert databases_like(missing_database) == [missing_database.database]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = 'ffffffffffff'", "pip install --upgrade thoth-storages"),
        ("DROP TABLE alembic_version", "choose another dump"),
    ],
)
def test_a_dump_of_tables_that_are_not_known_changes_nothing(
    dumped: Path, missing_database: URL, engine: Engine, tmp_path: Path, statement: str, words: str
) -> None:
    run(engine, statement)
    foreign = dump_with_pg_dump(missing_database, tmp_path / "other.dump")
    before = everything(engine)
    done = run_command(restore, "--file", foreign, "--force")
    assert done.exit_code == 5
    assert words in done.stderr
    assert difference(before, everything(engine)) == {}
    assert databases_like(missing_database) == [missing_database.database]


def test_a_dump_of_a_name_that_is_not_there_is_said_with_exit_code_3(
    database: URL, server: URL, store: GraphBackupStore, temporary: Path
) -> None:
    drop_database(server, database)
    done = run_command(restore)
    assert done.exit_code == 3
    assert "there is no dump below" in done.stderr and "thoth-storages backup makes one" in done.stderr
    done = run_command(restore, "pg_dump-26-11-22-03-00-00")
    assert done.exit_code == 3
    assert "pg_dump-26-11-22-03-00-00" in done.stderr
    assert databases_like(database) == []
    assert list(temporary.iterdir()) == []


def test_dumps_are_listed_the_newest_first(store: GraphBackupStore) -> None:
    names = [f"pg_dump-26-11-{day}-03-00-00" for day in (20, 22, 21)]
    for name in names:
        store.ceph.store_blob(b"x" * 1500, name)
    store.ceph.store_blob(b"", "pg_dump-of-somebody")
    done = run_command(restore, "--list")
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [
        [name, "1.5", "kB"] for name in sorted(names, reverse=True)
    ]
    listed = json.loads(run_command(restore, "--list", "--json").stdout)
    assert [(one["name"], one["size"]) for one in listed] == [(name, 1500) for name in sorted(names, reverse=True)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-dump"], "'no-dump' is no name of a dump"),
        (["pg_dump-26-11-22-03-00-61"], "is no name of a dump"),
        (["../solver/x"], "is no name of a dump"),
        (["--file", "no-such-file"], "no-such-file"),
        (["pg_dump-26-11-22-03-00-00", "--file", __file__], "exclude each other"),
        (["--list", "--force"], "--list goes with --json alone"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], words: str) -> None:
    done = run_command(restore, *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())


# --- What is not dumped -----------------------------------------------------------------------------------------------


def test_nothing_is_dumped_of_a_database_without_our_tables(
    missing_database: URL, server: URL, engine: Engine, store: GraphBackupStore, temporary: Path
) -> None:
    done = run_command(backup)
    assert done.exit_code == 3 and "thoth-storages schema upgrade" in done.stderr
    make_database(server, missing_database)
    run(engine, "CREATE TABLE somebodys (id integer)")
    done = run_command(backup)
    assert done.exit_code == 5 and "somebodys" in done.stderr
    assert list(store.iterate_dumps()) == []
    assert list(temporary.iterdir()) == []


def test_without_a_server_the_exit_code_is_4(settings: object, tmp_path: Path) -> None:
    path = tmp_path / "graph.dump"
    path.write_bytes(b"PGDMP")
    for command_, arguments in ((backup, []), (backup, ["--file", path]), (restore, ["--file", path])):
        done = run_command(command_, *arguments, KNOWLEDGE_GRAPH_HOST="127.0.0.1", KNOWLEDGE_GRAPH_PORT="1")
        assert done.exit_code == 4, done.stderr
        assert "127.0.0.1:1" in done.stderr
    assert path.read_bytes() == b"PGDMP"


def test_without_object_storage_nothing_is_dumped(database: URL, settings: pytest.MonkeyPatch, temporary: Path) -> None:
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    done = run_command(backup)
    assert done.exit_code == 4
    assert "dumping" not in done.stderr
    assert "127.0.0.1:1" in done.stderr


@pytest.mark.parametrize("variable", ["GRAPH_BACKUP_STORE_ROTATE", "KNOWLEDGE_GRAPH_PORT", "THOTH_CEPH_BUCKET"])
def test_a_wrong_or_missing_setting_is_named_before_anything_is_dumped(
    database: URL, settings: pytest.MonkeyPatch, variable: str
) -> None:
    if variable == "THOTH_CEPH_BUCKET":
        settings.delenv(variable)
    else:
        settings.setenv(variable, "0")
    done = run_command(backup)
    assert done.exit_code == 3
    assert variable in done.stderr and "dumping" not in done.stderr


def test_a_file_is_replaced_when_the_dump_is_whole_only(database: URL, tmp_path: Path) -> None:
    path = tmp_path / "graph.dump"
    path.write_text("the dump of yesterday")
    directory = stand_in(tmp_path / "bin", "pg_dump", "echo 'pg_dump: error: disk full' >&2; exit 1")
    done = run_command(backup, "--file", path, PATH=path_with(directory))
    assert done.exit_code == 1
    assert "Error: pg_dump failed: disk full" in done.stderr
    assert path.read_text() == "the dump of yesterday"
    assert sorted(found.name for found in tmp_path.iterdir()) == ["bin", "graph.dump"]
    assert run_command(backup, "--file", path).exit_code == 0
    assert path.read_bytes().startswith(b"PGDMP")
    assert path.stat().st_mode & 0o077 == 0, "all data is in it"
    done = run_command(backup, "--file", tmp_path / "missing" / "graph.dump")
    assert done.exit_code == 1 and "missing" in done.stderr


def test_neither_the_password_nor_anything_of_the_connection_is_an_argument(
    database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    script = f'for one in "$@"; do echo "$one" >> {seen}; done; exec "$REAL" "$@"'
    directory = stand_in(tmp_path / "bin", "pg_dump", script)
    stand_in(tmp_path / "bin", "pg_restore", script)
    path = tmp_path / "graph.dump"
    for command_, arguments in ((backup, []), (restore, ["--force"])):
        done = run_command(
            command_, "--file", path, *arguments, PATH=path_with(directory), KNOWLEDGE_GRAPH_PASSWORD="sesame"
        )
        assert "sesame" not in done.stdout + done.stderr
    assert "sesame" not in seen.read_text()
    assert str(database.port) not in seen.read_text()


# --- Help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["backup", "restore", "store-cache", "restore-cache"])
def test_the_help_has_an_example_and_exit_codes(name: str) -> None:
    done = run_command(cli, name, "--help")
    assert done.exit_code == 0
    assert f"Example: thoth-storages {name}" in done.stdout
    assert "Exit codes:" in done.stdout and "130  interrupted" in done.stdout


def test_sizes_are_told_in_units() -> None:
    assert [size_of(number) for number in (0, 999, 1000, 12_345_678, 5_000_000_000, 7_200_000_000_000)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "12.3 MB",
        "5.0 GB",
        "7,200.0 GB",
    ]
