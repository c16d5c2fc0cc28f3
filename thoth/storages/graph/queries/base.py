"""What every room of questions stands on: the connection, the remembered answers, and when they stop to be true."""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from threading import Lock
from typing import TypeVar
from weakref import WeakSet

from sqlalchemy import Engine, orm
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ... import config
from ..cache import GraphCache
from ..cache_entries import Entry, Pinned, pinned
from ..changes import NOTHING_SINCE, changes_since
from ..faults import first_line, is_connecting, is_passing
from ..filters import Environment, PackageAt
from ..memory_cache import MemoryCache
from ..sql_base import SQLBase
from .cached import Found, concerned
from .entries import read_entries

T = TypeVar("T")

_LOGGER = logging.getLogger(__name__)

REMEMBERED = {
    "has_python_solver_error": config.HAS_SOLVER_ERROR_CACHE_SIZE,
    "get_python_package_version_records": config.VERSION_RECORDS_CACHE_SIZE,
    "get_depends_on": config.DEPENDS_ON_CACHE_SIZE,
    "retrieve_transitive_dependencies_python": config.DEPENDS_ON_CACHE_SIZE,
    "get_python_environment_marker": config.ENVIRONMENT_MARKER_CACHE_SIZE,
    "get_python_cve_records_all": config.CVE_RECORDS_CACHE_SIZE,
    "get_python_package_required_symbols": config.REQUIRED_SYMBOLS_CACHE_SIZE,
    "get_python_package_version_solver_rules_all": config.SOLVER_RULES_CACHE_SIZE,
    "get_si_aggregated_python_package_version": config.SECURITY_INDICATORS_CACHE_SIZE,
}
"""The questions whose answers are kept in memory, and the settings that say how many."""


_adapters: WeakSet[Questions] = WeakSet()


def _start_anew_in_child() -> None:
    for adapter in list(_adapters):
        adapter._after_fork()


os.register_at_fork(after_in_child=_start_anew_in_child)


class Questions(SQLBase):
    """An adapter that remembers answers, and forgets them when what they are about changed.

    Before a remembered answer is given, and at most every THOTH_STORAGES_GRAPH_CACHE_CHECK seconds, the database is
    asked which packages changed. While it cannot be asked, what is remembered counts, and a warning says so.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        sessionmaker: orm.sessionmaker[Session] | None = None,
        cache: GraphCache | None = None,
    ) -> None:
        """Take an engine, sessions and a graph cache to use; what is not given comes from the settings. Does no I/O."""
        super().__init__(engine, sessionmaker)
        self._memory = MemoryCache({question: setting.read() for question, setting in REMEMBERED.items()})
        self._file = cache or GraphCache(config.GRAPH_CACHE.read(), writable=GraphCache.is_inserts_enabled())
        self._graph_uuid: str | None = None
        self._snapshot = 0
        self._farewell: weakref.finalize[..., object] | None = None
        self._look_again_at = 0.0
        self._own_changes = 0
        self._looking = Lock()
        _adapters.add(self)

    @property
    def cache(self) -> GraphCache:
        """The graph cache that is asked before the database."""
        return self._file

    # --- What changed ------------------------------------------------------------------------------------------------

    def _forget_changed(self) -> None:
        """Forget what is no longer true; the first step of every question that may be answered from memory."""
        self._connected_engine()
        if time.monotonic() < self._look_again_at:
            return
        seconds = config.GRAPH_CACHE_CHECK.read()
        # While one thread looks, others go on with what is remembered, unless it must not be any older.
        if not self._looking.acquire(blocking=seconds == 0 or self._look_again_at == 0):
            return
        try:
            if time.monotonic() >= self._look_again_at:  # else another thread has just looked
                self._look_now(seconds)
        finally:
            self._looking.release()

    def _look_now(self, seconds: float) -> None:
        own_changes = self._own_changes
        try:
            self._look_for_changes()
        except DBAPIError as error:
            if not (is_connecting(error) or is_passing(error)):
                raise self._translated(error) from error
            _LOGGER.warning("remembered answers may be out of date: %s", first_line(error))
        if own_changes == self._own_changes:  # else one was committed after we looked, maybe
            self._look_again_at = time.monotonic() + seconds

    def _look_for_changes(self) -> None:
        first = self._graph_uuid is None
        if first:
            self._memory.clear()  # what was asked while nobody could look may have changed since
        if first and GraphCache.is_enabled() and not self._file.is_connected():
            self._file.connect()
        since = self._file.snapshot if first else self._snapshot
        # Tried once: whoever waits for a remembered answer must not wait for a server that is gone.
        rows = self._read(changes_since(), {"since": NOTHING_SINCE if since is None else since})
        graph_uuid, snapshot, changed = rows[0]
        if first and self._file.is_connected() and not self._file.belongs_to(graph_uuid, snapshot):
            _LOGGER.warning("graph cache %s is not used: it was made from another graph", self._file.path)
            self._file.disconnect()
        elif (not first and graph_uuid != self._graph_uuid) or snapshot < (since or 0):
            # Another graph, or this one as it was before: the ids of its transactions mean something else now.
            _LOGGER.warning("the graph was replaced: nothing that is remembered of the one before counts")
            self._file.disconnect()
            self._memory.clear()
        elif changed:
            self._file.note_changes(changed)
            self._memory.forget(changed.keys())
        self._graph_uuid, self._snapshot = graph_uuid, snapshot

    def _remembered(self, question: str, package: PackageAt, rest: Hashable, ask: Callable[[], T]) -> T:
        """The answer to a question about a package: the remembered one unless what it is about changed."""
        self._forget_changed()
        return self._memory.get_or_create(question, (package.package_name, (package, rest)), ask)

    def _look_again(self) -> None:
        """Ask what changed before the next remembered answer: this adapter itself changed something."""
        self._own_changes += 1
        self._look_again_at = 0.0

    def _after_fork(self) -> None:
        """Start anew in a child process: nothing of the parent's is known to be true or free there."""
        self._looking = Lock()
        self._memory.after_fork()
        self._file.after_fork()
        self._graph_uuid = None
        self._look_again()

    def _forget_all(self) -> None:
        """Forget every answer, and which graph they were about."""
        self._memory.clear()
        self._file.disconnect()
        self._graph_uuid = None
        self._look_again()

    # --- The graph cache ---------------------------------------------------------------------------------------------

    def _cached_versions(self, package: PackageAt) -> Mapping[Pinned, Entry]:
        """The entries of all versions asked about; none where the graph cache does not know them all."""
        name = package.package_name or ""
        if "=" in name:
            return {}  # it is none, and must not be taken for another's version
        if package.package_version is not None:
            versions = [package.package_version]
        else:
            versions = self._file.get_versions(name) or []
        entries = self._cached_entries([pinned(name, version) for version in versions])
        return entries if len(entries) == len(versions) else {}

    def _cached_entries(self, package_versions: Collection[Pinned]) -> Mapping[Pinned, Entry]:
        """What the graph cache knows of package versions; nothing before it is known to be of this graph."""
        return {} if self._graph_uuid is None else self._file.get_many(package_versions)

    def _cached_records(self, package: PackageAt, environment: Environment) -> Found | None:
        """The graph cache's records of what is asked about; None where the database has to be asked.

        What was not solved there may be solved any time.
        """
        entries = self._cached_versions(package)
        return [found for entry in entries.values() for found in concerned(entry, package, environment)] or None

    def _fill_cache_with(self, package: PackageAt, *, without_cache: bool = False) -> None:
        """Add the package version that a question was about, where it was about one."""
        if package.package_name and package.package_version and not without_cache and "=" not in package.package_name:
            self._fill_cache([pinned(package.package_name, package.package_version)])

    def _fill_cache(self, package_versions: Iterable[Pinned]) -> None:
        """Add package versions to the graph cache, where it takes entries; in one go, after a question was answered."""
        if not self._file.takes_entries:
            return
        # The snapshot of the last look is not later than that of the statements that read the entries now.
        snapshot = self._snapshot
        self._file.put(self._read_entries(set(package_versions)), snapshot)

    def _read_entries(self, package_versions: Iterable[Pinned]) -> Mapping[Pinned, Entry]:
        return read_entries(self._ask, sorted(package_versions))
