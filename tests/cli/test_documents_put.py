"""thoth-storages documents put: what is stored, what is refused, what is left as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.commands import Result, run_command
from support.documents import Document, id_of, real_documents, remove
from support.inspection_documents import inspection, inspection_of_2019
from support.kinds import KINDS as CONTENTS

from thoth.storages.ceph import CephStore
from thoth.storages.cli.documents import documents
from thoth.storages.inspection_documents import InspectionDocumentsStore
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import KINDS, DocumentKind


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with nothing in it."""
    connected = SolverResultsStore()
    connected.connect()
    return connected


@pytest.fixture
def document() -> Document:
    return real_documents()[0]


def put(*arguments: object, typed: str = "", code: int = 0) -> Result:
    done = run_command(documents, "put", *arguments, typed=typed)
    assert done.exit_code == code, done.stdout + done.stderr
    return done


def written(folder: Path, document: object, name: str = "document.json") -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_documents_of_every_kind_are_stored_where_a_sync_finds_them(
    kind: DocumentKind, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = kind.store()
    store.connect()
    document = CONTENTS[kind.kind].last()[0]
    path = written(tmp_path, document)
    said = put(path).stdout.split()
    assert said == ["stored", kind.store.get_document_id(document)]
    assert [one.document_id for one in store.iterate_listing()] == said[1:]
    assert store.retrieve_document(said[1]) == document
    assert put(path, "--kind", kind.key).stdout.split() == ["unchanged", said[1]]


def test_what_is_stored_has_the_bytes_of_the_store(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    put(written(tmp_path, json.dumps(document, indent=7)))
    assert store.ceph.retrieve_blob(id_of(document)) == CephStore.dict2blob(document)


def test_what_is_there_is_left_as_it_is_unless_forced(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    path, name = written(tmp_path, document), id_of(document)
    put(path)
    before = list(store.iterate_listing())
    assert put(path).stdout == f"unchanged  {name}\n" == put(path, "--force").stdout
    assert list(store.iterate_listing()) == before
    document["result"]["environment"] = {"other": "content"}
    done = put(written(tmp_path, document), code=1)
    assert done.stderr == (
        f"Error: {path}: {name} is stored already, with other content; it was left as it is (--force replaces it)\n"
    )
    assert list(store.iterate_listing()) == before
    assert put(path, "--force").stdout == f"replaced   {name}\n"
    assert store.retrieve_document(name) == document


def test_the_same_content_in_other_bytes_is_unchanged_and_damaged_bytes_are_not(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    path, name = written(tmp_path, document), id_of(document)
    store.ceph.store_blob(json.dumps(document).encode(), name)
    assert put(path).stdout.startswith("unchanged")
    assert put(path, "--force").stdout.startswith("replaced")
    assert store.ceph.retrieve_blob(name) == CephStore.dict2blob(document)
    store.ceph.store_blob(b"{no more", name)
    assert "with other content" in put(path, code=1).stderr
    assert put(path, "--force").stdout.startswith("replaced")


def test_standard_input_is_a_file_too(store: SolverResultsStore, document: Document) -> None:
    assert put("-", typed=json.dumps(document)).stdout == f"stored     {id_of(document)}\n"
    done = put("-", typed=json.dumps(document)[:100], code=1)
    assert done.stderr.startswith("Error: standard input: document <without an id>: at the top: expected JSON in UTF-8")
    assert "can be read once" in put("-", "-", code=2).stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "at the top: expected JSON in UTF-8 (Expecting value: line 1 column 1 (char 0))"),
        ('{"metadata": {', "at the top: expected JSON in UTF-8 ("),
        ("[1]", "at the top: expected a JSON object, not list"),
        ('{"metadata": {"x": NaN}}', "NaN is no JSON"),
        ("{}", "at metadata.document_id: expected an id that starts with one of solver-, "),
        ('{"metadata": {"document_id": "thing-1"}}', "expected an id that starts with one of solver-, "),
        (
            '{"metadata": {"document_id": "solver-1"}, "result": {}}',
            "document solver-1: at metadata.analyzer: expected",
        ),
        ("[" * 100_000, "at the top: expected JSON"),
    ],
)
def test_what_is_no_document_is_named_with_the_place_and_what_was_expected(
    store: SolverResultsStore, tmp_path: Path, content: str, message: str
) -> None:
    path = written(tmp_path, content)
    done = put(path, code=1)
    assert done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"Error: {path}: ") and message in done.stderr
    assert list(store.ceph.iterate_listing()) == []


def test_what_the_store_would_take_and_the_graph_would_not_is_refused(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    document["result"]["tree"][0]["sha256"] = ["no digest"]
    store.store_document(document)
    store.ceph.delete(id_of(document))
    done = put(written(tmp_path, document), code=1)
    assert "at result.tree[0].sha256[0]: expected a sha256 digest" in done.stderr
    remove(document, ("metadata", "hostname"))
    done = put(written(tmp_path, document), "--force", code=1)
    assert "at metadata.hostname: expected this key, which is missing" in done.stderr
    assert list(store.ceph.iterate_listing()) == []


def test_an_id_that_no_listing_would_show_is_refused(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    document["metadata"]["document_id"] = "solver-debian-12-py311-261122110655-in/a-folder"
    done = put(written(tmp_path, document), code=1)
    assert "is no id of a document" in done.stderr
    assert list(store.ceph.iterate_listing()) == []


def test_a_file_at_fault_keeps_none_of_the_others_back(store: SolverResultsStore, tmp_path: Path) -> None:
    first, second, third = real_documents()[:3]
    files = [written(tmp_path, document, f"{number}") for number, document in enumerate((first, "{", second, third))]
    files[2].chmod(0)
    done = put(*files, code=1)
    assert f"Error: {files[1]}: " in done.stderr
    # As root, nothing is forbidden to read.
    refused = 2 if "Permission denied" in done.stderr else 1
    assert done.stderr.endswith(f"Error: {refused} of 4 files were not stored\n")
    assert len(list(store.iterate_listing())) == 4 - refused


def test_a_missing_file_and_a_directory_are_wrong_usage_and_nothing_is_stored(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    path = written(tmp_path, document)
    assert "does not exist" in put(path, tmp_path / "missing", code=2).stderr
    assert "is a directory" in put(path, tmp_path, code=2).stderr
    assert put(code=2).stdout == ""
    assert list(store.ceph.iterate_listing()) == []


def test_a_kind_that_is_named_decides_how_a_document_is_read(
    store: SolverResultsStore, document: Document, tmp_path: Path
) -> None:
    done = put(written(tmp_path, document), "--kind", "inspection", code=1)
    assert "expected" in done.stderr
    assert list(store.ceph.iterate_listing()) == []
    assert "Did you mean" in put(written(tmp_path, document), "--kind", "solvr", code=2).stderr


def test_a_result_does_not_replace_the_specification_that_others_share(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = InspectionDocumentsStore()
    store.connect()
    put(written(tmp_path, inspection()))
    other = inspection(1)
    other["specification"]["build"]["requests"]["memory"] = "1Gi"
    path = written(tmp_path, other, "other.json")
    assert "with other content" in put(path, code=1).stderr
    store.retrieve_document(InspectionDocumentsStore.get_document_id(inspection()))
    assert [one.document_id[-1] for one in store.iterate_listing()] == ["0"]
    assert put(path, "--force").stdout.startswith("replaced")
    assert [one.document_id[-1] for one in store.iterate_listing()] == ["0", "1"]
    store.ceph.delete(f"{other['document_id']}/build/specification")
    assert "with other content" in put(path, code=1).stderr, "only its result is there"


def test_an_inspection_of_2019_is_stored_as_it_is(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    document = inspection_of_2019()
    said = put(written(tmp_path, document)).stdout.split()
    store = InspectionDocumentsStore()
    store.connect()
    assert said[0] == "stored" and store.former.retrieve_document(document["inspection_id"]) == document
    assert put(written(tmp_path, document)).stdout.split() == ["unchanged", said[1]]


def test_a_missing_setting_and_a_store_that_is_gone_have_codes_of_their_own(
    settings: pytest.MonkeyPatch, document: Document, tmp_path: Path
) -> None:
    path = written(tmp_path, document)
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    done = put(path, path, code=4)
    assert len(done.stderr.splitlines()) == 1 and "127.0.0.1:1" in done.stderr
    settings.delenv("THOTH_CEPH_KEY_ID")
    assert "THOTH_CEPH_KEY_ID" in put(path, code=3).stderr
