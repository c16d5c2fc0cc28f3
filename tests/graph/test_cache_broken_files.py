"""The graph cache cannot lie: a broken file is given up, a broken entry is noticed."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.caches import Workshop, about, ask, check, need, questions
from support.documents import ANY

from thoth.storages.graph import GraphCache, GraphDatabase

pytestmark = pytest.mark.usefixtures("check_always")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _missing(path: Path) -> None:
    path.unlink()


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(7).randbytes(50_000))


def _head_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _last_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _statement(*statements: str) -> Callable[[Path], None]:
    def execute(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return execute


def _published(path: Path) -> None:
    """The cache of 2019."""
    path.unlink()
    _statement(
        "CREATE TABLE python_package_version (id INTEGER PRIMARY KEY, package_name VARCHAR(256))",
        "CREATE TABLE depends_on (entity_id INTEGER, version_id INTEGER)",
    )(path)


BROKEN: dict[str, Callable[[Path], None]] = {
    "missing": _missing,
    "empty": _empty,
    "garbage": _garbage,
    "head only": _head_only,
    "half": _half,
    "without its last page": _last_page,
    "a directory": _directory,
    "of 2019": _published,
    "of an older schema": _statement("UPDATE cache_information SET value = '0' WHERE key = 'schema_version'"),
    "of a newer schema": _statement("UPDATE cache_information SET value = '99' WHERE key = 'schema_version'"),
    "of no schema": _statement("DELETE FROM cache_information WHERE key = 'schema_version'"),
    "without information": _statement("DROP TABLE cache_information"),
    "without entries": _statement("DROP TABLE cached_package_version"),
    "without packages": _statement("DROP TABLE cached_package"),
    "without a column": _statement("ALTER TABLE cached_package_version RENAME COLUMN crc32 TO crc"),
}


@pytest.fixture(scope="module")
def good_file(world_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cache") / "good.sqlite3"
    GraphDatabase(world_engine, cache=GraphCache()).create_graph_cache(str(path), ["many", "six", "requests"])
    return path.read_bytes()


BRIEF = questions([("many", "1.0")], (None,), (ANY,))


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_not_right_is_left_alone_with_a_warning(
    shop: Workshop, good_file: bytes, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = shop.directory / "broken.sqlite3"
    path.write_bytes(good_file)
    BROKEN[broken](path)
    before = path.read_bytes() if path.is_file() else None
    adapter = shop.adapter(path)
    with caplog.at_level(logging.WARNING):
        check(shop, adapter, BRIEF)
    assert str(path) in caplog.text
    assert len(caplog.records) == 1, "one warning is enough"
    assert not adapter.cache.is_connected()
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [found.name for found in shop.directory.iterdir()] == ([] if broken == "missing" else [path.name])


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_not_right_is_not_filled_either(shop: Workshop, good_file: bytes, broken: str) -> None:
    path = shop.directory / "broken.sqlite3"
    path.write_bytes(good_file)
    BROKEN[broken](path)
    before = path.read_bytes() if path.is_file() else None
    adapter = shop.adapter(path, inserts=True)
    check(shop, adapter, BRIEF)
    adapter.cache.disconnect()
    if broken in ("missing", "empty"):  # these become a cache
        check(shop, shop.adapter(path), BRIEF)
    elif before is not None:
        assert path.read_bytes() == before, "it may be somebody else's"


_MANY_2 = "WHERE package_version = 'many==2.0'"


@pytest.mark.parametrize(
    "change",
    [
        # A flipped bit in a key makes an entry another version's.
        f"UPDATE cached_package_version SET package_version = 'many==0.1' {_MANY_2}",
        f"UPDATE cached_package_version SET package_version = 'lany==2.0' {_MANY_2}",
        "UPDATE cached_package_version SET snapshot = snapshot + 1048576",
        "UPDATE cached_package_version SET snapshot = x'00'",
        "UPDATE cached_package_version SET snapshot = 'x'",
        "UPDATE cached_package_version SET crc32 = crc32 + 1",
        "UPDATE cached_package_version SET edges = substr(edges, 1, 20)",
        "UPDATE cached_package_version SET records = replace(records, 'false', 'true')",
        "UPDATE cached_package_version SET records = CAST(records AS BLOB)",
        "UPDATE cached_package SET snapshot = snapshot + 1048576",
        "UPDATE cached_package SET snapshot = 'x'",
        f"DELETE FROM cached_package_version {_MANY_2}",
    ],
)
def test_a_changed_field_is_noticed(shop: Workshop, good_file: bytes, change: str) -> None:
    path = shop.directory / "changed.sqlite3"
    path.write_bytes(good_file)
    _statement(change)(path)
    check(shop, shop.adapter(path), questions([("many", "0.1"), ("many", "2.0"), ("lany", "2.0")], (None,), (ANY,)))


def test_a_snapshot_that_was_flipped_does_not_make_old_entries_new(shop: Workshop, name: str) -> None:
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    path = shop.file(name)
    flipped = "UPDATE cached_package_version SET snapshot = snapshot + 1048576 WHERE package_version LIKE '{}==%'"
    _statement(flipped.format(name))(path)
    shop.sync(about(name, "1.0", [need("six", "1.16.0")]))
    assert shop.adapter(path).get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}


def test_a_flipped_bit_never_changes_an_answer(shop: Workshop, good_file: bytes) -> None:
    suite = [
        ("get_depends_on", ("many",), {}),
        ("get_depends_on", ("many", "2.0"), {}),
        ("get_depends_on", ("six",), {}),
        ("retrieve_transitive_dependencies_python", ("many", "1.0", None), {}),
        ("has_python_solver_error", ("many", "10.0", None), ANY),
        ("get_python_package_version_records", ("six", "1.16.0", None), ANY),
    ]
    plain = shop.plain()
    expected = [ask(plain, question) for question in suite]
    path = shop.directory / "flipped.sqlite3"
    source = random.Random(20261122)
    wrong: list[str] = []
    for _ in range(150):
        offset, bit = source.randrange(len(good_file)), source.randrange(8)
        flipped = bytearray(good_file)
        flipped[offset] ^= 1 << bit
        path.unlink(missing_ok=True)
        path.write_bytes(flipped)
        adapter = shop.adapter(path)
        try:
            if [ask(adapter, question) for question in suite] != expected:
                wrong.append(f"wrong answer: bit {bit} of byte {offset}")
        except Exception as error:
            wrong.append(f"{error!r}: bit {bit} of byte {offset}")
        adapter.cache.disconnect()
    assert wrong == []


def test_a_file_that_breaks_while_it_is_used_is_given_up(shop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    for table in ("cached_package_version", "cached_package"):
        path = shop.file("many")
        adapter = shop.adapter(path, inserts=True)
        adapter.has_python_solver_error("six", "1.16.0", None, **ANY)
        _statement(f"DROP TABLE {table}")(path)
        with caplog.at_level(logging.WARNING):
            check(shop, adapter, [("get_depends_on", ("many",), {}), *BRIEF])
        assert str(path) in caplog.text
        caplog.clear()


def test_a_file_that_another_process_locks_does_not_stop_an_answer(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    path = shop.directory / "locked.sqlite3"
    # The tables are there, the graph it belongs to is not known yet: the first question will want to write.
    cache = GraphCache(str(path), writable=True)
    cache.connect()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        adapter = shop.adapter(path, inserts=True)
        began = time.monotonic()
        with caplog.at_level(logging.WARNING):
            assert adapter.get_depends_on("python-dateutil", "2.8.2") == {None: [("six", "1.15.0"), ("six", "1.16.0")]}
        assert time.monotonic() - began < 3, "a cache is there to be quick"
        other.execute("ROLLBACK")
    cache.disconnect()
    assert str(path) in caplog.text
