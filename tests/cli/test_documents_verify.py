"""thoth-storages documents verify: what it says of storage and graph, and its exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from support.commands import Result, run_command
from support.documents import Document, id_of, made, real_documents, remove
from support.tables import rows_of, run

from thoth.storages.cli import documents_verify
from thoth.storages.cli.documents import documents
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import KINDS, sync_solver_documents
from thoth.storages.sync.side_by_side import SideBySide

KEYS = {
    "documents",
    "agrees",
    "unsure",
    "waiting",
    "quarantined",
    "not_in_graph",
    "not_in_storage",
    "changed",
    "unreadable",
}


@pytest.fixture
def some() -> list[Document]:
    """Five sound documents, in the order of their ids."""
    return sorted(real_documents()[:5], key=id_of)


@pytest.fixture
def store(settings: pytest.MonkeyPatch, some: list[Document]) -> SolverResultsStore:
    """The store that the settings name, with these documents, of which the first cannot be synced."""
    connected = SolverResultsStore()
    connected.connect()
    for document in some:
        connected.store_document(document)
    broken = json.loads(json.dumps(some[0]))
    remove(broken, ("metadata", "analyzer_version"))
    connected.ceph.store_document(broken, id_of(broken))
    return connected


@pytest.fixture
def differing(store: SolverResultsStore, graph: GraphDatabase, some: list[Document]) -> list[Document]:
    """The documents after a sync; then one was deleted, one changed, and one came."""
    sync_solver_documents(graph=graph, graceful=True)
    store.ceph.delete(id_of(some[1]))
    some[2]["result"]["tree"] = []
    store.store_document(some[2])
    some.append(made(some[4], suffix="0000"))
    store.store_document(some[5])
    return some


def verify(*arguments: object, code: int = 0) -> Result:
    done = run_command(documents, "verify", *arguments)
    assert done.exit_code == code, done.stdout + done.stderr
    return done


def as_json(*arguments: object, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(verify("--json", *arguments, code=code).stdout)
    assert found["exit_code"] == code
    return found


def test_agreement_is_0_and_a_table(store: SolverResultsStore, graph: GraphDatabase) -> None:
    sync_solver_documents(graph=graph, graceful=True)
    done = verify("solver")
    refused, heading, row, advice = done.stdout.splitlines()
    assert refused.startswith("quarantined     solver-") and "at metadata.analyzer_version: expected a value" in refused
    assert " ".join(heading.split()) == "kind documents agree not in graph not in storage changed quarantined"
    assert row.split() == ["solver", "5", "4", "0", "0", "0", "1"]
    assert advice == "To try again what is in quarantine: thoth-storages sync --graceful --retry-quarantined"
    assert done.stderr == ""


def test_differences_are_1_and_each_is_a_line_with_what_is_known(differing: list[Document]) -> None:
    done = verify(code=1)
    assert done.stderr == "Error: storage and graph differ on 3 of 6 documents\n"
    lines = done.stdout.splitlines()
    said = {line.split("  solver-")[0].strip(): line for line in lines[:4]}
    assert sorted(said) == ["changed", "not in graph", "not in storage", "quarantined"]
    names = [f"{one}  " for one in map(id_of, differing)]
    assert names[1] in said["not in storage"] and "synced 20" in said["not in storage"]
    assert names[2] in said["changed"] and "stored 20" in said["changed"] and "synced 20" in said["changed"]
    assert names[5] in said["not in graph"] and "synced" not in said["not in graph"]
    assert [line.split()[0] for line in lines[5:15]] == [
        "solver",
        "revsolver",
        "security-indicators",
        "package-analyzer",
        "package-extract",
        "provenance-checker",
        "adviser",
        "dependency-monkey",
        "inspection",
        "all",
    ]
    assert lines[14].split() == ["all", "6", "2", "1", "1", "1", "1"]
    assert "To tell the graph what is new or changed: thoth-storages sync" in lines


def test_programs_get_one_object(differing: list[Document]) -> None:
    found = as_json(code=1)
    assert found["error"] == "storage and graph differ on 3 of 6 documents"
    assert [one["document_id"] for one in found["documents"]] == sorted(
        id_of(differing[number]) for number in (0, 1, 2, 5)
    )
    (refused,) = (one for one in found["documents"] if one["agreement"] == "quarantined")
    assert refused.keys() == {"kind", "document_id", "agreement", "reason", "stored_at", "synced_at"}
    assert refused["kind"] == "solver" and refused["reason"].startswith("at metadata.analyzer_version: ")
    assert len(found["kinds"]) == len(KINDS)
    assert found["kinds"]["solver"] == {**found["total"], "is_complete": True}
    assert found["total"].keys() == KEYS
    assert [found["total"][key] for key in ("documents", "agrees", "changed", "quarantined")] == [6, 2, 1, 1]


def test_an_object_without_differences_is_one_as_well(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document]
) -> None:
    store.store_document(some[0])
    sync_solver_documents(graph=graph)
    found = as_json("solver", "--content")
    assert (found["documents"], found["error"], found["total"]["agrees"]) == ([], None, 5)
    assert as_json("adviser")["kinds"] == {"adviser": {**dict.fromkeys(KEYS, 0), "is_complete": True}}


def test_what_nobody_can_say_and_what_waits_is_counted_and_explained(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    store.store_document(some[0])
    sync_solver_documents(map(id_of, some[:3]), graph=graph)
    sync_solver_documents(map(id_of, some[3:]), graph=graph)
    run(engine, "UPDATE synced_document SET to_sync_again = TRUE WHERE document_id = :id", id=id_of(some[4]))
    done = verify("solver")
    heading, row, *advice = done.stdout.splitlines()
    assert heading.split()[-2:] == ["waiting", "unsure"] and row.split()[-2:] == ["1", "4"]
    assert [line.split(":")[0] for line in advice] == ["Waiting", "Unsure"]
    row = verify("solver", "--content").stdout.splitlines()[1]
    assert row.split() == ["solver", "5", "4", "0", "0", "0", "1"]


def test_damaged_contents_are_found_where_they_are_read(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    store.store_document(some[0])
    sync_solver_documents(graph=graph)
    store.ceph.store_blob(b"{no more", id_of(some[3]))
    etag = next(one.etag for one in store.iterate_listing() if one.document_id == id_of(some[3]))
    run(engine, "UPDATE synced_document SET etag = :etag WHERE document_id = :id", id=id_of(some[3]), etag=etag)
    verify("solver")
    done = verify("solver", "--content", code=1)
    assert done.stdout.startswith(f"unreadable      {id_of(some[3])}  at ") and "a JSON object" in done.stdout
    assert rows_of(engine, "SELECT count(*) FROM quarantined_document")[0][0] == 0


def test_nothing_is_asked_for_a_wrong_command() -> None:
    assert "Did you mean solver?" in verify("solvers", code=2).stderr
    assert verify("--shard", "1/2", code=2).stdout == ""


def test_what_is_missing_is_3_and_what_cannot_be_reached_is_4(
    settings: pytest.MonkeyPatch, missing_database: URL
) -> None:
    found = as_json(code=3)
    assert "schema upgrade" in found["error"] and found["documents"] == []
    assert not any(one["is_complete"] for one in found["kinds"].values())
    settings.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    done = verify(code=4)
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_an_object_store_that_is_gone_is_4_and_a_missing_bucket_is_not_an_empty_one(
    settings: pytest.MonkeyPatch, graph: GraphDatabase
) -> None:
    settings.setenv("THOTH_CEPH_BUCKET", "there-is-no-such-bucket")
    assert "there-is-no-such-bucket" in as_json("solver", code=4)["error"]
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "127.0.0.1:1" in verify("solver", code=4).stderr
    settings.delenv("THOTH_CEPH_KEY_ID")
    assert "THOTH_CEPH_KEY_ID" in verify("solver", code=3).stderr


def test_no_place_for_a_temporary_file_is_3(
    store: SolverResultsStore, graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: SideBySide) -> None:
        raise OSError("a temporary file is needed (TMPDIR says where), and it cannot be used: disk is full")

    monkeypatch.setattr(SideBySide, "__init__", full)
    assert "TMPDIR" in verify("solver", code=3).stderr


def test_a_pipe_that_nobody_reads_ends_it_without_a_word(
    differing: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(documents_verify, "_verify", lambda *_, **__: broken())
    done = verify(code=1)
    assert (done.stdout, done.stderr) == ("", "")
