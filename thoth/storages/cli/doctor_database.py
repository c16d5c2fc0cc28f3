"""Whether PostgreSQL is there, is new enough, has the tables and what may be of use, and agrees on what time it is."""

from __future__ import annotations

from ..exceptions import DatabaseConnectionError, DatabaseNotInitializedError
from .doctor_checks import OK, PROBLEM, SKIPPED, WARNING, Finding, Surroundings, problem_of
from .nearby import start_one
from .sync_errors import printable

_NO_SERVER = Finding(SKIPPED, "PostgreSQL cannot be used")

_CROWDED = 0.9
"""Of the connections that a server allows."""

SKEW_WARNING, SKEW_PROBLEM = 5.0, 900.0
"""Seconds; object storage refuses signatures that are older than a quarter of an hour."""

SET_THE_CLOCK = "let NTP set both clocks; see: timedatectl, chronyc tracking"

_USEFUL = {
    "amcheck": "finds damaged indexes",
    "pg_stat_statements": "tells which statements take the server's time",
}

_STATUS_OF_STATE = {"current": OK, "ahead": WARNING}


def look_at_server(surroundings: Surroundings) -> Finding:
    """Whether the server can be connected to, and what it says of itself."""
    from ..graph.schema_status import UPGRADE
    from ..graph.server_state import OLDEST_SERVER, state_of_server

    try:
        state = state_of_server()
    except DatabaseNotInitializedError as error:
        return Finding(PROBLEM, printable(str(error).partition(": call")[0]), UPGRADE)
    except DatabaseConnectionError as error:
        return _unreachable(error)
    said = f"{state.version} has {state.place}; it answers in {state.answer_seconds * 1000:.1f} ms"
    if state.major < OLDEST_SERVER:
        return Finding(PROBLEM, f"{said}; it is too old", f"use PostgreSQL {OLDEST_SERVER} or later")
    surroundings.server = state
    if state.is_standby or state.is_read_only:
        what = "it is a standby" if state.is_standby else "it is read-only"
        advice = "to sync, name the primary: KNOWLEDGE_GRAPH_HOST"
        if not state.is_standby:
            advice = "to sync: ALTER DATABASE ... SET default_transaction_read_only = off"
        return Finding(WARNING, f"{said}; {what}: questions are answered, nothing can be synced", advice)
    if state.connections > _CROWDED * state.most_connections:
        crowd = f"{state.connections} of {state.most_connections} connections are taken"
        return Finding(WARNING, f"{said}; {crowd}", "see who has them: SELECT * FROM pg_stat_activity")
    return Finding(OK, said)


def _unreachable(error: Exception) -> Finding:
    finding = problem_of(error)
    said, found, advice = start_one(finding.detail).partition("; for trying out: ")
    if found:
        return Finding(PROBLEM, said, f"start it; for trying out: {advice}")
    if "authentication failed" in said:
        return finding._replace(advice="set KNOWLEDGE_GRAPH_USER and KNOWLEDGE_GRAPH_PASSWORD")
    return finding


def look_at_schema(surroundings: Surroundings) -> Finding:
    """Whether the tables are those of this library, and may be read and written."""
    if surroundings.server is None:
        return _NO_SERVER
    from ..graph.schema_status import status_of_settings

    found = status_of_settings()
    status = _STATUS_OF_STATE.get(found.state.value, PROBLEM)
    finding = Finding(status, f"{found.state.value}: {printable(found.detail)}", found.advice)
    return finding if status == PROBLEM else _with_privileges(finding)


def _with_privileges(finding: Finding) -> Finding:
    """What is to be said of tables that are ours, unless the user may not read or write some: then that."""
    from ..graph.privileges import privileges

    unreadable, unwritable = privileges()
    if unreadable:
        detail = f"{_some(unreadable)} may not be read by this user"
        return Finding(PROBLEM, detail, "as their owner: GRANT SELECT ON ALL TABLES IN SCHEMA public TO ...")
    if unwritable:
        detail = f"{finding.detail}; {_some(unwritable)} may not be written by this user: nothing can be synced"
        return Finding(WARNING, detail, "to sync, name a user who may: KNOWLEDGE_GRAPH_USER")
    return finding


def _some(tables: tuple[str, ...]) -> str:
    return tables[0] if len(tables) == 1 else f"{len(tables)} tables, such as {tables[0]},"


def look_at_extensions(surroundings: Surroundings) -> Finding:
    """Which extensions are there that may be of use; none has to be."""
    if surroundings.server is None:
        return _NO_SERVER
    there, available = surroundings.server.extensions, surroundings.server.available_extensions
    lines = []
    for name, use in _USEFUL.items():
        if name not in there:
            how = f"CREATE EXTENSION {name}" if name in available else "its package is not installed on the server"
            lines.append(f"{name} {use}: {how}")
    installed = [name for name in _USEFUL if name in there]
    said = f"none is needed; of those that help, there {_is(installed)}"
    return Finding(OK, said, more=tuple(lines))


def _is(names: list[str]) -> str:
    if not names:
        return "is none"
    return f"{'is' if len(names) == 1 else 'are'} {' and '.join(names)}"


def look_at_clock(surroundings: Surroundings) -> Finding:
    """Whether the server's clock, which stamps what is synced, and this machine's agree."""
    if surroundings.server is None:
        return _NO_SERVER
    return clock_finding("PostgreSQL's", surroundings.server.ahead_seconds)


def clock_finding(whose: str, ahead: float) -> Finding:
    """What to think of a clock that is so many seconds ahead of this machine's (negative: behind)."""
    said = f"{whose} clock is {abs(ahead):,.1f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) < SKEW_WARNING:
        return Finding(OK, f"{whose} clock and this machine's agree")
    return Finding(PROBLEM if abs(ahead) >= SKEW_PROBLEM else WARNING, said, SET_THE_CLOCK)
