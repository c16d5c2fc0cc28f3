"""The graph cache: a SQLite file that holds everything the graph knows of some package versions.

An entry is complete or absent: every index, every environment and every dependency of a package version, as of one
snapshot. So a question with a wildcard is answered rightly, and a version that was not solved when the entry was made
is not in it, so that the database is asked again. A package that changed since its entry was made does not count.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import RLock
from typing import NamedTuple
from zlib import crc32

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from .. import config
from .models_cache import CacheBase

_LOGGER = logging.getLogger(__name__)

SCHEMA_VERSION = "1"
IN_MEMORY = ":memory:"

PackageVersion = tuple[str, str]
"""A package's name and its version, both normalised."""


class CachedEdge(NamedTuple):
    """A dependency; the columns of depends_on."""

    package_name: str
    package_version: str
    version_range: str | None
    marker: str | None
    extra: str | None
    marker_evaluation_result: bool


class CachedRecord(NamedTuple):
    """A package version on an index in an environment; error is that of its newest solver run."""

    index_url: str | None
    os_name: str
    os_version: str
    python_version: str
    is_missing: bool
    error: bool | None
    edges: tuple[CachedEdge, ...]


Entry = tuple[CachedRecord, ...]


class GraphCache:
    """A cache file that is open, or nothing where there is no usable one: then every look-up misses."""

    DEFAULT_CACHE_PATH = IN_MEMORY
    ENV_CACHE_PATH = config.GRAPH_CACHE.names[0]

    def __init__(self, path: str = IN_MEMORY, *, writable: bool = False) -> None:
        """Take the path of a cache file. Opens nothing yet."""
        self.path = path
        self._writable = writable
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._lock = RLock()
        self._information: dict[str, str] = {}
        self._changed: dict[str, int] = {}
        self._hits = 0
        self._misses = 0

    @staticmethod
    def is_enabled() -> bool:
        """Whether the graph cache is asked at all."""
        return not config.GRAPH_CACHE_DISABLED.read()

    @staticmethod
    def is_inserts_enabled() -> bool:
        """Whether questions may fill the graph cache."""
        return not config.GRAPH_CACHE_INSERTS_DISABLED.read()

    @classmethod
    def load(cls, cache: str | None = None) -> GraphCache:
        """The cache that the settings, or the path given, name; open where it is enabled and usable."""
        loaded = cls(cache or config.GRAPH_CACHE.read(), writable=cls.is_inserts_enabled())
        if cls.is_enabled():
            loaded.connect()
        return loaded

    # --- Opening -----------------------------------------------------------------------------------------------------

    def is_connected(self) -> bool:
        """Whether there is a usable cache."""
        return self._connection is not None

    def connect(self) -> None:
        """Open the file. One that is missing, foreign, older or broken is left alone, with a warning."""
        with self._lock:
            self.disconnect()
            try:
                self._open()
            except (sqlite3.Error, OSError, ValueError) as error:
                _LOGGER.warning("graph cache %s is not used: %s", self.path, error)
                self.disconnect()

    def disconnect(self) -> None:
        """Close the file; every look-up misses from now on."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._information, self._changed = {}, {}

    def _open(self) -> None:
        in_memory = self.path == IN_MEMORY
        if in_memory and not self._writable:
            return  # nothing will ever be in it
        if not in_memory and not self._writable and not Path(self.path).is_file():
            raise FileNotFoundError("there is no such file")
        self._owner = os.getpid()
        self._connection = sqlite3.connect(
            self.path if in_memory else self._uri(), uri=not in_memory, check_same_thread=False, isolation_level=None
        )
        if self._writable:
            self._prepare_for_writing(self._connection)
        self._information = dict(self._connection.execute("SELECT key, value FROM cache_information"))
        if self._information.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            raise ValueError(f"its schema is {self._information['schema_version']}, not {SCHEMA_VERSION}")

    def _uri(self) -> str:
        mode = "mode=rwc" if self._writable else "mode=ro&immutable=1"
        return f"{Path(self.path).absolute().as_uri()}?{mode}"

    @staticmethod
    def _prepare_for_writing(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        create_tables(connection)

    # --- Which graph, and what changed since -------------------------------------------------------------------------

    @property
    def snapshot(self) -> int | None:
        """The oldest snapshot that an entry was made from, None for an empty or absent cache."""
        return self._value("SELECT min(snapshot) FROM cached_package_version")

    def belongs_to(self, graph_uuid: str) -> bool:
        """Whether the cache was made from this graph; an empty one becomes this graph's."""
        if self._connection is None:
            return False
        known = self._information.get("graph_uuid")
        if known is None and self._writable:
            self._information["graph_uuid"] = graph_uuid
            with self._lock:
                write_information(self._connection, self._information | {"schema_version": SCHEMA_VERSION})
            return True
        return known == graph_uuid

    def note_changes(self, changed: Mapping[str, int]) -> None:
        """Entries of these packages count only if their snapshot is later than the change ({name: transaction})."""
        self._changed.update(changed)

    def _counts(self, package_name: str, snapshot: int) -> bool:
        return self._changed.get(package_name, -1) < snapshot

    # --- Looking up --------------------------------------------------------------------------------------------------

    def get(self, package_version: PackageVersion) -> Entry | None:
        """Everything the graph knows of a package version, None where the cache does not know it all."""
        name, version = package_version
        row = self._row(
            "SELECT snapshot, crc32, entry FROM cached_package_version WHERE package_name = ? AND package_version = ?",
            (name, version),
        )
        if row is None or not self._counts(name, row[0]) or not _is_intact(row):
            self._misses += 1
            return None
        self._hits += 1
        return unpack(row[2])

    def get_versions(self, package_name: str) -> list[str] | None:
        """Every solved version of a package, in no order; None where the cache does not hold all of them."""
        row = self._row("SELECT snapshot FROM cached_package WHERE package_name = ?", (package_name,))
        if row is None or not self._counts(package_name, row[0]) or self._connection is None:
            return None
        with self._lock:
            rows = self._connection.execute(
                "SELECT package_version FROM cached_package_version WHERE package_name = ?", (package_name,)
            )
            return [version for (version,) in rows]

    def _row(self, statement: str, parameters: tuple[str, ...] = ()) -> tuple[int, int, bytes] | None:
        with self._lock:
            if self._connection is None:
                return None
            if self._owner != os.getpid():  # SQLite must not be carried over a fork
                self._connection = None
                self.connect()
                return None if self._connection is None else self._row(statement, parameters)
            try:
                row: tuple[int, int, bytes] | None = self._connection.execute(statement, parameters).fetchone()
            except sqlite3.Error as error:
                _LOGGER.warning("graph cache %s is not used any more: %s", self.path, error)
                self.disconnect()
                return None
            return row

    def _value(self, statement: str) -> int | None:
        row = self._row(statement)
        return None if row is None else row[0]

    # --- Filling -----------------------------------------------------------------------------------------------------

    @property
    def takes_entries(self) -> bool:
        """Whether questions may fill this cache."""
        return self._writable and self._connection is not None

    def put(self, entries: Mapping[PackageVersion, Entry], snapshot: int) -> None:
        """Add entries as of a snapshot, in one transaction. Empty ones are left out: they may be solved any time."""
        with self._lock:
            if self._connection is None:
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                write_entries(self._connection, entries, snapshot)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                _LOGGER.warning("graph cache %s could not be filled: %s", self.path, error)
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def stats(self) -> dict[str, object]:
        """{table_size: {table: rows}, sqlite_cache_info: {hits, misses}}; no tables where there is no cache."""
        tables = CacheBase.metadata.tables if self._connection is not None else ()
        sizes = {name: self._value(f"SELECT count(*) FROM {name}") for name in tables}  # noqa: S608 (our own names)
        return {"table_size": sizes, "sqlite_cache_info": {"hits": self._hits, "misses": self._misses}}


# --- Files -----------------------------------------------------------------------------------------------------------


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables that are missing."""
    for table in CacheBase.metadata.sorted_tables:
        ddl = CreateTable(table, if_not_exists=True).compile(dialect=sqlite.dialect())
        connection.execute(str(ddl))


def write_information(connection: sqlite3.Connection, information: Mapping[str, str]) -> None:
    """Set what the cache knows about itself."""
    connection.executemany("INSERT OR REPLACE INTO cache_information VALUES (?, ?)", sorted(information.items()))


def write_entries(connection: sqlite3.Connection, entries: Mapping[PackageVersion, Entry], snapshot: int) -> None:
    """Set the entries of package versions; empty ones are left out."""
    packed = ((name, version, pack(entry)) for (name, version), entry in sorted(entries.items()) if entry)
    connection.executemany(
        "INSERT OR REPLACE INTO cached_package_version VALUES (?, ?, ?, ?, ?)",
        ((name, version, snapshot, crc32(blob), blob) for name, version, blob in packed),
    )


def write_complete_packages(connection: sqlite3.Connection, package_names: Iterable[str], snapshot: int) -> None:
    """Say that every version of these packages is in the cache."""
    connection.executemany(
        "INSERT OR REPLACE INTO cached_package VALUES (?, ?)", ((name, snapshot) for name in sorted(set(package_names)))
    )


def _is_intact(row: tuple[int, int, bytes]) -> bool:
    return isinstance(row[2], bytes) and crc32(row[2]) == row[1]


def pack(entry: Entry) -> bytes:
    """An entry as bytes: a JSON array of records."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(blob: bytes) -> Entry:
    """The entry that pack() made these bytes from."""
    return tuple(
        CachedRecord._make((*record, tuple(CachedEdge._make(edge) for edge in edges)))
        for *record, edges in json.loads(blob)
    )
