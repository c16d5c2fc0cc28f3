"""The resolver's questions: what a package version depends on, directly and all the way down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypedDict

from ...exceptions import NotFoundError
from ..filters import Environment, PackageAt, checked_flag, wanted_extras
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..sql_types import AnyRow, AnySelect
from .base import Questions
from .cached import Requirement, cached_markers, cached_requirements
from .closure import Extras
from .shaped import shaped
from .versions import as_python, edge_counts, select_versions

_TRANSITIVE = "retrieve_transitive_dependencies_python"


class PackageVersionRecord(TypedDict):
    """A package version on an index, solved in an environment."""

    package_name: str
    package_version: str
    index_url: str | None
    os_name: str
    os_version: str
    python_version: str


# --- Statements ------------------------------------------------------------------------------------------------------


def _records(package: PackageAt, environment: Environment) -> AnySelect:
    """Records of a package version, by index and environment."""
    versions = PythonPackageVersion
    columns = (versions.os_name, versions.os_version, versions.python_version)
    statement = select_versions(
        package, environment, versions.package_name, versions.package_version, PythonPackageIndex.url, *columns
    )
    return statement.order_by(PythonPackageIndex.url, *columns)


def _requirements(
    package: PackageAt, environment: Environment, extras: Extras, marker: bool | None, is_missing: bool | None
) -> AnySelect:
    """Extra, name and version of dependencies, in that order, each once; a row of NULLs for what has none."""
    entities = PythonPackageVersionEntity
    ordered = (
        as_python(DependsOn.extra).nulls_first(),
        as_python(entities.package_name),
        entities.version_order,
        as_python(entities.package_version),
    )
    statement = (
        select_versions(package, environment, DependsOn.extra, entities.package_name, entities.package_version)
        .outerjoin(DependsOn, (DependsOn.version_id == PythonPackageVersion.id) & edge_counts(extras, marker))
        .outerjoin(entities, entities.id == DependsOn.entity_id)
        .group_by(DependsOn.extra, entities.package_name, entities.version_order, entities.package_version)
        .order_by(*ordered)
    )
    return statement if is_missing is None else statement.where(PythonPackageVersion.is_missing == is_missing)


def _markers(
    package: PackageAt, environment: Environment, dependency: PackageAt, marker_evaluation_result: bool | None
) -> AnySelect:
    """The marker of the edge between two package versions, and whether it holds: of no extra and no marker first."""
    entities = PythonPackageVersionEntity
    return (
        select_versions(package, environment, DependsOn.marker, DependsOn.marker_evaluation_result)
        .join(DependsOn, DependsOn.version_id == PythonPackageVersion.id)
        .join(entities, entities.id == DependsOn.entity_id)
        .where(
            entities.package_name == dependency.package_name,
            entities.package_version == dependency.package_version,
            edge_counts(None, marker_evaluation_result),
        )
        .order_by(as_python(DependsOn.extra).nulls_first(), as_python(DependsOn.marker).nulls_first())
        .order_by(DependsOn.marker_evaluation_result.desc())  # in any environment: it holds where it holds in one
        .limit(1)
    )


def _of_rows(rows: Sequence[AnyRow]) -> tuple[Requirement, ...] | None:
    """Extra, name and version of dependencies; None where nothing was solved."""
    return tuple((extra, name, version) for extra, name, version in rows if name is not None) if rows else None


class DependencyQueries(Questions):
    """What package versions depend on. What was solved is remembered; see Questions for when it is forgotten."""

    def get_python_package_version_records(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
        without_cache: bool = False,
    ) -> list[PackageVersionRecord]:
        """Where a package version was solved, by index and environment; empty where it was not.

        An index or a part of the environment that is None means any. The graph cache is left out if asked to.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)

        def ask() -> tuple[tuple[Any, ...], ...]:
            cached = None if without_cache else self._cached_records(package, environment)
            if cached is not None:
                pair = (package.package_name, package.package_version)
                return tuple((*pair, record.index_url, *record[1:4]) for record, _edges in cached)
            rows = tuple(tuple(row) for row in self._ask(*shaped(_records, package, environment)))
            self._fill_cache_with(package, without_cache=without_cache)
            return rows

        rows = self._remembered("get_python_package_version_records", package, (environment, without_cache), ask)
        return [
            PackageVersionRecord(
                package_name=name,
                package_version=version,
                index_url=url,
                os_name=on_os,
                os_version=on_os_version,
                python_version=on_python,
            )
            for name, version, url, on_os, on_os_version, on_python in rows
        ]

    def get_depends_on(
        self,
        package_name: str,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        extras: Collection[str | None] | None = None,
        marker_evaluation_result: bool | None = None,
        is_missing: bool | None = None,
        without_cache: bool = False,
    ) -> dict[str | None, list[tuple[str, str]]]:
        """{extra: [(name, version)]} of what a package depends on; the extra None, for no extra, comes first.

        Within an extra by name and version (PEP 440, newest last), each once. A package that depends on nothing gives
        {}. What is None means any; extras={None, "x"} gives what is needed without an extra and for x, extras=() gives
        nothing. is_missing speaks of the package that is asked about. Raises NotFoundError where it was not solved.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        marker = checked_flag("marker_evaluation_result", marker_evaluation_result)
        filters = (wanted_extras(extras), marker, checked_flag("is_missing", is_missing))

        def ask() -> tuple[Requirement, ...]:
            found = None if without_cache else self._cached_records(package, environment)
            if found is not None:
                requirements = cached_requirements(found, *filters)
            else:
                requirements = _of_rows(self._ask(*shaped(_requirements, package, environment, *filters)))
                self._fill_cache_with(package, without_cache=without_cache)
            if requirements is None:
                missing = "" if is_missing is None else f" and is_missing {is_missing}"
                raise NotFoundError(f"{package} was not solved in {environment}{missing}")
            return requirements

        answer: dict[str | None, list[tuple[str, str]]] = {}
        rest = (environment, filters, without_cache)
        for extra, name, version in self._remembered("get_depends_on", package, rest, ask):
            answer.setdefault(extra, []).append((name, version))
        return answer

    def get_python_environment_marker(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        dependency_name: str,
        dependency_version: str,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
        marker_evaluation_result: bool | None = None,
    ) -> str | None:
        """The marker (PEP 508) under which one package version depends on another, None where it always does.

        Where several requirements lead to it, the one of no extra and no marker comes first, then by extra and marker.
        Raises NotFoundError where there is no such dependency, or none whose marker evaluates as asked for.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        dependency = PackageAt.of(dependency_name, dependency_version)
        marker_wanted = checked_flag("marker_evaluation_result", marker_evaluation_result)

        def ask() -> str | None:
            found = self._cached_records(package, environment)
            if found is not None:
                markers = cached_markers(found, dependency, marker_wanted)
            else:
                rows = self._ask(*shaped(_markers, package, environment, dependency, marker_wanted))
                markers = [row[0] for row in rows]
                self._fill_cache_with(package)
            if not markers:
                whose = "" if marker_wanted is None else f" under a marker that is {marker_wanted}"
                raise NotFoundError(f"{package} does not depend on {dependency} in {environment}{whose}")
            return markers[0]

        rest = (environment, dependency, marker_wanted)
        return self._remembered("get_python_environment_marker", package, rest, ask)

    def get_python_environment_marker_evaluation_result(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        dependency_name: str,
        dependency_version: str,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
    ) -> bool:
        """Whether the marker holds under which one package version depends on another, in that environment.

        It is the marker that get_python_environment_marker() gives; where an index or a part of the environment is
        None, whether it holds in any. Raises NotFoundError where there is no such dependency.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        dependency = PackageAt.of(dependency_name, dependency_version)
        rows = self._ask(*shaped(_markers, package, environment, dependency, None))
        if not rows:
            raise NotFoundError(f"{package} does not depend on {dependency} in {environment}")
        return bool(rows[0][1])
