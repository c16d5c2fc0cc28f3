"""The head that documents of most kinds share: who made it, when, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...document_ids import document_id_of
from ...exceptions import SchemaError
from ..enums import DocumentKindEnum
from .ledger import DocumentRow
from .reading import Place, content_sha256


@dataclass(frozen=True, slots=True)
class Opened:
    """A document, at its id and its two parts."""

    document_id: str
    metadata: Place
    result: Place

    @property
    def analyzer_name(self) -> str:
        """What made the document."""
        return self.metadata["analyzer"].name()

    @property
    def analyzer_version(self) -> str:
        """The version of what made it."""
        return self.metadata["analyzer_version"].name()

    @property
    def made_at(self) -> datetime:
        """When it was made."""
        return self.metadata["datetime"].moment()

    @property
    def duration(self) -> int | None:
        """How many seconds that took; documents of 2019 do not say."""
        return optional_number(self.metadata, "duration")

    def arguments(self, of: str) -> Place:
        """The arguments of one of the commands that made it."""
        return self.metadata["arguments"][of]


def open_document(document: Any, what: str) -> Opened:
    """A document's parts. Raises SchemaError where it is no JSON object, or has no id, metadata or result."""
    if not isinstance(document, dict):
        raise SchemaError(None, "the top", f"{what}: a JSON object")
    document_id = Place(None, "metadata.document_id", document_id_of(document)).name()
    top = Place(document_id, "", document)
    return Opened(document_id, top["metadata"], top["result"])


def ledger_row(opened: Opened, kind: DocumentKindEnum, document: Any, remarks: Iterable[str]) -> DocumentRow:
    """The document's ledger row; to be made when all remarks are known."""
    return DocumentRow(
        document_id=opened.document_id,
        kind=kind,
        content_sha256=content_sha256(opened.document_id, document),
        created_at=opened.made_at,
        remarks=tuple(remarks),
    )


def optional_number(place: Place, key: str) -> int | None:
    """The whole number under a key, None where there is none."""
    value = place.get(key)
    return None if value is None else value.whole_number()


def optional_signed_number(place: Place, key: str) -> int | None:
    """The whole number under a key, which may be negative; None where there is none."""
    value = place.get(key)
    if value is None:
        return None
    if not isinstance(value.value, int) or isinstance(value.value, bool) or not -(2**63) <= value.value < 2**63:
        raise value.refuse("a whole number from -2^63 to 2^63 - 1")
    return value.value


def optional_flag(place: Place, key: str, *, default: bool) -> bool:
    """The truth value under a key."""
    value = place.get(key)
    return default if value is None else value.flag()
