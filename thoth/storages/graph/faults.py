"""What a driver's error means: a passing fault, a missing database, or a statement that was refused.

Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from __future__ import annotations

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from .. import config
from ..exceptions import (
    DatabaseConnectionError,
    DatabaseError,
    DatabaseNotInitializedError,
    DatabaseStatementError,
    DatabaseUnavailableError,
)

READ_ONLY = "25006"
"""A write met a server that was demoted to a standby."""

PREPARED_ELSEWHERE = frozenset(("26000", "42P05"))
"""A prepared statement is missing, or is there already: a pooler gave us another connection than the one before."""

LOCKED = "55P03"
"""Another session holds what a statement waits for, for longer than it may wait."""

TOO_LONG = "57014"
"""A statement took longer than it may, or somebody cancelled it."""

PREPARED_BEFORE = "0A000"
"""A prepared statement gives other types than it was prepared for: a table was migrated meanwhile."""

_PASSING = frozenset(
    (READ_ONLY, *PREPARED_ELSEWHERE, PREPARED_BEFORE, "40001", "40P01", LOCKED, "57P01", "57P02", "57P03")
)
_MISSING_TABLE = frozenset(("42P01", "3F000"))

# A refusal while connecting carries no code, only the server's words.
_PASSING_REFUSALS = ("starting up", "shutting down", "in recovery", "not yet accepting connections")


class LostRaceError(Exception):
    """Another writer took away what this transaction stood on: the whole of it is to be tried again."""


def sqlstate(error: DBAPIError) -> str | None:
    """The five-letter code, None where the connection was never made or is lost."""
    return getattr(error.orig, "pgcode", None)


def is_connecting(error: DBAPIError) -> bool:
    """Whether it was the connection that failed, not a statement on one."""
    return isinstance(error, OperationalError) and sqlstate(error) is None and error.statement is None


def is_unanswered(error: DBAPIError) -> bool:
    """Whether nobody answered a connection in time: whoever asks that server again waits as long once more."""
    return is_connecting(error) and "timeout expired" in str(error.orig)


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, LostRaceError)
    code = sqlstate(error)
    if code is not None:
        return code in _PASSING or code.startswith("08")
    if is_connecting(error):
        words = str(error.orig)
        return "FATAL" not in words or any(refusal in words for refusal in _PASSING_REFUSALS)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def first_line(error: DBAPIError) -> str:
    """The server's own sentence, without the details that repeat a row's values."""
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    words = str(primary or error.orig).strip()
    return words.splitlines()[0] if words else type(error.orig).__name__


def place(url: URL) -> str:
    """Host, port, database and user of a URL, for a message; never the password."""
    return f"database {url.database!r} at {url.host or url.query.get('host')}:{url.port} as user {url.username!r}"


def translate(error: DBAPIError, url: URL) -> DatabaseError:
    """The error of ours that a driver's error is raised as."""
    code = sqlstate(error)
    if code in _MISSING_TABLE:
        what_helps = "call initialize_schema(), or see what thoth-storages schema status says"
        return DatabaseNotInitializedError(f"{place(url)} lacks tables ({first_line(error)}): {what_helps}")
    if is_connecting(error):
        return DatabaseConnectionError(
            f"cannot connect to {place(url)}: {first_line(error)}; "
            "check that the server runs and the KNOWLEDGE_GRAPH_* variables"
        )
    if code == LOCKED:
        return DatabaseUnavailableError(
            f"{place(url)}: another session holds a lock for too long ({first_line(error)}); pg_blocking_pids() says "
            f"which one, {config.LOCK_TIMEOUT.names[0]} how long to wait"
        )
    if code == TOO_LONG and "timeout" in first_line(error):
        return DatabaseStatementError(
            f"{place(url)}: {first_line(error)}; {config.STATEMENT_TIMEOUT.names[0]} says how long one may take",
            code,
        )
    if is_passing(error):
        return DatabaseUnavailableError(f"{place(url)} does not answer: {first_line(error)}")
    return DatabaseStatementError(f"{place(url)} refused a statement: {first_line(error)}", code)
