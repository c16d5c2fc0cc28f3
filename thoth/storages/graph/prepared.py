"""Statements that the server parses and plans once for each connection: PREPARE, then EXECUTE.

Writing a document takes a score of statements, always the same ones. Measured on documents of 10 edges, one at a time:
8.8 ms each (4.1 of them in the client, 4.2 in the server); prepared 6.1 (2.9 and 2.8).

After a few executions the server keeps one plan, whatever the parameters are. So only those statements are prepared for
which there is one good plan, however many rows are given and however large the tables are by then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, cast
from weakref import WeakSet

from sqlalchemy import Connection, CursorResult, Dialect, Engine, Enum, Executable, LargeBinary
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import ReturnsRows
from sqlalchemy.types import TypeEngine

from .arrays import Row

# While a table is small the server would rather read all of it, and goes on doing so where it keeps a plan: one of
# ours, or its own of a foreign key. Measured on 300 documents of 100 edges into a new graph: 5.3 ms each, 4.4 so.
_LOOK_UP_BY_INDEX = "SET LOCAL enable_seqscan = off"

_ON_CONNECTION = "thoth-storages: prepared statements"
_IN_TRANSACTION = "thoth-storages: looks up by index"
_DIALECT: Dialect = PGDialect_psycopg2()  # type: ignore[no-untyped-call]
_unprepared: WeakSet[Engine] = WeakSet()

_Process = Callable[[Any], Any]


def prepare_nothing_on(engine: Engine) -> None:
    """Send this engine's statements whole from now on: its connections are others' as well, between transactions."""
    _unprepared.add(engine)


def prepares_nothing(connection: Connection) -> bool:
    """Whether statements go whole over this connection; where they are logged, each is to be read whole."""
    return connection.engine in _unprepared or bool(connection.engine.echo)


def known_on(connection: Connection) -> set[str]:
    """The names of what is prepared on a connection; whoever prepares something adds its name."""
    known: set[str] = connection.info.setdefault(_ON_CONNECTION, set())
    return known


class _Parameter(NamedTuple):
    """A parameter of a statement, and its value where that is a constant of the statement."""

    name: str
    constant: Any
    type: str
    write: _Process | None

    def value(self, given: Mapping[str, Any]) -> Any:
        """What travels."""
        value = given[self.name] if self.constant is None else self.constant
        return value if self.write is None else self.write(value)


class Prepared:
    """A statement that is prepared on each connection on which it is executed."""

    def __init__(self, statement: Executable) -> None:
        """Take the statement; it is compiled when it is executed first."""
        self._statement = statement

    def execute(self, session: Session, parameters: Mapping[str, Any]) -> Sequence[Row]:
        """The rows that come back; none where the statement gives none."""
        connection = session.connection()
        if prepares_nothing(connection):
            return _rows(connection.execute(self._statement, dict(parameters)))
        values = tuple(parameter.value(parameters) for parameter in self._parameters)
        text = "; ".join((*self._needed_first(session), *self._needed_once(connection), self._execute))
        return self._read(_rows(connection.exec_driver_sql(text, values)))

    def _needed_first(self, session: Session) -> Iterator[str]:
        """What stands before the first statement of a transaction."""
        if _IN_TRANSACTION not in session.info:
            session.info[_IN_TRANSACTION] = True
            yield _LOOK_UP_BY_INDEX

    def _needed_once(self, connection: Connection) -> Iterator[str]:
        """What stands before the statement where it is executed first on a connection."""
        known = known_on(connection)
        if self._name not in known:
            # Before it is known to succeed: where the statement fails, it is prepared all the same.
            known.add(self._name)
            yield self._prepare

    def _read(self, rows: Sequence[Row]) -> Sequence[Row]:
        if not any(self._readers):
            return rows
        return [
            tuple(v if read is None else read(v) for read, v in zip(self._readers, row, strict=True)) for row in rows
        ]

    # Compiled once

    @cached_property
    def _compiled(self) -> SQLCompiler:
        return cast("SQLCompiler", self._statement.compile(dialect=_DIALECT))  # type: ignore[attr-defined]

    @cached_property
    def _parameters(self) -> list[_Parameter]:
        return [
            _Parameter(
                name, bind.value, bind.type.compile(_DIALECT), bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            )
            for name, bind in self._compiled.binds.items()
        ]

    @cached_property
    def _sql(self) -> str:
        return self._compiled.string % {one.name: f"${place}" for place, one in enumerate(self._parameters, 1)}

    @cached_property
    def _name(self) -> str:
        return f"thoth_storages_{hashlib.sha256(self._sql.encode()).hexdigest()[:16]}"

    @cached_property
    def _prepare(self) -> str:
        types = ", ".join(parameter.type for parameter in self._parameters)
        return f"PREPARE {self._name} ({types}) AS {self._sql}".replace("%", "%%")

    @cached_property
    def _execute(self) -> str:
        return f"EXECUTE {self._name} ({', '.join('%s' for _ in self._parameters)})"

    @cached_property
    def _readers(self) -> list[_Process | None]:
        return [_reader(column.type) for column in cast("ReturnsRows", self._statement).exported_columns]


def _rows(result: CursorResult[Any]) -> Sequence[Row]:
    return cast("Sequence[Row]", result.fetchall()) if result.returns_rows else ()


def _reader(type_: TypeEngine[Any]) -> _Process | None:
    """What makes the value of ours from the driver's; None where they are the same."""
    if not isinstance(type_, LargeBinary | Enum):
        return None
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, None)
