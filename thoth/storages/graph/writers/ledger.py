"""The ledger of documents, and the record of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import cache

from sqlalchemy import Text, Update, cast, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from ..arrays import given_rows, is_one_of, parameters_of
from ..documents.ledger import DocumentRow
from ..models import PackageChange, SyncedDocument
from ..models_base import table_of


class Claim(Enum):
    """How the ledger knew a document before."""

    NEW = auto()
    CHANGED = auto()
    KNOWN = auto()


def claim(session: Session, document: DocumentRow, *, force: bool) -> Claim:
    """Enter a document into the ledger; KNOWN where it is there with the same content and force does not insist.

    Whoever comes second waits here for the first one's transaction to end.
    """
    ledger = table_of(SyncedDocument)
    values = {
        "document_id": document.document_id,
        "kind": document.kind,
        "content_sha256": document.content_sha256,
        "created_at": document.created_at,
        "remarks": list(document.remarks),
        "etag": document.etag,
    }
    new = insert(ledger).values(values).on_conflict_do_nothing().returning(ledger.c.document_id)
    if session.scalar(new) is not None:
        return Claim.NEW
    same = ledger.c.document_id == document.document_id
    entry = select(ledger.c.content_sha256, ledger.c.to_sync_again, ledger.c.etag).where(same).with_for_update()
    content, to_sync_again, etag = session.execute(entry).one()
    if content == document.content_sha256:
        values["etag"] = document.etag or etag  # what is not said now was said of the same content
        if not force and not to_sync_again:
            if values["etag"] != etag:
                session.execute(update(ledger).where(same).values(etag=document.etag))
            return Claim.KNOWN
    session.execute(update(ledger).where(same).values(**values, synced_at=func.now(), to_sync_again=False))
    return Claim.CHANGED


def ask_for_again(session: Session, document_ids: Iterable[str]) -> None:
    """Have documents synced again by the next sync that comes across them.

    One that another writer holds is left out: it is being synced right now.
    """
    ledger = table_of(SyncedDocument)
    free = select(ledger.c.document_id).where(is_one_of(ledger.c.document_id, "ids")).with_for_update(skip_locked=True)
    asked = update(ledger).where(ledger.c.document_id.in_(free)).values(to_sync_again=True)
    session.execute(asked, {"ids": sorted(document_ids)})


@cache
def _note_etags() -> Update:
    ledger = table_of(SyncedDocument)
    given = given_rows(ledger, ("document_id", "content_sha256", "etag"))
    named = is_one_of(ledger.c.document_id, "given_document_id")
    free = select(ledger.c.document_id).where(named).with_for_update(skip_locked=True)
    same = (ledger.c.document_id == given.c.document_id) & (ledger.c.content_sha256 == given.c.content_sha256)
    return update(ledger).where(same, ledger.c.document_id.in_(free)).values(etag=given.c.etag)


def note_etags(session: Session, unchanged: Sequence[tuple[str, bytes, str]]) -> None:
    """Note under which ETags documents are stored now: (id, content_sha256, ETag), each id once. One statement.

    One whose content is another by now, or that another writer holds, is left out: the next sync will look at it.
    """
    if unchanged:
        columns = ("document_id", "content_sha256", "etag")
        session.execute(_note_etags(), parameters_of(columns, unchanged))


@cache
def _upsert_changes() -> Insert:
    changes = table_of(PackageChange)
    given = given_rows(changes, ("package_name",))
    now = cast(cast(func.pg_current_xact_id(), Text), changes.c.xid.type)
    statement = insert(changes).from_select(["package_name", "xid"], select(given.c.package_name, now))
    later = func.greatest(changes.c.xid, statement.excluded.xid)
    return statement.on_conflict_do_update(index_elements=["package_name"], set_={"xid": later})


def record_changes(session: Session, package_names: Iterable[str]) -> None:
    """Note that this transaction changes what the graph knows of these packages; the last step of every writer.

    One row for each package, so that the table does not grow with the number of documents. The rows are locked until
    the commit that follows at once, in the order of their names.
    """
    rows = [(name,) for name in sorted(set(package_names))]
    if rows:
        session.execute(_upsert_changes(), parameters_of(("package_name",), rows))
