"""Migrations: where they lie, which is the newest, how the database gets there. Alembic is loaded on first use."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from .. import config
from ..exceptions import DatabaseUnavailableError
from .engine import connection_url, make_maintenance_engine
from .faults import place, sqlstate

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

_LOCK_KEY = 0x7468_6F74_685F_7364  # "thoth_sd" as a number: one migration at a time in a database
_LOCK_SECONDS = 600.0
_POLL_SECONDS = 0.2
_SILENT_SECONDS = 2.0
_TRIES = 10
_PAUSE_SECONDS = 2.0
_TOO_LONG_LOCKED = frozenset(("55P03", "40P01"))  # lock_not_available, deadlock_detected

VERSION_TABLE = "alembic_version"

# Whatever the role or the database has as a default. A backend whose client was killed is to notice it within seconds,
# or it would go on holding the locks of a migration that nobody waits for; only Linux can ask the socket.
_SETTINGS = text(
    "SELECT set_config('statement_timeout', '0', :local), set_config('lock_timeout', :lock, :local),"
    " set_config('idle_in_transaction_session_timeout', '0', :local),"
    " CASE WHEN version() ~* 'linux' THEN set_config('client_connection_check_interval', '5s', :local) END"
)
# The connection that holds the lock is idle for as long as the migrations take.
_HOLDER = text(
    "SELECT set_config('idle_session_timeout', '0', false), set_config('application_name', :name, false)"
).bindparams(name="thoth-storages migrations")
_WHO_HOLDS_IT = text(
    "SELECT held.pid, who.application_name, who.usename, who.client_addr, who.backend_start"
    " FROM pg_locks AS held LEFT JOIN pg_stat_activity AS who ON who.pid = held.pid"
    " WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1"
    " AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND held.classid = CAST(:high AS oid) AND held.objid = CAST(:low AS oid)"
).bindparams(high=_LOCK_KEY >> 32, low=_LOCK_KEY & 0xFFFF_FFFF)

# Alembic keeps what it is doing in variables of its modules: one thread at a time.
_one_thread = threading.Lock()


# --- Scripts ---------------------------------------------------------------------------------------------------------


def location() -> Path:
    """The folder of the migrations: in the wheel beside this package, in a checkout its alembic folder."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parents[1] / "alembic"


def configuration(output: TextIO | None = None, **attributes: object) -> Config:
    """What Alembic's commands take as their first argument, without a file.

    attributes: connection or engine (where to migrate; without both, where the settings point), locked (whether the
    caller is inside only_one()). output: where an offline migration writes its SQL.
    """
    from alembic.config import Config

    made = Config() if output is None else Config(output_buffer=output)
    made.set_main_option("script_location", str(location()).replace("%", "%%"))
    made.attributes.update(attributes)
    return made


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(configuration())


@cache
def script_head() -> str:
    """The revision that the newest migration of this library leads to."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


@cache
def _revisions() -> tuple[str, ...]:
    return tuple(script.revision for script in _scripts().walk_revisions())  # the newest first


def migrations_since(revision: str) -> int | None:
    """How many migrations lead from this revision to the newest one; None where it is not one of this library's."""
    if revision == script_head():
        return 0
    return _revisions().index(revision) if revision in _revisions() else None


# --- One at a time ---------------------------------------------------------------------------------------------------


@contextmanager
def only_one(engine: Engine) -> Iterator[None]:
    """Inside, no other process migrates this database.

    Raises DatabaseUnavailableError, which names the session that does, when it does so for over ten minutes.
    """
    # Polled in autocommit: waiting inside a transaction would deadlock with CREATE INDEX CONCURRENTLY, and a lock of
    # the transaction would end at an autocommit_block of a migration.
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(_HOLDER)
        _wait_for(connection, "pg_try_advisory_lock")
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a connection that is lost took the lock along
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})


def _wait_for(connection: Connection, function: str) -> None:
    attempt = text(f"SELECT {function}(:key)").bindparams(key=_LOCK_KEY)
    began, told = time.monotonic(), False
    while not connection.scalar(attempt):
        waited = time.monotonic() - began
        where = place(connection.engine.url)
        if waited > _LOCK_SECONDS:
            raise DatabaseUnavailableError(
                f"another process migrates {where} for over ten minutes: {_holder(connection)}"
            )
        if waited > _SILENT_SECONDS and not told:
            _LOGGER.warning("waiting for another process that migrates %s: %s", where, _holder(connection))
            told = True
        time.sleep(_POLL_SECONDS)


def _holder(connection: Connection) -> str:
    row = connection.execute(_WHO_HOLDS_IT).first()
    if row is None:
        return "a session that cannot be seen"
    client = row.client_addr or "a local socket"
    return (
        f"pid {row.pid}, {row.application_name or 'without an application_name'}, user {row.usename}, from {client}, "
        f"since {row.backend_start or 'a time that only its owner may see'}; "
        f"if it hangs: SELECT pg_terminate_backend({row.pid})"
    )


# --- Migrating -------------------------------------------------------------------------------------------------------


def run(work: Callable[[Connection], None], attributes: Mapping[str, Any]) -> None:
    """Do the work of Alembic's env.py on the connection that configuration() named, alone and with limits.

    A given connection that is in a transaction stays in it, and nothing is committed: its locks, and ours, last until
    the caller ends it. On a connection of our own, work that met a locked table for too long is done again.
    """
    given: Connection | None = attributes.get("connection")
    engine: Engine = attributes.get("engine") or (given.engine if given else make_maintenance_engine(connection_url()))
    if given is not None and given.in_transaction():
        if not attributes.get("locked"):
            _wait_for(given, "pg_try_advisory_xact_lock")
        _set_limits(given, local=True)
        work(given)
    elif attributes.get("locked"):
        _run_alone(work, engine, given)
    else:
        with only_one(engine):
            _run_alone(work, engine, given)


def _run_alone(work: Callable[[Connection], None], engine: Engine, given: Connection | None) -> None:
    def attempt() -> None:
        if given is not None:
            _work_on(given, work)
        else:
            with engine.connect() as connection:
                _work_on(connection, work)

    patiently(attempt)


def patiently(attempt: Callable[[], T]) -> T:
    """What the attempt gives; one that met a locked table for too long is made again, a bounded number of times."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return attempt()
        except DBAPIError as error:
            if sqlstate(error) not in _TOO_LONG_LOCKED or not tries_left:
                raise
            _LOGGER.warning("a migration waited too long for a lock; it is tried again (%d tries left)", tries_left)
            time.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)
    raise AssertionError("the last attempt raises")


def _work_on(connection: Connection, work: Callable[[Connection], None]) -> None:
    _set_limits(connection, local=False)
    connection.commit()  # Alembic makes one transaction per migration, but only on a connection that is in none
    try:
        work(connection)
        connection.commit()
    except DBAPIError:
        with suppress(DBAPIError):
            connection.rollback()
        raise


def _set_limits(connection: Connection, *, local: bool) -> None:
    # Without a limit, a migration that waits for a table makes everybody wait who comes after it.
    seconds = config.LOCK_TIMEOUT.read() or config.LOCK_TIMEOUT.default
    connection.execute(_SETTINGS, {"lock": f"{seconds * 1000:.0f}", "local": local})


def upgrade(engine: Engine, revision: str = "head", check: Callable[[Connection], object] | None = None) -> None:
    """Bring the database to a revision, the newest one by default; processes that try at the same time take turns.

    engine: of make_maintenance_engine(). check looks at the database before it is touched, when no other process is
    migrating it any more, and raises what is to stop the upgrade.
    """
    from alembic import command

    with only_one(engine):
        if check is not None:
            with engine.connect() as connection:
                check(connection)
        with _one_thread:
            command.upgrade(configuration(engine=engine, locked=True), revision)
    _LOGGER.info("%s is at revision %s", place(engine.url), script_head() if revision == "head" else revision)


def upgrade_on(connection: Connection, revision: str) -> None:
    """Bring what the connection's search path finds to a revision, inside the transaction that it is in.

    The caller is inside only_one().
    """
    from alembic import command

    with _one_thread:
        command.upgrade(configuration(connection=connection, locked=True), revision)


def upgrade_sql(from_revision: str | None = None, revision: str = "head") -> str:
    """The SQL that upgrade() runs on a database at from_revision, on an empty one where it is None; asks no server."""
    from alembic import command

    output = StringIO()
    with _one_thread:
        command.upgrade(configuration(output), f"{from_revision or 'base'}:{revision}", sql=True)
    return output.getvalue()
