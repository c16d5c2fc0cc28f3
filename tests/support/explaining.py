"""How PostgreSQL answers: the statements of a call, their plans, and what each node of a plan read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.prepared_questions import preparation

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


class Captured(NamedTuple):
    """A statement that was executed, whole, and whether it was prepared for that."""

    statement: str
    parameters: Any
    is_prepared: bool


@contextmanager
def captured(engine: Engine) -> Iterator[list[Captured]]:
    """The statements that are executed meanwhile."""
    statements: list[Captured] = []

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        statements.append(Captured(statement, parameters, cursor.query.startswith((b"PREPARE ", b"EXECUTE "))))

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "after_cursor_execute", note)


class Explainer:
    """Asks PostgreSQL how it answers, without help from other processes."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        cursor.execute("SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '16MB'")
        cursor.execute("SELECT relname, reltuples::bigint FROM pg_class WHERE relkind = 'r'")
        self.sizes: dict[str, int] = dict(cursor.fetchall())

    def plans(self, one: Captured) -> Iterator[Plan]:
        """The plan for these parameters and, where the statement is prepared, that for any."""
        yield self.plan(one.statement, one.parameters)
        if one.is_prepared:
            prepared = preparation(one.statement, "explained")
            self._cursor.execute(f"SET plan_cache_mode = force_generic_plan; {prepared.prepare}", one.parameters)
            yield self.plan(prepared.execute, one.parameters)
            self._cursor.execute(f"DEALLOCATE {prepared.name}; RESET plan_cache_mode")

    def plan(self, statement: str, parameters: Any) -> Plan:
        """How a statement is executed."""
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
