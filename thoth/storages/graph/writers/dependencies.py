"""Edges: what package versions depend on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from operator import itemgetter

from sqlalchemy import ColumnElement, Delete, Table, Update, delete, or_, select, true, update
from sqlalchemy.orm import Session

from ..arrays import Row, given_rows, is_one_of, parameters_of
from ..documents.solver import Dependency
from ..models import DependsOn
from ..models_base import table_of
from .upsert import insert_all, insert_missing, matches

Edge = tuple[int, int, Dependency]
"""The version that depends (its id), what it depends on (the entity's id), and how."""

_KEY = ("version_id", "entity_id", "key_sha256")
_COLUMNS = (*_KEY, "version_range", "marker", "extra", "extras", "marker_evaluation_result", "stated_by_solver")


@cache
def _correct() -> Update:
    """What is stated again, maybe with another evaluation of its marker, or by the reverse solver alone so far."""
    edges = table_of(DependsOn)
    given = given_rows(edges, (*_KEY, "marker_evaluation_result"))
    other = edges.c.marker_evaluation_result != given.c.marker_evaluation_result
    return (
        update(edges)
        .where(matches(edges, given, _KEY), or_(other, ~edges.c.stated_by_solver))
        .values(marker_evaluation_result=given.c.marker_evaluation_result, stated_by_solver=true())
    )


def _no_longer_stated(edges: Table) -> ColumnElement[bool]:
    given = given_rows(edges, _KEY)
    again = select(1).select_from(given).where(matches(edges, given, _KEY)).correlate(edges).exists()
    return is_one_of(edges.c.version_id, "version_ids") & ~again


@cache
def _delete_withdrawn() -> Delete:
    edges = table_of(DependsOn)
    return delete(edges).where(_no_longer_stated(edges), ~edges.c.stated_by_reverse_solver)


@cache
def _keep_reverse_solvers() -> Update:
    edges = table_of(DependsOn)
    withdrawn = update(edges).where(_no_longer_stated(edges), edges.c.stated_by_solver)
    return withdrawn.values(stated_by_solver=~true())


def write_solver_edges(
    session: Session, version_ids: Collection[int], edges: Sequence[Edge], *, new: Collection[int] = ()
) -> None:
    """Make these the edges that solvers state of the versions (by id); new versions have none so far.

    What solvers state no longer goes away, except where the reverse solver states it too: it has seen releases that
    are newer than the solver's document.
    """
    rows = [
        (version_id, entity_id, terms.key, *terms.texts, holds, True)
        for version_id, entity_id, (_, _, terms, holds) in edges
    ]
    rows.sort(key=itemgetter(0, 1, 2))
    insert_all(session, DependsOn, _COLUMNS, [row for row in rows if row[0] in new])
    known = sorted(set(version_ids).difference(new))
    if known:
        _replace(session, known, [row for row in rows if row[0] not in new])


def _replace(session: Session, version_ids: Sequence[int], rows: Sequence[Row]) -> None:
    if len(insert_missing(session, DependsOn, _COLUMNS, _KEY, rows)) < len(rows):
        evaluated = [(*row[:3], row[7]) for row in rows]
        session.execute(_correct(), parameters_of((*_KEY, "marker_evaluation_result"), evaluated))
    stated = {**parameters_of(_KEY, rows), "version_ids": version_ids}
    session.execute(_delete_withdrawn(), stated)
    session.execute(_keep_reverse_solvers(), stated)
