"""Runs of solvers: the history, which document is right about a version, and what is no longer said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import Delete, Update, delete, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ..arrays import Row, given_rows, is_one_of, parameters_of
from ..models import PythonPackageVersion, Solved
from ..models_base import table_of
from ..sql_types import AnySelect
from .dependencies import write_solver_edges
from .ledger import ask_for_again
from .packages import NOTHING, describe_versions, write_imports
from .speakers import ask_speakers
from .upsert import insert_all, insert_missing, matches

RunOf = tuple[str, int]
"""A document's id and a version's: a document has one run about a version."""

RUN = (
    "document_id",
    "version_id",
    "error",
    "error_unparseable",
    "error_unsolvable",
    "is_provided",
    "ecosystem_solver_id",
    "datetime",
    "duration",
)
_KEY = RUN[:2]


@cache
def _correct_runs() -> Update:
    runs = table_of(Solved)
    given = given_rows(runs, RUN)
    values = {name: given.c[name] for name in RUN if name not in _KEY}
    changed = or_(*(runs.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(runs).where(matches(runs, given, _KEY), changed).values(values)


def write_runs(session: Session, rows: Sequence[Row], *, new: Collection[int]) -> None:
    """Write runs, with the columns of RUN; those that are there are corrected. About new versions there are none."""
    insert_all(session, Solved, RUN, [row for row in rows if row[1] in new])
    known = [row for row in rows if row[1] not in new]
    if len(insert_missing(session, Solved, RUN, _KEY, known)) < len(known):
        session.execute(_correct_runs(), parameters_of(RUN, known))


@cache
def _select_truths() -> AnySelect:
    runs = table_of(Solved)
    statement = select(runs.c.version_id, runs.c.document_id).where(is_one_of(runs.c.version_id, "ids"), ~runs.c.error)
    newest = statement.order_by(runs.c.version_id, runs.c.datetime.desc(), runs.c.document_id.desc())
    return newest.ext(distinct_on(runs.c.version_id))


def read_truths(session: Session, version_ids: Collection[int]) -> dict[int, str]:
    """The document that is the truth about each version: its newest successful run's. Not all versions have one."""
    if not version_ids:
        return {}
    return {row[0]: row[1] for row in session.execute(_select_truths(), {"ids": sorted(version_ids)})}


# --- What an earlier content of the same documents said --------------------------------------------------------------


def read_runs(session: Session, document_ids: Collection[str]) -> list[RunOf]:
    """The runs of documents."""
    if not document_ids:
        return []
    runs = table_of(Solved)
    statement = select(runs.c.document_id, runs.c.version_id).where(is_one_of(runs.c.document_id, "ids"))
    return [(row[0], row[1]) for row in session.execute(statement, {"ids": sorted(document_ids)})]


@cache
def _delete_runs() -> Delete:
    runs = table_of(Solved)
    return delete(runs).where(matches(runs, given_rows(runs, _KEY), _KEY))


@cache
def _unsolved() -> AnySelect:
    runs, versions = table_of(Solved), table_of(PythonPackageVersion)
    solved = select(1).select_from(runs).where(runs.c.version_id == versions.c.id).exists()
    return select(versions.c.id).where(is_one_of(versions.c.id, "ids"), ~solved).order_by(versions.c.id)


def forget_runs(session: Session, forgotten: Collection[RunOf], named: Collection[int]) -> set[str]:
    """Forget runs, and the versions that no run is left of, except those that are named again; gives their names.

    The versions are locked since their runs were looked up. Documents that speak of those that go away are asked for
    again.
    """
    if not forgotten:
        return set()
    versions = table_of(PythonPackageVersion)
    ids = {version_id for _, version_id in forgotten}
    names = select(versions.c.package_name).where(is_one_of(versions.c.id, "ids"))
    changed = set(session.scalars(names, {"ids": sorted(ids)}))
    session.execute(_delete_runs(), parameters_of(_KEY, sorted(forgotten)))
    unnamed = {"ids": sorted(ids.difference(named))}
    gone = list(session.scalars(_unsolved(), unnamed))
    if gone:
        ask_speakers(session, gone)
        session.execute(delete(versions).where(is_one_of(versions.c.id, "ids")), {"ids": gone})
    return changed


def clear_unfounded(session: Session, version_ids: Collection[int]) -> None:
    """Clear what a version is said to need, provide and be, where no successful run is left that says so."""
    runs, versions = table_of(Solved), table_of(PythonPackageVersion)
    founded = select(1).select_from(runs).where(runs.c.version_id == versions.c.id, ~runs.c.error).exists()
    statement = select(versions.c.id).where(is_one_of(versions.c.id, "ids"), ~founded)
    unfounded = list(session.scalars(statement, {"ids": sorted(version_ids)}))
    if unfounded:
        write_solver_edges(session, unfounded, [])
        write_imports(session, dict.fromkeys(unfounded, ()))
        describe_versions(session, dict.fromkeys(unfounded, NOTHING))


def ask_successors(session: Session, truths: dict[int, str], told: Collection[str]) -> None:
    """Where one of the told documents was the truth about a version and another one is, have that one say so again.

    The truths are those before.
    """
    own = [version_id for version_id, document_id in truths.items() if document_id in told]
    successors = set(read_truths(session, own).values()).difference(told)
    if successors:
        ask_for_again(session, successors)
