"""What the ledger keeps of every document, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..enums import DocumentKindEnum


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document's ledger row."""

    document_id: str
    kind: DocumentKindEnum
    content_sha256: bytes
    created_at: datetime
    remarks: tuple[str, ...] = ()
