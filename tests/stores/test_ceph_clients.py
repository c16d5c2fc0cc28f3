"""Clients of boto3: shared by stores, threads and generators, never by processes, and gone with the last store."""

from __future__ import annotations

import gc
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import forks

from thoth.storages import CephStore, ceph_client
from thoth.storages.ceph_client import Access, Client


def connected(prefix: str, **given: Any) -> CephStore:
    store = CephStore(prefix, **given)
    store.connect()
    return store


def sockets() -> int:
    """How many sockets this process has open."""
    return sum(
        1 for name in Path("/proc/self/fd").iterdir() if os.path.realpath(name).split("/")[-1].startswith("socket:")
    )


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> list[Access]:
    """What clients were made for since; those that stores of other tests may still have are not shared."""
    monkeypatch.setattr(ceph_client, "_clients", weakref.WeakValueDictionary())
    made: list[Access] = []
    make = ceph_client._make

    def note(access: Access, limits: Any) -> Any:
        made.append(access)
        return make(access, limits)

    monkeypatch.setattr(ceph_client, "_make", note)
    return made


def test_stores_of_one_server_share_a_client(settings: pytest.MonkeyPatch, making: list[Access]) -> None:
    first, second = connected("a"), connected("b", bucket="another")
    second.connect()
    assert first._client is second._client
    assert len(making) == 1


@pytest.mark.parametrize(
    "other",
    [{"host": "http://127.0.0.1:1"}, {"region": "north"}, {"key_id": "another"}, {"secret_key": "another"}],
    ids=lambda other: next(iter(other)),
)
def test_another_server_region_key_or_secret_is_another_client(
    settings: pytest.MonkeyPatch, other: dict[str, str]
) -> None:
    assert connected("a")._client is not connected("a", **other)._client


def test_what_the_settings_say_when_connecting_counts(settings: pytest.MonkeyPatch) -> None:
    before = connected("a")
    settings.setenv("THOTH_STORAGES_READ_TIMEOUT", "7.5")
    settings.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "0")
    settings.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "2")
    after = connected("a")
    assert before._client is not after._client and after._client is not None
    config = after._client.s3.meta.config
    assert (config.read_timeout, config.connect_timeout, config.retries["total_max_attempts"]) == (7.5, None, 2)


def test_many_threads_that_connect_at_once_get_one_client(
    settings: pytest.MonkeyPatch, making: list[Access], prefix: str
) -> None:
    barrier = threading.Barrier(12)

    def work(number: int) -> Client | None:
        barrier.wait(10)
        store = connected(prefix)
        store.store_blob(b"%d" % number, str(number))
        assert store.retrieve_blob(str(number)) == b"%d" % number
        return store._client

    with ThreadPoolExecutor(12) as pool:
        clients = list(pool.map(work, range(12)))
    assert len(set(clients)) == 1
    assert len(making) <= 1, "a store of another test may still hold the client"


def test_with_its_last_store_a_client_and_its_connections_go(ceph: CephStore, prefix: str) -> None:
    before = sockets()
    kept = len(ceph_client._clients)
    first, second = connected(prefix, region="gone-soon"), connected(prefix, region="gone-soon")
    first.check_connection()
    assert (sockets(), len(ceph_client._clients)) == (before + 1, kept + 1)
    del first
    second.check_connection()
    assert (sockets(), len(ceph_client._clients)) == (before + 1, kept + 1), "no connection more: it is the same client"
    s3 = second._client.s3
    del second
    assert (sockets(), len(ceph_client._clients)) == (before, kept)
    del s3


def test_an_iteration_outlives_its_store(settings: pytest.MonkeyPatch, prefix: str) -> None:
    store = connected(prefix)
    for number in range(3):
        store.store_document({"number": number}, str(number))
    results = store.iterate_results()
    del store
    gc.collect()
    assert [document["number"] for _, document in results] == [0, 1, 2]


def test_no_text_about_a_client_shows_a_key(settings: pytest.MonkeyPatch) -> None:
    access = Access("http://me:hidden@localhost", None, "my-key-id", "my-secret")
    for text in (repr(access), str(access)):
        assert not any(secret in text for secret in ("hidden", "my-key-id", "my-secret"))


def whole(store: CephStore, name: str) -> Callable[[], None]:
    """Stores small objects under a name of its own, and reads them back."""

    def work() -> None:
        for number in range(40):
            store.store_blob(name.encode() * 50, f"{name}-{number}")
            assert store.retrieve_blob(f"{name}-{number}") == name.encode() * 50

    return work


def test_children_and_their_parent_never_share_a_connection(ceph: CephStore, prefix: str) -> None:
    ceph.store_blob(b"parent", "parent")
    children = [forks.start(whole(ceph, f"child{number}")) for number in range(3)]
    whole(ceph, "parent")()
    assert [child.result() for child in children] == [0, 0, 0]
    assert len(list(ceph.iterate_listing("child"))) == 3 * 40


def test_a_child_that_is_made_while_others_connect_is_not_held_up(settings: pytest.MonkeyPatch, prefix: str) -> None:
    store = connected(prefix)
    with ceph_client._making:  # as it is while another thread makes a client
        child = forks.start(whole(store, "child"))
    assert child.result() == 0


def test_a_child_leaves_what_it_inherited_alone(ceph: CephStore, prefix: str, settings: pytest.MonkeyPatch) -> None:
    store = connected(prefix, region="inherited")
    store.check_connection()
    client = store._client

    def work() -> None:
        store.check_connection()
        assert store._client is not client
        gc.collect()

    assert forks.start(work).result() == 0
    before = sockets()
    store.check_connection()
    assert sockets() == before, "the parent's connection is as good as before"


def test_an_iteration_goes_on_in_a_child(ceph: CephStore) -> None:
    for number in range(50):
        ceph.store_document({"number": number}, f"{number:02}")
    results = ceph.iterate_results()
    assert next(results) == ("00", {"number": 0})

    def work() -> None:
        assert [document["number"] for _, document in results] == list(range(1, 50))

    assert forks.start(work).result() == 0
    assert len(list(results)) == 49
