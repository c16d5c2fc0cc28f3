"""Clients of boto3: made when they are needed, shared by the stores of a process, closed when no store needs them.

A client takes 30 ms to make (and boto3 400 ms to load), some megabytes, and connections that are worth keeping.
"""

from __future__ import annotations

import os
import re
import weakref
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from . import config

# Requests are signed for some region; what needs none accepts any.
_REGION_FOR_SIGNING = "us-east-1"

# botocore takes no others; Docker lets people give hosts names with underscores.
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"[0-9a-f:.]*:[0-9a-f:.]*|({_LABEL}\.)*{_LABEL}\.?")
_BUCKET = re.compile(r"[a-zA-Z0-9._-]{1,255}")
_REGION = re.compile(r"[a-zA-Z0-9-]{1,63}")


class Access(NamedTuple):
    """Where a server is, and who comes to it."""

    endpoint: str
    region: str | None
    key_id: str
    secret_key: str

    def __repr__(self) -> str:
        """The server, and no key."""
        return f"{type(self).__name__}({shown(self.endpoint)!r})"


class _Limits(NamedTuple):
    """What the settings say of every request."""

    connect_timeout: float | None
    read_timeout: float | None
    attempts: int
    connections: int

    @classmethod
    def of_the_settings(cls) -> _Limits:
        connect, read = config.CONNECT_TIMEOUT.read(), config.READ_TIMEOUT.read()
        return cls(connect or None, read or None, config.REQUEST_ATTEMPTS.read(), config.SYNC_FETCH_AHEAD.read())


class Client:
    """A client of boto3, s3, of one process. Whoever uses it holds it: with the last holder its connections go."""

    def __init__(self, access: Access, limits: _Limits) -> None:
        self.s3: Any = _make(access, limits)
        self.process = os.getpid()
        weakref.finalize(self, _close, self.s3, self.process).atexit = False


_clients: weakref.WeakValueDictionary[tuple[int, Access, _Limits], Client] = weakref.WeakValueDictionary()
_making = Lock()

# Clients that a parent made. In a child they are neither used nor closed: other threads may have held their locks.
_inherited: list[Any] = []


def client_of(access: Access) -> Client:
    """The client of this process; there is one for all who hold it, as long as the settings stay what they are."""
    key = (os.getpid(), access, _Limits.of_the_settings())
    with _making:
        client = _clients.get(key)
        if client is None:
            client = _clients[key] = Client(access, key[2])
        return client


def check_endpoint(endpoint: str) -> None:
    """Nothing, for the URL of a server; ValueError with what is expected for anything else."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
        is_sound = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(host)) and port != 0
    except ValueError:  # a port that is no number, for example
        is_sound = False
    if not is_sound or re.search(r"\s", endpoint) or parts.username is not None or parts.query or parts.fragment:
        raise ValueError(
            "the URL of a server, http or https and without a password, such as https://s3.example.com:8080"
        )


def check_key(key: str) -> None:
    """Nothing, for an access key or a secret; ValueError where something slipped in, such as the end of a line."""
    if not key.isprintable() or not key.isascii() or key != key.strip():
        raise ValueError("a key without spaces or an end of a line around it, in ASCII")


def check_bucket(bucket: str) -> None:
    """Nothing, for what can be the name of a bucket; ValueError for anything else."""
    if not _BUCKET.fullmatch(bucket):
        raise ValueError("the name of a bucket: letters, digits, dots, dashes and underscores")


def check_region(region: str | None) -> None:
    """Nothing, for what can be a region, or for none; ValueError for anything else."""
    if region and not _REGION.fullmatch(region):
        raise ValueError("the name of a region: letters, digits and dashes")


def shown(endpoint: str) -> str:
    """An endpoint as a message may show it, without a password that somebody wrote into it."""
    return re.sub(r"//.*@", "//", endpoint)


def _make(access: Access, limits: _Limits) -> Any:
    """A client that knows what it is told here and nothing of the user's ~/.aws, not even whether that is sound."""
    import boto3
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    )
    # boto3's default session is shared, and making clients from one session is not safe across threads: one each.
    session = boto3.session.Session(
        aws_access_key_id=access.key_id, aws_secret_access_key=access.secret_key, botocore_session=core
    )
    region = access.region or _REGION_FOR_SIGNING
    return session.client("s3", endpoint_url=access.endpoint, region_name=region, config=_client_config(limits))


def _client_config(limits: _Limits) -> Any:
    from botocore.config import Config
    from botocore.endpoint import MAX_POOL_CONNECTIONS

    return Config(
        # Since boto3 1.36 every PUT carries a checksum by default, which Ceph refuses over TLS.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",
        connect_timeout=limits.connect_timeout,
        read_timeout=limits.read_timeout,
        tcp_keepalive=True,
        # A connection for each thread of a sync: what finds no place in the pool is thrown away after one request.
        max_pool_connections=max(MAX_POOL_CONNECTIONS, limits.connections),
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        s3={"addressing_style": "path"},  # an endpoint that is an IP address has no virtual hosts
    )


def _close(s3: Any, process: int) -> None:
    if process == os.getpid():
        s3.close()
    else:
        _inherited.append(s3)


def _forget_the_parents_lock() -> None:
    global _making  # another thread of the parent may have held it
    _making = Lock()


os.register_at_fork(after_in_child=_forget_the_parents_lock)
