"""What the ledger keeps of every document, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..enums import DocumentKindEnum

AWAITED = "left out until it is solved: "
"""What a remark on a package that nobody solved yet starts with."""


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document's ledger row."""

    document_id: str
    kind: DocumentKindEnum
    content_sha256: bytes
    created_at: datetime
    remarks: tuple[str, ...] = ()
    etag: str | None = None

    def read_from(self, etag: str | None) -> DocumentRow:
        """The row of this document as it was read from the object of an ETag; None where that is not known."""
        return replace(self, etag=etag)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What the ledger holds of a document; neither content nor ETag is known of one that an older release synced."""

    content_sha256: bytes | None
    etag: str | None
    to_sync_again: bool

    def is_settled(self, etag: str | None) -> bool:
        """Whether the object of this ETag need not be read; None means that the document is known by its id alone.

        So is what an older release synced, however it is listed: else a graph that was adopted would be written anew
        as a whole.
        """
        if self.to_sync_again:
            return False
        return etag in (None, self.etag) or self.content_sha256 is None
