"""Whether the graph cache's file can be used, and whether there is room on the disk."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..exceptions import DatabaseError, GraphCacheError
from .backup_steps import size_of
from .doctor_checks import OK, PROBLEM, WARNING, Finding, Surroundings
from .sync_errors import printable

if TYPE_CHECKING:
    from ..graph.cache import GraphCache

_MAKE = "make one: thoth-storages graph-cache -c CONFIGURATION, or fetch one: thoth-storages restore-cache"
_READ_ONLY = "allow it, or only read it: unset THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED"
_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000
"""Bytes that are free."""


def look_at_cache(surroundings: Surroundings) -> Finding:
    """Whether the cache file opens, was made from this graph, and can be filled where it is to be."""
    from ..graph.cache import GraphCache

    path = config.GRAPH_CACHE.read()
    if config.GRAPH_CACHE_DISABLED.read():
        return Finding(OK, "not used: THOTH_STORAGES_GRAPH_CACHE_DISABLED is set")
    if path == config.GRAPH_CACHE.default:
        return Finding(OK, "no file is set (THOTH_STORAGES_GRAPH_CACHE)")
    is_filled = GraphCache.is_inserts_enabled()
    if not Path(path).exists():
        return _missing(Path(path), is_filled=is_filled)
    if is_filled and (reason := _why_not_written(path)) is not None:
        return Finding(PROBLEM, f"{path} is to be filled, and cannot be written: {reason}", _READ_ONLY)
    size = Path(path).stat().st_size
    if is_filled and not size:
        return Finding(OK, f"{path} is empty yet; questions will fill it")
    try:
        graph_uuid = _uuid_of(GraphCache(path, writable=is_filled))
    except GraphCacheError as error:
        return Finding(PROBLEM, printable(str(error)), _MAKE)
    return _of_graph(f"{path} ({size_of(size)})", graph_uuid, surroundings)


def _uuid_of(cache: GraphCache) -> str | None:
    """Of which graph a file is. Opened as services open it: what one that fills it wrote may not be in the file yet."""
    try:
        cache.open()
        return cache.graph_uuid
    finally:
        cache.disconnect()


def _missing(path: Path, *, is_filled: bool) -> Finding:
    if not is_filled:
        return Finding(PROBLEM, f"there is no file {path}", _MAKE)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return Finding(OK, f"{path} is not there yet; questions will fill it")
    except OSError as error:
        return Finding(PROBLEM, f"{path} cannot be made: {error.strerror}", _READ_ONLY)


def _why_not_written(path: str) -> str | None:
    """Why nothing can be written to a file; None where it can. Writes nothing."""
    try:
        uri = f"{Path(path).absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=1)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            # To begin is no proof: of a file that may only be read SQLite begins to read instead, and says nothing.
            connection.execute("PRAGMA user_version = 0")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        return None if "locked" in str(error) else str(error)  # then another process is writing right now
    except sqlite3.DatabaseError:
        return None  # a file that is no cache is told of by whoever opens it
    return None


def _of_graph(said: str, graph_uuid: str | None, surroundings: Surroundings) -> Finding:
    if graph_uuid is None:
        return Finding(OK, f"{said} holds nothing yet")
    if surroundings.server is None:
        return Finding(OK, f"{said} opens; whether it is of this graph, PostgreSQL would know")
    try:
        ours = _graph_uuid()
    except DatabaseError:
        return Finding(OK, f"{said} opens; whether it is of this graph cannot be told")
    if ours != graph_uuid:
        return Finding(PROBLEM, f"{said} is not used: it was made from another graph", _MAKE)
    return Finding(OK, f"{said} was made from this graph")


def _graph_uuid() -> str | None:
    from ..graph.cache import GraphCache
    from ..graph.engine import connection_url, make_engine
    from ..graph.postgres import GraphDatabase

    graph = GraphDatabase(make_engine(connection_url()), cache=GraphCache())
    try:
        return graph.get_graph_uuid()
    finally:
        graph.disconnect()


def look_at_disk(_surroundings: Surroundings) -> Finding:
    """Whether there is room where temporary files and the graph cache are; a server's own disk cannot be seen."""
    folders = [Path(tempfile.gettempdir())]
    path = config.GRAPH_CACHE.read()
    if path != config.GRAPH_CACHE.default and Path(path).absolute().parent.is_dir():
        folders.append(Path(path).absolute().parent)
    free = {folder: shutil.disk_usage(folder).free for folder in folders}
    folder = min(free, key=lambda one: free[one])
    said = "; ".join(f"{size_of(number)} free in {one}" for one, number in free.items())
    if free[folder] >= _LITTLE:
        return Finding(OK, said)
    status = PROBLEM if free[folder] < _TOO_LITTLE else WARNING
    return Finding(status, said, f"make room in {folder}, or point TMPDIR or THOTH_STORAGES_GRAPH_CACHE elsewhere")
