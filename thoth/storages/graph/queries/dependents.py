"""Questions the other way round: what depends on a package."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from sqlalchemy import BigInteger, FromClause, Subquery, select, true
from sqlalchemy.orm import aliased

from ..arrays import given_values
from ..enums import PlatformEnum
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .closure import PackageTuple
from .shaped import shaped

_C = "C"
"""The collation that sorts as Python sorts."""


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


# --- Statements ------------------------------------------------------------------------------------------------------
# What satisfies requirements is found first, by name, and its edges by their index, one after the other: OFFSET 0 keeps
# the planner from reading all edges there are for a package that many others need (the first page of 71,000 of
# 1,000,000 edges: 125 ms against 9).


def _satisfying(package: PackageAt) -> Subquery:
    """The package without an environment, by version: what requirements lead to."""
    entities = PythonPackageVersionEntity
    statement = select(entities.id, entities.package_version, entities.version_order)
    statement = statement.where(entities.package_name == package.package_name)
    if package.package_version is not None:
        statement = statement.where(entities.package_version == package.package_version)
    ordered = (entities.version_order, entities.package_version.collate(_C), entities.id)
    return statement.order_by(*ordered).offset(0).subquery("satisfying")


def _edges_to(satisfying: FromClause, environment: Environment, *columns: Any) -> FromClause:
    """Columns of the edges that lead to each of them, and of what depends on it and its index."""
    versions = PythonPackageVersion
    statement: AnySelect = (
        select(*columns)
        .select_from(DependsOn)
        .join(versions, versions.id == DependsOn.version_id)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
        .where(DependsOn.entity_id == satisfying.c.id)
    )
    return environment.narrow(statement, versions).offset(0).lateral("edges")


def _listed(package: PackageAt, environment: Environment) -> AnySelect:
    """One row for each edge, by the version of the package first: a page reads no more than the edges up to its end."""
    versions, to = PythonPackageVersion, _satisfying(package)
    dependent = (versions.package_name, versions.package_version, versions.version_order, PythonPackageIndex.url)
    where = (versions.os_name, versions.os_version, versions.python_version)
    stated = (DependsOn.version_range, DependsOn.marker_evaluation_result, DependsOn.marker, DependsOn.extra)
    edges = _edges_to(to, environment, *dependent, *where, *stated, DependsOn.id)
    edge = edges.c
    asked = (edge.package_name, edge.package_version, edge.url, *(edge[column.key] for column in stated))
    return (
        select(*asked, to.c.package_version)
        .select_from(to.join(edges, true()))
        .order_by(to.c.version_order, to.c.package_version.collate(_C))
        .order_by(edge.package_name.collate(_C), edge.version_order, edge.package_version.collate(_C))
        .order_by(edge.url.collate(_C), *(edge[column.key].collate(_C) for column in where))
        .order_by(*(edge[name].collate(_C).nulls_first() for name in ("extra", "marker", "version_range")), edge.id)
    )


def _page(package: PackageAt, environment: Environment, page: Page) -> AnySelect:
    return page.of(_listed(package, environment))


def _grouped(package: PackageAt) -> AnySelect:
    versions, to = PythonPackageVersion, _satisfying(package)
    columns = (versions.package_name, versions.version_order, versions.package_version)
    edges = _edges_to(to, Environment(), *columns)
    name, order, version = (edges.c[column.key] for column in columns)
    statement = select(name, version).select_from(to.join(edges, true())).group_by(name, order, version)
    return statement.order_by(name.collate(_C), order, version.collate(_C))


def _nearest(package: PackageAt, environment: Environment) -> AnySelect:
    """The ids of what depends on a package directly, without an environment."""
    to = _satisfying(package)
    edges = _edges_to(to, environment, PythonPackageVersion.entity_id)
    return select(edges.c.entity_id).select_from(to.join(edges, true())).distinct()


def _next(environment: Environment) -> AnySelect:
    """The ids of what depends directly on the versions of the packages with the ids that are given."""
    # Edges lead to versions without an index. A level may be half of the graph, so the planner shall choose.
    given, versions = given_values({"id": BigInteger()}), PythonPackageVersion
    found, satisfying = aliased(PythonPackageVersionEntity), aliased(PythonPackageVersionEntity)
    same = (satisfying.package_name == found.package_name) & (satisfying.package_version == found.package_version)
    statement: AnySelect = (
        select(versions.entity_id)
        .select_from(given)
        .join(found, found.id == given.c.id)
        .join(satisfying, same)
        .join(DependsOn, DependsOn.entity_id == satisfying.id)
        .join(versions, versions.id == DependsOn.version_id)
        .distinct()
    )
    return environment.narrow(statement, versions)


def _named() -> AnySelect:
    """Name, version and index of the packages with the ids that are given, in that order."""
    given, entities = given_values({"id": BigInteger()}), PythonPackageVersionEntity
    name, version, url = entities.package_name, entities.package_version, PythonPackageIndex.url
    return (
        select(name, version, url)
        .select_from(given)
        .join(entities, entities.id == given.c.id)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == entities.python_package_index_id)
        .order_by(name.collate(_C), entities.version_order, version.collate(_C), url.collate(_C))
    )


class DependentQueries(Questions):
    """What depends on packages, directly and all the way up.

    They take longer in proportion to what depends on a package, on the whole way up where that is asked for.
    """

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

        By the version of the package that it is (dependency_version; PEP 440, newest last), then by name, version and
        index of what depends, and by environment, extra, marker and range. What is None means any, a count of None
        means all. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        package = PackageAt.of(package_name, package_version)
        keys = list(DependentRecord.__annotations__)
        rows = self._ask(*shaped(_page, package, Environment.of(os_name, os_version, python_version), page))
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
        for name, version in self._ask(*shaped(_grouped, PackageAt.of(package_name, package_version))):
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
        version counts. What is None means any. Asks one statement for each level and one for the names.
        """
        package = PackageAt.of(package_name, package_version)
        found = self._all_above(package, Environment.of(os_name, os_version, python_version))
        rows = self._ask(_named(), {"given_id": found}) if found else []
        return [(name, version, url) for name, version, url in rows]

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
        package = PackageAt.of(package_name, package_version)
        return len(self._all_above(package, Environment.of(os_name, os_version, python_version)))

    def _all_above(self, package: PackageAt, environment: Environment) -> list[int]:
        """The ids of all that depends on a package, nearest first; ids alone, for it may be half of the graph."""
        rows = self._ask(_nearest(package, environment))
        found: dict[int, None] = {}
        while level := [id_ for (id_,) in rows if id_ not in found]:
            found.update(dict.fromkeys(level))
            rows = self._ask(_next(environment), {"given_id": level})
        return list(found)

    @staticmethod
    def python_package_version_depends_on_platform_exists(platform: str) -> bool:
        """Whether solvers know a platform, such as linux-x86_64."""
        return platform in {one.value for one in PlatformEnum}

    @staticmethod
    def get_python_package_version_platform_all() -> list[str]:
        """The platforms that solvers know, sorted."""
        return sorted(one.value for one in PlatformEnum)
