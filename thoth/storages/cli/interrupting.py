"""Ctrl-C while statements run."""

from __future__ import annotations

import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..exceptions import ThothStorageExceptionError
from .leaving import INTERRUPTED, leave


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Let Ctrl-C cancel the statement that runs, or keep the next one from running, and leave with the message.

    Without this, the driver waits for the statement's end, however long it takes. What is done when it comes, is done.
    The handler and the driver's callback are those of the whole process, which is ours: the library sets neither.
    """
    from psycopg2 import extensions

    interrupt = _Interrupt()
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:  # in the background of a shell
        signal.signal(signal.SIGINT, interrupt.came)
    callback = extensions.get_wait_callback()
    extensions.set_wait_callback(interrupt.wait)
    try:
        yield
    except KeyboardInterrupt:
        leave(message, INTERRUPTED)
    except ThothStorageExceptionError:
        if interrupt.pending:  # it is the cancelled statement that failed
            leave(message, INTERRUPTED)
        raise
    finally:
        extensions.set_wait_callback(callback)
        signal.signal(signal.SIGINT, handler)


class _Interrupt:
    """Remembers that it came: an exception of the handler's own may be lost where Python calls back by itself."""

    def __init__(self) -> None:
        self.pending = False
        self._waiting: Any = None

    def came(self, *_signal: object) -> None:
        self.pending = True
        if self._waiting is not None:
            self._waiting.cancel()

    def wait(self, connection: Any) -> None:
        """Wait for the server, as the driver would. Raises KeyboardInterrupt before another statement is waited for."""
        from psycopg2 import extensions

        if self.pending:
            raise KeyboardInterrupt
        self._waiting = connection
        try:
            while (state := connection.poll()) != extensions.POLL_OK:
                waiting = [connection.fileno()]
                reads = state == extensions.POLL_READ
                select.select(waiting if reads else [], [] if reads else waiting, [], _LOOK_AGAIN_SECONDS)
        finally:
            self._waiting = None


_LOOK_AGAIN_SECONDS = 1.0
"""A signal that came between a look and the wait is not waited out."""
