"""Where a walk over dependencies asks: PostgreSQL, a level of packages in one statement each, or a graph cache."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ..exceptions import NotFoundError, OfflineError
from .package_argument import arguments_of

if TYPE_CHECKING:
    from ..graph.filters import Environment
    from ..graph.postgres import GraphDatabase

PackageTuple = tuple[str, str, str | None]
"""Name, version and the URL of the index that it was solved on, None where it was solved on none."""

PackageVersion = tuple[str, str]
"""Name and version."""

Needed = dict[str | None, list[PackageVersion]]
"""{extra: what is needed for it}."""

Edge = tuple[str, str, str | None, str, str]
"""A package and what it needs: name, version, index URL, name, version."""


class Source(Protocol):
    """What a walk asks. Everything is asked in the environment that the source was made for."""

    def needed_by(
        self, packages: Iterable[PackageTuple], extras: Collection[str | None] | None, holds: bool | None
    ) -> dict[PackageTuple, Needed]:
        """What each package needs, by name and version (PEP 440, newest last); None is any extra, any marker."""

    def places_of(self, versions: Iterable[PackageVersion]) -> dict[PackageVersion, list[str | None]]:
        """The indexes on which each version was solved, sorted; none where it was not."""

    def failed(self, packages: Iterable[PackageTuple]) -> set[PackageTuple]:
        """Those whose newest solver run ended in an error."""

    def markers(self, edges: Iterable[Edge]) -> dict[Edge, str | None]:
        """The marker of each edge, None where it always holds."""


class DatabaseSource:
    """PostgreSQL: a statement for each question, however many packages it is about."""

    def __init__(self, graph: GraphDatabase, environment: Environment) -> None:
        """Ask this graph about this environment."""
        self._graph = graph
        self._environment = arguments_of(environment)

    def needed_by(
        self, packages: Iterable[PackageTuple], extras: Collection[str | None] | None, holds: bool | None
    ) -> dict[PackageTuple, Needed]:
        """See Source."""
        return self._graph.get_depends_on_of_packages(
            packages, extras=extras, marker_evaluation_result=holds, **self._environment
        )

    def places_of(self, versions: Iterable[PackageVersion]) -> dict[PackageVersion, list[str | None]]:
        """See Source."""
        found = self._graph.get_python_packages_version_records([(*one, None) for one in versions], **self._environment)
        return {package[:2]: _indexes(records) for package, records in found.items()}

    def failed(self, packages: Iterable[PackageTuple]) -> set[PackageTuple]:
        """See Source."""
        errors = self._graph.get_python_solver_errors(packages, **self._environment)
        return {package for package, error in errors.items() if error}

    def markers(self, edges: Iterable[Edge]) -> dict[Edge, str | None]:
        """See Source."""
        return self._graph.get_python_environment_markers(edges, **self._environment)


class CacheSource:
    """A graph cache alone: one question for each package, which costs no round trip.

    Raises OfflineError for what the file does not say.
    """

    def __init__(self, graph: GraphDatabase, environment: Environment) -> None:
        """Ask this offline adapter about this environment."""
        self._graph = graph
        self._environment = arguments_of(environment)

    def needed_by(
        self, packages: Iterable[PackageTuple], extras: Collection[str | None] | None, holds: bool | None
    ) -> dict[PackageTuple, Needed]:
        """See Source."""
        found: dict[PackageTuple, Needed] = {}
        for package in packages:
            with suppress(NotFoundError):
                found[package] = self._graph.get_depends_on(
                    *package, extras=extras, marker_evaluation_result=holds, **self._environment
                )
        return found

    def places_of(self, versions: Iterable[PackageVersion]) -> dict[PackageVersion, list[str | None]]:
        """See Source."""
        ask = self._graph.get_python_package_version_records
        return {one: _indexes(ask(*one, None, **self._environment)) for one in versions}

    def failed(self, packages: Iterable[PackageTuple]) -> set[PackageTuple]:
        """See Source. Where environments differ the file does not say which was solved last; that is no failure."""
        found = set()
        for package in packages:
            with suppress(NotFoundError, OfflineError):
                if self._graph.has_python_solver_error(*package, **self._environment):
                    found.add(package)
        return found

    def markers(self, edges: Iterable[Edge]) -> dict[Edge, str | None]:
        """See Source."""
        ask = self._graph.get_python_environment_marker
        return {
            edge: ask(*edge[:3], dependency_name=edge[3], dependency_version=edge[4], **self._environment)
            for edge in edges
        }


def source_of(graph: GraphDatabase, environment: Environment, *, is_offline: bool) -> Source:
    """Where to ask an adapter about an environment."""
    return CacheSource(graph, environment) if is_offline else DatabaseSource(graph, environment)


def _indexes(records: Iterable[Any]) -> list[str | None]:
    return list(dict.fromkeys(record["index_url"] for record in records))
