"""The state of an adapter: its engine, its sessions, and how work is run on them."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Engine, Executable, func, orm, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ..exceptions import (
    AlreadyConnectedError,
    DatabaseConnectionError,
    DatabaseError,
    DatabaseNotInitializedError,
    DatabaseUnavailableError,
    NotConnectedError,
)
from .engine import (
    connected_without_transactions,
    connection_url,
    database_exists,
    lets_us_in,
    losing_no_connection,
    make_engine,
    use_after_fork,
)
from .faults import (
    PREPARED_BEFORE,
    PREPARED_ELSEWHERE,
    READ_ONLY,
    LostRaceError,
    is_connecting,
    is_passing,
    is_unanswered,
    place,
    sqlstate,
    translate,
)
from .prepared import prepare_nothing_on
from .prepared_questions import prepare_questions_on
from .sql_types import AnyRow, AnySelect

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")


class SQLBase:
    """An adapter that is connected to a database, or not yet; the only place where that state is kept."""

    def __init__(self, engine: Engine | None = None, sessionmaker: orm.sessionmaker[Session] | None = None) -> None:
        """Take an engine to use, or none: then connect() makes one from the settings. Does no I/O."""
        self._is_offline = False
        self._engine: Engine | None = None
        self._sessions: orm.sessionmaker[Session] | None = None
        self._counters: Counter[str] = Counter()
        if engine is not None:
            self._use(engine, sessionmaker)

    def __repr__(self) -> str:
        """Whether it is connected, and to what; never the password."""
        where = "not connected" if self._engine is None else place(self._engine.url)
        return f"<{type(self).__name__}: {where}>"

    def is_connected(self) -> bool:
        """Whether connect() succeeded, an engine was given, or it is offline, and disconnect() was not called since."""
        return self._engine is not None or self._is_offline

    def disconnect(self) -> None:
        """Close every connection. Raises NotConnectedError when there are none to close."""
        engine = self._connected_engine()
        self._engine = self._sessions = None
        engine.dispose()

    def _use(self, engine: Engine, sessions: orm.sessionmaker[Session] | None = None) -> None:
        if self._engine is not None:
            raise AlreadyConnectedError(f"already connected to {place(self._engine.url)}")
        self._engine = engine
        use_after_fork(engine)
        prepare_questions_on(engine)
        self._sessions = sessions or orm.sessionmaker(engine, expire_on_commit=False)

    def _new_engine(self) -> Engine:
        if self._engine is not None:
            raise AlreadyConnectedError(f"already connected to {place(self._engine.url)}")
        return make_engine(connection_url())

    def _connected_engine(self) -> Engine:
        if self._engine is None:
            raise NotConnectedError("not connected: call connect() first")
        return self._engine

    # --- Running work ------------------------------------------------------------------------------------------------

    def _ask(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of one statement that only reads; tried again after a passing fault."""
        self._connected_engine()
        return self._run(lambda: self._read(statement, parameters))

    def _read(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of one statement, tried once; what the driver raises comes as it is."""
        engine = self._connected_engine()
        self._counters["statements"] += 1
        with losing_no_connection(engine), connected_without_transactions(engine) as connection:
            return connection.execute(statement, parameters).fetchall()

    def _ask_value(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, None without a row."""
        rows = self._ask(statement, parameters)
        return rows[0][0] if rows else None

    def _count(self, statement: AnySelect) -> int:
        """How many rows a statement has: the count of a listing and the listing are one statement."""
        return int(self._ask_value(select(func.count()).select_from(statement.order_by(None).subquery())))

    def _tell(self, work: Callable[[Session], T]) -> T:
        """What the work gives back, done in one transaction; the whole of it is tried again after a passing fault."""
        self._connected_engine()

        def write() -> T:
            sessions = self._sessions
            if sessions is None:
                raise NotConnectedError("not connected: call connect() first")
            with losing_no_connection(self._connected_engine()), sessions.begin() as session:
                return work(session)

        return self._run(write)

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except PoolTimeoutError as error:
            raise DatabaseUnavailableError(f"every connection of this adapter is in use: {error}") from error
        except (DBAPIError, LostRaceError) as error:
            if not is_passing(error):
                failure = self._translated(error)
                if not was_created_meanwhile(error, failure, self._connected_engine().url):
                    raise failure from error
            self._after_fault(error)
        return self._run_again(work)

    def _run_again(self, work: Callable[[], T]) -> T:
        retrying = Retrying(
            retry=retry_if_exception(is_passing),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            before_sleep=self._before_sleep,
            reraise=True,
        )
        try:
            return retrying(work)
        except (DBAPIError, LostRaceError) as error:
            raise self._translated(error) from error

    def _before_sleep(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, DBAPIError | LostRaceError):
            self._after_fault(error)

    def _after_fault(self, error: DBAPIError | LostRaceError) -> None:
        engine = self._connected_engine()
        _LOGGER.info("trying again after %s", type(getattr(error, "orig", error)).__name__)
        code = sqlstate(error) if isinstance(error, DBAPIError) else None
        if code in {READ_ONLY, PREPARED_BEFORE}:  # the pool would stay on the demoted server, with what was prepared
            engine.dispose()
        elif code in PREPARED_ELSEWHERE:
            prepare_nothing_on(engine)

    def _translated(self, error: DBAPIError | LostRaceError) -> DatabaseError:
        url = self._connected_engine().url
        if isinstance(error, LostRaceError):
            return DatabaseUnavailableError(f"{place(url)}: other writers were faster, several times in a row")
        return translated(error, url)


def translated(error: DBAPIError, url: URL) -> DatabaseError:
    """The error of ours for a driver's; a failed connection is told apart from a database that does not exist."""
    if is_connecting(error) and not is_unanswered(error):
        try:
            if not database_exists(url):
                return DatabaseNotInitializedError(f"{place(url)} does not exist: call initialize_schema()")
        except DBAPIError:
            pass  # no database of this server lets us in: it is the connection itself
    return translate(error, url)


def was_created_meanwhile(error: DBAPIError | LostRaceError, failure: DatabaseError, url: URL) -> bool:
    """Whether the database was not there at the error, but before `failure` was made of it by translated().

    Only then the order of these questions is conclusive: the server has the database, and now it lets us in.
    """
    if not isinstance(failure, DatabaseConnectionError) or not isinstance(error, DBAPIError) or is_unanswered(error):
        return False
    return lets_us_in(url)


@contextmanager
def translating(url: URL) -> Iterator[None]:
    """Raise the error of ours for whatever the driver raises meanwhile."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error, url) from error
