"""Ctrl-C while statements run, and servers that never answer one."""

from __future__ import annotations

import re
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

# The server's own limit, as the connection asked for it, in milliseconds; the last one counts.
_LIMIT = re.compile(r"-c statement_timeout=([0-9]+)(?![\w.])")


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Let Ctrl-C cancel the statement that runs, or keep the next one from running, and leave with the message.

    Without this, the driver waits for the statement's end, however long it takes. What is done when it comes, is done.
    A request to end (SIGTERM, as a scheduler of jobs sends it) or a closed terminal is taken for Ctrl-C.
    The handler and the driver's callback are those of the whole process, which is ours: the library sets neither.

    With such a callback libpq's own connect_timeout has no effect. So nobody who connects waits longer than
    THOTH_STORAGES_CONNECT_TIMEOUT; and a server that has been silent for longer than the limit it was given for a
    statement, and does not even say so, is given up: its connection is closed, and psycopg2.OperationalError raised.
    Statements without a limit, such as those of migrations, are waited for.
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

        Raises psycopg2.OperationalError where the server is silent for too long; the driver closes the connection then.
        """
        from psycopg2 import extensions

        if self.pending:
            raise KeyboardInterrupt
        self._waiting = connection
        patience = _Patience(connection)
        try:
            while (state := connection.poll()) != extensions.POLL_OK:
                waiting = [connection.fileno()]
                reads = state == extensions.POLL_READ
                is_ready = any(select.select(waiting if reads else [], [] if reads else waiting, [], patience.next()))
                self._give_up(patience, is_ready)
        finally:
            self._waiting = None

    def _give_up(self, patience: _Patience, is_ready: bool) -> None:
        """Raise what ends the wait, if it has been too long."""
        if self.pending and (patience.is_connecting or time.monotonic() - self._came_at > GRACE_SECONDS):
            raise KeyboardInterrupt  # there is nothing to cancel, or even cancelling is not answered
        patience.check(is_ready)


class _Patience:
    """How long a connection may be waited for: while it is made, on the whole; afterwards, since it last did a thing.

    A long answer on a slow line is no silence.
    """

    def __init__(self, connection: Any) -> None:
        from psycopg2 import extensions

        made = (extensions.STATUS_READY, extensions.STATUS_BEGIN, extensions.STATUS_PREPARED)
        self.is_connecting = connection.status not in made
        self.seconds = config.CONNECT_TIMEOUT.read() if self.is_connecting else _limit_of(connection)
        self._since = time.monotonic()

    def next(self) -> float:
        """Seconds until it is time to look again."""
        left = self._since + self.seconds - time.monotonic() if self.seconds else _LOOK_AGAIN_SECONDS
        return max(0.0, min(left, _LOOK_AGAIN_SECONDS))

    def check(self, is_ready: bool) -> None:
        """Raise psycopg2.OperationalError where there is no patience left."""
        from psycopg2 import OperationalError

        if is_ready and not self.is_connecting:
            self._since = time.monotonic()
        elif self.seconds and time.monotonic() - self._since >= self.seconds:
            who = "nobody answered" if self.is_connecting else "the server has been silent"
            raise OperationalError(f"timeout expired: {who} for {self.seconds:g} s")  # libpq's own words come first


def _limit_of(connection: Any) -> float:
    """Seconds after which a statement on the connection is given up; 0 is never."""
    limits = _LIMIT.findall(connection.dsn)
    milliseconds = int(limits[-1]) if limits else 0
    return milliseconds / 1000 + GRACE_SECONDS if milliseconds else 0.0


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
