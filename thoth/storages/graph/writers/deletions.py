"""Documents that are to be forgotten: what they alone said goes, with their entries in the ledger.

What another document says as well stays, and so does what is shared by all: entities, artifacts, metadata, stacks,
environments, what packages of an operating system require and which symbols an environment provides. No row says who
told of these.

Documents that spoke of something which goes away are told again by the next sync, which finds out what is left to say.
A constant number of statements, however many documents there are; only of runs that Kebechet asked for, and that are
the last ones of their repository, each takes some of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Text, cast, delete, select, union_all
from sqlalchemy.orm import Session

from ..arrays import is_one_of
from ..enums import DocumentKindEnum
from ..models import (
    Advised,
    AdviserRun,
    DependsOn,
    HasPythonRequirementsLock,
    InspectionRun,
    PackageExtractRun,
    PythonSoftwareStack,
    Solved,
    SyncedDocument,
)
from ..models_base import table_of
from ..sql_types import AnySelect
from .adviser import forget_runs as forget_adviser_runs
from .ledger import ask_for_again, forget_documents, record_changes
from .packages import lock_versions
from .solver_runs import RunOf, ask_successors, clear_unfounded, forget_runs, read_runs, read_truths


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
    _ask_speakers(session, runs, version_ids)
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


# --- Documents that speak of versions which go away ------------------------------------------------------------------


@cache
def _still_solved() -> AnySelect:
    runs = table_of(Solved)
    others = is_one_of(runs.c.version_id, "ids") & ~is_one_of(runs.c.document_id, "document_ids")
    return select(runs.c.version_id).where(others).group_by(runs.c.version_id)


@cache
def _speakers() -> Any:
    """The ids of advisers' and inspections' documents that lock a version, and of all reverse solvers' if one does.

    No edge names its document; those of reverse solvers that have nothing to add are known again at once.
    """
    locks, stacks, ledger = table_of(HasPythonRequirementsLock), table_of(PythonSoftwareStack), table_of(SyncedDocument)
    advised, advisers, inspections = table_of(Advised), table_of(AdviserRun), table_of(InspectionRun)
    edges = table_of(DependsOn)
    locking = select(stacks.c.id).join(
        locks, locks.c.python_requirements_lock_id == stacks.c.python_requirements_lock_id
    )
    stack_ids = locking.where(is_one_of(locks.c.python_package_version_id, "ids"))
    of_stack = advised.c.python_software_stack_id.in_(stack_ids)
    of_advisers = (
        select(advisers.c.adviser_document_id).join(advised, advised.c.adviser_run_id == advisers.c.id).where(of_stack)
    )
    number = cast(inspections.c.inspection_result_number, Text)
    result_id = inspections.c.inspection_document_id + "/results/" + number  # InspectionResultId
    of_inspections = select(result_id).where(inspections.c.inspection_software_stack_id.in_(stack_ids))
    stated = select(1).select_from(edges).where(is_one_of(edges.c.version_id, "ids"), edges.c.stated_by_reverse_solver)
    of_reverse_solvers = select(ledger.c.document_id).where(
        ledger.c.kind == DocumentKindEnum.REVERSE_SOLVER, ~ledger.c.to_sync_again, stated.exists()
    )
    return union_all(of_advisers, of_inspections, of_reverse_solvers)


def _ask_speakers(session: Session, runs: Collection[RunOf], version_ids: Collection[int]) -> None:
    """Ask again for documents that speak of versions which no run is left of: they wait for them from now on."""
    parameters = {"ids": sorted(version_ids), "document_ids": sorted({document_id for document_id, _ in runs})}
    gone = set(version_ids).difference(session.scalars(_still_solved(), parameters))
    if gone:
        speakers = set(session.scalars(_speakers(), {"ids": sorted(gone)}))
        if speakers:
            ask_for_again(session, speakers)
