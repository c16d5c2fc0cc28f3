"""An S3 server: SeaweedFS with everything in one process."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
from pathlib import Path
from typing import Any, ClassVar

from ..exceptions import EmbeddedServerError
from .binaries import find_weed
from .ports import HOST
from .processes import Signals
from .server import EmbeddedServer

_PARTS = ("s3", "master", "volume", "filer", "admin")
_SWITCHES = (
    f"-ip={HOST}",
    f"-ip.bind={HOST}",
    "-admin.ui=false",
    "-webdav=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-master.telemetry=false",
    "-volume.preStopSeconds=0",
    "-volume.max=10000",  # every bucket takes at least one; without it, a small disk allows few buckets
)
_CLIENT_SETTINGS: dict[str, Any] = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "signature_version": "s3v4",
    "connect_timeout": 5,
    "read_timeout": 10,
    "retries": {"max_attempts": 3, "mode": "standard"},
    "proxies": {},  # whatever HTTP_PROXY says
}


class EmbeddedS3(EmbeddedServer):
    """An S3 server, reachable on this machine only, that checks its clients' signatures."""

    title: ClassVar[str] = "S3 server"
    _port_names: ClassVar[tuple[str, ...]] = tuple(f"{part}.port{twin}" for part in _PARTS for twin in ("", ".grpc"))
    # weed now and then loses a signal in its first second; it ends 1 to 1.3 s after one that it heard.
    _signals: ClassVar[Signals] = (*((signal.SIGTERM, 2.0),) * 4, (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
    _start_seconds: ClassVar[float] = 30.0

    @property
    def endpoint_url(self) -> str:
        """The URL for S3 clients. Raises EmbeddedServerError where the server was never started, as the next two."""
        return f"http://{self.host}:{self.port}"

    @property
    def key_id(self) -> str:
        """The access key of the only user, who may do everything."""
        return str(self._known("secrets", "key_id"))

    @property
    def secret_key(self) -> str:
        """The secret key of that user."""
        return str(self._known("secrets", "secret_key"))

    def create_bucket(self, name: str) -> None:
        """Make the bucket where it is missing. Raises EmbeddedServerError where the server does not answer."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        keys: dict[str, Any] = {"aws_access_key_id": self.key_id, "aws_secret_access_key": self.secret_key}
        config = Config(**_CLIENT_SETTINGS)
        try:
            client = boto3.client("s3", endpoint_url=self.endpoint_url, region_name="us-east-1", config=config, **keys)
            client.create_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise EmbeddedServerError(self._explain(f"bucket {name}: {error}")) from error
        except BotoCoreError as error:
            raise EmbeddedServerError(self._explain(f"bucket {name}: {error}")) from error

    def _prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if not self._remembered("secrets"):
            self._remember("secrets", {"key_id": secrets.token_hex(10), "secret_key": secrets.token_urlsafe(30)})

    def _command(self) -> list[str]:
        ports = [f"-{name}={port}" for name, port in self._remembered("ports").items()]
        return [str(find_weed()), f"-logdir={self.directory}", "mini", self._marker(), *_SWITCHES, *ports]

    def _marker(self) -> str:
        return f"-dir={self.data}"

    def _environment(self) -> dict[str, str]:
        # Little of ours: weed takes options from S3_* and WEED_*, and reads configuration files below HOME.
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.directory),
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def _is_ready(self, pid: int) -> bool:
        topology = _get(int(self._known("ports", "master.port")), "/dir/status")
        if topology is None or _get(self.port, "/healthz") is None:
            return False
        # A master without a volume server accepts buckets, but no objects.
        return int(json.loads(topology)["Topology"]["Max"]) > 0

    def _leftovers(self) -> list[Path]:
        """The sockets that weed makes in /tmp, whatever TMPDIR says; they are named by our ports."""
        parts = [
            (name.replace(".port", "").replace(".", "-"), port) for name, port in self._remembered("ports").items()
        ]
        return [Path(f"/tmp/seaweedfs-{part}-{port}.sock") for part, port in parts]  # noqa: S108


def _get(port: int, path: str) -> bytes | None:
    """What the server answers, None where it does not answer 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=0.5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.read() if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
