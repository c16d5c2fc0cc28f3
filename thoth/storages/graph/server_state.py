"""What state the server of a database is in: its version, its clock, its connections and its extensions."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import text

from .engine import connection_url, make_engine
from .faults import place
from .sql_base import translating

OLDEST_SERVER = 15
"""The first PostgreSQL with NULLS NOT DISTINCT, by which natural keys are unique."""

_STATE = text(
    """
    SELECT CAST(current_setting('server_version_num') AS integer) / 10000 AS major,
           split_part(current_setting('server_version'), ' ', 1) AS version,
           pg_is_in_recovery() AS is_standby,
           CAST(current_setting('transaction_read_only') AS boolean) AS is_read_only,
           (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL) AS connections,
           CAST(current_setting('max_connections') AS integer) AS most_connections,
           ARRAY(SELECT CAST(extname AS text) FROM pg_extension ORDER BY 1) AS extensions,
           ARRAY(SELECT CAST(name AS text) FROM pg_available_extensions ORDER BY 1) AS available_extensions,
           clock_timestamp() AS moment
    """
)


class ServerState(NamedTuple):
    """What a server says of itself.

    connections: those to all its databases, of most_connections; ahead_seconds: how much its clock is ahead of this
    machine's, at least (negative: behind); answer_seconds: how long all of this took to ask.
    """

    place: str
    major: int
    version: str
    is_standby: bool
    is_read_only: bool
    connections: int
    most_connections: int
    extensions: tuple[str, ...]
    available_extensions: tuple[str, ...]
    ahead_seconds: float
    answer_seconds: float


def state_of_server() -> ServerState:
    """The state of the server that the settings name, asked over a connection of its own.

    Raises SettingError, DatabaseConnectionError where it is not there or refuses us, DatabaseNotInitializedError where
    it has no such database, and DatabaseStatementError where it does not say.
    """
    url = connection_url()
    engine = make_engine(url)
    try:
        with translating(url), engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")  # what is set up for a new connection is not timed
            began, clock = time.time(), time.perf_counter()
            row = connection.execute(_STATE).one()
            took = time.perf_counter() - clock
    finally:
        engine.dispose()
    ahead = _ahead(row.moment.astimezone(UTC), began, took)
    said = row._asdict() | {"extensions": tuple(row.extensions)}
    said |= {"available_extensions": tuple(row.available_extensions), "ahead_seconds": ahead}
    del said["moment"]
    return ServerState(place=place(url), answer_seconds=took, **said)


def _ahead(moment: datetime, began: float, took: float) -> float:
    """Seconds by which a moment does not fit between the beginning of a question and its end."""
    told = moment.timestamp()
    if told < began:
        return told - began
    return max(0.0, told - (began + took))
