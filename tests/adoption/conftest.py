"""Databases of 0.74: the populated one and an empty one for a test, one that is adopted for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Connection, Engine
from support.databases import drop_database, unused
from support.published import Adopted, Cases, OldRows, make_published

from thoth.storages.graph.adoption import adopt
from thoth.storages.graph.engine import make_maintenance_engine


def autocommitting(engine: Engine) -> Connection:
    """A connection of which each statement is a transaction."""
    return engine.execution_options(isolation_level="AUTOCOMMIT").connect()


@pytest.fixture
def populated(server: URL, missing_database: URL) -> URL:
    """The populated database of 0.74; the settings name it."""
    make_published(server, missing_database)
    return missing_database


@pytest.fixture
def unfilled(server: URL, missing_database: URL) -> URL:
    """A database of 0.74 without rows; the settings name it."""
    make_published(server, missing_database, rows=False)
    return missing_database


@pytest.fixture
def old(unfilled: URL, engine: Engine) -> Iterator[OldRows]:
    """Puts rows into a database of 0.74 without any."""
    with autocommitting(engine) as connection:
        yield OldRows(connection)


@pytest.fixture(scope="module")
def adopted(request: pytest.FixtureRequest, server: URL) -> Iterator[Adopted]:
    """The database that every function in the module's CASES has put its rows into, adopted; not to be changed."""
    cases: Cases = request.module.CASES
    url = unused(server, "adopted")
    make_published(server, url, rows=False)
    engine = make_maintenance_engine(url)
    try:
        with autocommitting(engine) as connection:
            rows = OldRows(connection)
            for put in cases:
                put(rows)
        yield Adopted(engine, adopt(engine))
    finally:
        drop_database(server, url)
