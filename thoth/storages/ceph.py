"""Documents and other blobs in object storage: the S3 protocol, as Ceph, SeaweedFS and Amazon speak it.

boto3 takes longest to import of all this library uses, so nothing here loads it before connect().
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from . import config
from .base import StorageBase
from .ceph_client import Access, Client, check_bucket, check_endpoint, check_key, check_region, client_of, shown
from .ceph_faults import Place, explained
from .ceph_listing import ListedObject, entries, listed
from .ceph_prefetch import Wanted, documents_in_order
from .ceph_transfers import read_object
from .exceptions import (
    DocumentCorruptedError,
    NotConnectedError,
    NotFoundError,
    SettingError,
    StorageAccessError,
    StorageConnectionError,
)
from .replaced_files import written_beside

__all__ = ["CephStore", "ListedObject"]

_CHECKS: tuple[tuple[str, config.Setting[str], Callable[[Any], None]], ...] = (
    ("host", config.S3_ENDPOINT_URL, check_endpoint),
    ("key_id", config.CEPH_KEY_ID, check_key),
    ("secret_key", config.CEPH_SECRET_KEY, check_key),
    ("bucket", config.CEPH_BUCKET, check_bucket),
    ("region", config.CEPH_REGION, check_region),
)


class CephStore(StorageBase):
    """The objects below one prefix of one bucket; an object's id is its key without that prefix.

    What goes wrong comes as one of five errors, all of them a StorageError: StorageConnectionError where no object
    storage is there, StorageAccessError where it refuses the access key, BucketNotFoundError, StorageUnavailableError
    where a passing fault outlasted several tries, StorageRequestError where it refuses for another reason. A try ends
    THOTH_STORAGES_CONNECT_TIMEOUT seconds after it began to connect, or THOTH_STORAGES_READ_TIMEOUT seconds after the
    last byte; there are THOTH_STORAGES_REQUEST_ATTEMPTS of them, with pauses of random length in between.
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
        given = {"host": host, "key_id": key_id, "secret_key": secret_key, "bucket": bucket, "region": region}
        self._given = frozenset(name for name, value in given.items() if value)
        self._client: Client | None = None

    def __repr__(self) -> str:
        """Where the objects are; never a key."""
        return f"{type(self).__name__}(prefix={self.prefix!r}, host={shown(self.host)!r}, bucket={self.bucket!r})"

    # Connecting

    def is_connected(self) -> bool:
        """Whether connect() was called; nothing is asked of the server."""
        return self._client is not None

    def connect(self) -> None:
        """Make the store usable. No request is sent and no bucket created: check_connection() asks the server.

        Raises SettingError where a setting cannot be what it should, the URL of a server for example, ValueError where
        an argument cannot.
        """
        self._check_settings()
        self._client = client_of(Access(self.host, self.region, self.key_id, self.secret_key))

    def check_connection(self) -> None:
        """Nothing, where the bucket can be used; else the StorageError that tells why not."""
        self.document_exists("foo")

    # Writing

    @staticmethod
    def dict2blob(dictionary: dict[str, Any]) -> bytes:
        """The bytes under which a document is stored: equal documents give equal bytes."""
        return json.dumps(dictionary, sort_keys=True, separators=(",", ": "), indent=2).encode()

    def store_blob(self, blob: bytes, object_key: str) -> dict[str, Any]:
        """The server's answer to storing these bytes; an object of that key is replaced, as a whole or not at all."""
        s3, place = self._s3(), self._place(object_key)
        with explained(place):
            return dict(s3.put_object(Bucket=place.bucket, Key=place.key, Body=blob))

    def store_document(self, document: dict[str, Any], document_id: str) -> dict[str, Any]:
        """The server's answer to storing this document; one of that id is replaced."""
        return self.store_blob(self.dict2blob(document), document_id)

    def store_file(self, document_path: str | os.PathLike[str], document_id: str) -> dict[str, Any]:
        """The server's description of the object (as HEAD tells it) that now holds this file, of whatever size.

        An object of that id is replaced, as a whole or not at all. Raises OSError where the file cannot be read.
        """
        s3, place = self._s3(), self._place(document_id)
        from boto3.s3.transfer import TransferConfig

        # In parts from 8 MiB on, one after the other: a single PUT ends at 5 GiB, and threads would multiply memory.
        with Path(document_path).open("rb") as file, explained(place):
            s3.upload_fileobj(file, place.bucket, place.key, Config=TransferConfig(use_threads=False))
            return dict(s3.head_object(Bucket=place.bucket, Key=place.key))

    def copy(self, object_key: str, prefix: str) -> dict[str, Any]:
        """The server's answer to copying an object to below another prefix of the bucket, under the same id.

        The server copies the bytes as they are, whatever is in them (up to 5 GiB, S3's limit of one request); an object
        that is there is replaced. Raises NotFoundError where there is none to copy.
        """
        s3, place = self._s3(), self._place(object_key)
        source = {"Bucket": place.bucket, "Key": place.key}
        with explained(place):
            return dict(
                s3.copy_object(Bucket=place.bucket, Key=f"{prefix.rstrip('/')}/{object_key}", CopySource=source)
            )

    def delete(self, object_key: str) -> None:
        """Delete an object; S3 does not tell whether there was one."""
        s3, place = self._s3(), self._place(object_key)
        with explained(place):
            s3.delete_object(Bucket=place.bucket, Key=place.key)

    # Reading

    def retrieve_blob(self, object_key: str) -> bytes:
        """The bytes of an object. Raises NotFoundError where there is none.

        What breaks off is read again. Raises DocumentCorruptedError where it always ends with the same bytes, and they
        are fewer than the server promises, or not those that the object's ETag is the MD5 of.
        """
        return self._retrieve(object_key)[0]

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A document.

        Raises NotFoundError where there is none, DocumentCorruptedError (a SchemaError) where the object is no JSON
        object or what retrieve_blob() raises it for.
        """
        blob, is_of_s3 = self._retrieve(document_id)
        try:
            document = json.loads(blob)
        except (ValueError, RecursionError) as error:
            raise self._no_document(document_id, blob, is_of_s3) from error
        if not isinstance(document, dict):
            raise self._no_document(document_id, blob, is_of_s3)
        return document

    def retrieve_file(self, document_id: str, path: str | os.PathLike[str]) -> None:
        """Put an object, of whatever size, into a file that only its owner may read; one that is there is replaced.

        It is replaced as a whole, when all of the object is on the disk; else it stays as it was, and nothing is left
        beside it. Raises what retrieve_blob() does, OSError where the file cannot be written.
        """
        s3, place = self._s3(), self._place(document_id)
        with written_beside(Path(os.path.realpath(path))) as temporary, temporary.open("wb") as file:
            read_object(s3, place, document_id, file)

    def retrieve_documents(self, document_ids: Iterable[str]) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, document) for each of these ids, in their order; what was deleted in the meantime is left out.

        THOTH_STORAGES_SYNC_FETCH_AHEAD documents are fetched at the same time, ahead of the one that is given.
        """
        self._s3()
        return documents_in_order(self.retrieve_document, map(Wanted, document_ids))

    def document_exists(self, document_id: str) -> bool:
        """Whether there is such an object. Raises BucketNotFoundError where there is not even the bucket."""
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

    # Listing

    def iterate_listing(self, prefix_addition: str | None = "", *, after: str | None = None) -> Iterator[ListedObject]:
        """The objects whose id starts with prefix_addition, in lexical order; after an id, those behind it.

        A listing that ended early goes on with after=, given the last id it gave, which need not exist any more.
        """
        s3, bucket = self._s3(), self._place(None)
        behind = None if after is None else f"{self.prefix}{after}"
        found = entries(s3, bucket, f"{self.prefix}{prefix_addition or ''}", behind)
        return (listed(entry, self.prefix) for entry in found)

    def get_document_listing(self, prefix_addition: str | None = "") -> Generator[str, None, None]:
        """The ids that start with prefix_addition, in lexical order."""
        listing = self.iterate_listing(prefix_addition)
        return (one.document_id for one in listing)

    def iterate_results(self, prefix_addition: str | None = None) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, document) for the ids that start with prefix_addition, in lexical order.

        Documents are fetched ahead, as retrieve_documents() does, but of large ones fewer. What was deleted in the
        meantime is left out. Raises in its turn what retrieve_document() raises, but NotFoundError.
        """
        listing = self.iterate_listing(prefix_addition)
        return documents_in_order(self.retrieve_document, (Wanted(one.document_id, one.size) for one in listing))

    # Inside

    def _s3(self) -> Any:
        if self._client is None:
            raise NotConnectedError(f"{self!r} is not connected: call connect() first")
        if self._client.process != os.getpid():
            self.connect()  # after a fork: two processes must not talk over one socket
        return self._client.s3

    def _check_settings(self) -> None:
        for name, setting, check in _CHECKS:
            try:
                check(getattr(self, name))
            except ValueError as error:
                if name in self._given:
                    raise ValueError(f"{name}: expected {error}") from None
                raise SettingError(setting.names[0], str(error)) from None

    def _place(self, object_key: str | None) -> Place:
        """Where an object is; without a key, the bucket."""
        if object_key is None:
            return Place(self.host, self.bucket)
        if not object_key:
            raise ValueError("the id of an object must not be empty")
        return Place(self.host, self.bucket, f"{self.prefix}{object_key}")

    def _retrieve(self, object_key: str) -> tuple[bytes, bool]:
        """The bytes of an object, and whether what sent them says that it is S3."""
        s3, place, into = self._s3(), self._place(object_key), BytesIO()
        is_of_s3 = read_object(s3, place, object_key, into)
        return into.getvalue(), is_of_s3

    def _no_document(self, document_id: str, blob: bytes, is_of_s3: bool) -> Exception:
        place = self._place(document_id)
        if not is_of_s3:  # a page to log in, or that of a site under maintenance, says nothing of the document
            return StorageConnectionError(f"{place}: what answers there is no object storage; check the endpoint")
        return DocumentCorruptedError(document_id, place.bucket, str(place.key), len(blob))

    def _head(self, object_key: str) -> dict[str, Any]:
        s3, place = self._s3(), self._place(object_key)
        try:
            with explained(place):
                return dict(s3.head_object(Bucket=place.bucket, Key=place.key))
        except NotFoundError:
            self._check_bucket()  # to HEAD, a missing bucket answers the same as a missing object
            raise

    def _check_bucket(self) -> None:
        try:
            with explained(self._place(None)):
                self._s3().head_bucket(Bucket=self.bucket)
        except StorageAccessError:
            pass  # it is there: we may look at objects in it, if not at it

    def _create_bucket_if_needed(self) -> None:
        """Create the bucket where it does not exist: for tests and tools."""
        s3, bucket = self._s3(), self._place(None)
        from botocore.exceptions import ClientError

        with explained(bucket):
            try:
                s3.create_bucket(Bucket=bucket.bucket)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 409:
                    raise
                s3.head_bucket(Bucket=bucket.bucket)  # 409 says it exists; this raises where it is somebody else's
