"""Documents that are to be forgotten: what they alone said goes, with their entries in the ledger.

What another document says as well stays, and so does what is shared by all: entities, artifacts, metadata, stacks,
environments, what packages of an operating system require and which symbols an environment provides. No row says who
told of these.

Documents that spoke of something which goes away are told again by the next sync, which finds out what is left to say.
A constant number of statements, however many documents there are; only of runs that Kebechet asked for, and that are
the last ones of their repository, each takes some of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ..arrays import is_one_of
from ..enums import DocumentKindEnum
from ..models import PackageExtractRun
from ..models_base import table_of
from .adviser import forget_runs as forget_adviser_runs
from .ledger import forget_documents, record_changes
from .packages import lock_versions
from .solver_runs import ask_successors, clear_unfounded, forget_runs, read_runs, read_truths


def delete_solver_documents(session: Session, document_ids: Sequence[str]) -> int:
    """How many runs were deleted of solvers' documents; a version that no run is left of goes away.

    Where one of them was the newest successful one about a version, and an older one is left, that one is asked for
    again: until then the version stays as the newer one described it, for the older one's words were not kept. Edges
    that the reverse solver stated stay as long as the version does.
    """
    forget_documents(session, DocumentKindEnum.SOLVER, document_ids)
    runs = read_runs(session, document_ids)
    if not runs:
        return 0
    version_ids = {version_id for _, version_id in runs}
    lock_versions(session, version_ids)
    truths = read_truths(session, version_ids)
    changed = forget_runs(session, runs, ())
    clear_unfounded(session, version_ids)
    ask_successors(session, truths, document_ids)
    record_changes(session, changed)
    return len(runs)


def delete_adviser_documents(session: Session, document_ids: Sequence[str]) -> int:
    """How many runs of the adviser were deleted; what they repeated may have to be repeated again."""
    forget_documents(session, DocumentKindEnum.ADVISER, document_ids)
    return forget_adviser_runs(session, document_ids)


def delete_analysis_documents(session: Session, document_ids: Sequence[str]) -> int:
    """How many image analyses were deleted, with what they found."""
    forget_documents(session, DocumentKindEnum.ANALYSIS, document_ids)
    runs = table_of(PackageExtractRun)
    deleted = delete(runs).where(is_one_of(runs.c.analysis_document_id, "ids")).returning(runs.c.id)
    return len(session.execute(deleted, {"ids": sorted(document_ids)}).all())
