"""Graphs that many tests ask, with and without caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.caches import WORLD, Workshop, unused_name
from support.databases import copied_database, graph_at, graph_with
from support.tables import Dump, dump, empty

from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine


@pytest.fixture
def check_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache looks for changes at every question."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "0")


@pytest.fixture(scope="session")
def world_engine(server: URL, filled_template: URL) -> Iterator[Engine]:
    """A graph with the documents of WORLD; tests that write use names of their own."""
    with graph_with(server, filled_template, "cache", WORLD) as adapter:
        yield adapter._connected_engine()


@pytest.fixture
def shop(world_engine: Engine, tmp_path: Path) -> Iterator[Workshop]:
    workshop = Workshop(world_engine, tmp_path)
    yield workshop
    workshop.close()


@pytest.fixture
def own_shop(database: URL, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop with an empty graph that belongs to the test alone."""
    engine = make_engine(database)
    workshop = Workshop(engine, tmp_path)
    yield workshop
    workshop.close()
    engine.dispose()


@pytest.fixture
def name() -> str:
    """A package name that no other test uses."""
    return unused_name("package")


@pytest.fixture(scope="session")
def _emptied_url(server: URL, template: URL) -> Iterator[URL]:
    with copied_database(server, template, "emptied") as url:
        yield url


@pytest.fixture
def emptied(_emptied_url: URL) -> Iterator[GraphDatabase]:
    """An adapter to an empty graph. To delete every row takes 13 ms, to copy an empty database 400."""
    with graph_at(_emptied_url, []) as adapter:
        empty(adapter._connected_engine())
        yield adapter


@pytest.fixture(scope="session")
def room(server: URL, template: URL) -> Iterator[tuple[GraphDatabase, Engine]]:
    """An adapter to a graph that each example of a test fills anew, and an engine for doing so behind its back."""
    with copied_database(server, template, "room") as url:
        adapter, engine = GraphDatabase(make_engine(url), cache=GraphCache()), make_maintenance_engine(url)
        yield adapter, engine
        adapter.disconnect()
        engine.dispose()


@pytest.fixture(scope="session")
def dump_of_all(server: URL, filled_template: URL) -> Dump:
    """What the tables hold when one worker alone has synced all the real documents."""
    with copied_database(server, filled_template, "dumped") as url:
        return dump(make_maintenance_engine(url))
