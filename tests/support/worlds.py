"""Small graphs that hypothesis draws, as rows and as plain Python: several indexes, NULLs, cycles, errors, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st
from packaging.version import Version
from sqlalchemy import Engine

from support.facts import NOW, Facts, hexadecimal
from support.tables import delete_all
from thoth.storages.graph import models as m
from thoth.storages.graph.names import key_sha256, version_order

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"
NAMES = ("a", "b-c")
VERSIONS = ("1.0rc1", "1.0", "2.0", "10.0")
ENVIRONMENTS = (("debian", "12", "3.11"), ("rhel", "8", "3.8"))
EXTRAS, MARKERS = (None, "x"), (None, 'os_name == "nt"')

Place = tuple[str, str | None, str | None]
"""Name, version, index URL."""


class Run(NamedTuple):
    """A solver's run for a package version: its document, how many minutes after the first, how it ended."""

    document_id: str
    minutes: int
    error: str | None  # "", "unparseable" or "unsolvable"; None for no error


class Edge(NamedTuple):
    """What a package version needs."""

    name: str
    version: str
    extra: str | None
    marker: str | None
    holds: bool


@dataclass
class Solved:
    """A package version in an environment."""

    place: Place
    environment: tuple[str, str, str]
    runs: list[Run]
    edges: list[Edge] = field(default_factory=list)
    is_missing: bool = False


@dataclass
class World:
    """What a graph holds."""

    entities: set[Place]
    ruled: set[Place]
    artifacts: dict[Place, dict[str, bool]]
    vulnerable: dict[Place, set[str]]
    solved: list[Solved]


_places = st.tuples(st.sampled_from(NAMES), st.sampled_from(VERSIONS), st.sampled_from((None, PYPI, MIRROR)))
_runs = st.lists(st.tuples(st.integers(0, 9), st.sampled_from((None, "", "unparseable", "unsolvable"))), min_size=1)
_edges = st.builds(
    Edge,
    st.sampled_from(NAMES),
    st.sampled_from(VERSIONS),
    st.sampled_from(EXTRAS),
    st.sampled_from(MARKERS),
    st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A graph of a handful of package versions."""
    solved: list[Solved] = []
    keys = draw(st.lists(st.tuples(_places, st.sampled_from(ENVIRONMENTS)), unique=True, max_size=7))
    for number, (place, environment) in enumerate(keys):
        runs = [
            Run(f"solver-{number}-{of}", minutes, error)
            for of, (minutes, error) in enumerate(draw(_runs.filter(lambda runs: len(runs) < 4)))
        ]
        edges = draw(st.lists(_edges, unique_by=lambda edge: edge[:4], max_size=3))
        solved.append(Solved(place, environment, runs, edges, draw(st.booleans())))
    entities: set[Place] = {one.place for one in solved}
    entities |= {(edge.name, edge.version, None) for one in solved for edge in one.edges}
    entities |= set(draw(st.lists(_places, max_size=3)))
    entities |= set(draw(st.lists(st.tuples(st.sampled_from(NAMES), st.none(), st.sampled_from((None, PYPI))))))
    known = sorted(entities, key=str)
    some = st.lists(st.sampled_from(known), max_size=2) if known else st.just([])
    files = st.dictionaries(st.sampled_from(("f", "g")), st.booleans())
    return World(
        entities,
        set(draw(some)),
        {place: draw(files) for place in draw(some)},
        {place: draw(st.sets(st.sampled_from(("CVE-1", "CVE-2")))) for place in draw(some)},
        solved,
    )


def order(place: Place) -> Any:
    """The order of listings: unknown versions and indexes last."""
    name, version, url = place
    return name, version is None, Version(version or "0"), url is None, url or ""


def write(engine: Engine, world: World) -> None:
    """Make the graph hold this and nothing else."""
    with engine.begin() as connection:
        delete_all(connection)
        _write(Facts(connection), world)


def _write(facts: Facts, world: World) -> None:
    indexes = {PYPI: facts.index(PYPI), MIRROR: facts.index(MIRROR), None: None}
    entities = {
        place: facts.put(
            m.PythonPackageVersionEntity,
            package_name=place[0],
            package_version=place[1],
            version_order=None if place[1] is None else version_order(place[1]),
            python_package_index_id=indexes[place[2]],
        )
        for place in sorted(world.entities, key=order)
    }
    solvers = {
        environment: facts.put(
            m.EcosystemSolver,
            ecosystem="python",
            solver_name=f"solver-{environment[0]}",
            solver_version="1",
            os_name=environment[0],
            os_version=environment[1],
            python_version=environment[2],
        )
        for environment in ENVIRONMENTS
    }
    for one in world.solved:
        _write_solved(facts, one, entities, indexes, solvers[one.environment])
    rules = {place: facts.put(m.PythonPackageVersionEntityRule, **_rule(place)) for place in _names(world.ruled)}
    for place in world.ruled:
        link = {"python_package_version_entity_id": entities[place]}
        rule = {"python_package_version_entity_rule_id": rules[place[0]]}
        facts.put(m.PythonPackageVersionEntityRulesAssociation, **link, **rule)
    _write_files(facts, world, entities)
    cves = {name: facts.put(m.CVE, cve_id=name, details=f"of {name}", aggregated_at=NOW) for name in ("CVE-1", "CVE-2")}
    for place, names in world.vulnerable.items():
        for name in names:
            facts.put(m.HasVulnerability, python_package_version_entity_id=entities[place], cve_id=cves[name])


def _names(places: set[Place]) -> Iterator[str]:
    return iter(sorted({place[0] for place in places}))


def _rule(name: str) -> dict[str, str]:
    return {"package_name": name, "version_range": "<3", "description": f"{name} is not wanted"}


def _write_files(facts: Facts, world: World, entities: dict[Place, Any]) -> None:
    files = {
        name: facts.put(m.PythonArtifact, artifact_hash_sha256=hexadecimal(name))
        for name in {name for names in world.artifacts.values() for name in names}
    }
    for place, names in world.artifacts.items():
        for name, present in names.items():
            key = {"python_package_version_entity_id": entities[place], "python_artifact_id": files[name]}
            facts.put(m.HasArtifact, **key, present=present)


def _write_solved(facts: Facts, one: Solved, entities: Any, indexes: Any, solver: int) -> None:
    name, version, url = one.place
    assert version is not None
    key = dict(zip(("os_name", "os_version", "python_version"), one.environment, strict=True))
    version_id = facts.put(
        m.PythonPackageVersion,
        entity_id=entities[one.place],
        package_name=name,
        package_version=version,
        version_order=version_order(version),
        python_package_index_id=indexes[url],
        is_missing=one.is_missing,
        **key,
    )
    for run in one.runs:
        facts.put(
            m.Solved,
            document_id=run.document_id,
            version_id=version_id,
            ecosystem_solver_id=solver,
            datetime=NOW + timedelta(minutes=run.minutes),
            error=run.error is not None,
            error_unparseable=run.error == "unparseable",
            error_unsolvable=run.error == "unsolvable",
        )
    for edge in one.edges:
        facts.put(
            m.DependsOn,
            version_id=version_id,
            entity_id=entities[edge.name, edge.version, None],
            version_range="*",
            marker=edge.marker,
            extra=edge.extra,
            key_sha256=key_sha256("*", edge.marker, edge.extra, None),
            marker_evaluation_result=edge.holds,
            stated_by_solver=True,
        )
