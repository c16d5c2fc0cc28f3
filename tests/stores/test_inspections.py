"""The stores of inspections: what one left, and the documents of 2019."""

from __future__ import annotations

from typing import Any

import pytest
from support.stores import inspection_of_2019

from thoth.storages import CephStore, InspectionBuildsStore, InspectionResultsStore, InspectionStore
from thoth.storages.exceptions import NoDocumentIdError, NotConnectedError, NotFoundError, SchemaError

ID = "inspection-iotf-2-matmul-u38m-fd697eb4"
SPECIFICATION = {"identifier": "iotf-2-matmul-u38m", "build": {"requests": {"cpu": "1"}}}


@pytest.fixture
def inspections(settings: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """The folders of two inspections: eleven runs, of which the fourth failed, and a build without runs."""
    ceph = CephStore(f"{prefix}/tests/inspections")
    ceph.connect()
    ceph.store_blob(b"FROM ubi8", f"{ID}/build/Dockerfile")
    ceph.store_blob(b"Step 1/8 \xff", f"{ID}/build/log")
    ceph.store_document(SPECIFICATION, f"{ID}/build/specification")
    for number in range(11):
        ceph.store_blob(f"run {number}".encode(), f"{ID}/results/{number}/log")
        if number != 3:
            ceph.store_document({"exit_code": number}, f"{ID}/results/{number}/result")
            ceph.store_document({"cpu_model": 85}, f"{ID}/results/{number}/hwinfo")
    ceph.store_blob(b"FROM ubi8", f"{ID}-0/build/Dockerfile")
    ceph.store_blob(b"", "notes")
    return ceph


@pytest.fixture
def inspection(inspections: CephStore) -> InspectionStore:
    store = InspectionStore(inspection_id=ID)
    store.connect()
    return store


def test_the_build_is_read_from_its_folder(inspection: InspectionStore) -> None:
    assert isinstance(inspection.build, InspectionBuildsStore)
    assert inspection.exists()
    assert inspection.retrieve_specification() == inspection.build.retrieve_specification() == SPECIFICATION
    assert inspection.build.retrieve_dockerfile() == "FROM ubi8"
    assert inspection.build.retrieve_log() == "Step 1/8 \N{REPLACEMENT CHARACTER}"


def test_results_are_read_by_their_number(inspection: InspectionStore) -> None:
    results = inspection.results
    assert isinstance(results, InspectionResultsStore)
    assert results.get_results_count() == 11
    assert results.retrieve_result(item=10) == {"exit_code": 10}
    assert results.retrieve_hwinfo(item=0) == {"cpu_model": 85}
    assert results.retrieve_log(item=3) == "run 3"
    for missing in (3, 11):
        with pytest.raises(NotFoundError, match=f"{ID}/results/{missing}/result"):
            results.retrieve_result(missing)


def test_results_come_in_the_order_of_their_numbers(inspection: InspectionStore) -> None:
    exit_codes = [result["exit_code"] for result in inspection.results.iter_inspection_results()]
    assert exit_codes == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_inspections_are_listed_once_each(inspections: CephStore) -> None:
    assert sorted(InspectionStore.iter_inspections()) == [ID, f"{ID}-0"]
    assert InspectionStore.get_inspection_count() == 2


def test_an_inspection_that_is_not_there_has_nothing(inspections: CephStore) -> None:
    inspection = InspectionStore("inspection-iotf-2")
    inspection.connect()
    assert not inspection.exists(), "though other ids start with this one"
    assert inspection.results.get_results_count() == 0
    assert list(inspection.results.iter_inspection_results()) == []
    build, results = inspection.build, inspection.results
    asked: list[Any] = [inspection.retrieve_specification, build.retrieve_dockerfile, build.retrieve_log]
    for ask in (*asked, lambda: results.retrieve_log(0), lambda: results.retrieve_hwinfo(0)):
        with pytest.raises(NotFoundError, match="inspection-iotf-2/"):
            ask()


def test_a_run_or_a_build_alone_makes_an_inspection(inspections: CephStore) -> None:
    inspections.store_blob(b"run 0", "inspection-run/results/0/log")
    for inspection_id in (f"{ID}-0", "inspection-run"):
        inspection = InspectionStore(inspection_id)
        inspection.connect()
        assert inspection.exists()
    assert inspection.results.get_results_count() == 1


def test_all_of_an_inspection_is_connected_at_once(settings: pytest.MonkeyPatch) -> None:
    inspection = InspectionStore(ID)
    assert not inspection.is_connected()
    for use in (inspection.check_connection, inspection.exists, inspection.results.get_results_count):
        with pytest.raises(NotConnectedError):
            use()
    inspection.connect()
    assert inspection.is_connected()
    for store in (inspection, inspection.build, inspection.results):
        store.check_connection()


@pytest.mark.parametrize("inspection_id", ["", "a/b", "/"])
def test_what_would_be_another_folder_is_refused(settings: pytest.MonkeyPatch, inspection_id: str) -> None:
    for make in (InspectionStore, InspectionBuildsStore, InspectionResultsStore):
        with pytest.raises(ValueError, match="no id of an inspection"):
            make(inspection_id)


# --- 2019 ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def former(settings: pytest.MonkeyPatch) -> InspectionResultsStore:
    store = InspectionResultsStore()
    store.connect()
    return store


def test_documents_of_2019_are_filtered_by_their_identifier(former: InspectionResultsStore) -> None:
    for document_id in ("inspection-tf-dm-0a", "inspection-tf-dm-1b", "inspection-tf-2c", "inspection-3d"):
        assert former.store_document(inspection_of_2019(document_id)) == document_id
    assert former.filter_document_ids(["tf-dm", "tf", "torch"]) == {
        "tf-dm": ["inspection-tf-dm-0a", "inspection-tf-dm-1b"],
        "tf": ["inspection-tf-2c"],
        "torch": [],
    }
    assert former.filter_document_ids([]) == {}


@pytest.mark.parametrize("job_log", [None, {}, {"stdout": {}, "script_sha256": None}])
def test_a_build_without_a_run_is_stored_too(former: InspectionResultsStore, job_log: Any) -> None:
    document = inspection_of_2019("inspection-tf-0a") | {"job_log": job_log, "status": None, "created": None}
    assert former.retrieve_document(former.store_document(document)) == document


@pytest.mark.parametrize(
    ("change", "path"),
    [({"specification": None}, "specification"), ({"job_log": "text"}, "job_log"), ({"build_log": 1}, "build_log")],
)
def test_a_document_of_2019_that_is_broken_is_refused(
    former: InspectionResultsStore, change: dict[str, Any], path: str
) -> None:
    with pytest.raises(SchemaError, match=f"document inspection-tf-0a: at {path}: expected"):
        former.store_document(inspection_of_2019("inspection-tf-0a") | change)


def test_the_id_of_an_inspection_is_what_either_generation_calls_it() -> None:
    assert InspectionResultsStore.get_document_id({"inspection_id": "a"}) == "a"
    assert InspectionResultsStore.get_document_id({"document_id": "a", "result_number": 2}) == "a"
    for document in ({}, {"inspection_id": None}, {"inspection_id": 3}):
        with pytest.raises(NoDocumentIdError, match="inspection_id"):
            InspectionResultsStore.get_document_id(document)


def test_the_documents_of_2019_have_no_numbered_results(former: InspectionResultsStore) -> None:
    for ask in (former.get_results_count, former.iter_inspection_results, lambda: former.retrieve_log(0)):
        with pytest.raises(ValueError, match="made for no inspection"):
            ask()
