"""What is kept of a document that could not be stored: why not, in words that a database can hold."""

from __future__ import annotations

from dataclasses import dataclass

from ...exceptions import SchemaError, ThothStorageExceptionError

REASON_LENGTH = 2000
"""Characters of an error; some repeat what a document says, whatever its length."""

PATH_LENGTH = 1000

ID_LENGTH = 600
"""Characters; of four bytes each, an entry of a B-tree still holds them. Keys of objects end at 1,024 bytes."""


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """Why a document could not be stored, and the ETag of the object it was read from, where that is known."""

    document_id: str
    reason: str
    json_path: str | None = None
    etag: str | None = None

    @classmethod
    def of(cls, document_id: str, error: Exception, etag: str | None = None) -> DocumentFault:
        """What an error says; a SchemaError names the place in the document and what was expected there."""
        path = None
        if isinstance(error, SchemaError):
            path, reason = error.path, f"expected {error.expected}"
        elif isinstance(error, ThothStorageExceptionError):
            reason = str(error)
        else:
            reason = f"{type(error).__name__}: {error}"  # the words alone may be no sentence: KeyError says 'name'
        return cls(
            storable(document_id, ID_LENGTH),
            storable(reason, REASON_LENGTH),
            None if path is None else storable(path, PATH_LENGTH),
            etag,
        )


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """What is remembered of a document that could not be stored."""

    etag: str | None
    was_synced_since: bool

    def holds(self, etag: str | None) -> bool:
        """Whether the object of this ETag is the one that could not be stored; None, for an unknown one, never is."""
        return etag is not None and etag == self.etag and not self.was_synced_since


def storable(text: str, length: int = ID_LENGTH) -> str:
    """The text as a database can hold it: no NUL, no lone surrogate, cut (with an ellipsis) where it is longer."""
    # Cut before and after: what is escaped grows, and texts of many megabytes are not looked through for the rest.
    escaped = text[: length + 1].replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
    return escaped if len(escaped) <= length else f"{escaped[: length - 1]}…"
