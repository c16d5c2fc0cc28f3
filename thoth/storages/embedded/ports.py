"""Free ports of this machine."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack

HOST = "127.0.0.1"


def choose_ports(wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for every name: the wanted one where it is free, else (and for 0) another.

    All are held at once while choosing, so no two are the same. Afterwards somebody else may take one: start, and
    choose again if that fails.
    """
    with ExitStack() as held:
        return {name: _hold(port, held) for name, port in wanted.items()}


def _hold(port: int, held: ExitStack) -> int:
    holder = held.enter_context(socket.socket())
    # As the servers do: connections that ended a moment ago do not count.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((HOST, port))
        holder.listen()
    except OSError:
        return _hold(0, held) if port else _no_port()
    return int(holder.getsockname()[1])


def _no_port() -> int:
    raise OSError(f"no port of {HOST} is free")
