"""LocalServers and the commands of `thoth-storages local`: one data directory for a user."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from support.commands import run_command

from thoth.storages.cli.local import local
from thoth.storages.embedded import LocalServers, default_directory
from thoth.storages.embedded.processes import wait_until
from thoth.storages.exceptions import EmbeddedServerError

UP = """
import sys, pathlib
from thoth.storages.embedded import LocalServers
for server in LocalServers(pathlib.Path(sys.argv[1])).up():
    print(server.port)
"""


@pytest.fixture
def servers(directory: Path) -> Iterator[LocalServers]:
    """Servers that do not run yet; those a test starts are stopped."""
    found = LocalServers(directory / "local")
    yield found
    found.down()


@pytest.fixture
def kept(module_directory: Path) -> Iterator[LocalServers]:
    """Servers whose data may be that of another test of this file; they do not run yet."""
    found = LocalServers(module_directory / "local")
    yield found
    found.down()


def pids(servers: LocalServers) -> list[int]:
    """The pids of both servers."""
    return [int(server.pid_file.read_text()) for server in servers.servers]


def exports(text: str) -> dict[str, str]:
    """The variables as a shell reads them; every line must be one."""
    words = [shlex.split(line) for line in text.splitlines()]
    assert all(len(line) == 2 and line[0] == "export" for line in words)
    return dict(line[1].split("=", 1) for line in words)


def test_up_twice_is_harmless_and_up_brings_stopped_or_killed_servers_back_as_they_were(kept: LocalServers) -> None:
    kept.up()
    assert stat.S_IMODE(kept.directory.stat().st_mode) == (0o711 if os.geteuid() == 0 else 0o700)
    first = (pids(kept), kept.environment())
    kept.up()
    assert (pids(kept), kept.environment()) == first
    assert kept.down() == ["S3 server", "PostgreSQL"]
    assert kept.down() == []
    assert [server.running for server in kept.status()] == [False, False]
    LocalServers(kept.directory).up()
    assert kept.environment() == first[1]
    killed = pids(kept)
    assert not set(killed) & set(first[0])
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not any(server.running for server in kept.status()), 5)
    assert all(server.running for server in kept.up())
    assert not set(pids(kept)) & set(killed)


def test_two_ups_at_the_same_time_start_one_pair(
    servers: LocalServers,
    run_python: Callable[..., subprocess.Popen[str]],
    processes_naming: Callable[[Path], list[int]],
) -> None:
    both = [run_python(UP, servers.directory) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0] == said[1]
    assert sorted(processes_naming(servers.directory)) == sorted(pids(servers))


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGINT, 0.5), (signal.SIGINT, 1.5), (signal.SIGKILL, 1.2)])
def test_an_up_that_is_cut_off_leaves_nothing_or_what_the_next_finds(
    servers: LocalServers,
    run_python: Callable[..., subprocess.Popen[str]],
    processes_naming: Callable[[Path], list[int]],
    number: signal.Signals,
    seconds: float,
) -> None:
    process = run_python(UP, servers.directory)
    time.sleep(seconds)
    process.send_signal(number)
    process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was faster")
    if number == signal.SIGINT:
        left = sorted(processes_naming(servers.directory))
        assert left == [] or left == sorted(pids(servers)), "both are there where all was done when the signal came"
    else:
        assert all(server.running for server in servers.up())
    servers.down()
    assert wait_until(lambda: not processes_naming(servers.directory), 5)


def test_a_failing_s3_server_takes_postgres_down_again(servers: LocalServers) -> None:
    servers.directory.mkdir()
    (servers.directory / "s3").write_text("not a directory")
    with pytest.raises(EmbeddedServerError, match="cannot make"):
        servers.up()
    assert not servers.postgres.is_running()


def test_the_exports_lead_to_the_servers(kept: LocalServers) -> None:
    directory = str(kept.directory)
    done = run_command(local, "up", "--directory", directory)
    assert (done.exit_code, exports(done.stdout)) == (0, kept.environment())
    found = exports(done.stdout)
    with pytest.raises(psycopg2.OperationalError, match='database "thoth" does not exist'):
        psycopg2.connect(
            host=found["KNOWLEDGE_GRAPH_HOST"],
            port=found["KNOWLEDGE_GRAPH_PORT"],
            user=found["KNOWLEDGE_GRAPH_USER"],
            password=found["KNOWLEDGE_GRAPH_PASSWORD"],
            dbname=found["KNOWLEDGE_GRAPH_DATABASE"],
        )
    with socket.create_connection((kept.s3.host, kept.s3.port), timeout=5):
        assert found["THOTH_S3_ENDPOINT_URL"] == f"http://127.0.0.1:{kept.s3.port}"
    asked = run_command(local, "status", "--directory", directory)
    assert asked.exit_code == 0
    assert f"PostgreSQL: running on 127.0.0.1:{kept.postgres.port}" in asked.stdout
    assert not any(secret in asked.stdout + asked.stderr for secret in (kept.postgres.password, kept.s3.secret_key))
    assert exports(run_command(local, "status", "--exports", "--directory", directory).stdout) == found
    assert "S3 server: stopped" in run_command(local, "down", "--directory", directory).stdout


def test_status_of_stopped_servers_is_3_and_exports_nothing(directory: Path) -> None:
    missing = directory / "none"
    done = run_command(local, "status", "--exports", "--directory", missing)
    assert (done.exit_code, done.stdout) == (3, "")
    hint = f'To start them in {missing}: eval "$(thoth-storages local up --directory {missing})"'
    assert done.stderr == f"PostgreSQL: stopped\nS3 server: stopped\n{hint}\n"
    assert not (directory / "none").exists()


def test_down_is_harmless_where_nothing_runs(directory: Path) -> None:
    done = run_command(local, "down", "--directory", directory / "none")
    assert done == (0, f"Nothing ran in {directory / 'none'}: there is no such directory.\n", "")


def test_an_error_is_one_line(directory: Path) -> None:
    (directory / "file").write_text("")
    done = run_command(local, "up", "--directory", directory / "file" / "below")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("Error: cannot make")


def test_the_default_directory_is_where_users_keep_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_directory() == Path("/home/someone/.local/share/thoth-storages")
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    assert default_directory() == Path("/home/someone/.local/share/thoth-storages")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_directory() == Path("/data/thoth-storages")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_directory() == Path("/home/someone/Library/Application Support/thoth-storages")
