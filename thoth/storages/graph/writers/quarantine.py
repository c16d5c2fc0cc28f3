"""Documents that could not be stored: remembered while that is so, forgotten when they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import bindparam, cast, collate, delete, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete

from ..arrays import given_rows, is_one_of, parameters_of
from ..documents.quarantine import DocumentFault
from ..enums import DocumentKindEnum
from ..models import QuarantinedDocument
from ..models_base import table_of

_COLUMNS = ("document_id", "reason", "json_path", "etag")


@cache
def _upsert_faults() -> Insert:
    table = table_of(QuarantinedDocument)
    given = given_rows(table, _COLUMNS)
    kind = cast(bindparam("kind", type_=table.c.kind.type), table.c.kind.type)
    faults = select(kind, *(given.c[name] for name in _COLUMNS))
    statement = insert(table).from_select(["kind", *_COLUMNS], faults)
    told = {name: statement.excluded[name] for name in ("reason", "json_path", "etag")}
    again = {"last_at": func.now(), "times": table.c.times + 1}
    return statement.on_conflict_do_update(index_elements=["kind", "document_id"], set_={**told, **again})


def quarantine(session: Session, kind: DocumentKindEnum, faults: Iterable[DocumentFault]) -> None:
    """Remember why these documents could not be stored; of several faults of one document the last. One statement."""
    by_id = {fault.document_id: fault for fault in faults}
    if by_id:
        rows = [tuple(getattr(by_id[document_id], name) for name in _COLUMNS) for document_id in sorted(by_id)]
        session.execute(_upsert_faults(), {"kind": kind, **parameters_of(_COLUMNS, rows)})


@cache
def _release(of_a_kind: bool) -> ReturningDelete[str]:
    table = table_of(QuarantinedDocument)
    named = select(table.c.kind, table.c.document_id).where(is_one_of(table.c.document_id, "ids"))
    if of_a_kind:
        named = named.where(table.c.kind == bindparam("kind"))
    # Locked in the order in which faults are written, which is that of Python: else writers wait for each other.
    locked = named.order_by(table.c.kind, collate(table.c.document_id, "C")).with_for_update().cte("locked")
    same = (table.c.kind == locked.c.kind) & (table.c.document_id == locked.c.document_id)
    return delete(table).where(same).returning(table.c.document_id)


def release(session: Session, document_ids: Sequence[str], kind: DocumentKindEnum | None) -> int:
    """How many documents of these ids (and of this kind, where one is given) were forgotten. One statement."""
    if not document_ids:
        return 0
    parameters = {"ids": list(document_ids), **({} if kind is None else {"kind": kind})}
    return len(session.execute(_release(kind is not None), parameters).all())
