"""The resolver's largest question: everything a package version depends on, all the way down."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import select

from ..arrays import given_rows, parameters_of
from ..cache import PackageVersion
from ..filters import Environment, PackageAt, checked_flag, wanted_extras
from ..memory_cache import Key
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions
from .cached import cached_node, concerned
from .closure import DependencyEdge, Node, PackageTuple, Requirement, walk
from .versions import as_python, edge_counts

_QUESTION = "retrieve_transitive_dependencies_python"


@lru_cache(maxsize=256)
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
        .outerjoin(DependsOn, (DependsOn.version_id == versions.id) & edge_counts(None, marker))
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
        self._forget_changed()
        marker = checked_flag("marker_evaluation_result", marker_evaluation_result)
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

        found = self._memory.get_or_create_many(_QUESTION, list(keys), ask)
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
            records = concerned(self._cached_entry(pair) or (), PackageAt(), environment)
            if records:
                nodes[pair] = cached_node(records, marker)
        return nodes
