"""Solver documents' rows into tables.

The newest successful document of a version in an environment is the truth about it: edges, metadata and imports that
it no longer states go away. An older document that arrives later adds its run to the history and nothing else, so
that the order of arrival does not matter. Where the content of a document changes so that it is the truth no longer,
the one that is now is asked for again.

Many documents are written with as many statements as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy.orm import Session

from ..arrays import Row
from ..documents.metadata import License, Metadata
from ..documents.solver import Facts, SolvedPackage, Solver, SolverRows
from ..models import EcosystemSolver
from .dependencies import write_solver_edges
from .ledger import Claim, claim_all, record_changes
from .metadata import MetadataNodes, digested_licenses, wanted_licenses
from .packages import (
    NOTHING,
    Description,
    Entity,
    Version,
    artifact_links,
    describe_versions,
    ensure_indexes,
    ensure_versions,
    new_entities,
    wanted_artifacts,
    wanted_entities,
    wanted_imports,
    write_imports,
)
from .solver_runs import ask_successors, clear_unfounded, forget_runs, read_runs, read_truths, write_runs
from .upsert import Ensured, Wanted, distinct_sorted, ensure_many, link_many

_SOLVER = ("ecosystem", "solver_name", "solver_version", "os_name", "os_version", "python_version")


@dataclass(slots=True)
class _Run:
    """How solving a package ended, as one of the documents says; what is 0 or empty is not known yet."""

    rows: SolverRows
    package: SolvedPackage
    entity: Entity = ("", None, None)
    entity_id: int = 0
    version_id: int = 0
    description: Description = NOTHING

    @property
    def document_id(self) -> str:
        return self.rows.document.document_id

    @property
    def version(self) -> Version:
        """The natural key of the version."""
        solver = self.rows.solver
        return self.entity_id, solver.os_name, solver.os_version, solver.python_version


_Success = tuple[_Run, Facts]


def write(session: Session, rows: SolverRows, *, force: bool = False) -> bool:
    """Write a solver document in the session's transaction; False where it was known and there is nothing to do."""
    return write_all(session, [rows], force=force)[0]


def write_all(session: Session, documents: Sequence[SolverRows], *, force: bool = False) -> list[bool]:
    """Write solver documents in the session's transaction; False for each that was known, with nothing to do.

    Of documents with the same id each counts, in their order.
    """
    written = [False] * len(documents)
    for turn in _turns([rows.document.document_id for rows in documents]):
        claims = claim_all(session, [documents[number].document for number in turn], force=force)
        told = [number for number, claimed in zip(turn, claims, strict=True) if claimed is not Claim.KNOWN]
        changed = [number for number, claimed in zip(turn, claims, strict=True) if claimed is Claim.CHANGED]
        if told:
            changed_ids = {documents[number].document.document_id for number in changed}
            _write(session, [documents[number] for number in told], changed_ids)
        for number in told:
            written[number] = True
    return written


def _turns(document_ids: Sequence[str]) -> Iterator[list[int]]:
    """The places of the documents, so that no id comes twice in one turn."""
    seen: Counter[str] = Counter()
    turns: dict[int, list[int]] = {}
    for number, document_id in enumerate(document_ids):
        turns.setdefault(seen[document_id], []).append(number)
        seen[document_id] += 1
    yield from turns.values()


def _write(session: Session, documents: Sequence[SolverRows], changed: Collection[str]) -> None:
    """Write documents; those with the changed ids were known with another content, or are to be written anew."""
    before = read_runs(session, changed)
    runs = [_Run(rows, package) for rows in documents for package in rows.packages]
    successes = [(run, run.package.facts) for run in runs if run.package.facts is not None]
    nodes = _ensure_nodes(session, runs, successes)
    new = _ensure_versions(session, runs, {version_id for _, version_id in before})
    truths = read_truths(session, {version_id for _, version_id in before})
    forgotten = set(before).difference((run.document_id, run.version_id) for run in runs)
    forgotten_names = forget_runs(session, forgotten, {run.version_id for run in runs})
    _write_runs(session, runs, new, nodes)
    _write_facts(session, successes, new, nodes)
    if before:
        clear_unfounded(session, {run.version_id for run in runs}.union(version_id for _, version_id in before))
        ask_successors(session, truths, {rows.document.document_id for rows in documents})
    named = (run.package.package_name for run in runs)
    record_changes(session, forgotten_names.union(nodes.new_names, named))


# --- Nodes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Nodes:
    """What is there now by natural key, and the names of packages of which a version was not known."""

    entities: Mapping[Entity, Ensured]
    imports: Mapping[Row, Ensured]
    solvers: Mapping[Row, Ensured]
    new_names: set[str]


def _ensure_nodes(session: Session, runs: Sequence[_Run], successes: Sequence[_Success]) -> _Nodes:
    """Enter everything that documents name, whether they are the truth or not; runs know their entities now."""
    indexes = ensure_indexes(session, {run.package.index_url for run in runs})
    own = [(run.package.package_name, run.package.package_version, indexes[run.package.index_url]) for run in runs]
    metadata = MetadataNodes(facts.metadata for _, facts in successes if facts.metadata is not None)
    licenses = digested_licenses(facts.license for _, facts in successes if facts.license is not None)
    ensured = ensure_many(
        session,
        [
            wanted_entities({*own, *_needed(successes)}),
            wanted_artifacts(digest for _, facts in successes for digest in facts.hashes),
            wanted_imports(name for _, facts in successes for name in facts.import_packages),
            _wanted_solvers(runs),
            wanted_licenses(licenses),
            *metadata.wanted(),
        ],
    )
    entities, artifacts, imports, solvers, of_licenses, *of_metadata = ensured
    for run, entity in zip(runs, own, strict=True):
        run.entity, run.entity_id = entity, entities[entity].id
    provided = ((run.entity_id, artifacts[(digest,)].id) for run, facts in successes for digest in facts.hashes)
    link_many(session, [artifact_links(provided), *metadata.links(of_metadata)])
    license_ids = {item: of_licenses[key].id for key, item in licenses.items()}
    _describe(successes, metadata.ids(of_metadata), license_ids)
    return _Nodes(entities, imports, solvers, new_entities(session, entities))


def _needed(successes: Sequence[_Success]) -> Iterator[Entity]:
    """What is depended on, without an index."""
    for _, facts in successes:
        for dependency in facts.dependencies:
            yield dependency.package_name, dependency.package_version, None


def _wanted_solvers(runs: Sequence[_Run]) -> Wanted:
    return Wanted(EcosystemSolver, _SOLVER, _SOLVER, distinct_sorted(_solver_row(run.rows.solver) for run in runs))


def _solver_row(solver: Solver) -> Row:
    return ("python", solver.name, solver.version, solver.os_name, solver.os_version, solver.python_version)


def _describe(successes: Sequence[_Success], metadata: Mapping[Metadata, int], licenses: Mapping[License, int]) -> None:
    for run, facts in successes:
        run.description = (
            None if facts.metadata is None else metadata[facts.metadata],
            None if facts.license is None else licenses[facts.license],
            facts.license_warning,
        )


def _ensure_versions(session: Session, runs: Sequence[_Run], to_delete: Collection[int]) -> set[int]:
    """The ids of versions of which nothing was known, and nothing has to be found out: one document solved each.

    Locks the versions that are named, and others (ids).
    """
    solved = Counter(run.version for run in runs if run.package.facts is not None)
    wanted: dict[Version, tuple[Entity, Description]] = {}
    for run in runs:
        if run.package.facts is not None and solved[run.version] == 1:
            wanted[run.version] = run.entity, run.description
        else:
            wanted.setdefault(run.version, (run.entity, NOTHING))
    ensured = ensure_versions(session, wanted, to_delete=sorted(to_delete))
    for run in runs:
        run.version_id = ensured[run.version].id
    return {item.id for version, item in ensured.items() if item.is_new and solved[version] == 1}


# --- Runs, and the facts of those that succeeded ---------------------------------------------------------------------


def _write_runs(session: Session, runs: Sequence[_Run], new: Set[int], nodes: _Nodes) -> None:
    rows: list[Row] = [
        (
            run.document_id,
            run.version_id,
            run.package.facts is None,
            run.package.unparseable,
            run.package.unsolvable,
            run.package.is_provided,
            nodes.solvers[_solver_row(run.rows.solver)].id,
            run.rows.made_at,
            run.rows.duration,
        )
        for run in runs
    ]
    write_runs(session, sorted(rows, key=itemgetter(0, 1)), new=new)


def _write_facts(session: Session, successes: Sequence[_Success], new: Set[int], nodes: _Nodes) -> None:
    """Write what is said of versions of which one of the documents is the truth; all runs are written."""
    truths = read_truths(session, {run.version_id for run, _ in successes}.difference(new))
    owned = {
        run.version_id: (run, facts)
        for run, facts in successes
        if run.version_id in new or truths[run.version_id] == run.document_id
    }
    known = owned.keys() - new
    describe_versions(session, {version_id: owned[version_id][0].description for version_id in known})
    imports = {
        version_id: [nodes.imports[(name,)].id for name in facts.import_packages]
        for version_id, (_, facts) in owned.items()
    }
    write_imports(session, imports, new=new)
    edges = [
        (version_id, nodes.entities[(dependency.package_name, dependency.package_version, None)].id, dependency)
        for version_id, (_, facts) in owned.items()
        for dependency in facts.dependencies
    ]
    write_solver_edges(session, owned, edges, new=new)
