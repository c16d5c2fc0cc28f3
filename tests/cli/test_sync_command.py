"""thoth-storages sync: which documents it is about, what it says of them, and its exit codes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from support.analyses import as_id, real_analysis
from support.commands import Result, run_command
from support.documents import Document, DocumentOf, id_of, remove
from support.tables import rows_of

from thoth.storages.analyses import AnalysisResultsStore
from thoth.storages.cli import cli
from thoth.storages.cli.sync import sync
from thoth.storages.cli.sync_choice import name_of, names_of
from thoth.storages.cli.sync_errors import printable
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import ANALYSIS, KINDS, SECURITY_INDICATORS, Shard

REQUIREMENTS = ("flask==3.0.3", "attrs==22.2.0", "six==1.16.0")
WRONG = "at metadata.analyzer_version: expected a value, but the key is missing"


@pytest.fixture
def some(document_of: DocumentOf) -> list[Document]:
    """Three sound documents, in the order of their ids."""
    return sorted((document_of(requirement) for requirement in REQUIREMENTS), key=id_of)


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with nothing in it."""
    connected = SolverResultsStore()
    connected.connect()
    return connected


@pytest.fixture
def folder(some: list[Document], tmp_path: Path) -> Path:
    """A directory with the documents in files, one of them deep in it, and with what is none of ours."""
    documents = [*some, real_analysis()]
    for number, document in enumerate(documents):
        directory = tmp_path / "documents" / ("deep/er" if number == 0 else "")
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{id_of(document)}.json").write_text(json.dumps(document))
    (tmp_path / "documents" / "readme.json").write_text("no document")
    return tmp_path / "documents"


def broken(document: Document) -> Document:
    other = copy.deepcopy(document)
    remove(other, ("metadata", "analyzer_version"))
    return other


def put(store: SolverResultsStore, *documents: Document) -> None:
    """Store the documents; nothing in them is checked."""
    for document in documents:
        store.ceph.store_document(document, id_of(document))


def synced(engine: Engine) -> list[Any]:
    return [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document ORDER BY 1")]


def table(done: Result) -> dict[str, list[str]]:
    """{kind: cells} of the table that was printed."""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert " ".join(lines[0]) == "kind processed synced skipped failed quarantined by now seconds per second"
    return {line[0]: line[1:] for line in lines[1:] if len(line) == 8}


def as_json(*arguments: object, code: int = 0) -> dict[str, Any]:
    done = run_command(sync, "--json", *arguments)
    assert done.exit_code == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["exit_code"] == code
    return found


# --- Names, help, usage ----------------------------------------------------------------------------------------------


def test_the_help_has_every_kind_an_example_and_every_exit_code() -> None:
    done = run_command(cli, "sync", "--help")
    assert done.exit_code == 0
    words = " ".join(done.stdout.split()).replace("package- extract", "package-extract")
    for kind in KINDS:
        assert name_of(kind) in words
    assert "Example: thoth-storages sync " in words
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert any(line.split()[:1] == [code] for line in done.stdout.splitlines()), code


def test_no_name_means_two_kinds_and_those_people_use_are_there() -> None:
    names = [name for kind in KINDS for name in names_of(kind)]
    assert len(set(names)) == len(names)
    assert {"package-extract", "analysis"} <= set(names_of(ANALYSIS))
    assert name_of(SECURITY_INDICATORS) == "security-indicators"
    assert {kind.key for kind in KINDS} < set(names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["solvers"], "Did you mean solver?"),
        (["nothing-like-it"], "is no kind of documents. They are: solver, revsolver, "),
        (["--shard", "9/8"], "a shard is one of"),
        (["--shard", "half"], "3/8 being the third of eight"),
        (["--since", "2026-13-01"], "a day such as 2026-11-01, not '2026-13-01'"),
        (["--since", "2199-01-01"], "2199-01-01 is still to come"),
        (["--since", "2026-11-01", "--id", "solver-1"], "neither --id nor --from"),
        (["--id", "thing-1"], "thing-1: its prefix is that of no kind"),
        (["--id", ""], "not an empty text"),
        (["adviser", "--id", "solver-1"], "solver-1 is of kind solver, which is not among those"),
        (["--from", "/no/such/directory"], "/no/such/directory"),
        (["--list-quarantined", "--force"], "goes with KINDs and --json alone"),
    ],
)
def test_a_wrong_command_says_what_is_wrong_and_asks_no_server(arguments: list[str], message: str) -> None:
    done = run_command(sync, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_directory_without_the_documents_that_are_meant_is_a_usage_error(folder: Path) -> None:
    assert "no file in it, however deep" in run_command(sync, "--from", folder, "adviser").stderr
    done = run_command(sync, "--from", folder, "--id", "solver-1")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no file solver-1.json in it" in done.stderr


# --- Which documents -------------------------------------------------------------------------------------------------


def test_everything_in_a_directory_is_synced_and_the_second_time_skipped(
    database: URL, folder: Path, engine: Engine, some: list[Document]
) -> None:
    done = run_command(sync, "--from", folder)
    assert (done.exit_code, done.stderr) == (0, "")
    found = table(done)
    assert {kind: cells[:5] for kind, cells in found.items()} == {
        "solver": ["3", "3", "0", "0", "0"],
        "package-extract": ["1", "1", "0", "0", "0"],
        "all": ["4", "4", "0", "0", "0"],
    }
    assert all(float(cells[6].replace(",", "")) > 0 for cells in found.values())
    assert synced(engine) == sorted([*map(id_of, some), id_of(real_analysis())])
    assert table(run_command(sync, "--from", folder, "solver")).keys() == {"solver"}
    assert as_json("--from", folder)["total"]["skipped"] == 4
    assert as_json("--from", folder, "--force")["total"]["synced"] == 4


def test_only_the_named_documents_of_a_directory_are_synced(
    database: URL, folder: Path, engine: Engine, some: list[Document]
) -> None:
    assert as_json("--from", folder, "--id", id_of(some[0]), "--id", f"{id_of(some[2])}.json")["total"]["synced"] == 2
    assert synced(engine) == [id_of(some[0]), id_of(some[2])]


def test_kinds_are_synced_in_their_order_and_by_any_of_their_names(database: URL, store: SolverResultsStore) -> None:
    names = [name for kind in reversed(KINDS) for name in names_of(kind)]
    assert list(as_json(*names)["kinds"]) == [name_of(kind) for kind in KINDS]
    assert list(as_json()["kinds"]) == [name_of(kind) for kind in KINDS]
    assert list(as_json("Dependency_Monkey", "solver")["kinds"]) == ["solver", "dependency-monkey"]


def test_ids_days_and_shares_choose_among_what_is_stored(
    database: URL, store: SolverResultsStore, engine: Engine, some: list[Document]
) -> None:
    of_2019 = copy.deepcopy(some[2])
    of_2019["metadata"]["document_id"] = "solver-fedora-31-py37-8ad7"
    put(store, *some, of_2019)
    assert as_json("--id", id_of(some[0]))["total"]["synced"] == 1
    assert synced(engine) == [id_of(some[0])]
    ids = [*map(id_of, some), id_of(of_2019)]
    for number in (1, 2):
        held = [one for one in ids if Shard(number, 2).holds(one)]
        assert as_json("--force", "--shard", f"{number}/2", "solver")["total"]["processed"] == len(held)
    assert as_json("--since", "2026-11-01", "solver")["total"]["processed"] == 3
    done = run_command(sync, "--since", "2026-11-23", "solver")
    if done.exit_code == 0:  # else it is that day still
        assert table(done)["solver"][0] == "0"
        assert "below" in done.stderr and "made since 2026-11-23" in done.stderr


def test_an_id_that_tells_no_kind_is_of_the_one_that_is_named(
    database: URL, settings: pytest.MonkeyPatch, engine: Engine
) -> None:
    store = AnalysisResultsStore()
    store.connect()
    store.ceph.store_document(as_id(real_analysis(), "of-no-kind"), "of-no-kind")
    assert as_json("analysis", "--id", "of-no-kind")["kinds"]["package-extract"]["synced"] == 1
    assert synced(engine) == ["of-no-kind"]


# --- Documents at fault ----------------------------------------------------------------------------------------------


def test_the_first_document_at_fault_ends_the_sync_and_is_named_with_the_place_in_it(
    database: URL, store: SolverResultsStore, engine: Engine, some: list[Document]
) -> None:
    put(store, some[0], broken(some[1]))
    done = run_command(sync, "solver", "adviser")
    assert done.exit_code == 1
    assert table(done) == {"solver": ["2", "1", "0", "1", "0", *table(done)["solver"][5:]]}, "advisers were not begun"
    assert done.stderr.splitlines()[-1].startswith(f"Error: document {id_of(some[1])}: {WRONG}; ")
    assert "--graceful" in done.stderr
    assert synced(engine) == [id_of(some[0])]
    found = as_json("solver", code=1)
    assert found["error"].startswith(f"document {id_of(some[1])}: {WRONG}")
    assert found["failures"] == [
        {
            "kind": "solver",
            "document_id": id_of(some[1]),
            "message": f"document {id_of(some[1])}: {WRONG}",
            "path": "metadata.analyzer_version",
            "expected": "a value, but the key is missing",
        }
    ]


def test_gracefully_it_goes_into_quarantine_where_it_fails_no_later_sync(
    database: URL, store: SolverResultsStore, engine: Engine, some: list[Document]
) -> None:
    put(store, some[0], broken(some[1]), some[2])
    done = run_command(sync, "--graceful", "solver")
    assert done.exit_code == 1
    assert table(done)["solver"][:5] == ["3", "2", "0", "1", "1"]
    assert "Error: 1 of 3 documents could not be synced" in done.stderr
    again = run_command(sync, "solver")
    assert again.exit_code == 0
    assert table(again)["solver"][:5] == ["3", "0", "3", "0", "1"]
    expected = (
        "1 document is in quarantine, since this sync or earlier (1 skipped now); to see it: thoth-storages sync "
        "--list-quarantined; to try again: thoth-storages sync --graceful --retry-quarantined"
    )
    assert again.stdout.splitlines()[-1] == expected
    assert again.stderr == "", "it is said once"
    found = as_json("solver")["kinds"]["solver"]
    assert (found["left_alone"], found["in_quarantine"]) == (1, 1)
    assert as_json("--retry-quarantined", "solver", code=1)["total"]["failed"] == 1
    put(store, some[1])
    assert as_json("solver")["kinds"]["solver"]["in_quarantine"] == 0
    assert synced(engine) == list(map(id_of, some))


def test_what_is_in_quarantine_is_listed_uncut_with_the_reason(
    database: URL, store: SolverResultsStore, some: list[Document]
) -> None:
    nothing = run_command(sync, "--list-quarantined")
    assert (nothing.exit_code, nothing.stdout) == (0, "There is nothing in quarantine.\n")
    put(store, broken(some[1]))
    run_command(sync, "--graceful", "solver")
    done = run_command(sync, "--list-quarantined", "adviser", "solver")
    assert done.exit_code == 0
    line = done.stdout.splitlines()[1]
    assert line.split()[:3] == ["solver", id_of(some[1]), "1"]
    assert line.rstrip().endswith(WRONG)
    (record,) = json.loads(run_command(sync, "--list-quarantined", "--json").stdout)["quarantined"]
    assert (record["kind"], record["document_id"], record["times"]) == ("solver", id_of(some[1]), 1)
    assert record["json_path"] == "metadata.analyzer_version"
    assert json.loads(run_command(sync, "--list-quarantined", "--json", "adviser").stdout) == {"quarantined": []}


def test_a_truncated_file_is_named_with_what_was_expected(database: URL, folder: Path, some: list[Document]) -> None:
    path = folder / f"{id_of(some[1])}.json"
    path.write_text(path.read_text()[:1000])
    done = run_command(sync, "--from", folder)
    assert done.exit_code == 1
    assert f"Error: document {path}: at the top: expected JSON in UTF-8" in done.stderr


def test_a_document_that_is_not_there_is_named(database: URL, store: SolverResultsStore) -> None:
    done = run_command(sync, "--id", "solver-debian-12-py311-261122110655-none")
    assert done.exit_code == 1
    assert "solver-debian-12-py311-261122110655-none" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_quietly_nothing_is_printed_or_logged_but_errors(
    database: URL, store: SolverResultsStore, some: list[Document], caplog: pytest.LogCaptureFixture
) -> None:
    put(store, some[0])
    assert run_command(sync, "--quiet", "solver") == (0, "", "")
    put(store, broken(some[1]))
    done = run_command(sync, "--quiet", "--graceful", "solver")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "1 of 2 documents could not be synced" in done.stderr
    caplog.clear()
    assert run_command(sync, "--quiet", "solver") == (0, "", ""), "what is in quarantine is no error"
    assert caplog.records == []


def test_what_a_document_says_cannot_move_the_cursor() -> None:
    assert printable("a\x1b[2J\r\nb é") == "a\\x1b[2J\\r\\nb é"


# --- What is not there -----------------------------------------------------------------------------------------------


def test_without_tables_or_settings_the_exit_code_is_3_and_says_what_helps(
    missing_database: URL, settings: pytest.MonkeyPatch
) -> None:
    for arguments in (["solver"], ["--list-quarantined"]):
        done = run_command(sync, *arguments)
        assert (done.exit_code, done.stdout) == (3, "")
        assert "thoth-storages schema upgrade" in done.stderr
    assert "does not exist" in as_json(code=3)["error"]
    done = run_command(sync, KNOWLEDGE_GRAPH_PORT="none")
    assert (done.exit_code, "KNOWLEDGE_GRAPH_PORT" in done.stderr) == (3, True)


def test_without_the_settings_of_the_store_the_exit_code_is_3(database: URL) -> None:
    done = run_command(sync, "solver")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "THOTH_" in done.stderr


def test_what_cannot_be_reached_is_4_and_named(database: URL, settings: pytest.MonkeyPatch, folder: Path) -> None:
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    done = run_command(sync, "solver", "--graceful")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "the object store: " in done.stderr and "127.0.0.1:1" in done.stderr
    assert run_command(sync, "--from", folder).exit_code == 0, "files need no store"
    done = run_command(sync, "--from", folder, KNOWLEDGE_GRAPH_PORT="1")
    assert (done.exit_code, "127.0.0.1:1" in done.stderr) == (4, True)
    settings.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    assert as_json(code=4)["total"]["processed"] == 0


def test_a_missing_bucket_is_4(database: URL, settings: pytest.MonkeyPatch) -> None:
    done = run_command(sync, "solver", THOTH_CEPH_BUCKET="not-there")
    assert done.exit_code == 4
    assert "there is no bucket 'not-there'" in done.stderr
