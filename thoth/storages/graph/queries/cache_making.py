"""Making a graph cache: read as one snapshot over some connections, written as one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import select

from ... import __version__
from ..arrays import is_one_of
from ..cache import GraphCache
from ..cache_entries import Entry, Pinned, pinned
from ..cache_tables import Rows, create_tables, write_information
from ..changes import NOTHING_SINCE, changes_since
from ..models import PythonPackageIndex, PythonPackageVersion
from ..models_base import table_of
from ..snapshots import Snapshot
from ..sql_types import AnySelect
from .cache_selection import Selection
from .entries import read_entries

_CHUNK = 500
"""How many package versions are read and written at a time: bounds memory, not the answer."""

Progress = Callable[[int, int], None]
"""Told how many package versions are done, and how many are known to belong to the cache so far."""


class Made(NamedTuple):
    """What is in a cache that was made."""

    snapshot: int
    package_versions: int
    kept: int
    """How many of them were taken from the older file."""
    unknown: list[str]


class CacheMaker:
    """Makes one cache, of what was selected, in an empty file."""

    def __init__(self, reading: Snapshot, selection: Selection, jobs: int, older: GraphCache | None) -> None:
        """Take where to read, what, over how many connections, and a cache whose entries are taken where they count."""
        self._reading = reading
        self._selection = selection
        self._jobs = jobs
        self._older = older
        self._kept = 0

    def write(self, connection: sqlite3.Connection, progress: Progress) -> Made:
        """Write everything, in one transaction."""
        graph_uuid, snapshot = self._look()
        solved, roots, unknown = self._begin()
        # Nobody reads the new file yet: what fails is thrown away, what does not is brought to the disk in the end.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        create_tables(connection)
        connection.execute("BEGIN")
        rows = Rows(connection, graph_uuid)
        written = self._write_reachable(rows, snapshot, roots, progress)
        complete = {
            name: versions
            for name, versions in solved.items()
            if all(pinned(name, version) in written for version in versions)
        }
        rows.write_complete_packages(complete, snapshot)
        write_information(connection, self._information(graph_uuid, snapshot))
        connection.execute("COMMIT")
        return Made(snapshot, len(written), self._kept, unknown)

    def _look(self) -> tuple[str, int]:
        """Which graph that is, and of when; the older cache is told what changed since it was made."""
        since = None if self._older is None else self._older.snapshot
        rows = self._reading.ask(changes_since(), {"since": NOTHING_SINCE if since is None else since})
        graph_uuid, snapshot, changed = rows[0]
        if self._older is not None and self._older.belongs_to(graph_uuid, snapshot):
            self._older.note_changes(changed or {})
        else:
            self._older = None
        return graph_uuid, snapshot

    def _begin(self) -> tuple[Mapping[str, set[str]], set[Pinned], list[str]]:
        """All solved versions of the packages by name, those to begin with, and packages without any."""
        names = self._selection.names()
        everywhere: dict[str, set[str]] = {}
        here: dict[str, set[str]] = {}
        for name, version, url, *environment in self._reading.ask(_solved(), {"names": names}):
            everywhere.setdefault(name, set()).add(version)
            if self._selection.is_at(url, *environment):
                here.setdefault(name, set()).add(version)
        return everywhere, *self._selection.begins_with(here)

    def _write_reachable(self, rows: Rows, snapshot: int, roots: set[Pinned], progress: Progress) -> set[Pinned]:
        """Write the entries of all that is reached from the roots; gives which."""
        seen, waiting, written = set(roots), deque(sorted(roots)), set[Pinned]()
        running: deque[Future[tuple[int, Mapping[Pinned, Entry]]]] = deque()
        executor = ThreadPoolExecutor(self._jobs, thread_name_prefix="thoth-storages-reading")
        done = 0
        try:
            while waiting or running:
                while waiting and len(running) <= self._jobs:  # one is read while another is written
                    chunk = [waiting.popleft() for _ in range(min(_CHUNK, len(waiting)))]
                    running.append(executor.submit(self._read, chunk))
                kept, found = running.popleft().result()
                self._kept += kept
                entries = {version: entry for version, entry in found.items() if entry.records}
                rows.write_entries(entries, snapshot)
                rows.write_unsolved(found.keys() - entries.keys())
                written |= entries.keys()
                reached = set().union(*map(self._selection.reached, entries.values())) - seen
                waiting.extend(sorted(reached))
                seen |= reached
                done += len(found)
                progress(done, len(seen))
        finally:
            executor.shutdown(cancel_futures=True)
        return written

    def _read(self, versions: list[Pinned]) -> tuple[int, Mapping[Pinned, Entry]]:
        """How many entries were in the older cache, and all of them."""
        kept = {} if self._older is None else self._older.get_many(versions)
        rest = [version for version in versions if version not in kept]
        return len(kept), {**kept, **read_entries(self._reading.ask, rest)}

    def _information(self, graph_uuid: str, snapshot: int) -> dict[str, str]:
        selection = self._selection
        return {
            "library_version": __version__,
            "graph_uuid": graph_uuid,
            "snapshot": str(snapshot),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python-packages": json.dumps(sorted({one.given for one in selection.packages})),
            "environments": json.dumps(list(map(str, selection.environments))),
            "indexes": json.dumps(selection.index_urls),
        }


def _solved() -> AnySelect:
    """Name and version, index and environment of every solved version of the packages named."""
    versions = PythonPackageVersion
    columns = (versions.os_name, versions.os_version, versions.python_version)
    return (
        select(versions.package_name, versions.package_version, PythonPackageIndex.url, *columns)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
        .where(is_one_of(table_of(versions).c.package_name, "names"))
    )
