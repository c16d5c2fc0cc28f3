"""How commands end that did not do what they were asked."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

FAILED = 1
NEEDS_SOMETHING = 3
UNREACHABLE = 4
NOT_OURS = 5
BY_SIGNAL = 128  # and its number, as a shell has it
INTERRUPTED = BY_SIGNAL + signal.SIGINT

_A_MOMENT = 0.05  # seconds: a finalizer is over by then


def leave(message: str, code: int) -> NoReturn:
    """Say what went wrong, and end with this exit code."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


@contextmanager
def hearing_signals_again() -> Iterator[None]:
    """Send a signal once more whose exception was lost.

    Where Python calls back by itself, as from a finalizer, it cannot raise what a handler of signals raises: it prints
    that and goes on (https://docs.python.org/3/library/sys.html#sys.unraisablehook). Whoever asked for the end would
    wait in vain.
    """
    before = sys.unraisablehook

    def again(lost: Any) -> None:
        if (number := _signal_of(lost.exc_value)) is None:
            before(lost)
            return
        sending = threading.Timer(_A_MOMENT, os.kill, (os.getpid(), number))
        sending.daemon = True
        sending.start()

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


def _signal_of(error: BaseException | None) -> int | None:
    """The number of the signal whose handler raised this; None where it was no handler."""
    if isinstance(error, KeyboardInterrupt):
        return signal.SIGINT
    if isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > BY_SIGNAL:
        return error.code - BY_SIGNAL
    return None
