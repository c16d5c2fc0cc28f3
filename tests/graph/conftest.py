"""Graphs that many tests ask, with and without caches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.caches import WORLD, Workshop, unused_name
from support.databases import copied_database, graph_with
from support.tables import Dump, dump

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
def dump_of_all(server: URL, filled_template: URL) -> Dump:
    """What the tables hold when one worker alone has synced all the real documents."""
    with copied_database(server, filled_template, "dumped") as url:
        return dump(make_maintenance_engine(url))
