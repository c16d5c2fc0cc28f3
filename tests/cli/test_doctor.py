"""thoth-storages doctor, as an operator meets it: all well, and every way in which it is not."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.commands import run_command
from support.databases import make_database
from support.frozen import frozen, silent_port
from support.patience import within
from support.proxy import FaultyNetwork, lose_the_answer, refuse
from support.tables import run

from thoth.storages.ceph import CephStore
from thoth.storages.cli import cli, doctor_checks, doctor_database, doctor_files
from thoth.storages.cli.doctor_checks import OK, PROBLEM, SKIPPED, WARNING, Check, Finding, Surroundings, checked
from thoth.storages.cli.doctor_database import clock_finding
from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.graph import GraphCache, GraphDatabase

NAMES = ["settings", "PostgreSQL", "tables", "extensions", "clock", "object storage", "graph cache", "disk"]
ORDINARY_USER = 65534


def examined(code: int, *arguments: str, **environ: str) -> dict[str, dict[str, Any]]:
    """What each check found; the command ended with this code."""
    done = run_command(cli, "doctor", "--json", *arguments, **environ)
    said = json.loads(done.stdout)
    assert (done.exit_code, said["exit_code"], done.stderr) == (code, code, ""), done.stdout
    assert [one["name"] for one in said["checks"]] == NAMES
    return {one["name"]: one for one in said["checks"]}


def statuses(found: dict[str, dict[str, Any]]) -> list[str]:
    return [one["status"] for one in found.values()]


@pytest.fixture
def probes(s3: dict[str, str], prefix: str) -> CephStore:
    """Where the doctor stores its probes."""
    store = CephStore(f"{prefix}/tests/doctor", **s3)
    store.connect()
    return store


def test_where_all_is_well_it_says_so_and_leaves_nothing_behind(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, probes: CephStore, s3: dict[str, str]
) -> None:
    found = examined(0)
    assert statuses(found) == [OK] * len(NAMES)
    assert list(probes.get_document_listing()) == []
    assert s3["bucket"] in found["object storage"]["detail"]
    assert found["tables"]["detail"].startswith("current: ")


def test_for_people_there_is_a_line_for_each_check_without_colours_where_there_is_no_terminal(
    graph: GraphDatabase, settings: pytest.MonkeyPatch
) -> None:
    done = run_command(cli, "doctor")
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [line[9:25].strip() for line in lines] == NAMES
    assert {line[:9] for line in lines} == {"ok       "}
    assert "\x1b" not in done.stdout


def test_passwords_and_secret_keys_are_never_shown(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, s3: dict[str, str]
) -> None:
    settings.setenv("KNOWLEDGE_GRAPH_PASSWORD", "hush-7319")
    settings.setenv("POSTGRESQL_PASSWORD", "hush-7320")
    settings.setenv("THOTH_CEPH_SECRET_KEY", "hush-7321")
    for arguments in ([], ["--json"]):
        said = run_command(cli, "doctor", *arguments)
        assert "hush" not in said.stdout + said.stderr
        assert said.stdout.count("********") == 3
    settings.setenv("KNOWLEDGE_GRAPH_HOST", "me:hush-7322@127.0.0.1")
    assert "hush" not in run_command(cli, "doctor").stdout


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def test_without_any_setting_it_says_what_to_start_and_what_is_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KNOWLEDGE_GRAPH_HOST")
    found = examined(1)
    assert statuses(found) == [OK, PROBLEM, SKIPPED, SKIPPED, SKIPPED, WARNING, OK, OK]
    assert "Connection refused" in found["PostgreSQL"]["detail"]
    assert "thoth-storages local up" in found["PostgreSQL"]["advice"]
    assert found["object storage"]["advice"].startswith("export THOTH_S3_ENDPOINT_URL=")


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedPostgres]:
    """A server of this test's own, without a graph, which checks passwords; the settings name it."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=True) as server:
        for name, value in server.environment("postgres").items():
            monkeypatch.setenv(name, value)
        yield server


def test_a_wrong_password_names_the_variables_that_hold_it(
    own_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PASSWORD", "wrong-7319")
    found = examined(1)
    assert "password authentication failed" in found["PostgreSQL"]["detail"]
    assert "KNOWLEDGE_GRAPH_PASSWORD" in found["PostgreSQL"]["advice"]
    assert "wrong-7319" not in json.dumps(found)


def test_a_database_that_is_not_there_and_tables_that_are_not_name_the_command(
    missing_database: URL, server: URL
) -> None:
    found = examined(1)
    assert found["PostgreSQL"]["detail"].endswith("does not exist")
    assert (found["PostgreSQL"]["advice"], found["tables"]["status"]) == ("thoth-storages schema upgrade", SKIPPED)
    make_database(server, missing_database)
    found = examined(1)
    assert (found["tables"]["status"], found["tables"]["advice"]) == (PROBLEM, "thoth-storages schema upgrade")
    assert found["PostgreSQL"]["status"] == OK


@pytest.fixture
def modest(graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch) -> Iterator[str]:
    """A user who may do with the tables what a test lets it do; the settings name it."""
    role = f"modest_{os.getpid()}"
    run(engine, f"CREATE ROLE {role} LOGIN PASSWORD 'modest'")
    settings.setenv("KNOWLEDGE_GRAPH_USER", role)
    settings.setenv("KNOWLEDGE_GRAPH_PASSWORD", "modest")
    yield role
    run(engine, f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_user_who_may_only_read_is_told_that_nothing_can_be_synced(engine: Engine, modest: str) -> None:
    run(engine, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {modest}")
    tables = examined(0)["tables"]
    assert tables["status"] == WARNING
    assert re.fullmatch(r"current: .*; \d+ tables, such as \w+, may not be written by .*: nothing .*", tables["detail"])
    assert "KNOWLEDGE_GRAPH_USER" in tables["advice"]
    run(
        engine,
        f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {modest}; REVOKE DELETE ON cve FROM {modest}",
    )
    assert "; cve may not be written by this user" in examined(0)["tables"]["detail"]
    run(engine, f"GRANT DELETE ON cve TO {modest}")
    assert examined(0)["tables"]["status"] == OK


def test_a_user_who_may_not_read_a_table_is_told_which_and_what_helps(engine: Engine, modest: str) -> None:
    run(engine, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {modest}; REVOKE SELECT ON cve FROM {modest}")
    tables = examined(1)["tables"]
    assert (tables["status"], tables["detail"]) == (PROBLEM, "cve may not be read by this user")
    assert "GRANT SELECT ON ALL TABLES" in tables["advice"]


def test_tables_of_a_newer_library_are_a_warning(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    found = examined(0)["tables"]
    assert (found["status"], found["advice"]) == (WARNING, "pip install --upgrade thoth-storages")


def test_a_database_that_only_can_be_read_is_a_warning(
    graph: GraphDatabase, engine: Engine, missing_database: URL
) -> None:
    run(engine, f'ALTER DATABASE "{missing_database.database}" SET default_transaction_read_only = on')
    found = examined(0)["PostgreSQL"]
    assert found["status"] == WARNING and "read-only" in found["detail"]


def test_a_server_that_is_too_old_or_crowded_is_told(graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_database, "_CROWDED", 0.0)
    assert "connections are taken" in examined(0)["PostgreSQL"]["detail"]
    monkeypatch.setattr("thoth.storages.graph.server_state.OLDEST_SERVER", 99)
    assert examined(1)["PostgreSQL"]["advice"] == "use PostgreSQL 99 or later"


def test_extensions_that_help_are_named_with_the_statement_that_makes_them(
    graph: GraphDatabase, engine: Engine
) -> None:
    run(engine, "DROP EXTENSION IF EXISTS amcheck")
    found = examined(0)["extensions"]
    assert any(line.startswith("amcheck ") and line.endswith(": CREATE EXTENSION amcheck") for line in found["more"])
    run(engine, "CREATE EXTENSION amcheck")
    found = examined(0)["extensions"]
    assert not any(line.startswith("amcheck ") for line in found["more"])
    assert found["detail"].endswith("there is amcheck")


@pytest.mark.parametrize(
    ("ahead", "status"), [(0.0, OK), (-4.9, OK), (5.0, WARNING), (-30.0, WARNING), (900.0, PROBLEM), (-3600.0, PROBLEM)]
)
def test_clocks_may_differ_by_some_seconds(ahead: float, status: str) -> None:
    found = clock_finding("its", ahead)
    assert found.status == status
    assert bool(found.advice) is (status != OK)


def test_a_server_that_is_ahead_is_found_out(graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr("thoth.storages.graph.server_state.time.time", lambda: now() - 60)
    found = examined(0)["clock"]
    assert found["status"] == WARNING
    assert re.search(r"clock is (60\.0|59\.\d) s ahead of this machine's", found["detail"])


def test_an_address_that_never_answers_keeps_no_other_check_from_running(
    settings: pytest.MonkeyPatch, graph: GraphDatabase
) -> None:
    with silent_port() as port, within(3):
        settings.setenv("KNOWLEDGE_GRAPH_PORT", str(port))
        found = examined(1, "--timeout", "0.5")
    assert statuses(found) == [OK, PROBLEM, SKIPPED, SKIPPED, SKIPPED, OK, OK, OK]
    assert "timeout expired" in found["PostgreSQL"]["detail"]


def test_a_server_that_hangs_or_was_killed_is_a_problem_and_the_command_ends(
    own_server: EmbeddedPostgres, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", "doctor", "--timeout", "1"]
    with frozen(tmp_path / "postgres" / "data"), within(9):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, "")
    assert "timeout expired" in done.stdout or "no answer within 6 s" in done.stdout
    own_server.stop()
    assert "Connection refused" in examined(1)["PostgreSQL"]["detail"]


# --- Object storage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("THOTH_CEPH_BUCKET", "no-such-bucket", "no-such-bucket"),
        ("THOTH_CEPH_SECRET_KEY", "hush-7319", "access refused"),
        ("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_what_is_wrong_with_object_storage_names_its_variable(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    settings.setenv(variable, value)
    found = examined(1)
    assert [name for name, one in found.items() if one["status"] == PROBLEM] == ["object storage"]
    assert words in found["object storage"]["detail"]
    assert found["object storage"]["detail"].startswith("listing: ")
    assert variable in found["object storage"]["advice"]
    assert "hush" not in json.dumps(found)


def test_a_variable_of_object_storage_that_is_missing_is_named(
    graph: GraphDatabase, settings: pytest.MonkeyPatch
) -> None:
    settings.delenv("THOTH_CEPH_BUCKET")
    found = examined(1)["object storage"]
    assert found["detail"] == "environment variable not set: THOTH_CEPH_BUCKET"
    assert found["advice"] == "export THOTH_CEPH_BUCKET=..."


def test_object_storage_that_never_answers_is_told_in_time(graph: GraphDatabase, settings: pytest.MonkeyPatch) -> None:
    with silent_port() as port, within(5):
        settings.setenv("THOTH_S3_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        found = examined(1, "--timeout", "0.5")["object storage"]
    assert "THOTH_S3_ENDPOINT_URL" in found["advice"]


@pytest.fixture
def network(s3: dict[str, str], settings: pytest.MonkeyPatch) -> Iterator[FaultyNetwork]:
    """A network between the doctor and object storage."""
    with FaultyNetwork(s3["host"]) as between:
        settings.setenv("THOTH_S3_ENDPOINT_URL", between.url)
        yield between


@pytest.mark.parametrize(("method", "step"), [("PUT", "storing"), ("GET", "reading"), ("DELETE", "deleting")])
def test_a_key_that_may_not_do_everything_is_told_what_it_may_not(
    graph: GraphDatabase, network: FaultyNetwork, probes: CephStore, method: str, step: str
) -> None:
    network.on(lambda one: one.method == method and not one.is_listing, refuse(403, "AccessDenied"))
    found = examined(1)["object storage"]
    assert found["detail"].startswith(f"{step}: ") and "AccessDenied" in found["detail"]
    if method != "DELETE":
        assert list(probes.get_document_listing()) == []


def test_a_probe_whose_answer_was_lost_is_deleted_all_the_same(
    graph: GraphDatabase, network: FaultyNetwork, probes: CephStore
) -> None:
    network.on(lambda one: one.method == "PUT", lose_the_answer, times=2)
    assert examined(1)["object storage"]["detail"].startswith("storing: ")
    assert list(probes.get_document_listing()) == []


def test_probes_of_doctors_that_were_killed_are_cleared_away_by_a_later_one(
    graph: GraphDatabase, settings: pytest.MonkeyPatch, probes: CephStore
) -> None:
    probes.store_blob(b"of another one", "probe-of-another")
    examined(0)
    assert list(probes.get_document_listing()) == ["probe-of-another"], "it may still run"
    settings.setattr("thoth.storages.cli.doctor_storage._LEFT_OVER", timedelta(0))
    examined(0)
    assert list(probes.get_document_listing()) == []


# --- The graph cache and the disk ------------------------------------------------------------------------------------


@pytest.fixture
def cache_file(graph: GraphDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache file of the graph, which the settings name."""
    path = tmp_path / "graph_cache.sqlite3"
    graph.create_graph_cache(str(path), [])
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", str(path))
    return path


@contextmanager
def no_root(*paths: Path) -> Iterator[None]:
    """Root, who may write everywhere, is an ordinary user meanwhile, and these are that user's."""
    if os.geteuid() != 0:
        yield
        return
    for path in paths:
        os.chown(path, ORDINARY_USER, -1)
    os.seteuid(ORDINARY_USER)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_cache_of_this_graph_is_well_and_one_of_another_graph_is_a_problem(
    graph: GraphDatabase, cache_file: Path, engine: Engine
) -> None:
    assert examined(0)["graph cache"]["detail"].endswith("was made from this graph")
    run(engine, "UPDATE graph_identity SET graph_uuid = gen_random_uuid()")
    found = examined(1)["graph cache"]
    assert found["detail"].endswith("it was made from another graph")
    assert "thoth-storages graph-cache" in found["advice"]


def test_a_cache_that_is_missing_or_broken_is_a_problem_and_one_that_is_not_used_is_none(
    graph: GraphDatabase, cache_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_file.write_bytes(b"no cache")
    assert examined(1)["graph cache"]["detail"].startswith(f"graph cache {cache_file} is not used")
    assert cache_file.read_bytes() == b"no cache"
    cache_file.unlink()
    assert examined(1)["graph cache"]["detail"] == f"there is no file {cache_file}"
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    assert examined(0)["graph cache"]["status"] == OK
    assert not cache_file.exists()
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", str(cache_file.parent / "no" / "cache.sqlite3"))
    assert "cannot be made" in examined(1)["graph cache"]["detail"]
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_DISABLED", "1")
    assert examined(0)["graph cache"]["status"] == OK


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_cache_file_that_is_read_only_is_well_unless_questions_are_to_fill_it(
    cache_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_file.chmod(0o444)
    assert examined(0)["graph cache"]["status"] == OK
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    assert "readonly" in examined(1)["graph cache"]["detail"]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_file_that_is_read_only_is_found_out_as_root_too(journal: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path: only its owner may look into that
        path = Path(folder) / "cache.sqlite3"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(f"PRAGMA journal_mode = {journal}")
            connection.execute("CREATE TABLE cached (name TEXT)")
        with no_root(path.parent, path):
            assert doctor_files._why_not_written(str(path)) is None
            path.chmod(0o444)
            assert "readonly" in str(doctor_files._why_not_written(str(path)))


def test_what_may_not_be_written_is_told_from_what_may(cache_file: Path) -> None:
    before = cache_file.read_bytes()
    assert doctor_files._why_not_written(str(cache_file)) is None
    assert doctor_files._why_not_written(str(cache_file.parent / "none")) == "unable to open database file"
    assert (cache_file.read_bytes(), sorted(cache_file.parent.iterdir())) == (before, [cache_file])


def test_a_cache_that_another_process_fills_right_now_is_no_problem(
    cache_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    filling = GraphCache(str(cache_file), writable=True)
    filling.open()
    assert filling._connection is not None
    filling._connection.execute("BEGIN IMMEDIATE")
    assert examined(0)["graph cache"]["status"] == OK
    filling.disconnect()


def test_what_another_process_fills_for_the_first_time_is_seen_though_it_is_not_in_the_file_yet(
    graph: GraphDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "filled.sqlite3"
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", str(path))
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    path.touch()
    assert examined(0)["graph cache"]["detail"] == f"{path} is empty yet; questions will fill it"
    assert path.stat().st_size == 0
    filling = GraphCache(str(path), writable=True)
    filling.open()
    assert examined(0)["graph cache"]["detail"].endswith("holds nothing yet")
    assert filling.belongs_to(graph.get_graph_uuid() or "", 1)
    assert examined(0)["graph cache"]["detail"].endswith("was made from this graph")
    assert json.loads(run_command(cli, "stats", "--json").stdout)["cache"]["is_of_this_graph"] is True
    filling.disconnect()


def test_little_room_is_a_warning_and_none_a_problem(graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_files, "_LITTLE", 1 << 62)
    assert examined(0)["disk"]["status"] == WARNING
    monkeypatch.setattr(doctor_files, "_TOO_LITTLE", 1 << 62)
    assert "TMPDIR" in examined(1)["disk"]["advice"]


# --- One check after the other ---------------------------------------------------------------------------------------


def test_a_check_that_hangs_is_left_behind_and_one_that_fails_tells_no_secret() -> None:
    stop = threading.Event()

    def hang(_: Surroundings) -> Finding:
        stop.wait(30)
        return Finding(OK, "at last")

    def fail(_: Surroundings) -> Finding:
        raise KeyError("hush")

    def refused(_: Surroundings) -> Finding:
        raise PermissionError(13, "Permission denied", "/cache")

    checks = [Check("hangs", hang), Check("fails", fail), Check("refused", refused)]
    with within(0.2):
        found = [one.finding for one in checked(checks, 0.2)]
    stop.set()
    assert [one.status for one in found] == [PROBLEM] * 3
    assert found[0].detail == "no answer within 0.2 s"
    assert found[1].detail == "KeyError: this is a defect of the library"
    assert "Permission denied" in found[2].detail


def test_the_users_limits_are_back_afterwards(graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THOTH_STORAGES_READ_TIMEOUT", "77")
    before = dict(os.environ)
    examined(0)
    assert dict(os.environ) == before


def test_ctrl_c_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Finding:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_checks, "_in_time", interrupted)
    assert run_command(cli, "doctor").exit_code == 130
