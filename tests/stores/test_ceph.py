"""Objects in a real S3 server."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import DocumentCorruptedError, NotFoundError, SchemaError


def client_of(store: CephStore) -> Any:
    """The client of boto3 behind a store."""
    assert store._client is not None
    return store._client.s3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)


def test_a_document_is_laid_out_to_the_byte(ceph: CephStore) -> None:
    ceph.store_document({"b": [1, {"z": None, "a": "é"}], "a": {}}, "one")
    assert ceph.retrieve_blob("one") == (
        b'{\n  "a": {},\n  "b": [\n    1,\n    {\n      "a": "\\u00e9",\n      "z": null\n    }\n  ]\n}'
    )


@settings(max_examples=50)
@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_document_comes_back_from_its_bytes(document: dict[str, Any]) -> None:
    blob = CephStore.dict2blob(document)
    assert json.loads(blob) == document
    assert CephStore.dict2blob(dict(reversed(document.items()))) == blob


def test_the_key_is_the_prefix_and_the_id(ceph: CephStore, prefix: str) -> None:
    ceph.store_document({"a": 1}, "one")
    answer = client_of(ceph).list_objects_v2(Bucket="documents", Prefix=f"{prefix}/")
    assert [entry["Key"] for entry in answer["Contents"]] == [f"{prefix}/one"]


def test_a_document_is_retrieved_as_it_was_stored(ceph: CephStore, document: dict[str, Any]) -> None:
    answer = ceph.store_document(document, "one")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert ceph.retrieve_document("one") == document


def test_storing_again_replaces(ceph: CephStore) -> None:
    ceph.store_document({"a": 1}, "one")
    ceph.store_document({"a": 2}, "one")
    assert list(ceph.iterate_results()) == [("one", {"a": 2})]


def test_a_copy_replaces_what_is_there_and_leaves_the_object(ceph: CephStore, prefix: str) -> None:
    copies = CephStore(f"{prefix}-copies")
    copies.connect()
    copies.store_blob(b"old", "one")
    ceph.store_blob(b"no document", "one")
    ceph.copy("one", f"{prefix}-copies")
    assert (copies.retrieve_blob("one"), ceph.retrieve_blob("one")) == (b"no document", b"no document")
    with pytest.raises(NotFoundError, match="another"):
        ceph.copy("another", f"{prefix}-copies")
    assert list(copies.get_document_listing()) == ["one"]


def test_a_blob_is_retrieved_as_it_was_stored(ceph: CephStore) -> None:
    blob = bytes(range(256))
    ceph.store_blob(blob, "binary")
    assert ceph.retrieve_blob("binary") == blob


@pytest.mark.parametrize("size", [0, 1, 9 << 20], ids=["empty", "small", "in parts"])
def test_a_file_is_retrieved_as_it_was_stored(ceph: CephStore, tmp_path: Path, size: int) -> None:
    path = tmp_path / "dump"
    path.write_bytes(b"x" * size)
    answer = ceph.store_file(str(path), "dump")
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["ContentLength"]) == (200, size)
    assert ceph.retrieve_blob("dump") == path.read_bytes()


def test_a_file_that_is_not_there_stores_nothing(ceph: CephStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ceph.store_file(tmp_path / "gone", "dump")
    assert not ceph.document_exists("dump")


def test_a_missing_object_is_not_found_and_the_message_names_it(ceph: CephStore, prefix: str) -> None:
    for ask in (ceph.retrieve_blob, ceph.retrieve_document, lambda key: ceph.retrieve_document_attr(key, "e_tag")):
        with pytest.raises(NotFoundError, match=f"'{prefix}/gone' in bucket 'documents'"):
            ask("gone")
    assert not ceph.document_exists("gone")


def test_deleting_makes_an_object_missing_and_may_be_repeated(ceph: CephStore) -> None:
    ceph.store_blob(b"", "one")
    assert ceph.document_exists("one")
    ceph.delete("one")
    ceph.delete("one")
    assert not ceph.document_exists("one")


@pytest.mark.parametrize("blob", [b"", b"no json", b"[]", b"3", b'"\xff"', b"[" * 100_000], ids=range(6))
def test_an_object_that_is_no_json_object_is_an_error_that_names_it(ceph: CephStore, prefix: str, blob: bytes) -> None:
    ceph.store_blob(blob, "broken")
    with pytest.raises(DocumentCorruptedError, match="document broken: .* expected a JSON object") as raised:
        ceph.retrieve_document("broken")
    error = raised.value
    assert (error.document_id, error.bucket, error.key, error.size) == (
        "broken", "documents", f"{prefix}/broken", len(blob),
    )  # fmt: skip
    assert isinstance(error, SchemaError)


def test_attributes_are_those_of_the_object(ceph: CephStore) -> None:
    ceph.store_blob(b"four", "one")
    assert ceph.retrieve_document_attr("one", "content_length") == 4
    assert ceph.retrieve_document_attr("one", "e_tag") == f'"{hashlib.md5(b"four").hexdigest()}"'
    assert datetime.now(UTC) - ceph.retrieve_document_attr("one", "last_modified") < timedelta(minutes=1)
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        ceph.retrieve_document_attr("one", "colour")


def test_an_empty_store_lists_nothing(ceph: CephStore) -> None:
    assert list(ceph.get_document_listing()) == []
    assert list(ceph.iterate_results()) == []


def test_ids_are_listed_in_lexical_order_whatever_they_hold(ceph: CephStore) -> None:
    ids = ["b", "a", "B", "a-1", "a.request", "10", "9", "a b+c%20&d?e=1", "ž", "sha256:1"]
    for document_id in ids:
        ceph.store_document({"id": document_id}, document_id)
    assert list(ceph.get_document_listing()) == sorted(ids)
    assert list(ceph.iterate_results()) == [(document_id, {"id": document_id}) for document_id in sorted(ids)]


def test_another_prefix_that_begins_alike_is_another_store(ceph: CephStore, prefix: str) -> None:
    other = CephStore(f"{prefix}-other")
    other.connect()
    other.store_blob(b"{}", "one")
    assert list(ceph.get_document_listing()) == []


@pytest.mark.parametrize(("addition", "ids"), [("", ["a-1", "a-2", "b"]), (None, ["a-1", "a-2", "b"]),
                                               ("a", ["a-1", "a-2"]), ("a-2", ["a-2"]), ("c", [])])  # fmt: skip
def test_an_addition_to_the_prefix_narrows_every_listing(ceph: CephStore, addition: str | None, ids: list[str]) -> None:
    for document_id in ("a-1", "a-2", "b"):
        ceph.store_document({}, document_id)
    assert list(ceph.get_document_listing(addition)) == ids
    assert [document_id for document_id, _ in ceph.iterate_results(addition)] == ids
    assert [listed.document_id for listed in ceph.iterate_listing(addition)] == ids


def test_a_listing_shows_what_tells_a_changed_object_apart(ceph: CephStore) -> None:
    ceph.store_blob(b"four", "one")
    (listed,) = ceph.iterate_listing()
    assert (listed.document_id, listed.etag, listed.size) == ("one", hashlib.md5(b"four").hexdigest(), 4)
    assert listed.last_modified.tzinfo is UTC
    assert datetime.now(UTC) - listed.last_modified < timedelta(minutes=1)
    ceph.store_blob(b"five", "one")
    assert [changed.etag for changed in ceph.iterate_listing()] != [listed.etag]


@pytest.mark.parametrize("addition", ["", "id-"])
def test_a_listing_goes_on_behind_any_id(ceph: CephStore, addition: str) -> None:
    ids = ["id-1", "id-2", "id-2+b %c&d", "id-3"]
    for document_id in ids:
        ceph.store_blob(b"{}", document_id)
    for number, after in enumerate(ids):
        assert [one.document_id for one in ceph.iterate_listing(addition, after=after)] == ids[number + 1 :]
    assert [one.document_id for one in ceph.iterate_listing(addition, after="id-2x")] == ["id-3"], "it need not exist"
    assert [one.document_id for one in ceph.iterate_listing(addition, after="")] == ids
    assert list(ceph.iterate_listing(addition, after="j")) == []


def test_a_listing_goes_on_after_a_thousand_objects_and_where_it_was_left(ceph: CephStore) -> None:
    ids = [f"id-{number:04}" for number in range(2005)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda document_id: ceph.store_blob(b"{}", document_id), ids))
    assert list(ceph.get_document_listing()) == ids
    assert [one.document_id for one in ceph.iterate_listing("id-", after="id-0500")] == ids[501:]


def test_an_empty_id_is_refused(ceph: CephStore) -> None:
    for ask in (ceph.retrieve_blob, ceph.retrieve_document, ceph.document_exists, ceph.delete):
        with pytest.raises(ValueError, match="must not be empty"):
            ask("")
    with pytest.raises(ValueError, match="must not be empty"):
        ceph.store_document({}, "")


def test_a_large_blob_that_is_stored_at_once_is_taken_for_what_it_is(ceph: CephStore) -> None:
    blob = bytes(range(256)) * (40 << 12)  # servers divide it; what they say of it must still be true
    ceph.store_blob(blob, "large")
    assert ceph.retrieve_blob("large") == blob
