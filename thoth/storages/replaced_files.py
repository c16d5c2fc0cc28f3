"""Files that are replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp


@contextmanager
def written_beside(path: Path, mode: int = 0o600) -> Iterator[Path]:
    """A new file beside this path, to be written; it takes the path's place where all goes well, else it goes away.

    It is on the disk before it takes the place: after a power cut there is the old file or the new one. Raises OSError
    where the directory is missing or cannot be written to, or where what is there is no file.
    """
    if path.exists() and not path.is_file():  # renaming onto /dev/null would take it away from everybody
        raise FileExistsError(errno.EEXIST, "it is no file, and is not replaced by one", os.fspath(path))
    try:
        handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        error.filename = os.fspath(path)  # of the new one nobody has heard
        raise
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        _bring_to_disk(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _bring_to_disk(path.parent)


def _bring_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
