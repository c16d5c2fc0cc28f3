"""A document of Dependency Monkey into tables: the run, what it required, and the inspections that are to come.

An inspection that two runs asked for belongs to the older one (by the time of its document, then the document's id), in
whatever order they are told. An inspection that was told stays told: all it gets is the run that asked for it.

A document that is told again may give inspections up, and then others have to be told again: it is written alone. New
ones are written side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    Text,
    Update,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from ..arrays import Row, given_rows, parameters_of
from ..documents.dependency_monkey import DependencyMonkeyRows
from ..documents.ledger import DocumentRow
from ..enums import DocumentKindEnum, EnvironmentTypeEnum, InspectionSyncStateEnum
from ..faults import LostRaceError
from ..models import DependencyMonkeyRun, InspectionRun, PythonDependencyMonkeyRequirements, SyncedDocument
from ..models_base import table_of
from ..sql_types import AnySelect
from .environments import ensure_runtime_environments
from .ledger import Claim, claim
from .runs import replace_children, write_run
from .stacks import ensure_requirements
from .upsert import insert_missing, matches

_KEY = ("inspection_document_id", "inspection_result_number")
_AWAITED = (*_KEY, "inspection_sync_state", "dependency_monkey_run_id")


def write(session: Session, rows: DependencyMonkeyRows, *, force: bool = False) -> bool:
    """Write a document of Dependency Monkey in the session's transaction; False where it was known."""
    claimed = _claim(session, rows.document, force=force)
    if claimed is Claim.KNOWN:
        return False
    ran_in, built_in = rows.environment, rows.environment.as_type(EnvironmentTypeEnum.BUILDTIME)
    environments = ensure_runtime_environments(session, [ran_in, built_in], external=False)
    requirements = ensure_requirements(session, rows.requirements)
    before = None if claimed is Claim.NEW else _made_before(session, rows.document)
    run_id, is_new = _write_run(session, rows, environments[ran_in], environments[built_in])
    of_run = ("dependency_monkey_run_id", "python_package_requirement_id")
    required = [(row_id,) for row_id in requirements.values()]
    replace_children(session, PythonDependencyMonkeyRequirements, of_run, required, run_id=run_id, is_new=is_new)
    awaited = [(each, number) for each in rows.inspections for number in range(rows.results_of_each)]
    _await(session, rows, awaited, run_id)
    if not is_new:
        released = _release(session, awaited, run_id)
        if before is not None and (released or before < rows.made_at):
            session.execute(_ask_newer_again(), {"before": before, "this": rows.document.document_id})
    return True


# --- Taking turns ----------------------------------------------------------------------------------------------------

_TURNS = (0x74686F74, 0x6D6F6E6B)
"""The advisory lock of this writer, which ends with the transaction."""


@cache
def _take_turns() -> AnySelect:
    """Whether the ledger holds the document; if so nobody else writes one of Dependency Monkey until the commit."""
    ledger = table_of(SyncedDocument)
    held = select(1).select_from(ledger).where(ledger.c.document_id == bindparam("this")).exists()
    alone, beside = func.pg_advisory_xact_lock(*_TURNS), func.pg_advisory_xact_lock_shared(*_TURNS)
    return select(held, case((held, cast(alone, Text)), else_=cast(beside, Text)))


def _claim(session: Session, document: DocumentRow, *, force: bool) -> Claim:
    was_known = session.scalar(_take_turns(), {"this": document.document_id})
    claimed = claim(session, document, force=force)
    if claimed is Claim.CHANGED and not was_known:
        raise LostRaceError  # another writer entered it meanwhile: it is not to be written beside others
    return claimed


# --- The run ---------------------------------------------------------------------------------------------------------


def _made_before(session: Session, document: DocumentRow) -> datetime | None:
    """When the document was made by what it said before; None where there is no run of it."""
    runs = table_of(DependencyMonkeyRun)
    same = runs.c.dependency_monkey_document_id == bindparam("this")
    made: datetime | None = session.scalar(select(runs.c.datetime).where(same), {"this": document.document_id})
    return made


def _write_run(
    session: Session,
    rows: DependencyMonkeyRows,
    ran_in: tuple[int | None, int | None],
    built_in: tuple[int | None, int | None],
) -> tuple[int, bool]:
    return write_run(
        session,
        DependencyMonkeyRun,
        ("dependency_monkey_document_id",),
        {
            "dependency_monkey_document_id": rows.document.document_id,
            "datetime": rows.made_at,
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "run_software_environment_id": ran_in[0],
            "run_hardware_information_id": ran_in[1],
            "build_software_environment_id": built_in[0],
            "build_hardware_information_id": built_in[1],
        },
    )


# --- Its inspections -------------------------------------------------------------------------------------------------


@cache
def _lock() -> AnySelect:
    """How many of the given results are there; they and all that belong to the run are locked, in one order."""
    results = table_of(InspectionRun)
    given = select(given_rows(results, _KEY)).cte("given")
    named = select(results.c.id).join(given, matches(results, given, _KEY))
    own = select(results.c.id).where(results.c.dependency_monkey_run_id == bindparam("run_id", type_=BigInteger))
    concerned = select(results.c.id, *(results.c[name] for name in _KEY)).where(results.c.id.in_(named.union(own)))
    locked = concerned.order_by(results.c.id).with_for_update(key_share=True).cte("locked")
    return select(func.count()).select_from(locked).join(given, matches(locked, given, _KEY))


@cache
def _take() -> Update:
    """The given results that belong to no run yet, or to a newer one, belong to this run."""
    results, runs = table_of(InspectionRun), table_of(DependencyMonkeyRun)
    given = given_rows(results, _KEY)
    key = tuple_(runs.c.datetime, runs.c.dependency_monkey_document_id.collate("C"))
    this = tuple_(
        bindparam("made_at", type_=runs.c.datetime.type),
        bindparam("this", type_=runs.c.dependency_monkey_document_id.type),
    )
    newer = select(runs.c.id).where(runs.c.id == results.c.dependency_monkey_run_id, key > this).exists()
    free = or_(results.c.dependency_monkey_run_id.is_(None), newer)
    run_id = bindparam("run_id", type_=BigInteger)
    return update(results).where(matches(results, given, _KEY), free).values(dependency_monkey_run_id=run_id)


def _await(session: Session, rows: DependencyMonkeyRows, awaited: Sequence[Row], run_id: int) -> None:
    """Have a row for every result that is to come; what is there already is the run's where no older one asked."""
    pending = [(*key, InspectionSyncStateEnum.PENDING, run_id) for key in awaited]
    insert_missing(session, InspectionRun, _AWAITED, _KEY, pending)
    given = parameters_of(_KEY, awaited)
    there = session.scalar(_lock(), {**given, "run_id": run_id})
    if there != len(awaited):
        raise LostRaceError  # somebody deleted some after we looked
    this = {"made_at": rows.made_at, "this": rows.document.document_id, "run_id": run_id}
    session.execute(_take(), {**given, **this})


@cache
def _give_up() -> tuple[ReturningDelete[int], ReturningUpdate[int]]:
    """Results that the run does not ask for any more: those to come go, those that were told belong to no run."""
    results = table_of(InspectionRun)
    given = given_rows(results, _KEY)
    still = select(1).select_from(given).where(matches(results, given, _KEY)).exists()
    own = results.c.dependency_monkey_run_id == bindparam("run_id", type_=BigInteger)
    stale = and_(own, ~still)
    is_pending = results.c.inspection_sync_state == InspectionSyncStateEnum.PENDING
    freed = update(results).where(stale).values(dependency_monkey_run_id=null())
    return delete(results).where(stale, is_pending).returning(results.c.id), freed.returning(results.c.id)


def _release(session: Session, awaited: Sequence[Row], run_id: int) -> bool:
    """Whether the run had asked for results that it does not ask for any more; they are given up."""
    given = {**parameters_of(_KEY, awaited), "run_id": run_id}
    return bool([row_id for statement in _give_up() for row_id in session.scalars(statement, given)])


@cache
def _ask_newer_again() -> Update:
    """Newer runs may have asked for what this one gives up, or has no older claim to any more: tell them again."""
    ledger = table_of(SyncedDocument)
    made = ledger.c.created_at >= bindparam("before", type_=ledger.c.created_at.type)
    others = and_(ledger.c.kind == DocumentKindEnum.DEPENDENCY_MONKEY, ledger.c.document_id != bindparam("this"))
    return update(ledger).where(others, made).values(to_sync_again=true())
