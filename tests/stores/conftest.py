"""A real S3 server for the session, a bucket in it, and a prefix of its own for each test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thoth.storages.ceph import CephStore
from thoth.storages.embedded import EmbeddedS3

BUCKET = "documents"
_numbers = itertools.count()


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The arguments for stores in the session's bucket."""
    with EmbeddedS3(tmp_path_factory.mktemp("s3")) as server:
        server.create_bucket(BUCKET)
        yield {
            "host": server.endpoint_url,
            "key_id": server.key_id,
            "secret_key": server.secret_key,
            "bucket": BUCKET,
        }


@pytest.fixture
def prefix() -> str:
    """A prefix that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def settings(s3: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment that stores are made from, of the session's bucket and this test's prefix."""
    monkeypatch.setenv("THOTH_S3_ENDPOINT_URL", s3["host"])
    monkeypatch.setenv("THOTH_CEPH_KEY_ID", s3["key_id"])
    monkeypatch.setenv("THOTH_CEPH_SECRET_KEY", s3["secret_key"])
    monkeypatch.setenv("THOTH_CEPH_BUCKET", s3["bucket"])
    monkeypatch.setenv("THOTH_CEPH_BUCKET_PREFIX", prefix)
    monkeypatch.setenv("THOTH_DEPLOYMENT_NAME", "tests")
    monkeypatch.delenv("THOTH_CEPH_REGION", raising=False)
    return monkeypatch


@pytest.fixture
def ceph(settings: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """A connected store without any object."""
    store = CephStore(prefix)
    store.connect()
    return store


@pytest.fixture
def document() -> dict[str, Any]:
    """A document of 2023, as a real solver wrote it on Debian."""
    real = Path(__file__).parents[2] / "thoth/storages/data/solver"
    content: dict[str, Any] = json.loads(min(real.glob("*.json")).read_bytes())
    return content


@pytest.fixture
def document_of_2019(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the metadata that analyzers wrote in 2019."""
    for key in ("document_id", "duration", "os_release", "thoth_deployment_name"):
        del document["metadata"][key]
    document["metadata"]["hostname"] = "solver-fedora-31-py37-8ad7-x1b2"
    return document
