"""Documents and other blobs in object storage: the S3 protocol, as Ceph, SeaweedFS and Amazon speak it.

boto3 takes longest to import of all this library uses, so nothing here loads it before connect().
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from . import config
from .base import StorageBase
from .exceptions import NotConnectedError, NotFoundError, SchemaError

# An answer to HEAD has no body that would name the error: its code is the bare status.
_MISSING_KEY = frozenset(("404", "NoSuchKey"))

_READ_TIMEOUT = 30.0  # seconds without a byte; a whole object may take longer

# Requests are signed for some region; what needs none accepts any.
_REGION_FOR_SIGNING = "us-east-1"


class ListedObject(NamedTuple):
    """An object as a listing shows it: its ETag without quotes, when it was stored (aware UTC), its size in bytes."""

    document_id: str
    etag: str
    last_modified: datetime
    size: int


class CephStore(StorageBase):
    """The objects below one prefix of one bucket; an object's id is its key without that prefix.

    What the server refuses for other reasons than a missing object comes as botocore's ClientError, an endpoint
    that cannot be reached as its EndpointConnectionError or ConnectTimeoutError.
    """

    def __init__(
        self,
        prefix: str,
        *,
        host: str | None = None,
        key_id: str | None = None,
        secret_key: str | None = None,
        bucket: str | None = None,
        region: str | None = None,
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        self.host = host or config.S3_ENDPOINT_URL.read()
        self.key_id = key_id or config.CEPH_KEY_ID.read()
        self.secret_key = secret_key or config.CEPH_SECRET_KEY.read()
        self.bucket = bucket or config.CEPH_BUCKET.read()
        self.region = region or config.CEPH_REGION.read() or None
        self.prefix = f"{prefix.rstrip('/')}/"
        self._client: Any = None
        self._process = 0

    def __repr__(self) -> str:
        """Where the objects are; never a key."""
        return f"{type(self).__name__}(prefix={self.prefix!r}, host={self.host!r}, bucket={self.bucket!r})"

    # Connecting

    def is_connected(self) -> bool:
        """Whether connect() was called; nothing is asked of the server."""
        return self._client is not None

    def connect(self) -> None:
        """Make the store usable. No request is sent and no bucket created: check_connection() asks the server."""
        self._client = _make_client(self.host, self.key_id, self.secret_key, self.region)
        self._process = os.getpid()

    def check_connection(self) -> None:
        """Nothing, where the bucket can be used; else the ClientError or connection error that tells why not."""
        if not self.document_exists("foo"):
            # To HEAD, a missing bucket answers the same 404 as a missing object.
            self._s3().head_bucket(Bucket=self.bucket)

    # Writing

    @staticmethod
    def dict2blob(dictionary: dict[str, Any]) -> bytes:
        """The bytes under which a document is stored: equal documents give equal bytes."""
        return json.dumps(dictionary, sort_keys=True, separators=(",", ": "), indent=2).encode()

    def store_blob(self, blob: bytes, object_key: str) -> dict[str, Any]:
        """The server's answer to storing these bytes; an object of that key is replaced."""
        return dict(self._s3().put_object(Bucket=self.bucket, Key=self._key(object_key), Body=blob))

    def store_document(self, document: dict[str, Any], document_id: str) -> dict[str, Any]:
        """The server's answer to storing this document; one of that id is replaced."""
        return self.store_blob(self.dict2blob(document), document_id)

    def store_file(self, document_path: str | os.PathLike[str], document_id: str) -> dict[str, Any]:
        """The server's description of the object (as HEAD tells it) that now holds this file, of whatever size."""
        s3, key = self._s3(), self._key(document_id)
        from boto3.s3.transfer import TransferConfig

        # In parts from 8 MiB on, one after the other: a single PUT ends at 5 GiB, and threads would multiply memory.
        with Path(document_path).open("rb") as file:
            s3.upload_fileobj(file, self.bucket, key, Config=TransferConfig(use_threads=False))
        return dict(s3.head_object(Bucket=self.bucket, Key=key))

    def delete(self, object_key: str) -> None:
        """Delete an object; S3 does not tell whether there was one."""
        self._s3().delete_object(Bucket=self.bucket, Key=self._key(object_key))

    # Reading

    def retrieve_blob(self, object_key: str) -> bytes:
        """The bytes of an object. Raises NotFoundError where there is none."""
        with self._missing_as_not_found(object_key):
            answer = self._s3().get_object(Bucket=self.bucket, Key=self._key(object_key))
        blob: bytes = answer["Body"].read()
        return blob

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A document. Raises NotFoundError where there is none, SchemaError where the object is no JSON object."""
        blob = self.retrieve_blob(document_id)
        try:
            document = json.loads(blob)
        except (ValueError, RecursionError) as error:
            raise SchemaError(document_id, "the top", "a JSON object") from error
        if not isinstance(document, dict):
            raise SchemaError(document_id, "the top", "a JSON object")
        return document

    def retrieve_documents(self, document_ids: Iterable[str]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, document) for each of these ids, in their order; what was deleted in the meantime is left out."""
        for document_id in document_ids:
            try:
                document = self.retrieve_document(document_id)
            except NotFoundError:
                continue
            yield document_id, document

    def document_exists(self, document_id: str) -> bool:
        """Whether there is such an object (False in a missing bucket too, which HEAD cannot tell apart)."""
        try:
            self._head(document_id)
        except NotFoundError:
            return False
        return True

    def retrieve_document_attr(self, object_key: str, attr: str) -> Any:
        """One attribute of an object, as boto3 names it: last_modified, e_tag (quoted), content_length or another.

        Raises NotFoundError where there is no such object, AttributeError where it has no such attribute.
        """
        head = self._head(object_key)
        from botocore import xform_name

        attributes = {xform_name(name): value for name, value in head.items()}
        if attr not in attributes:
            raise AttributeError(f"{self._place(object_key)} has no attribute {attr!r}")
        return attributes[attr]

    # Listing: S3 sends keys in lexical order and at most a thousand at a time; only one such page is held.

    def iterate_listing(self, prefix_addition: str | None = "") -> Iterator[ListedObject]:
        """The objects whose id starts with prefix_addition, in lexical order."""
        paginator = self._s3().get_paginator("list_objects_v2")
        pages = paginator.paginate(Bucket=self.bucket, Prefix=f"{self.prefix}{prefix_addition or ''}")
        return (self._listed(entry) for page in pages for entry in page.get("Contents", ()))

    def get_document_listing(self, prefix_addition: str | None = "") -> Generator[str, None, None]:
        """The ids that start with prefix_addition, in lexical order."""
        listing = self.iterate_listing(prefix_addition)
        return (listed.document_id for listed in listing)

    def iterate_results(self, prefix_addition: str | None = None) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, document) for the ids that start with prefix_addition, in lexical order.

        Raises SchemaError at an object that is no JSON object.
        """
        return self.retrieve_documents(self.get_document_listing(prefix_addition))

    # Inside

    def _s3(self) -> Any:
        if self._client is None:
            raise NotConnectedError(f"{self!r} is not connected: call connect() first")
        if self._process != os.getpid():
            self.connect()  # after a fork: two processes must not talk over one socket
        return self._client

    def _key(self, object_key: str) -> str:
        if not object_key:
            raise ValueError("the id of an object must not be empty")
        return f"{self.prefix}{object_key}"

    def _place(self, object_key: str) -> str:
        return f"object {self._key(object_key)!r} in bucket {self.bucket!r}"

    def _head(self, object_key: str) -> dict[str, Any]:
        with self._missing_as_not_found(object_key):
            return dict(self._s3().head_object(Bucket=self.bucket, Key=self._key(object_key)))

    def _listed(self, entry: dict[str, Any]) -> ListedObject:
        document_id = entry["Key"].removeprefix(self.prefix)
        last_modified = entry["LastModified"].astimezone(UTC)  # boto3 gives it in the machine's own zone
        return ListedObject(document_id, entry["ETag"].strip('"'), last_modified, entry["Size"])

    @contextmanager
    def _missing_as_not_found(self, object_key: str) -> Iterator[None]:
        self._s3()
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING_KEY:
                raise
            raise NotFoundError(f"there is no {self._place(object_key)}") from error

    def _create_bucket_if_needed(self) -> None:
        """Create the bucket where it does not exist: for tests and tools."""
        s3 = self._s3()
        from botocore.exceptions import ClientError

        try:
            s3.create_bucket(Bucket=self.bucket)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 409:
                raise
            s3.head_bucket(Bucket=self.bucket)  # 409 says that it exists; this raises where it is somebody else's


def _make_client(host: str, key_id: str, secret_key: str, region: str | None) -> Any:
    """A client that knows what it is told here and nothing of the user's ~/.aws, not even whether that is sound."""
    import boto3
    import botocore.session

    nowhere = (None, None, os.devnull, None)
    core = botocore.session.Session(
        session_vars={"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
    )
    # boto3's default session is shared, and making clients from one session is not safe across threads: one each.
    session = boto3.session.Session(aws_access_key_id=key_id, aws_secret_access_key=secret_key, botocore_session=core)
    return session.client("s3", endpoint_url=host, region_name=region or _REGION_FOR_SIGNING, config=_client_config())


def _client_config() -> Any:
    from botocore.config import Config
    from botocore.endpoint import MAX_POOL_CONNECTIONS

    return Config(
        # Since boto3 1.36 every PUT carries a checksum by default, which Ceph refuses over TLS.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",
        connect_timeout=config.CONNECT_TIMEOUT.read() or None,
        read_timeout=_READ_TIMEOUT,
        # A connection for each thread of a sync: what finds no place in the pool is thrown away after one request.
        max_pool_connections=max(MAX_POOL_CONNECTIONS, config.SYNC_FETCH_AHEAD.read()),
        retries={"mode": "standard", "max_attempts": 4},
        s3={"addressing_style": "path"},  # an endpoint that is an IP address has no virtual hosts
    )
