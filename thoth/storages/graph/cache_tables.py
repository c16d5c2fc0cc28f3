"""The rows of a graph cache: made, checked and written with the stdlib sqlite3 module."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from zlib import crc32

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from .cache_entries import Entry, PackedEntry, Pinned, pack
from .models_cache import CacheBase

SCHEMA_VERSION = "2"

TOLD = -1
"""Instead of a snapshot: what was told an edge at a time, and may be a part of the truth."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty file, and say of which schema they are."""
    for table in CacheBase.metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    write_information(connection, {"schema_version": SCHEMA_VERSION})


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise ValueError, or sqlite3.Error, where a file is none of this library's, or of another schema."""
    rows = connection.execute("SELECT value FROM cache_information WHERE key = 'schema_version'").fetchall()
    if rows != [(SCHEMA_VERSION,)]:
        raise ValueError(f"its schema is {rows[0][0] if rows else None}, not {SCHEMA_VERSION}")
    for table in CacheBase.metadata.sorted_tables:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        if there != set(table.columns.keys()):
            raise ValueError(f"it has no table {table.name} of schema {SCHEMA_VERSION}")


def clear_tables(connection: sqlite3.Connection) -> None:
    """Remove every row, and what the cache knows about itself but for its schema."""
    for table in CacheBase.metadata.sorted_tables:
        connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 (our own names)
    write_information(connection, {"schema_version": SCHEMA_VERSION})


def read_information(connection: sqlite3.Connection) -> dict[str, str]:
    """What the cache knows about itself; texts, whatever a damaged file has there."""
    rows = connection.execute("SELECT key, value FROM cache_information")
    return {str(key): str(value) for key, value in rows}


def write_information(connection: sqlite3.Connection, information: Mapping[str, str]) -> None:
    """Set what the cache knows about itself."""
    connection.executemany("INSERT OR REPLACE INTO cache_information VALUES (?, ?)", sorted(information.items()))


class Rows:
    """The rows of one graph's cache. Checksums are of the graph too: no entry is taken for one of another graph."""

    def __init__(self, connection: sqlite3.Connection, graph_uuid: str) -> None:
        """Take the file and the graph that it was, or will be, made from."""
        self._connection = connection
        self._graph = crc32(graph_uuid.encode())

    def entry(self, package_version: Pinned) -> tuple[int, PackedEntry] | None:
        """The snapshot and the packed entry of a package version; None where there is none, or a damaged one."""
        row = self._connection.execute(
            "SELECT snapshot, crc32, records, edges FROM cached_package_version WHERE package_version = ?",
            (package_version,),
        ).fetchone()
        if row is None:
            return None
        snapshot, checksum, records, edges = row
        if checksum != self._checksum(package_version, snapshot, records, edges):
            return None
        return snapshot, PackedEntry(records, edges)

    def versions(self, package_name: str) -> tuple[int, list[str]] | None:
        """The snapshot and all versions of a package, in no order; None where that is not known, or damaged."""
        row = self._connection.execute(
            "SELECT snapshot, crc32, versions FROM cached_package WHERE package_name = ?", (package_name,)
        ).fetchone()
        if row is None or row[1] != self._checksum(package_name, row[0], row[2]):
            return None
        return row[0], json.loads(row[2])

    def is_unsolved(self, package_version: Pinned) -> bool:
        """Whether a package version is known not to have been solved when the cache was made."""
        row = self._connection.execute(
            "SELECT crc32 FROM cached_unsolved WHERE package_version = ?", (package_version,)
        ).fetchone()
        return row is not None and row[0] == self._checksum(package_version, None)

    def write_unsolved(self, package_versions: Iterable[Pinned]) -> None:
        """Say that nobody had solved these."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO cached_unsolved VALUES (?, ?)",
            ((version, self._checksum(version, None)) for version in sorted(package_versions)),
        )

    def write_entries(self, entries: Mapping[Pinned, Entry], snapshot: int) -> None:
        """Set the entries of package versions; empty ones are left out: they may be solved any time."""
        packed = ((version, pack(entry)) for version, entry in sorted(entries.items()) if entry.records)
        self._connection.executemany(
            "INSERT OR REPLACE INTO cached_package_version VALUES (?, ?, ?, ?, ?)",
            ((version, snapshot, self._checksum(version, snapshot, *texts), *texts) for version, texts in packed),
        )

    def write_complete_packages(self, versions: Mapping[str, Iterable[str]], snapshot: int) -> None:
        """Say which are all the versions of these packages."""
        packed = ((name, json.dumps(sorted(listed))) for name, listed in sorted(versions.items()))
        self._connection.executemany(
            "INSERT OR REPLACE INTO cached_package VALUES (?, ?, ?, ?)",
            ((name, snapshot, self._checksum(name, snapshot, text), text) for name, text in packed),
        )

    def _checksum(self, key: str, snapshot: object, text: object = "", more: object = "") -> int:
        """The CRC-32 of a row; a file that lost a bit must not tell one version from another's entry.

        SQLite keeps whatever it was given in any column: bytes instead of a text read otherwise here.
        """
        return crc32(f"{key}\0{snapshot}\0{text}\0{more}".encode(), self._graph)
