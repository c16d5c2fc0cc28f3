"""The resolver's largest question: everything a package version depends on, all the way down."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence, Set
from typing import NamedTuple

from sqlalchemy import select

from ..arrays import given_rows, parameters_of
from ..cache_entries import Pinned, pinned, unpinned
from ..filters import Environment, PackageAt, checked_flag, wanted_extras
from ..memory_cache import Key
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions
from .cached import cached_node, concerned
from .closure import DependencyEdge, Extras, Node, PackageTuple, walk
from .entries import packed_column, pinned_column
from .shaped import shaped
from .versions import as_python, edge_counts

_QUESTION = "retrieve_transitive_dependencies_python"


def _nodes(environment: Environment, extras: frozenset[str | None] | None, marker: bool | None) -> AnySelect:
    """What package versions require on each of their indexes: a JSON array, with null where there is nothing."""
    versions, entities = PythonPackageVersion, PythonPackageVersionEntity
    given = given_rows(table_of(versions), ("package_name", "package_version"))
    same = (versions.package_name == given.c.package_name) & (versions.package_version == given.c.package_version)
    place = (versions.package_name, versions.package_version, PythonPackageIndex.url)
    order = (as_python(entities.package_name), entities.version_order, as_python(entities.package_version))
    statement = (
        select(*place, packed_column(pinned_column(), *order))
        .select_from(given)
        .join(versions, same)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
        .outerjoin(DependsOn, (DependsOn.version_id == versions.id) & edge_counts(extras, marker))
        .outerjoin(entities, entities.id == DependsOn.entity_id)
        .group_by(*place)
        .order_by(PythonPackageIndex.url)
    )
    return environment.narrow(statement, versions)


class _Closure(NamedTuple):
    """How a closure is asked for, and what the database was asked about for it."""

    environment: Environment
    marker: bool | None
    without_cache: bool
    asked: list[Pinned]


class TransitiveQueries(Questions):
    """Closures of dependencies. What was solved is remembered; see Questions for when it is forgotten."""

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
        wanted = wanted_extras(extras)
        root: PackageTuple = (package.package_name or "", package.package_version or "", package.index_url)
        marker = checked_flag("marker_evaluation_result", marker_evaluation_result)
        return self._walk([root], _Closure(environment, marker, without_cache, []), wanted)[root]

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
        edges = self._walk(roots.values(), _Closure(environment, None, without_cache, []))
        return {given: list(edges[root]) for given, root in roots.items()}

    # --- Between memory, the graph cache and the database ------------------------------------------------------------

    def _walk(
        self, roots: Iterable[PackageTuple], closure: _Closure, extras: frozenset[str | None] | None = None
    ) -> dict[PackageTuple, list[DependencyEdge]]:
        self._forget_changed()
        edges = walk(roots, lambda needed, of: self._fetch(needed, of, closure), extras)
        if closure.asked and not closure.without_cache:
            self._fill_cache(closure.asked)
        return edges

    def _fetch(self, needed: Set[Pinned], extras: Extras, closure: _Closure) -> dict[Pinned, Node]:
        """What each package version requires, from wherever it is at hand."""
        environment, marker, without_cache, asked = closure
        nodes = {} if without_cache else self._cached_nodes(sorted(needed), extras, environment, marker)
        wanted = None if extras is None else frozenset(extras)
        keys: dict[Key, Pinned] = {
            (unpinned(package)[0], (package, wanted, environment, marker, without_cache)): package
            for package in sorted(needed - nodes.keys())
        }

        def ask(missing: list[Key]) -> dict[Key, Node]:
            found = self._ask_nodes([keys[key] for key in missing], wanted, environment, marker)
            asked.extend(package for package, node in found.items() if node)
            return {key: found[keys[key]] for key in missing}

        if keys:
            found = self._memory.get_or_create_many(_QUESTION, list(keys), ask)
            nodes.update((keys[key], node) for key, node in found.items())
        return nodes

    def _ask_nodes(
        self,
        packages: list[Pinned],
        extras: frozenset[str | None] | None,
        environment: Environment,
        marker: bool | None,
    ) -> dict[Pinned, Node]:
        parameters = parameters_of(("package_name", "package_version"), list(map(unpinned, packages)))
        found: dict[Pinned, dict[str | None, Sequence[Pinned]]] = {package: {} for package in packages}
        statement, of_shape = shaped(_nodes, environment, extras, marker)
        for name, version, index_url, required in self._ask(statement, {**of_shape, **parameters}):
            dependencies = dict.fromkeys(json.loads(required))
            dependencies.pop(None, None)
            found[pinned(name, version)][index_url] = tuple(dependencies)
        return dict(found)

    def _cached_nodes(
        self, packages: Collection[Pinned], extras: Extras, environment: Environment, marker: bool | None
    ) -> dict[Pinned, Node]:
        """What the graph cache knows; what was not solved in this environment is not known: it may be, by now."""
        nodes: dict[Pinned, Node] = {}
        for package, entry in self._cached_entries(packages).items():
            found = concerned(entry, PackageAt(), environment)
            if found:
                nodes[package] = cached_node(found, extras, marker)
        return nodes
