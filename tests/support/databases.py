"""Databases for tests: made as copies of others, dropped when they are not needed any more."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.engine import URL

from support.documents import Document
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine

_numbers = itertools.count()


def unused(server: URL, purpose: str) -> URL:
    """Of a database that does not exist."""
    return server.set(database=f"{purpose}_{os.getpid()}_{next(_numbers)}")


def administer(server: URL, statement: str) -> None:
    """Run one statement that cannot run inside a transaction."""
    engine = make_maintenance_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


def make_database(server: URL, url: URL, template: URL | None = None) -> None:
    """Make the database: an empty one, or a copy that nobody is connected to."""
    copied = f'TEMPLATE "{template.database}" STRATEGY FILE_COPY' if template else ""
    administer(server, f'CREATE DATABASE "{url.database}" {copied}')


def drop_database(server: URL, url: URL) -> None:
    administer(server, f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


@contextmanager
def copied_database(server: URL, template: URL, purpose: str) -> Iterator[URL]:
    """A database like another one."""
    url = unused(server, purpose)
    make_database(server, url, template)
    yield url
    drop_database(server, url)


def tell(url: URL, documents: list[Document]) -> None:
    """Tell these documents to the graph, and leave no connection to it."""
    with graph_at(url, documents):
        pass


@contextmanager
def graph_at(url: URL, documents: list[Document]) -> Iterator[GraphDatabase]:
    """An adapter to a graph that was told these documents."""
    adapter = GraphDatabase(make_engine(url), cache=GraphCache())
    for document in documents:
        adapter.sync_solver_result(document)
    yield adapter
    adapter.disconnect()


@contextmanager
def graph_with(server: URL, template: URL, purpose: str, documents: list[Document]) -> Iterator[GraphDatabase]:
    """An adapter to a graph like another one that was told these documents, too."""
    with copied_database(server, template, purpose) as url, graph_at(url, documents) as adapter:
        yield adapter


@contextmanager
def adapters(number: int) -> Iterator[list[GraphDatabase]]:
    """Adapters, connected to the graph that the settings name."""
    connected = [GraphDatabase() for _ in range(number)]
    try:
        for adapter in connected:
            adapter.connect()
        yield connected
    finally:
        for adapter in connected:
            if adapter.is_connected():
                adapter.disconnect()
