"""The first step of an adoption: a schema with our tables beside the old ones, which from then on refuse changes."""

from __future__ import annotations

from sqlalchemy import Connection, text

from ...exceptions import SchemaNotOursError
from .. import migrations
from ..faults import place
from .obstacles import READING, in_the_way, missing_rights
from .place import (
    ADOPTED_REVISION,
    ARCHIVE,
    BOOKKEEPING,
    PUBLISHED_REVISION,
    WORKSHOP,
    Table,
    enumerations_in,
    exists,
    tables_in,
)
from .sql import quoted
from .tables import columns_read

NEW_TABLES = frozenset(
    (
        "alembic_version",
        "graph_identity",
        "package_change",
        "synced_document",
        # Only older releases had these.
        "package_analyzer_run",
        "investigated",
        "investigated_file",
    )
)
"""Tables that no table of the published package becomes."""

_SHOWN = 8

_DROPPED = {"python_dependency_monkey_requirements": {"id"}}
"""Columns of the old tables that mean nothing any more: numbers of rows that nothing refers to."""

_MADE = (
    f"CREATE TABLE {WORKSHOP}.moved (table_name text, old_id bigint, new_id bigint, PRIMARY KEY (table_name, old_id))",
    f"CREATE TABLE {WORKSHOP}.spelled (kind text, given text, spelled text, version_order bytea)",
    f"CREATE TABLE {WORKSHOP}.adoption_step (number bigint GENERATED ALWAYS AS IDENTITY, step text PRIMARY KEY,"
    " report jsonb NOT NULL, finished_at timestamptz NOT NULL DEFAULT now())",
    f"COMMENT ON TABLE {WORKSHOP}.moved IS 'Old ids: of rows merged into another one (new_id), and left out (NULL)'",
    f"""CREATE FUNCTION {WORKSHOP}.refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'no changes to table %: thoth-storages adopts its database, or did so', TG_RELID::regclass
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = 'thoth-storages schema status tells more';
    END $$""",
)


def look(connection: Connection, schema: str) -> None:
    """Make sure that the published package made this database. Raises SchemaNotOursError where it did not."""
    rights = missing_rights(connection, schema)
    lacking = refusal(
        connection, f"a role without {', '.join(rights)}", "grant it, or let a role with these rights do it"
    )
    if READING in rights:
        raise lacking
    old = tables_in(connection, schema)
    versioned = "alembic_version" in old and "version_num" in old["alembic_version"].types
    revisions = _revisions(connection, schema) if versioned else []
    if revisions != [PUBLISHED_REVISION]:
        found = f"revision {', '.join(revisions)}" if revisions else "no revision"
        known = any(migrations.migrations_since(revision) is not None for revision in revisions)
        advice = "a database of this library needs no adoption" if known else "bring it there with that package first"
        raise refusal(connection, found, advice)
    if "graph_identity" in old:
        raise refusal(connection, "tables of this library", "restore the database from its backup")
    if rights:
        raise lacking
    if exists(connection, ARCHIVE):
        raise refusal(connection, f"a schema {ARCHIVE}, where the old tables are to go", "rename or drop that schema")


def refusal(connection: Connection, found: str, advice: str) -> SchemaNotOursError:
    """The error that says why a database is not adopted."""
    expected = f"a database of the published package at its last revision, {PUBLISHED_REVISION}"
    return SchemaNotOursError(place(connection.engine.url), found, expected, advice)


def _revisions(connection: Connection, schema: str) -> list[str]:
    statement = text(f"SELECT version_num FROM {quoted(schema)}.alembic_version ORDER BY 1")
    return list(connection.scalars(statement))


def set_up(connection: Connection, schema: str) -> list[str]:
    """Make our tables and the bookkeeping; gives the names of the old tables that become new ones.

    Raises SchemaNotOursError for tables that are not as expected, and for what is in the way.
    """
    look(connection, schema)
    connection.execute(text(f"CREATE SCHEMA {WORKSHOP}"))
    for statement in _MADE:
        connection.execute(text(statement))
    connection.execute(text(f"SET LOCAL search_path TO {WORKSHOP}"))
    migrations.upgrade_on(connection, ADOPTED_REVISION)
    old, new = tables_in(connection, schema), tables_in(connection, WORKSHOP)
    if wrong := _differences(old, new):
        advice = "let the published package make what is missing, and move or drop what it did not make"
        raise refusal(connection, _some(wrong), advice)
    published = [name for name in new if name in old]
    if obstacles := in_the_way(connection, schema, published, enumerations_in(connection, WORKSHOP)):
        advice = "put right what is named; views and the like can be made anew afterwards"
        raise refusal(connection, _some(obstacles), advice)
    return published


def guard(connection: Connection, schema: str, tables: list[str]) -> None:
    """Have the old tables refuse changes from now on."""
    for name in tables:
        connection.execute(
            text(f"""
                CREATE TRIGGER thoth_storages_adoption BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE
                ON {quoted(schema)}.{quoted(name)}
                FOR EACH STATEMENT EXECUTE FUNCTION {WORKSHOP}.refuse_changes()""")
        )


def _differences(old: dict[str, Table], new: dict[str, Table]) -> list[str]:
    """What is missing, and what would be lost because nothing reads it."""
    wrong = [f"no table {name}" for name in sorted(new.keys() - NEW_TABLES - BOOKKEEPING - old.keys())]
    wrong += [f"a table {name}" for name in sorted((old.keys() & NEW_TABLES) - {"alembic_version"})]
    for name in sorted((new.keys() & old.keys()) - NEW_TABLES):
        read = columns_read(name, new[name].types)
        wrong += [f"no column {name}.{column}" for column in sorted(read - old[name].types.keys())]
        wrong += [
            f"column {name}.{column} of type {given}"
            for column, given in old[name].types.items()
            if column in read and not _fits(given, new[name].types.get(column, given))
        ]
        lost = old[name].types.keys() - new[name].types.keys() - _DROPPED.get(name, set())
        wrong += [f"an unknown column {name}.{column}" for column in sorted(lost)]
    return wrong


def _fits(old: str, new: str) -> bool:
    """Whether every value of an old type is one of the new type."""
    numbers = ("smallint", "integer", "bigint")
    texts = ("text", "character varying")
    if new == "text":
        return old.startswith(texts) or old in numbers
    if new in numbers:
        return old in numbers
    if new.startswith("timestamp"):
        return old.startswith("timestamp")
    return old.rpartition(".")[2] == new.rpartition(".")[2]


def _some(phrases: list[str]) -> str:
    more = f"; and {len(phrases) - _SHOWN} more" if len(phrases) > _SHOWN else ""
    return "; ".join(phrases[:_SHOWN]) + more
