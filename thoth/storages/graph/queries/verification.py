"""Questions for comparing the graph with the stores: all that the ledger holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, func, select

from ..documents.ledger import LedgerEntry
from ..enums import DocumentKindEnum
from ..models import SyncedDocument
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions

LEDGER_PAGE = 2000
"""Rows of the ledger that are read at a time."""


class LedgerRecord(NamedTuple):
    """What the ledger holds of a document, and when it was synced; aware, in UTC."""

    document_id: str
    entry: LedgerEntry
    synced_at: datetime


@cache
def _ledger_page() -> AnySelect:
    """The documents of a kind that come after an id."""
    # In the order of the primary key, which is that of the database's own collation: no index serves another one, and
    # each page would sort the whole ledger.
    ledger = table_of(SyncedDocument)
    columns = (ledger.c.document_id, ledger.c.content_sha256, ledger.c.etag, ledger.c.to_sync_again, ledger.c.synced_at)
    of_kind = select(*columns).where(ledger.c.kind == bindparam("kind"))
    after = of_kind.where(ledger.c.document_id > bindparam("after")).order_by(ledger.c.document_id)
    return after.limit(bindparam("count"))


class VerificationQueries(Questions):
    """The ledger as a whole, beside what the stores list."""

    def get_database_time(self) -> datetime:
        """What the database's clock says, by which it stamps what is synced; aware, in UTC."""
        moment: datetime = self._ask_value(select(func.now()))
        return moment.astimezone(UTC)

    def iterate_synced_documents(
        self, kind: DocumentKindEnum, *, page_size: int = LEDGER_PAGE
    ) -> Iterator[LedgerRecord]:
        """Every document of a kind that the ledger holds, in the order in which the database sorts their ids.

        They are read in pages, one statement and one moment each. Those that are to be synced again are among them.
        Raises ValueError for a page of no size.
        """
        if page_size < 1:
            raise ValueError(f"a page has at least one row, not {page_size}")
        return self._ledger(kind, page_size)

    def _ledger(self, kind: DocumentKindEnum, page_size: int) -> Iterator[LedgerRecord]:
        after, is_more = "", True
        while is_more:
            rows = self._ask(_ledger_page(), {"kind": kind, "after": after, "count": page_size})
            for document_id, content_sha256, etag, to_sync_again, synced_at in rows:
                entry = LedgerEntry(content_sha256, etag, to_sync_again)
                yield LedgerRecord(document_id, entry, synced_at.astimezone(UTC))
                after = document_id
            is_more = len(rows) == page_size
