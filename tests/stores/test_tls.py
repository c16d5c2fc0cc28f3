"""Stores of an endpoint that begins with https: what a real gateway accepts there is not what it accepts over http."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.ceph_cluster import Gateway
from support.object_storage import on_ceph_alone

from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import StorageConnectionError
from thoth.storages.solvers import SolverResultsStore

pytestmark = on_ceph_alone


@pytest.fixture
def secure(gateway: Gateway, settings: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment that stores are made from, of the secure address of Ceph, whose certificate is trusted."""
    settings.setenv("THOTH_S3_ENDPOINT_URL", gateway.secure_url)
    settings.setenv("AWS_CA_BUNDLE", str(gateway.certificate))
    return settings


@pytest.fixture
def store(secure: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """A connected store without any object."""
    connected = CephStore(prefix)
    connected.connect()
    return connected


def test_objects_go_and_come(store: CephStore) -> None:
    assert store.host.startswith("https://")
    store.check_connection()
    for blob in (b"", b"{}", bytes(range(256)) * 1000):
        store.store_blob(blob, "one")
        assert store.retrieve_blob("one") == blob
    assert [listed.size for listed in store.iterate_listing()] == [256_000]
    store.delete("one")
    assert list(store.get_document_listing()) == []


def test_files_go_and_come_whole_and_in_parts(store: CephStore, tmp_path: Path) -> None:
    for size in (0, 1, 9 << 20):
        (tmp_path / "dump").write_bytes(b"x" * size)
        assert store.store_file(tmp_path / "dump", "dump")["ContentLength"] == size
        assert store.retrieve_blob("dump") == b"x" * size


def test_a_store_of_documents_works_as_anywhere(secure: pytest.MonkeyPatch, document: dict[str, object]) -> None:
    solvers = SolverResultsStore()
    solvers.connect()
    document_id = solvers.store_document(document)
    assert list(solvers.iterate_results()) == [(document_id, document)]


def test_a_certificate_of_unknown_origin_is_refused(secure: pytest.MonkeyPatch, gateway: Gateway) -> None:
    secure.delenv("AWS_CA_BUNDLE")
    # Of another key, lest the connections of a store that trusts it are still there to be shared.
    store = CephStore("any", key_id="stranger")
    store.connect()
    with pytest.raises(StorageConnectionError, match="(?i)certificate") as raised:
        store.check_connection()
    assert gateway.secure_url in str(raised.value)
    assert gateway.secret_key not in str(raised.value)
