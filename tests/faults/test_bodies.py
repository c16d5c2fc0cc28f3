"""Objects whose bytes do not all arrive: whole after some tries, or an error that tells damage from bad luck."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.patience import ATTEMPTS, PAUSES, READ_TIMEOUT, noise, within
from support.proxy import (
    Fault,
    FaultyNetwork,
    Request,
    be_slow,
    cut_to,
    damage,
    end_after,
    fall_silent_after,
    hang_up,
    refuse,
    reset_after,
)

from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import (
    DocumentCorruptedError,
    NotFoundError,
    SchemaError,
    StorageError,
    StorageUnavailableError,
)

SIZE = 3_000_000
BREAKS = {
    "ended": end_after(1_500_000),
    "ended at once": end_after(0),
    "cut": cut_to(1_500_000),
    "damaged": damage,
    "reset": reset_after(1_500_000),
    "silent": fall_silent_after(1_500_000, 5),
}
every_break = pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS.keys())


def for_the_object(request: Request) -> bool:
    return request.method == "GET" and not request.is_listing


@pytest.fixture
def blob(near: CephStore) -> bytes:
    """What is stored under the name of dump."""
    blob = noise(SIZE)
    near.store_blob(blob, "dump")
    return blob


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is there already."""
    path = tmp_path / "dump"
    path.write_bytes(b"old")
    return path


def assert_is_as_it_was(target: Path) -> None:
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target], "no temporary file is left"


# --- Whole after some tries ------------------------------------------------------------------------------------------


@every_break
def test_a_body_that_breaks_off_is_read_again(
    far: CephStore, network: FaultyNetwork, blob: bytes, fault: Fault
) -> None:
    network.on(for_the_object, fault, refuse(503, "SlowDown"), fault)
    with within(2 * READ_TIMEOUT + 2 * PAUSES):
        assert far.retrieve_blob("dump") == blob
    assert len(network.requests) == 4


@every_break
def test_a_file_whose_transfer_breaks_off_is_whole_in_the_end(
    far: CephStore, network: FaultyNetwork, blob: bytes, target: Path, fault: Fault
) -> None:
    network.on(for_the_object, fault)
    far.retrieve_file("dump", target)
    assert target.read_bytes() == blob
    assert list(target.parent.iterdir()) == [target]


# --- Never whole -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ended", "cut", "damaged"])
def test_what_always_ends_the_same_is_damaged_and_named(
    far: CephStore, network: FaultyNetwork, blob: bytes, prefix: str, target: Path, name: str
) -> None:
    network.on(for_the_object, BREAKS[name], times=10 * ATTEMPTS)
    arrived = SIZE if name == "damaged" else 1_500_000
    for ask in (lambda: far.retrieve_blob("dump"), lambda: far.retrieve_file("dump", target)):
        with within(PAUSES), pytest.raises(DocumentCorruptedError, match="expected .*, as the server says") as raised:
            ask()
        error = raised.value
        assert (error.document_id, error.bucket, error.key, error.size) == (
            "dump", "documents", f"{prefix}/dump", arrived,
        )  # fmt: skip
        expected = "3,000,000 bytes, as" if name.startswith("ended") else "content with the MD5"
        assert f"expected {expected}" in str(error)
    # Where the server behind is slow to take a connection, botocore sends a request once more.
    assert 2 * ATTEMPTS <= len(network.requests) < 3 * ATTEMPTS
    assert_is_as_it_was(target)


@pytest.mark.parametrize(
    "faults",
    [
        [BREAKS["reset"]] * 3,
        [BREAKS["silent"]] * 3,
        [BREAKS["ended"], BREAKS["ended"], BREAKS["reset"]],
        [BREAKS["reset"], BREAKS["ended"], BREAKS["ended"]],
        [end_after(1_000_000), end_after(1_000_001), end_after(1_000_002)],
        [BREAKS["ended"], BREAKS["cut"], BREAKS["ended"]],
        [BREAKS["ended"], hang_up, hang_up, hang_up],
    ],
    ids=["reset", "silent", "reset in the end", "reset first", "here and there", "in two ways", "gone"],
)
def test_what_ends_in_different_ways_or_with_the_connection_is_bad_luck_and_no_damage(
    far: CephStore, network: FaultyNetwork, blob: bytes, target: Path, faults: list[Fault]
) -> None:
    network.on(for_the_object, *faults)
    with within(3 * READ_TIMEOUT + 2 * PAUSES), pytest.raises(StorageUnavailableError) as raised:
        far.retrieve_file("dump", target)
    assert "dump' in bucket 'documents' at http://" in str(raised.value)
    assert not isinstance(raised.value, SchemaError)
    assert_is_as_it_was(target)


def test_a_single_try_proves_no_damage(
    network: FaultyNetwork, settings: pytest.MonkeyPatch, prefix: str, blob: bytes
) -> None:
    settings.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "1")
    store = CephStore(prefix)
    store.connect()
    network.on(for_the_object, BREAKS["ended"])
    with pytest.raises(StorageUnavailableError, match="1,500,000 bytes arrived, expected 3,000,000 bytes"):
        store.retrieve_blob("dump")


def test_a_document_that_is_cut_where_it_still_seems_whole_is_read_again(
    far: CephStore, near: CephStore, network: FaultyNetwork
) -> None:
    near.store_blob(b'{"a": 1}{"a": 2}', "there")  # the first half would be a document, too
    network.on(for_the_object, cut_to(8))
    with pytest.raises(DocumentCorruptedError, match=r"\(16 bytes\): expected a JSON object"):
        far.retrieve_document("there")


def test_an_object_that_goes_away_between_two_tries_is_not_found(
    far: CephStore, network: FaultyNetwork, blob: bytes, target: Path
) -> None:
    network.on(for_the_object, BREAKS["ended"], refuse(404, "NoSuchKey"))
    with pytest.raises(NotFoundError):
        far.retrieve_file("dump", target)
    assert_is_as_it_was(target)


# --- In an iteration -------------------------------------------------------------------------------------------------


def test_every_document_of_an_iteration_arrives_whatever_breaks_off(
    far: CephStore, near: CephStore, network: FaultyNetwork
) -> None:
    documents = [(f"{number:02}", {"number": number, "text": "x" * 5000}) for number in range(40)]
    for document_id, document in documents:
        near.store_document(document, document_id)
    faults = [end_after(100), reset_after(100), cut_to(100), refuse(503, "SlowDown"), hang_up, be_slow(0.05, 1000)]
    for number in range(40):
        network.on(lambda request, number=number: request.target.endswith(f"/{number:02}"), faults[number % 6])
    assert list(far.iterate_results()) == documents


def test_an_iteration_ends_where_the_server_does_and_its_threads_with_it(
    far: CephStore, near: CephStore, network: FaultyNetwork
) -> None:
    for number in range(20):
        near.store_document({"number": number}, f"{number:02}")
    network.on(lambda request: for_the_object(request) and "/05" in request.target, hang_up, times=50)
    given = []
    with within(3 * READ_TIMEOUT + PAUSES), pytest.raises(StorageUnavailableError, match="/05'"):
        for document_id, _ in far.iterate_results():
            given.append(document_id)
    assert given == [f"{number:02}" for number in range(5)]
    assert [thread for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")] == []


def test_closing_an_iteration_over_a_silent_server_takes_a_second(
    far: CephStore, near: CephStore, network: FaultyNetwork
) -> None:
    for number in range(40):
        near.store_document({"number": number}, f"{number:02}")
    network.on(
        lambda request: for_the_object(request) and "/00" not in request.target, fall_silent_after(0, 5), times=99
    )
    results = far.iterate_results()
    assert next(results)[0] == "00"
    with within(1):
        results.close()
    asked = len(network.requests)
    for thread in threading.enumerate():
        if thread.name.startswith("thoth-fetch"):
            thread.join(ATTEMPTS * READ_TIMEOUT + PAUSES + 2)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")] == []
    assert len(network.requests) <= asked + 8 * (ATTEMPTS - 1), "nothing that had not begun was asked for"


# --- Storing files ---------------------------------------------------------------------------------------------------

LARGE = 18_000_000  # three parts


@pytest.fixture
def large(tmp_path: Path, far: CephStore, settings: pytest.MonkeyPatch) -> Path:
    """A file that is uploaded in parts, which take a busy machine a while."""
    settings.setenv("THOTH_STORAGES_READ_TIMEOUT", "20")
    far.connect()
    path = tmp_path / "large"
    path.write_bytes(noise(LARGE))
    return path


def for_a_part(number: int) -> Callable[[Request], bool]:
    return lambda request: request.method == "PUT" and f"partNumber={number}" in request.target


def for_the_end(request: Request) -> bool:
    return request.method == "POST" and "uploadId=" in request.target


@pytest.mark.parametrize("fault", [refuse(503, "SlowDown"), hang_up], ids=["503", "reset"])
def test_a_part_of_an_upload_that_fails_is_sent_again(
    far: CephStore, near: CephStore, network: FaultyNetwork, large: Path, tmp_path: Path, fault: Fault
) -> None:
    network.on(for_a_part(2), fault, fault)
    assert far.store_file(large, "large")["ContentLength"] == LARGE
    near.retrieve_file("large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == large.read_bytes()


@pytest.mark.parametrize("what", ["a part", "the end"])
@pytest.mark.parametrize("fault", [refuse(500, "InternalError"), hang_up], ids=["500", "reset"])
def test_an_upload_that_fails_leaves_the_old_object_and_no_parts(
    far: CephStore, near: CephStore, network: FaultyNetwork, prefix: str, large: Path, what: str, fault: Fault
) -> None:
    near.store_blob(b"old", "large")
    network.on(for_a_part(2) if what == "a part" else for_the_end, fault, times=50)
    with within(PAUSES), pytest.raises(StorageUnavailableError, match="large' in bucket 'documents'"):
        far.store_file(large, "large")
    assert near.retrieve_blob("large") == b"old"
    assert near._client is not None
    uploads = near._client.s3.list_multipart_uploads(Bucket="documents", Prefix=f"{prefix}/")
    assert uploads.get("Uploads", []) == []


def test_rights_that_end_during_an_upload_are_said(
    far: CephStore, near: CephStore, network: FaultyNetwork, large: Path
) -> None:
    network.on(for_a_part(2), refuse(403, "AccessDenied"))
    with pytest.raises(StorageError, match=r"access refused \(AccessDenied\)"):
        far.store_file(large, "large")
    assert not near.document_exists("large")
