"""Statements about package versions that several rooms build on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, collate, select
from sqlalchemy.orm import InstrumentedAttribute

from ..filters import Environment, PackageAt
from ..models import PythonPackageIndex, PythonPackageVersion, Solved
from ..sql_types import AnySelect


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
        (PythonPackageIndex.url, package.index_url),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return environment.narrow(statement, versions)


def as_python(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A text that sorts as Python sorts it, whatever the database's own order: cached answers are sorted there."""
    return collate(column, "C")


def newest_error() -> ColumnElement[bool | None]:
    """Whether the newest solver run of a package version ended in an error, as a column; NULL without a run."""
    newest = (
        select(Solved.error)
        .where(Solved.version_id == PythonPackageVersion.id)
        .order_by(Solved.datetime.desc(), Solved.document_id.desc())
        .limit(1)
    )
    return newest.correlate(PythonPackageVersion).scalar_subquery()
