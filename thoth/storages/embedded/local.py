"""Both servers in one directory: what `thoth-storages local` works on."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ..exceptions import EmbeddedServerError
from .files import locked, make_directory
from .postgres import EmbeddedPostgres
from .s3 import EmbeddedS3
from .server import EmbeddedServer

_DATABASE = "thoth"
_BUCKET = "thoth"
_PREFIX = "data"
_DEPLOYMENT = "local"


@dataclass(frozen=True)
class ServerStatus:
    """Whether a server runs, and where; port is None where it was never started."""

    title: str
    running: bool
    host: str
    port: int | None


def default_directory() -> Path:
    """The user's directory for data: XDG_DATA_HOME or what stands for it, and thoth-storages in it."""
    home = Path.home()
    base = home / "Library" / "Application Support" if sys.platform == "darwin" else home / ".local" / "share"
    chosen = os.environ.get("XDG_DATA_HOME", "")
    # The specification says that a relative path is to be ignored.
    return (Path(chosen) if Path(chosen).is_absolute() else base) / "thoth-storages"


class LocalServers:
    """PostgreSQL and an S3 server that run until they are told to stop, and keep their data.

    Used as a context manager they end with it, and with their owner; durable=False trades safety for speed.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        """Name the place; nothing is made or started yet."""
        self.directory = Path(directory).resolve()
        self.postgres = EmbeddedPostgres(self.directory / "postgres", durable=durable)
        self.s3 = EmbeddedS3(self.directory / "s3")

    @property
    def servers(self) -> tuple[EmbeddedServer, ...]:
        """Both, in the order in which they start."""
        return (self.postgres, self.s3)

    def __enter__(self) -> Self:
        self.up(outlive_owner=False)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop both."""
        self.down()

    def up(self, *, outlive_owner: bool = True) -> list[ServerStatus]:
        """Where both servers run now, the bucket made; harmless where they run already.

        Raises EmbeddedServerError, and stops what it started then.
        """
        make_directory(self.directory)
        started = []
        with locked(self.directory):
            try:
                for server in self.servers:
                    if not server.is_running():
                        started.append(server)
                    server.start(outlive_owner=outlive_owner)
                self.s3.create_bucket(_BUCKET)
            except BaseException:  # Ctrl-C too leaves nothing half-started
                for server in reversed(started):
                    server.stop()
                raise
        return self.status()

    def status(self) -> list[ServerStatus]:
        """Whether each server runs, and where."""
        return [_status_of(server) for server in self.servers]

    def down(self) -> list[str]:
        """The titles of the servers that ran and are stopped now; their data stays."""
        if not self.directory.is_dir():
            return []
        with locked(self.directory):
            return [server.title for server in reversed(self.servers) if server.stop()]

    def environment(self) -> dict[str, str]:
        """The environment variables that point this library at the servers, passwords among them.

        Raises EmbeddedServerError where they were never started.
        """
        return {
            **self.postgres.environment(_DATABASE),
            "THOTH_S3_ENDPOINT_URL": self.s3.endpoint_url,
            "THOTH_CEPH_KEY_ID": self.s3.key_id,
            "THOTH_CEPH_SECRET_KEY": self.s3.secret_key,
            "THOTH_CEPH_BUCKET": _BUCKET,
            "THOTH_CEPH_BUCKET_PREFIX": _PREFIX,
            "THOTH_DEPLOYMENT_NAME": _DEPLOYMENT,
        }


def _status_of(server: EmbeddedServer) -> ServerStatus:
    try:
        port = server.port
    except EmbeddedServerError:
        port = None
    return ServerStatus(server.title, server.is_running(), server.host, port)
