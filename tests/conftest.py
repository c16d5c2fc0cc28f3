"""Real servers for the whole session; a database of its own for each test; none of the user's settings."""

from __future__ import annotations

import copy
import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.engine import URL

from thoth.storages import config
from thoth.storages.embedded import EmbeddedPostgres, EmbeddedS3
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import connection_url, make_maintenance_engine

BUNDLE = Path(__file__).resolve().parents[1] / "thoth" / "storages" / "data" / "solver"
BUCKET = "documents"

_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _no_settings() -> Iterator[None]:
    """Nobody's database or bucket is ever touched: what is set outside is not seen in here."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for setting in config.all_settings():
            for name in setting.names:
                monkeypatch.delenv(name, raising=False)
        # An address that is never a server, should a test forget to say where.
        monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", "127.0.0.1")
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", "1")
        yield


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """The server of this session: the one that THOTH_STORAGES_TEST_DATABASE_URL names, else one of its own."""
    given = os.environ.get("THOTH_STORAGES_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg2")
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as postgres:
        url = URL.create("postgresql+psycopg2", postgres.user, postgres.password, postgres.host, postgres.port)
        yield url.set(database="postgres")


@contextmanager
def _settings(url: URL) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in (
            ("HOST", url.host),
            ("PORT", url.port),
            ("USER", url.username),
            ("PASSWORD", url.password),
            ("DATABASE", url.database),
        ):
            monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", str(value or ""))
        yield


def _run(url: URL, statement: str) -> None:
    engine = make_maintenance_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(scope="session")
def template(server: URL) -> Iterator[URL]:
    """A database with the newest schema and nothing in it, to copy. Do not connect to it."""
    url = server.set(database=f"template_{os.getpid()}")
    with _settings(url):
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        graph.disconnect()
    yield url
    _run(server, f'DROP DATABASE "{url.database}" WITH (FORCE)')


@pytest.fixture
def missing_database(server: URL) -> Iterator[URL]:
    """A database that does not exist; the settings name it."""
    url = server.set(database=f"test_{os.getpid()}_{next(_numbers)}")
    with _settings(url):
        yield url
    _run(server, f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')


@pytest.fixture
def database(template: URL, missing_database: URL, server: URL) -> URL:
    """A database with the newest schema and nothing in it; the settings name it."""
    _run(server, f'CREATE DATABASE "{missing_database.database}" TEMPLATE "{template.database}" STRATEGY FILE_COPY')
    return missing_database


@pytest.fixture
def graph(database: URL) -> Iterator[GraphDatabase]:
    """An adapter connected to an empty graph."""
    adapter = GraphDatabase()
    adapter.connect()
    yield adapter
    if adapter.is_connected():
        adapter.disconnect()


@pytest.fixture
def engine(database: URL) -> Iterator[Engine]:
    """An engine for looking at the tables behind the library's back."""
    looking = make_maintenance_engine(connection_url())
    yield looking
    looking.dispose()


@pytest.fixture
def count_statements() -> Callable[[GraphDatabase, Callable[[], object]], int]:
    """Counts the statements that reach the server while something is done."""

    def count(adapter: GraphDatabase, work: Callable[[], object]) -> int:
        seen: list[str] = []
        engine = adapter._connected_engine()

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            work()
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    return count


# --- Documents -------------------------------------------------------------------------------------------------------


def _read_bundle() -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_bytes()) for path in sorted(BUNDLE.glob("*.json"))}


_BUNDLE = _read_bundle()


@pytest.fixture
def documents() -> list[dict[str, Any]]:
    """The real solver documents, oldest first; the test may change them."""
    return [copy.deepcopy(document) for document in _BUNDLE.values()]


@pytest.fixture
def document_of() -> Callable[[str], dict[str, Any]]:
    """The real solver document made for a requirement such as flask==3.0.3; the test may change it."""

    def find(requirement: str) -> dict[str, Any]:
        (found,) = (
            document
            for document in _BUNDLE.values()
            if document["metadata"]["arguments"]["python"]["requirements"] == requirement
        )
        return copy.deepcopy(found)

    return find


@pytest.fixture
def filled(graph: GraphDatabase, documents: list[dict[str, Any]]) -> GraphDatabase:
    """An adapter connected to a graph that was told all the real solver documents."""
    for document in documents:
        graph.sync_solver_result(document)
    return graph


# --- Object storage --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The arguments for stores in the session's bucket."""
    with EmbeddedS3(tmp_path_factory.mktemp("s3")) as server:
        server.create_bucket(BUCKET)
        yield {
            "host": server.endpoint_url,
            "key_id": server.key_id,
            "secret_key": server.secret_key,
            "bucket": BUCKET,
        }


@pytest.fixture
def prefix() -> str:
    """A prefix that no other test uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def settings(s3: dict[str, str], prefix: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment that stores are made from, of the session's bucket and this test's prefix."""
    monkeypatch.setenv("THOTH_S3_ENDPOINT_URL", s3["host"])
    monkeypatch.setenv("THOTH_CEPH_KEY_ID", s3["key_id"])
    monkeypatch.setenv("THOTH_CEPH_SECRET_KEY", s3["secret_key"])
    monkeypatch.setenv("THOTH_CEPH_BUCKET", s3["bucket"])
    monkeypatch.setenv("THOTH_CEPH_BUCKET_PREFIX", prefix)
    monkeypatch.setenv("THOTH_DEPLOYMENT_NAME", "tests")
    return monkeypatch
