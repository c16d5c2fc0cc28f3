"""The graph cache: a SQLite file that holds everything the graph knows of some package versions.

An entry is complete or absent: every index, every environment and every dependency of a package version, as of one
snapshot. So a question with a wildcard is answered rightly, and a version that was not solved when the entry was made
is not in it, so that the database is asked again. A package that changed since its entry was made does not count.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import RLock

from sqlalchemy import make_url

from .. import config
from ..exceptions import AlreadyConnectedError, GraphCacheError
from .cache_earlier import EarlierCalls
from .cache_entries import Entry, Pinned, unpack, unpinned
from .cache_tables import (
    TOLD,
    Rows,
    check_schema,
    clear_tables,
    create_tables,
    read_information,
    write_information,
)
from .models_cache import CacheBase

_LOGGER = logging.getLogger(__name__)

IN_MEMORY = ":memory:"

_BUSY_SECONDS = 0.2
"""How long a file that another process writes is waited for: the database answers sooner than that."""

# Connections of a parent process; never closed, so that they are not even touched.
_ABANDONED: list[sqlite3.Connection] = []


class GraphCache(EarlierCalls):
    """A cache file that is open, or nothing where there is no usable one: then every look-up misses."""

    DEFAULT_CACHE_PATH = IN_MEMORY
    ENV_CACHE_PATH = config.GRAPH_CACHE.names[0]

    def __init__(self, path: str = IN_MEMORY, *, writable: bool = False, cache: str | None = None) -> None:
        """Take the path of a cache file, and whether it may be filled; or, as in 2019, its URL (sqlite:///file).

        Then the settings say whether it may be filled. Opens nothing yet.
        """
        self.path = path if cache is None else make_url(cache).database or IN_MEMORY
        self._writable = writable if cache is None else self.is_inserts_enabled()
        self._connection: sqlite3.Connection | None = None
        self._rows: Rows | None = None
        self._lock = RLock()
        self._information: dict[str, str] = {}
        self._snapshot: int | None = None
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
        """Open the file. One that is missing, foreign, older or broken is left alone, with a warning.

        Raises AlreadyConnectedError where it is open.
        """
        try:
            self.open()
        except GraphCacheError as error:
            _LOGGER.warning("%s", error)

    def open(self) -> None:
        """Open the file. Raises GraphCacheError where it is missing, foreign, older or broken, and leaves it alone.

        Raises AlreadyConnectedError where it is open.
        """
        with self._lock:
            if self._connection is not None:
                raise AlreadyConnectedError(f"graph cache {self.path} is open already")
            try:
                self._open()
            except (sqlite3.Error, OSError, ValueError) as error:
                self.disconnect()
                raise GraphCacheError(f"graph cache {self.path} is not used: {error}") from error

    def disconnect(self) -> None:
        """Close the file; every look-up misses from now on."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._forget()

    def after_fork(self) -> None:
        """Forget the connection in a child process, where SQLite must neither be used nor closed."""
        self._lock = RLock()
        if self._connection is not None:
            _ABANDONED.append(self._connection)
        self._forget()

    def _forget(self) -> None:
        self._connection, self._rows = None, None
        self._information, self._snapshot, self._changed = {}, None, {}

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
        self._learn(read_information(self._connection))

    def _uri(self) -> str:
        mode = "mode=rwc" if self._writable else "mode=ro&immutable=1"
        return f"{Path(self.path).absolute().as_uri()}?{mode}"

    def _learn(self, information: dict[str, str]) -> None:
        graph_uuid, snapshot = information.get("graph_uuid"), information.get("snapshot", "")
        self._information = information
        self._snapshot = int(snapshot) if snapshot.isdecimal() else None
        if self._connection is not None:
            self._rows = Rows(self._connection, graph_uuid or "")

    def _give_up(self, error: Exception) -> None:
        _LOGGER.warning("graph cache %s is not used: %s", self.path, error)
        self.disconnect()

    # --- Which graph, and what changed since -------------------------------------------------------------------------

    @property
    def graph_uuid(self) -> str | None:
        """Which graph the cache was made from; None for a cache that belongs to no graph yet."""
        return self._information.get("graph_uuid")

    @property
    def snapshot(self) -> int | None:
        """The snapshot that no entry is older than; None for a cache that belongs to no graph yet."""
        return self._snapshot

    def belongs_to(self, graph_uuid: str, snapshot: int) -> bool:
        """Whether the cache was made from this graph; one that belongs to none yet becomes this graph's."""
        with self._lock:
            if self._connection is None:
                return False
            if self._writable and self._information.keys().isdisjoint(("graph_uuid", "snapshot")):
                self._learn(self._information | {"graph_uuid": graph_uuid, "snapshot": str(snapshot)})
                try:
                    write_information(self._connection, self._information)
                except sqlite3.Error as error:
                    self._give_up(error)
                    return False
            return self.graph_uuid == graph_uuid and self._snapshot is not None

    def note_changes(self, changed: Mapping[str, int]) -> None:
        """Entries of these packages count only if their snapshot is later than the change ({name: transaction})."""
        with self._lock:
            for package_name, transaction in changed.items():
                self._changed[package_name] = max(transaction, self._changed.get(package_name, transaction))

    def _counts(self, package: Pinned | str, snapshot: int) -> bool:
        # What was put into a shared file by a slow process may be older than all the changes that are known here.
        oldest, changed = self._snapshot, self._changed
        if oldest is None or snapshot < oldest:
            return False
        return not changed or changed.get(unpinned(package)[0], -1) < snapshot

    # --- Looking up --------------------------------------------------------------------------------------------------

    def get(self, package_version: Pinned) -> Entry | None:
        """Everything the graph knows of a package version, None where the cache does not know it all."""
        return self.get_many((package_version,)).get(package_version)

    def get_many(self, package_versions: Collection[Pinned]) -> dict[Pinned, Entry]:
        """{package version: everything the graph knows of it} of those that the cache knows all of."""
        found: dict[Pinned, Entry] = {}
        with self._lock:
            rows = self._rows
            try:
                for package_version in package_versions:
                    row = None if rows is None else rows.entry(package_version)
                    if row is not None and self._counts(package_version, row[0]):
                        found[package_version] = unpack(row[1])
            except sqlite3.Error as error:
                self._give_up(error)
            self._hits += len(found)
            self._misses += len(package_versions) - len(found)
        return found

    def get_versions(self, package_name: str) -> list[str] | None:
        """Every solved version of a package, in no order; None where the cache does not hold all of them."""
        with self._lock:
            if self._rows is None:
                return None
            try:
                row = self._rows.versions(package_name)
            except sqlite3.Error as error:
                self._give_up(error)
                return None
            return None if row is None or not self._counts(package_name, row[0]) else row[1]

    def is_unsolved(self, package_version: Pinned) -> bool:
        """Whether a package version is known not to have been solved when the cache was made."""
        with self._lock:
            try:
                return self._rows is not None and self._rows.is_unsolved(package_version)
            except sqlite3.Error as error:
                self._give_up(error)
                return False

    # --- Filling -----------------------------------------------------------------------------------------------------

    @property
    def takes_entries(self) -> bool:
        """Whether questions may fill this cache."""
        return self._writable and self.graph_uuid is not None

    def put(self, entries: Mapping[Pinned, Entry], snapshot: int) -> None:
        """Add entries as of a snapshot, in one transaction. Empty ones are left out: they may be solved any time."""
        self._fill(lambda _connection, rows: rows.write_entries(entries, snapshot))

    def get_told(self, package_version: Pinned) -> Entry:
        """What add_depends_on() told of a package version; an empty entry where nobody told anything."""
        with self._lock:
            try:
                row = None if self._rows is None else self._rows.entry(package_version)
            except sqlite3.Error as error:
                self._give_up(error)
                return Entry()
            return Entry() if row is None or row[0] != TOLD else unpack(row[1])

    def put_told(self, package_version: Pinned, entry: Entry) -> None:
        """Keep what was told, where the file may be filled."""
        self._fill(lambda _connection, rows: rows.write_entries({package_version: entry}, TOLD))

    def clear_in_memory_cache(self) -> None:
        """Nothing is left to do: of a file nothing is kept in memory. GraphDatabase.cache_clear() forgets answers."""

    def initialize_schema(self) -> None:
        """Nothing is left to do: a file that may be filled gets its tables when it is opened."""

    def drop_all(self) -> None:
        """Empty the file, where it may be filled; it belongs to no graph then."""
        with self._lock:
            self._fill(lambda connection, _rows: clear_tables(connection))
            if self._writable and self._connection is not None:
                self._learn(read_information(self._connection))

    def _fill(self, work: Callable[[sqlite3.Connection, Rows], None]) -> None:
        """Do this in one transaction, where the file may be filled; what fails is a warning."""
        with self._lock:
            if not self._writable or self._connection is None or self._rows is None:
                return
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                work(self._connection, self._rows)
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                _LOGGER.warning("graph cache %s could not be filled: %s", self.path, error)
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    # --- Looking at it ---

    def stats(self) -> dict[str, object]:
        """{table_size: {table: rows}, sqlite_cache_info: {hits, misses}}; no tables where there is no cache."""
        return {
            "table_size": self._table_sizes(),
            "sqlite_cache_info": {"hits": self._hits, "misses": self._misses},
        }

    def _table_sizes(self) -> dict[str, int]:
        with self._lock:
            if self._connection is None:
                return {}
            try:
                counted = {
                    name: self._connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 (our names)
                    for name in CacheBase.metadata.tables
                }
            except sqlite3.Error as error:
                self._give_up(error)
                return {}
            return {name: number for name, (number,) in counted.items()}
