"""What thoth-storages sync says of what is left to be done: each thing once, and commands so that they work."""

from __future__ import annotations

import copy
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from support.adviser_documents import adviser, product
from support.commands import run_command
from support.documents import ON_RHEL, Document, for_solver, id_of, real_document, remove

from thoth.storages.advisers import AdvisersResultsStore
from thoth.storages.cli import cli
from thoth.storages.cli.sync import sync
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore

COMMAND = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()"]
FLASK = "flask==3.0.3"


@pytest.fixture
def sound() -> Document:
    return real_document(FLASK)


@pytest.fixture
def broken() -> Document:
    other = copy.deepcopy(real_document("six==1.16.0"))
    remove(other, ("metadata", "analyzer_version"))
    return other


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with nothing in it."""
    connected = SolverResultsStore()
    connected.connect()
    return connected


@pytest.fixture
def folder(sound: Document, broken: Document, tmp_path: Path) -> Path:
    """A directory, whose name a shell would take apart, with a sound and a broken document."""
    directory = tmp_path / "some documents"
    directory.mkdir()
    for document in (sound, broken):
        (directory / f"{id_of(document)}.json").write_text(json.dumps(document))
    return directory


def quarantined() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run_command(sync, "--list-quarantined", "--json").stdout)["quarantined"]
    return found


def printed(said: str, start: str) -> list[str]:
    """The arguments of the command that is printed after these words, as a shell would have them."""
    command = shlex.split(said.partition(start)[2].splitlines()[0])
    assert command[:2] == ["thoth-storages", "sync"]
    return command[2:]


# --- In quarantine ---------------------------------------------------------------------------------------------------


def test_the_command_that_tries_files_again_works_as_it_is_printed(
    database: URL, folder: Path, sound: Document, broken: Document
) -> None:
    for _ in range(2):
        done = run_command(sync, "--from", folder, "--graceful")
        assert (done.exit_code, done.stdout.splitlines()[-1].startswith("1 document is in quarantine")) == (1, True)
    assert quarantined()[0]["times"] == 2, "files are tried each time"
    broken["metadata"]["analyzer_version"] = "1.2.3"
    (folder / f"{id_of(broken)}.json").write_text(json.dumps(broken))
    done = run_command(sync, *printed(done.stdout, "to try again: "))
    assert (done.exit_code, "quarantine;" in done.stdout, quarantined()) == (0, False, [])


def test_the_listing_says_how_to_try_again_what_a_listing_gave_and_what_was_read_from_files(
    database: URL, store: SolverResultsStore, folder: Path, broken: Document
) -> None:
    run_command(sync, "--from", folder, "--graceful")
    said = run_command(sync, "--list-quarantined").stdout
    assert "--retry-quarantined" not in said and "sync --graceful --from DIRECTORY" in said
    store.ceph.store_document(broken, id_of(broken))
    run_command(sync, "--graceful", "solver")
    said = run_command(sync, "--list-quarantined").stdout
    assert "--from" not in said
    done = run_command(sync, *printed(said, "what a listing of the object store gave: "))
    assert (done.exit_code, quarantined()[0]["times"]) == (1, 3)


def test_what_is_gone_is_taken_out_of_quarantine_and_what_is_not_in_it_is_named(
    database: URL, folder: Path, broken: Document
) -> None:
    run_command(sync, "--from", folder, "--graceful")
    wrong = run_command(sync, "adviser", "--release-quarantined", id_of(broken))
    assert (wrong.exit_code, len(quarantined())) == (1, 1)
    done = run_command(sync, "--release-quarantined", id_of(broken), "--release-quarantined", "solver-1")
    assert (done.exit_code, done.stdout) == (1, "1 document taken out of quarantine.\n")
    assert done.stderr == "Error: not in quarantine: solver-1; --list-quarantined shows what is\n"
    assert quarantined() == []


@pytest.mark.parametrize("name", ["--list-quarantined", "--list-waiting", "--release-quarantined=solver-1"])
@pytest.mark.parametrize("other", ["--force", "--id=solver-1", "--shard=1/2", "--list-waiting", "--list-quarantined"])
def test_what_is_asked_for_instead_of_a_sync_goes_with_nothing_else(name: str, other: str) -> None:
    if name != other:
        done = run_command(sync, name, other)
        assert (done.exit_code, "goes with KINDs and --json alone" in done.stderr) == (2, True)


# --- Waiting ---------------------------------------------------------------------------------------------------------


def test_documents_that_wait_are_counted_and_listed_until_their_packages_are_solved(
    graph: GraphDatabase, store: SolverResultsStore
) -> None:
    advisers = AdvisersResultsStore()
    advisers.connect()
    for number in range(2):
        document = adviser(product(1, ["flask"], [FLASK]), document_id=f"adviser-26112211352{number}-9609fe253f1fb928")
        advisers.ceph.store_document(document, id_of(document))
    assert run_command(sync, "--list-waiting").stdout == "No document waits for packages.\n"
    done = run_command(sync, "adviser")
    assert done.exit_code == 0
    said = "2 documents wait for packages that nobody solved; to see them: "
    assert done.stdout.splitlines()[-1].startswith(said)
    listed = run_command(sync, *printed(done.stdout, "to see them: ")).stdout.splitlines()
    assert listed[1].split()[:4] == ["adviser", "adviser-261122113520-9609fe253f1fb928", "flask", "3.0.3"]
    assert listed[1].rstrip().endswith("in rhel 8, Python 3.8")
    (first, _) = json.loads(run_command(sync, "--list-waiting", "--json", "adviser").stdout)["waiting"]
    assert (first["kind"], len(first["awaited"])) == ("adviser", 1)
    assert json.loads(run_command(sync, "--list-waiting", "--json", "solver").stdout) == {"waiting": []}
    graph.sync_solver_result(for_solver(real_document(FLASK), ON_RHEL, "0000"))
    done = run_command(sync, "adviser")
    assert (done.exit_code, "wait" in done.stdout) == (0, False)
    assert json.loads(run_command(sync, "--json", "adviser").stdout)["total"]["waiting"] == 0


# --- Not there -------------------------------------------------------------------------------------------------------


def test_of_a_document_that_is_not_there_nobody_says_it_would_go_into_quarantine(
    database: URL, store: SolverResultsStore
) -> None:
    done = run_command(sync, "--id", "solver-nonsense")
    assert (done.exit_code, "solver-nonsense" in done.stderr) == (1, True)
    assert "quarantine" not in done.stderr and "graceful" not in done.stderr
    done = run_command(sync, "--id", "solver-nonsense", "--id", "solver-other")
    assert "--graceful goes on with the others" in done.stderr
    for more in ([], ["--graceful"]):
        done = run_command(sync, "--id", "solver-nonsense.json", *more)
        assert done.stderr.endswith("; ids are given without .json\n")
    assert quarantined() == []


def test_a_store_without_a_document_is_named(
    database: URL, store: SolverResultsStore, prefix: str, sound: Document
) -> None:
    place = f"below {prefix}/tests/"
    done = run_command(sync, "solver")
    assert (done.exit_code, done.stderr) == (0, f"no document of kind solver {place}solver/ in bucket documents\n")
    done = run_command(sync)
    assert (done.exit_code, done.stderr) == (0, f"no document of any kind {place} in bucket documents\n")
    done = run_command(sync, "adviser", "solver")
    assert done.stderr == f"no document of kind solver or adviser {place} in bucket documents\n"
    for more in ("--quiet", "--shard=1/2"):
        assert run_command(sync, "solver", more).stderr == ""
    store.ceph.store_document(sound, id_of(sound))
    assert run_command(sync).stderr == ""


@pytest.mark.parametrize("command", [["sync", "solver"], ["schema", "status"], ["schema", "upgrade"]])
def test_where_no_server_runs_on_this_machine_it_is_said_how_to_start_one(command: list[str]) -> None:
    hint = 'thoth-storages local up, and once that runs: eval "$(thoth-storages local status --exports)"'
    done = run_command(cli, *command, KNOWLEDGE_GRAPH_HOST="localhost", KNOWLEDGE_GRAPH_PORT="1")
    assert (done.exit_code, (done.stdout + done.stderr).count(hint)) == (4, 1)
    done = run_command(cli, *command, KNOWLEDGE_GRAPH_HOST="127.0.0.2", KNOWLEDGE_GRAPH_PORT="1")
    assert (done.exit_code, "local up" in done.stdout + done.stderr) == (4, False)


# --- What is logged, and who reads it --------------------------------------------------------------------------------


def said(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environ}, timeout=60)


def test_verbosely_batches_are_logged_and_nothing_of_other_libraries(
    database: URL, folder: Path, sound: Document, broken: Document
) -> None:
    done = said("-v", "sync", "--from", folder, "--graceful")
    first, last = sorted(str(folder / f"{id_of(one)}.json") for one in (sound, broken))
    lines = done.stderr.splitlines()
    assert lines[0] == f"INFO: {first} to {last}: 1 synced, 1 failed"
    assert lines[1].startswith("ERROR: not synced: ") and len(lines) == 3
    assert said("-v", "sync", "--from", folder, "--graceful", "--quiet").stderr.startswith("ERROR: ")


def test_a_path_is_named_once(database: URL, folder: Path, broken: Document) -> None:
    path = folder / f"{id_of(broken)}.json"
    path.write_text("{")
    done = said("sync", "--from", folder, "--graceful")
    assert done.stderr.splitlines()[0].count(str(path)) == 1


def test_a_statement_is_logged_once(database: URL) -> None:
    done = said("sync", "--list-waiting", "adviser", THOTH_STORAGES_DEBUG_QUERIES="1")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).count("starts_with(") == 1


@pytest.mark.parametrize("more", [[], ["--json"], ["--list-quarantined"], ["--list-waiting"]])
def test_where_nobody_reads_what_it_says_a_sync_ends_as_if_somebody_did(
    database: URL, folder: Path, broken: Document, more: list[str]
) -> None:
    (folder / f"{id_of(broken)}.json").unlink()
    ours, theirs = os.pipe()
    os.close(ours)
    source = [] if "--list" in "".join(more) else ["--from", str(folder)]
    with os.fdopen(theirs, "w") as nobody:
        done = subprocess.run(
            [*COMMAND, "sync", *source, *more], stdout=nobody, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert (done.returncode, done.stderr) == (0, "")
