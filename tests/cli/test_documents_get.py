"""thoth-storages documents get: bytes as they are stored, on standard output and in files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from support.commands import Result, run_command
from support.documents import id_of, real_documents
from support.stores import inspection_result

from thoth.storages import replaced_files
from thoth.storages.ceph import CephStore
from thoth.storages.cli.documents import documents
from thoth.storages.cli.documents_get import _Place
from thoth.storages.inspection_documents import InspectionDocumentsStore
from thoth.storages.provenance import ProvenanceResultsStore
from thoth.storages.security_indicators import SIAggregatedStore
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import documents_in

FIRST, SECOND = sorted(map(id_of, real_documents()))[:2]
RESULT = "inspection-x-261015110655-8ad7/results/10"
DAMAGED = b'\xff{"no more":\r\n'


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """The store that the settings name, with two documents and a request."""
    connected = SolverResultsStore()
    connected.connect()
    for document in real_documents():
        if id_of(document) in (FIRST, SECOND):
            connected.store_document(document)
    connected.store_request(FIRST, {"asked": "for"})
    return connected


def get(*arguments: object, code: int = 0) -> Result:
    done = run_command(documents, "get", *arguments)
    assert done.exit_code == code, done.stderr
    return done


def test_a_document_comes_as_it_is_stored(store: SolverResultsStore) -> None:
    stored = store.ceph.retrieve_blob(FIRST).decode()
    assert get(FIRST).stdout == stored == get(FIRST, "--output", "-").stdout
    assert not stored.endswith("\n")


def test_several_are_a_stream_of_json(store: SolverResultsStore) -> None:
    stored = [store.ceph.retrieve_blob(one).decode() for one in (FIRST, SECOND)]
    assert get(FIRST, SECOND, FIRST).stdout == "".join(f"{one}\n" for one in stored), "each once"


def test_what_is_no_json_comes_all_the_same(store: SolverResultsStore, tmp_path: Path) -> None:
    store.ceph.store_blob(DAMAGED, SECOND)
    get(SECOND, "-o", tmp_path / "damaged")
    assert (tmp_path / "damaged").read_bytes() == DAMAGED


def test_requests_are_fetched_by_the_id_of_the_document_or_by_their_own(store: SolverResultsStore) -> None:
    expected = CephStore.dict2blob({"asked": "for"}).decode()
    assert get(FIRST, "--request").stdout == expected
    assert get(f"{FIRST}.request").stdout == expected
    assert get(f"{FIRST}.request", "--request").stdout == expected
    assert "there is no object" in get(SECOND, "--request", code=1).stderr


def test_documents_of_several_kinds_go_into_a_directory_and_none_out_of_it(
    store: SolverResultsStore, tmp_path: Path
) -> None:
    inspections, indicators, checks = InspectionDocumentsStore(), SIAggregatedStore(), ProvenanceResultsStore()
    for one in (inspections, indicators, checks):
        one.connect()
    inspections.store_document(inspection_result(RESULT))
    indicators.ceph.store_document({"an": "indicator"}, "security-indicators-1/aggregated")
    checks._former.ceph.store_document({"of": 2019}, "provenance-checker-8ad7")
    deep = "solver-/etc/escaped"
    store.ceph.store_document({"an": "escape"}, deep)
    ids = [FIRST, RESULT, "security-indicators-1", "provenance-checker-8ad7", deep]
    done = get(*ids, "-o", f"{tmp_path}/new/folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(map(str, folder.iterdir())) == sorted(done.stdout.splitlines())
    assert sorted(path.name for path in tmp_path.rglob("*.json")) == sorted(path.name for path in folder.iterdir())
    names = {path.name: json.loads(path.read_bytes()) for path in folder.iterdir()}
    assert names["inspection-x-261015110655-8ad7%2Fresults%2F10.json"] == inspection_result(RESULT)
    assert names["security-indicators-1.json"] == {"an": "indicator"}
    assert names["provenance-checker-8ad7.json"] == {"of": 2019}
    assert names["solver-%2Fetc%2Fescaped.json"] == {"an": "escape"}
    assert len(documents_in(folder)) == 5, "a sync takes them from there"


@pytest.mark.parametrize("document_id", ["../x", "/etc/passwd", "..", ".", "solver-/../../x", "a\\b", "nul\0", "ü:*?"])
def test_no_id_leads_out_of_the_directory(tmp_path: Path, document_id: str) -> None:
    path = _Place(tmp_path, is_directory=True).of(document_id)
    path.write_text("somewhere")
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_replaced_when_they_are_whole(
    store: SolverResultsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "document.json"
    path.write_text("what was there before")

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(replaced_files, "_bring_to_disk", full)
        assert "No space left on device" in get(FIRST, "-o", path, code=1).stderr
    assert [one.name for one in tmp_path.iterdir()] == ["document.json"]
    assert path.read_text() == "what was there before"
    get(FIRST, "-o", path)
    assert path.read_bytes() == store.ceph.retrieve_blob(FIRST)
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


def test_a_link_stays_a_link_and_a_pipe_a_pipe(store: SolverResultsStore, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    get(FIRST, "-o", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == store.ceph.retrieve_blob(FIRST)
    get(FIRST, "-o", os.devnull)
    assert Path(os.devnull).is_char_device()


def test_one_that_is_not_there_fails_and_the_others_come(store: SolverResultsStore, tmp_path: Path) -> None:
    done = get("solver-gone-8ad7", FIRST, "solver-\udcff", "-o", tmp_path, code=1)
    first, second, last = done.stderr.splitlines()
    assert "there is no object" in first and "solver-gone-8ad7" in first
    assert "no object can have such a name" in second
    assert last == "Error: 2 of 3 documents could not be fetched"
    assert [path.name for path in tmp_path.iterdir()] == [f"{FIRST}.json"]
    assert len(get("solver-gone-8ad7", code=1).stderr.splitlines()) == 1


def test_an_id_that_tells_no_kind_needs_one(store: SolverResultsStore) -> None:
    done = get("thing-1", code=2)
    assert "'thing-1' starts with none of solver-, " in done.stderr
    store.ceph.store_document({"a": "thing"}, "thing-1")
    assert json.loads(get("thing-1", "--kind", "solver").stdout) == {"a": "thing"}
    assert "Did you mean solver?" in get("thing-1", "--kind", "solvers", code=2).stderr
    assert "not an empty text" in get("", code=2).stderr
    assert "not an empty text" in get(FIRST, "--output", "", code=2).stderr
    assert get(code=2).stdout == ""


def test_several_documents_do_not_fit_into_a_file(store: SolverResultsStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    done = get(FIRST, SECOND, "-o", tmp_path / "file", code=2)
    assert "expected a directory for 2 documents" in done.stderr
    assert (tmp_path / "file").read_text() == "before"
    assert len(get(FIRST, "-o", tmp_path / "no" / "such" / "folder.json", code=1).stderr.splitlines()) == 1
    assert "Not a directory" in get(FIRST, "-o", tmp_path / "file" / "deeper/", code=1).stderr


def test_a_missing_setting_and_a_store_that_is_gone_have_codes_of_their_own(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("THOTH_S3_ENDPOINT_URL", "http://127.0.0.1:1")
    done = get(FIRST, SECOND, code=4)
    assert len(done.stderr.splitlines()) == 1 and "127.0.0.1:1" in done.stderr
    settings.delenv("THOTH_CEPH_KEY_ID")
    assert "THOTH_CEPH_KEY_ID" in get(FIRST, code=3).stderr
