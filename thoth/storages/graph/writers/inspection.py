"""A result of an inspection into tables.

Locked packages that nobody solved in the environment of the run are missing in the set until the document is told
again, which the ledger asks for, with a remark.
"""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy.orm import Session

from ..documents.inspection import InspectionRows
from ..enums import InspectionSyncStateEnum, SoftwareStackTypeEnum
from ..models import InspectionRun
from .environments import ensure_runtime_environments
from .ledger import Claim, claim, record_changes
from .performance import read_report, write_measured
from .runs import write_run
from .stacks import OwnStack, ensure_stacks
from .waiting import wait_for

_KEY = ("inspection_document_id", "inspection_result_number")


def write(session: Session, rows: InspectionRows, *, force: bool = False) -> bool:
    """Write a result of an inspection in the session's transaction; False where it was known and nothing is to do.

    Raises SchemaError for a report that does not fit its indicator, before anything is written.
    """
    measured = None if rows.report is None else read_report(rows.report)
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    environments = (rows.run_environment, rows.build_environment)
    ids = ensure_runtime_environments(session, environments, external=False)
    own = OwnStack(SoftwareStackTypeEnum.INSPECTION, rows.stack, rows.run_environment.solved_in)
    stacks = ensure_stacks(session, [own])
    run_id, is_new = _write_run(session, rows, ids[environments[0]], ids[environments[1]], stacks.ids.get(own))
    write_measured(session, measured, run_id, is_new=is_new)
    wait_for(session, rows.document, stacks.not_solved)
    record_changes(session, stacks.new_names)
    return True


def _write_run(
    session: Session,
    rows: InspectionRows,
    ran_in: tuple[int | None, int | None],
    built_in: tuple[int | None, int | None],
    stack_id: int | None,
) -> tuple[int, bool]:
    """The id of the run, and whether nobody waited for it. Which Dependency Monkey asked for it stays as it is."""
    return write_run(
        session,
        InspectionRun,
        _KEY,
        {
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "inspection_sync_state": InspectionSyncStateEnum.SYNCED,
            "run_software_environment_id": ran_in[0],
            "run_hardware_information_id": ran_in[1],
            "build_software_environment_id": built_in[0],
            "build_hardware_information_id": built_in[1],
            "inspection_software_stack_id": stack_id,
        },
    )
