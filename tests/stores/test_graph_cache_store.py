"""The graph cache in object storage: sound files go in and come out, and a file that is there is never lost."""

from __future__ import annotations

import inspect
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from thoth.storages import GraphCacheStore, GraphDatabase, exceptions
from thoth.storages.ceph import CephStore
from thoth.storages.graph import GraphCache


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> GraphCacheStore:
    connected = GraphCacheStore()
    connected.connect()
    return connected


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A graph cache with something in it, as the library makes it."""
    return made(tmp_path / "made.sqlite3")


def made(path: Path, snapshot: int = 7) -> Path:
    writer = GraphCache(str(path), writable=True)
    writer.connect()
    assert writer.belongs_to("6fa0f1d2-0000-4000-8000-000000000000", snapshot)
    writer.disconnect()
    return path


def snapshot_of(path: Path) -> int | None:
    reader = GraphCache(str(path))
    reader.connect()
    try:
        return reader.snapshot
    finally:
        reader.disconnect()


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_the_signatures_are_those_of_2019() -> None:
    methods = {name: getattr(GraphCacheStore, name) for name in ("__init__", "connect", "retrieve", "store")}
    assert {name: list(inspect.signature(method).parameters)[1:] for name, method in methods.items()} == {
        "__init__": ["prefix"],
        "connect": [],
        "retrieve": ["cache_file"],
        "store": ["cache_file"],
    }


def test_a_real_cache_comes_back_and_answers(
    store: GraphCacheStore, filled: GraphDatabase, tmp_path: Path, prefix: str, s3: dict[str, str]
) -> None:
    path, back = tmp_path / "made.sqlite3", tmp_path / "back.sqlite3"
    filled.create_graph_cache(str(path), ["flask"])
    store.store(str(path))
    plain = CephStore(f"{prefix}/tests/graph-cache", **s3)
    plain.connect()
    assert list(plain.get_document_listing()) == ["graph_cache.sqlite3"]
    store.retrieve(str(back))
    reader = GraphDatabase(cache=GraphCache(str(back)))
    reader.connect()
    assert reader.get_depends_on("flask", "3.0.3", "https://pypi.org/simple") == filled.get_depends_on(
        "flask", "3.0.3", "https://pypi.org/simple"
    )
    assert reader.stats()["sqlite_cache_info"]["hits"] > 0
    reader.disconnect()
    assert back.stat().st_mode & 0o777 == 0o644


def test_a_prefix_of_its_own_comes_before_that_of_the_settings(
    settings: pytest.MonkeyPatch, cache: Path, prefix: str
) -> None:
    store = GraphCacheStore(f"{prefix}-other")
    assert store.ceph.prefix == f"{prefix}-other/tests/graph-cache/"
    assert not store.is_connected()
    with pytest.raises(exceptions.NotConnectedError):
        store.store(cache)
    store.connect()
    assert store.is_connected()
    settings.delenv("THOTH_CEPH_BUCKET_PREFIX")
    with pytest.raises(KeyError, match="THOTH_CEPH_BUCKET_PREFIX"):
        GraphCacheStore()


# --- Storing ---------------------------------------------------------------------------------------------------------


def test_a_cache_that_is_being_filled_is_stored_with_all_that_was_committed(
    store: GraphCacheStore, cache: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(cache, isolation_level=None)) as writer:
        assert writer.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        writer.execute("INSERT INTO cache_information VALUES ('committed', 'yes')")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO cache_information VALUES ('not committed', 'yes')")
        assert cache.with_name(f"{cache.name}-wal").stat().st_size > 0, "it is in the log, not in the file"
        store.store(cache)
        writer.execute("ROLLBACK")
    back = tmp_path / "back.sqlite3"
    store.retrieve(back)
    with closing(sqlite3.connect(back)) as connection:
        keys = {key for (key,) in connection.execute("SELECT key FROM cache_information")}
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert "committed" in keys and "not committed" not in keys


def test_storing_leaves_nothing_beside_the_cache(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    before = cache.read_bytes()
    store.store(cache)
    assert cache.read_bytes() == before
    assert names(tmp_path) == [cache.name]


def sqlite_of_others(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE precious (id INTEGER)")


def text(path: Path) -> None:
    path.write_text("no cache at all")


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def scratched(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    path.write_bytes(content)


def missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [sqlite_of_others, text, nothing, cut, scratched, missing])
def test_what_is_no_sound_cache_is_not_stored(store: GraphCacheStore, cache: Path, spoil: object) -> None:
    assert callable(spoil)
    store.store(cache)
    before = store.ceph.retrieve_blob(store.OBJECT_KEY)
    spoil(cache)
    with pytest.raises(exceptions.GraphCacheError, match=cache.name):
        store.store(cache)
    assert store.ceph.retrieve_blob(store.OBJECT_KEY) == before


# --- Restoring -------------------------------------------------------------------------------------------------------


def of_2019(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE python_package_version (id INTEGER)")
        connection.execute("CREATE TABLE depends_on (id INTEGER)")


@pytest.mark.parametrize("spoil", [sqlite_of_others, of_2019, text, nothing, cut, scratched])
@pytest.mark.parametrize("there", [True, False])
def test_what_is_stored_and_no_sound_cache_leaves_the_file_as_it_was(
    store: GraphCacheStore, cache: Path, tmp_path: Path, spoil: object, there: bool
) -> None:
    assert callable(spoil)
    directory = tmp_path / "place"
    directory.mkdir()
    target = directory / "graph_cache.sqlite3"
    before = made(target, 3).read_bytes() if there else None
    spoil(cache)
    store.ceph.store_blob(cache.read_bytes(), store.OBJECT_KEY)
    with pytest.raises(exceptions.GraphCacheError, match=r"graph-cache/graph_cache\.sqlite3 in bucket"):
        store.retrieve(target)
    assert names(directory) == ([target.name] if there else [])
    assert before is None or target.read_bytes() == before


def test_without_a_stored_cache_the_file_is_as_it_was(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    before = cache.read_bytes()
    for target in (cache, tmp_path / "new.sqlite3"):
        with pytest.raises(exceptions.NotFoundError, match="graph_cache.sqlite3"):
            store.retrieve(target)
    assert cache.read_bytes() == before
    assert names(tmp_path) == [cache.name]


def test_an_older_cache_is_replaced_under_its_readers(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    store.store(cache)
    target = made(tmp_path / "old.sqlite3", 3)
    reader = GraphCache(str(target))
    reader.connect()
    store.retrieve(target)
    assert reader.snapshot == 3 and reader.stats()["table_size"], "who reads the old one, goes on reading it"
    reader.disconnect()
    assert snapshot_of(target) == 7


@pytest.mark.parametrize("spoil", [sqlite_of_others, text, cut])
def test_a_file_that_is_something_else_is_not_overwritten(
    store: GraphCacheStore, cache: Path, tmp_path: Path, spoil: object
) -> None:
    assert callable(spoil)
    store.store(cache)
    target = made(tmp_path / "own.sqlite3")
    spoil(target)
    before = target.read_bytes()
    with pytest.raises(exceptions.GraphCacheError, match="is there and is no graph cache"):
        store.retrieve(target)
    assert target.read_bytes() == before
    with pytest.raises(exceptions.GraphCacheError, match="is there and is no graph cache"):
        store.retrieve(tmp_path)


def test_the_log_of_an_old_cache_is_not_taken_for_that_of_the_new_one(
    store: GraphCacheStore, cache: Path, tmp_path: Path
) -> None:
    store.store(cache)
    directory, target = tmp_path / "place", tmp_path / "place" / "graph_cache.sqlite3"
    directory.mkdir()
    live = made(tmp_path / "live.sqlite3", 3)
    with closing(sqlite3.connect(live, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE cache_information SET value = '4' WHERE key = 'snapshot'")
        # What a process that was killed leaves: a file and its log, and nobody who holds them.
        for suffix in ("", "-wal"):
            source = live.with_name(live.name + suffix)
            target.with_name(target.name + suffix).write_bytes(source.read_bytes())
    store.retrieve(target)
    assert names(directory) == [target.name]
    assert snapshot_of(target) == 7
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_log_without_its_cache_goes_away(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    store.store(cache)
    target = tmp_path / "graph_cache.sqlite3"
    target.with_name(f"{target.name}-wal").write_bytes(b"of a cache that was removed")
    store.retrieve(target)
    assert snapshot_of(target) == 7
    assert names(tmp_path) == [target.name, cache.name]


def test_a_cache_that_another_process_fills_is_not_replaced(
    store: GraphCacheStore, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thoth.storages.cache_files._BUSY_SECONDS", 0.1)
    store.store(cache)
    target = made(tmp_path / "busy.sqlite3", 3)
    filling = GraphCache(str(target), writable=True)
    filling.connect()
    filling.put({}, 5)
    with pytest.raises(exceptions.GraphCacheError, match="is being filled by another process"):
        store.retrieve(target)
    filling.disconnect()
    assert snapshot_of(target) == 3
    store.retrieve(target)
    assert snapshot_of(target) == 7


def test_a_place_that_cannot_be_written_to_is_told(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    store.store(cache)
    with pytest.raises(exceptions.GraphCacheError, match=r"cannot write graph cache .*missing/cache\.sqlite3: No such"):
        store.retrieve(tmp_path / "missing" / "cache.sqlite3")


def test_a_link_goes_on_pointing_at_the_cache(store: GraphCacheStore, cache: Path, tmp_path: Path) -> None:
    store.store(cache)
    target, link = made(tmp_path / "target.sqlite3", 3), tmp_path / "link.sqlite3"
    link.symlink_to(target)
    store.retrieve(link)
    assert link.is_symlink()
    assert snapshot_of(target) == 7
