"""The resolver's questions: what a package version depends on, directly and all the way down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, and_, false, or_, select

from ...exceptions import NotFoundError
from ..arrays import given_rows, parameters_of, table_of
from ..cache import CachedRecord, Entry, PackageVersion
from ..filters import Environment, PackageAt
from ..memory_cache import Key
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..names import version_order
from ..sql_types import AnySelect
from .base import Questions
from .closure import DependencyEdge, Extras, Node, PackageTuple, Requirement, walk
from .versions import as_python, select_versions

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


def _counts(extras: Extras, marker_evaluation_result: bool | None) -> ColumnElement[bool]:
    """Whether an edge counts: its extra is one of those asked for, its marker evaluates to what was asked for."""
    conditions: list[ColumnElement[bool]] = []
    if extras is not None:
        named = DependsOn.extra.in_(sorted(extra for extra in extras if extra is not None))
        conditions.append(or_(named, DependsOn.extra.is_(None)) if None in extras else named if extras else false())
    if marker_evaluation_result is not None:
        conditions.append(DependsOn.marker_evaluation_result == marker_evaluation_result)
    return and_(True, *conditions)


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
        .outerjoin(DependsOn, (DependsOn.version_id == PythonPackageVersion.id) & _counts(extras, marker))
        .outerjoin(entities, entities.id == DependsOn.entity_id)
        .group_by(DependsOn.extra, entities.package_name, entities.version_order, entities.package_version)
        .order_by(*ordered)
    )
    return statement if is_missing is None else statement.where(PythonPackageVersion.is_missing == is_missing)


@cache
def _nodes(environment: Environment, marker: bool | None) -> AnySelect:
    """What package versions require on each of their indexes; a row without a requirement for what has none."""
    versions, entities = PythonPackageVersion, PythonPackageVersionEntity
    given = given_rows(table_of(versions), ("package_name", "package_version"))
    same = (versions.package_name == given.c.package_name) & (versions.package_version == given.c.package_version)
    statement = (
        select(
            versions.package_name,
            versions.package_version,
            PythonPackageIndex.url,
            DependsOn.extra,
            entities.package_name,
            entities.package_version,
        )
        .select_from(given)
        .join(versions, same)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
        .outerjoin(DependsOn, (DependsOn.version_id == versions.id) & _counts(None, marker))
        .outerjoin(entities, entities.id == DependsOn.entity_id)
        .order_by(
            PythonPackageIndex.url,
            as_python(entities.package_name),
            entities.version_order,
            as_python(entities.package_version),
            as_python(DependsOn.extra).nulls_first(),
        )
    )
    return environment.narrow(statement, versions)


def _markers(
    package: PackageAt, environment: Environment, dependency: PackageAt, marker_evaluation_result: bool | None
) -> AnySelect:
    """Markers of the edges between two package versions, those of no extra and no marker first."""
    entities = PythonPackageVersionEntity
    return (
        select_versions(package, environment, DependsOn.marker)
        .join(DependsOn, DependsOn.version_id == PythonPackageVersion.id)
        .join(entities, entities.id == DependsOn.entity_id)
        .where(
            entities.package_name == dependency.package_name,
            entities.package_version == dependency.package_version,
            _counts(None, marker_evaluation_result),
        )
        .order_by(as_python(DependsOn.extra).nulls_first(), as_python(DependsOn.marker).nulls_first())
    )


# --- The same answers from the graph cache ---------------------------------------------------------------------------


def _concerned(entry: Entry, package: PackageAt, environment: Environment) -> list[CachedRecord]:
    """The records of an entry on the index and in the environment asked about."""
    return [
        record
        for record in entry
        if package.index_url in (None, record.index_url)
        and environment.holds(record.os_name, record.os_version, record.python_version)
    ]


def _node_of(records: Iterable[CachedRecord], marker_evaluation_result: bool | None) -> Node:
    node: dict[str | None, dict[Requirement, None]] = {}
    for record in records:
        requirements = node.setdefault(record.index_url, {})
        for edge in record.edges:
            if marker_evaluation_result in (None, edge.marker_evaluation_result):
                requirements[(edge.extra, (edge.package_name, edge.package_version))] = None
    # The order of _nodes(), whichever environment's record a requirement stands in.
    return {index_url: tuple(sorted(requirements, key=_node_order)) for index_url, requirements in node.items()}


def _node_order(requirement: Requirement) -> tuple[object, ...]:
    extra, (name, version) = requirement
    return name, version_order(version), version, extra is not None, extra


def _requirement_order(requirement: tuple[str | None, str, str]) -> tuple[object, ...]:
    extra, name, version = requirement
    return extra is not None, extra, name, version_order(version), version


def _wanted_extras(extras: Collection[str | None] | None) -> frozenset[str | None] | None:
    if isinstance(extras, str):
        raise TypeError(f"extras must be a collection of names, such as {{None, {extras!r}}}, not a text")
    return None if extras is None else frozenset(extras)


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
            if cached:
                pair = (package.package_name, package.package_version)
                return tuple((*pair, record.index_url, *record[1:4]) for record in cached)
            rows = tuple(tuple(row) for row in self._ask(_records(package, environment)))
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
        filters = (_wanted_extras(extras), marker_evaluation_result, is_missing)

        def ask() -> tuple[tuple[str | None, str, str], ...]:
            cached = None if without_cache else self._cached_requirements(package, environment, *filters)
            if cached is not None:
                return cached
            rows = self._ask(_requirements(package, environment, *filters))
            if not rows:
                raise NotFoundError(f"{package} was not solved in {environment}")
            self._fill_cache_with(package, without_cache=without_cache)
            return tuple((extra, name, version) for extra, name, version in rows if name is not None)

        answer: dict[str | None, list[tuple[str, str]]] = {}
        rest = (environment, filters, without_cache)
        for extra, name, version in self._remembered("get_depends_on", package, rest, ask):
            answer.setdefault(extra, []).append((name, version))
        return answer

    def retrieve_transitive_dependencies_python(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        extras: Collection[str | None] | None = None,
        marker_evaluation_result: bool | None = None,
        without_cache: bool = False,
    ) -> list[DependencyEdge]:
        """Every edge ((name, version, index), (name, version, index)) reached from a package, nearest first, each once.

        A dependency that was not solved ends there, with index None; one that was solved on several indexes is
        followed on each. The extras narrow what the package itself needs; its dependencies count with all of theirs.
        A package that was not solved gives []. Asks one statement for each level.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        wanted = _wanted_extras(extras)
        root: PackageTuple = (package.package_name or "", package.package_version or "", package.index_url)
        self._forget_changed()
        marker = marker_evaluation_result
        edges = walk([root], lambda needed: self._fetch(needed, environment, marker, without_cache), wanted)
        return edges[root]

    def retrieve_transitive_dependencies_python_multi(
        self,
        *package_tuples: tuple[str, str, str | None],
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        without_cache: bool = False,
    ) -> dict[tuple[str, str, str | None], list[DependencyEdge]]:
        """{package: its edges} for each (name, version, index) given, spelled as given, in the order given.

        The edges are those of retrieve_transitive_dependencies_python; all packages are asked about together.
        """
        environment = Environment.of(os_name, os_version, python_version)
        roots: dict[tuple[str, str, str | None], PackageTuple] = {}
        for given in package_tuples:
            package = PackageAt.of(*given)
            roots[given] = (package.package_name or "", package.package_version or "", package.index_url)
        self._forget_changed()
        edges = walk(roots.values(), lambda needed: self._fetch(needed, environment, None, without_cache))
        return {given: list(edges[root]) for given, root in roots.items()}

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

        def ask() -> str | None:
            cached = self._cached_markers(package, environment, dependency, marker_evaluation_result)
            if cached:
                return cached[0]
            rows = self._ask(_markers(package, environment, dependency, marker_evaluation_result).limit(1))
            if not rows:
                raise NotFoundError(f"{package} does not depend on {dependency} in {environment}")
            self._fill_cache_with(package)
            marker: str | None = rows[0][0]
            return marker

        rest = (environment, dependency, marker_evaluation_result)
        return self._remembered("get_python_environment_marker", package, rest, ask)

    # --- Between memory, the graph cache and the database ------------------------------------------------------------

    def _fetch(
        self, needed: Collection[PackageVersion], environment: Environment, marker: bool | None, without_cache: bool
    ) -> dict[PackageVersion, Node]:
        """What each package version requires, from wherever it is at hand."""
        keys: dict[Key, PackageVersion] = {
            (pair[0], (pair, environment, marker, without_cache)): pair for pair in sorted(needed)
        }

        def ask(missing: list[Key]) -> dict[Key, Node]:
            pairs = [keys[key] for key in missing]
            nodes = {} if without_cache else self._cached_nodes(pairs, environment, marker)
            rest = [pair for pair in pairs if pair not in nodes]
            if rest:
                nodes.update(self._ask_nodes(rest, environment, marker))
                if not without_cache:
                    self._fill_cache(pair for pair in rest if nodes[pair])
            return {key: nodes[keys[key]] for key in missing}

        found = self._memory.get_or_create_many(_TRANSITIVE, list(keys), ask)
        return {keys[key]: node for key, node in found.items()}

    def _ask_nodes(
        self, pairs: Collection[PackageVersion], environment: Environment, marker: bool | None
    ) -> dict[PackageVersion, Node]:
        parameters = parameters_of(("package_name", "package_version"), list(pairs))
        found: dict[PackageVersion, dict[str | None, dict[Requirement, None]]] = {pair: {} for pair in pairs}
        for name, version, index_url, extra, dependency_name, dependency_version in self._ask(
            _nodes(environment, marker), parameters
        ):
            requirements = found[(name, version)].setdefault(index_url, {})
            if dependency_name is not None:
                requirements[(extra, (dependency_name, dependency_version))] = None
        return {
            pair: {index_url: tuple(requirements) for index_url, requirements in node.items()}
            for pair, node in found.items()
        }

    def _cached_nodes(
        self, pairs: Collection[PackageVersion], environment: Environment, marker: bool | None
    ) -> dict[PackageVersion, Node]:
        """What the graph cache knows; what was not solved in this environment is not known: it may be, by now."""
        nodes: dict[PackageVersion, Node] = {}
        for pair in pairs:
            records = _concerned(self._cached_entry(pair) or (), PackageAt(), environment)
            if records:
                nodes[pair] = _node_of(records, marker)
        return nodes

    def _cached_records(self, package: PackageAt, environment: Environment) -> list[CachedRecord]:
        entries = self._cached_versions(package) or {}
        return [record for entry in entries.values() for record in _concerned(entry, package, environment)]

    def _cached_requirements(
        self,
        package: PackageAt,
        environment: Environment,
        extras: frozenset[str | None] | None,
        marker: bool | None,
        is_missing: bool | None,
    ) -> tuple[tuple[str | None, str, str], ...] | None:
        records = self._cached_records(package, environment)
        concerned = [record for record in records if is_missing in (None, record.is_missing)]
        if not concerned:
            return None
        requirements = {
            (edge.extra, edge.package_name, edge.package_version)
            for record in concerned
            for edge in record.edges
            if (extras is None or edge.extra in extras) and marker in (None, edge.marker_evaluation_result)
        }
        return tuple(sorted(requirements, key=_requirement_order))

    def _cached_markers(
        self, package: PackageAt, environment: Environment, dependency: PackageAt, marker: bool | None
    ) -> list[str | None]:
        edges = [
            edge
            for record in self._cached_records(package, environment)
            for edge in record.edges
            if edge[:2] == (dependency.package_name, dependency.package_version)
            and marker in (None, edge.marker_evaluation_result)
        ]
        edges.sort(key=lambda edge: (edge.extra is not None, edge.extra, edge.marker is not None, edge.marker))
        return [edge.marker for edge in edges]
