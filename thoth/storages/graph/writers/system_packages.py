"""Packages of the operating system. What one of them requires is never forgotten: no row names who said so."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Row
from ..documents.system_packages import DebPackage, Relation, RPMPackage
from ..models import (
    DebDependency,
    DebDepends,
    DebPackageVersion,
    DebPreDepends,
    DebReplaces,
    RPMPackageVersion,
    RPMRequirement,
    RPMRequires,
)
from .upsert import distinct_sorted, ensure, ensure_by_digest, insert_missing, link

_RPM = ("package_name", "package_version", "epoch", "release", "arch", "src", "package_identifier")
_DEB = ("package_name", "package_version", "epoch", "arch")
_RELATION = ("deb_package_version_id", "deb_dependency_id", "version_range")


def write_rpms(session: Session, packages: Collection[RPMPackage]) -> list[int]:
    """The ids of RPM packages, which are known now with what they require; sorted, each once."""
    ids = ensure(session, RPMPackageVersion, _RPM, (package.key for package in packages))
    names = {name for package in packages for name in package.requirements}
    requirements = _ensure_names(session, RPMRequirement, "rpm_requirement_name", names)
    pairs = ((ids[package.key], requirements[name]) for package in packages for name in package.requirements)
    link(session, RPMRequires, ("rpm_package_version_id", "rpm_requirement_id"), pairs)
    return sorted(ids.values())


def write_debs(session: Session, packages: Collection[DebPackage]) -> list[int]:
    """The ids of Debian packages, which are known now with their relations; sorted, each once."""
    ids = ensure(session, DebPackageVersion, _DEB, (package.key for package in packages))
    related = [
        (DebDepends, [(package, package.depends) for package in packages]),
        (DebPreDepends, [(package, package.pre_depends) for package in packages]),
        (DebReplaces, [(package, package.replaces) for package in packages]),
    ]
    names = {name for _, stated in related for _, relations in stated for name, _ in relations}
    dependencies = _ensure_names(session, DebDependency, "package_name", names)
    for model, stated in related:
        _relate(session, model, ids, dependencies, stated)
    return sorted(ids.values())


def _relate(
    session: Session,
    model: type[DeclarativeBase],
    ids: dict[Row, int],
    dependencies: dict[str, int],
    stated: Iterable[tuple[DebPackage, Iterable[Relation]]],
) -> None:
    rows = (
        (ids[package.key], dependencies[name], version_range)
        for package, relations in stated
        for name, version_range in relations
    )
    insert_missing(session, model, _RELATION, _RELATION, distinct_sorted(rows))


def _ensure_names(session: Session, model: type[DeclarativeBase], column: str, names: Iterable[str]) -> dict[str, int]:
    """The id of each name, in a table that knows names of any length by their digest."""
    ids = ensure_by_digest(session, model, (column,), ((name,) for name in names))
    return {name: row_id for (name,), row_id in ids.items()}
