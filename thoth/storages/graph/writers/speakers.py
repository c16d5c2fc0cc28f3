"""Documents that speak of versions which go away: they are told again, and wait for these versions from now on."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Text, cast, select, union_all
from sqlalchemy.orm import Session

from ..arrays import is_one_of
from ..enums import DocumentKindEnum
from ..models import (
    Advised,
    AdviserRun,
    DependsOn,
    HasPythonRequirementsLock,
    InspectionRun,
    PythonSoftwareStack,
    SyncedDocument,
)
from ..models_base import table_of
from .ledger import ask_for_again


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


def ask_speakers(session: Session, version_ids: Collection[int]) -> None:
    """Ask again for the documents that speak of these versions, before the versions are deleted."""
    speakers = set(session.scalars(_speakers(), {"ids": sorted(version_ids)}))
    if speakers:
        ask_for_again(session, speakers)
