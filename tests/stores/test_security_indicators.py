"""The stores of security indicators: three objects of each analysis, in one folder."""

from __future__ import annotations

from typing import Any

import pytest
from support.stores import document_of_2023

from thoth.storages import SecurityIndicatorsResultsStore, SIAggregatedStore, SIBanditStore, SIClocStore
from thoth.storages.exceptions import NotConnectedError, NotFoundError

ID, OTHER = "security-indicator-211124154025-de8d82a3227adc99", "security-indicators-54c6daf9"
PARTS: list[Any] = [SIBanditStore, SIClocStore, SIAggregatedStore]


def connected(store: Any) -> Any:
    store.connect()
    return store


@pytest.mark.parametrize("part", PARTS)
def test_a_store_made_for_one_analysis_needs_no_id(settings: pytest.MonkeyPatch, part: Any) -> None:
    store = connected(part(ID))
    assert not store.document_exists()
    with pytest.raises(NotFoundError, match=ID):
        store.retrieve_document()
    document = document_of_2023("anything-1")
    assert store.store_document(document) == ID
    assert store.document_exists()
    assert store.retrieve_document() == document
    assert store.retrieve_document(ID) == document
    assert not connected(part(security_indicator_id=OTHER)).document_exists()
    store.check_connection()


@pytest.mark.parametrize("part", PARTS)
def test_a_store_made_for_none_wants_to_know_which(settings: pytest.MonkeyPatch, part: Any) -> None:
    store = connected(part())
    for ask in (store.retrieve_document, store.document_exists):
        with pytest.raises(ValueError, match="made for no security indicator"):
            ask()


def test_each_part_lists_the_analyses_that_have_it(settings: pytest.MonkeyPatch) -> None:
    for part, document_ids in zip(PARTS, ([ID, OTHER], [OTHER], [ID]), strict=True):
        for document_id in document_ids:
            connected(part()).store_document({"part": part.__name__}, document_id)
    listings = [list(connected(part()).get_document_listing()) for part in PARTS]
    assert listings == [[ID, OTHER], [OTHER], [ID]]
    assert list(SecurityIndicatorsResultsStore.iter_security_indicators()) == [ID, OTHER]
    assert SecurityIndicatorsResultsStore.get_security_indicators_count() == 2


def test_an_empty_store_has_no_analyses(settings: pytest.MonkeyPatch) -> None:
    assert list(SecurityIndicatorsResultsStore.iter_security_indicators()) == []
    connected(SIAggregatedStore()).ceph.store_blob(b"", "notes")
    assert SecurityIndicatorsResultsStore.get_security_indicators_count() == 0


def test_one_store_holds_all_three_parts(settings: pytest.MonkeyPatch) -> None:
    results = SecurityIndicatorsResultsStore(ID)
    assert not results.is_connected()
    with pytest.raises(NotConnectedError):
        results.check_connection()
    results.connect()
    assert results.is_connected()
    results.check_connection()
    for store in (results.bandit, results.cloc, results.aggregated):
        store.store_document({"part": store.security_indicator_type})
    for store in (results.bandit, results.cloc, results.aggregated):
        assert store.retrieve_document() == {"part": store.security_indicator_type}
