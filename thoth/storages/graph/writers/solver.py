"""A solver document's rows into tables.

The newest successful document of a version in an environment is the truth about it: edges, metadata and imports that
it no longer states go away. An older document that arrives later adds its run to the history and nothing else, so
that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Delete,
    Update,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningDelete

from ..arrays import given_rows, is_one_of, parameters_of, table_of
from ..documents.solver import Facts, SolvedPackage, Solver, SolverRows
from ..models import EcosystemSolver, PythonPackageVersion, Solved
from ..sql_types import AnySelect
from .dependencies import write_solver_edges
from .ledger import Claim, claim, record_changes
from .metadata import ensure_licenses, ensure_metadata
from .packages import Entity, ensure_entities, ensure_indexes, ensure_versions, write_artifacts, write_imports
from .upsert import ensure

_DESCRIPTION = ("python_package_metadata_id", "package_license", "package_license_warning")
_OUTCOME = ("error", "error_unparseable", "error_unsolvable", "is_provided")


@dataclass(frozen=True)
class _Nodes:
    """Ids of what a document names: entities by package, versions by package, entities of dependencies."""

    entities: dict[SolvedPackage, int]
    versions: dict[SolvedPackage, int]
    dependencies: dict[Entity, int]


def write(session: Session, rows: SolverRows, *, force: bool = False) -> bool:
    """Write a solver document in the session's transaction; False where it was known and there is nothing to do."""
    claimed = claim(session, rows.document, force=force)
    if claimed is Claim.KNOWN:
        return False
    nodes, new_names = _ensure_nodes(session, rows)
    changed_names = {package.package_name for package in rows.packages} | new_names
    if claimed is Claim.CHANGED:
        changed_names |= _forget_runs(session, rows, list(nodes.versions.values()))
    _write_facts(session, rows, nodes)
    _write_runs(session, rows, nodes)
    if claimed is Claim.CHANGED:
        _clear_unfounded(session, list(nodes.versions.values()))
    record_changes(session, changed_names)
    return True


# --- Nodes -----------------------------------------------------------------------------------------------------------


def _ensure_nodes(session: Session, rows: SolverRows) -> tuple[_Nodes, set[str]]:
    """The ids of everything the document names, and the names of packages of which a version was not known."""
    indexes = ensure_indexes(session, {package.index_url for package in rows.packages})
    own: dict[SolvedPackage, Entity] = {
        package: (package.package_name, package.package_version, indexes[package.index_url])
        for package in rows.packages
    }
    needed: set[Entity] = {
        (dependency.package_name, dependency.package_version, None)
        for package in rows.packages
        if package.facts
        for dependency in package.facts.dependencies
    }
    ids, new_names = ensure_entities(session, {*own.values(), *needed})
    entities = {package: ids[entity] for package, entity in own.items()}
    solver = rows.solver
    environment = (solver.os_name, solver.os_version, solver.python_version)
    versions = ensure_versions(session, entities.values(), environment)
    return _Nodes(entities, {package: versions[entity] for package, entity in entities.items()}, ids), new_names


def _ensure_solver(session: Session, solver: Solver) -> int:
    columns = ("ecosystem", "solver_name", "solver_version", "os_name", "os_version", "python_version")
    row = ("python", solver.name, solver.version, solver.os_name, solver.os_version, solver.python_version)
    return ensure(session, EcosystemSolver, columns, [row])[row]


# --- Facts of successfully solved packages ---------------------------------------------------------------------------


def _write_facts(session: Session, rows: SolverRows, nodes: _Nodes) -> None:
    solved = {package: package.facts for package in rows.packages if package.facts is not None}
    write_artifacts(session, {nodes.entities[package]: facts.hashes for package, facts in solved.items()})
    newer = _stated_by_newer(session, rows, [nodes.versions[package] for package in solved])
    owned = {
        nodes.versions[package]: facts for package, facts in solved.items() if nodes.versions[package] not in newer
    }
    _describe(session, owned)
    imports = {version: facts.import_packages for version, facts in owned.items() if facts.import_packages is not None}
    write_imports(session, imports)
    edges = [
        (version, nodes.dependencies[(dependency.package_name, dependency.package_version, None)], dependency)
        for version, facts in owned.items()
        for dependency in facts.dependencies
    ]
    write_solver_edges(session, list(owned), edges)


@cache
def _select_newer() -> AnySelect:
    runs = table_of(Solved)
    this = tuple_(bindparam("made_at", type_=runs.c.datetime.type), bindparam("made_as", type_=runs.c.document_id.type))
    later = tuple_(runs.c.datetime, runs.c.document_id) > this
    other = runs.c.document_id != bindparam("made_as")
    return select(runs.c.version_id).where(is_one_of(runs.c.version_id, "version_ids"), ~runs.c.error, other, later)


def _stated_by_newer(session: Session, rows: SolverRows, version_ids: Sequence[int]) -> set[int]:
    """The versions of which a newer document is the truth."""
    if not version_ids:
        return set()
    this = {"made_at": rows.made_at, "made_as": rows.document.document_id}
    return set(session.scalars(_select_newer(), {**this, "version_ids": version_ids}))


@cache
def _update_descriptions() -> Update:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, ("id", *_DESCRIPTION))
    # What a document does not say is not what it denies.
    values = {name: func.coalesce(given.c[name], versions.c[name]) for name in _DESCRIPTION}
    changed = or_(*(versions.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(versions).where(versions.c.id == given.c.id, changed).values(values)


def _describe(session: Session, owned: dict[int, Facts]) -> None:
    metadata = ensure_metadata(session, {facts.metadata for facts in owned.values() if facts.metadata is not None})
    licenses = ensure_licenses(session, {facts.license for facts in owned.values() if facts.license is not None})
    rows = [
        (
            version,
            None if facts.metadata is None else metadata[facts.metadata],
            None if facts.license is None else licenses[facts.license],
            facts.license_warning,
        )
        for version, facts in sorted(owned.items())
    ]
    if rows:
        session.execute(_update_descriptions(), parameters_of(("id", *_DESCRIPTION), rows))


# --- Runs: the history -----------------------------------------------------------------------------------------------


@cache
def _upsert_runs() -> Insert:
    runs = table_of(Solved)
    given = given_rows(runs, ("version_id", *_OUTCOME))
    of_document = ("document_id", "ecosystem_solver_id", "datetime", "duration")
    scalars = [bindparam(f"document_{name}", type_=runs.c[name].type) for name in of_document]
    statement = insert(runs).from_select(
        ["version_id", *_OUTCOME, *of_document], select(given.c.version_id, *(given.c[n] for n in _OUTCOME), *scalars)
    )
    values = {name: statement.excluded[name] for name in (*_OUTCOME, *of_document[1:])}
    changed = or_(*(runs.c[name].is_distinct_from(value) for name, value in values.items()))
    return statement.on_conflict_do_update(index_elements=["document_id", "version_id"], set_=values, where=changed)


def _write_runs(session: Session, rows: SolverRows, nodes: _Nodes) -> None:
    solver_id = _ensure_solver(session, rows.solver)
    outcomes = [
        (version, package.facts is None, package.unparseable, package.unsolvable, package.is_provided)
        for package, version in sorted(nodes.versions.items(), key=lambda item: item[1])
    ]
    if outcomes:
        of_document = {
            "document_document_id": rows.document.document_id,
            "document_ecosystem_solver_id": solver_id,
            "document_datetime": rows.made_at,
            "document_duration": rows.duration,
        }
        session.execute(_upsert_runs(), {**parameters_of(("version_id", *_OUTCOME), outcomes), **of_document})


@cache
def _delete_runs() -> ReturningDelete[int]:
    runs = table_of(Solved)
    kept = is_one_of(runs.c.version_id, "version_ids")
    return delete(runs).where(runs.c.document_id == bindparam("made_as"), ~kept).returning(runs.c.version_id)


@cache
def _delete_unsolved() -> Delete:
    versions, runs = table_of(PythonPackageVersion), table_of(Solved)
    unsolved = ~select(1).select_from(runs).where(runs.c.version_id == versions.c.id).exists()
    return delete(versions).where(is_one_of(versions.c.id, "version_ids"), unsolved)


def _forget_runs(session: Session, rows: SolverRows, version_ids: Sequence[int]) -> set[str]:
    """Forget what an earlier content of this document said of versions that it no longer names; their names."""
    this = {"made_as": rows.document.document_id, "version_ids": version_ids}
    forgotten = list(session.scalars(_delete_runs(), this))
    if not forgotten:
        return set()
    versions = table_of(PythonPackageVersion)
    names = select(versions.c.package_name).where(is_one_of(versions.c.id, "version_ids"))
    changed = set(session.scalars(names, {"version_ids": forgotten}))
    session.execute(_delete_unsolved(), {"version_ids": forgotten})
    _clear_unfounded(session, forgotten)
    return changed


def _clear_unfounded(session: Session, version_ids: Sequence[int]) -> None:
    """Clear what a version is said to need, provide and be, where no successful run is left that says so."""
    runs, versions = table_of(Solved), table_of(PythonPackageVersion)
    given = func.unnest(bindparam("version_ids", type_=ARRAY(BigInteger))).table_valued("id").render_derived("given")
    founded = select(literal(1)).where(runs.c.version_id == given.c.id, ~runs.c.error).exists()
    there = select(1).where(versions.c.id == given.c.id).exists()
    unfounded = list(session.scalars(select(given.c.id).where(~founded, there), {"version_ids": list(version_ids)}))
    if unfounded:
        write_solver_edges(session, unfounded, [])
        write_imports(session, dict.fromkeys(unfounded, ()))
        nothing = dict.fromkeys(_DESCRIPTION)
        session.execute(update(versions).where(versions.c.id.in_(unfounded)).values(nothing))
