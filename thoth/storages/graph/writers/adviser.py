"""An adviser document's rows into tables.

Every document has a run of its own, which owns what was advised and which packages were not solved then: a content that
changed replaces both. Locked packages that nobody solved in the user's environment are missing in their set until the
document is told again, which the ledger asks for, with a remark.

A run is to be repeated while packages were not solved and no run that repeats it solved all of its own. That is found
out anew for every run that a document is about, so that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Integer, Update, and_, delete, func, select, update
from sqlalchemy.orm import Session

from ..arrays import given_values, is_one_of
from ..documents.adviser import Advised, AdviserRows, asker_of
from ..documents.packages import PackageOnIndex
from ..enums import SoftwareStackTypeEnum
from ..models import Advised as AdvisedRow
from ..models import AdviserRun, ExternalSoftwareEnvironment, HasUnresolved
from ..models_base import table_of
from ..sql_types import AnySelect
from .environments import ensure_runtime_environments
from .kebechet import Advice, note_advice, withdraw_advice, withdraw_all
from .ledger import Claim, claim, record_changes
from .packages import Entity, ensure_entities
from .runs import replace_children, write_run
from .stacks import OwnStack, ensure_members, ensure_stacks, ensure_users_stacks
from .waiting import Environment, wait_for

_UNRESOLVED = "python_package_version_entity_id"

_TURNS = 0x61647669
"""The first number of this writer's advisory locks, which end with the transaction."""


class _Before(NamedTuple):
    """What the run said before its document changed."""

    re_run_adviser_id: str | None = None
    advice: Advice | None = None


class _Stacks(NamedTuple):
    """The id of the user's stack, and of those that were advised, best first; what they wait for; new names."""

    users: int | None
    advised: list[int]
    not_solved: set[tuple[PackageOnIndex, Environment]]
    new_names: set[str]


def write(session: Session, rows: AdviserRows, *, force: bool = False) -> bool:
    """Write an adviser document in the session's transaction; False where it was known and there is nothing to do."""
    claimed = claim(session, rows.document, force=force)
    if claimed is Claim.KNOWN:
        return False
    before = _Before()
    if claimed is not Claim.NEW:
        before = _said_before(session, [rows.document.document_id]).get(rows.document.document_id, before)
    environment = ensure_runtime_environments(session, [rows.environment], external=True)[rows.environment]
    stacks = _write_stacks(session, rows)
    unresolved: list[Entity] = [(name, None, None) for name in rows.unresolved]
    entities, new_names = ensure_entities(session, unresolved)
    concerned = _concerned(rows, before)
    _wait_for_turn(session, concerned)
    run_id, is_new = _write_run(session, rows, environment, stacks.users)
    own = ((AdvisedRow, "python_software_stack_id", stacks.advised), (HasUnresolved, _UNRESOLVED, entities.values()))
    for model, column, ids in own:
        children = [(row_id,) for row_id in ids]
        replace_children(session, model, ("adviser_run_id", column), children, run_id=run_id, is_new=is_new)
    session.execute(_settle_repetition(), {"concerned": sorted(concerned)})
    _note_advice(session, rows, before, next(iter(stacks.advised), None))
    wait_for(session, rows.document, stacks.not_solved)
    record_changes(session, stacks.new_names | new_names)
    return True


# --- Stacks ----------------------------------------------------------------------------------------------------------


def _write_stacks(session: Session, rows: AdviserRows) -> _Stacks:
    own = [_own_stack(advised, rows.environment.solved_in) for advised in rows.advised]
    members = ensure_members(session, [rows.users_stack, *(each.stack for each in rows.advised)])
    users = ensure_users_stacks(session, [rows.users_stack], members)
    stacks = ensure_stacks(session, own, members)
    advised = [stacks.ids[each] for each in own if each in stacks.ids]
    return _Stacks(users.ids.get(rows.users_stack), advised, stacks.not_solved, members.new_names)


def _own_stack(advised: Advised, environment: Environment | None) -> OwnStack:
    scores = (advised.performance_score, advised.overall_score)
    return OwnStack(SoftwareStackTypeEnum.ADVISED, advised.stack, environment, *scores)


# --- The run ---------------------------------------------------------------------------------------------------------


def _write_run(
    session: Session, rows: AdviserRows, environment: tuple[int | None, int | None], users_stack_id: int | None
) -> tuple[int, bool]:
    """The id of the document's run, and whether it was not there before. Whether it is to be repeated stays open."""
    return write_run(
        session,
        AdviserRun,
        ("adviser_document_id",),
        {
            "adviser_document_id": rows.document.document_id,
            "datetime": rows.made_at,
            **{field.name: getattr(rows.run, field.name) for field in fields(rows.run)},
            "user_software_stack_id": users_stack_id,
            "external_run_software_environment_id": environment[0],
            "external_hardware_information_id": environment[1],
        },
    )


@cache
def _select_before() -> AnySelect:
    runs, environments = table_of(AdviserRun), table_of(ExternalSoftwareEnvironment)
    said = (runs.c.re_run_adviser_id, runs.c.datetime, runs.c.source_type, runs.c.origin)
    joined = runs.outerjoin(environments, environments.c.id == runs.c.external_run_software_environment_id)
    named = is_one_of(runs.c.adviser_document_id, "ids")
    return select(runs.c.adviser_document_id, *said, environments.c.environment_name).select_from(joined).where(named)


def _said_before(session: Session, document_ids: Iterable[str]) -> dict[str, _Before]:
    """What the runs of documents said so far; a document whose run was deleted has none."""
    before = {}
    for document_id, repeated, made_at, *asked in session.execute(_select_before(), {"ids": sorted(document_ids)}):
        asker = asker_of(*asked)
        before[document_id] = _Before(repeated, None if asker is None else Advice(document_id, made_at, asker))
    return before


def _note_advice(session: Session, rows: AdviserRows, before: _Before, stack_id: int | None) -> None:
    """Note what Kebechet was told, of which the id of the best stack is given."""
    advice = None if rows.asker is None else Advice(rows.document.document_id, rows.made_at, rows.asker)
    if before.advice is not None and (advice is None or not advice.replaces(before.advice)):
        withdraw_advice(session, before.advice)
    if advice is not None:
        note_advice(session, advice, stack_id)


# --- Runs that are to be repeated ------------------------------------------------------------------------------------


def _concerned(rows: AdviserRows, before: _Before) -> set[str]:
    """The document ids of this run and of those that it repeats, or repeated before."""
    named = (rows.document.document_id, rows.run.re_run_adviser_id, before.re_run_adviser_id)
    return {document_id for document_id in named if document_id is not None}


def _wait_for_turn(session: Session, concerned: Iterable[str]) -> None:
    session.execute(_take_turns(), {"given_key": sorted({crc32(each.encode()) - 2**31 for each in concerned})})


@cache
def _take_turns() -> AnySelect:
    """Wait for others that write these runs (by digests of their ids) or what repeats them, until they have committed.

    Else neither of two that are written at the same time would see the other one.
    """
    given = given_values({"key": Integer()})
    return select(func.pg_advisory_xact_lock(_TURNS, given.c.key))


@cache
def _settle_repetition() -> Update:
    """Say of runs (by document id) whether they are to be repeated."""
    runs, unresolved = table_of(AdviserRun), table_of(HasUnresolved)
    again = runs.alias("again")
    has_own, again_has = (
        select(1).select_from(unresolved).where(unresolved.c.adviser_run_id == each.c.id).exists()
        for each in (runs, again)
    )
    solved = select(1).select_from(again).where(again.c.re_run_adviser_id == runs.c.adviser_document_id, ~again_has)
    need = and_(has_own, ~solved.exists())
    named = is_one_of(runs.c.adviser_document_id, "concerned")
    return update(runs).where(named, runs.c.need_re_run.is_distinct_from(need)).values(need_re_run=need)


# --- Runs that are forgotten -----------------------------------------------------------------------------------------


def forget_runs(session: Session, document_ids: Sequence[str]) -> int:
    """How many runs of documents were deleted, with what they advised; their entries in the ledger are gone.

    What they repeated is to be repeated again, unless another run did so. What they told Kebechet is withdrawn.
    """
    before = _said_before(session, document_ids)
    if not before:
        return 0
    repeated = {said.re_run_adviser_id for said in before.values() if said.re_run_adviser_id is not None}
    _wait_for_turn(session, repeated.union(before))
    runs = table_of(AdviserRun)
    session.execute(delete(runs).where(is_one_of(runs.c.adviser_document_id, "ids")), {"ids": sorted(before)})
    session.execute(_settle_repetition(), {"concerned": sorted(repeated)})
    withdraw_all(session, [said.advice for said in before.values() if said.advice is not None])
    return len(before)
