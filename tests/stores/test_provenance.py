"""The store of provenance checks, whose documents lay elsewhere in 2019."""

from __future__ import annotations

from datetime import date

import pytest
from support.stores import document_of_2019, document_of_2023

from thoth.storages import CephStore, ProvenanceResultsStore
from thoth.storages.exceptions import NotFoundError, SchemaError

NEW = ["provenance-checker-210501000000-0a", "provenance-checker-210503000000-0a"]
OLD = ["provenance-checker-22a89155", "provenance-checker-210502000000-0a"]


@pytest.fixture
def former(settings: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """Where the documents of 2019 are, with two of them."""
    ceph = CephStore(f"{prefix}/tests/provenance")
    ceph.connect()
    for document_id in OLD:
        ceph.store_document(document_of_2019(document_id), document_id)
    return ceph


@pytest.fixture
def checks(former: CephStore) -> ProvenanceResultsStore:
    store = ProvenanceResultsStore()
    store.connect()
    for document_id in NEW:
        store.store_document(document_of_2023(document_id))
    return store


def test_documents_of_2019_are_found_where_they_lie(checks: ProvenanceResultsStore) -> None:
    assert list(checks.get_document_listing()) == sorted(NEW + OLD)
    assert [listed.document_id for listed in checks.iterate_listing()] == sorted(NEW + OLD)
    assert checks.get_document_count() == 4
    for document_id in OLD:
        assert checks.document_exists(document_id)
        assert checks.retrieve_document(document_id) == document_of_2019(document_id)
    assert dict(checks.iterate_results())[OLD[0]] == document_of_2019(OLD[0])


def test_a_period_selects_from_both_places(checks: ProvenanceResultsStore) -> None:
    since = list(checks.get_document_listing(start_date=date(2021, 5, 2)))
    assert since == ["provenance-checker-210502000000-0a", "provenance-checker-210503000000-0a"]


def test_nothing_is_stored_in_the_old_place(checks: ProvenanceResultsStore, former: CephStore) -> None:
    checks.store_document(document_of_2019("provenance-checker-8ad7"))
    checks.store_request("provenance-checker-8ad7", {})
    assert list(former.get_document_listing()) == sorted(OLD)
    assert "provenance-checker-8ad7" in checks.get_document_listing()


def test_of_two_documents_with_one_id_the_newer_place_counts(checks: ProvenanceResultsStore) -> None:
    before = {listed.document_id: listed.etag for listed in checks.iterate_listing()}
    newer = document_of_2023(OLD[1])
    checks.store_document(newer)
    assert list(checks.get_document_listing()) == sorted(NEW + OLD), "listed once"
    after = {listed.document_id: listed.etag for listed in checks.iterate_listing()}
    assert {document_id for document_id in after if after[document_id] != before[document_id]} == {OLD[1]}
    assert after[OLD[1]] == checks.ceph.retrieve_document_attr(OLD[1], "e_tag").strip('"')
    assert checks.retrieve_document(OLD[1]) == newer


def test_what_no_document_is_in_the_old_place_is_not_listed(checks: ProvenanceResultsStore, former: CephStore) -> None:
    for name in ("notes.txt", "old/backup", f"{OLD[0]}.request"):
        former.store_blob(b"no document", name)
    assert list(checks.get_document_listing()) == sorted(NEW + OLD)


def test_what_is_in_neither_place_is_not_found_and_what_is_broken_is_said(
    checks: ProvenanceResultsStore, former: CephStore
) -> None:
    with pytest.raises(NotFoundError, match="provenance-checker-gone"):
        checks.retrieve_document("provenance-checker-gone")
    former.store_blob(b"{", OLD[0])
    with pytest.raises(SchemaError, match=OLD[0]):
        checks.retrieve_document(OLD[0])
