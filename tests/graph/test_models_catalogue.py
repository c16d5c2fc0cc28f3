"""What the catalogue of a migrated database says of every table: keys, types, references, indexes, comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Engine, Enum, Row, Table, UniqueConstraint, inspect, text
from support.databases import copied_database

from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models import ALL_PERFORMANCE_MODELS, Base

_TABLES = """
    SELECT relname::text, obj_description(oid, 'pg_class') FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
"""
_COLUMNS = """
    SELECT c.relname::text AS table_name, a.attname::text AS column_name, format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull, a.attidentity::text AS identity, col_description(c.oid, a.attnum) AS comment,
           ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = a.atttypid ORDER BY enumsortorder) AS labels
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
      AND a.attnum > 0 AND NOT a.attisdropped
"""
_REFERENCES = """
    SELECT conrelid::regclass::text AS table_name, conname::text, confdeltype::text AS on_delete,
           ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
                 JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place) AS columns
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
"""
_INDEXES = """
    SELECT c.relname::text AS table_name, i.relname::text AS name, amname::text AS method,
           x.indisprimary, x.indisunique, x.indnullsnotdistinct, x.indisvalid,
           coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) FROM generate_series(1, x.indnkeyatts) AS n) AS columns,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS n)
               AS included,
           ARRAY(SELECT format('%s/%s', x.indclass[n], x.indcollation[n]) FROM generate_series(0, x.indnkeyatts - 1)
                 AS n) AS comparisons,
           ARRAY(SELECT x.indoption[n] FROM generate_series(0, x.indnkeyatts - 1) AS n) AS options
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_am ON pg_am.oid = i.relam
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
    ORDER BY 1, 2
"""
_TYPES = {"bigint", "boolean", "bytea", "double precision", "text", "text[]", "timestamp with time zone", "uuid"}
"""What columns are made of, beside enumerations."""


@dataclass(frozen=True)
class Index:
    """An index as the catalogue has it; keys are names of columns, or expressions."""

    table: str
    name: str
    method: str
    primary: bool
    unique: bool
    nulls_not_distinct: bool
    valid: bool
    predicate: str
    keys: tuple[str, ...]
    included: frozenset[str]
    comparisons: tuple[str, ...]
    options: tuple[int, ...]

    def begins_with(self, other: Index) -> bool:
        """Whether its first keys are the other one's, in the same order, or all of them the other way round."""
        many = len(other.keys)
        same = (self.keys[:many], self.comparisons[:many]) == (other.keys, other.comparisons)
        options = self.options[:many]
        return same and other.options in (options, tuple(option ^ 3 for option in options))


def indexes_of(connection: Connection) -> list[Index]:
    return [
        Index(*row[:8], tuple(row.columns), frozenset(row.included), tuple(row.comparisons), tuple(row.options))
        for row in _rows(connection, _INDEXES)
    ]


def _rows(connection: Connection, statement: str) -> list[Row[Any]]:
    return list(connection.execute(text(statement)).all())


def our_tables() -> dict[str, Table]:
    """{name: table} of what this library maps; tests may have mapped tables of their own."""
    found = (mapper for mapper in Base.registry.mappers if mapper.class_.__module__.startswith("thoth.storages."))
    return {mapper.local_table.name: mapper.local_table for mapper in found if isinstance(mapper.local_table, Table)}


@pytest.fixture(scope="module")
def engine(server: URL, template: URL) -> Iterator[Engine]:
    """Of a database that no test changes for the others."""
    with copied_database(server, template, "catalogue") as url:
        yield make_maintenance_engine(url)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connected:
        yield connected  # what a test does is rolled back


# --- Keys ------------------------------------------------------------------------------------------------------------


def test_the_database_has_the_tables_of_the_models_and_no_other(connection: Connection) -> None:
    assert sorted(row[0] for row in _rows(connection, _TABLES)) == sorted(our_tables())
    assert len(our_tables()) >= 84


def test_every_table_has_a_natural_key_that_is_not_its_surrogate_id(connection: Connection) -> None:
    indexes = indexes_of(connection)
    for table in our_tables():
        keys = [one for one in indexes if one.table == table and one.unique and not one.predicate]
        assert sum(one.primary for one in keys) == 1, f"{table} has no primary key"
        assert [one for one in keys if "id" not in one.keys], f"{table} has no natural key"
        assert all(one.valid for one in keys), table


def test_null_is_a_value_like_any_other_in_every_key(connection: Connection) -> None:
    nullable = {(row.table_name, row.column_name) for row in _rows(connection, _COLUMNS) if not row.attnotnull}
    wrong = [
        one.name
        for one in indexes_of(connection)
        if one.unique and not one.nulls_not_distinct and any((one.table, key) in nullable for key in one.keys)
    ]
    assert wrong == []


def test_no_key_says_what_a_shorter_key_says_already(connection: Connection) -> None:
    keys = [one for one in indexes_of(connection) if one.unique and not one.predicate]
    longer = [(one.name, other.name) for one in keys for other in keys if _is_implied_by(one, other)]
    assert longer == []


def _is_implied_by(one: Index, other: Index) -> bool:
    return one.table == other.table and set(one.keys) > set(other.keys)


def test_surrogate_ids_are_numbers_of_64_bits_that_the_database_gives(connection: Connection) -> None:
    columns = _rows(connection, _COLUMNS)
    with_id = {row.table_name for row in columns if row.column_name == "id"}
    wrong = [
        (row.table_name, row.column_name, row.type, row.identity)
        for row in columns
        if (row.column_name == "id") != (row.identity != "") or (row.identity and row.type != "bigint")
    ]
    assert wrong == []
    primary = {one.table: one.keys for one in indexes_of(connection) if one.primary}
    assert {table for table, keys in primary.items() if keys == ("id",)} == with_id


def test_a_digest_of_a_key_is_32_bytes_everywhere(connection: Connection) -> None:
    digests = [table.name for table in our_tables().values() if "key_sha256" in table.c]
    assert digests
    for table in digests:
        checks = inspect(connection).get_check_constraints(table)
        assert "octet_length(key_sha256) = 32" in [check["sqltext"] for check in checks], table
        assert not our_tables()[table].c.key_sha256.nullable


def test_keys_have_their_columns_in_the_order_of_the_models(connection: Connection) -> None:
    # What a key leads with is found by it: in a relation that is what the row is said of.
    found = {one.table: list(one.keys) for one in indexes_of(connection) if one.primary}
    assert found == {name: list(table.primary_key.columns.keys()) for name, table in our_tables().items()}
    named = {one.name: list(one.keys) for one in indexes_of(connection) if one.unique and not one.primary}
    constraints = (one for table in our_tables().values() for one in table.constraints)
    unique = {str(one.name): list(one.columns.keys()) for one in constraints if isinstance(one, UniqueConstraint)}
    assert unique == {name: named[name] for name in unique}


# --- References ------------------------------------------------------------------------------------------------------


def test_every_reference_says_what_happens_when_its_row_is_deleted(connection: Connection) -> None:
    columns = {(row.table_name, row.column_name): row for row in _rows(connection, _COLUMNS)}
    references = _rows(connection, _REFERENCES)
    assert len(references) >= 90
    for one in references:
        (name,) = one.columns
        column = columns[(one.table_name, name)]
        assert column.type == "bigint", one.conname
        assert one.on_delete in ("c", "n"), f"{one.conname}: neither CASCADE nor SET NULL"
        assert one.on_delete == "c" or not column.attnotnull, f"{one.conname}: it cannot be NULL"


def test_every_reference_is_found_by_an_index_when_its_row_is_deleted(connection: Connection) -> None:
    leading = {
        (one.table, one.keys[0]) for one in indexes_of(connection) if one.method == "btree" and not one.predicate
    }
    assert [
        one.conname for one in _rows(connection, _REFERENCES) if (one.table_name, one.columns[0]) not in leading
    ] == []


def test_every_column_that_is_called_an_id_of_a_table_refers_to_it(connection: Connection) -> None:
    references = {(one.table_name, one.columns[0]) for one in _rows(connection, _REFERENCES)}
    targets = tuple(f"{table}_id" for table in our_tables())
    named = {
        (row.table_name, row.column_name)
        for row in _rows(connection, _COLUMNS)
        if row.type == "bigint" and row.column_name.endswith(targets)
    }
    assert named and named <= references


# --- Types -----------------------------------------------------------------------------------------------------------


def test_columns_have_few_types_and_none_with_a_limit(connection: Connection) -> None:
    # Whoever adds an indicator chooses the types of what it measures; a count of 32 bits is one of them.
    measured = {model.__tablename__ for model in ALL_PERFORMANCE_MODELS}
    wrong = [
        f"{row.table_name}.{row.column_name}: {row.type}"
        for row in _rows(connection, _COLUMNS)
        if row.type not in _TYPES and not row.labels and (row.table_name not in measured or row.type != "integer")
    ]
    assert wrong == []


def test_an_enumeration_has_the_names_of_its_members_as_labels(connection: Connection) -> None:
    labels = {(row.table_name, row.column_name): row.labels for row in _rows(connection, _COLUMNS)}
    seen = set()
    for table in our_tables().values():
        for column in table.columns:
            enumeration = column.type
            if isinstance(enumeration, Enum):
                assert enumeration.enum_class is not None, column
                assert labels[(table.name, column.name)] == [member.name for member in enumeration.enum_class], column
                seen.add((table.name, column.name))
    assert seen == {where for where, found in labels.items() if found}, "a column is an enumeration on one side only"


# --- Indexes ---------------------------------------------------------------------------------------------------------


def redundant(indexes: list[Index]) -> list[str]:
    """The indexes that another one serves for, each as 'this: that'."""
    return [f"{one.name}: {other.name}" for one in indexes for other in indexes if _serves_for(other, one)]


def _serves_for(other: Index, one: Index) -> bool:
    """Whether whoever looks something up with one could do so with the other."""
    if one is other or (other.table, other.predicate) != (one.table, one.predicate):
        return False
    if one.method == "hash":  # it finds what is equal, which a B-tree does too
        return other.method in ("hash", "btree") and other.keys[:1] == one.keys and not _earlier_twin(one, other)
    if (one.method, other.method) != ("btree", "btree") or not other.begins_with(one):
        return False
    if not one.included <= {*other.keys, *other.included} or (one.unique and len(other.keys) > len(one.keys)):
        return False
    return not (one.unique and not other.unique) and not _earlier_twin(one, other)


def _earlier_twin(one: Index, other: Index) -> bool:
    # Of two that are alike, one is enough to tell of.
    alike = (one.method, one.keys, one.unique, one.included) == (other.method, other.keys, other.unique, other.included)
    return alike and one.name < other.name


def test_no_index_does_what_another_one_does(connection: Connection) -> None:
    assert len(indexes_of(connection)) >= 200
    assert redundant(indexes_of(connection)) == []


@pytest.mark.parametrize(
    "definition",
    [
        "depends_on (entity_id)",
        "depends_on (entity_id DESC)",
        "depends_on (version_id)",
        "depends_on (version_id, entity_id, key_sha256)",
        "depends_on (version_id DESC, entity_id DESC)",
        "depends_on USING hash (entity_id)",
        "adviser_run USING hash (origin)",
        "adviser_run (source_type) WHERE need_re_run",
        "cve (id)",
        "kebechet_github_installations (slug)",
        "advised (adviser_run_id)",
        "solved (version_id, datetime)",
    ],
)
def test_an_index_too_many_is_noticed(connection: Connection, definition: str) -> None:
    connection.execute(text(f"CREATE INDEX one_too_many ON {definition}"))
    (found,) = redundant(indexes_of(connection))
    assert "one_too_many" in found


@pytest.mark.parametrize(
    "definition",
    [
        "cve (cve_id)",
        "cve (cve_id) NULLS NOT DISTINCT",
        "cve_timestamp ((true))",
        "found_deb (package_extract_run_id, deb_package_version_id)",
    ],
)
def test_a_key_that_is_there_twice_is_noticed(connection: Connection, definition: str) -> None:
    connection.execute(text(f"CREATE UNIQUE INDEX one_too_many ON {definition}"))
    (found,) = redundant(indexes_of(connection))
    assert "one_too_many" in found


@pytest.mark.parametrize(
    "definition",
    [
        "INDEX useful ON depends_on (entity_id, version_id)",
        "INDEX useful ON depends_on (version_id, key_sha256)",
        "INDEX useful ON depends_on (version_id, entity_id DESC)",
        "INDEX useful ON adviser_run (source_type)",
        "INDEX useful ON adviser_run (source_type) WHERE debug",
        "INDEX useful ON kebechet_github_installations (slug) WHERE private",
        "INDEX useful ON cve (lower(cve_id))",
        "INDEX useful ON cve (cve_id text_pattern_ops)",
        'INDEX useful ON cve (cve_id COLLATE "C")',
        "UNIQUE INDEX useful ON solved (document_id)",
        "INDEX useful ON solved (version_id) INCLUDE (error)",
    ],
)
def test_an_index_of_another_use_is_not_too_many(connection: Connection, definition: str) -> None:
    connection.execute(text(f"CREATE {definition}"))
    assert [found for found in redundant(indexes_of(connection)) if found.startswith("useful:")] == []


# --- Comments --------------------------------------------------------------------------------------------------------


def test_the_database_says_what_a_row_of_each_table_is(connection: Connection) -> None:
    comments = {row[0]: row[1] for row in _rows(connection, _TABLES)}
    assert comments == {name: table.comment for name, table in our_tables().items()}
    assert None not in comments.values()


def test_the_database_has_the_comments_of_the_columns(connection: Connection) -> None:
    comments = {(row.table_name, row.column_name): row.comment for row in _rows(connection, _COLUMNS)}
    assert comments == {
        (table.name, column.name): column.comment for table in our_tables().values() for column in table.columns
    }
    assert sum(comment is not None for comment in comments.values()) >= 150
    assert [where for where, comment in comments.items() if comment is not None and not comment.strip()] == []
