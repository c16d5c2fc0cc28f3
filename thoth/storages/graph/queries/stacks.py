"""Questions about many package versions at once: one round trip each, the answers those of the single questions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import FromClause, Text, and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ..arrays import PLACE, given_values, parameters_of
from ..filters import Environment, PackageAt, checked_flag, wanted_extras
from ..models import (
    CVE,
    DependsOn,
    HasArtifact,
    HasVulnerability,
    PythonArtifact,
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
    PythonPackageVersionEntityRule,
    PythonPackageVersionEntityRulesAssociation,
    Solved,
)
from ..names import without_user
from ..sql_types import AnyRow, AnySelect
from .base import Questions
from .closure import Extras
from .dependencies import PackageVersionRecord
from .rules import SolverRule
from .shaped import Asked, shaped
from .versions import as_python, edge_counts
from .vulnerabilities import CVERecord, as_record

T = TypeVar("T")

PackageTuple = tuple[str, str, str | None]
"""A package's name, its version, the URL of its index; an index of None is any."""

EdgeTuple = tuple[str, str, str | None, str, str]
"""The same, and name and version of what it depends on."""

Dependencies = dict[str | None, list[tuple[str, str]]]
"""{extra: [(name, version)]}."""

_PACKAGE = ("package_name", "package_version", "index_url")
_EDGE = (*_PACKAGE, "dependency_name", "dependency_version")


# --- Statements ------------------------------------------------------------------------------------------------------


def _given(columns: Sequence[str]) -> FromClause:
    return given_values(dict.fromkeys(columns, Text()), with_place=True)


def _of_given(
    model: type[PythonPackageVersion] | type[PythonPackageVersionEntity], given: FromClause, *columns: Any
) -> AnySelect:
    """Columns of what is asked about, with the place in the question first."""
    this = and_(model.package_name == given.c.package_name, model.package_version == given.c.package_version)
    return (
        select(given.c[PLACE], *columns)
        .select_from(given)
        .join(model, this)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == model.python_package_index_id)
        .where(or_(given.c.index_url.is_(None), PythonPackageIndex.url == given.c.index_url))
    )


def _records(environment: Environment) -> AnySelect:
    given, versions = _given(_PACKAGE), PythonPackageVersion
    columns = (versions.os_name, versions.os_version, versions.python_version)
    asked = (versions.package_name, versions.package_version, PythonPackageIndex.url, *columns)
    statement = environment.narrow(_of_given(versions, given, *asked), versions)
    return statement.order_by(given.c[PLACE], PythonPackageIndex.url, *columns)


def _requirements(environment: Environment, extras: Extras, marker: bool | None, is_missing: bool | None) -> AnySelect:
    given, versions, entities = _given(_PACKAGE), PythonPackageVersion, PythonPackageVersionEntity
    named = (DependsOn.extra, entities.package_name, entities.package_version)
    statement = environment.narrow(_of_given(versions, given, *named), versions)
    statement = (
        statement.outerjoin(DependsOn, (DependsOn.version_id == versions.id) & edge_counts(extras, marker))
        .outerjoin(entities, entities.id == DependsOn.entity_id)
        .group_by(given.c[PLACE], *named, entities.version_order)
        .order_by(
            given.c[PLACE],
            as_python(DependsOn.extra).nulls_first(),
            as_python(entities.package_name),
            entities.version_order,
            as_python(entities.package_version),
        )
    )
    return statement if is_missing is None else statement.where(versions.is_missing == is_missing)


def _markers(environment: Environment, marker: bool | None) -> AnySelect:
    given, versions, entities = _given(_EDGE), PythonPackageVersion, PythonPackageVersionEntity
    statement = environment.narrow(_of_given(versions, given, DependsOn.marker), versions)
    wanted = and_(
        entities.package_name == given.c.dependency_name, entities.package_version == given.c.dependency_version
    )
    return (
        statement.join(DependsOn, DependsOn.version_id == versions.id)
        .join(entities, entities.id == DependsOn.entity_id)
        .where(wanted, edge_counts(None, marker))
        .ext(distinct_on(given.c[PLACE]))
        .order_by(given.c[PLACE], as_python(DependsOn.extra).nulls_first(), as_python(DependsOn.marker).nulls_first())
    )


def _errors(environment: Environment) -> AnySelect:
    given, versions = _given(_PACKAGE), PythonPackageVersion
    statement = environment.narrow(_of_given(versions, given, Solved.error), versions)
    return (
        statement.join(Solved, Solved.version_id == versions.id)
        .ext(distinct_on(given.c[PLACE]))
        .order_by(given.c[PLACE], Solved.datetime.desc(), Solved.document_id.desc())
    )


def _hashes() -> AnySelect:
    given, digest = _given(_PACKAGE), PythonArtifact.artifact_hash_sha256
    return (
        _of_given(PythonPackageVersionEntity, given, digest)
        .join(HasArtifact, HasArtifact.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(PythonArtifact, PythonArtifact.id == HasArtifact.python_artifact_id)
        .where(HasArtifact.present, PythonArtifact.present)
        .group_by(given.c[PLACE], digest)
        .order_by(given.c[PLACE], digest)
    )


def _vulnerabilities() -> AnySelect:
    given = _given(_PACKAGE)
    return (
        _of_given(PythonPackageVersionEntity, given, CVE.aggregated_at, CVE.cve_id, CVE.details, CVE.link)
        .join(HasVulnerability, HasVulnerability.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(CVE, CVE.id == HasVulnerability.cve_id)
        .group_by(given.c[PLACE], CVE.id)
        .order_by(given.c[PLACE], as_python(CVE.cve_id))
    )


def _rules() -> AnySelect:
    given, rules, links = _given(_PACKAGE), PythonPackageVersionEntityRule, PythonPackageVersionEntityRulesAssociation
    columns = (rules.id, rules.version_range, PythonPackageIndex.url, rules.description)
    return (
        _of_given(PythonPackageVersionEntity, given, *columns)
        .join(links, links.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(rules, rules.id == links.python_package_version_entity_rule_id)
        .order_by(given.c[PLACE], rules.id, PythonPackageIndex.url)
    )


def _normalized(package: Sequence[Any]) -> tuple[Any, ...]:
    if isinstance(package, str) or len(package) != len(_PACKAGE):
        raise ValueError(f"a package must be given as (name, version, index URL or None), not {_shown(package)}")
    at = PackageAt.of(*package)
    if at.package_version is None:
        raise ValueError(f"a package must be given with its version, not {_shown(package)}")
    return at.package_name, at.package_version, at.index_url


def _normalized_edge(edge: Sequence[Any]) -> tuple[Any, ...]:
    if isinstance(edge, str) or len(edge) != len(_EDGE):
        expected = "(name, version, index URL or None, name, version)"
        raise ValueError(f"an edge must be given as {expected}, not {_shown(edge)}")
    return *_normalized(edge[:3]), *_normalized((*edge[3:], None))[:2]


def _shown(given: Any) -> str:
    """What was given, for a message: without the password that an index may need."""
    return repr(given if isinstance(given, str) else tuple(map(_without_user, given)))


def _without_user(part: Any) -> Any:
    return without_user(part) if isinstance(part, str) else part


class StackQueries(Questions):
    """Package versions by the stack, given as (name, version, index URL) tuples; an index of None is any.

    Every answer is a dictionary by these tuples as they were given, each once, in their order. What is None besides
    means any. Nothing is remembered. Nothing given is no statement, {}. All raise ValueError or TypeError for what is
    no such tuple.
    """

    def get_python_packages_version_records(
        self,
        packages: Iterable[PackageTuple],
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> dict[PackageTuple, list[PackageVersionRecord]]:
        """{package: where it was solved, by index and environment}; [] for what was not."""
        asked = shaped(_records, Environment.of(os_name, os_version, python_version))
        keys = list(PackageVersionRecord.__annotations__)

        def record(*row: Any) -> PackageVersionRecord:
            return cast("PackageVersionRecord", dict(zip(keys, row, strict=True)))

        return self._list_for_each(asked, packages, record)

    def get_depends_on_of_packages(
        self,
        packages: Iterable[PackageTuple],
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        extras: Collection[str | None] | None = None,
        marker_evaluation_result: bool | None = None,
        is_missing: bool | None = None,
    ) -> dict[PackageTuple, Dependencies]:
        """{package: {extra: [(name, version)]}} as get_depends_on() gives it; what was not solved is left out."""
        environment = Environment.of(os_name, os_version, python_version)
        marker = checked_flag("marker_evaluation_result", marker_evaluation_result)
        is_missing = checked_flag("is_missing", is_missing)
        asked = shaped(_requirements, environment, wanted_extras(extras), marker, is_missing)
        answer: dict[PackageTuple, Dependencies] = {}
        for package, extra, name, version in self._ask_for_each(asked, packages):
            dependencies = answer.setdefault(package, {})
            if name is not None:
                dependencies.setdefault(extra, []).append((name, version))
        return answer

    def get_python_environment_markers(
        self,
        edges: Iterable[EdgeTuple],
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        marker_evaluation_result: bool | None = None,
    ) -> dict[EdgeTuple, str | None]:
        """{edge: marker} of (name, version, index URL, name and version of a dependency) tuples.

        The markers are those of get_python_environment_marker(); edges that are not there are left out.
        """
        marker = checked_flag("marker_evaluation_result", marker_evaluation_result)
        asked = shaped(_markers, Environment.of(os_name, os_version, python_version), marker)
        return dict(self._ask_for_each(asked, edges, _EDGE))

    def get_python_solver_errors(
        self,
        packages: Iterable[PackageTuple],
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> dict[PackageTuple, bool]:
        """{package: whether its newest solver run ended in an error}; what was not solved is left out."""
        asked = shaped(_errors, Environment.of(os_name, os_version, python_version))
        return dict(self._ask_for_each(asked, packages))

    def get_python_packages_hashes_sha256(self, packages: Iterable[PackageTuple]) -> dict[PackageTuple, list[str]]:
        """{package: sha256 digests of its artifacts, sorted, each once}; [] where there are none."""
        return self._list_for_each(shaped(_hashes), packages, str)

    def get_python_cve_records_of_packages(
        self, packages: Iterable[PackageTuple]
    ) -> dict[PackageTuple, list[CVERecord]]:
        """{package: its vulnerabilities, by their ids}; [] where none is known."""
        return self._list_for_each(shaped(_vulnerabilities), packages, as_record)

    def get_python_solver_rules_of_packages(
        self, packages: Iterable[PackageTuple]
    ) -> dict[PackageTuple, list[SolverRule]]:
        """{package: the rules that keep it from being solved, by id and index}; [] where there are none."""
        return self._list_for_each(shaped(_rules), packages, SolverRule)

    def _list_for_each(
        self, asked: Asked, packages: Iterable[PackageTuple], shape: Callable[..., T]
    ) -> dict[PackageTuple, list[T]]:
        given = _each_once(packages)
        answer: dict[PackageTuple, list[T]] = {package: [] for package in given}
        for package, *row in self._ask_for_each(asked, given):
            answer[package].append(shape(*row))
        return answer

    def _ask_for_each(
        self, asked: Asked, about: Iterable[Any], columns: tuple[str, ...] = _PACKAGE
    ) -> Iterable[tuple[Any, ...]]:
        """The rows, with what was asked about, as it was given, instead of its place."""
        given = _each_once(about)
        if not given:
            return []
        normalize = _normalized if columns is _PACKAGE else _normalized_edge
        statement, parameters = asked
        arrays = parameters_of(columns, [normalize(one) for one in given])
        rows: Sequence[AnyRow] = self._ask(statement, {**parameters, **arrays})
        return ((given[row[0] - 1], *row[1:]) for row in rows)


def _each_once(asked: Iterable[Any]) -> list[Any]:
    """Tuples, in the order of their first. Raises TypeError for what is no collection of collections."""
    is_collection = isinstance(asked, Iterable) and not isinstance(asked, str | bytes)
    given = list(asked) if is_collection else [asked]
    if not is_collection or not all(isinstance(one, Iterable) for one in given):
        raise TypeError(f"expected a list of (name, version, index URL) tuples, not {asked!r}")
    return list(dict.fromkeys(one if isinstance(one, str) else tuple(one) for one in given))
