"""Listings: S3 sends keys in lexical order and at most a thousand at a time; only one such page is held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from .ceph_faults import Place, explained
from .exceptions import StorageConnectionError, StorageRequestError

_Page = dict[str, Any]


class ListedObject(NamedTuple):
    """An object as a listing shows it: its ETag without quotes, when it was stored (aware UTC), its size in bytes."""

    document_id: str
    etag: str
    last_modified: datetime
    size: int


def listed(entry: _Page, prefix: str) -> ListedObject:
    """What a page says of an object, under its key without the prefix."""
    last_modified = entry["LastModified"].astimezone(UTC)  # boto3 gives it in the machine's own zone
    return ListedObject(entry["Key"].removeprefix(prefix), entry["ETag"].strip('"'), last_modified, entry["Size"])


def entries(s3: Any, bucket: Place, prefix: str, after: str | None) -> Iterator[_Page]:
    """What the server lists below a prefix, or, of that, behind a key; a page is asked for when it is needed."""
    asked = {"Bucket": bucket.bucket, "Prefix": prefix} | ({"StartAfter": after} if after else {})
    while True:
        page = _page(s3, bucket, asked)
        yield from page.get("Contents", ())
        if not page["IsTruncated"]:
            return
        asked["ContinuationToken"] = _next(page, asked, bucket)


def _page(s3: Any, bucket: Place, asked: dict[str, str]) -> _Page:
    with explained(bucket):
        page: _Page = s3.list_objects_v2(
            **asked
        )  # one that breaks off is no XML; botocore takes that for a passing fault
    if "IsTruncated" not in page:  # a page for people, that is well-formed by chance, would pass for an empty listing
        raise StorageConnectionError(f"{bucket}: what answers there is no object storage; check the endpoint")
    return page


def _next(page: _Page, asked: dict[str, str], bucket: Place) -> str:
    """What the next page is asked for with; one that was asked for already would never come to an end."""
    token = page.get("NextContinuationToken")
    if not token or token == asked.get("ContinuationToken"):
        raise StorageRequestError(f"{bucket}: a page of the listing does not say how it goes on", "IsTruncated")
    return str(token)
