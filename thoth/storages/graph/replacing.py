"""Another database in the place of one: made beside it, filled by the caller, and exchanged with it in one transaction.

So the earlier one is as it was until then, and can be read, whatever happens to the new one. Emptying the tables and
filling them again in one transaction would lock everybody out for as long as that takes, and use one connection only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from secrets import token_hex

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ..exceptions import DatabaseError, DatabaseStatementError
from .database_properties import hand_over
from .engine import AS_OURS, MAINTENANCE_DATABASES, database_exists, make_maintenance_engine, quoted
from .faults import first_line, place, sqlstate
from .sql_base import translating

_LOGGER = logging.getLogger(__name__)

MARK = "of thoth-storages restore: may be dropped when nobody is connected to it"
"""The comment on databases that are not, or not any more, somebody's."""

_LONGEST_NAME = 63  # bytes
_TRIES = 10
_PAUSE_SECONDS = 0.5
_IN_USE = "55006"
_NOT_ALLOWED = "42501"

_LEFT_OVER = text(
    "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = :mark"
    " AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = pg_database.oid) ORDER BY 1"
).bindparams(mark=MARK)
_EXISTS = text("SELECT 1 FROM pg_database WHERE datname = :name")

# Whom pg_terminate_backend() may end: https://www.postgresql.org/docs/current/functions-admin.html
_MAY_END = """
    ((SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
     OR (NOT rolsuper AND (pg_has_role(usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))))
"""
_SESSIONS = "FROM pg_stat_activity JOIN pg_roles ON pg_roles.oid = usesysid WHERE datname = ANY (:names)"
_END_SESSIONS = text(f"SELECT pg_terminate_backend(pid) {_SESSIONS} AND {_MAY_END}")
_OUT_OF_REACH = text(f"SELECT rolname, count(*) {_SESSIONS} AND NOT {_MAY_END} GROUP BY rolname ORDER BY rolname")
_TABLES = text(
    """
    SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND classid = CAST('pg_class' AS regclass)
                      AND deptype = 'e')
    """
)
_ROLES = text(
    "SELECT rolname FROM pg_roles WHERE rolname = ANY (CAST(:roles AS text[]))"
    " AND pg_has_role(current_user, oid, 'MEMBER')"
)


def table_count(url: URL) -> int | None:
    """How many tables and views there are, whoever's they are; None where there is no such database."""
    with translating(url):
        if not database_exists(url):
            return None
        with make_maintenance_engine(url).connect() as connection:
            return int(connection.scalars(_TABLES).one())


def server_version(url: URL) -> int:
    """The major version of the server."""
    with translating(url), _elsewhere(url) as connection:
        return int(connection.scalars(text("SHOW server_version_num")).one()) // 10000


def roles_of_ours(url: URL, roles: Iterable[str]) -> set[str]:
    """Those of these roles that the user of the URL may give things to."""
    with translating(url), _elsewhere(url) as connection:
        return set(connection.scalars(_ROLES, {"roles": list(roles)}))


class DatabaseBeside:
    """A new database beside that of a URL, which may be missing; its own one is url."""

    def __init__(self, url: URL) -> None:
        """Choose a name that nobody has. Does no I/O."""
        self._url = url
        self._suffix = token_hex(4)
        self._name, self._earlier = self._named("restore"), self._named("replaced")
        self.url = url.set(database=self._name)
        self._guard: Connection | None = None

    @classmethod
    @contextmanager
    def made(cls, url: URL) -> Iterator[DatabaseBeside]:
        """A new, empty database; unless it took its place, it is dropped afterwards.

        What is left of those that were killed goes away, too. Raises DatabaseStatementError where the user of the URL
        may not create databases, or may not end the sessions of those who are connected to the one there is.
        """
        beside = cls(url)
        try:
            with translating(url):
                beside._make()
            yield beside
        finally:
            beside._go_away()

    def take_place(self, *, keep: bool) -> str | None:
        """Exchange the two databases; the sessions of the earlier one are ended.

        Gives the name of the earlier database if it is still there: where it is to be kept. Raises DatabaseError,
        before anything is changed, where a session cannot be ended.
        """
        with translating(self._url):
            with _elsewhere(self._url) as connection:
                hand_over(connection, str(self._url.database), self._name)
            self._release()
            if not self._exchange(keep):
                return None
        if not keep:
            try:
                self._run_alone(f"DROP DATABASE {quoted(self._earlier)} WITH (FORCE)")
            except (DBAPIError, DatabaseError) as error:
                _LOGGER.warning("the earlier database could not be dropped, it is %s now: %s", self._earlier, error)
            else:
                return None
        return self._earlier

    # --- Making it, and dropping it ----------------------------------------------------------------------------------

    def _make(self) -> None:
        with _elsewhere(self._url) as connection:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            _drop_leftovers(connection)
            try:
                connection.exec_driver_sql(f"CREATE DATABASE {quoted(self._name)} {AS_OURS}")
            except DBAPIError as error:
                if sqlstate(error) != _NOT_ALLOWED:
                    raise
                what_helps = f"ALTER ROLE {quoted(self._url.username or '')} CREATEDB"
                message = f"{place(self._url)}: no database may be created beside it; what helps: {what_helps}"
                raise DatabaseStatementError(message, _NOT_ALLOWED) from error
            self._refuse_if_out_of_reach(connection)  # now, and not when all is restored
        self._guard = make_maintenance_engine(self.url).execution_options(isolation_level="AUTOCOMMIT").connect()
        self._mark(f"'{MARK}'")  # nobody drops what somebody is connected to

    def _refuse_if_out_of_reach(self, connection: Connection) -> None:
        found = connection.execute(_OUT_OF_REACH, {"names": [self._url.database]}).all()
        if found:
            who = ", ".join(f"{role} ({number})" for role, number in found)
            what_helps = f"end them, or GRANT pg_signal_backend TO {quoted(self._url.username or '')}, which ends all "
            message = f"{place(self._url)}: others are connected whose sessions may not be ended: {who}; what helps: "
            raise DatabaseStatementError(f"{message}{what_helps}but a superuser's", _NOT_ALLOWED)

    def _mark(self, words: str) -> None:
        assert self._guard is not None
        self._guard.exec_driver_sql(f"COMMENT ON DATABASE {quoted(self._name)} IS {words}")

    def _release(self) -> None:
        self._mark("NULL")
        assert self._guard is not None
        self._guard.close()
        self._guard = None

    def _go_away(self) -> None:
        try:
            if self._guard is not None:
                self._guard.close()
            self._run_alone(f"DROP DATABASE IF EXISTS {quoted(self._name)} WITH (FORCE)")
        except (DBAPIError, DatabaseError) as error:
            _LOGGER.warning("database %s could not be dropped: %s", self._name, error)

    def _run_alone(self, statement: str) -> None:
        with _elsewhere(self._url) as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)

    def _named(self, purpose: str) -> str:
        suffix = f"_{purpose}_{self._suffix}"
        name = (self._url.database or "").encode()[: _LONGEST_NAME - len(suffix)]
        return name.decode(errors="ignore") + suffix

    # --- Exchanging --------------------------------------------------------------------------------------------------

    def _exchange(self, keep: bool) -> bool:
        """Whether there was an earlier database."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._exchange_once(keep)
            except DBAPIError as error:
                # Somebody was faster than we were after the sessions had been ended.
                if sqlstate(error) != _IN_USE or not tries_left:
                    with _elsewhere(self._url) as connection:
                        self._refuse_if_out_of_reach(connection)
                    raise
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError("the last attempt returns or raises")

    def _exchange_once(self, keep: bool) -> bool:
        here, beside, earlier = quoted(self._url.database or ""), quoted(self._name), quoted(self._earlier)
        with _elsewhere(self._url) as connection, connection.begin():
            was_there = connection.scalar(_EXISTS, {"name": self._url.database}) is not None
            connection.execute(_END_SESSIONS, {"names": [self._name, self._url.database]})
            if was_there:
                connection.exec_driver_sql(f"ALTER DATABASE {here} RENAME TO {earlier}")
                if not keep:
                    connection.exec_driver_sql(f"COMMENT ON DATABASE {earlier} IS '{MARK}'")
            connection.exec_driver_sql(f"ALTER DATABASE {beside} RENAME TO {here}")
        return was_there


def _drop_leftovers(connection: Connection) -> None:
    for name in connection.scalars(_LEFT_OVER).all():
        try:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {quoted(name)}")
        except DBAPIError as error:
            _LOGGER.info("database %s, which a restore left, is not dropped: %s", name, first_line(error))


@contextmanager
def _elsewhere(url: URL) -> Iterator[Connection]:
    """A connection to another database of the server: nobody may be in one that is made, renamed or dropped."""
    *others, last = (url.set(database=name) for name in MAINTENANCE_DATABASES if name != url.database)
    for other in others:
        try:
            connection = make_maintenance_engine(other).connect()
            break
        except DBAPIError:
            continue
    else:
        with translating(last):
            connection = make_maintenance_engine(last).connect()
    with connection:
        yield connection
