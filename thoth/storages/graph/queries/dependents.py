"""Questions the other way round: what depends on a package."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from sqlalchemy import Text, select

from ..arrays import given_values, parameters_of
from ..enums import PlatformEnum
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..names import version_order
from ..sql_types import AnySelect
from .base import Questions
from .closure import PackageTuple
from .versions import BY_VERSION, select_versions

_PAIR = ("package_name", "package_version")


class DependentRecord(TypedDict):
    """A package version that depends on the one that was asked about, and by what requirement."""

    package_name: str
    package_version: str
    index_url: str | None
    version_range: str | None
    marker_evaluation_result: bool
    marker: str | None
    extra: str | None
    dependency_version: str | None


def _dependents(package: PackageAt, environment: Environment, *columns: Any) -> AnySelect:
    """Columns of the edges that lead to a package and of what depends on it, one for each edge and environment."""
    entities = PythonPackageVersionEntity
    statement = (
        select_versions(PackageAt(), environment, *columns)
        .join(DependsOn, DependsOn.version_id == PythonPackageVersion.id)
        .join(entities, entities.id == DependsOn.entity_id)
        .where(entities.package_name == package.package_name)
    )
    if package.package_version is not None:
        statement = statement.where(entities.package_version == package.package_version)
    return statement


def _listed(package: PackageAt, environment: Environment) -> AnySelect:
    edge = (DependsOn.version_range, DependsOn.marker_evaluation_result, DependsOn.marker, DependsOn.extra)
    entities = PythonPackageVersionEntity
    columns = (BY_VERSION[0], *BY_VERSION[2:], *edge, entities.package_version)
    statement = _dependents(package, environment, *columns)
    return statement.order_by(*BY_VERSION, entities.version_order, entities.package_version, DependsOn.id)


def _grouped(package: PackageAt) -> AnySelect:
    order = BY_VERSION[:3]
    return _dependents(package, Environment(), order[0], order[2]).group_by(*order).order_by(*order)


def _dependents_of_given(environment: Environment) -> AnySelect:
    """Name, version and index of what depends on one of many package versions, each once."""
    given = given_values(dict.fromkeys(_PAIR, Text()))
    entities = PythonPackageVersionEntity
    same = (entities.package_name == given.c.package_name) & (entities.package_version == given.c.package_version)
    statement = (
        select(BY_VERSION[0], *BY_VERSION[2:])
        .select_from(given)
        .join(entities, same)
        .join(DependsOn, DependsOn.entity_id == entities.id)
        .join(PythonPackageVersion, PythonPackageVersion.id == DependsOn.version_id)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == PythonPackageVersion.python_package_index_id)
        .distinct()
    )
    return environment.narrow(statement, PythonPackageVersion)


class DependentQueries(Questions):
    """What depends on packages, directly and all the way up."""

    def get_python_package_version_dependents_all(
        self,
        package_name: str,
        *,
        package_version: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
    ) -> list[DependentRecord]:
        """What depends on a package, one for each requirement, version that satisfies it, and environment.

        By name, version (PEP 440, newest last) and index of what depends, then by the version it depends on. What is
        None means any, a count of None means all. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        package = PackageAt.of(package_name, package_version)
        statement = _listed(package, Environment.of(os_name, os_version, python_version))
        keys = list(DependentRecord.__annotations__)
        rows = self._ask(page.of(statement))
        return [cast("DependentRecord", dict(zip(keys, row, strict=True))) for row in rows]

    def get_python_package_version_dependents_count_all(
        self,
        package_name: str,
        *,
        package_version: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> int:
        """How many items get_python_package_version_dependents_all() has for the same arguments."""
        environment = Environment.of(os_name, os_version, python_version)
        return self._count(_listed(PackageAt.of(package_name, package_version), environment))

    def retrieve_dependent_packages(
        self, package_name: str, package_version: str | None = None
    ) -> dict[str, list[str]]:
        """{name: versions} of what depends on a package, by name and version (PEP 440, newest last), each once.

        Without a version what depends on any version of it.
        """
        found: dict[str, list[str]] = {}
        for name, version in self._ask(_grouped(PackageAt.of(package_name, package_version))):
            found.setdefault(name, []).append(version)
        return found

    def retrieve_transitive_dependents_python(
        self,
        package_name: str,
        package_version: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> list[PackageTuple]:
        """(name, version, index URL) of all that depends on a package, directly or not.

        By name, version (PEP 440, newest last) and index, each once; the package itself is among them only if it
        depends on itself. Dependencies have no index: whatever index a package was solved on, what depends on its
        version counts. What is None means any. Asks one statement for each level.
        """
        package = PackageAt.of(package_name, package_version)
        environment = Environment.of(os_name, os_version, python_version)
        columns = (BY_VERSION[0], *BY_VERSION[2:])
        rows = self._ask(_dependents(package, environment, *columns).distinct())
        found: set[PackageTuple] = set()
        seen: set[tuple[str, str]] = set()
        while rows:
            level = {(name, version, url) for name, version, url in rows} - found
            found |= level
            pairs = {(name, version) for name, version, _url in level} - seen
            seen |= pairs
            parameters = parameters_of(_PAIR, sorted(pairs))
            rows = self._ask(_dependents_of_given(environment), parameters) if pairs else []
        return sorted(found, key=lambda one: (one[0], version_order(one[1]), one[1], one[2] is None, one[2] or ""))

    def retrieve_transitive_dependents_python_count(
        self,
        package_name: str,
        package_version: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> int:
        """How many items retrieve_transitive_dependents_python() has for the same arguments."""
        environment = {"os_name": os_name, "os_version": os_version, "python_version": python_version}
        return len(self.retrieve_transitive_dependents_python(package_name, package_version, **environment))

    @staticmethod
    def python_package_version_depends_on_platform_exists(platform: str) -> bool:
        """Whether solvers know a platform, such as linux-x86_64."""
        return platform in {one.value for one in PlatformEnum}

    @staticmethod
    def get_python_package_version_platform_all() -> list[str]:
        """The platforms that solvers know, sorted."""
        return sorted(one.value for one in PlatformEnum)
