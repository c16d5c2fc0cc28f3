"""Statements about package versions that several rooms build on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, collate, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ..filters import Environment, PackageAt
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity, Solved
from ..sql_types import AnySelect

BY_VERSION: tuple[Any, ...] = (
    PythonPackageVersion.package_name,
    PythonPackageVersion.version_order,
    PythonPackageVersion.package_version,
    PythonPackageIndex.url,
)
"""The order of listings of solved package versions; what is grouped by these columns keeps it, once each."""

BY_ENTITY: tuple[Any, ...] = (
    PythonPackageVersionEntity.package_name,
    PythonPackageVersionEntity.version_order,
    PythonPackageVersionEntity.package_version,
    PythonPackageIndex.url,
)
"""The same of packages in no environment; without a version or an index they come last."""


def select_versions(package: PackageAt, environment: Environment, *columns: Any) -> AnySelect:
    """Columns of package versions and their index (NULL where they have none), narrowed to what is asked about."""
    versions = PythonPackageVersion
    statement: AnySelect = (
        select(*columns)
        .select_from(versions)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
    )
    for column, value in (
        (versions.package_name, package.package_name),
        (versions.package_version, package.package_version),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if package.index_url is not None:
        # By its id, which has an index of its own: few packages may be on it.
        index_id = select(PythonPackageIndex.id).where(PythonPackageIndex.url == package.index_url).scalar_subquery()
        statement = statement.where(versions.python_package_index_id == index_id)
    return environment.narrow(statement, versions)


def select_entities(package: PackageAt, *columns: Any) -> AnySelect:
    """Columns of packages in no environment and their index (NULL where they have none), narrowed likewise."""
    entities = PythonPackageVersionEntity
    statement: AnySelect = (
        select(*columns)
        .select_from(entities)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == entities.python_package_index_id)
    )
    for column, value in (
        (entities.package_name, package.package_name),
        (entities.package_version, package.package_version),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if package.index_url is not None:
        index_id = select(PythonPackageIndex.id).where(PythonPackageIndex.url == package.index_url).scalar_subquery()
        statement = statement.where(entities.python_package_index_id == index_id)
    return statement


def as_python(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A text that sorts as Python sorts it, whatever the database's own order: cached answers are sorted there."""
    return collate(column, "C")


def normalized(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A name as normalize_package_name() spells it; documents spell extras as their packages do."""
    return func.lower(func.regexp_replace(column, "[-_.]+", "-", "g"))


def newest_error() -> ColumnElement[bool | None]:
    """Whether the newest solver run of a package version ended in an error, as a column; NULL without a run."""
    newest = (
        select(Solved.error)
        .where(Solved.version_id == PythonPackageVersion.id)
        .order_by(Solved.datetime.desc(), Solved.document_id.desc())
        .limit(1)
    )
    return newest.correlate(PythonPackageVersion).scalar_subquery()


def ended_in_error(*, unsolvable: bool, unparseable: bool) -> ColumnElement[bool]:
    """Whether a run ended in an error, or in one of a kind. Raises ValueError for both kinds: no run ended in both."""
    if unsolvable and unparseable:
        raise ValueError("unsolvable and unparseable cannot both be True: no run ends in both errors")
    return and_(
        True, Solved.error_unsolvable if unsolvable else Solved.error_unparseable if unparseable else Solved.error
    )


def edge_counts(extras: Collection[str | None] | None, marker_evaluation_result: bool | None) -> ColumnElement[bool]:
    """Whether an edge counts: its extra is one of those asked for, its marker evaluates to what was asked for."""
    conditions: list[ColumnElement[bool]] = []
    if extras is not None:
        named = normalized(DependsOn.extra).in_(sorted(extra for extra in extras if extra is not None))
        conditions.append(or_(named, DependsOn.extra.is_(None)) if None in extras else named if extras else false())
    if marker_evaluation_result is not None:
        conditions.append(DependsOn.marker_evaluation_result == marker_evaluation_result)
    return and_(True, *conditions)
