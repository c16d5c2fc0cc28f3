"""What services remember for a while, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.stores import CACHES

from thoth.storages import AdvisersCacheStore, ceph_cache
from thoth.storages.ceph_cache import CephCache
from thoth.storages.exceptions import (
    BucketNotFoundError,
    CacheMiss,
    CacheMissError,
    NotConnectedError,
    NotFoundError,
)

KEY = "sha256-5c5c"
FOUR_HOURS = 4 * 3600.0


@pytest.fixture(params=CACHES)
def cache(request: pytest.FixtureRequest, settings: pytest.MonkeyPatch) -> CephCache:
    store: CephCache = request.param()
    store.connect()
    return store


@pytest.fixture
def record(settings: pytest.MonkeyPatch) -> CephCache:
    """A cache with one record."""
    store = AdvisersCacheStore()
    store.connect()
    store.store_document_record(KEY, {"analysis_id": "adviser-1"})
    return store


def seconds_left(cache: CephCache, monkeypatch: pytest.MonkeyPatch, age: timedelta) -> float:
    """What is left of the record when it is this old."""
    stored_at = cache.ceph.retrieve_document_attr(KEY, "last_modified")
    monkeypatch.setattr(ceph_cache, "_now", lambda: stored_at + age)
    return cache.retrieve_document_ttl(KEY)


def test_a_cache_without_a_place_of_its_own_cannot_be_made(settings: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="CephCache needs a RESULT_TYPE"):
        CephCache()


def test_a_record_is_given_back_and_replaced_by_the_next(cache: CephCache) -> None:
    for record in ({"analysis_id": "adviser-1", "timestamp": 1620208800}, {}, {"any": ["thing"]}):
        cache.store_document_record(KEY, record)
        assert cache.retrieve_document_record(KEY) == record
    assert list(cache.get_document_listing()) == [KEY]


def test_the_caller_may_make_keys_of_anything(cache: CephCache) -> None:
    for key in ("quay.io/thoth-station/image:v1.0", "a.request", "0" * 64, "é"):
        cache.store_document_record(key, {"key": key})
        assert cache.retrieve_document_record(key) == {"key": key}
        assert cache.retrieve_document_ttl(key) > 0
    with pytest.raises(ValueError, match="must not be empty"):
        cache.store_document_record("", {})


@pytest.mark.parametrize("ask", [CephCache.retrieve_document_record, CephCache.retrieve_document_ttl])
def test_what_is_not_there_is_a_miss_by_both_of_its_names(cache: CephCache, ask: Callable[..., Any]) -> None:
    for error in (CacheMissError, CacheMiss, NotFoundError):
        with pytest.raises(error, match=KEY):
            ask(cache, KEY)


@pytest.mark.parametrize("blob", [b"", b"{", b"[]", b"\xff"])
def test_a_broken_record_is_a_miss_so_that_it_is_made_anew(record: CephCache, blob: bytes) -> None:
    record.ceph.store_blob(blob, KEY)
    with pytest.raises(CacheMissError, match=f"no record: .*{KEY}"):
        record.retrieve_document_record(KEY)


@pytest.mark.parametrize("ask", [CephCache.retrieve_document_record, CephCache.retrieve_document_ttl])
def test_what_cannot_be_asked_is_no_miss(settings: pytest.MonkeyPatch, ask: Callable[..., Any]) -> None:
    cache = AdvisersCacheStore(bucket="no-such-bucket")
    with pytest.raises(NotConnectedError):
        ask(cache, KEY)
    cache.connect()
    with pytest.raises(BucketNotFoundError):
        ask(cache, KEY)


def test_a_new_record_has_its_whole_life_before_it(record: CephCache) -> None:
    assert FOUR_HOURS - 60 < record.retrieve_document_ttl(KEY) <= FOUR_HOURS


@pytest.mark.parametrize(
    ("age", "left"),
    [
        (timedelta(0), FOUR_HOURS),
        (timedelta(hours=1), 3 * 3600.0),
        (timedelta(hours=3, minutes=59, seconds=59, milliseconds=750), 0.25),
        (timedelta(hours=4), 0.0),
        (timedelta(hours=4, microseconds=1), 0.0),
        (timedelta(days=900), 0.0),
        (timedelta(hours=-1), FOUR_HOURS),
    ],
    ids=str,
)
def test_what_is_left_of_four_hours_is_counted_from_when_it_was_stored(
    record: CephCache, monkeypatch: pytest.MonkeyPatch, age: timedelta, left: float
) -> None:
    answer = seconds_left(record, monkeypatch, age)
    assert isinstance(answer, float)
    assert answer == left
    assert str(answer) != "-0.0"


def test_a_record_is_given_when_its_time_is_over_too(record: CephCache, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_left(record, monkeypatch, timedelta(days=1)) == 0.0
    assert record.retrieve_document_record(KEY) == {"analysis_id": "adviser-1"}


def test_the_time_is_that_of_this_machine() -> None:
    before = datetime.now(UTC)
    assert before <= ceph_cache._now() <= datetime.now(UTC)
