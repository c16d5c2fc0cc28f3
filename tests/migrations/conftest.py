"""What tests of migrations begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Connection, Engine, text
from support.databases import make_database


@pytest.fixture
def empty_database(server: URL, missing_database: URL) -> URL:
    """A database without tables; the settings name it."""
    make_database(server, missing_database)
    return missing_database


@pytest.fixture
def blocker(empty_database: URL, engine: Engine) -> Iterator[Connection]:
    """A session in a transaction that the first migration must wait for: it makes a table of the same name."""
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE python_package_version_entity (id bigint)"))
        yield connection
        connection.rollback()
