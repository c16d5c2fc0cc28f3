"""Reading the graph as it is at one moment, over several connections at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, Executable, text

from .sql_types import AnyRow


class Snapshot:
    """Connections whose transactions all see what the first one saw when it was opened (REPEATABLE READ).

    https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION
    """

    def __init__(self, engine: Engine, connections: int = 1) -> None:
        """Take an engine and how many connections to read over. Opens nothing yet."""
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._number = connections
        self._stack = ExitStack()
        self._free: SimpleQueue[Connection] = SimpleQueue()

    def __enter__(self) -> Snapshot:
        with ExitStack() as stack:
            first = stack.enter_context(self._engine.connect())
            shared = first.scalar(text("SELECT pg_export_snapshot()")) if self._number > 1 else None
            connections = [first]
            for _ in range(self._number - 1):
                connection = stack.enter_context(self._engine.connect())
                # What is given is the server's own word; SET takes no parameters.
                connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{shared}'")
                connections.append(connection)
            for connection in connections:
                self._free.put(connection)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def ask(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[AnyRow]:
        """All rows of one statement, over a connection that is free; waits for one."""
        connection = self._free.get()
        try:
            return connection.execute(statement, parameters).fetchall()
        finally:
            self._free.put(connection)
