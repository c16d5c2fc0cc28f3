"""One row in every table of a database, whatever its tables are: values are found that its CHECKs let in."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Engine, text

Rows = dict[str, list[dict[str, Any]]]
"""{table: its rows}."""

_DIGEST = "61" * 32
_CANDIDATES = {
    "text": ["x", "1", "3.11", "py", _DIGEST, f"sha256:{_DIGEST}", "https://example.com/a", "CVE-2024-1", "ab" * 20],
    "bytea": [rf"\x{_DIGEST}"],
    "boolean": ["true", "false"],
    "timestamp with time zone": ["2024-01-02 03:04:05+00", "2025-01-02 03:04:05+00"],
    "timestamp without time zone": ["2024-01-02 03:04:05", "2025-01-02 03:04:05"],
    "date": ["2024-01-02"],
    "interval": ["1 hour"],
    "uuid": ["5ca1ab1e-0000-4000-8000-000000000000"],
    "json": ["{}", "[]"],
    "jsonb": ["{}", "[]"],
    **{name: ["1", "0", "100", "-1"] for name in ("smallint", "integer", "bigint")},
    **{name: ["0.5", "1", "0", "100"] for name in ("real", "double precision", "numeric")},
}
_COLUMNS = text(
    """
    SELECT a.attname, format_type(a.atttypid, NULL) AS type, NOT a.attnotnull AS nullable,
           ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = a.atttypid ORDER BY enumsortorder) AS labels,
           t.typcategory = 'A' AS is_array
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
    WHERE a.attrelid = CAST(:table AS regclass) AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attidentity = '' AND a.attgenerated = ''
    """
)
_CHECKS = text(
    "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint "
    "WHERE conrelid = CAST(:table AS regclass) AND contype = 'c'"
)
_REFERENCES = text(
    """
    SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent, a.attname AS "column",
           b.attname AS target
    FROM pg_constraint, unnest(conkey, confkey) AS pair (child_number, parent_number)
    JOIN pg_attribute AS a ON a.attnum = child_number JOIN pg_attribute AS b ON b.attnum = parent_number
    WHERE contype = 'f' AND a.attrelid = conrelid AND b.attrelid = confrelid
      AND connamespace = current_schema()::regnamespace
    """
)


def table_names(engine: Engine) -> list[str]:
    """Every table but alembic_version, by name."""
    statement = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'alembic_version'"
    with engine.connect() as connection:
        return sorted(connection.scalars(text(statement)))


def all_rows(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            table: list(connection.scalars(text(f'SELECT to_jsonb(one) FROM "{table}" AS one ORDER BY 1')))
            for table in table_names(engine)
        }


def fill(engine: Engine) -> None:
    """Put a row into every table that has none, with a value in each column that may have one."""
    waiting = table_names(engine)
    with engine.begin() as connection:
        references = list(connection.execute(_REFERENCES).mappings())
        while waiting:
            ready = [name for name in waiting if not _parents(references, name) & set(waiting)]
            assert ready, f"tables refer to each other in a circle: {waiting}"
            for name in ready:
                if not connection.scalar(text(f'SELECT count(*) FROM "{name}"')):
                    _insert(connection, name, [one for one in references if one["child"] == name])
            waiting = [name for name in waiting if name not in ready]


def _parents(references: list[Any], table: str) -> set[str]:
    return {one["parent"] for one in references if one["child"] == table and one["parent"] != table}


def _insert(connection: Connection, table: str, references: list[Any]) -> None:
    checks = list(connection.scalars(_CHECKS, {"table": table}))
    sources, names = [], []
    for column in connection.execute(_COLUMNS, {"table": table}):
        sources.append(_source(column, references, " ".join(checks)))
        names.append(f'"{column.attname}"')
    wanted = " AND ".join(f"({check}) IS NOT FALSE" for check in checks) or "true"
    # All combinations of candidates, of which the first that every CHECK lets in is taken.
    chosen = f"SELECT {', '.join(names)} FROM {', '.join(sources)} WHERE {wanted} LIMIT 1"
    done = connection.exec_driver_sql(f'INSERT INTO "{table}" ({", ".join(names)}) {chosen}'.replace("%", "%%"))
    assert done.rowcount == 1, f"no row found that {table} lets in: {checks}"


def _source(column: Any, references: list[Any], checks: str) -> str:
    name = column.attname
    for one in references:
        if one["column"] == name and one["parent"] != one["child"]:
            or_none = " UNION ALL SELECT NULL" if column.nullable else ""
            return f'((SELECT "{one["target"]}" FROM "{one["parent"]}" LIMIT 1){or_none}) AS "of_{name}" ("{name}")'
    values = list(column.labels) or _values(column.type, column.is_array, checks)
    if any(one["column"] == name for one in references):  # a row of the table itself, which has none yet
        values = []
    literals = ["'" + value.replace("'", "''") + "'" for value in values] + ["NULL"] * column.nullable
    rows = ", ".join(f"(CAST({literal} AS {column.type}))" for literal in literals)
    return f'(VALUES {rows}) AS "of_{name}" ("{name}")'


def _values(type_name: str, is_array: bool, checks: str) -> list[str]:
    if is_array:
        return ["{}"]
    if type_name == "text" or type_name.startswith("character"):
        return [*_CANDIDATES["text"], *re.findall(r"'([^']*)'::text", checks)]
    return _CANDIDATES[type_name]
