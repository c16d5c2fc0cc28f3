"""The run that a document is about, and what belongs to it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Delete, Table, Update, bindparam, delete, or_, select, update
from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Columns, Row, given_rows, parameters_of
from ..faults import LostRaceError
from ..models_base import table_of
from .upsert import distinct_sorted, ids_by_key, insert_all, insert_missing, matches


@cache
def _correct(table: Table, columns: Columns, key: Columns) -> Update:
    given = given_rows(table, columns)
    values = {name: given.c[name] for name in columns if name not in key}
    changed = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(table).where(matches(table, given, key), changed).values(values)


def write_run(
    session: Session, model: type[DeclarativeBase], key: Columns, values: Mapping[str, Any]
) -> tuple[int, bool]:
    """The id of the row that a document's run is, corrected where it was there, and whether it was not there before.

    Of the values ({column: value}) those of the key name the run.
    """
    columns = tuple(values)
    row = tuple(values.values())
    named = tuple(values[name] for name in key)
    is_new = bool(insert_missing(session, model, columns, key, [row]))
    if not is_new:
        session.execute(_correct(table_of(model), columns, key), parameters_of(columns, [row]))
    row_id = ids_by_key(session, model, key, [named]).get(named)
    if row_id is None:
        raise LostRaceError  # it was there, and somebody deleted it meanwhile
    return row_id, is_new


@cache
def _delete_stale(table: Table, key: Columns) -> Delete:
    stated = given_rows(table, key)
    still = select(1).select_from(stated).where(matches(table, stated, key)).exists()
    own = table.c[key[0]] == bindparam("run_id", type_=BigInteger)
    return delete(table).where(own, ~still)


def replace_children(
    session: Session,
    model: type[DeclarativeBase],
    columns: Columns,
    own_rows: Iterable[Row],
    *,
    run_id: int,
    is_new: bool,
    key_size: int | None = None,
) -> None:
    """Make these rows what a run owns; what it no longer states is removed.

    The first of the columns refers to the run and the rows are without it; so many of the others as key_size says, or
    all of them, are the key beside it.
    """
    key = columns if key_size is None else columns[: key_size + 1]
    rows = distinct_sorted((run_id, *row) for row in own_rows)
    if is_new:
        by_key = {row[: len(key)]: row for row in reversed(rows)}
        insert_all(session, model, columns, list(reversed(by_key.values())))
    else:
        insert_missing(session, model, columns, key, rows)
        session.execute(_delete_stale(table_of(model), key), {**parameters_of(key, rows), "run_id": run_id})
