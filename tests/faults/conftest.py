"""Stores whose requests go by a network that does what the test says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from botocore.retries.standard import ExponentialBackoff
from support.patience import ATTEMPTS, READ_TIMEOUT
from support.proxy import FaultyNetwork

from thoth.storages import ceph_faults
from thoth.storages.ceph import CephStore

_numbers = itertools.count()


@pytest.fixture(scope="session")
def proxy(s3: dict[str, str]) -> Iterator[FaultyNetwork]:
    """The network in front of the session's server."""
    with FaultyNetwork(s3["host"]) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def used_again() -> list[CephStore]:
    """Stores that live as long as the session, so that not every test makes clients of its own."""
    return []


@pytest.fixture
def network(proxy: FaultyNetwork, settings: pytest.MonkeyPatch) -> FaultyNetwork:
    """The network to the endpoint of the settings, which have little patience; nothing is wrong with it so far."""
    proxy.forget()
    settings.setenv("THOTH_STORAGES_READ_TIMEOUT", str(READ_TIMEOUT))
    settings.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "1")
    settings.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", str(ATTEMPTS))
    settings.setenv("THOTH_S3_ENDPOINT_URL", proxy.url)
    settings.setattr(ceph_faults, "_LONGEST_PAUSE", 0.1)
    settings.setattr(ExponentialBackoff, "delay_amount", lambda _, __: 0.05)  # botocore's own pauses
    return proxy


@pytest.fixture
def far(network: FaultyNetwork, prefix: str, used_again: list[CephStore]) -> CephStore:
    """A store behind that network."""
    # After some fifty faults botocore tries nothing again until requests succeed: a client serves a few tests only.
    store = CephStore(prefix, region=f"region-{next(_numbers) // 10}")
    store.connect()
    used_again.append(store)
    return store


@pytest.fixture
def near(network: FaultyNetwork, s3: dict[str, str], prefix: str, used_again: list[CephStore]) -> CephStore:
    """The same store, as it is in truth: its requests do not go by the network."""
    store = CephStore(prefix, host=s3["host"])
    store.connect()
    used_again.append(store)
    return store
