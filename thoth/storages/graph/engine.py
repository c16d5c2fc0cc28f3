"""Engines: how the library connects to PostgreSQL."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from .. import config
from .faults import is_unanswered, sqlstate

IDLE_SECONDS = 30.0
"""A connection that was idle for longer is pinged before it is used."""

GRACE_SECONDS = 5.0
"""What a server gets to cancel a statement by itself, before it is taken for one that hangs."""

AS_OURS = "ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
"""How databases are created. With a provider of their own, or the server's would sort texts in spite of the locale."""

MAINTENANCE_DATABASES = ("postgres", "template1")
"""From which a server is asked about its other databases, in this order."""

_engines: WeakSet[Engine] = WeakSet()
_PREPARER = make_url("postgresql+psycopg2://").get_dialect()().identifier_preparer


def quoted(name: str) -> str:
    """The name of a database or a role, safe in a statement that goes to the driver as it is."""
    return _PREPARER.quote_identifier(name)


def connection_url() -> URL:
    """Where the settings point."""
    query = {"sslmode": "disable"} if config.DATABASE_SSL_DISABLED.read() else {}
    host: str | None = config.DATABASE_HOST.read()
    if host and host.startswith("/"):  # the directory of a socket has no place before the port
        query["host"], host = host, None
    return URL.create(
        "postgresql+psycopg2",
        username=config.DATABASE_USER.read(),
        password=config.DATABASE_PASSWORD.read(),
        host=host,
        port=config.DATABASE_PORT.read(),
        database=config.DATABASE_NAME.read(),
        query=query,
    )


def _connect_args(statement_seconds: float, lock_seconds: float) -> dict[str, Any]:
    limits = {"statement_timeout": statement_seconds, "lock_timeout": lock_seconds}
    # What is not limited is not sent: a connection pooler may refuse it. The user's own options come first.
    options = [f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items() if seconds]
    connect_seconds = config.CONNECT_TIMEOUT.read()
    return {
        "connect_timeout": max(1, round(connect_seconds)) if connect_seconds else 0,  # which is none, to libpq as well
        "application_name": "thoth-storages",
        "options": " ".join([*filter(None, [os.environ.get("PGOPTIONS")]), *options]),
        # A host that vanished is noticed after a minute, not after hours.
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }


def make_engine(url: URL) -> Engine:
    """The engine that questions and documents go through."""
    debug, statement_seconds = config.DEBUG_QUERIES.read(), config.STATEMENT_TIMEOUT.read()
    connect_args = _connect_args(statement_seconds, config.LOCK_TIMEOUT.read())
    if statement_seconds:
        from .silence import impatient  # late: it loads the driver

        connect_args["connection_factory"] = impatient(statement_seconds + GRACE_SECONDS)
    engine = create_engine(
        url,
        echo=debug,
        hide_parameters=not debug,
        pool_use_lifo=True,
        isolation_level="READ COMMITTED",  # whatever the database's default: look-ups must see concurrent inserts
        connect_args=connect_args,
    )
    _ping_after_idling(engine)
    return engine


def use_after_fork(engine: Engine) -> None:
    """Let the children of this process make connections of their own on this engine."""
    _engines.add(engine)


@contextmanager
def connected_without_transactions(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements each stand for themselves, without BEGIN and ROLLBACK around them.

    The driver is told, not SQLAlchemy, whose AUTOCOMMIT takes a round trip when it ends: get_python_cve_records_all()
    took 600 µs so, and now 460. The driver sends nothing as long as it knows no isolation level but the server's own.
    """
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        level, driver.isolation_level = driver.isolation_level, None
        driver.autocommit = True
        try:
            yield connection
        finally:
            if not driver.closed:
                driver.autocommit = False
                driver.isolation_level = level


@contextmanager
def losing_no_connection(engine: Engine) -> Iterator[None]:
    """Start with new connections after an interruption, such as Ctrl-C in a notebook.

    One in the middle of the pool's own work leaves a connection that is neither in use nor free: after some hundred
    every question would wait for one in vain. What SQLAlchemy fails with on its way out is not raised instead of it.
    """
    try:
        yield
    except BaseException as error:
        interruption = _interruption_behind(error)
        if interruption is None:
            raise
        engine.dispose()
        raise interruption from None


def _interruption_behind(error: BaseException | None) -> BaseException | None:
    """The exception in this chain that is no error, the first one where there are several."""
    while isinstance(error, Exception):
        error = error.__context__
    return error


def make_maintenance_engine(url: URL) -> Engine:
    """An engine for migrations and for creating databases: no pool, statements may take as long as they need."""
    args = _connect_args(0, config.LOCK_TIMEOUT.read())
    return create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=args)


def _ping_after_idling(engine: Engine) -> None:
    @event.listens_for(engine, "checkin")
    def remember(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        now = time.monotonic()
        if now - entry.info.get("idle_since", now) > IDLE_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error


def _forget_parents_connections() -> None:
    # A child must not speak on its parent's sockets, nor close them.
    for engine in list(_engines):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_parents_connections)


def database_exists(url: URL) -> bool:
    """Whether the server has the database; asked from another database of the same server.

    Raises DBAPIError where no database of the server lets us in.
    """
    failure: DBAPIError | None = None
    for name in MAINTENANCE_DATABASES:
        engine = make_maintenance_engine(url.set(database=name))
        try:
            with engine.connect() as connection:
                found = connection.scalar(
                    text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}
                )
                return found is not None
        except DBAPIError as error:
            failure = failure or error
            if is_unanswered(error):
                break
    assert failure is not None
    raise failure


def lets_us_in(url: URL) -> bool:
    """Whether the database can be connected to."""
    try:
        with make_maintenance_engine(url).connect():
            return True
    except DBAPIError:
        return False


def create_database(url: URL) -> None:
    """Create the database unless it is there, or another process creates it at the same time."""
    # Itself first: the owner of a database may have no other one to ask from.
    if lets_us_in(url) or database_exists(url):
        return
    failure: DBAPIError | None = None
    for name in MAINTENANCE_DATABASES:
        engine = make_maintenance_engine(url.set(database=name)).execution_options(isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {quoted(url.database or '')} {AS_OURS}")
                return
        except DBAPIError as error:
            if sqlstate(error) in {"42P04", "23505"}:
                return
            failure = failure or error
    assert failure is not None
    raise failure
