"""A solver document's rows into tables.

The newest successful document of a version in an environment is the truth about it: edges, metadata and imports that
it no longer states go away. An older document that arrives later adds its run to the history and nothing else, so
that the order of arrival does not matter. Where the content of a document changes so that it is the truth no longer,
the one that is now is asked for again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    Update,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ..arrays import given_rows, is_one_of, parameters_of
from ..documents.solver import Facts, SolvedPackage, Solver, SolverRows
from ..models import EcosystemSolver, PythonPackageVersion, Solved
from ..models_base import table_of
from ..sql_types import AnySelect
from .dependencies import write_solver_edges
from .ledger import Claim, ask_for_again, claim, record_changes
from .metadata import ensure_licenses, ensure_metadata
from .packages import (
    Entity,
    ensure_entities,
    ensure_imports,
    ensure_indexes,
    ensure_versions,
    write_artifacts,
    write_imports,
)
from .upsert import ensure, insert_missing, matches

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
    before = _versions_of(session, rows.document.document_id) if claimed is Claim.CHANGED else []
    nodes, new_names = _ensure_nodes(session, rows, before)
    truths = _truths(session, before)
    changed_names = {package.package_name for package in rows.packages} | new_names
    changed_names |= _forget_runs(session, rows, nodes, before)
    _write_facts(session, rows, nodes)
    _write_runs(session, rows, nodes)
    if before:
        _clear_unfounded(session, {*before, *nodes.versions.values()})
        _ask_successors(session, rows.document.document_id, truths)
    record_changes(session, changed_names)
    return True


# --- Nodes -----------------------------------------------------------------------------------------------------------


def _ensure_nodes(session: Session, rows: SolverRows, before: Sequence[int]) -> tuple[_Nodes, set[str]]:
    """The ids of everything the document names, and the names of packages of which a version was not known.

    Locks the versions it names, and those that it named before (ids).
    """
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
    versions = ensure_versions(session, entities.values(), environment, to_delete=before)
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
    _describe(session, solved.values(), owned)
    imports = ensure_imports(session, {name for facts in solved.values() for name in facts.import_packages})
    write_imports(session, {version: [imports[name] for name in f.import_packages] for version, f in owned.items()})
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
    values = {name: given.c[name] for name in _DESCRIPTION}
    changed = or_(*(versions.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(versions).where(versions.c.id == given.c.id, changed).values(values)


def _describe(session: Session, stated: Collection[Facts], owned: dict[int, Facts]) -> None:
    """Enter the metadata and licences that are stated; point the versions that this document owns to theirs."""
    metadata = ensure_metadata(session, {facts.metadata for facts in stated if facts.metadata is not None})
    licenses = ensure_licenses(session, {facts.license for facts in stated if facts.license is not None})
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


_OF_DOCUMENT = ("document_id", "ecosystem_solver_id", "datetime", "duration")
_RUN = ("version_id", *_OUTCOME, *_OF_DOCUMENT)
_RUN_KEY = ("document_id", "version_id")


@cache
def _correct_runs() -> Update:
    runs = table_of(Solved)
    given = given_rows(runs, _RUN)
    values = {name: given.c[name] for name in _RUN if name not in _RUN_KEY}
    same = matches(runs, given, _RUN_KEY)
    changed = or_(*(runs.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(runs).where(same, changed).values(values)


def _write_runs(session: Session, rows: SolverRows, nodes: _Nodes) -> None:
    of_document = (
        rows.document.document_id,
        _ensure_solver(session, rows.solver),
        rows.made_at,
        rows.duration,
    )
    runs = [
        (version, package.facts is None, package.unparseable, package.unsolvable, package.is_provided, *of_document)
        for package, version in sorted(nodes.versions.items(), key=lambda item: item[1])
    ]
    if len(insert_missing(session, Solved, _RUN, _RUN_KEY, runs)) < len(runs):
        session.execute(_correct_runs(), parameters_of(_RUN, runs))


# --- What an earlier content of the same document said ---------------------------------------------------------------


def _versions_of(session: Session, document_id: str) -> list[int]:
    """The versions that the runs of a document are about."""
    runs = table_of(Solved)
    return list(session.scalars(select(runs.c.version_id).where(runs.c.document_id == document_id)))


def _forget_runs(session: Session, rows: SolverRows, nodes: _Nodes, before: Sequence[int]) -> set[str]:
    """Forget the runs about versions that the document no longer names, and versions that no run is left of.

    Gives their names. All of them are locked since their runs were looked up.
    """
    forgotten = sorted(set(before) - set(nodes.versions.values()))
    if not forgotten:
        return set()
    runs, versions = table_of(Solved), table_of(PythonPackageVersion)
    names = select(versions.c.package_name).where(is_one_of(versions.c.id, "ids"))
    changed = set(session.scalars(names, {"ids": forgotten}))
    own = runs.c.document_id == rows.document.document_id
    session.execute(delete(runs).where(own, is_one_of(runs.c.version_id, "ids")), {"ids": forgotten})
    unsolved = ~select(1).select_from(runs).where(runs.c.version_id == versions.c.id).exists()
    session.execute(delete(versions).where(is_one_of(versions.c.id, "ids"), unsolved), {"ids": forgotten})
    return changed


@cache
def _select_truths() -> AnySelect:
    """The document that is the truth about each version: its newest successful run's."""
    runs = table_of(Solved)
    statement = select(runs.c.version_id, runs.c.document_id).where(is_one_of(runs.c.version_id, "ids"), ~runs.c.error)
    newest = statement.order_by(runs.c.version_id, runs.c.datetime.desc(), runs.c.document_id.desc())
    return newest.ext(distinct_on(runs.c.version_id))


def _truths(session: Session, version_ids: Collection[int]) -> dict[int, str]:
    if not version_ids:
        return {}
    return {row[0]: row[1] for row in session.execute(_select_truths(), {"ids": sorted(version_ids)})}


def _ask_successors(session: Session, document_id: str, truths: dict[int, str]) -> None:
    """Where this document was the truth about a version and is no longer, have the one that is now say so again."""
    own = [version for version, truth in truths.items() if truth == document_id]
    successors = set(_truths(session, own).values()) - {document_id}
    if successors:
        ask_for_again(session, successors)


def _clear_unfounded(session: Session, version_ids: Collection[int]) -> None:
    """Clear what a version is said to need, provide and be, where no successful run is left that says so."""
    runs, versions = table_of(Solved), table_of(PythonPackageVersion)
    founded = select(1).select_from(runs).where(runs.c.version_id == versions.c.id, ~runs.c.error).exists()
    statement = select(versions.c.id).where(is_one_of(versions.c.id, "ids"), ~founded)
    unfounded = list(session.scalars(statement, {"ids": sorted(version_ids)}))
    if unfounded:
        write_solver_edges(session, unfounded, [])
        write_imports(session, dict.fromkeys(unfounded, ()))
        nothing = [(version, None, None, None) for version in unfounded]
        session.execute(_update_descriptions(), parameters_of(("id", *_DESCRIPTION), nothing))
