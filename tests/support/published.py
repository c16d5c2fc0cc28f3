"""Databases as the published 0.74 package left them: the populated one of its dump, and one without rows."""

from __future__ import annotations

import io
import lzma
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import URL, Column, Connection, Engine, Enum, MetaData, text

from support.databases import make_database
from support.tables import rows_of
from thoth.storages.graph.adoption import AdoptionReport, StepReport

DUMP = Path(__file__).resolve().parents[1] / "data" / "published-0.74.sql.xz"
REVISION = "bf9ea2a38b01"

_COPY = re.compile(r"COPY public\.(\w+) .* FROM stdin;")
# Meta-commands of psql, and settings that would outlast the statement.
_SKIPPED = re.compile(r"\\|SET |SELECT pg_catalog\.set_config|ALTER .* OWNER TO |--|$")


# --- The dump --------------------------------------------------------------------------------------------------------


@cache
def _parts() -> tuple[tuple[str, str], ...]:
    """(statements, '') or (COPY statement, its lines), in the order of the dump."""
    parts: list[tuple[str, str]] = []
    statements: list[str] = []
    lines = iter(lzma.decompress(DUMP.read_bytes()).decode().splitlines(keepends=True))
    for line in lines:
        if _COPY.match(line):
            parts.append(("".join(statements), ""))
            statements.clear()
            parts.append((line.rstrip().rstrip(";"), "".join(_until_the_end(lines))))
        elif not _SKIPPED.match(line):
            statements.append(line)
    return (*parts, ("".join(statements), ""))


def _until_the_end(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "\\.\n":
            return
        yield line


def load(url: URL, *, rows: bool = True, schema: str = "public") -> None:
    """Make the tables of 0.74 in a database without any, with the rows of the dump or with the revision alone."""
    connection = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    try:
        with connection, connection.cursor() as cursor:
            for statement, lines in _parts():
                moved = re.sub(r"\bpublic\.", f"{schema}.", statement)
                if statement.startswith("COPY"):
                    if rows or ".alembic_version " in statement:
                        cursor.copy_expert(moved, io.StringIO(lines))
                elif moved:
                    cursor.execute(moved if rows else re.sub("SELECT pg_catalog.setval.*;", "", moved))
    finally:
        connection.close()


def make_published(server: URL, url: URL, *, rows: bool = True) -> None:
    """Make a database of 0.74."""
    make_database(server, url)
    load(url, rows=rows)


# --- Rows of one's own -----------------------------------------------------------------------------------------------

_tables = MetaData()
MADE = datetime(2022, 5, 4, 3, 2, 1)


class OldRows:
    """Puts rows into a database of 0.74, with something in every column that must have a value."""

    def __init__(self, connection: Connection) -> None:
        """connection: in autocommit."""
        if not _tables.tables:
            _tables.reflect(connection)
        self._connection = connection
        self._ids: Counter[str] = Counter()

    def put(self, table: str, **values: Any) -> int:
        """Insert a row and give its id; ids of a table go up from 1. What it must refer to is made where not given."""
        self._ids[table] += 1
        target = _tables.tables[table]
        if "id" in target.c:
            values.setdefault("id", self._ids[table])
        needed = [column for column in target.c if not column.nullable and column.server_default is None]
        for column in needed:
            if column.name not in values:
                values[column.name] = self._something(column)
        self._connection.execute(target.insert().values(values))
        return int(values.get("id", 0))

    def change(self, statement: str, **parameters: Any) -> None:
        """Run a statement."""
        self._connection.execute(text(statement), parameters)

    def _something(self, column: Column[Any]) -> Any:
        for key in column.foreign_keys:
            return self.put(key.column.table.name)
        number = self._ids[column.table.name]
        if isinstance(column.type, Enum):
            return column.type.enums[0]
        if "sha256" in column.name:
            return f"{number:064x}"
        values = {str: f"{column.name}/{number}", datetime: MADE, bool: False, int: 1, float: 0.5}
        return values[column.type.python_type]


class Cases(list[Callable[[OldRows], None]]):
    """The functions that put rows into the database of a test module, each above the tests of what becomes of them."""

    def add(self, put: Callable[[OldRows], None]) -> Callable[[OldRows], None]:
        """Remember a function; a decorator."""
        self.append(put)
        return put


@dataclass(frozen=True, slots=True)
class Adopted:
    """A database that was adopted."""

    engine: Engine
    report: AdoptionReport

    def step(self, name: str) -> StepReport:
        """What became of one table."""
        (found,) = (step for step in self.report.steps if step.step == name)
        return found

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What a statement gives, as plain tuples."""
        return [tuple(row) for row in rows_of(self.engine, statement, **parameters)]


# --- The catalogue ---------------------------------------------------------------------------------------------------

_CATALOGUE = """
    SELECT 'column', c.oid::regclass::text, a.attname::text,
           concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
                     pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum), a.attacl)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = {schema} AND c.relkind = 'r'
    UNION ALL SELECT 'table', c.oid::regclass::text, c.relkind::text,
           concat_ws(' ', c.relowner::regrole, obj_description(c.oid), c.relpersistence, c.reloptions)
    FROM pg_class c WHERE c.relnamespace = {schema}
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = {schema}
    UNION ALL SELECT 'index', tablename::text, indexname::text, indexdef
    FROM pg_indexes WHERE quote_ident(schemaname) = {schema}::text
    UNION ALL SELECT 'type', t.oid::regtype::text, e.enumsortorder::text, e.enumlabel::text
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = {schema}
    UNION ALL SELECT 'trigger', t.tgrelid::regclass::text, t.tgname::text, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND c.relnamespace = {schema}
    UNION ALL SELECT 'function', p.oid::regprocedure::text, p.proowner::regrole::text, p.prosrc
    FROM pg_proc p WHERE p.pronamespace = {schema}
    UNION ALL SELECT 'sequence', s.seqrelid::regclass::text, format_type(s.seqtypid, NULL),
           concat_ws(' ', s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relnamespace = {schema}
    UNION ALL SELECT 'schema', nspname::text, '', '' FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'published_0_74'"""


def described(engine: Engine, schema: str = "public") -> Counter[tuple[Any, ...]]:
    """All that the catalogue says of a schema, and which schemas there are besides the archive."""
    return Counter(tuple(row) for row in rows_of(engine, _CATALOGUE.format(schema=f"'{schema}'::regnamespace")))
