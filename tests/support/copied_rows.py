"""The rows that documents made, read from one database and copied into another: COPY, the fastest way there is.

What COPY has not to do: read documents, look for what is there, compare, give ids.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, Table

from support.tables import tables_of
from thoth.storages.graph.models import SyncedDocument

Lines = dict[str, list[bytes]]
"""{table with its columns: rows as COPY writes them}, what is referred to before what refers to it."""


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _read(cursor: Any, query: str) -> Iterable[tuple[bytes, bytes]]:
    """(first column, the others) of each row."""
    written = io.BytesIO()
    cursor.copy_expert(f"COPY ({query}) TO STDOUT", written)
    for line in written.getvalue().splitlines(keepends=True):
        first, _, rest = line.partition(b"\t")
        yield first, rest


def _key(table: Table) -> str:
    return f"row({_names(table.primary_key.columns.keys())})::text" if table.primary_key else "'no key'"


@contextmanager
def _cursor(engine: Engine) -> Iterator[Any]:
    """The driver's own cursor, which knows COPY."""
    connection = engine.raw_connection()
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


class Before:
    """The rows that were there before documents are told one at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with _cursor(engine) as cursor:
            self._keys = {
                table.name: {key for key, _ in _read(cursor, f"SELECT {_key(table)}, 0 FROM {table.name}")}
                for table in tables_of(engine)
            }

    def rows_since(self, document_ids: Sequence[str]) -> list[Lines]:
        """The new rows of each of these documents: those that its transaction was the last to write."""
        numbers: dict[bytes, int] = {}
        found: list[Lines] = [{} for _ in document_ids]
        places = {document_id.encode(): place for place, document_id in enumerate(document_ids)}
        with _cursor(self._engine) as cursor:
            for xmin, rest in _read(cursor, f"SELECT xmin, document_id FROM {SyncedDocument.__tablename__}"):
                if rest.rstrip() in places:
                    numbers[xmin] = places[rest.rstrip()]
            assert len(numbers) == len(document_ids), "one transaction for each document"
            for table in tables_of(self._engine):
                columns = _names(table.columns.keys())
                query = f"SELECT {_key(table)}, xmin, {columns} FROM {table.name}"
                for key, rest in _read(cursor, query):
                    xmin, _, line = rest.partition(b"\t")
                    if key not in self._keys[table.name]:
                        found[numbers[xmin]].setdefault(f"{table.name} ({columns})", []).append(line)
        return found


def number_of_rows(documents: Iterable[Lines]) -> int:
    return sum(len(lines) for document in documents for lines in document.values())


def prepared(lines: Lines) -> list[tuple[str, bytes]]:
    """Statements, and what they read."""
    return [(f"COPY {table} FROM STDIN", b"".join(rows)) for table, rows in lines.items()]


def copy_in(engine: Engine, documents: Iterable[list[tuple[str, bytes]]], *, one_commit: bool) -> None:
    """Copy what was prepared for each document; a commit after each, or one for all."""
    with _cursor(engine) as cursor:
        for document in documents:
            for statement, read in document:
                cursor.copy_expert(statement, io.BytesIO(read))
            if not one_commit:
                cursor.connection.commit()
        cursor.connection.commit()
