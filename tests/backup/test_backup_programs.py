"""PostgreSQL's own programs: which are taken, what they are told, what they may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.commands import run_command
from support.databases import administer
from support.dumps import content, databases_like, path_with, stand_in
from support.tables import difference, rows_of, run

from thoth.storages import GraphDatabase
from thoth.storages.cli import postgres_programs
from thoth.storages.cli.backup import backup, restore
from thoth.storages.cli.postgres_programs import find_program, programs
from thoth.storages.exceptions import EmbeddedServerError

# --- Programs ---------------------------------------------------------------------------------------------------------


def test_what_to_install_is_said_where_the_programs_are_missing_or_too_old(
    database: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def none() -> Path:
        raise EmbeddedServerError("not here")

    monkeypatch.setattr(postgres_programs, "find_postgres", none)
    monkeypatch.setattr(postgres_programs, "DEBIAN", tmp_path)
    path = tmp_path / "graph.dump"
    path.write_bytes(b"PGDMP")
    for command_, name in ((backup, "pg_dump"), (restore, "pg_restore")):
        done = run_command(command_, "--file", path, *(["--force"] if command_ is restore else []), PATH="")
        assert done.exit_code == 3
        assert f"{name} of PostgreSQL " in done.stderr and "postgresql-client-" in done.stderr
        assert "pip install 'thoth-storages[embedded]'" in done.stderr
    old = tmp_path / "bin" / "pg_dump"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    done = run_command(backup, "--file", path, PATH=path_with(old.parent).split(os.pathsep)[0])
    assert done.exit_code == 3
    assert "only pg_dump 9" in done.stderr


def test_the_program_of_the_servers_version_comes_first_then_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    for version in (13, 15, 16, 17):
        program = tmp_path / str(version) / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.1 (Debian)'\n")
        program.chmod(0o755)
    monkeypatch.setattr(postgres_programs, "DEBIAN", tmp_path)
    monkeypatch.setattr(postgres_programs, "find_postgres", lambda: tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path / "16" / "bin"))
    assert [one.version for one in programs("pg_dump", 15)] == [15, 16, 17, 13]
    assert find_program("pg_dump", 14).version == 15
    assert str(find_program("pg_dump", 17)) == "pg_dump 17"


def test_a_newer_pg_restore_may_name_a_setting_that_an_older_server_does_not_know(
    dumped: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(engine)
    monkeypatch.setattr("thoth.storages.graph.replacing.server_version", lambda _url: 16)
    monkeypatch.setattr(postgres_programs, "DEBIAN", tmp_path)
    word = "transaction_timeout"
    for name, code in ((word, 0), ("transaction_timeouts", 1)):
        script = f"""
            "$REAL" "$@" || exit
            case "$*" in *--list*) exit;; esac
            echo 'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "{name}"' >&2
            exit 1"""
        directory = stand_in(tmp_path / "bin", "pg_restore", script)
        done = run_command(restore, "--file", dumped, "--force", PATH=path_with(directory))
        assert done.exit_code == code, done.stderr
        assert "Warning" not in done.stderr
    assert difference(before, content(engine)) == {}


# --- Rights -----------------------------------------------------------------------------------------------------------


def test_grants_settings_and_owners_are_those_of_before(
    filled: GraphDatabase, server: URL, missing_database: URL, engine: Engine, tmp_path: Path
) -> None:
    role, name = f"reader_{os.getpid()}", missing_database.database
    administer(server, f'CREATE ROLE "{role}"')
    try:
        run(engine, f'GRANT SELECT ON depends_on TO "{role}"')
        run(engine, f'ALTER TABLE python_package_index OWNER TO "{role}"')
        administer(server, f'ALTER DATABASE "{name}" SET search_path = "$user", public')
        administer(server, f"""ALTER DATABASE "{name}" SET work_mem = '7MB'""")
        administer(server, f'ALTER ROLE "{role}" IN DATABASE "{name}" SET default_transaction_read_only = on')
        administer(server, f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        administer(server, f'GRANT CONNECT ON DATABASE "{name}" TO "{role}"')
        path = tmp_path / "graph.dump"
        assert run_command(backup, "--file", path).exit_code == 0
        before = _rights(engine, role)
        assert before[0] == (True, True, "7MB", '"$user", public')
        done = run_command(restore, "--file", path, "--force")
        assert done.exit_code == 0, done.stderr
        assert "Warning" not in done.stderr
        assert _rights(engine, role) == before
    finally:
        run(engine, f'REASSIGN OWNED BY "{role}" TO CURRENT_USER')
        run(engine, f'DROP OWNED BY "{role}"')
        administer(server, f'DROP ROLE "{role}"')


def _rights(engine: Engine, role: str) -> list[object]:
    statement = """
        SELECT has_table_privilege(:role, 'depends_on', 'SELECT'),
               (SELECT tableowner = :role FROM pg_tables WHERE tablename = 'python_package_index'),
               current_setting('work_mem'), current_setting('search_path')"""
    settings = """
        SELECT setrole = 0, array_to_string(setconfig, ';') FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database() ORDER BY 1"""
    grants = "SELECT datacl::text, pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    return [rows_of(engine, statement, role=role)[0], *rows_of(engine, settings), *rows_of(engine, grants)]


def test_roles_that_are_not_known_here_are_named_and_keep_nothing_from_being_restored(
    filled: GraphDatabase, server: URL, engine: Engine, tmp_path: Path
) -> None:
    role = f"gone_{os.getpid()}"
    administer(server, f'CREATE ROLE "{role}"')
    path = tmp_path / "graph.dump"
    try:
        run(engine, f'GRANT SELECT ON depends_on TO "{role}"')
        run(engine, f'ALTER TABLE python_package_index OWNER TO "{role}"')
        assert run_command(backup, "--file", path).exit_code == 0
    finally:
        run(engine, f'REASSIGN OWNED BY "{role}" TO CURRENT_USER')
        run(engine, f'DROP OWNED BY "{role}"')
        administer(server, f'DROP ROLE "{role}"')
    before = content(engine)
    done = run_command(restore, "--file", path, "--force")
    assert done.exit_code == 0, done.stderr
    assert f'role "{role}" does not exist' in done.stderr
    assert "not every owner of before is known here" in done.stderr
    assert difference(before, content(engine)) == {}


def test_who_may_not_create_databases_is_told_what_helps(
    dumped: Path, server: URL, missing_database: URL, engine: Engine
) -> None:
    role = f"modest_{os.getpid()}"
    administer(server, f"""CREATE ROLE "{role}" LOGIN PASSWORD 'modest'""")
    try:
        done = run_command(
            restore, "--file", dumped, "--force", KNOWLEDGE_GRAPH_USER=role, KNOWLEDGE_GRAPH_PASSWORD="modest"
        )
        assert done.exit_code == 4
        assert f'ALTER ROLE "{role}" CREATEDB' in done.stderr
        assert databases_like(missing_database) == [missing_database.database]
    finally:
        administer(server, f'DROP ROLE "{role}"')
