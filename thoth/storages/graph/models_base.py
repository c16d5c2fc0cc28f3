"""What all tables share: naming of constraints, types of columns, surrogate ids."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

_NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
}


class Base(DeclarativeBase):
    """The base of all tables of the graph."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {
        int: BigInteger,
        str: Text,
        bytes: LargeBinary,
        datetime: DateTime(timezone=True),
    }


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
