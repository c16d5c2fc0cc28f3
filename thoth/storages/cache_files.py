"""Graph caches as files: which may be replaced, and what SQLite keeps beside them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from .exceptions import GraphCacheError

_HEADER = b"SQLite format 3\x00"
_OF_2019 = {"python_package_version", "depends_on"}
_BUSY_SECONDS = 5.0
_NAMED = 5  # packages in a message
_SIDECARS = ("-wal", "-journal", "-shm")


def check_replaceable(path: Path) -> None:
    """Raise GraphCacheError where the file is there and is no graph cache.

    Those of this library, of its releases of 2019, and empty files may be replaced.
    """
    if not path.exists():
        return
    # Looking alone would leave the files of a log beside one that nobody is filling.
    uri = _uri(path) if _beside(path, "-wal").exists() else f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
            tables = _tables(connection)
    except sqlite3.Error:
        tables = {"something else"}
    if tables and "cache_information" not in tables and not tables >= _OF_2019:
        raise GraphCacheError(f"{path} is there and is no graph cache: remove it, or choose another name")


def check_may_become_empty(path: Path, unknown: Sequence[str]) -> None:
    """Raise GraphCacheError where the graph cache in this file holds package versions, which nothing would replace.

    The message names the packages of which nothing was solved.
    """
    try:
        with closing(sqlite3.connect(_uri(path), uri=True, timeout=_BUSY_SECONDS)) as connection:
            ((holds_some,),) = connection.execute("SELECT EXISTS (SELECT 1 FROM cached_package_version)").fetchall()
    except sqlite3.Error:
        return  # there is none, or one that nobody reads
    if holds_some:
        names = ", ".join(unknown[:_NAMED]) + (f" and {len(unknown) - _NAMED:,} more" if len(unknown) > _NAMED else "")
        raise GraphCacheError(
            f"no version of {names} was solved: {path} stays as it is; look at the names, environments and indexes, "
            "and at the graph, or remove the file"
        )


def copy_of_cache(path: Path, copy: Path) -> None:
    """Copy what has been committed to a cache, from whichever of its files that is in, into one file.

    Raises GraphCacheError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise GraphCacheError(f"{path} is no graph cache: it is no SQLite file")
        source = sqlite3.connect(_uri(path), uri=True, timeout=_BUSY_SECONDS)
        with closing(source), closing(sqlite3.connect(copy, isolation_level=None)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")  # else it would want other files beside it
    except (OSError, sqlite3.Error) as error:
        raise GraphCacheError(f"cannot read graph cache {path}: {getattr(error, 'strerror', None) or error}") from error


def check_sound(path: Path, name: str) -> None:
    """Raise GraphCacheError unless the file, which nobody else uses, is a sound graph cache of this library."""
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise GraphCacheError(f"{name} is no graph cache: it is no SQLite file")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            tables = _tables(connection)
    except sqlite3.Error as error:
        raise GraphCacheError(f"{name} is damaged: {error}") from error
    if verdict != "ok":
        raise GraphCacheError(f"{name} is damaged: {' '.join(verdict.split())}")
    if "cache_information" not in tables:
        whose = "it is of a release of 2019" if tables >= _OF_2019 else "it has no table cache_information"
        raise GraphCacheError(f"{name} is no graph cache of this library: {whose}")


def fold_in(path: Path) -> None:
    """Bring what lies beside a cache into it: a log that is left over would be taken for that of the next file.

    Raises GraphCacheError where another process is filling it.
    """
    sidecars = [_beside(path, suffix) for suffix in _SIDECARS]
    if not any(sidecar.exists() for sidecar in sidecars):
        return
    if not path.exists():
        for sidecar in sidecars:
            sidecar.unlink(missing_ok=True)
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)) as connection:
            ((mode,),) = connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        raise GraphCacheError(f"{path} is being filled by another process ({error}): end that first") from error
    if mode != "delete":
        raise GraphCacheError(f"{path} is being filled by another process: end that first")


def _uri(path: Path) -> str:
    # SQLite reads what is in the log of a file only where it may write beside it; the last who closes it tidies up.
    unwritable = "mode=ro" if _beside(path, "-wal").exists() else "mode=ro&immutable=1"
    return f"{path.absolute().as_uri()}?{'mode=rw' if os.access(path, os.W_OK) else unwritable}"


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
