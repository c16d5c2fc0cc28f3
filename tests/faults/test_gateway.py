"""A gateway that is killed, and comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.patience import noise, within
from support.proxy import FaultyNetwork, Line

from thoth.storages.ceph import CephStore
from thoth.storages.embedded import EmbeddedS3
from thoth.storages.exceptions import StorageConnectionError, StorageUnavailableError

LARGE = 18_000_000  # three parts
PAUSES = 6  # seconds at most; an upload that fails is given up by one more request


@pytest.fixture
def mortal(network: FaultyNetwork, tmp_path: Path, settings: pytest.MonkeyPatch) -> Iterator[EmbeddedS3]:
    """A gateway of its own, that may be killed."""
    settings.setenv("THOTH_STORAGES_READ_TIMEOUT", "20")  # parts of a file take a busy machine a while
    with EmbeddedS3(tmp_path / "gateway") as server:
        server.create_bucket("documents")
        yield server


def store_at(url: str, mortal: EmbeddedS3, prefix: str) -> CephStore:
    store = CephStore(prefix, host=url, key_id=mortal.key_id, secret_key=mortal.secret_key, bucket="documents")
    store.connect()
    return store


def kill(mortal: EmbeddedS3) -> None:
    pid = mortal._running_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_gateway_that_is_killed_during_an_upload_leaves_the_old_object(
    mortal: EmbeddedS3, prefix: str, tmp_path: Path
) -> None:
    path, back = tmp_path / "file", tmp_path / "back"
    path.write_bytes(noise(LARGE))
    near = store_at(mortal.endpoint_url, mortal, prefix)
    near.store_blob(b"old", "file")

    def die(line: Line, _: object) -> None:
        kill(mortal)
        line.reset()

    with FaultyNetwork(mortal.endpoint_url) as between:
        far = store_at(between.url, mortal, prefix)
        between.on(lambda request: "partNumber=2" in request.target, die)
        with (
            within(PAUSES),
            pytest.raises((StorageUnavailableError, StorageConnectionError), match="file' in bucket 'documents'"),
        ):
            far.store_file(path, "file")
        with pytest.raises((StorageUnavailableError, StorageConnectionError)):
            far.retrieve_file("file", back)
        assert not back.exists()
        mortal.start()
        far.retrieve_file("file", back)
        assert back.read_bytes() == b"old"
        assert far.store_file(path, "file")["ContentLength"] == LARGE
        far.retrieve_file("file", back)
        assert back.read_bytes() == path.read_bytes()
        assert sorted(tmp_path.iterdir()) == [back, path, tmp_path / "gateway"]


def test_a_gateway_that_is_killed_during_an_iteration_ends_it_with_an_error(mortal: EmbeddedS3, prefix: str) -> None:
    store = store_at(mortal.endpoint_url, mortal, prefix)
    for number in range(80):
        store.store_document({"number": number}, f"{number:02}")
    given = []
    with (
        within(PAUSES),
        pytest.raises((StorageUnavailableError, StorageConnectionError), match=mortal.endpoint_url),
    ):
        for document_id, document in store.iterate_results():
            given.append((document_id, document["number"]))
            if document_id == "05":
                kill(mortal)
    assert given == [(f"{number:02}", number) for number in range(len(given))]
    assert 6 <= len(given) < 80
