"""Servers that are there and never answer."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.graph import GraphDatabase


@contextmanager
def silent_port() -> Iterator[int]:
    """The port of a listener on 127.0.0.1 that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def frozen(data_directory: Path) -> Iterator[None]:
    """A PostgreSQL server that is stopped (SIGSTOP) with all its processes, and goes on afterwards."""
    postmaster = int((data_directory / "postmaster.pid").read_text().split()[0])
    stopped = [postmaster]
    os.kill(postmaster, signal.SIGSTOP)  # first: from now on it has no new children
    try:
        for child in _children(postmaster):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
        yield
    finally:
        for process in stopped:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


class OwnPostgres(NamedTuple):
    """A server with a graph, that can be frozen, and an adapter that is connected to it."""

    data: Path
    graph: GraphDatabase

    def number_synced(self) -> int:
        """How many documents the graph knows."""
        return int(self.graph._ask_value(text("SELECT count(*) FROM synced_document")))


@contextmanager
def own_postgres(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnPostgres]:
    """A server that the settings name, with a second for whoever connects and for each statement."""
    for name in ("CONNECT", "STATEMENT"):
        monkeypatch.setenv(f"THOTH_STORAGES_{name}_TIMEOUT", "1")
    with EmbeddedPostgres(directory, durable=False) as server:
        for name, value in (("PORT", str(server.port)), ("USER", server.user), ("PASSWORD", server.password)):
            monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", value)
        graph = GraphDatabase()
        graph.connect()
        graph.initialize_schema()
        yield OwnPostgres(directory / "data", graph)
        if graph.is_connected():
            graph.disconnect()
