"""The graph cache in object storage: one file for all who deploy it, so that not everybody has to make it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from . import config
from .base import StorageBase
from .ceph import CephStore
from .exceptions import GraphCacheError
from .replaced_files import written_beside

_HEADER = b"SQLite format 3\x00"
_OF_2019 = {"python_package_version", "depends_on"}
_BUSY_SECONDS = 5.0
_SIDECARS = ("-wal", "-journal", "-shm")


class GraphCacheStore(StorageBase):
    """The graph cache of one deployment, a SQLite file: <prefix>/<deployment>/graph-cache/graph_cache.sqlite3."""

    RESULT_TYPE = "graph-cache"
    OBJECT_KEY = "graph_cache.sqlite3"

    def __init__(self, prefix: str | None = None) -> None:
        """Take the prefix, or that of the settings, which tell all else too; SettingMissingError where they lack it."""
        deployment = config.DEPLOYMENT_NAME.read()
        self.prefix = f"{prefix or config.CEPH_BUCKET_PREFIX.read()}/{deployment}/{self.RESULT_TYPE}"
        self.ceph = CephStore(self.prefix)

    def is_connected(self) -> bool:
        """Whether connect() was called; nothing is asked of the server."""
        return self.ceph.is_connected()

    def connect(self) -> None:
        """Make the store usable; no request is sent."""
        self.ceph.connect()

    def retrieve(self, cache_file: str | os.PathLike[str]) -> None:
        """Put the stored cache into this file; an older one is replaced, at once, when the new one is here and sound.

        Raises NotFoundError where none is stored, GraphCacheError where what is stored is no graph cache of this
        library, or where the file is there and is none, is being filled by another process or cannot be written. Then
        the file is as it was.
        """
        path = Path(cache_file).resolve()
        if path.exists() and not _may_be_replaced(path):
            raise GraphCacheError(f"{cache_file} is there and is no graph cache: remove it, or choose another name")
        try:
            with written_beside(path, 0o644) as temporary:
                self.ceph.retrieve_file(self.OBJECT_KEY, temporary)
                _check(temporary, f"object {self.ceph.prefix}{self.OBJECT_KEY} in bucket {self.ceph.bucket}")
                _fold_in(path)
        except OSError as error:
            raise GraphCacheError(f"cannot write graph cache {cache_file}: {error.strerror or error}") from error

    def store(self, cache_file: str | os.PathLike[str]) -> None:
        """Store this cache; what is stored is replaced. The file may be in use: a consistent copy of it is stored.

        Raises GraphCacheError where the file is not there, or is no graph cache of this library.
        """
        with TemporaryDirectory(prefix="thoth-storages-graph-cache-") as directory:
            copy = Path(directory) / self.OBJECT_KEY
            _copy(Path(cache_file), copy)
            _check(copy, str(cache_file))
            self.ceph.store_file(copy, self.OBJECT_KEY)


def _copy(path: Path, copy: Path) -> None:
    """Copy what has been committed to a cache, from whichever of its files that is in, into one file."""
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


def _uri(path: Path) -> str:
    # SQLite reads what is in the log of a file only where it may write beside it; the last who closes it tidies up.
    unwritable = "mode=ro" if _beside(path, "-wal").exists() else "mode=ro&immutable=1"
    return f"{path.absolute().as_uri()}?{'mode=rw' if os.access(path, os.W_OK) else unwritable}"


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _check(path: Path, name: str) -> None:
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


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _may_be_replaced(path: Path) -> bool:
    """Whether a file is a graph cache of this library or of its releases of 2019, or empty."""
    # Looking alone would leave the files of a log beside one that nobody is filling.
    uri = _uri(path) if _beside(path, "-wal").exists() else f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as connection:
            tables = _tables(connection)
    except sqlite3.Error:
        return False
    return not tables or "cache_information" in tables or tables >= _OF_2019


def _fold_in(path: Path) -> None:
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
