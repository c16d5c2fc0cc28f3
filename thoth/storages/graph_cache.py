"""The graph cache in object storage: one file for all who deploy it, so that not everybody has to make it."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from . import config
from .base import StorageBase
from .cache_files import check_replaceable, check_sound, copy_of_cache, fold_in
from .ceph import CephStore
from .exceptions import GraphCacheError
from .replaced_files import remove_leftovers, written_beside


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
        check_replaceable(path)
        remove_leftovers(path)
        try:
            with written_beside(path, 0o644) as temporary:
                self.ceph.retrieve_file(self.OBJECT_KEY, temporary)
                check_sound(temporary, f"object {self.ceph.prefix}{self.OBJECT_KEY} in bucket {self.ceph.bucket}")
                fold_in(path)
        except OSError as error:
            raise GraphCacheError(f"cannot write graph cache {cache_file}: {error.strerror or error}") from error

    def store(self, cache_file: str | os.PathLike[str]) -> None:
        """Store this cache; what is stored is replaced. The file may be in use: a consistent copy of it is stored.

        Raises GraphCacheError where the file is not there, or is no graph cache of this library.
        """
        with TemporaryDirectory(prefix="thoth-storages-graph-cache-") as directory:
            copy = Path(directory) / self.OBJECT_KEY
            copy_of_cache(Path(cache_file), copy)
            check_sound(copy, str(cache_file))
            self.ceph.store_file(copy, self.OBJECT_KEY)
