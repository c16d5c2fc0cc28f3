"""The graph cache: a SQLite file that holds everything the graph knows of some package versions.

An entry is complete or absent: every index, every environment and every dependency of a package version, as of one
snapshot. So a question with a wildcard is answered rightly, and a version that was not solved when the entry was made
is not in it, so that the database is asked again. A package that changed since its entry was made does not count.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from .. import config
from .models_cache import CacheBase

_LOGGER = logging.getLogger(__name__)

SCHEMA_VERSION = "1"
IN_MEMORY = ":memory:"

_BUSY_SECONDS = 0.2
"""How long a file that another process writes is waited for: the database answers sooner than that."""

# Connections of a parent process; never closed, so that they are not even touched.
_ABANDONED: list[sqlite3.Connection] = []

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
                self._give_up(error)

    def disconnect(self) -> None:
        """Close the file; every look-up misses from now on."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._information, self._changed = {}, {}

    def after_fork(self) -> None:
        """Forget the connection in a child process, where SQLite must neither be used nor closed."""
        self._lock = RLock()
        if self._connection is not None:
            _ABANDONED.append(self._connection)
            self._connection = None
        self._information, self._changed = {}, {}

    def _open(self) -> None:
        in_memory = self.path == IN_MEMORY
        if in_memory and not self._writable:
            return  # nothing will ever be in it
        if not in_memory and not self._writable and not Path(self.path).is_file():
            raise FileNotFoundError("there is no such file")
        self._connection = sqlite3.connect(
            self.path if in_memory else self._uri(),
            uri=not in_memory,
            check_same_thread=False,
            isolation_level=None,
            timeout=_BUSY_SECONDS,
        )
        if self._writable and not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            create_tables(self._connection)
        check_schema(self._connection)
        if self._writable:
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
        self._information = dict(self._connection.execute("SELECT key, value FROM cache_information"))

    def _uri(self) -> str:
        mode = "mode=rwc" if self._writable else "mode=ro&immutable=1"
        return f"{Path(self.path).absolute().as_uri()}?{mode}"

    def _give_up(self, error: Exception) -> None:
        _LOGGER.warning("graph cache %s is not used: %s", self.path, error)
        self.disconnect()

    # --- Which graph, and what changed since -------------------------------------------------------------------------

    @property
    def snapshot(self) -> int | None:
        """The snapshot that no entry is older than; None for a cache that belongs to no graph yet."""
        known = self._information.get("snapshot", "")
        return int(known) if known.isdecimal() else None

    def belongs_to(self, graph_uuid: str, snapshot: int) -> bool:
        """Whether the cache was made from this graph; one that belongs to none yet becomes this graph's."""
        with self._lock:
            if self._connection is None:
                return False
            if self._writable and self._information.keys().isdisjoint(("graph_uuid", "snapshot")):
                self._information |= {"graph_uuid": graph_uuid, "snapshot": str(snapshot)}
                try:
                    write_information(self._connection, self._information)
                except sqlite3.Error as error:
                    self._give_up(error)
                    return False
            return self._information.get("graph_uuid") == graph_uuid and self.snapshot is not None

    def note_changes(self, changed: Mapping[str, int]) -> None:
        """Entries of these packages count only if their snapshot is later than the change ({name: transaction})."""
        with self._lock:
            for package_name, transaction in changed.items():
                self._changed[package_name] = max(transaction, self._changed.get(package_name, transaction))

    def _counts(self, package_name: str, snapshot: object) -> bool:
        # What was put into a shared file by a slow process may be older than all the changes that are known here.
        oldest = self.snapshot
        return (
            isinstance(snapshot, int)
            and oldest is not None
            and oldest <= snapshot
            and self._changed.get(package_name, -1) < snapshot
        )

    # --- Looking up --------------------------------------------------------------------------------------------------

    def get(self, package_version: PackageVersion) -> Entry | None:
        """Everything the graph knows of a package version, None where the cache does not know it all."""
        rows = self._rows(
            "SELECT snapshot, crc32, entry FROM cached_package_version WHERE package_name = ? AND package_version = ?",
            package_version,
        )
        for snapshot, checksum, blob in rows:
            if self._counts(package_version[0], snapshot) and checksum == checksum_of(*package_version, snapshot, blob):
                self._hits += 1
                return unpack(blob)
        self._misses += 1
        return None

    def get_versions(self, package_name: str) -> list[str] | None:
        """Every solved version of a package, in no order; None where the cache does not hold all of them."""
        rows = self._rows(
            "SELECT snapshot, crc32, versions FROM cached_package WHERE package_name = ?", (package_name,)
        )
        for snapshot, checksum, blob in rows:
            if self._counts(package_name, snapshot) and checksum == checksum_of(package_name, snapshot, blob):
                versions: list[str] = json.loads(blob)
                return versions
        return None

    def _rows(self, statement: str, parameters: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            if self._connection is None:
                return []
            try:
                return self._connection.execute(statement, parameters).fetchall()
            except sqlite3.Error as error:
                self._give_up(error)
                return []

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
        counted = {name: self._rows(f"SELECT count(*) FROM {name}") for name in tables}  # noqa: S608 (our own names)
        sizes = {name: rows[0][0] for name, rows in counted.items() if rows}
        return {"table_size": sizes, "sqlite_cache_info": {"hits": self._hits, "misses": self._misses}}


# --- Files -----------------------------------------------------------------------------------------------------------


def is_graph_cache(path: Path) -> bool:
    """Whether a file is a graph cache of this library or of its releases of 2019, or empty: it may be replaced."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return False
    return not tables or "cache_information" in tables or {"python_package_version", "depends_on"} <= tables


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the tables of an empty file, and say of which schema they are."""
    for table in CacheBase.metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
    write_information(connection, {"schema_version": SCHEMA_VERSION})


def check_schema(connection: sqlite3.Connection) -> None:
    """Raise ValueError, or sqlite3.Error, where a file is none of this library's, or of another schema."""
    for table in CacheBase.metadata.sorted_tables:
        there = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
        if there != set(table.columns.keys()):
            raise ValueError(f"it has no table {table.name} of schema {SCHEMA_VERSION}")
    ((version,),) = connection.execute(
        "SELECT (SELECT value FROM cache_information WHERE key = 'schema_version')"
    ).fetchall()
    if version != SCHEMA_VERSION:
        raise ValueError(f"its schema is {version}, not {SCHEMA_VERSION}")


def write_information(connection: sqlite3.Connection, information: Mapping[str, str]) -> None:
    """Set what the cache knows about itself."""
    connection.executemany("INSERT OR REPLACE INTO cache_information VALUES (?, ?)", sorted(information.items()))


def write_entries(connection: sqlite3.Connection, entries: Mapping[PackageVersion, Entry], snapshot: int) -> None:
    """Set the entries of package versions; empty ones are left out."""
    packed = ((name, version, pack(entry)) for (name, version), entry in sorted(entries.items()) if entry)
    connection.executemany(
        "INSERT OR REPLACE INTO cached_package_version VALUES (?, ?, ?, ?, ?)",
        ((name, version, snapshot, checksum_of(name, version, snapshot, blob), blob) for name, version, blob in packed),
    )


def write_complete_packages(
    connection: sqlite3.Connection, versions: Mapping[str, Iterable[str]], snapshot: int
) -> None:
    """Say which are all the versions of these packages."""
    packed = ((name, json.dumps(sorted(listed)).encode()) for name, listed in sorted(versions.items()))
    connection.executemany(
        "INSERT OR REPLACE INTO cached_package VALUES (?, ?, ?, ?)",
        ((name, snapshot, checksum_of(name, snapshot, blob), blob) for name, blob in packed),
    )


def checksum_of(*fields: object) -> int:
    """The CRC-32 of a row's other fields; a file that lost a bit must not tell one version from another's entry."""
    return crc32(b"\x00".join(field if isinstance(field, bytes) else str(field).encode() for field in fields))


def pack(entry: Entry) -> bytes:
    """An entry as bytes: a JSON array of records."""
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(blob: bytes) -> Entry:
    """The entry that pack() made these bytes from."""
    return tuple(
        CachedRecord._make((*record, tuple(CachedEdge._make(edge) for edge in edges)))
        for *record, edges in json.loads(blob)
    )
