"""thoth-storages documents in processes of its own: on a terminal, in pipes, interrupted, with servers killed."""

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
from support.documents import Document, id_of, made, real_documents
from support.tables import rows_of

from thoth.storages.embedded import EmbeddedPostgres, EmbeddedS3
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import sync_solver_documents

COMMAND = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", "documents"]


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with all the real documents."""
    connected = SolverResultsStore()
    connected.connect()
    for document in real_documents():
        connected.store_document(document)
    return connected


def started(*arguments: object, **options: object) -> subprocess.Popen[str]:
    command = [*COMMAND, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
    return subprocess.Popen(command, **pipes)  # type: ignore[call-overload, no-any-return]


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def on_a_terminal(*arguments: object, **options: object) -> tuple[int, str]:
    """The exit code, and all that was written to the terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs, **options},  # type: ignore[call-overload]
        env={**os.environ, "TERM": "xterm", "COLUMNS": "60"},
    )
    os.close(theirs)
    said = "".join(_read(ours))
    return process.wait(), said


def _read(terminal: int) -> Iterator[str]:
    with contextlib.suppress(OSError):  # Linux ends a terminal that everybody left so
        while chunk := os.read(terminal, 65536):
            yield chunk.decode(errors="replace")
    os.close(terminal)


def test_a_terminal_gets_columns_a_bar_and_whole_ids(store: SolverResultsStore, graph: GraphDatabase) -> None:
    code, said = on_a_terminal("ls", "solver", "--limit", 1)
    assert code == 0 and said.split()[1].startswith("20") and said.split()[-1].startswith("solver-")
    code, said = on_a_terminal("verify", "solver")
    assert code == 1
    assert "solver: listing" in said and "documents/s" in said and "\x1b[" in said
    assert all(f"  {id_of(document)}  stored 20" in said for document in real_documents()), "no line is broken"


def test_what_verify_finds_goes_into_the_file_while_the_bar_is_on_the_terminal(
    store: SolverResultsStore, graph: GraphDatabase, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as out:
        code, said = on_a_terminal("verify", "solver", stdout=out)
    lines = (tmp_path / "out").read_text().splitlines()
    assert code == 1 and sum(line.startswith("not in graph") for line in lines) == 53
    assert "\x1b" not in "".join(lines) and "documents/s" in said and "not in graph" not in said
    code, said = on_a_terminal("verify", "solver", "--json")
    assert code == 1
    assert len(json.loads(said[: said.rindex("}") + 1])["documents"]) == 53, "nothing but the object"


@pytest.mark.parametrize("command", ["ls solver --json", "verify solver", "verify solver --json", "get"])
def test_a_pipe_that_is_closed_early_ends_it_quietly(
    store: SolverResultsStore, graph: GraphDatabase, command: str
) -> None:
    for number in range(2):
        for document in real_documents():
            store.ceph.store_document({"x": "y" * 20_000}, id_of(made(document, suffix=f"{number:04x}")))
    ids = list(store.get_document_listing()) if command == "get" else []
    process = started(*command.split(), *ids)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() != ""
    process.stdout.close()
    assert process.stderr.read() in ("", "Error: storage and graph differ on 159 of 159 documents\n")
    assert process.wait(60) in (0, 1)
    process.stderr.close()


def test_ctrl_c_leaves_no_half_file(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    store = SolverResultsStore()
    store.connect()
    ids = [f"solver-rhel-8-py38-2611221106{number:02}-8ad7" for number in range(40)]
    for document_id in ids:
        store.ceph.store_blob(b"x" * 1_000_000, document_id)
    process = started("get", *ids, "-o", f"{tmp_path}/")
    wait_until(lambda: any(tmp_path.glob("*.json")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "Error: interrupted\n")
    files = list(tmp_path.iterdir())
    assert 0 < len(files) < 40
    assert all(path.suffix == ".json" and path.stat().st_size == 1_000_000 for path in files)


def test_ctrl_c_ends_a_verification_that_waits_for_the_database(
    store: SolverResultsStore, graph: GraphDatabase
) -> None:
    sync_solver_documents(graph=graph)
    engine = graph._connected_engine()
    with engine.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE synced_document IN ACCESS EXCLUSIVE MODE")
        process = started("verify", "solver", "--json")
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        wait_until(lambda: rows_of(engine, waiting)[0][0] > 0)  # type: ignore[operator]
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert (process.returncode, err.splitlines()) == (
        130,
        ["Error: interrupted: what is not shown was not compared; nothing was changed"],
    )
    found = json.loads(out)
    assert found["exit_code"] == 130 and not found["kinds"]["solver"]["is_complete"]


def _slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file that appears when a process fetches its first document; from then on each takes half a second."""
    begun = tmp_path / "begun"
    (tmp_path / "sitecustomize.py").write_text(
        "import time\n"
        "from pathlib import Path\n"
        "from thoth.storages.ceph import CephStore\n"
        "retrieve = CephStore.retrieve_document\n"
        "def slowly(self, document_id):\n"
        "    document = retrieve(self, document_id)\n"
        f"    Path({str(begun)!r}).touch()\n"
        "    time.sleep(0.5)\n"
        "    return document\n"
        "CephStore.retrieve_document = slowly\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "1")
    return begun


def test_ctrl_c_ends_a_verification_that_reads_documents_at_once(
    store: SolverResultsStore, graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sync_solver_documents(graph=graph)
    begun = _slow(monkeypatch, tmp_path)
    process = started("verify", "solver", "--content")
    wait_until(begun.exists)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130 and err.startswith("Error: interrupted") and len(err.splitlines()) == 1
    assert time.monotonic() - began < 15, "all of them take 26 seconds"
    assert out == "" or "solver (not all)" in out


def test_a_killed_object_store_ends_every_command_with_4(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, tmp_path: Path
) -> None:
    with EmbeddedS3(tmp_path / "s3") as server:
        server.create_bucket("documents")
        settings.setenv("THOTH_S3_ENDPOINT_URL", server.endpoint_url)
        settings.setenv("THOTH_CEPH_KEY_ID", server.key_id)
        settings.setenv("THOTH_CEPH_SECRET_KEY", server.secret_key)
        store = SolverResultsStore()
        store.connect()
        documents: list[Document] = real_documents()
        for document in documents:
            store.store_document(document)
        sync_solver_documents(graph=graph)
        begun = _slow(settings, tmp_path)
        process = started("verify", "solver", "--content", "--json")
        wait_until(begun.exists)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "Traceback" not in err
    found = json.loads(out)
    assert found["exit_code"] == 4 and 0 <= found["total"]["documents"] < 53 and found["total"]["changed"] == 0
    file = tmp_path / "document.json"
    file.write_text(json.dumps(documents[0]))
    for command in (["ls"], ["get", id_of(documents[0])], ["put", file]):
        process = started(*command)
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, len(err.splitlines())) == (4, "", 1)


def test_a_killed_database_ends_a_verification_with_4(
    store: SolverResultsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNOWLEDGE_GRAPH_DATABASE", "killed")
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        for name, value in (("PORT", postgres.port), ("USER", postgres.user), ("PASSWORD", postgres.password)):
            monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", str(value))
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        sync_solver_documents(graph=graph)
        graph.disconnect()
        # Contents that differ are looked up once more, in a database that is gone by then.
        for document in real_documents():
            document["result"]["environment"] = {}
            store.ceph.store_document(document, id_of(document))
        begun = _slow(monkeypatch, tmp_path)
        process = started("verify", "solver", "--content", "--json")
        wait_until(begun.exists)
        os.kill(int((tmp_path / "postgres" / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 4, err
    assert "Traceback" not in err
    assert json.loads(out)["exit_code"] == 4
