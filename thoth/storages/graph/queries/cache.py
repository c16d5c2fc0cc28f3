"""Making a graph cache: everything that resolving some packages may ask about, in one file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

from ...cache_files import check_may_become_empty, check_replaceable, copy_of_cache, fold_in
from ...exceptions import GraphCacheError
from ...replaced_files import remove_leftovers, written_beside
from ..cache import GraphCache
from ..snapshots import Snapshot
from .base import Questions
from .cache_making import CacheMaker, Made, Progress
from .cache_selection import Selection

MOST_JOBS = 8
"""More connections than that are not for one who reads what others need as well."""


class CacheSummary(TypedDict):
    """What create_graph_cache made."""

    cache_file: str
    cache_file_size: int
    """In bytes."""
    package_versions: int
    kept_package_versions: int
    """How many of them were taken from the file that was there."""
    unknown_packages: list[str]
    """Of which nothing was solved, as they were named, sorted."""
    snapshot: int
    """Transactions from this id on are not in it."""
    seconds: float


class CacheQueries(Questions):
    """The graph cache as a file."""

    def create_graph_cache(
        self,
        cache_file: str | os.PathLike[str],
        package_names: Iterable[str],
        progress: Progress | None = None,
        *,
        environments: Iterable[Mapping[str, Any]] = (),
        indexes: Iterable[str] = (),
        jobs: int = 1,
        update: bool = False,
    ) -> CacheSummary:
        """Make a cache of solved versions of these packages and of all that they depend on, whatever the extra.

        A package is a name, for all its versions, or one with a range such as flask>=2,<3 (PEP 440). With environments
        ({os_name, os_version, python_version}, what is left out is any) or URLs of indexes, packages count that were
        solved in one of them, and what they depend on there; what is known of each is in the file as a whole, so that
        every question is answered rightly from it.

        Everything is read from one snapshot of the graph, over as many connections at a time as there are jobs, 1 to
        8. With update, what did not change since the file was made is taken from it; the result is the same. The file
        is written beside its place and moved there when it is whole, so that readers of an older one are not disturbed.

        Raises GraphCacheError where the file cannot be written, or is there and is something else or would lose all
        that it holds, and ValueError for what is no package, environment or number of jobs.
        """
        selection = Selection.of(package_names, environments, indexes)
        if not isinstance(jobs, int) or not 1 <= jobs <= MOST_JOBS:
            raise ValueError(f"jobs must be a number from 1 to {MOST_JOBS}, not {jobs!r}")
        began = time.monotonic()
        path = Path(cache_file).absolute()
        check_replaceable(path)
        remove_leftovers(path)
        with _errors_of(cache_file), written_beside(path, 0o644) as temporary, _older(path, update) as older:
            made = self._make(temporary, selection, jobs, older, progress or (lambda _done, _known: None))
            if selection.packages and not made.package_versions:
                check_may_become_empty(path, made.unknown)
            fold_in(path)
        return CacheSummary(
            cache_file=os.fspath(cache_file),
            cache_file_size=path.stat().st_size,
            package_versions=made.package_versions,
            kept_package_versions=made.kept,
            unknown_packages=made.unknown,
            snapshot=made.snapshot,
            seconds=round(time.monotonic() - began, 3),
        )

    def _make(self, path: Path, selection: Selection, jobs: int, older: GraphCache | None, progress: Progress) -> Made:
        engine = self._connected_engine()

        def make() -> Made:
            path.write_bytes(b"")  # what a try before may have left
            with Snapshot(engine, jobs) as reading, closing(sqlite3.connect(path, isolation_level=None)) as connection:
                return CacheMaker(reading, selection, jobs, older).write(connection, progress)

        return self._run(make)


@contextmanager
def _errors_of(cache_file: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise GraphCacheError(f"cannot write graph cache {os.fspath(cache_file)}: {reason}") from error


@contextmanager
def _older(path: Path, update: bool) -> Iterator[GraphCache | None]:
    """A copy of the cache that is there, which nobody changes meanwhile; None where none is, or it is of no use."""
    if not update or not path.exists():
        yield None
        return
    with TemporaryDirectory(prefix="thoth-storages-graph-cache-") as directory:
        copy = Path(directory) / path.name
        copy_of_cache(path, copy)
        older = GraphCache(str(copy))
        older.connect()
        try:
            yield older if older.is_connected() else None
        finally:
            older.disconnect()
