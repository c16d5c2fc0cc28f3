"""Inspections as they are synced: one document for each result."""

from __future__ import annotations

from typing import Any

import pytest
from support.stores import inspection_of_2019, inspection_result

from thoth.storages.exceptions import NoDocumentIdError, NotFoundError, SchemaError
from thoth.storages.inspection_documents import InspectionDocumentsStore
from thoth.storages.inspections import InspectionStore

A, A_TF, B = "inspection-a", "inspection-a-tf-210501000000-0a", "inspection-b"


@pytest.fixture
def documents(settings: pytest.MonkeyPatch) -> InspectionDocumentsStore:
    store = InspectionDocumentsStore()
    store.connect()
    return store


def store_all(documents: InspectionDocumentsStore, *document_ids: str) -> None:
    for document_id in document_ids:
        write = inspection_result if "/" in document_id else inspection_of_2019
        documents.store_document(write(document_id))


def listed(documents: InspectionDocumentsStore) -> list[str]:
    return [one.document_id for one in documents.iterate_listing()]


def etag(documents: InspectionDocumentsStore, document_id: str) -> str:
    (found,) = (one.etag for one in documents.iterate_listing() if one.document_id == document_id)
    return found


def test_a_document_is_made_of_the_specification_and_one_result(documents: InspectionDocumentsStore) -> None:
    folder = documents.ceph
    folder.store_document({"build": {}}, f"{A}/build/specification")
    folder.store_document({"exit_code": 0}, f"{A}/results/0/result")
    folder.store_document({"cpu_model": 85}, f"{A}/results/0/hwinfo")
    assert documents.retrieve_document(f"{A}/results/0") == {
        "document_id": A,
        "result_number": 0,
        "specification": {"build": {}},
        "result": {"exit_code": 0},
    }


def test_what_is_stored_lies_where_inspections_leave_it(documents: InspectionDocumentsStore) -> None:
    document = inspection_result(f"{A}/results/2")
    assert documents.store_document(document) == f"{A}/results/2"
    inspection = InspectionStore(A)
    inspection.connect()
    assert inspection.retrieve_specification() == document["specification"]
    assert inspection.results.retrieve_result(2) == document["result"]


def test_numbers_are_in_order_within_inspections(documents: InspectionDocumentsStore) -> None:
    store_all(documents, *(f"{A}/results/{number}" for number in (10, 2, 0)), f"{A_TF}/results/0", f"{B}/results/1")
    numbers = [f"{A}/results/0", f"{A}/results/2", f"{A}/results/10"]
    found = listed(documents)
    assert sorted(found) == sorted([*numbers, f"{A_TF}/results/0", f"{B}/results/1"])
    assert found[found.index(numbers[0]) :][:3] == numbers
    assert listed(documents) == found == [document_id for document_id, _ in documents.iterate_results()]


def test_whole_inspections_of_2019_are_listed_last_as_number_zero(documents: InspectionDocumentsStore) -> None:
    store_all(documents, A, A_TF, "inspection-c", f"{A}/results/1", f"{B}/results/0")
    documents.former.ceph.store_blob(b"", "notes.txt")
    documents.former.store_request(A, {})
    assert listed(documents) == [
        f"{A}/results/1",
        f"{B}/results/0",
        f"{A}/results/0",
        f"{A_TF}/results/0",
        "inspection-c/results/0",
    ]
    assert documents.retrieve_document(f"{A}/results/0") == inspection_of_2019(A)
    assert documents.document_exists(f"{A}/results/0")
    assert not documents.document_exists(f"{A_TF}/results/1")
    assert documents.get_document_id(inspection_of_2019(A)) == f"{A}/results/0"


def test_of_two_documents_with_one_id_the_newer_layout_counts(documents: InspectionDocumentsStore) -> None:
    store_all(documents, A, f"{A}/results/0")
    assert listed(documents) == [f"{A}/results/0"]
    assert documents.retrieve_document(f"{A}/results/0") == inspection_result(f"{A}/results/0")


def test_the_documents_of_one_inspection_can_be_listed(documents: InspectionDocumentsStore) -> None:
    store_all(documents, f"{A}/results/10", f"{A}/results/9", f"{A_TF}/results/0", "inspection-a2", B)
    assert [one.document_id for one in documents.iterate_inspection(A)] == [f"{A}/results/9", f"{A}/results/10"]
    assert [one.document_id for one in documents.iterate_inspection(B)] == [f"{B}/results/0"]
    assert list(documents.iterate_inspection("inspection")) == []
    with pytest.raises(ValueError, match="must not be empty"):
        documents.iterate_inspection("")


def test_an_etag_is_that_of_both_objects(documents: InspectionDocumentsStore) -> None:
    first, second = f"{A}/results/0", f"{A}/results/1"
    store_all(documents, first, second)
    before = etag(documents, first), etag(documents, second)
    documents.ceph.store_document({"exit_code": 1}, f"{first}/result")
    assert etag(documents, first) != before[0]
    assert etag(documents, second) == before[1]
    documents.ceph.store_document({"run": {}}, f"{A}/build/specification")
    assert etag(documents, second) != before[1]
    for other in ("build/log", "results/1/log", "results/1/hwinfo"):
        documents.ceph.store_blob(b"{}", f"{A}/{other}")
    assert etag(documents, second) != before[1]


def test_a_result_without_a_specification_is_listed_and_cannot_be_retrieved_yet(
    documents: InspectionDocumentsStore,
) -> None:
    documents.ceph.store_document({"exit_code": 0}, f"{A}/results/0/result")
    assert listed(documents) == [f"{A}/results/0"], "nothing is silently left out"
    with pytest.raises(NotFoundError, match=f"{A}/build/specification"):
        documents.retrieve_document(f"{A}/results/0")
    before = etag(documents, f"{A}/results/0")
    documents.ceph.store_document({"build": {}}, f"{A}/build/specification")
    assert etag(documents, f"{A}/results/0") != before
    assert documents.retrieve_document(f"{A}/results/0")["specification"] == {"build": {}}


def test_a_run_without_a_result_is_no_document(documents: InspectionDocumentsStore) -> None:
    for name in ("build/specification", "results/0/log", "results/0/hwinfo"):
        documents.ceph.store_document({}, f"{A}/{name}")
    assert listed(documents) == []
    assert not documents.document_exists(f"{A}/results/0")
    with pytest.raises(NotFoundError):
        documents.retrieve_document(f"{A}/results/0")


@pytest.mark.parametrize("document_id", [A, "", f"{A}/results", f"{A}/results/01", f"{A}/results/-1", f"{A}/build/0"])
def test_what_is_no_id_of_a_result_is_not_found(documents: InspectionDocumentsStore, document_id: str) -> None:
    store_all(documents, A, f"{A}/results/1")
    assert not documents.document_exists(document_id)
    with pytest.raises(NotFoundError, match="expected <inspection id>/results/<number>"):
        documents.retrieve_document(document_id)


@pytest.mark.parametrize(
    "change",
    [
        {"document_id": None},
        {"document_id": ""},
        {"document_id": "a/b"},
        {"result_number": None},
        {"result_number": -1},
        {"result_number": True},
        {"result_number": 1.0},
    ],
)
def test_a_document_that_does_not_say_which_it_is_is_refused(
    documents: InspectionDocumentsStore, change: dict[str, Any]
) -> None:
    with pytest.raises(NoDocumentIdError):
        documents.store_document(inspection_result(f"{A}/results/0") | change)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"result_number": "0"}, "result_number"),
        ({"specification": None}, "specification"),
        ({"result": []}, "result"),
        ({"inspection_id": A}, "inspection_id"),
    ],
)
def test_a_document_that_is_broken_is_not_stored(
    documents: InspectionDocumentsStore, change: dict[str, Any], path: str
) -> None:
    with pytest.raises(SchemaError, match=f"document {A}/results/0: at {path}: expected"):
        documents.store_document(inspection_result(f"{A}/results/0") | change)
    assert list(documents.ceph.get_document_listing()) == []


def test_a_document_cannot_be_stored_as_another(documents: InspectionDocumentsStore) -> None:
    with pytest.raises(ValueError, match=f"is '{A}/results/0' and cannot be stored as '{A}/results/1'"):
        documents.store_document(inspection_result(f"{A}/results/0"), f"{A}/results/1")
