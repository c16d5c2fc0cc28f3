"""Making a graph cache: everything that resolving some packages may ask about, in one file."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkstemp
from typing import TypedDict

from sqlalchemy import select

from ... import __version__
from ...exceptions import GraphCacheError
from ..arrays import is_one_of
from ..cache import (
    PackageVersion,
    create_tables,
    is_graph_cache,
    write_complete_packages,
    write_entries,
    write_information,
)
from ..changes import NOTHING_SINCE, changes_since
from ..models import PythonPackageVersion
from ..models_base import table_of
from ..names import normalize_package_name
from .base import Questions

_CHUNK = 500
"""How many package versions are read and written at a time: bounds memory, not the answer."""

Progress = Callable[[int, int], None]
"""Told how many package versions are in the cache, and how many are known to belong there so far."""


class CacheSummary(TypedDict):
    """What create_graph_cache made."""

    cache_file: str
    cache_file_size: int
    package_versions: int
    unknown_packages: list[str]


class CacheQueries(Questions):
    """The graph cache as a file."""

    def create_graph_cache(
        self, cache_file: str, package_names: Iterable[str], progress: Progress | None = None
    ) -> CacheSummary:
        """Make a cache of every solved version of these packages and of all that they depend on, whatever the extra.

        The file is written beside its place and moved there when it is whole, so that readers of an older one are not
        disturbed. Packages of which nothing was solved are listed in the answer, sorted. Raises GraphCacheError where
        the file cannot be written, or is there and is something else.
        """
        names = sorted({normalize_package_name(name) for name in package_names})
        path = Path(cache_file).absolute()
        if path.exists() and not is_graph_cache(path):
            raise GraphCacheError(f"{cache_file} is there and is no graph cache: remove it, or choose another name")
        try:
            handle, temporary = mkstemp(dir=path.parent, prefix=f".{path.name}.")
            os.close(handle)
        except OSError as error:
            raise GraphCacheError(f"cannot write graph cache {cache_file}: {error.strerror}") from error
        try:
            count, unknown = self._write_cache(temporary, names, progress or (lambda _done, _known: None))
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except (OSError, sqlite3.Error) as error:
            raise GraphCacheError(f"cannot write graph cache {cache_file}: {error}") from error
        finally:
            Path(temporary).unlink(missing_ok=True)
        return CacheSummary(
            cache_file=cache_file,
            cache_file_size=path.stat().st_size,
            package_versions=count,
            unknown_packages=unknown,
        )

    def _write_cache(self, path: str, names: list[str], progress: Progress) -> tuple[int, list[str]]:
        # What changes while the cache is made is later than this snapshot, so that its entries will not count.
        graph_uuid, snapshot, _changed = self._ask(changes_since(), {"since": NOTHING_SINCE})[0]
        roots = self._solved_versions_of(names)
        versions: dict[str, set[str]] = defaultdict(set)
        for name, version in roots:
            versions[name].add(version)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            create_tables(connection)
            connection.execute("BEGIN")
            count = self._write_reachable(connection, roots, snapshot, progress)
            write_complete_packages(connection, versions, snapshot)
            information = {
                "library_version": __version__,
                "graph_uuid": graph_uuid,
                "snapshot": str(snapshot),
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "python-packages": json.dumps(names),
            }
            write_information(connection, information)
            connection.execute("COMMIT")
        return count, [name for name in names if name not in versions]

    def _solved_versions_of(self, names: list[str]) -> set[PackageVersion]:
        versions = table_of(PythonPackageVersion)
        statement = select(versions.c.package_name, versions.c.package_version).distinct()
        rows = self._ask(statement.where(is_one_of(versions.c.package_name, "names")), {"names": names})
        return {(name, version) for name, version in rows}

    def _write_reachable(
        self, connection: sqlite3.Connection, roots: set[PackageVersion], snapshot: int, progress: Progress
    ) -> int:
        """Write the entries of all that is reached from the roots; gives how many."""
        seen, waiting, written = set(roots), deque(sorted(roots)), 0
        while waiting:
            chunk = [waiting.popleft() for _ in range(min(_CHUNK, len(waiting)))]
            entries = self._read_entries(chunk)
            write_entries(connection, entries, snapshot)
            written += sum(1 for entry in entries.values() if entry)
            reached = {
                (edge.package_name, edge.package_version)
                for entry in entries.values()
                for record in entry
                for edge in record.edges
            }
            waiting.extend(sorted(reached - seen))
            seen |= reached
            progress(len(seen) - len(waiting), len(seen))
        return written
