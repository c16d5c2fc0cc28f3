"""Ctrl-C while statements run, and servers that never let anybody in."""

from __future__ import annotations

import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .. import config
from ..exceptions import ThothStorageExceptionError
from .leaving import INTERRUPTED, leave

GRACE_SECONDS = 5.0
"""What a server gets to cancel a statement by itself, or because of Ctrl-C."""

_LIKE_CTRL_C = (signal.SIGTERM, signal.SIGHUP)

_LOOK_AGAIN_SECONDS = 1.0
"""A signal that came between a look and the wait is not waited out."""

_SPEAKS_TLS = struct.pack("!ii", 8, 80877103)
"""https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest."""


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Let Ctrl-C cancel the statement that runs, or keep the next one from running, and leave with the message.

    Without this, the driver waits for the statement's end, however long it takes. What is done when it comes, is done.
    A request to end (SIGTERM, as a scheduler of jobs sends it) or a closed terminal is taken for Ctrl-C.
    The handler and the driver's callback are those of the whole process, which is ours: the library sets neither.

    With such a callback libpq's own connect_timeout has no effect. So here, too, nobody who connects waits longer than
    THOTH_STORAGES_CONNECT_TIMEOUT: psycopg2.OperationalError is raised.
    """
    from psycopg2 import extensions

    interrupt = _Interrupt()
    handler = signal.getsignal(signal.SIGINT)
    before = {number: signal.getsignal(number) for number in _LIKE_CTRL_C}
    if handler is not signal.SIG_IGN:  # in the background of a shell
        signal.signal(signal.SIGINT, interrupt.came)
        for number in (one for one, found in before.items() if found is signal.SIG_DFL):
            signal.signal(number, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
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
        for number, found in {signal.SIGINT: handler, **before}.items():
            signal.signal(number, found)


class _Interrupt:
    """Remembers that it came: an exception of the handler's own may be lost where Python calls back by itself."""

    def __init__(self) -> None:
        self.pending = False
        self._waiting: Any = None
        self._came_at = 0.0

    def came(self, *_signal: object) -> None:
        self.pending, self._came_at = True, time.monotonic()
        if self._waiting is not None:
            threading.Thread(target=_cancel, args=(self._waiting,), daemon=True).start()

    def wait(self, connection: Any) -> None:
        """Wait for the server, as the driver would. Raises KeyboardInterrupt before another statement is waited for.

        Raises psycopg2.OperationalError where connecting takes too long; the driver closes the connection then.
        """
        from psycopg2 import extensions

        if self.pending:
            raise KeyboardInterrupt
        self._waiting = connection
        made = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)
        connecting = None if connection.status in made else _Connecting()
        try:
            while (state := connection.poll()) != extensions.POLL_OK:
                waiting = [connection.fileno()]
                reads = state == extensions.POLL_READ
                patience = _LOOK_AGAIN_SECONDS if connecting is None else connecting.seconds_left()
                select.select(waiting if reads else [], [] if reads else waiting, [], patience)
                self._give_up(connecting)
        finally:
            self._waiting = None

    def _give_up(self, connecting: _Connecting | None) -> None:
        """Raise what ends the wait, if it has been too long."""
        if self.pending and (connecting or time.monotonic() - self._came_at > GRACE_SECONDS):
            raise KeyboardInterrupt  # there is nothing to cancel, or even cancelling is not answered
        if connecting:
            connecting.check()


class _Connecting:
    """How long whoever connects waits, on the whole."""

    def __init__(self) -> None:
        self._limit = config.CONNECT_TIMEOUT.read()
        self._since = time.monotonic()

    def seconds_left(self) -> float:
        """Seconds until it is time to look again."""
        left = self._since + self._limit - time.monotonic() if self._limit else _LOOK_AGAIN_SECONDS
        return max(0.0, min(left, _LOOK_AGAIN_SECONDS))

    def check(self) -> None:
        """Raise psycopg2.OperationalError where there is no patience left."""
        from psycopg2 import OperationalError

        if self._limit and time.monotonic() - self._since >= self._limit:
            raise OperationalError(
                f"timeout expired: nobody answered for {self._limit:g} s"
            )  # libpq's words come first


def _cancel(connection: Any) -> None:
    """Cancel the statement that runs, unless the server hangs: it would not answer this either.

    The driver would wait for that answer for ever, with all the threads of this process.
    """
    with suppress(Exception):  # nothing runs there any more, or nobody is there to cancel it
        if _answers(connection.info.host, connection.info.port):
            connection.cancel()


def _answers(host: str, port: int) -> bool:
    """Whether a PostgreSQL server says in time if it speaks TLS. Raises OSError where it does not."""
    if not host.startswith("/"):
        with socket.create_connection((host, port), GRACE_SECONDS) as asking:
            return _says_something(asking)
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(GRACE_SECONDS)
        asking.connect(f"{host}/.s.PGSQL.{port}")
        return _says_something(asking)


def _says_something(asking: socket.socket) -> bool:
    asking.sendall(_SPEAKS_TLS)
    return bool(asking.recv(1))
