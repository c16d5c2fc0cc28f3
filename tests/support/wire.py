"""What goes to the server and back: statements, and how often we wait for an answer."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor
from sqlalchemy import Engine, event


class Wire:
    """Counts on all connections of an engine that are made from now on."""

    def __init__(self, engine: Engine) -> None:
        self.statements = 0
        self.round_trips = 0
        event.listen(engine, "do_connect", self._watch)

    def reset(self) -> None:
        self.statements = self.round_trips = 0

    def _watch(self, _dialect: Any, _entry: Any, _arguments: Any, options: dict[str, Any]) -> None:
        wire = self

        class Cursor(cursor):
            def execute(self, *arguments: Any) -> Any:
                wire.note(self.connection)
                return super().execute(*arguments)

            def copy_expert(self, *arguments: Any) -> Any:
                wire.note(self.connection)
                return super().copy_expert(*arguments)

        class Connection(connection):
            def commit(self) -> None:
                wire.end(self)
                super().commit()

            def rollback(self) -> None:
                wire.end(self)
                super().rollback()

        options |= {"connection_factory": Connection, "cursor_factory": Cursor}

    def note(self, used: connection) -> None:
        """A statement; the driver sends BEGIN before the first one of a transaction and waits for that, too."""
        self.statements += 1
        begins = not used.autocommit and used.info.transaction_status == TRANSACTION_STATUS_IDLE
        self.round_trips += 2 if begins else 1

    def end(self, used: connection) -> None:
        """COMMIT or ROLLBACK, which is not sent where there is no transaction."""
        self.round_trips += used.info.transaction_status != TRANSACTION_STATUS_IDLE
