"""Documents that speak of package versions which nobody solved yet."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from ..documents.ledger import AWAITED, DocumentRow
from ..documents.packages import PackageOnIndex
from ..models import SyncedDocument
from ..models_base import table_of
from ..names import without_user

Environment = tuple[str, str, str]
"""Name and version of the operating system, version of Python."""


def wait_for(session: Session, document: DocumentRow, unsolved: Iterable[tuple[PackageOnIndex, Environment]]) -> None:
    """Have a document, which is being written, told again by the next sync; the ledger says what it waits for.

    Nothing is done where it waits for nothing.
    """
    awaited = sorted({f"{AWAITED}{_described(*each)}" for each in unsolved})
    if awaited:
        ledger = table_of(SyncedDocument)
        entry = update(ledger).where(ledger.c.document_id == bindparam("this"))
        values = {"to_sync_again": True, "remarks": [*document.remarks, *awaited]}
        session.execute(entry.values(values), {"this": document.document_id})


def _described(package: PackageOnIndex, environment: Environment) -> str:
    index = "without an index" if package.index_url is None else f"on {without_user(package.index_url)}"
    place = "{} {}, Python {}".format(*environment)
    return f"{package.package_name} {package.package_version} {index} in {place}"
