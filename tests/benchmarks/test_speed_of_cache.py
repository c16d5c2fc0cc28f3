"""How fast a graph cache answers, beside what it could be: pytest tests/benchmarks --benchmark-only -k cache.

The same answers from PostgreSQL, from the file, from memory, from a select for each package version on tables of SQLite
that hold nothing else, and from a dict that holds everything; of 2,000 package versions and 88,000 edges.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import text
from sqlalchemy.engine import URL
from support.clusters import ENVIRONMENT, VERSIONS, Clusters
from support.databases import administer, copied_database
from support.documents import PYPI

from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.cache_entries import pinned, unpinned
from thoth.storages.graph.engine import make_engine, make_maintenance_engine

CLUSTERS = Clusters()
ROOT = (CLUSTERS.name(2, 0), "2.0.0", PYPI)
Edges = list[tuple[tuple[str, str, str | None], tuple[str, str, str | None]]]

# Tables of a database: the edges of a package version on an index in an environment, in our order.
TABLES = """
CREATE TABLE version (id INTEGER PRIMARY KEY, name TEXT, version TEXT, url TEXT, os TEXT, os_version TEXT, python TEXT);
CREATE TABLE entity (id INTEGER PRIMARY KEY, name TEXT, version TEXT, version_order BLOB);
CREATE TABLE edge (
    version_id INTEGER, entity_id INTEGER, extra TEXT, PRIMARY KEY (version_id, entity_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX key ON version (name, version, url, os, os_version, python);
"""
REQUIRED = """
SELECT edge.extra, entity.name, entity.version FROM version
JOIN edge ON edge.version_id = version.id JOIN entity ON entity.id = edge.entity_id
WHERE version.name = ? AND version.version = ? AND version.url = ?
AND version.os = ? AND version.os_version = ? AND version.python = ?
ORDER BY entity.name, entity.version_order
"""


@pytest.fixture(scope="module")
def url(server: URL, template: URL) -> Iterator[URL]:
    with copied_database(server, template, "clusters") as url:
        with make_maintenance_engine(url).begin() as connection:
            CLUSTERS.write(connection)
        administer(url, "VACUUM (ANALYZE)")
        yield url


@pytest.fixture(autouse=True)
def look_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed is asked for once, before anything is measured."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")


@pytest.fixture(scope="module")
def adapter(url: URL) -> Iterator[GraphDatabase]:
    """An adapter without a file."""
    graph = GraphDatabase(make_engine(url), cache=GraphCache())
    yield graph
    graph.disconnect()


@pytest.fixture(scope="module")
def file(adapter: GraphDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cache") / "cache.sqlite3"
    adapter.create_graph_cache(path, CLUSTERS.names())
    return path


@pytest.fixture(scope="module")
def from_file(url: URL, file: Path) -> Iterator[GraphDatabase]:
    """An adapter that has opened the file."""
    graph = GraphDatabase(make_engine(url), cache=GraphCache(str(file)))
    yield graph
    graph.disconnect()


@pytest.fixture(scope="module")
def tables(url: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path_factory.mktemp("tables") / "tables.sqlite3", isolation_level=None)
    connection.executescript(TABLES)
    connection.execute("BEGIN")
    with make_maintenance_engine(url).connect() as source:
        for table, columns, statement in (
            ("version", 7, "SELECT v.id, package_name, package_version, url, os_name, os_version, python_version FROM"
             " python_package_version v JOIN python_package_index i ON i.id = python_package_index_id"),
            ("entity", 4, "SELECT id, package_name, package_version, version_order FROM python_package_version_entity"),
            ("edge", 3, "SELECT version_id, entity_id, extra FROM depends_on"),
        ):  # fmt: skip
            rows = (tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)
                    for row in source.execute(text(statement)))  # fmt: skip
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    yield connection
    connection.close()


def _selected(tables: sqlite3.Connection, name: str, version: str) -> list[tuple[Any, ...]]:
    return tables.execute(REQUIRED, (name, version, PYPI, *ENVIRONMENT.values())).fetchall()


def _walk(required: Callable[[tuple[str, str]], list[tuple[str, str]]]) -> Edges:
    """A closure, level by level, by a question for each package version."""
    frontier, edges = [ROOT[:2]], Edges()
    seen = {ROOT[:2]}
    while frontier:
        following = []
        for package in frontier:
            for dependency in required(package):
                edges.append(((*package, PYPI), (*dependency, PYPI)))
                if dependency not in seen:
                    seen.add(dependency)
                    following.append(dependency)
        frontier = following
    return edges


WAYS = ["PostgreSQL", "file", "a select for each", "a dict"]


@pytest.fixture
def closure_by(
    adapter: GraphDatabase, from_file: GraphDatabase, tables: sqlite3.Connection
) -> Callable[[str], Callable[[], Edges]]:
    def by(source: str) -> Callable[[], Edges]:
        if source == "a select for each":
            return lambda: _walk(lambda package: [row[1:] for row in _selected(tables, *package)])
        if source == "a dict":
            pairs = [unpinned(pinned(name, version)) for name in CLUSTERS.names() for version in VERSIONS]
            known = {pair: [row[1:] for row in _selected(tables, *pair)] for pair in pairs}
            return lambda: _walk(known.__getitem__)
        graph = adapter if source == "PostgreSQL" else from_file

        def ask() -> Edges:
            graph.cache_clear()
            return graph.retrieve_transitive_dependencies_python(*ROOT, **ENVIRONMENT)

        return ask

    return by


@pytest.mark.benchmark(group="a closure of 17,584 edges")
@pytest.mark.parametrize("source", WAYS)
def test_a_closure(source: str, closure_by: Callable[[str], Callable[[], Edges]], benchmark: BenchmarkFixture) -> None:
    edges = benchmark.pedantic(closure_by(source), rounds=20, warmup_rounds=2)
    assert edges == closure_by("PostgreSQL")()
    assert len(edges) == 17_584


@pytest.mark.benchmark(group="what 400 package versions depend on, one by one")
@pytest.mark.parametrize("source", ["file", "memory", "a select for each"])
def test_direct_dependencies(
    source: str, from_file: GraphDatabase, tables: sqlite3.Connection, benchmark: BenchmarkFixture
) -> None:
    asked = [(CLUSTERS.name(2, number), version) for number in range(100) for version in VERSIONS]

    def ask() -> list[Any]:
        if source == "file":
            from_file.cache_clear()
        return [from_file.get_depends_on(*pair, PYPI, **ENVIRONMENT)[None] for pair in asked]

    def select() -> list[Any]:
        return [[row[1:] for row in _selected(tables, *pair)] for pair in asked]

    found = benchmark.pedantic(select if "select" in source else ask, rounds=20, warmup_rounds=2)
    assert found == select()


@pytest.mark.benchmark(group="100 packages: 400 package versions, 17,584 edges")
@pytest.mark.parametrize("what", ["making a file", "making it with two jobs", "updating it", "reading alone"])
def test_making(what: str, adapter: GraphDatabase, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    path, names = tmp_path / "cache.sqlite3", [CLUSTERS.name(2, number) for number in range(100)]
    keys = [pinned(name, version) for name in names for version in VERSIONS]
    adapter.create_graph_cache(path, names)
    works: dict[str, Callable[[], Any]] = {
        "making a file": lambda: adapter.create_graph_cache(path, names)["package_versions"],
        "making it with two jobs": lambda: adapter.create_graph_cache(path, names, jobs=2)["package_versions"],
        "updating it": lambda: adapter.create_graph_cache(path, names, update=True)["package_versions"],
        "reading alone": lambda: len(adapter._read_entries(keys)),
    }
    assert benchmark.pedantic(works[what], rounds=5, warmup_rounds=1) == 400


@pytest.mark.benchmark(group="opening a file")
@pytest.mark.parametrize("megabytes", [4, 100])
def test_opening(megabytes: int, file: Path, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    path = tmp_path / "large.sqlite3"
    shutil.copyfile(file, path)
    with sqlite3.connect(path, isolation_level=None) as connection:
        while path.stat().st_size < megabytes * 1_000_000:
            connection.execute(
                "INSERT INTO cached_package_version SELECT hex(randomblob(16)), snapshot, crc32, records, edges"
                " FROM cached_package_version LIMIT 2000"
            )
    connection.close()

    def open_and_ask() -> bool:
        cache = GraphCache(str(path))
        cache.connect()
        found = cache.get(pinned(*ROOT[:2]))
        cache.disconnect()
        return found is None

    benchmark.pedantic(open_and_ask, rounds=20, warmup_rounds=1)
    assert path.stat().st_size >= megabytes * 1_000_000
