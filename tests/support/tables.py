"""Looking at the tables of a graph behind the library's back, and changing them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Row, Table, inspect, text

from support.documents import Document
from thoth.storages.graph import GraphDatabase, migrations
from thoth.storages.graph.models import Base

CountStatements = Callable[[GraphDatabase, Callable[[], object]], int]

Dump = dict[str, Counter[str]]
"""{table: rows}."""

# What may differ between two graphs that know the same: numbers that only this database gave, and moments.
_GIVEN_BY_THE_DATABASE = {"id", "synced_at", "xid", "graph_uuid"}
_UNREACHABLE = ("python_package_metadata", "python_package_license", "import_package", "has_metadata_")

_reflected: dict[frozenset[str], MetaData] = {}


# --- Statements ------------------------------------------------------------------------------------------------------


def rows_of(engine: Engine, statement: str, **parameters: Any) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement), parameters).all())


def run(engine: Engine, statement: str, **parameters: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), parameters)


def count(engine: Engine, table: str) -> int:
    return int(rows_of(engine, f"SELECT count(*) FROM {table}")[0][0])


# --- Everything ------------------------------------------------------------------------------------------------------


def tables_of(engine: Engine) -> list[Table]:
    """Every table that is there, what is referred to before what refers to it; looked up once for each set of names."""
    names = frozenset(inspect(engine).get_table_names())
    if names not in _reflected:
        _reflected[names] = MetaData()
        _reflected[names].reflect(engine)
    return _reflected[names].sorted_tables


def dump(engine: Engine, *, with_ids: bool = False) -> Dump:
    """{table: rows} of every table; references are followed, so that the numbers behind them do not matter."""
    with engine.connect() as connection:
        tables = {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables_of(engine)
        }
    if with_ids:
        return {name: Counter(repr(sorted(row.items())) for row in rows) for name, rows in tables.items()}
    names: dict[tuple[str, int], str] = {}
    dumped = {}
    for table in tables_of(engine):
        references = {key.parent.name: key.column.table.name for key in table.foreign_keys}
        rows: Counter[str] = Counter()
        for row in tables[table.name]:
            values = [
                (column, names[(references[column], value)] if column in references and value is not None else value)
                for column, value in row.items()
                if column not in _GIVEN_BY_THE_DATABASE
            ]
            name = repr([(column, value if not isinstance(value, str) else value[:400]) for column, value in values])
            if "id" in row:
                names[(table.name, row["id"])] = name
            rows[name] += 1
        dumped[table.name] = rows
    return dumped


def known(dumped: Dump) -> Dump:
    """What can be asked about packages: without values that no package version has any more."""
    return {name: rows for name, rows in dumped.items() if not name.startswith(_UNREACHABLE)}


def difference(one: Dump, other: Dump) -> dict[str, tuple[list[str], list[str]]]:
    """{table: (only in one, only in the other)}, empty where both are equal."""
    return {
        name: (sorted((one[name] - other[name]).elements()), sorted((other[name] - one[name]).elements()))
        for name in one
        if one[name] != other[name]
    }


def sequences(engine: Engine) -> dict[str, int | None]:
    """{sequence: its last number}."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"))
        return {row[0]: row[1] for row in rows}


def empty(engine: Engine) -> None:
    """Forget everything but which graph this is."""
    with engine.begin() as connection:
        for table in reversed(tables_of(engine)):
            if table.name not in ("graph_identity", migrations.VERSION_TABLE):
                connection.execute(table.delete())


def delete_all(connection: Connection) -> None:
    """Forget everything but which graph this is. TRUNCATE takes a hundred times as long for few rows."""
    for table in reversed(Base.metadata.sorted_tables):
        if table.name != "graph_identity":
            connection.execute(table.delete())


def synced_in_order(graph: GraphDatabase, engine: Engine, documents: list[Document]) -> Dump:
    """What every table holds after these documents, and an empty graph again."""
    for document in documents:
        graph.sync_solver_result(document)
    dumped = dump(engine)
    empty(engine)
    return dumped


# --- What is known of a package --------------------------------------------------------------------------------------


def edges_of(engine: Engine, name: str, version: str) -> list[tuple[Any, ...]]:
    """(dependency, its version, range, marker, extra, extras, whether the marker holds) in their order."""
    statement = """
        SELECT e.package_name, e.package_version, d.version_range, d.marker, d.extra, d.extras,
               d.marker_evaluation_result
        FROM depends_on d JOIN python_package_version v ON v.id = d.version_id
        JOIN python_package_version_entity e ON e.id = d.entity_id
        WHERE v.package_name = :name AND v.package_version = :version
        ORDER BY 1, 2, 5 NULLS FIRST, 3"""
    return [tuple(row) for row in rows_of(engine, statement, name=name, version=version)]


def needs(engine: Engine, name: str, version: str) -> list[str]:
    return [f"{edge[0]}{edge[2]}" for edge in edges_of(engine, name, version)]


def imports_of(engine: Engine, name: str) -> list[str]:
    statement = """
        SELECT i.import_package_name FROM found_import_package f JOIN import_package i ON i.id = f.import_package_id
        JOIN python_package_version v ON v.id = f.python_package_version_id
        WHERE v.package_name = :name ORDER BY 1"""
    return [row[0] for row in rows_of(engine, statement, name=name)]


def summary_of(engine: Engine, name: str) -> tuple[str | None, str | None, bool | None]:
    """(summary, licence, warning) of a package that is there once."""
    statement = """
        SELECT m.summary, l.license_name, v.package_license_warning FROM python_package_version v
        LEFT JOIN python_package_metadata m ON m.id = v.python_package_metadata_id
        LEFT JOIN python_package_license l ON l.id = v.package_license
        WHERE v.package_name = :name"""
    (row,) = rows_of(engine, statement, name=name)
    return row[0], row[1], row[2]
