"""What all tables share: naming of constraints, types of columns, surrogate ids, rows that may be there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Self

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

_NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
}


_TRIES = 5
"""How often a row may be there, and gone when we look, before PostgreSQL is asked to say what is in the way."""


class BaseExtension:
    """What every row can do. Base brings it already; naming it once more beside Base does no harm."""

    @classmethod
    def get_or_create(cls, session: Session, **kwargs: Any) -> tuple[Self, bool]:
        """The row with these attributes, and whether it was there already; it belongs to the session.

        It is looked up by the table's natural key alone: the first of its keys (the primary key, then the unique
        constraints, each in the order of the table's columns, without the surrogate id) whose columns are all given.
        Other attributes count when the row is made, and never change one that is there. When no key is given whole,
        all attributes are compared, and the row with the lowest primary key counts. None is a value like any other.

        Sessions that make the same row at the same time get the same one: a row that another transaction is about to
        make is waited for. A row that is there uses up no id. Nothing is committed.

        Raises TypeError for no attributes and for names that are none. What PostgreSQL refuses is IntegrityError, as
        it comes from the driver; a savepoint keeps what the transaction did before.
        """
        _check_attributes(cls, kwargs)
        key = _given_key(cls, kwargs)
        compared = {name: kwargs[name] for name in key or kwargs}
        for _ in range(_TRIES):
            if (there := _first(session, cls, compared)) is not None:
                return there, True
            if (made := _insert(session, cls, kwargs, key)) is not None:
                return made, False
        # In the way is a row that is not the one that was asked for: PostgreSQL names the constraint.
        with session.begin_nested():
            return session.scalars(insert(cls).values(kwargs).returning(cls)).one(), False

    @classmethod
    def attribute_names(cls) -> list[str]:
        """The names of the columns, in the table's order."""
        return [column.key for column in table_of(cls).columns]

    def to_dict(self, without_id: bool = True) -> dict[str, Any]:
        """{name of a column: its value}, in the table's order; the surrogate id only if asked for.

        Values keep their types, None stays None. Moments are texts, in UTC and without an offset (2023-05-01 12:00:00),
        as str() gives them; what is one of an enumeration is its name.
        """
        names = [name for name in self.attribute_names() if not (without_id and name == "id")]
        return {name: plain(getattr(self, name)) for name in names}


def plain(value: Any) -> Any:
    """A column's value as to_dict() has it."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
    return value


def table_of(model: type[Any]) -> Table:
    """The table of a model."""
    assert isinstance(model.__table__, Table)
    return model.__table__


def _check_attributes(model: type[Any], given: Iterable[str]) -> None:
    names = list(given)
    known = table_of(model).columns
    if unknown := [name for name in names if name not in known]:
        raise TypeError(f"{model.__name__} has no attribute {', '.join(unknown)}; it has {', '.join(known.keys())}")
    if not names:
        raise TypeError(f"{model.__name__}.get_or_create() needs at least one attribute to look for")


def _keys(table: Table) -> list[tuple[str, ...]]:
    """The columns of each natural key: of the primary key first, then by the places of their columns."""
    places = {name: place for place, name in enumerate(table.columns.keys())}
    constraints = [c for c in table.constraints if isinstance(c, PrimaryKeyConstraint | UniqueConstraint)]
    keys = [(isinstance(c, UniqueConstraint), tuple(c.columns.keys())) for c in constraints]
    ordered = sorted(keys, key=lambda key: (key[0], [places[name] for name in key[1]]))
    return [names for _, names in ordered if names and not any(table.c[name].identity for name in names)]


def _given_key(model: type[Any], given: Mapping[str, Any]) -> tuple[str, ...] | None:
    return next((key for key in _keys(table_of(model)) if set(key) <= given.keys()), None)


def _equals(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    # Not IS NOT DISTINCT FROM, which cannot use an index.
    return column.is_(None) if value is None else column == value


def _first(session: Session, model: type[Any], given: Mapping[str, Any]) -> Any:
    table = table_of(model)
    same = (_equals(table.c[name], value) for name, value in given.items())
    return session.scalars(select(model).where(*same).order_by(*table.primary_key).limit(1)).first()


def _insert(session: Session, model: type[Any], given: Mapping[str, Any], key: tuple[str, ...] | None) -> Any:
    """The new row; None where another one is in the way."""
    statement = insert(model).values(given).on_conflict_do_nothing(index_elements=key)
    with session.begin_nested():
        return session.scalars(statement.returning(model)).one_or_none()


class Base(DeclarativeBase, BaseExtension):
    """The base of all tables of the graph."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Map the class; what a row is, the first line of the class's documentation, is the table's comment."""
        super().__init_subclass__(**kwargs)
        if cls.__doc__:
            table_of(cls).comment = cls.__doc__.strip().partition("\n")[0]


SurrogateId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""A number that names a row within this database and nowhere else."""

KeyDigest = Annotated[
    bytes,
    mapped_column(
        LargeBinary, comment="sha256 of the natural key's long columns as a compact JSON array, in column order"
    ),
]
"""Long texts do not fit into an index entry (2,704 bytes); their digest does."""


def digest_length() -> CheckConstraint:
    """A digest is 32 bytes, of which a table with a KeyDigest makes sure."""
    return CheckConstraint("octet_length(key_sha256) = 32", name="key_sha256")


def reference(column: str, ondelete: str = "CASCADE") -> ForeignKey:
    """A foreign key; what a row says goes away with the row that it speaks of."""
    return ForeignKey(column, ondelete=ondelete)
