"""Dumps of the knowledge graph in object storage, the newest ones of them."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from . import config
from .ceph import ListedObject
from .exceptions import StorageError, StorageUnavailableError
from .result_base import ResultStorageBase

_FORMAT = "pg_dump-%y-%m-%d-%H-%M-%S"
_NAME = re.compile(r"pg_dump-[0-9]{2}(-[0-9]{2}){5}", re.ASCII)
_TRIES = 20


class GraphBackupStore(ResultStorageBase):
    """Dumps that pg_dump made of the database, named after the moment (UTC) when they were stored.

    Objects of other names in the same place are never touched.
    """

    RESULT_TYPE = "graph-backup"

    def store_dump(self, dump_file_path: str | os.PathLike[str]) -> str:
        """The name under which this file is stored now; of all dumps GRAPH_BACKUP_STORE_ROTATE (21) are kept.

        Older ones are deleted only when this one is stored, as long as the file is. Nothing in the file is checked but
        that it is not empty. Raises SettingError before anything is sent, ValueError for an empty file, OSError where
        it cannot be read.
        """
        kept = config.GRAPH_BACKUP_STORE_ROTATE.read()
        size = Path(dump_file_path).stat().st_size
        if not size:
            raise ValueError(f"{os.fspath(dump_file_path)} is empty: that is no dump")
        with self._unused_name() as name:
            self._store_whole(dump_file_path, size, name)
        try:
            self._rotate(kept, newest=name)
        except StorageError as error:
            error.add_note(f"the dump is stored as {name}, but older ones could not be deleted")
            raise
        return name

    def iterate_dumps(self) -> Iterator[ListedObject]:
        """The dumps, the newest first; document_id is the name of one, size in bytes."""
        dumps = [listed for listed in self.ceph.iterate_listing(_FORMAT.partition("%")[0]) if _is_dump(listed)]
        return reversed(dumps)  # listed in the order of their names, which is that of time

    def retrieve_dump(self, name: str, dump_file_path: str | os.PathLike[str]) -> None:
        """Put a dump into this file, which is replaced at once when all of the dump is here.

        Raises NotFoundError where there is no such dump, ValueError where the name is not one of a dump.
        """
        if not is_dump_name(name):
            raise ValueError(f"{name!r} is no name of a dump: expected one such as pg_dump-26-11-22-03-00-00")
        self.ceph.retrieve_file(name, dump_file_path)

    def _store_whole(self, path: str | os.PathLike[str], size: int, name: str) -> None:
        stored = self.ceph.store_file(path, name)["ContentLength"]
        if stored != size:
            self.ceph.delete(name)  # or it would be restored as the newest one
            raise StorageUnavailableError(
                f"{name} in bucket {self.ceph.bucket!r} at {self.ceph.host}: {stored:,} bytes arrived of {size:,}; "
                "they were deleted, and no other dump was"
            )

    def _rotate(self, kept: int, newest: str) -> None:
        # Whatever the clocks say that gave the names: the one that has just been stored is not the one to go.
        others = [dump.document_id for dump in self.iterate_dumps() if dump.document_id != newest]
        for name in others[kept - 1 :]:
            self.ceph.delete(name)

    @contextmanager
    def _unused_name(self) -> Iterator[str]:
        """The name of this second, or of one of the next; inside, nobody else gets the same one.

        S3 cannot create an object only where there is none. So whoever wants a name says so, by an empty object beside
        it, and looks: who sees anybody else there gives way. Of two, at least the later one sees the other.
        """
        for _ in range(_TRIES):
            name = datetime.now(UTC).strftime(_FORMAT)
            claim = f"{name}.{uuid4().hex}"
            try:
                self.ceph.store_blob(b"", claim)
                if list(self.ceph.get_document_listing(name)) == [claim]:
                    yield name
                    return
            finally:
                with suppress(StorageError):  # no listing shows it, and its second does not come again
                    self.ceph.delete(claim)
            time.sleep(random.uniform(0.2, 1.5))  # noqa: S311 (no secret)
        raise StorageUnavailableError(f"{self.prefix}: others stored dumps in the same {_TRIES} seconds; try again")


def _is_dump(listed: ListedObject) -> bool:
    return is_dump_name(listed.document_id)


def is_dump_name(name: str) -> bool:
    """Whether the store gives such names: pg_dump-26-11-22-03-00-00."""
    if not _NAME.fullmatch(name):
        return False
    try:
        datetime.strptime(name, _FORMAT)
    except ValueError:
        return False
    return True
