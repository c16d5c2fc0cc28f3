"""Questions about the documents that could not be stored, and what one can tell the graph of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, exists, func, select

from ..arrays import is_one_of
from ..documents.quarantine import DocumentFault, QuarantineEntry, storable
from ..enums import DocumentKindEnum, checked_kind
from ..filters import DEFAULT_COUNT, Page
from ..models import QuarantinedDocument, SyncedDocument
from ..models_base import table_of
from ..sql_types import AnyRow, AnySelect
from ..writers.quarantine import quarantine, release
from .base import Questions

_TABLE = table_of(QuarantinedDocument)


class QuarantinedDocumentRecord(NamedTuple):
    """A document that could not be stored: why, since when, how often it was tried; the moments are aware, in UTC.

    json_path is the place in the document (result.tree[3].sha256[0]), where the error names one; the ETag is that of
    the object it was read from, where it was listed.
    """

    kind: DocumentKindEnum
    document_id: str
    reason: str
    json_path: str | None
    etag: str | None
    first_at: datetime
    last_at: datetime
    times: int


_RECORD = [_TABLE.c[name] for name in QuarantinedDocumentRecord._fields]


def _record(row: AnyRow) -> QuarantinedDocumentRecord:
    record = QuarantinedDocumentRecord(*row)
    return record._replace(first_at=record.first_at.astimezone(UTC), last_at=record.last_at.astimezone(UTC))


def _was_synced_since() -> ColumnElement[bool]:
    """Whether a document in quarantine was synced since it was put there; the next sync takes its row away."""
    ledger = table_of(SyncedDocument)
    same = (ledger.c.document_id == _TABLE.c.document_id) & (ledger.c.kind == _TABLE.c.kind)
    return exists().where(same, ledger.c.synced_at > _TABLE.c.last_at)


def _quarantined(kind: DocumentKindEnum | None, *columns: ColumnElement[Any]) -> AnySelect:
    """Columns of the documents in quarantine, of one kind or of all."""
    statement = select(*columns).select_from(_TABLE).where(~_was_synced_since())
    return statement if kind is None else statement.where(_TABLE.c.kind == checked_kind(kind))


class QuarantineQueries(Questions):
    """Documents that could not be stored, for a reason that lies in them."""

    def get_quarantined_documents_all(
        self, kind: DocumentKindEnum | None = None, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT
    ) -> list[QuarantinedDocumentRecord]:
        """The documents in quarantine and what is wrong with them, by kind (in the order of the enum) and id.

        Without a kind those of every kind; a count of None means all. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        statement = _quarantined(kind, *_RECORD).order_by(_TABLE.c.kind, _TABLE.c.document_id)
        return [_record(row) for row in self._ask(page.of(statement))]

    def get_quarantined_documents(
        self, document_ids: Iterable[str], kind: DocumentKindEnum
    ) -> dict[str, QuarantinedDocumentRecord]:
        """{id: what was wrong with it} of those of the ids under which a document of this kind is in quarantine.

        One statement, however many there are. Those that were synced since then are among them, too.
        """
        named = select(*_RECORD).where(is_one_of(_TABLE.c.document_id, "ids"), _TABLE.c.kind == checked_kind(kind))
        records = map(_record, self._ask(named, {"ids": list(document_ids)}))
        return {record.document_id: record for record in records}

    def get_quarantined_documents_count_all(self, kind: DocumentKindEnum | None = None) -> int:
        """How many documents are in quarantine, of one kind or of all."""
        return int(self._ask_value(_quarantined(kind, func.count())))

    def quarantined_documents(self, document_ids: Iterable[str], kind: DocumentKindEnum) -> dict[str, QuarantineEntry]:
        """{id: what is remembered} of those of the ids under which a document of this kind was put into quarantine.

        One statement, however many there are. Those that were synced since then are among them.
        """
        entry = select(_TABLE.c.document_id, _TABLE.c.etag, _was_synced_since())
        named = entry.where(is_one_of(_TABLE.c.document_id, "ids"), _TABLE.c.kind == kind)
        return {row[0]: QuarantineEntry(*row[1:]) for row in self._ask(named, {"ids": list(document_ids)})}

    def release_quarantined_documents(self, document_ids: Iterable[str], kind: DocumentKindEnum | None = None) -> int:
        """How many documents of these ids, of one kind or of any, were let out of quarantine, to be tried again."""
        ids = [storable(document_id) for document_id in document_ids]
        return self._tell(lambda session: release(session, ids, kind))

    def note_quarantine(
        self, kind: DocumentKindEnum, faults: Sequence[DocumentFault] = (), released: Sequence[str] = ()
    ) -> None:
        """Note which documents of a kind could not be stored, and which ones were; a statement for each, if any."""
        # Each in a transaction of its own, which takes its locks in one order for all writers.
        if released:
            self._tell(lambda session: release(session, released, kind))
        if faults:
            self._tell(lambda session: quarantine(session, kind, faults))
