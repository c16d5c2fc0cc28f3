"""Rows that may be there already: what is missing is inserted, the ids of all are given back."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from enum import Enum as PythonEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Enum,
    FromClause,
    Integer,
    Table,
    Text,
    and_,
    cast,
    literal_column,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import PLACE, Columns, Row, given_rows, parameters_of
from ..faults import LostRaceError
from ..models_base import table_of
from ..names import key_sha256
from ..prepared import Prepared

DIGEST = ("key_sha256",)
_LOOKS = 5


def distinct_sorted(rows: Iterable[Row]) -> list[Row]:
    """The rows without repeats, in one order for every writer; NULL comes first."""
    distinct = set(rows)
    try:
        return sorted(distinct)
    except TypeError:  # it came to compare None or an enumeration; where it does not, the order is the same
        return sorted(distinct, key=lambda row: tuple((value is not None, _sortable(value)) for value in row))


def _sortable(value: Any) -> Any:
    return value.name if isinstance(value, PythonEnum) else value


def nullable(columns: Columns, rows: Iterable[Row]) -> Columns:
    """The columns in which one of the rows holds NULL."""
    return tuple(name for name, values in zip(columns, zip(*rows, strict=True), strict=False) if None in values)


def matches(table: FromClause, given: FromClause, key: Columns, with_nulls: Columns = ()) -> ColumnElement[bool]:
    """Whether a row of a table and one that is given have the same key."""
    # IS NOT DISTINCT FROM cannot use an index: only where there is a NULL to compare (4.75 s against 146 ms).
    return and_(
        *(
            table.c[name].is_not_distinct_from(given.c[name]) if name in with_nulls else table.c[name] == given.c[name]
            for name in key
        )
    )


def _returned(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as it comes back: an enumeration as text, or a prepared statement would end with the type's life."""
    return type_coerce(cast(column, Text), column.type) if isinstance(column.type, Enum) else column


@cache
def _insert_missing(table: Table, columns: Columns, key: Columns, with_nulls: Columns, *, with_ids: bool) -> Prepared:
    given = given_rows(table, columns)
    same = select(1).select_from(table).where(matches(table, given, key, with_nulls))
    # OFFSET has the server look up each key in the index; it knows nothing of how many there will be.
    there = same.offset(literal_column("0")).exists()
    missing = select(*(given.c[name] for name in columns)).where(~there).order_by(*(given.c[name] for name in key))
    # What is there burns no id; what another writer inserts meanwhile is no conflict.
    returned = insert(table).from_select(columns, missing).on_conflict_do_nothing()
    return Prepared(returned.returning(*(_returned(table.c[name]) for name in (("id", *key) if with_ids else key))))


def insert_missing(
    session: Session,
    model: type[DeclarativeBase],
    columns: Columns,
    key: Columns,
    rows: Sequence[Row],
    *,
    with_ids: bool = False,
) -> list[Row]:
    """Insert the rows whose key is not there; gives the keys that were inserted, after their ids if asked for.

    Rows are distinct by key.
    """
    if not rows:
        return []
    holes = nullable(columns, rows)
    with_nulls = tuple(name for name in key if name in holes)
    statement = _insert_missing(table_of(model), columns, key, with_nulls, with_ids=with_ids)
    return [tuple(row) for row in statement.execute(session, parameters_of(columns, rows))]


def ids_by_key(session: Session, model: type[DeclarativeBase], key: Columns, keys: Sequence[Row]) -> dict[Row, int]:
    """The id of each key that is there."""
    (found,) = _look(session, [Wanted(model, key, key, keys)])
    return {of_key: item.id for of_key, item in found.items()}


@cache
def _insert_all(table: Table, columns: Columns) -> Prepared:
    given = given_rows(table, columns)
    return Prepared(insert(table).from_select(columns, select(*(given.c[name] for name in columns))))


def insert_all(session: Session, model: type[DeclarativeBase], columns: Columns, rows: Sequence[Row]) -> None:
    """Insert rows that cannot be there, because what they belong to is new; in their order."""
    if rows:
        _insert_all(table_of(model), columns).execute(session, parameters_of(columns, rows))


# --- Ids -------------------------------------------------------------------------------------------------------------


class Ensured(NamedTuple):
    """A row that is there now: its id, and whether it was not there before."""

    id: int
    is_new: bool


class Wanted(NamedTuple):
    """Rows that are to be in a table: distinct by key, in one order for every writer. The key's columns come first."""

    model: type[DeclarativeBase]
    columns: Columns
    key: Columns
    rows: Sequence[Row]

    def keys(self) -> list[Row]:
        """The key of each row."""
        size = len(self.key)
        return list(self.rows) if size == len(self.columns) else [row[:size] for row in self.rows]

    def without(self, keys: Container[Row]) -> Wanted:
        """The rows that have none of these keys."""
        size = len(self.key)
        return self._replace(rows=[row for row in self.rows if row[:size] not in keys])


def ensure_many(session: Session, wanted: Sequence[Wanted]) -> list[dict[Row, Ensured]]:
    """What there is now for each key, inserted where it was missing, of each of the tables; they are all others.

    One statement looks into all of them, and one inserts into each that lacks something, in their order. Another look
    follows where other writers were inserting the same. Measured against one statement for each table that looks and
    inserts: the server plans it three times as long, and where a table is new it may choose a plan that takes minutes.

    Raises LostRaceError where rows that others insert are taken away again and again.
    """
    found: list[dict[Row, Ensured]] = [{} for _ in wanted]
    missing = list(wanted)
    for _ in range(_LOOKS):
        for there, row_ids in zip(found, _look(session, missing), strict=True):
            there.update(row_ids)
        missing = [one.without(there) for one, there in zip(wanted, found, strict=True)]
        for one, there in zip(missing, found, strict=True):
            there.update(_insert_new(session, one))
        missing = [one.without(there) for one, there in zip(missing, found, strict=True)]
        if not any(one.rows for one in missing):
            return found
    raise LostRaceError


@cache
def _select_ids_of(parts: tuple[tuple[int, Table, Columns, Columns], ...]) -> Prepared:
    """(number of the part, place, id) of the given keys that are there; a part is (number, table, key, nullable)."""
    selects = []
    for number, table, key, with_nulls in parts:
        given = given_rows(table, key, name=f"given_{number}", with_place=True)
        # LIMIT has the server look up each key in the index; it knows nothing of how many there will be.
        same = select(table.c.id).where(matches(table, given, key, with_nulls)).limit(literal_column("1"))
        found = same.lateral(f"found_{number}")
        selects.append(select(literal_column(str(number), Integer), given.c[PLACE], found.c.id).join(found, true()))
    return Prepared(selects[0] if len(selects) == 1 else union_all(*selects))


def _look(session: Session, wanted: Sequence[Wanted]) -> list[dict[Row, Ensured]]:
    """What is there, of each of the tables."""
    keys = [one.keys() for one in wanted]
    parts = []
    parameters: dict[str, list[Any]] = {}
    for number, (one, of_one) in enumerate(zip(wanted, keys, strict=True)):
        if of_one:
            parts.append((number, table_of(one.model), one.key, nullable(one.key, of_one)))
            parameters.update(parameters_of(one.key, of_one, name=f"given_{number}"))
    found: list[dict[Row, Ensured]] = [{} for _ in wanted]
    if parts:
        for number, place, row_id in _select_ids_of(tuple(parts)).execute(session, parameters):
            found[number][keys[number][place - 1]] = Ensured(row_id, False)
    return found


@cache
def _insert_where_free(table: Table, columns: Columns, key: Columns) -> Prepared:
    given = given_rows(table, columns)
    rows = select(*(given.c[name] for name in columns)).order_by(*(given.c[name] for name in key))
    new = insert(table).from_select(columns, rows).on_conflict_do_nothing()
    return Prepared(new.returning(table.c.id, *(_returned(table.c[name]) for name in key)))


def _insert_new(session: Session, missing: Wanted) -> dict[Row, Ensured]:
    """What was inserted; what another writer inserts at the same time is waited for, and is no conflict."""
    if not missing.rows:
        return {}
    statement = _insert_where_free(table_of(missing.model), missing.columns, missing.key)
    inserted = statement.execute(session, parameters_of(missing.columns, missing.rows))
    return {tuple(key): Ensured(row_id, True) for row_id, *key in inserted}


def ensure_rows(
    session: Session, model: type[DeclarativeBase], columns: Columns, key: Columns, rows: Sequence[Row]
) -> list[Ensured]:
    """What there is now for each row, in their order, inserted where its key was missing; as in ensure_many."""
    wanted = Wanted(model, columns, key, rows)
    (found,) = ensure_many(session, [wanted])
    return [found[of_row] for of_row in wanted.keys()]  # noqa: SIM118 (it is no mapping)


def ensure(session: Session, model: type[DeclarativeBase], columns: Columns, rows: Iterable[Row]) -> dict[Row, int]:
    """The id of each row, inserted where it is missing; all columns are its key."""
    (found,) = ensure_many(session, [Wanted(model, columns, columns, distinct_sorted(rows))])
    return {row: item.id for row, item in found.items()}


def digested(rows: Iterable[Row]) -> dict[Row, Row]:
    """{(digest,): row} of distinct rows that are known by the digest of all of their columns, in its order."""
    return dict(sorted(((key_sha256(*row),), row) for row in set(rows)))


def wanted_by_digest(model: type[DeclarativeBase], columns: Columns, rows: Mapping[Row, Row]) -> Wanted:
    """Rows, as digested() gives them, that are to be in a table whose key is the digest of these columns."""
    return Wanted(model, (*DIGEST, *columns), DIGEST, [(*digest, *row) for digest, row in rows.items()])


def ensure_by_digest(
    session: Session, model: type[DeclarativeBase], columns: Columns, rows: Iterable[Row]
) -> dict[Row, int]:
    """The id of each row, inserted where it is missing, of a table whose key is the digest of these columns."""
    by_digest = digested(rows)
    (found,) = ensure_many(session, [wanted_by_digest(model, columns, by_digest)])
    return {row: found[digest].id for digest, row in by_digest.items()}


# --- Links -----------------------------------------------------------------------------------------------------------


class Links(NamedTuple):
    """Pairs that are to be in a table that has nothing but two references as its key."""

    model: type[DeclarativeBase]
    columns: tuple[str, str]
    pairs: Iterable[Row]


@cache
def _link(tables: tuple[tuple[int, Table, tuple[str, str]], ...]) -> Prepared:
    inserts = []
    for number, table, (first, second) in tables:
        given = given_rows(table, (first, second), name=f"given_{number}")
        rows = select(given.c[first], given.c[second])
        inserts.append(insert(table).from_select((first, second), rows).on_conflict_do_nothing())
    others = [each.cte(f"others_{number}") for number, each in enumerate(inserts[1:])]
    return Prepared(inserts[0].add_cte(*others) if others else inserts[0])


def link_many(session: Session, links: Sequence[Links]) -> None:
    """Insert the pairs that are missing, all in one statement; each table once.

    Tables are not written in a fixed order: in at most one of them, others may be inserting the same pairs.
    """
    tables: list[tuple[int, Table, tuple[str, str]]] = []
    parameters: dict[str, list[Any]] = {}
    for number, (model, columns, pairs) in enumerate(links):
        if distinct := distinct_sorted(pairs):
            tables.append((number, table_of(model), columns))
            parameters.update(parameters_of(columns, distinct, name=f"given_{number}"))
    if tables:
        _link(tuple(tables)).execute(session, parameters)


def link(session: Session, model: type[DeclarativeBase], columns: tuple[str, str], pairs: Iterable[Row]) -> None:
    """Insert the pairs that are missing into a table that has nothing but two references as its key."""
    link_many(session, [Links(model, columns, pairs)])
