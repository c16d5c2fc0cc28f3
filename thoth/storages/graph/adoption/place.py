"""Where an adoption takes place: the schemas, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from ..schema_status import ADOPTION_SCHEMA
from ..schema_status import PUBLISHED_REVISION as PUBLISHED_REVISION

ADOPTED_REVISION = "8e2b64c0d7f1"
"""The revision of ours that an adopted database is at; the ordinary upgrade follows."""

WORKSHOP = ADOPTION_SCHEMA
"""The schema that the new tables are made in."""

ARCHIVE = "published_0_74"
"""The schema that the old tables are moved to."""

BOOKKEEPING = frozenset(("moved", "spelled", "adoption_step"))
"""Tables that an adoption keeps for itself; they go to the archive."""

_COLUMNS = text("""
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND c.relkind IN ('r', 'p')
    ORDER BY c.relname, a.attnum""")

_CONSTRAINTS = text("""
    SELECT c.relname, k.conname, k.contype, pg_get_expr(k.conbin, k.conrelid), f.relname,
           ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS n(attnum, position)
                 JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum ORDER BY n.position)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid LEFT JOIN pg_class f ON f.oid = k.confrelid
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND k.contype IN ('p', 'u', 'c', 'f')
    ORDER BY c.relname, k.conname""")

_ENUMERATIONS = text("""
    SELECT typname FROM pg_type
    WHERE typnamespace = CAST(quote_ident(:schema) AS regnamespace) AND typtype = 'e' ORDER BY 1""")


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the database describes it."""

    name: str
    types: dict[str, str] = field(default_factory=dict)
    """{column: type}, in column order."""
    needed: list[str] = field(default_factory=list)
    """The columns that hold no NULL."""
    primary: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    checks: dict[str, str] = field(default_factory=dict)
    """{constraint: expression}."""
    checked: list[list[str]] = field(default_factory=list)
    """The columns that each check looks at."""
    references: dict[str, str] = field(default_factory=dict)
    """{column: table}."""

    @property
    def key(self) -> list[str]:
        """The columns of the natural key, empty where the table may hold one row only."""
        return self.unique or [column for column in self.primary if column != "id"]

    @property
    def bound(self) -> set[str]:
        """The columns outside the key that a check looks at together with others."""
        free = [set(columns) - set(self.key) for columns in self.checked]
        return {column for columns in free if len(columns) > 1 for column in columns}


def tables_in(connection: Connection, schema: str) -> dict[str, Table]:
    """{name: table} of every table in a schema, in the order of their names."""
    found: dict[str, Table] = {}
    for name, column, type_, needed in connection.execute(_COLUMNS, {"schema": schema}):
        table = found.setdefault(name, Table(name))
        table.types[column] = type_
        if needed:
            table.needed.append(column)
    for name, constraint, kind, expression, referred, columns in connection.execute(_CONSTRAINTS, {"schema": schema}):
        table = found[name]
        if kind == "c":
            table.checks[constraint] = expression
            table.checked.append(columns)
        elif kind == "f":
            table.references[columns[0]] = referred
        else:
            (table.primary if kind == "p" else table.unique).extend(columns)
    return found


def enumerations_in(connection: Connection, schema: str) -> list[str]:
    """The names of the enumerations of a schema."""
    return list(connection.scalars(_ENUMERATIONS, {"schema": schema}))


def exists(connection: Connection, schema: str) -> bool:
    """Whether there is a schema of this name."""
    statement = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
    return connection.scalar(statement, {"schema": schema}) is not None
