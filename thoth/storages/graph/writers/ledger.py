"""The ledger of documents, and the record of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Delete,
    FromClause,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    delete,
    false,
    func,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from ...exceptions import DocumentKindError
from ..arrays import array_literal, given_rows, given_values, is_one_of, parameters_of
from ..documents.ledger import DocumentRow
from ..enums import DocumentKindEnum
from ..faults import LostRaceError
from ..models import PackageChange, SyncedDocument
from ..models_base import table_of
from ..prepared import Prepared


class Claim(Enum):
    """How the ledger knew a document before."""

    NEW = auto()
    CHANGED = auto()
    KNOWN = auto()


_ENTRY = ("document_id", "kind", "content_sha256", "created_at", "remarks", "etag")
_HELD = ("kind", "content_sha256", "etag", "to_sync_again")
_SAID = ("document_id", "kind", "content_sha256")
_LOOKS = 5


class _Entry(NamedTuple):
    """What the ledger held of a document."""

    kind: DocumentKindEnum
    content_sha256: bytes | None
    etag: str | None
    to_sync_again: bool


def claim(session: Session, document: DocumentRow, *, force: bool) -> Claim:
    """Enter a document into the ledger, as claim_all does."""
    return claim_all(session, [document], force=force)[0]


def claim_all(session: Session, documents: Sequence[DocumentRow], *, force: bool) -> list[Claim]:
    """Enter documents, each id once, into the ledger; KNOWN where one is there as it is and force does not insist.

    Whoever comes second waits here for the first one's transaction to end. Raises DocumentKindError where the ledger
    holds a document of another kind under an id, LostRaceError where others delete or change it again and again.
    """
    entries = _enter(session, documents, force=force)
    claims: list[Claim] = []
    changed: list[DocumentRow] = []
    read_again: list[DocumentRow] = []
    for document, entry in zip(documents, entries, strict=True):
        claims.append(_claim_of(document, entry, force=force))
        if claims[-1] is Claim.CHANGED:
            changed.append(_with_known_etag(document, entry))
        elif entry is not None and document.etag not in (None, entry.etag):
            read_again.append(document)
    if changed:
        session.execute(_correct_entries(), _parameters(changed))
    note_etags(session, [(item.document_id, item.content_sha256, str(item.etag)) for item in read_again])
    return claims


def _claim_of(document: DocumentRow, entry: _Entry | None, *, force: bool) -> Claim:
    if entry is None:
        return Claim.NEW
    if entry.kind is not document.kind:
        raise DocumentKindError(document.document_id, entry.kind.name, document.kind.name)
    is_known = entry.content_sha256 == document.content_sha256 and not force and not entry.to_sync_again
    return Claim.KNOWN if is_known else Claim.CHANGED


def _with_known_etag(document: DocumentRow, entry: _Entry | None) -> DocumentRow:
    """The document with the ETag that is not said now but was said of the same content."""
    if entry is None or document.etag is not None or entry.content_sha256 != document.content_sha256:
        return document
    return document.read_from(entry.etag)


def _enter(session: Session, documents: Sequence[DocumentRow], *, force: bool) -> list[_Entry | None]:
    """What the ledger held of each document, locked if it is to be corrected; None where it was entered just now.

    One statement where all are new, else two. What is new is entered first: nobody who holds a lock waits for another
    one's insert, which would be a circle.
    """
    new = {row[0] for row in _enter_new().execute(session, _parameters(documents))}
    known = [item for item in documents if item.document_id not in new]
    held: dict[str, _Entry] = {}
    for _ in range(_LOOKS):
        missing = [item for item in known if item.document_id not in held]
        if not missing:
            return [held.get(item.document_id) for item in documents]
        rows = [(item.document_id, item.kind, item.content_sha256) for item in missing]
        found = session.execute(_look_up(), {**parameters_of(_SAID, rows), "force": force})
        held.update((row[0], _Entry(*row[1:])) for row in found)
    raise LostRaceError


@cache
def _enter_new() -> Prepared:
    ledger = table_of(SyncedDocument)
    given = given_values(_types())
    rows = select(*_values(given)).order_by(given.c.document_id)
    entered = insert(ledger).from_select(_ENTRY, rows).on_conflict_do_nothing()
    return Prepared(entered.returning(ledger.c.document_id))


@cache
def _look_up() -> CompoundSelect[*tuple[Any, ...]]:
    """What is held of documents; locked, unless it is known as it is.

    Whoever asks for a document to be synced again leaves out those that are locked: they are being written. One that
    became known as it is while we waited for its lock is in neither part, and is found by the next look.
    """
    ledger = table_of(SyncedDocument)
    given = given_rows(ledger, _SAID)
    same = ledger.c.document_id == given.c.document_id
    held = select(ledger.c.document_id, *(ledger.c[name] for name in _HELD)).join(given, same)
    is_known = and_(
        ledger.c.kind == given.c.kind,
        ledger.c.content_sha256.is_not_distinct_from(given.c.content_sha256),
        ~ledger.c.to_sync_again,
        ~bindparam("force", type_=Boolean),
    )
    others = held.where(~is_known).order_by(ledger.c.document_id).with_for_update(of=ledger).cte("others")
    return union_all(select(others), held.where(is_known))


@cache
def _correct_entries() -> Update:
    ledger = table_of(SyncedDocument)
    given = given_values(_types())
    values = dict(zip(_ENTRY, _values(given), strict=True))
    same = ledger.c.document_id == given.c.document_id
    return update(ledger).where(same).values(**values, synced_at=func.now(), to_sync_again=false())


def _types() -> dict[str, TypeEngine[Any]]:
    """Of the arrays that entries travel in; an array of arrays would be one array, so remarks are a literal each."""
    ledger = table_of(SyncedDocument)
    return {name: Text() if name == "remarks" else ledger.c[name].type for name in _ENTRY}


def _values(given: FromClause) -> list[ColumnElement[Any]]:
    return [cast(given.c[name], ARRAY(Text)) if name == "remarks" else given.c[name] for name in _ENTRY]


def _parameters(documents: Sequence[DocumentRow]) -> dict[str, list[Any]]:
    rows = [
        (item.document_id, item.kind, item.content_sha256, item.created_at, array_literal(item.remarks), item.etag)
        for item in documents
    ]
    return parameters_of(_ENTRY, rows)


@cache
def _forget() -> Delete:
    ledger = table_of(SyncedDocument)
    named = (is_one_of(ledger.c.document_id, "ids"), ledger.c.kind == bindparam("kind", type_=ledger.c.kind.type))
    locked = select(ledger.c.document_id).where(*named).order_by(ledger.c.document_id).with_for_update().cte("locked")
    return delete(ledger).where(ledger.c.document_id == locked.c.document_id)


def forget_documents(session: Session, kind: DocumentKindEnum, document_ids: Iterable[str]) -> None:
    """Take documents of a kind out of the ledger, the first step of whoever deletes what they said.

    Whoever writes one of them is waited for, and waits for this transaction to end; to a later sync they are new.
    """
    session.execute(_forget(), {"ids": sorted(document_ids), "kind": kind})


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
def _upsert_changes() -> Prepared:
    changes = table_of(PackageChange)
    given = given_rows(changes, ("package_name",))
    now = cast(cast(func.pg_current_xact_id(), Text), changes.c.xid.type)
    statement = insert(changes).from_select(["package_name", "xid"], select(given.c.package_name, now))
    later = func.greatest(changes.c.xid, statement.excluded.xid)
    return Prepared(statement.on_conflict_do_update(index_elements=["package_name"], set_={"xid": later}))


def record_changes(session: Session, package_names: Iterable[str]) -> None:
    """Note that this transaction changes what the graph knows of these packages; the last step of every writer.

    One row for each package, so that the table does not grow with the number of documents. The rows are locked until
    the commit that follows at once, in the order of their names.
    """
    rows = [(name,) for name in sorted(set(package_names))]
    if rows:
        _upsert_changes().execute(session, parameters_of(("package_name",), rows))
