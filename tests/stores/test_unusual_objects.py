"""Ids of any characters and objects of many parts, in every tier."""

from __future__ import annotations

import random
from pathlib import Path

from support.object_storage import on_ceph_alone

from thoth.storages.ceph import CephStore

PART = 8 << 20  # bytes

# What URLs, signatures, XML or a file system could take for something else; some differ in their spelling alone.
UNUSUAL = [
    *("a b", " a", "a ", "a+b", "a%20b", "a%2Fb", "a%2fb", "a%", "%", "+", "a&b<c>", "a?b=c#d;e", "a:b@c,d"),
    *("a'b\"c", "~a*!()", "a\tb", "a\nb", "\x01", "\x7f", "\u00a0", "A", "a", "é" * 60),
    *("\u017e", "z\u030c", "日本語", "\U0001f40d", "a" * 200),
]

# SeaweedFS keeps objects in folders, which these would leave, or names no folder can have.
PATHS = ["a//b", "a/", "/a", ".", "..", "a/../b", "a/./b", "a\\b", "a/b", "a", "a b", "a-b/c", "b" * 700]


def check(store: CephStore, ids: list[str]) -> None:
    copies = CephStore(f"{store.prefix[:-1]}-copies")
    copies.connect()
    for document_id in ids:
        store.store_document({"id": document_id}, document_id)
    assert list(store.get_document_listing()) == sorted(ids)
    assert list(store.iterate_results()) == [(document_id, {"id": document_id}) for document_id in sorted(ids)]
    for document_id in ids:
        assert store.retrieve_document(document_id) == {"id": document_id}
        store.copy(document_id, copies.prefix)
    assert list(copies.iterate_results()) == list(store.iterate_results())
    for number, document_id in enumerate(ids):
        store.delete(document_id)
        assert not store.document_exists(document_id)
        assert list(store.get_document_listing()) == sorted(ids[number + 1 :])


def test_an_id_of_any_characters_names_its_own_object_and_no_other(ceph: CephStore) -> None:
    check(ceph, UNUSUAL)


@on_ceph_alone
def test_an_id_that_looks_like_a_path_is_none(ceph: CephStore) -> None:
    check(ceph, PATHS)


def test_a_file_of_twenty_megabytes_goes_and_comes_in_parts(ceph: CephStore, tmp_path: Path) -> None:
    path = tmp_path / "dump"
    path.write_bytes(random.Random(1).randbytes(20 << 20))
    answer = ceph.store_file(path, "dump")
    assert answer["ContentLength"] == 20 << 20
    assert answer["ETag"].strip('"').endswith(f"-{-(-(20 << 20) // PART)}"), "the ETag tells the number of parts"
    assert ceph.retrieve_blob("dump") == path.read_bytes()
    ceph.copy("dump", f"{ceph.prefix[:-1]}-copies")
    copies = CephStore(f"{ceph.prefix[:-1]}-copies")
    copies.connect()
    assert copies.retrieve_blob("dump") == path.read_bytes()
    (listed,) = ceph.iterate_listing()
    assert (listed.size, f'"{listed.etag}"') == (20 << 20, answer["ETag"])
