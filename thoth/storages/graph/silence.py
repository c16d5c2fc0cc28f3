"""Connections that give a server up which has fallen silent.

A server that hangs, because its disk does for example, cancels no statement by itself. Nor does TCP notice, since the
kernel of that machine still answers; and the driver waits for ever. So a thread looks at what is waited for, once a
second, and closes the line where nothing has come over it for too long: then the driver fails as it does with any
connection that is lost.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

from psycopg2 import OperationalError
from psycopg2.extensions import connection, cursor

T = TypeVar("T")

LOOK_SECONDS = 1.0
"""How much later than it could be a silence is noticed."""

_LAST_RECEIVED = 52
"""Where Linux's struct tcp_info (linux/tcp.h) holds tcpi_last_data_recv: milliseconds since something came."""


class ImpatientConnection(connection):
    """A connection on which nobody waits for a server that is silent for more than so many seconds."""

    def __init__(self, dsn: str, *more: Any, seconds: float) -> None:
        super().__init__(dsn, *more)
        self.cursor_factory = _ImpatientCursor
        self.seconds = seconds
        self._since: float | None = None
        self._was_given_up = False

    def commit(self) -> None:
        """End the transaction; see waiting()."""
        self.waiting(super().commit)

    def rollback(self) -> None:
        """Undo the transaction; see waiting()."""
        self.waiting(super().rollback)

    def waiting(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """What the work gives, which waits for the server. Raises OperationalError where the server is given up."""
        self._since = time.monotonic()
        try:
            return work(*arguments, **named)
        except OperationalError as error:
            if self._was_given_up:  # libpq's own words for that come first
                raise OperationalError(f"timeout expired: the server has been silent for {self.seconds:g} s") from error
            raise
        finally:
            self._since = None

    def look(self) -> None:
        """Close the line if there has been silence for too long."""
        since = self._since
        if since is None or time.monotonic() - since < self.seconds:
            return
        with suppress(Exception), socket.socket(fileno=os.dup(self.fileno())) as line:  # closed meanwhile
            if _silence(line) >= self.seconds:
                self._was_given_up = True
                line.shutdown(socket.SHUT_RDWR)


class _ImpatientCursor(cursor):
    """Waits as its connection does."""

    connection: ImpatientConnection

    def execute(self, *arguments: Any, **named: Any) -> None:
        self.connection.waiting(super().execute, *arguments, **named)

    def executemany(self, *arguments: Any, **named: Any) -> None:
        self.connection.waiting(super().executemany, *arguments, **named)


def _silence(line: socket.socket) -> float:
    """Seconds since something came; without end where the system does not say, as it does of TCP alone, and on Linux.

    A large answer on a slow line is no silence. To whoever is on the same machine, none takes long to arrive.
    """
    if line.family not in (socket.AF_INET, socket.AF_INET6) or not hasattr(socket, "TCP_INFO"):
        return float("inf")
    told = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_RECEIVED + 4)
    (milliseconds,) = struct.unpack_from("=I", told, _LAST_RECEIVED)
    return float(milliseconds) / 1000


class _Watch:
    """The thread that looks at connections, as long as there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: WeakSet[ImpatientConnection] = WeakSet()
        self._is_running = False

    def over(self, one: ImpatientConnection) -> None:
        """Look at this connection, too."""
        with self._lock:
            self._connections.add(one)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="thoth-storages-silence", daemon=True).start()

    def _run(self) -> None:
        while connections := self._open():
            for one in connections:
                one.look()
            del connections, one  # or this thread would keep them
            time.sleep(LOOK_SECONDS)

    def _open(self) -> list[ImpatientConnection]:
        """The connections that are open; the thread ends where there is none."""
        with self._lock:
            found = [one for one in self._connections if not one.closed]
            self._is_running = bool(found)
            return found


_watch = _Watch()


def _watch_anew() -> None:
    # A child has none of its parent's threads, and must not close its parent's lines.
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_watch_anew)


def impatient(seconds: float) -> Callable[..., ImpatientConnection]:
    """What makes connections (psycopg2's connection_factory) on which a silence of so many seconds is too long."""

    def connect(dsn: str, *more: Any) -> ImpatientConnection:
        made = ImpatientConnection(dsn, *more, seconds=seconds)
        _watch.over(made)
        return made

    return connect
