"""Reading JSON that others wrote: every step knows where it stands, so that an error can say so."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...exceptions import SchemaError

NAME_BYTES = 256
"""Names and versions are keys; what is longer names nothing, and a B-tree entry ends at 2,704 bytes."""

URL_BYTES = 2048

_SHA256 = re.compile(r"[0-9a-f]{64}")


class TooLongError(SchemaError):
    """A name is longer than a key can be; the item that it names is left out, with a remark, and the rest is kept."""


@dataclass(slots=True)  # not frozen: that would take three times as long, and there are thousands of them
class Place:
    """A value in a document, and the way to it."""

    document_id: str | None
    path: str
    value: Any

    def refuse(self, expected: str) -> SchemaError:
        """The error that says what should have been here."""
        return SchemaError(self.document_id, self.path, f"{expected}, not {_kind(self.value)}")

    def __getitem__(self, key: str) -> Place:
        """What is under a key that must be there."""
        place = self.get(key)
        if place is None:
            raise SchemaError(self.document_id, f"{self.path}.{key}".lstrip("."), "a value, but the key is missing")
        return place

    def get(self, *keys: str) -> Place | None:
        """What is under the first of these keys that is there and not null."""
        if not isinstance(self.value, dict):
            raise self.refuse("an object")
        for key in keys:
            value = self.value.get(key)
            if value is not None:
                return Place(self.document_id, f"{self.path}.{key}" if self.path else key, value)
        return None

    def values(self) -> list[Any]:
        """The items of this list, of which item() says where they stand."""
        if not isinstance(self.value, list):
            raise self.refuse("a list")
        return self.value

    def item(self, number: int) -> Place:
        """One of the items of this list."""
        return Place(self.document_id, f"{self.path}[{number}]", self.value[number])

    def each(self) -> Iterator[Place]:
        """The items of this list, in its order."""
        for number, value in enumerate(self.values()):
            yield Place(self.document_id, f"{self.path}[{number}]", value)

    def items(self, key: str) -> Iterator[Place]:
        """The items of the list under a key; none where there is no such key."""
        place = self.get(key)
        return iter(()) if place is None else place.each()

    def text(self, limit: int | None = None) -> str:
        """A text that a database can hold: no NUL, no lone surrogate, no more bytes than the limit."""
        value = self.value
        if not isinstance(value, str):
            raise self.refuse("a text")
        size = len(value)
        if not value.isascii():
            try:
                size = len(value.encode())
            except UnicodeEncodeError:
                raise SchemaError(self.document_id, self.path, "a text without lone surrogates") from None
        if "\x00" in value:
            raise SchemaError(self.document_id, self.path, "a text without NUL characters")
        if limit is not None and size > limit:
            raise TooLongError(self.document_id, self.path, f"at most {limit} bytes, not {size}")
        return value

    def name(self) -> str:
        """A text that can be a key: something is in it, and it is not too long."""
        if is_plain_name(self.value):
            return str(self.value)
        text = self.text(NAME_BYTES)
        if not text.strip():
            raise SchemaError(self.document_id, self.path, "a text that is not empty")
        return text

    def sha256(self) -> str:
        """This digest, in lower case."""
        digest = self.text().lower()
        if not _SHA256.fullmatch(digest):
            raise self.refuse("a sha256 digest of 64 hexadecimal digits")
        return digest

    def flag(self) -> bool:
        """A truth value."""
        if not isinstance(self.value, bool):
            raise self.refuse("true or false")
        return self.value

    def whole_number(self) -> int:
        """A number that is not negative and that a BIGINT can hold."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not 0 <= self.value < 2**63:
            raise self.refuse("a whole number that is not negative and less than 2^63")
        return self.value

    def moment(self) -> datetime:
        """A point in time (ISO 8601); one that names no zone is UTC."""
        text = self.text()
        try:
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise SchemaError(self.document_id, self.path, "a time in ISO 8601") from None


def is_plain_name(value: Any) -> bool:
    """Whether a value is a name beyond doubt, as nearly all are; of any other, Place.name() tells what it is."""
    if type(value) is not str or len(value) > NAME_BYTES:
        return False
    return value.isascii() and value.isprintable() and value.strip() != ""


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def content_sha256(document_id: str, document: Any) -> bytes:
    """The digest of a document's canonical JSON: keys sorted, no spaces. Raises SchemaError for what is not JSON."""
    try:
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(document_id, "the top", "JSON, nested no deeper than Python can follow") from error
    return hashlib.sha256(canonical.encode()).digest()
