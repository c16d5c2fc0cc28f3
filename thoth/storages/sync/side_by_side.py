"""What a store lists and what the ledger holds, side by side and in one order, however many documents there are.

Neither comes in an order in which the other could be asked for: which of the folders a/ and a-1/ stands first differs
between servers, and how ids are sorted between databases. So both are put into a file, which SQLite sorts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from ..ceph import ListedObject
from ..graph.documents.ledger import LedgerEntry
from ..graph.queries.verification import LedgerRecord

_AT_A_TIME = 1000
_KIBIBYTES = 16 * 1024  # of the file that are held in memory

_TABLE = """
CREATE TABLE document (
    document_id TEXT PRIMARY KEY,
    etag TEXT, size INTEGER, stored_at TEXT,
    is_known INTEGER NOT NULL DEFAULT FALSE, content_sha256 BLOB, known_etag TEXT, to_sync_again INTEGER, synced_at TEXT
) WITHOUT ROWID
"""
_LISTED = "INSERT OR REPLACE INTO document (document_id, etag, size, stored_at) VALUES (?, ?, ?, ?)"
_KNOWN = """
INSERT INTO document (document_id, is_known, content_sha256, known_etag, to_sync_again, synced_at)
VALUES (?, TRUE, ?, ?, ?, ?)
ON CONFLICT (document_id) DO UPDATE SET is_known = TRUE, content_sha256 = excluded.content_sha256,
    known_etag = excluded.known_etag, to_sync_again = excluded.to_sync_again, synced_at = excluded.synced_at
"""
_BOTH = """
SELECT document_id, etag, size, stored_at, is_known, content_sha256, known_etag, to_sync_again, synced_at
FROM document ORDER BY document_id
"""


class Compared(NamedTuple):
    """A document as the store lists it (without an ETag where it does not) and as the ledger holds it, if it does."""

    document_id: str
    etag: str | None = None
    size: int = 0
    stored_at: datetime | None = None
    entry: LedgerEntry | None = None
    synced_at: datetime | None = None


class SideBySide:
    """A table in a temporary file that nobody else sees; it goes away with close(), or with the process.

    Its methods raise OSError where the file cannot be written, a full disk for example.
    """

    def __init__(self) -> None:
        """Make the table; the file comes when memory is no longer enough."""
        with _temporary_file():
            # The one that closes an iterator need not be the thread that began it.
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = OFF")  # what is lost is made again
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(f"PRAGMA cache_size = -{_KIBIBYTES}")
            self._database.execute(_TABLE)
            self._database.execute("BEGIN")  # else each row is brought to the file by itself, at ten times the cost

    def close(self) -> None:
        """Remove it."""
        self._database.close()

    def put_listed(self, listing: Iterable[ListedObject], so_far: Callable[[int], None]) -> int:
        """How many documents a store lists, after all were put in; so_far is told now and then."""
        rows = ((one.document_id, one.etag, one.size, one.last_modified.isoformat()) for one in listing)
        return self._put(_LISTED, rows, so_far)

    def put_known(self, records: Iterable[LedgerRecord], so_far: Callable[[int], None]) -> int:
        """How many documents the ledger holds, after all were put in; so_far is told now and then."""
        rows = ((one.document_id, *_fields(one.entry), one.synced_at.isoformat()) for one in records)
        return self._put(_KNOWN, rows, so_far)

    def count(self) -> int:
        """How many documents there are, in the store, in the ledger or in both."""
        with _temporary_file():
            return int(self._database.execute("SELECT count(*) FROM document").fetchone()[0])

    def pages(self) -> Iterator[list[Compared]]:
        """All of them by id, as their bytes sort."""
        with _temporary_file():
            cursor = self._database.execute(_BOTH)
            while rows := cursor.fetchmany(_AT_A_TIME):
                yield [_compared(*row) for row in rows]

    def _put(self, statement: str, rows: Iterator[tuple[Any, ...]], so_far: Callable[[int], None]) -> int:
        put = 0
        while chunk := list(islice(rows, _AT_A_TIME)):
            with _temporary_file():
                self._database.executemany(statement, chunk)
            put += len(chunk)
            so_far(put)
        return put


def _fields(entry: LedgerEntry) -> tuple[bytes | None, str | None, bool]:
    return entry.content_sha256, entry.etag, entry.to_sync_again


def _compared(document_id: str, etag: str | None, size: int | None, stored_at: str | None, *known: Any) -> Compared:
    is_known, content_sha256, known_etag, to_sync_again, synced_at = known
    entry = LedgerEntry(content_sha256, known_etag, bool(to_sync_again)) if is_known else None
    return Compared(document_id, etag, size or 0, _moment(stored_at), entry, _moment(synced_at))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@contextmanager
def _temporary_file() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(f"a temporary file is needed (TMPDIR says where), and it cannot be used: {error}") from error
