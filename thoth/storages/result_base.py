"""What the stores of analyzers' documents have in common."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict

from . import config
from .base import StorageBase
from .ceph import CephStore, ListedObject
from .ceph_prefetch import Wanted, documents_in_order
from .document_ids import date_of, document_id_of, is_document_id

if TYPE_CHECKING:
    from voluptuous import Schema

REQUEST_SUFFIX = ".request"


class StoreSettings(TypedDict, total=False):
    """What every store takes by keyword alone; what is left out or None is taken from the environment."""

    host: str | None
    key_id: str | None
    secret_key: str | None
    bucket: str | None
    region: str | None
    prefix: str | None


@dataclass(frozen=True)
class Period:
    """The days from first to last, both of them included."""

    first: date
    last: date

    @classmethod
    def between(cls, start_date: date | None, end_date: date | None, include_end_date: bool) -> Period | None:
        """From the start up to the end, or up to today (UTC) where no end is given; None where neither is.

        Raises ValueError where the end precedes the start, or equals it without being included.
        """
        start, end = _day(start_date), _day(end_date)
        if start is None and end is None:
            return None
        if start is not None and end is not None and (end < start or (end == start and not include_end_date)):
            raise ValueError(f"no day is left between {start} and {end}, include_end_date={include_end_date}")
        if end is None:
            end, include_end_date = datetime.now(UTC).date(), True
        return cls(start or date.min, end if include_end_date else end - timedelta(days=1))

    def contains(self, document_id: str) -> bool:
        """Whether the day in this id is one of the period; False for an id without one."""
        day = date_of(document_id)
        return day is not None and self.first <= day <= self.last

    def common_prefix(self) -> str:
        """What every day of the period starts with, as ids write days (YYMMDD of the years 2000 to 2099)."""
        first, last = max(self.first, date(2000, 1, 1)), min(self.last, date(2099, 12, 31))
        same = takewhile(lambda pair: pair[0] == pair[1], zip(f"{first:%y%m%d}", f"{last:%y%m%d}", strict=True))
        return "".join(digit for digit, _ in same)


class DeploymentStorage(StorageBase):
    """Objects of one type in one deployment: their keys start with <prefix>/<deployment>/<type>/."""

    RESULT_TYPE: ClassVar[str] = ""  # the last part of every object's prefix

    def __init__(
        self,
        deployment_name: str | None = None,
        *,
        host: str | None = None,
        key_id: str | None = None,
        secret_key: str | None = None,
        bucket: str | None = None,
        region: str | None = None,
        prefix: str | None = None,
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        if not self.RESULT_TYPE:
            raise AssertionError(f"{type(self).__name__} needs a RESULT_TYPE")
        self.deployment_name = deployment_name or config.DEPLOYMENT_NAME.read()
        self.prefix = f"{prefix or config.CEPH_BUCKET_PREFIX.read()}/{self.deployment_name}/{self._folder()}"
        self.ceph = CephStore(
            self.prefix, host=host, key_id=key_id, secret_key=secret_key, bucket=bucket, region=region
        )

    def is_connected(self) -> bool:
        """Whether connect() was called; nothing is asked of the server."""
        return self.ceph.is_connected()

    def connect(self) -> None:
        """Make the store usable; no request is sent."""
        self.ceph.connect()

    def check_connection(self) -> None:
        """Nothing, where the bucket can be used; else the StorageError that tells why not."""
        self.ceph.check_connection()

    def _folder(self) -> str:
        """The last part of every object's prefix, for a store that lies elsewhere than its type says."""
        return self.RESULT_TYPE


class ResultStorageBase(DeploymentStorage):
    """The documents of one analyzer in one deployment, with the requests that led to them beside them.

    A request is an object of its own: the document's id followed by .request. What else lies below the prefix is
    no document and stands in no listing: objects in folders, and those whose name ends in a suffix. Any other name
    may be an id, since those of 2019 are made of the names of hosts.
    """

    SCHEMA: ClassVar[Schema | None] = None  # what a document must look like to be stored; None accepts any
    ID_PREFIX: ClassVar[str] = ""  # what stands directly before the date in every id of the store; "" where that varies

    @classmethod
    def get_document_id(cls, document: dict[str, Any]) -> str:
        """The id that a document gives itself. Raises NoDocumentIdError where it gives none."""
        return document_id_of(document)

    def get_document_listing(
        self,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        include_end_date: bool = False,
        only_requests: bool = False,
    ) -> Generator[str, None, None]:
        """The ids of the documents, or of the requests (with their suffix) alone, in lexical order.

        With a start or an end only those whose id names a day from the start up to the end, which is itself left out
        unless include_end_date; without an end up to today (UTC), which is included. Ids of 2019 name no day.

        Raises ValueError where the end precedes the start, or equals it without being included.
        """
        period = Period.between(start_date, end_date, include_end_date)
        return self._listing(self.ID_PREFIX if period else "", period, only_requests)

    def iterate_listing(
        self,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        include_end_date: bool = False,
        only_requests: bool = False,
    ) -> Iterator[ListedObject]:
        """What get_document_listing() gives the ids of, with their ETags, moments and sizes; no request more is sent.

        An ETag is different when the object is another; what else it says depends on how the object was stored.
        """
        period = Period.between(start_date, end_date, include_end_date)
        return self._iterate(self.ID_PREFIX if period else "", period, only_requests)

    def get_document_count(self, *args: Any, **kwargs: Any) -> int:
        """How many ids get_document_listing() gives for the same arguments; they are listed to be counted."""
        return sum(1 for _ in self.get_document_listing(*args, **kwargs))

    def store_document(self, document: dict[str, Any], document_id: str | None = None) -> str:
        """The id under which the document is stored now: the one given, else the one it gives itself.

        Raises SchemaError where the document is not what SCHEMA demands, NoDocumentIdError where it has no id,
        ValueError for an id under which it would stand in no listing.
        """
        if document_id is None:
            document_id = self.get_document_id(document)
        check_document_id(document_id)
        if self.SCHEMA is not None:
            from .result_schema import validate

            validate(document, self.SCHEMA, document_id)
        self.ceph.store_document(document, self._object_key(document_id))
        return document_id

    def store_file(self, file_path: str | os.PathLike[str], file_id: str) -> str:
        """The id under which the file is stored now, which is the one given; nothing in it is checked."""
        self.ceph.store_file(file_path, file_id)
        return file_id

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A document. Raises NotFoundError where there is none, SchemaError where the object is no JSON object."""
        return self.ceph.retrieve_document(self._object_key(document_id))

    def iterate_results(
        self,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        include_end_date: bool = False,
    ) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, document) for the ids that get_document_listing() gives for the same arguments, in its order.

        Documents are fetched ahead, as CephStore.iterate_results() does. What was deleted in the meantime is left out.
        """
        listing = self.iterate_listing(start_date=start_date, end_date=end_date, include_end_date=include_end_date)
        return documents_in_order(self.retrieve_document, (Wanted(one.document_id, one.size) for one in listing))

    def document_exists(self, document_id: str) -> bool:
        """Whether there is a document of this id."""
        return self.ceph.document_exists(self._object_key(document_id))

    def store_request(self, document_id: str, request: dict[str, Any]) -> str:
        """The id of the document, after the request for it was stored; nothing in the request is checked."""
        self.ceph.store_document(request, _request_id(document_id))
        return document_id

    def retrieve_request(self, document_id: str) -> dict[str, Any]:
        """The request for a document. Raises NotFoundError where there is none."""
        return self.ceph.retrieve_document(_request_id(document_id))

    def request_exists(self, document_id: str) -> bool:
        """Whether there is a request for this document."""
        return self.ceph.document_exists(_request_id(document_id))

    # What a store may do in its own way: what its objects are called

    def _object_key(self, document_id: str) -> str:
        """The key, below the prefix, of the object that holds a document."""
        return document_id

    def _objects(self, id_prefix: str) -> Iterator[ListedObject]:
        """The objects that hold documents and requests, under the ids of these, where those start with id_prefix."""
        return self.ceph.iterate_listing(id_prefix)

    def _iterate(self, id_prefix: str, period: Period | None, only_requests: bool) -> Iterator[ListedObject]:
        """What starts with id_prefix (directly followed by the date where there is a period), filtered."""
        objects = self._objects(id_prefix + period.common_prefix() if id_prefix and period else id_prefix)
        return (listed for listed in objects if _is_listed(listed.document_id, period, only_requests))

    def _listing(self, id_prefix: str, period: Period | None, only_requests: bool) -> Generator[str, None, None]:
        """The ids of the same."""
        listing = self._iterate(id_prefix, period, only_requests)
        return (listed.document_id for listed in listing)


def check_document_id(document_id: str) -> None:
    """Nothing, for an id under which a document can be stored and is listed; ValueError for any other."""
    if not document_id:
        raise ValueError("the id of a document must not be empty")
    if not is_document_id(document_id):
        raise ValueError(f"{document_id!r} is no id of a document: it holds a slash or ends in a suffix")


def _is_listed(document_id: str, period: Period | None, only_requests: bool) -> bool:
    if document_id.endswith(REQUEST_SUFFIX) != only_requests:
        return False
    if not is_document_id(document_id.removesuffix(REQUEST_SUFFIX)):
        return False
    return period is None or period.contains(document_id)


def _day(value: date | None) -> date | None:
    """The day (UTC) of a date or a datetime, since callers pass both; a naive datetime is in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    return value


def _request_id(document_id: str) -> str:
    """The id of a document's request, given the document's or, from a listing of requests, already the request's."""
    if not document_id:
        raise ValueError("the id of a document must not be empty")
    return document_id.removesuffix(REQUEST_SUFFIX) + REQUEST_SUFFIX
