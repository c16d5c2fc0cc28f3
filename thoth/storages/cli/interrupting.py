"""Ctrl-C while a statement runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..exceptions import ThothStorageExceptionError
from .leaving import INTERRUPTED, leave


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Let Ctrl-C cancel the statement that runs, and leave with the message.

    Without this, the driver waits for the statement's end, however long it takes.

    The callback is one of the whole process, which is ours: the library must not set it.
    """
    from psycopg2 import extensions

    interrupts: list[KeyboardInterrupt] = []

    def wait(connection: Any) -> None:
        _wait_for_server(connection, interrupts)

    before = extensions.get_wait_callback()
    extensions.set_wait_callback(wait)
    try:
        yield
    except KeyboardInterrupt:
        leave(message, INTERRUPTED)
    except ThothStorageExceptionError:
        if interrupts:  # it is the cancelled statement that failed
            leave(message, INTERRUPTED)
        raise
    finally:
        extensions.set_wait_callback(before)


def _wait_for_server(connection: Any, interrupts: list[KeyboardInterrupt]) -> None:
    import select

    from psycopg2 import extensions

    while True:
        try:
            state = connection.poll()
            if state == extensions.POLL_OK:
                return
            waiting = [connection.fileno()]
            reads = state == extensions.POLL_READ
            select.select(waiting if reads else [], [] if reads else waiting, [])
        except KeyboardInterrupt as interrupt:
            interrupts.append(interrupt)
            connection.cancel()
