"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

_SUFFIX = ".part"

_LEFT_SECONDS = 60.0
"""After which a new file that nobody writes to, and nobody holds a lock on, is one of a process that was killed."""


@contextmanager
def written_beside(path: Path, mode: int = 0o600) -> Iterator[Path]:
    """A new file beside this path, to be written; it takes the path's place where all goes well, else it goes away.

    It is on the disk before it takes the place: after a power cut there is the old file or the new one. Raises OSError
    where the directory is missing or cannot be written to, or where what is there is no file.
    """
    if path.exists() and not path.is_file():  # renaming onto /dev/null would take it away from everybody
        raise FileExistsError(errno.EEXIST, "it is no file, and is not replaced by one", os.fspath(path))
    try:
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
    except OSError as error:
        error.filename = os.fspath(path)  # of the new one nobody has heard
        raise
    temporary = Path(name)
    try:
        _lock(handle)
        yield temporary
        temporary.chmod(mode)
        _bring_to_disk(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)
    _bring_to_disk(path.parent)


def remove_leftovers(path: Path) -> None:
    """Remove what processes that were killed have left beside this path; what cannot be looked at or removed stays.

    The lock of a process goes with it, however it ends; a file that is still written is not taken for one of these.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.????????{_SUFFIX}"):
        with suppress(OSError), left.open("r+b") as file:
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS and _lock(file.fileno()):
                left.unlink()


def _lock(descriptor: int) -> bool:
    """Whether the file is now held by this process alone; False also where the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _bring_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
