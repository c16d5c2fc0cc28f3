"""Many rows in one statement: arrays travel, the server unnests them.

Measured on one document with 6,000 dependencies: row by row 19,417 ms and 36,960 statements, unnested 216 ms and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, FromClause, Table, any_, bindparam, cast, column, func

Row = tuple[Any, ...]
Columns = tuple[str, ...]


def given_rows(table: Table, columns: Columns) -> FromClause:
    """The rows of a statement's parameters (see parameters_of) as a table: 'given'."""
    # Every array is cast: unnest(unknown) would not be unique.
    arrays = [
        cast(bindparam(f"given_{name}", type_=ARRAY(table.c[name].type)), ARRAY(table.c[name].type)) for name in columns
    ]
    named = [column(name, table.c[name].type) for name in columns]
    return func.unnest(*arrays).table_valued(*named, name="given").render_derived()


def is_one_of(column_: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column holds one of the values of an array parameter."""
    return column_ == any_(bindparam(parameter, type_=ARRAY(column_.type)))


def parameters_of(columns: Columns, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The parameters that given_rows reads: one array for each column."""
    return {f"given_{name}": [row[number] for row in rows] for number, name in enumerate(columns)}
