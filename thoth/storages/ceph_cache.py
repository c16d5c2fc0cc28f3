"""Answers that services remember for a while, under a key of their own making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .exceptions import CacheMissError, NotFoundError, SchemaError
from .result_base import ResultStorageBase

LIFE = timedelta(hours=4)
"""How long a record counts as fresh after it was stored."""


class CephCache(ResultStorageBase):
    """Records under keys that the caller makes, such as the digest of a request; nothing in a record is checked.

    Nothing is ever deleted: a record is given whatever its age, and retrieve_document_ttl() tells whether it is fresh.
    """

    def retrieve_document_record(self, document_id: str) -> dict[str, Any]:
        """The record of this key, however old. Raises CacheMissError where there is none, or one that is broken."""
        try:
            return self.ceph.retrieve_document(document_id)
        except NotFoundError as error:
            raise CacheMissError(str(error)) from error
        except SchemaError as error:  # the caller makes a record anew where none is; so it is mended here, too
            raise CacheMissError(f"what is stored is no record: {error}") from error

    def store_document_record(self, document_id: str, document: dict[str, Any]) -> None:
        """Store a record under this key; the one that was there is replaced, and its life starts again."""
        self.ceph.store_document(document, document_id)

    def retrieve_document_ttl(self, document_id: str) -> float:
        """The seconds that are left of a record's four hours: 0.0 where they are over.

        Raises CacheMissError where there is no such record. The object storage says when it was stored; where its
        clock and this one differ, the seconds do too, but they are never negative and never more than four hours.
        """
        try:
            stored_at: datetime = self.ceph.retrieve_document_attr(document_id, "last_modified")
        except NotFoundError as error:
            raise CacheMissError(str(error)) from error
        left = LIFE - (_now() - stored_at)
        return min(max(left, timedelta(0)), LIFE).total_seconds()


def _now() -> datetime:
    """The time, by this machine's clock."""
    return datetime.now(UTC)
