"""How PostgreSQL answers: the statements of a call, their plans, and what each node of a plan read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from thoth.storages.graph.engine import make_maintenance_engine

Plan = dict[str, Any]


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def rows_read(node: Plan) -> float:
    """The rows that a node took from its table or its index, those that it threw away among them."""
    if "Relation Name" not in node:
        return 0
    thrown_away = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + thrown_away) * node["Actual Loops"])


def described(plan: Plan, depth: int = 1) -> list[str]:
    """Each node of a plan on a line: what it is, on what, how many rows it read."""
    about = " ".join(str(plan[name]) for name in ("Relation Name", "Index Name") if name in plan)
    rows = f"{plan['Actual Rows']:g} rows x {plan['Actual Loops']} of {rows_read(plan):g}"
    lines = [f"{'  ' * depth}{plan['Node Type']} {about} ({rows})"]
    return lines + [line for part in plan.get("Plans", ()) for line in described(part, depth + 1)]


@contextmanager
def captured(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements that go to the server meanwhile, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


class Explainer:
    """Asks PostgreSQL how it answers, without help from other processes."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '16MB'")
        cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'")
        self.sizes: dict[str, int] = dict(cursor.fetchall())

    def plan(self, statement: str, parameters: Any) -> Plan:
        self._cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        ((found,),) = self._cursor.fetchall()
        plan: Plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return plan


@contextmanager
def explaining(url: URL) -> Iterator[Explainer]:
    connection = make_maintenance_engine(url).raw_connection()
    try:
        with connection.cursor() as cursor:
            yield Explainer(cursor)
    finally:
        connection.close()
