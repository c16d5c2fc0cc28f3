"""Real servers for the whole session; a database of its own for each test; none of the user's settings."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine import URL
from support.ceph_cluster import Gateway, ceph_gateway
from support.databases import adapters, copied_database, drop_database, make_database, tell, unused
from support.documents import Document, DocumentOf, real_document, real_documents
from support.object_storage import arguments_for_stores, create_bucket, skip_without_ceph
from support.tables import CountStatements

from thoth.storages import config
from thoth.storages.embedded import EmbeddedPostgres, EmbeddedS3
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_maintenance_engine

BUCKET = "documents"

# On a busy machine the very first input may take seconds, whichever test it is drawn for.
hypothesis.settings.register_profile("here", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("here")

_numbers = itertools.count()


@pytest.fixture(scope="session", autouse=True)
def _can_be_interrupted() -> None:
    """What tests start can be interrupted, even where the tests themselves run in the background and cannot."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


def _name_in_settings(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("HOST", url.host),
        ("PORT", url.port),
        ("USER", url.username),
        ("PASSWORD", url.password),
        ("DATABASE", url.database),
    ):
        monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", str(value or ""))


@pytest.fixture(scope="session")
def template(server: URL) -> Iterator[URL]:
    """A database with the newest schema and nothing in it, to copy. Do not connect to it."""
    url = unused(server, "template")
    with pytest.MonkeyPatch.context() as monkeypatch:
        _name_in_settings(url, monkeypatch)
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        graph.disconnect()
    yield url
    drop_database(server, url)


@pytest.fixture(scope="session")
def filled_template(server: URL, template: URL) -> Iterator[URL]:
    """A database that was told all the real solver documents, to copy. Do not connect to it."""
    with copied_database(server, template, "filled") as url:
        tell(url, real_documents())
        yield url


@pytest.fixture
def missing_database(server: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[URL]:
    """A database that does not exist; the settings name it."""
    url = unused(server, "test")
    # By the test's own monkeypatch: two of them, undone in another order, would leave the settings of one behind.
    _name_in_settings(url, monkeypatch)
    yield url
    drop_database(server, url)


@pytest.fixture
def database(template: URL, missing_database: URL, server: URL) -> URL:
    """A database with the newest schema and nothing in it; the settings name it."""
    make_database(server, missing_database, template)
    return missing_database


@pytest.fixture
def graph(database: URL) -> Iterator[GraphDatabase]:
    """An adapter connected to an empty graph."""
    with adapters(1) as (adapter,):
        yield adapter


@pytest.fixture
def engine(missing_database: URL) -> Iterator[Engine]:
    """An engine for looking at the tables behind the library's back."""
    looking = make_maintenance_engine(missing_database)
    yield looking
    looking.dispose()


@pytest.fixture
def count_statements() -> CountStatements:
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


@pytest.fixture
def documents() -> list[Document]:
    """The real solver documents, oldest first; the test may change them."""
    return real_documents()


@pytest.fixture
def document_of() -> DocumentOf:
    """The real solver document made for a requirement such as flask==3.0.3; the test may change it."""
    return real_document


@pytest.fixture
def filled(filled_template: URL, missing_database: URL, server: URL) -> Iterator[GraphDatabase]:
    """An adapter connected to a graph that was told all the real solver documents."""
    make_database(server, missing_database, filled_template)
    with adapters(1) as (adapter,):
        yield adapter


# --- Object storage --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The arguments for stores in a bucket of SeaweedFS."""
    with EmbeddedS3(tmp_path_factory.mktemp("s3")) as server:
        server.create_bucket(BUCKET)
        yield arguments_for_stores(server.endpoint_url, server.key_id, server.secret_key, BUCKET)


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """The gateway of a real Ceph."""
    skip_without_ceph()
    with ceph_gateway() as running:
        yield running


@pytest.fixture(scope="session")
def ceph_bucket(gateway: Gateway) -> dict[str, str]:
    """The arguments for stores in a bucket of Ceph."""
    arguments = arguments_for_stores(gateway.endpoint_url, gateway.key_id, gateway.secret_key, BUCKET)
    create_bucket(arguments)
    return arguments


@pytest.fixture(scope="session")
def s3(request: pytest.FixtureRequest) -> dict[str, str]:
    """The arguments for stores in the session's bucket: of SeaweedFS, where a test does not ask for EVERY_TIER."""
    arguments: dict[str, str] = request.getfixturevalue(getattr(request, "param", "seaweedfs"))
    return arguments


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
