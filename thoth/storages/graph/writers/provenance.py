"""A provenance checker document's rows into tables."""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy.orm import Session

from ..documents.provenance import ProvenanceRows
from ..models import ProvenanceCheckerRun
from .ledger import Claim, claim, record_changes
from .runs import write_run
from .stacks import ensure_members, ensure_users_stacks


def write(session: Session, rows: ProvenanceRows, *, force: bool = False) -> bool:
    """Write a provenance checker document in the session's transaction; False where it was known.

    Packages that were missing become known; no table says which document found them missing.
    """
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    members = ensure_members(session, [rows.users_stack], rows.missing)
    stacks = ensure_users_stacks(session, [rows.users_stack], members)
    write_run(
        session,
        ProvenanceCheckerRun,
        ("provenance_checker_document_id",),
        {
            "provenance_checker_document_id": rows.document.document_id,
            "datetime": rows.made_at,
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "user_software_stack_id": stacks.ids.get(rows.users_stack),
        },
    )
    record_changes(session, members.new_names)
    return True
