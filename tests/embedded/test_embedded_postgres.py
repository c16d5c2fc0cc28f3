"""EmbeddedPostgres, with the binaries that are installed here."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.embedded.processes import is_alive, wait_until
from thoth.storages.exceptions import EmbeddedServerError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that PostgreSQL's account cannot enter")

OWNER = """
import sys, pathlib
from thoth.storages.embedded import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False).start()
print(server.pid_file.read_text(), flush=True)
sys.stdin.read()
"""


@contextmanager
def connected(server: EmbeddedPostgres, password: str | None = None) -> Iterator[Any]:
    """A cursor in autocommit."""
    connection = psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=password or server.password,
        dbname="postgres",
        connect_timeout=5,
    )
    with closing(connection), connection.cursor() as cursor:
        connection.autocommit = True
        yield cursor


@pytest.fixture(scope="module")
def made(module_directory: Path) -> Path:
    """A directory with data, which saves most tests the second that initdb takes; no server runs in it."""
    with EmbeddedPostgres(module_directory / "pg", durable=False) as server, connected(server) as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    return module_directory / "pg"


def setting(server: EmbeddedPostgres, name: str) -> str:
    """What SHOW says."""
    with connected(server) as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def pid_of(server: EmbeddedPostgres) -> int:
    """The pid in the server's file."""
    return int(server.pid_file.read_text())


def test_data_survives_a_restart_on_the_same_port(made: Path) -> None:
    with EmbeddedPostgres(made, durable=False) as server:
        port = server.port
    assert not server.is_running()
    with EmbeddedPostgres(made, durable=False) as again, connected(again) as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert (cursor.fetchone(), again.port) == ((42,), port)


def test_durable_data_is_safe_and_private(open_directory: Path) -> None:
    (open_directory / "pg" / "new-cut-off").mkdir(parents=True)  # of an initdb that was killed
    with EmbeddedPostgres(open_directory / "pg") as server:
        assert [setting(server, name) for name in ("fsync", "timezone", "max_connections")] == ["on", "UTC", "100"]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"), connected(server, "no"):
            pass
        private = [path for path in server.directory.iterdir() if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
        assert {path.name for path in private} >= {"server.json", "server.log", "server.pid"}
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert server.password not in server.log.read_text()
        assert not list(server.directory.glob("new-*"))
        if os.geteuid() == 0:  # an account that reaches the data by itself gets no power over files
            assert "CapEff:\t0000000000000000" in Path(f"/proc/{pid_of(server)}/status").read_text()


def test_a_server_for_tests_is_fast_and_asks_no_password(made: Path) -> None:
    with EmbeddedPostgres(made, durable=False) as server:
        assert setting(server, "fsync") == "off"
        with connected(server, "whatever") as cursor:
            cursor.execute("SHOW unix_socket_directories")
            assert cursor.fetchone() == ("",)


def test_a_port_that_is_taken_is_refused_if_asked_for_and_replaced_if_not(made: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedServerError, match=f"port {port} is taken"):
            EmbeddedPostgres(made, durable=False, port=port).start()
        settings = made / "server.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), "ports": {"port": port}}))
        with EmbeddedPostgres(made, durable=False) as server:
            assert server.port != port
            assert setting(server, "port") == str(server.port)


def test_starting_twice_is_harmless_and_the_inner_owner_stops_nothing(made: Path) -> None:
    with EmbeddedPostgres(made, durable=False) as outer:
        pid = pid_of(outer)
        with EmbeddedPostgres(made, durable=False) as inner:
            assert (pid_of(inner), inner.port) == (pid, outer.port)
        assert outer.is_running()
        with pytest.raises(EmbeddedServerError, match="runs already"):
            EmbeddedPostgres(made, port=1).start()
        assert EmbeddedPostgres(made).stop() is True
        assert outer.is_running() is False
        assert outer.stop() is False


def test_a_killed_postmaster_is_found_dead_and_started_anew(made: Path) -> None:
    with EmbeddedPostgres(made) as server, connected(server):
        first = pid_of(server)
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: not server.is_running(), 5)
        with server.start(), connected(server) as again:
            assert pid_of(server) != first
            again.execute("SELECT answer FROM kept")
            assert again.fetchone() == (42,)


def test_a_killed_owner_takes_its_server_along(made: Path, run_python: Callable[..., subprocess.Popen[str]]) -> None:
    owner = run_python(OWNER, made)
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    assert EmbeddedPostgres(made).is_running()
    owner.kill()
    owner.communicate()
    assert wait_until(lambda: not is_alive(pid), 10)


def test_a_stale_pid_file_harms_no_other_process(made: Path, stranger: int) -> None:
    server = EmbeddedPostgres(made, durable=False)
    with server:
        lock_file = server.data / "postmaster.pid"
        lock = lock_file.read_text().replace(str(pid_of(server)), str(stranger), 1)
    server.pid_file.write_text(f"{stranger}\n")
    lock_file.write_text(lock)  # as after a reboot that gave the number to someone else
    assert not server.is_running()
    assert server.stop() is False
    server.pid_file.write_text(f"{stranger}\n")
    lock_file.write_text(lock)
    with server:
        assert server.is_running()
    assert is_alive(stranger)


def test_a_failed_start_quotes_its_log_and_leaves_nothing_running(made: Path) -> None:
    server = EmbeddedPostgres(made, durable=False)
    configuration = server.data / "postgresql.auto.conf"
    before = configuration.read_text()
    with configuration.open("a") as file:
        file.write("no_such_setting = 1\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r"server\.log ends with: .*no_such_setting"):
            server.start()
    finally:
        configuration.write_text(before)
    assert not server.is_running()


def test_data_of_another_version_is_refused(made: Path) -> None:
    server = EmbeddedPostgres(made, durable=False)
    version = (server.data / "PG_VERSION").read_text()
    (server.data / "PG_VERSION").write_text("9\n")
    try:
        with pytest.raises(EmbeddedServerError, match=r"PostgreSQL 9 is not installed \(.* has \d+"):
            server.start()
    finally:
        (server.data / "PG_VERSION").write_text(version)


def test_what_never_started_says_so(directory: Path) -> None:
    server = EmbeddedPostgres(directory / "pg")
    assert (server.is_running(), server.stop()) == (False, False)
    with pytest.raises(EmbeddedServerError, match="PostgreSQL was never started"):
        _ = server.port
    assert not (directory / "pg").exists()


@as_root
def test_root_reaches_data_below_a_folder_of_its_own(directory: Path) -> None:
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    with EmbeddedPostgres(directory / "pg") as server, connected(server) as cursor:
        cursor.execute("SELECT 1")
        assert server.data.stat().st_uid != 0
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
