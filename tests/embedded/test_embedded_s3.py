"""EmbeddedS3: SeaweedFS, asked with boto3."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from thoth.storages.embedded import EmbeddedS3
from thoth.storages.embedded.processes import is_alive, wait_until
from thoth.storages.exceptions import EmbeddedServerError

OWNER = """
import sys, pathlib
from thoth.storages.embedded import EmbeddedS3
server = EmbeddedS3(pathlib.Path(sys.argv[1])).start()
print(server.pid_file.read_text(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def s3(module_directory: Path) -> Iterator[EmbeddedS3]:
    """A server that all tests of this file share."""
    with EmbeddedS3(module_directory / "s3") as server:
        server.create_bucket("shared")
        yield server


def client(server: EmbeddedS3, *, key_id: str = "", secret_key: str = "") -> Any:
    """A client of boto3 that does not try again."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint_url,
        aws_access_key_id=key_id or server.key_id,
        aws_secret_access_key=secret_key or server.secret_key,
        region_name="us-east-1",
        config=Config(
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            signature_version="s3v4",
            retries={"max_attempts": 0},
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"secret_key": "wrong"}, "SignatureDoesNotMatch"), ({"key_id": "nobody"}, "InvalidAccessKeyId")],
)
def test_wrong_credentials_are_refused(s3: EmbeddedS3, wrong: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        client(s3, **wrong).put_object(Bucket="shared", Key="a", Body=b"1")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == code


def test_making_a_bucket_twice_is_harmless_and_a_wrong_name_is_not(s3: EmbeddedS3) -> None:
    client(s3).put_object(Bucket="shared", Key="stays", Body=b"1")
    s3.create_bucket("shared")
    assert client(s3).get_object(Bucket="shared", Key="stays")["Body"].read() == b"1"
    with pytest.raises(EmbeddedServerError, match="InvalidBucketName"):
        s3.create_bucket("no")


def test_only_this_machine_reaches_it(s3: EmbeddedS3) -> None:
    pid = s3.pid_file.read_text().strip()
    inodes = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [fields[1] for fields in listening if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes]
    assert {address.partition(":")[0] for address in ours} == {"0100007F"}
    assert f"{s3.port:04X}" in {address.partition(":")[2] for address in ours}


def test_secrets_are_private(s3: EmbeddedS3) -> None:
    private = [path for path in s3.directory.iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert "server.json" in {path.name for path in private}
    assert stat.S_IMODE(s3.data.stat().st_mode) == 0o700
    assert s3.secret_key not in s3.log.read_text()


def test_objects_survive_kill_and_restart_and_a_new_set_of_ports(directory: Path) -> None:
    with EmbeddedS3(directory / "s3") as server:
        server.create_bucket("thoth")
        client(server).put_object(Bucket="thoth", Key="a", Body=b"1")
        before = (server.key_id, server.secret_key, server.port)
        os.kill(int(server.pid_file.read_text()), signal.SIGKILL)
        assert wait_until(lambda: not server.is_running(), 5)
        server.start()
        assert (server.key_id, server.secret_key, server.port) == before
        assert client(server).get_object(Bucket="thoth", Key="a")["Body"].read() == b"1"
    server.settings_file.write_text(server.settings_file.read_text().replace('"ports"', '"forgotten"'))
    with server:
        assert server.port != before[2]
        assert client(server).get_object(Bucket="thoth", Key="a")["Body"].read() == b"1"
        client(server).put_object(Bucket="thoth", Key="b", Body=b"2")
    ports = [before[2], server.port]
    assert [left for port in ports for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")] == []


def test_a_killed_owner_takes_its_server_along(
    directory: Path, run_python: Callable[..., subprocess.Popen[str]]
) -> None:
    owner = run_python(OWNER, directory / "s3")
    assert owner.stdout is not None
    pid = int(owner.stdout.readline())
    port = EmbeddedS3(directory / "s3").port
    owner.kill()
    owner.communicate()
    assert wait_until(lambda: not is_alive(pid), 15)
    assert wait_until(lambda: not list(Path("/tmp").glob(f"seaweedfs-*-{port}.sock")), 5)


def test_a_stale_pid_file_harms_no_other_process(directory: Path, stranger: int) -> None:
    server = EmbeddedS3(directory / "s3")
    server.directory.mkdir()
    server.pid_file.write_text(f"{stranger}\n")
    assert (server.is_running(), server.stop()) == (False, False)
    assert is_alive(stranger)
