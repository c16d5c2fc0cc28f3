"""What goes to the server and back: statements, how often we wait for an answer, and how long for those that write."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor
from sqlalchemy import Engine, event

_WRITES = re.compile(rb"\s*(?:INSERT|UPDATE|DELETE|COPY)\b")
_PREPARES = re.compile(rb"PREPARE (\w+)(?: \([^)]*\))? AS (?:INSERT|UPDATE|DELETE)\b")
_EXECUTES = re.compile(rb"EXECUTE (\w+)")


class Wire:
    """Counts on all connections of an engine that are made from now on."""

    def __init__(self, engine: Engine) -> None:
        self._writers: set[bytes] = set()
        self.reset()
        event.listen(engine, "do_connect", self._watch)

    def reset(self) -> None:
        self.statements = self.round_trips = 0
        self.writing_seconds = 0.0

    def _watch(self, _dialect: Any, _entry: Any, _arguments: Any, options: dict[str, Any]) -> None:
        wire = self

        class Cursor(cursor):
            def execute(self, *arguments: Any) -> Any:
                return wire.note(self, lambda: super(Cursor, self).execute(*arguments))

            def copy_expert(self, *arguments: Any) -> Any:
                return wire.note(self, lambda: super(Cursor, self).copy_expert(*arguments))

        class Connection(connection):
            def commit(self) -> None:
                wire.end(self, super().commit)

            def rollback(self) -> None:
                wire.end(self, super().rollback)

        options |= {"connection_factory": Connection, "cursor_factory": Cursor}

    def note(self, used: cursor, send: Callable[[], Any]) -> Any:
        """A statement; the driver sends BEGIN before the first one of a transaction and waits for that, too."""
        connected = used.connection
        begins = not connected.autocommit and connected.info.transaction_status == TRANSACTION_STATUS_IDLE
        self.statements += 1
        self.round_trips += 2 if begins else 1
        began = time.perf_counter()
        result = send()
        if self._writes(used.query or b""):
            self.writing_seconds += time.perf_counter() - began
        return result

    def _writes(self, sent: bytes) -> bool:
        """Whether a statement writes, or executes one that was prepared and does."""
        self._writers.update(_PREPARES.findall(sent))
        executed = _EXECUTES.findall(sent)
        return not self._writers.isdisjoint(executed) or _WRITES.match(sent) is not None

    def end(self, used: connection, finish: Callable[[], None]) -> None:
        """COMMIT or ROLLBACK, which is not sent where there is no transaction."""
        self.round_trips += used.info.transaction_status != TRANSACTION_STATUS_IDLE
        began = time.perf_counter()
        finish()
        self.writing_seconds += time.perf_counter() - began
