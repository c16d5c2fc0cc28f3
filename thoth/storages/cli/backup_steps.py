"""What backup and restore have in common: saying what is done, and ending."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ..exceptions import NotFoundError, SchemaNotOursError, ThothStorageExceptionError
from .leaving import INTERRUPTED, NEEDS_SOMETHING, NOT_OURS, leave
from .quiet import say
from .sync_errors import NotReadyError, code_of, message_of

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Steps:
    """Says on stderr what is being done, with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return round(time.perf_counter() - self._began, 1)

    def tell(self, words: str) -> None:
        """Say that this is done now."""
        say(f"{self.seconds:8.1f} s  {words}", err=True)

    def tell_size(self, path: Path) -> None:
        """Say how far a file has grown."""
        self.tell(f"... {size_of(path.stat().st_size) if path.exists() else 'nothing yet'}")


def size_of(number: int) -> str:
    """A number of bytes for humans: 12.3 MB."""
    size, units = float(number), iter(("bytes", "kB", "MB", "GB"))
    unit = next(units)
    for larger in units:
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"


@contextmanager
def endings(interrupted: str) -> Iterator[None]:
    """Leave with a line and an exit code where an error comes out, or Ctrl-C, or a signal that asks us to end.

    What is tidied up then is not interrupted: a second Ctrl-C changes nothing.
    """
    before = {number: signal.getsignal(number) for number in _ENDING}

    def stop(_number: int, _frame: FrameType | None) -> None:
        _ignore(before)
        raise KeyboardInterrupt

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as nohup and the background of a shell have it
            signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt:
        leave(interrupted, INTERRUPTED)
    except (ThothStorageExceptionError, NotReadyError, OSError) as error:
        leave(message_of(error), _code_of(error))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no signal end what is done inside, which does not take long."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    _ignore(before)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Let signals that came inside do what they do only at the end: a process that was started must be known first."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    came: list[int] = []
    for number, handler in before.items():
        if callable(handler):  # what is ignored stays so for processes that are started meanwhile
            signal.signal(number, lambda came_now, _frame: came.append(came_now))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for waiting in came:
        signal.raise_signal(waiting)


def _ignore(numbers: Iterable[signal.Signals]) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def _code_of(error: Exception) -> int:
    if isinstance(error, SchemaNotOursError):
        return NOT_OURS
    return NEEDS_SOMETHING if isinstance(error, NotFoundError) else code_of(error)
