"""What thoth-storages show knows of a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..exceptions import NotFoundError
from .asking import known, needing_a_version, shown_url, unknown
from .dependency_sources import PackageTuple, Source, source_of
from .dependency_walk import Dependencies, Wanted, is_prerelease, picture_of, requirements_as_json, walk
from .package_argument import Asked, EnvironmentArguments, arguments_of
from .package_pictures import Box, Line, Picture

if TYPE_CHECKING:
    from ..graph.filters import Environment
    from ..graph.postgres import GraphDatabase
    from ..graph.queries.dependencies import PackageVersionRecord


@dataclass(frozen=True)
class Version:
    """A version on an index, and the environments that it was solved in."""

    package_version: str
    index_url: str | None
    environments: list[EnvironmentArguments]
    has_solver_error: bool


@dataclass(frozen=True)
class Vulnerability:
    """A vulnerability, and those of the versions shown that have it."""

    cve_id: str
    details: str
    link: str | None
    versions: list[str]


@dataclass(frozen=True)
class Rule:
    """A rule that keeps versions from being solved; None is every version, every index."""

    rule_id: int
    version_range: str | None
    index_url: str | None
    description: str | None


@dataclass(frozen=True)
class Facts:
    """What PostgreSQL alone knows of a package.

    needed_by is {name: versions}, newest first; metadata is that of the version described, None where there is none.
    """

    needed_by: dict[str, list[str]]
    solver_error_documents: list[str]
    vulnerabilities: list[Vulnerability]
    rules: list[Rule]
    metadata: dict[str, Any] | None


@dataclass(frozen=True)
class Known:
    """What is known of a package, or of one version of it; facts are None where a graph cache alone was asked.

    versions are newest first. The dependencies are those of the version described: the one that was asked about, else
    the newest that was solved without an error.
    """

    asked: Asked
    versions: list[Version]
    described: str | None
    dependencies: Dependencies
    facts: Facts | None = None

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            "package_name": self.asked.package_name,
            "package_version": self.asked.package_version,
            "versions": list(map(asdict, self.versions)),
            "described_version": self.described,
            "requirements": requirements_as_json(self.dependencies),
            **(asdict(self.facts) if self.facts else {}),
        }


def known_of(graph: GraphDatabase, asked: Asked, environment: Environment, *, is_offline: bool) -> Known:
    """What is known, in a number of statements that does not depend on how much that is.

    Raises NotFoundError, which says what is known instead, and OfflineError.
    """
    places = _places(graph, asked, environment)
    source = source_of(graph, environment, is_offline=is_offline)
    versions = _versions(source, places)
    described = asked.package_version or _described(versions)
    roots = [place for place in places if place[1] == described]
    dependencies = walk(source, roots, Wanted(asked.extras, depth=1))
    found = Known(asked, versions, described, dependencies)
    return found if is_offline else replace(found, facts=_facts(graph, found, list(places)))


def _places(
    graph: GraphDatabase, asked: Asked, environment: Environment
) -> dict[PackageTuple, list[EnvironmentArguments]]:
    """{version on an index: environments}, newest first. Raises NotFoundError."""
    where = arguments_of(environment)
    name, version = asked.package_name, asked.package_version
    if version is not None:
        records = graph.get_python_package_version_records(name, version, None, **where)
        if not records:
            raise unknown(graph, asked, environment)
        return _by_place(records)
    with needing_a_version(asked):
        solved = graph.get_solved_python_package_versions_all(name, count=None, distinct=True, **where)
    if not solved:
        known(graph, name)
    found = graph.get_python_packages_version_records(reversed(solved), **where)
    return _by_place([record for records in found.values() for record in records])


def _by_place(records: Sequence[PackageVersionRecord]) -> dict[PackageTuple, list[EnvironmentArguments]]:
    found: dict[PackageTuple, list[EnvironmentArguments]] = {}
    for record in records:
        place = (record["package_name"], record["package_version"], record["index_url"])
        found.setdefault(place, []).append(
            EnvironmentArguments(
                os_name=record["os_name"], os_version=record["os_version"], python_version=record["python_version"]
            )
        )
    return found


def _versions(source: Source, places: dict[PackageTuple, list[EnvironmentArguments]]) -> list[Version]:
    failed = source.failed(places)
    return [Version(one[1], shown_url(one[2]), where, one in failed) for one, where in places.items()]


def _described(versions: Sequence[Version]) -> str | None:
    """The newest version that was solved without an error; one with an error or a pre-release only if need be."""
    ranked = sorted(versions, key=lambda one: (one.has_solver_error, is_prerelease(one.package_version)))
    return ranked[0].package_version if ranked else None


def _facts(graph: GraphDatabase, found: Known, places: list[PackageTuple]) -> Facts:
    name, version = found.asked.package_name, found.asked.package_version
    needed_by = graph.retrieve_dependent_packages(name, version)
    return Facts(
        {other: versions[::-1] for other, versions in needed_by.items()},
        graph.get_error_solved_document_id_all(name, version, count=None, distinct=True),
        _vulnerabilities(graph, found.asked, places),
        _rules(graph, found.asked),
        _metadata(graph, name, found.described),
    )


def _vulnerabilities(graph: GraphDatabase, asked: Asked, places: list[PackageTuple]) -> list[Vulnerability]:
    records = graph.get_python_cve_records_all(asked.package_name, asked.package_version)
    having: dict[str, dict[str, None]] = {}
    if records:
        for place, found in graph.get_python_cve_records_of_packages(places).items():
            for one in found:
                having.setdefault(one["cve_id"], {})[place[1]] = None
    return [
        Vulnerability(one["cve_id"], one["details"], one["link"], list(having.get(one["cve_id"], ())))
        for one in records
    ]


def _rules(graph: GraphDatabase, asked: Asked) -> list[Rule]:
    """The rules about the package, or those that apply to the version."""
    name, version = asked.package_name, asked.package_version
    if version is None:
        rules = graph.get_python_rule_all(package_name=name, count=None)
        return [Rule(one["id"], one["version_range"], shown_url(one["index_url"]), one["description"]) for one in rules]
    applied = graph.get_python_package_version_solver_rules_all(name, version)
    found = {one.rule_id: one for one in reversed(applied)}  # one that applies on several indexes stands for each
    return [Rule(one.rule_id, one.version_range, shown_url(one.index_url), one.description) for one in found.values()]


def _metadata(graph: GraphDatabase, name: str, version: str | None) -> dict[str, Any] | None:
    try:
        return None if version is None else graph.get_python_package_version_metadata(name, version, None)
    except NotFoundError:
        return None


def neighbours(found: Known) -> Picture:
    """The version described, what it needs, and of each package that needs it the newest version."""
    needs = picture_of(found.dependencies)
    middle = [box for box in needs.boxes if box.is_asked]
    needed_by = found.facts.needed_by if found.facts else {}
    boxes = [Box(f"{name} {versions[0]}") for name, versions in needed_by.items()]
    lines = [Line(box, one) for box in boxes for one in middle]
    return Picture([*boxes, *needs.boxes], [*lines, *needs.lines])
