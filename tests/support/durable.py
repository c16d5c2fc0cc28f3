"""A server that writes to its disk what it commits, and databases on it that are made without waiting for the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.engine import URL

from support.databases import administer, drop_database, make_database, unused
from support.tables import rows_of
from thoth.storages.graph.engine import make_maintenance_engine

_SETTINGS = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


@dataclass(frozen=True)
class DurableServer:
    """The server, and whether it is ours: then making a database need not take a second for each of its files."""

    url: URL
    is_ours: bool

    @contextmanager
    def database(self, purpose: str, template: URL | None = None) -> Iterator[URL]:
        """A database: an empty one, or a copy that nobody is connected to. Nothing waits to be written then."""
        url = unused(self.url, purpose)
        try:
            with self._in_haste():
                make_database(self.url, url, template)
            yield url
        finally:
            with self._in_haste():
                drop_database(self.url, url)

    def setting(self, name: str) -> str:
        return str(rows_of(make_maintenance_engine(self.url), f"SHOW {name}")[0][0])

    def described(self) -> str:
        return ", ".join(f"{name} {self.setting(name)}" for name in _SETTINGS)

    @contextmanager
    def _in_haste(self) -> Iterator[None]:
        if not self.is_ours:
            yield
            return
        self._set_fsync("off")
        try:
            yield
        finally:
            os.sync()
            self._set_fsync("on")

    def _set_fsync(self, value: str) -> None:
        administer(self.url, f"ALTER SYSTEM SET fsync = {value}")
        administer(self.url, "SELECT pg_reload_conf()")
        end = time.monotonic() + 10
        while self.setting("fsync") != value:
            assert time.monotonic() < end, f"fsync is not {value}"
            time.sleep(0.005)
