"""Directories, locks and small private files of the servers."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..exceptions import EmbeddedServerError
from .processes import wait_until

_PATIENCE = 180.0  # longer than a start and a stop together may take


def make_directory(directory: Path) -> None:
    """Make the directory where there is none: private, but as root one that PostgreSQL's account can pass through.

    Raises EmbeddedServerError where that is not possible.
    """
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(f"cannot make {directory}: {error.strerror}") from error


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory's lock, which other processes and threads wait for; a killed holder frees it."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedServerError(f"cannot lock {directory}: {error.strerror}") from error
    with os.fdopen(descriptor) as lock:
        if not wait_until(lambda: _try_lock(lock.fileno()), _PATIENCE):
            raise EmbeddedServerError(f"another process has been busy in {directory} for {_PATIENCE:.0f} s")
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read; whoever reads meanwhile sees the old or the new."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # a password that is lost in a power cut locks its data up
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """What the file holds; empty where there is none. Raises EmbeddedServerError where it is not readable."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise EmbeddedServerError(f"cannot read {path}: {type(error).__name__}") from error
    return found


def last_lines(path: Path, count: int = 5) -> str:
    """The last lines of a log, joined to one."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return " | ".join(line.strip()[:300] for line in lines[-count:]) or "nothing"


def is_empty(path: Path) -> bool:
    """Whether there is a file without content."""
    return path.is_file() and path.stat().st_size == 0
