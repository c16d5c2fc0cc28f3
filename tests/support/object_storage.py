"""The tiers of object storage that the tests of the stores run on."""

from __future__ import annotations

import os

import pytest

from thoth.storages.ceph import CephStore

from .ceph_cluster import INSTALL, missing_programs

# The fixtures that give the arguments for stores. Both servers check who asks, so no test needs to leave one out.
EVERY_TIER = [
    pytest.param("seaweedfs", id="seaweedfs", marks=pytest.mark.seaweedfs),
    pytest.param("ceph_bucket", id="ceph", marks=pytest.mark.ceph),
]

on_ceph_alone = pytest.mark.parametrize("s3", EVERY_TIER[1:], indirect=True, scope="session")

REQUIRED = "THOTH_STORAGES_TEST_CEPH"


def arguments_for_stores(endpoint_url: str, key_id: str, secret_key: str, bucket: str) -> dict[str, str]:
    """What the constructors of the stores call these."""
    return {"host": endpoint_url, "key_id": key_id, "secret_key": secret_key, "bucket": bucket}


def create_bucket(arguments: dict[str, str]) -> None:
    """Make the bucket of these arguments where it is missing."""
    store = CephStore("any", **arguments)
    store.connect()
    store._create_bucket_if_needed()


def skip_without_ceph() -> None:
    """Skip the test where programs of Ceph are missing; fail it where THOTH_STORAGES_TEST_CEPH is "required"."""
    wanted = os.environ.get(REQUIRED, "")
    if wanted not in ("", "required"):
        pytest.fail(f'{REQUIRED} is {wanted!r}; it must be "required" or not set', pytrace=False)
    missing = missing_programs()
    if not missing:
        return
    said = f"a real Ceph needs {', '.join(missing)}; Debian and its like have them: {INSTALL}"
    if wanted:
        pytest.fail(f"{REQUIRED}=required, but {said}", pytrace=False)
    pytest.skip(said)
