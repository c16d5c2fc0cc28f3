"""Statements of listings of package versions: solved ones and those that wait for a solver."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from ..filters import Environment, PackageAt, Page, checked_flag
from ..models import (
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
    PythonPackageVersionEntityRulesAssociation,
    Solved,
)
from ..sql_types import AnySelect
from .base import Questions
from .shaped import shaped
from .specifiers import matching, specifiers_of
from .versions import BY_ENTITY, BY_VERSION, select_entities, select_versions

Listed = tuple[str, str, str | None]
"""Name, version and index URL."""

VersionsByName = dict[str, list[tuple[str, str | None]]]
"""{name: [(version, index URL)]}."""

CountPerVersion = dict[str, dict[str | None, int]]
"""{version: {index URL: number}}."""


def version_listing(
    package: PackageAt,
    environment: Environment,
    *,
    distinct: bool,
    is_missing: bool | None = None,
    without_error: bool = False,
) -> AnySelect:
    """Name, version and index of solved package versions, in that order: one for each environment unless distinct."""
    statement = select_versions(package, environment, BY_VERSION[0], *BY_VERSION[2:]).order_by(*BY_VERSION)
    if checked_flag("is_missing", is_missing) is not None:
        statement = statement.where(PythonPackageVersion.is_missing == is_missing)
    if without_error:
        run = select(Solved.id).where(Solved.version_id == PythonPackageVersion.id, ~Solved.error)
        statement = statement.where(run.correlate(PythonPackageVersion).exists())
    return statement.group_by(*BY_VERSION) if distinct else statement


def version_page(
    package: PackageAt, environment: Environment, distinct: bool, is_missing: bool | None, page: Page
) -> AnySelect:
    """A page of the listing."""
    return page.of(version_listing(package, environment, distinct=distinct, is_missing=is_missing))


def version_counts(package: PackageAt, environment: Environment, page: Page) -> AnySelect:
    """Name, version, index and how often they were solved: in how many environments; a page of them."""
    columns = (BY_VERSION[0], *BY_VERSION[2:], func.count())
    return page.of(select_versions(package, environment, *columns).group_by(*BY_VERSION).order_by(*BY_VERSION))


def unsolved_listing(package: PackageAt, environment: Environment, *, distinct: bool) -> AnySelect:
    """Name, version and index of what waits for a solver, without an order."""
    statement = select_entities(package, BY_ENTITY[0], *BY_ENTITY[2:]).where(_is_unsolved(environment))
    return statement.group_by(*BY_ENTITY) if distinct else statement


def unsolved_counts(package: PackageAt, environment: Environment) -> AnySelect:
    """Name, version, index and how many entities that are: one."""
    columns = (BY_ENTITY[0], *BY_ENTITY[2:], func.count())
    statement = select_entities(package, *columns).where(_is_unsolved(environment))
    return statement.group_by(*BY_ENTITY).order_by(*BY_ENTITY)


def _is_unsolved(environment: Environment) -> ColumnElement[bool]:
    """Whether a package was not solved in an environment, and no rule keeps it from being solved.

    What has an index was solved where that very entity was. Dependencies have none: they were solved where their
    version was, on any index. What has no version was solved where any version was.
    """
    entities, rules = PythonPackageVersionEntity, PythonPackageVersionEntityRulesAssociation
    solved = aliased(PythonPackageVersion)
    of_name = solved.package_name == entities.package_name
    on_any, on_it = entities.python_package_index_id.is_(None), _same_index(solved)
    # Each NOT EXISTS by itself is an anti join, which reads a table once; under one OR they ran for each entity.
    this = [solved.entity_id == entities.id]
    version = [of_name, solved.package_version == entities.package_version, on_any]
    name = [of_name, or_(on_any, on_it)]
    ruled = select(rules.python_package_version_entity_rule_id).where(
        rules.python_package_version_entity_id == entities.id
    )
    return and_(
        _nobody_solved(environment, solved, this),
        _nobody_solved(environment, solved, version),
        or_(entities.package_version.is_not(None), _nobody_solved(environment, solved, name)),
        ~ruled.correlate(entities).exists(),
    )


def _same_index(solved: type[PythonPackageVersion]) -> ColumnElement[bool]:
    return solved.python_package_index_id == PythonPackageVersionEntity.python_package_index_id


def _nobody_solved(
    environment: Environment, solved: type[PythonPackageVersion], conditions: list[ColumnElement[bool]]
) -> ColumnElement[bool]:
    found = environment.narrow(select(solved.id).where(*conditions), solved)
    return ~found.correlate(PythonPackageVersionEntity).exists()


def names_of(statement: AnySelect, name: Any, *, distinct: bool) -> AnySelect:
    """(name, index URL) instead, by both: one for each version unless distinct."""
    order = (name, PythonPackageIndex.url)
    listed = statement.with_only_columns(*order).order_by(None).order_by(*order)
    return listed.group_by(*order) if distinct else listed


def in_range(rows: list[Any], specifier: str | None, package: PackageAt, page: Page | None = None) -> list[Any]:
    """Those of the rows (name, version, ...) whose version is in the range, then the page of them; None is any."""
    if specifier is not None:
        wanted = matching(specifiers_of(specifier, package), dict.fromkeys(row[1] for row in rows))
        rows = [row for row in rows if row[1] in wanted]
    if page is None:
        return rows
    return rows[page.start_offset :] if page.count is None else rows[page.start_offset :][: page.count]


# --- Shaping ---------------------------------------------------------------------------------------------------------


def any_version(environment: Environment, *, distinct: bool = False) -> AnySelect:
    """The listing of every package."""
    return version_listing(PackageAt(), environment, distinct=distinct)


def by_name(rows: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """{name: [(version, index URL)]}, in the order of the rows."""
    grouped: dict[str, list[Any]] = {}
    for name, version, url in rows:
        grouped.setdefault(name, []).append((version, url))
    return grouped


def per_index(counts: Mapping[Any, int]) -> dict[str, dict[Any, int]]:
    """{index URL: {(name, version): number}}."""
    grouped: dict[str, dict[Any, int]] = {}
    for (name, version, url), number in counts.items():
        grouped.setdefault(url, {})[name, version] = number
    return grouped


def per_version(counts: Mapping[Any, int]) -> dict[str, dict[str | None, int]]:
    """{version: {index URL: number}}."""
    grouped: dict[str, dict[str | None, int]] = {}
    for (_name, version, url), number in counts.items():
        grouped.setdefault(version, {})[url] = number
    return grouped


class Listings(Questions):
    """What rooms of listings have in common."""

    def _versions(
        self,
        package: PackageAt,
        environment: Environment,
        page: Page,
        *,
        distinct: bool,
        is_missing: bool | None,
        specifier: str | None,
    ) -> list[Listed]:
        flags = (bool(distinct), checked_flag("is_missing", is_missing))
        asked = page if specifier is None else Page(0, None)
        rows = self._ask(*shaped(version_page, package, environment, *flags, asked))
        return in_range([tuple(row) for row in rows], specifier, package, None if specifier is None else page)

    def _counts(self, package: PackageAt, environment: Environment, page: Page, distinct: bool) -> dict[Listed, int]:
        rows = self._ask(*shaped(version_counts, package, environment, page))
        return {(name, version, url): 1 if distinct else number for name, version, url, number in rows}
