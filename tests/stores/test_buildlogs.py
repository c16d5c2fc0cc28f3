"""Logs of image builds: the id is made of what is in them, in two ways."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.documents import Document

from thoth.storages import BuildLogsStore, CephStore
from thoth.storages.exceptions import BucketNotFoundError, NotConnectedError, NotFoundError, SchemaError

LOG: Document = {"log": "STEP 1: FROM registry.example.org/ubi8\n", "b": 1, "a": "é"}
NEWER_LOG: Document = {"log": "STEP 2"}


def bare_id(log: Document) -> str:
    text = json.dumps(log, sort_keys=True, indent=2, separators=(",", ": "))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@pytest.fixture
def logs(settings: pytest.MonkeyPatch) -> BuildLogsStore:
    store = BuildLogsStore()
    store.connect()
    return store


@pytest.fixture
def logs_of_2019(logs: BuildLogsStore) -> BuildLogsStore:
    """One log under the id of 2019, and another under that of 2023."""
    logs.ceph.store_document(LOG, bare_id(LOG))
    logs.store_document(NEWER_LOG)
    return logs


def test_the_id_is_the_digest_of_the_bytes_that_are_stored(logs: BuildLogsStore, prefix: str) -> None:
    document_id = logs.store_document(LOG)
    assert document_id == f"buildlog-{bare_id(LOG)}"
    whole = CephStore(prefix)
    whole.connect()
    assert list(whole.get_document_listing()) == [f"tests/buildlogs/{document_id}"]
    assert f"buildlog-{hashlib.sha256(logs.ceph.retrieve_blob(document_id)).hexdigest()}" == document_id
    assert logs.retrieve_document(document_id) == LOG


def test_the_same_log_is_stored_once(logs: BuildLogsStore) -> None:
    assert logs.store_document(LOG) == logs.store_document(dict(reversed(LOG.items())))
    assert logs.store_document({}) == "buildlog-" + hashlib.sha256(b"{}").hexdigest()
    assert logs.get_document_count() == 2


def test_every_log_is_found_by_either_form_of_its_id(logs_of_2019: BuildLogsStore) -> None:
    for log in (LOG, NEWER_LOG):
        for document_id in (bare_id(log), f"buildlog-{bare_id(log)}"):
            assert logs_of_2019.document_exists(document_id)
            assert logs_of_2019.retrieve_document(document_id) == log


def test_a_missing_log_is_not_found_and_the_message_names_the_id_that_was_asked_for(logs: BuildLogsStore) -> None:
    for document_id in (bare_id(LOG), f"buildlog-{bare_id(LOG)}"):
        assert not logs.document_exists(document_id)
        with pytest.raises(NotFoundError, match=f"buildlogs/{document_id}'"):
            logs.retrieve_document(document_id)


def test_a_broken_log_is_said_to_be_broken(logs_of_2019: BuildLogsStore) -> None:
    logs_of_2019.ceph.store_blob(b"{", bare_id(LOG))
    for document_id in (bare_id(LOG), f"buildlog-{bare_id(LOG)}"):
        with pytest.raises(SchemaError, match=bare_id(LOG)):
            logs_of_2019.retrieve_document(document_id)


def test_a_listing_gives_the_logs_of_both_generations_and_nothing_else(logs_of_2019: BuildLogsStore) -> None:
    for name in ("README", "notes.txt", "old/buildlog-5c", f"{bare_id(LOG)}.json", f"buildlog-{bare_id(LOG)}.request"):
        logs_of_2019.ceph.store_blob(b"no log", name)
    document_ids = sorted([bare_id(LOG), f"buildlog-{bare_id(NEWER_LOG)}"])
    assert list(logs_of_2019.get_document_listing()) == document_ids
    assert logs_of_2019.get_document_count() == 2
    assert dict(logs_of_2019.iterate_results()) == {
        bare_id(LOG): LOG,
        f"buildlog-{bare_id(NEWER_LOG)}": NEWER_LOG,
    }
    assert [document_id for document_id, _ in logs_of_2019.iterate_results()] == document_ids


def test_the_prefix_has_two_names_of_which_one_may_be_given(settings: pytest.MonkeyPatch, prefix: str) -> None:
    assert BuildLogsStore().prefix == f"{prefix}/tests/buildlogs"
    assert BuildLogsStore("other", bucket_prefix="data").prefix == "data/other/buildlogs"
    assert BuildLogsStore("other", prefix="data").prefix == "data/other/buildlogs"
    assert BuildLogsStore("other", bucket_prefix="data", prefix="data").prefix == "data/other/buildlogs"
    assert BuildLogsStore("other", bucket_prefix="", prefix="data").prefix == "data/other/buildlogs"
    with pytest.raises(TypeError, match="give one of them"):
        BuildLogsStore(bucket_prefix="data", prefix="other")


def test_nothing_is_asked_before_connecting(settings: pytest.MonkeyPatch) -> None:
    store = BuildLogsStore()
    for use in (store.get_document_listing, store.iterate_results, store.get_document_count):
        with pytest.raises(NotConnectedError):
            use()


def test_a_missing_bucket_is_no_missing_log(settings: pytest.MonkeyPatch) -> None:
    store = BuildLogsStore(bucket="no-such-bucket")
    store.connect()
    for ask in (store.retrieve_document, store.document_exists):
        with pytest.raises(BucketNotFoundError, match="no-such-bucket"):
            ask(bare_id(LOG))
    for use in (store.get_document_count, lambda: list(store.iterate_results())):
        with pytest.raises(BucketNotFoundError, match="no-such-bucket"):
            use()
