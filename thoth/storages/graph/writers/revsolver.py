"""A reverse solver document's rows into tables: edges from package versions that are known to a new release.

No row names its document, so edges only grow: what the earlier content of a document alone said cannot be told from
what others said, and stays. Solvers and the reverse solver state edges independently of each other; what solvers say
about a marker counts, and where only reverse solvers speak of it, it holds if one of them says so.

A dependent that was not solved yet has no row that an edge could start from. Such items are left out, with a remark,
and the document is marked to be synced again, until all of its dependents are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from sqlalchemy import and_, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from ..arrays import Columns, Row, given_rows, parameters_of
from ..documents.revsolver import Dependent, ReverseSolverRows
from ..documents.solver import Dependency
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion
from ..models_base import table_of
from ..sql_types import AnySelect
from .ledger import Claim, claim, record_changes
from .packages import Entity, ensure_entities
from .upsert import distinct_sorted, ids_by_key, insert_missing, matches, nullable
from .waiting import wait_for

_VERSION = (
    "package_name",
    "package_version",
    "python_package_index_id",
    "os_name",
    "os_version",
    "python_version",
)
_EDGE_KEY = ("version_id", "entity_id", "key_sha256")
_EDGE = (
    *_EDGE_KEY,
    "version_range",
    "marker",
    "extra",
    "extras",
    "marker_evaluation_result",
    "stated_by_reverse_solver",
)
_CONFIRMED = (*_EDGE_KEY, "marker_evaluation_result")


def write(session: Session, rows: ReverseSolverRows, *, force: bool = False) -> bool:
    """Write a document of the reverse solver in the session's transaction; False where nothing is to do."""
    if claim(session, rows.document, force=force) is Claim.KNOWN:
        return False
    release: Entity = (rows.package_name, rows.package_version, None)
    ids, changed = ensure_entities(session, [release])
    named = {item.dependent for item in rows.dependencies}
    versions = _lock_versions(session, named)
    edges = [(versions[item.dependent], item.dependency) for item in rows.dependencies if item.dependent in versions]
    changed_ids = _write_edges(session, ids[release], edges)
    unsolved = named - versions.keys()
    wait_for(session, rows.document, ((each.package, each.environment) for each in unsolved))
    if changed_ids:
        changed |= {each.package.package_name for each, row_id in versions.items() if row_id in changed_ids}
        changed.add(rows.package_name)
    record_changes(session, changed)
    return True


# --- Dependents ------------------------------------------------------------------------------------------------------


@cache
def _select_versions(with_nulls: Columns) -> AnySelect:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, _VERSION)
    columns = (versions.c[name] for name in _VERSION)
    statement = select(versions.c.id, *columns).join(given, matches(versions, given, _VERSION, with_nulls))
    return statement.order_by(versions.c.id).with_for_update(of=versions, key_share=True)


def _lock_versions(session: Session, dependents: Iterable[Dependent]) -> dict[Dependent, int]:
    """The version's id of each dependent that was solved, locked until the transaction ends.

    Solvers' documents lock the versions that they are about in the same way and order: writers of a version's edges
    take turns.
    """
    named = set(dependents)
    urls = {each.package.index_url for each in named}
    known = ids_by_key(session, PythonPackageIndex, ("url",), [(url,) for url in sorted(filter(None, urls))])
    indexes: dict[str | None, int | None] = {None: None, **{url: index_id for (url,), index_id in known.items()}}
    keys: dict[Row, Dependent] = {
        (*each.package[:2], indexes[each.package.index_url], *each[1:]): each
        for each in named
        if each.package.index_url in indexes
    }
    if not keys:
        return {}
    found = session.execute(_select_versions(nullable(_VERSION, keys)), parameters_of(_VERSION, distinct_sorted(keys)))
    return {keys[tuple(row[1:])]: row[0] for row in found}


# --- Edges -----------------------------------------------------------------------------------------------------------


@cache
def _confirm() -> ReturningUpdate[int]:
    """Edges that others state as well, or that a marker does not hold for as far as only reverse solvers know."""
    edges = table_of(DependsOn)
    given = given_rows(edges, _CONFIRMED)
    holds = and_(~edges.c.stated_by_solver, given.c.marker_evaluation_result)
    new = or_(~edges.c.stated_by_reverse_solver, and_(holds, ~edges.c.marker_evaluation_result))
    confirmed = update(edges).where(matches(edges, given, _EDGE_KEY), new)
    values = {
        "stated_by_reverse_solver": true(),
        "marker_evaluation_result": or_(edges.c.marker_evaluation_result, holds),
    }
    return confirmed.values(values).returning(edges.c.version_id)


def _write_edges(session: Session, entity_id: int, edges: Iterable[tuple[int, Dependency]]) -> set[int]:
    """Write the edges from versions (by id) to the release; gives the versions of which one is new or corrected."""
    rows = distinct_sorted(
        (
            *(version_id, entity_id, edge.terms.key, *edge.terms.texts),
            *(edge.marker_evaluation_result, True),
        )
        for version_id, edge in edges
    )
    inserted = insert_missing(session, DependsOn, _EDGE, _EDGE_KEY, rows)
    changed = {version_id for version_id, *_ in inserted}
    if len(inserted) < len(rows):
        evaluated = [(*row[:3], row[7]) for row in rows]
        changed |= set(session.scalars(_confirm(), parameters_of(_CONFIRMED, evaluated)))
    return changed
