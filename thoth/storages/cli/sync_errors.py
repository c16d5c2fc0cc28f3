"""What errors mean to whoever runs a sync: an exit code, and one line."""

from __future__ import annotations

from typing import NamedTuple

from ..exceptions import (
    DatabaseError,
    DatabaseNotInitializedError,
    SchemaError,
    SettingError,
    StorageError,
    ThothStorageExceptionError,
)
from .leaving import FAILED, NEEDS_SOMETHING, UNREACHABLE


class Ending(NamedTuple):
    """How a sync ended: with this exit code and, unless that is 0, with this message."""

    code: int
    message: str | None = None


class NotReadyError(Exception):
    """The database cannot be synced to as it is; the exit code says why."""

    def __init__(self, message: str, code: int) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code


def code_of(error: Exception) -> int:
    """The exit code of an error."""
    if isinstance(error, NotReadyError):
        return error.code
    if isinstance(error, SettingError | DatabaseNotInitializedError):
        return NEEDS_SOMETHING
    if is_the_stores(error) or (isinstance(error, DatabaseError) and not _notes(error)):
        return UNREACHABLE
    return FAILED


def is_expected(error: Exception) -> bool:
    """Whether it is no defect of ours."""
    return isinstance(error, ThothStorageExceptionError | OSError)


def is_a_documents(error: Exception) -> bool:
    """Whether it was a document that ended a sync: then a note names it."""
    return code_of(error) == FAILED and bool(_notes(error))


def is_the_stores(error: Exception) -> bool:
    """Whether it is the object store that was not there, or refused us; not where one object in it is at fault."""
    return isinstance(error, StorageError) and not isinstance(error, SchemaError)


def message_of(error: Exception) -> str:
    """What an error says, in one line, and its notes, unless they name what it names."""
    place = "the object store: " if is_the_stores(error) else ""
    words = _of_a_file(error) or str(error) or type(error).__name__
    notes = [note for note in _notes(error) if note.removeprefix("while ").removesuffix(" was synced") not in words]
    return printable("; ".join([f"{place}{words}", *notes]))


def printable(text: str) -> str:
    """The text on one line, with what would move a terminal's cursor written as an escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _of_a_file(error: Exception) -> str | None:
    """The file that could not be used, and why; None where it was no file."""
    if not isinstance(error, OSError) or error.filename is None or error.strerror is None:
        return None
    return f"cannot use {error.filename}: {error.strerror}"


def _notes(error: Exception) -> list[str]:
    return getattr(error, "__notes__", [])
