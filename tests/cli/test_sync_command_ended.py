"""thoth-storages sync in processes of its own: on a terminal, interrupted, at once, with a server that is killed."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.documents import id_of, made, real_documents
from support.tables import rows_of

from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.graph import GraphDatabase

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


def started(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def number_synced(engine: Engine) -> int:
    ((number,),) = rows_of(engine, "SELECT count(*) FROM synced_document")
    return int(number)  # type: ignore[call-overload]


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def on_a_terminal(*arguments: object) -> tuple[int, str]:
    """The exit code, and all that was written to the terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    said = "".join(_read(ours))
    return process.wait(), said


def _read(terminal: int) -> Iterator[str]:
    with contextlib.suppress(OSError):  # Linux ends a terminal that everybody left so
        while chunk := os.read(terminal, 65536):
            yield chunk.decode(errors="replace")
    os.close(terminal)


def test_a_terminal_gets_a_bar_with_a_rate_and_a_table_and_a_pipe_the_table_alone(database: URL, folder: Path) -> None:
    code, said = on_a_terminal("--from", folder)
    assert code == 0, said
    assert "documents/s" in said and " of 212" in said and "0 failed" in said and "\x1b[" in said
    assert "per second" in said
    process = started("--from", folder)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "documents/s" not in out and "\x1b" not in out
    code, said = on_a_terminal("--from", folder, "--quiet")
    assert (code, said) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_ctrl_c_keeps_what_was_synced_and_another_run_does_the_rest(
    number: signal.Signals, database: URL, engine: Engine, folder: Path
) -> None:
    process = started("--from", folder, "--json")
    wait_until(lambda: number_synced(engine) > 0)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("Error: interrupted: what was synced is kept") and len(err.splitlines()) == 1
    found = json.loads(out)
    assert found["exit_code"] == 130 and found["error"].startswith("interrupted")
    kept = number_synced(engine)
    assert found["total"]["synced"] <= kept, "a batch may have been written and not be counted yet"
    assert 0 < kept < 212
    process = started("--from", folder, "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    counts = json.loads(out)["total"]
    assert (counts["processed"], counts["synced"], counts["skipped"]) == (212, 212 - kept, kept)


def test_ctrl_c_cancels_a_statement_that_waits_for_a_lock(database: URL, engine: Engine, folder: Path) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE synced_document IN EXCLUSIVE MODE")
        process = started("--from", folder)
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        wait_until(lambda: rows_of(engine, waiting)[0][0] > 0)  # type: ignore[operator]
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err.startswith("Error: interrupted")) == (130, True)
        assert time.monotonic() - began < 5
    assert number_synced(engine) == 0


def test_jobs_with_a_share_each_sync_everything_once(database: URL, engine: Engine, folder: Path) -> None:
    jobs = [started("--from", folder, "--json", "--shard", f"{number}/4") for number in range(1, 5)]
    said = [job.communicate(timeout=120) for job in jobs]
    assert [job.returncode for job in jobs] == [0] * 4, said
    counts = [json.loads(out)["total"] for out, _ in said]
    assert sum(one["synced"] for one in counts) == 212 == number_synced(engine)
    assert all(one["processed"] == one["synced"] > 20 for one in counts)


def test_a_killed_server_ends_it_with_4_and_another_run_does_the_rest(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_DATABASE", "killed")
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        for name, value in (("PORT", postgres.port), ("USER", postgres.user), ("PASSWORD", postgres.password)):
            monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", str(value))
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        engine = graph._connected_engine()
        process = started("--from", folder, "--graceful", "--json")
        wait_until(lambda: number_synced(engine) > 0)
        graph.disconnect()
        os.kill(int((tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 4, err
        assert "Traceback" not in err
        synced, failed = (json.loads(out)["total"][name] for name in ("synced", "failed"))
        assert synced < 212 and failed == 0
        postgres.start()
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", str(postgres.port))
        process = started("--from", folder, "--json")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        counts = json.loads(out)["total"]
        assert counts["processed"] == 212 and counts["skipped"] >= synced and counts["in_quarantine"] == 0
