"""What callers of 2019 ask a graph cache itself, and tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.caches import Workshop
from support.documents import ANY, DEBIAN, PYPI, RHEL

from thoth.storages.exceptions import AlreadyConnectedError, NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase

AT = ("Flask", "1.0.0", PYPI + "/")


@pytest.fixture
def filled_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GraphCache:
    """A cache that may be filled."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    return GraphCache.load(str(tmp_path / "told.sqlite3"))


def tell(cache: GraphCache, dependency: str | None, version: str | None, **environment: Any) -> None:
    where = environment or DEBIAN
    cache.add_depends_on(*AT, **where, dependency_name=dependency, dependency_version=version)


def test_what_was_told_is_answered(filled_by_hand: GraphCache) -> None:
    cache = filled_by_hand
    assert cache.get_depends_on(*AT) is None
    assert cache.get_python_package_version_records(*AT, None, None, None) is None
    for dependency, version in (("Werkzeug", "10.0"), ("werkzeug", "2.0"), ("click", "8.0.0"), ("werkzeug", "2.0")):
        tell(cache, dependency, version)
    tell(cache, "click", "7.0", **RHEL)
    expected = [("click", "8.0.0"), ("werkzeug", "2.0"), ("werkzeug", "10.0")]
    assert cache.get_depends_on("flask", "1.0.0", PYPI, **DEBIAN) == expected
    assert cache.get_depends_on("flask", "1.0.0", None, os_name="rhel") == [("click", "7.0")]
    assert set(cache.get_depends_on("flask", "1.0.0", None) or ()) == {*expected, ("click", "7.0")}
    assert cache.get_depends_on("flask", "1.0.0", None, os_name="fedora") is None
    known = {"package_name": "flask", "package_version": "1.0.0", "index_url": PYPI}
    assert cache.get_python_package_version_records(*AT[:2], None, "debian", None, None) == [{**known, **DEBIAN}]
    assert len(cache.get_python_package_version_records(*AT, None, None, None) or ()) == 2


def test_that_there_is_no_dependency_is_told_too(filled_by_hand: GraphCache) -> None:
    tell(filled_by_hand, None, None)
    assert filled_by_hand.get_depends_on(*AT) == []
    tell(filled_by_hand, "click", "8.0")
    assert filled_by_hand.get_depends_on(*AT) == [("click", "8.0")]


@pytest.mark.parametrize(("dependency", "version"), [("click", None), (None, "8.0")])
def test_half_a_dependency_is_an_error(filled_by_hand: GraphCache, dependency: Any, version: Any) -> None:
    with pytest.raises(ValueError, match="dependency_name and dependency_version must both be texts"):
        tell(filled_by_hand, dependency, version)
    with pytest.raises(ValueError, match="os_name, os_version and python_version must be texts"):
        tell(filled_by_hand, "click", "8.0", **{**DEBIAN, "os_version": None})
    assert filled_by_hand.get_depends_on(*AT) is None


def test_nothing_is_told_where_it_may_not_be(
    filled_by_hand: GraphCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in ("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "THOTH_STORAGES_GRAPH_CACHE_DISABLED"):
        with monkeypatch.context() as patch:
            patch.setenv(setting, "1")
            tell(filled_by_hand, "click", "8.0")
            if setting.endswith("CACHE_DISABLED"):
                assert filled_by_hand.get_depends_on(*AT) is None
    assert filled_by_hand.get_depends_on(*AT) is None
    reading = GraphCache(str(tmp_path / "told.sqlite3"))
    reading.connect()
    tell(reading, "click", "8.0")
    assert reading.get_depends_on(*AT) is None
    reading.disconnect()


def test_a_database_does_not_take_a_part_for_the_whole(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", "0")
    adapter = shop.adapter(shop.path("told"), inserts=True)
    with pytest.raises(NotFoundError):
        adapter.get_depends_on("nothing", "1.0")
    told = {"dependency_name": "zipp", "dependency_version": "1.0", **DEBIAN}
    adapter.cache.add_depends_on("six", "1.16.0", PYPI, **told)
    adapter.cache.add_depends_on("nothing", "1.0", PYPI, **told)
    assert adapter.cache.get_depends_on("nothing", "1.0", PYPI) == [("zipp", "1.0")]
    with pytest.raises(NotFoundError):
        adapter.get_depends_on("nothing", "1.0")
    expected = shop.plain().get_depends_on("six", "1.16.0")
    assert adapter.get_depends_on("six", "1.16.0") == expected
    known = [pair for pairs in expected.values() for pair in pairs]
    assert adapter.cache.get_depends_on("six", "1.16.0", None) == known, "now it knows all of it"
    adapter.cache.add_depends_on("six", "1.16.0", PYPI, **told)
    assert adapter.cache.get_depends_on("six", "1.16.0", None) == known


def test_the_whole_can_be_asked_too(shop: Workshop) -> None:
    cache = shop.adapter(shop.file("many")).cache
    GraphDatabase(shop.engine, cache=cache).python_package_exists("many")
    cache.connect()
    records = shop.plain().get_python_package_version_records("many", "1.0", None, **ANY)
    assert cache.get_python_package_version_records("many", "1.0", None, None, None, None) == records
    assert cache.get_depends_on("many", "10.0", None, **DEBIAN) == []


def test_it_is_opened_emptied_and_closed(filled_by_hand: GraphCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = filled_by_hand
    with pytest.raises(AlreadyConnectedError, match="is open already"):
        cache.connect()
    cache.initialize_schema()
    tell(cache, "click", "8.0")
    cache.clear_in_memory_cache()
    assert cache.get_depends_on(*AT) == [("click", "8.0")]
    cache.drop_all()
    assert cache.get_depends_on(*AT) is None
    assert cache.is_connected()
    cache.disconnect()
    assert not cache.is_connected()
    again = GraphCache(cache=f"sqlite:///{cache.path}")
    again.connect()
    tell(again, "click", "8.0")
    assert again.get_depends_on(*AT) == [("click", "8.0")]
    assert set(again.stats()) == {"table_size", "sqlite_cache_info"}
    again.disconnect()
