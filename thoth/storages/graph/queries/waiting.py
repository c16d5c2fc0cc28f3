"""Questions about documents that are in the graph but for what they say of packages that nobody solved yet."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, column, func, select

from ..documents.ledger import AWAITED
from ..enums import DocumentKindEnum
from ..filters import DEFAULT_COUNT, Page
from ..models import SyncedDocument
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions

_LEDGER = table_of(SyncedDocument)


class WaitingDocumentRecord(NamedTuple):
    """A document of which a part is left out until packages are solved, and which ones those are, in which environment.

    Such as: flask 3.0.3 on https://pypi.org/simple in debian 12, Python 3.11.
    """

    kind: DocumentKindEnum
    document_id: str
    awaited: tuple[str, ...]


def _is_waiting() -> ColumnElement[bool]:
    """Whether a document waits; one that is to be synced again for another reason does not."""
    remark = func.unnest(_LEDGER.c.remarks).table_valued(column("remark", Text)).render_derived()
    awaits = select(remark).where(func.starts_with(remark.c.remark, AWAITED)).exists()
    return _LEDGER.c.to_sync_again & awaits


def _waiting(kind: DocumentKindEnum | None, *columns: ColumnElement[Any]) -> AnySelect:
    """Columns of the documents that wait, of one kind or of all."""
    statement = select(*columns).where(_is_waiting())
    return statement if kind is None else statement.where(_LEDGER.c.kind == kind)


class WaitingQueries(Questions):
    """Documents that wait for packages. Every sync that comes across them tells them to the graph again."""

    def get_waiting_documents_all(
        self, kind: DocumentKindEnum | None = None, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT
    ) -> list[WaitingDocumentRecord]:
        """The documents that wait and what they wait for, by kind (in the order of the enum) and id.

        Without a kind those of every kind; a count of None means all. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        statement = _waiting(kind, _LEDGER.c.kind, _LEDGER.c.document_id, _LEDGER.c.remarks)
        rows = self._ask(page.of(statement.order_by(_LEDGER.c.kind, _LEDGER.c.document_id)))
        return [WaitingDocumentRecord(row[0], row[1], _awaited(row[2])) for row in rows]

    def get_waiting_documents_count_all(self, kind: DocumentKindEnum | None = None) -> int:
        """How many documents wait, of one kind or of all."""
        return int(self._ask_value(_waiting(kind, func.count())))

    def get_waiting_documents_count_per_kind(self) -> dict[DocumentKindEnum, int]:
        """{kind: how many of its documents wait}, kinds of which none waits left out."""
        return dict(map(tuple, self._ask(_waiting(None, _LEDGER.c.kind, func.count()).group_by(_LEDGER.c.kind))))


def _awaited(remarks: list[str]) -> tuple[str, ...]:
    return tuple(remark.removeprefix(AWAITED) for remark in remarks if remark.startswith(AWAITED))
