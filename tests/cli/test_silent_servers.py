"""PostgreSQL addresses that take connections and never answer, and servers that fall silent in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from support.commands import run_command
from support.documents import id_of, made, real_documents
from support.frozen import OwnPostgres, frozen, own_postgres, silent_port
from support.patience import within

from thoth.storages.cli import cli, interrupting
from thoth.storages.graph import engine

COMMAND = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", "sync"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with some hundred documents."""
    directory = tmp_path / "documents"
    directory.mkdir()
    for number in range(4):
        for document in real_documents():
            other = made(document, suffix=f"{number:04x}")
            (directory / f"{id_of(other)}.json").write_text(json.dumps(other))
    return directory


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name an address where nobody answers, and a second to wait for it."""
    with silent_port() as port:
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", str(port))
        monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "1")
        yield


@pytest.mark.parametrize("command", [["sync", "solver"], ["sync", "--list-quarantined"], ["schema", "upgrade"]])
def test_an_address_that_never_answers_is_given_up_after_the_connect_timeout(silent: None, command: list[str]) -> None:
    with within(1):
        done = run_command(cli, *command)
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr.startswith("Error: cannot connect to database ") and "timeout expired" in done.stderr


def test_the_state_of_an_address_that_never_answers_is_asked_for_once(silent: None) -> None:
    with within(0.9):  # the two seconds that are granted to a busy machine would hide a second attempt and a third
        done = run_command(cli, "schema", "status")
    assert (done.exit_code, done.stdout.split()[1]) == (4, "unreachable")


def test_without_a_connect_timeout_nothing_is_given_up(
    database: URL, silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "0")
    process = subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=4)
    process.send_signal(signal.SIGINT)
    with within(1):
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.startswith("Error: interrupted")) == (130, True)


# --- A server that is stopped ----------------------------------------------------------------------------------------


@pytest.fixture
def postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPostgres]:
    with own_postgres(tmp_path / "postgres", monkeypatch) as running:
        yield running


def started(folder: Path) -> subprocess.Popen[str]:
    arguments = ["--from", str(folder), "--json", "--graceful"]
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_a_frozen_server_ends_a_sync_with_4_and_another_run_does_the_rest(postgres: OwnPostgres, folder: Path) -> None:
    process = started(folder)
    wait_until(lambda: postgres.number_synced() > 0)
    with frozen(postgres.data):
        with within(2 + engine.GRACE_SECONDS + 3 * 1 + 5):  # a statement, three attempts and the pauses between
            out, err = process.communicate(timeout=60)
        assert (process.returncode, "timeout expired" in err, "Traceback" in err) == (4, True, False)
        assert json.loads(out)["total"]["failed"] == 0
        with within(5):
            assert run_command(cli, "schema", "status").exit_code == 4
    process = started(folder)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out)["total"]["processed"]) == (0, 212), err


@pytest.mark.slow
def test_ctrl_c_ends_a_sync_whose_server_is_frozen(postgres: OwnPostgres, folder: Path) -> None:
    process = started(folder)
    wait_until(lambda: postgres.number_synced() > 0)
    with frozen(postgres.data):
        time.sleep(1)  # by then it waits for an answer
        process.send_signal(signal.SIGINT)
        with within(2 * interrupting.GRACE_SECONDS + 10):  # on a busy machine; without patience it never ends
            _, err = process.communicate(timeout=60)
    assert (process.returncode, err.startswith("Error: interrupted")) == (130, True)
