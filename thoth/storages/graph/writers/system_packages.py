"""Packages of the operating system. What one of them requires is never forgotten: no row names who said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

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
from .upsert import Ensured, Wanted, digested, distinct_sorted, insert_missing, link, wanted_by_digest

_RPM = ("package_name", "package_version", "epoch", "release", "arch", "src", "package_identifier")
_DEB = ("package_name", "package_version", "epoch", "arch")
_RELATION = ("deb_package_version_id", "deb_dependency_id", "version_range")

_Ids = Mapping[Row, Ensured]
_Package = TypeVar("_Package", RPMPackage, DebPackage)


class RPMNodes:
    """RPM packages: rows that are to be there, and what they require."""

    def __init__(self, packages: Iterable[RPMPackage]) -> None:
        """Of these, of which some may be equal."""
        self._packages = list(packages)
        self._names = digested((name,) for package in self._packages for name in package.requirements)

    def wanted(self) -> tuple[Wanted, Wanted]:
        """The packages, and the names of what they require."""
        keys = distinct_sorted(package.key for package in self._packages)
        names = wanted_by_digest(RPMRequirement, ("rpm_requirement_name",), self._names)
        return Wanted(RPMPackageVersion, _RPM, _RPM, keys), names

    def relate(self, session: Session, packages: _Ids, names: _Ids) -> list[int]:
        """The ids of the packages, which are known now with what they require; sorted, each once."""
        requirements = {name: names[digest].id for digest, (name,) in self._names.items()}
        pairs = (
            (package_id, requirements[name])
            for package_id, one in _with_ids(self._packages, packages)
            for name in one.requirements
        )
        link(session, RPMRequires, ("rpm_package_version_id", "rpm_requirement_id"), pairs)
        return sorted(item.id for item in packages.values())


class DebNodes:
    """Debian packages: rows that are to be there, and how they are related to others."""

    def __init__(self, packages: Iterable[DebPackage]) -> None:
        """Of these, of which some may be equal."""
        self._packages = list(packages)
        self._names = digested(
            (name,)
            for package in self._packages
            for relations in (package.depends, package.pre_depends, package.replaces)
            for name, _ in relations
        )

    def wanted(self) -> tuple[Wanted, Wanted]:
        """The packages, and the names of those that they are related to."""
        keys = distinct_sorted(package.key for package in self._packages)
        return Wanted(DebPackageVersion, _DEB, _DEB, keys), wanted_by_digest(
            DebDependency, ("package_name",), self._names
        )

    def relate(self, session: Session, packages: _Ids, names: _Ids) -> list[int]:
        """The ids of the packages, which are known now with their relations; sorted, each once."""
        others = {name: names[digest].id for digest, (name,) in self._names.items()}
        known = list(_with_ids(self._packages, packages))
        stated: Sequence[tuple[type[DeclarativeBase], list[tuple[int, Iterable[Relation]]]]] = [
            (DebDepends, [(package_id, package.depends) for package_id, package in known]),
            (DebPreDepends, [(package_id, package.pre_depends) for package_id, package in known]),
            (DebReplaces, [(package_id, package.replaces) for package_id, package in known]),
        ]
        for model, related in stated:
            rows = (
                (package_id, others[name], version_range)
                for package_id, relations in related
                for name, version_range in relations
            )
            insert_missing(session, model, _RELATION, _RELATION, distinct_sorted(rows))
        return sorted(item.id for item in packages.values())


def _with_ids(packages: Iterable[_Package], ids: _Ids) -> Iterator[tuple[int, _Package]]:
    """Each package after its id."""
    return ((ids[package.key].id, package) for package in packages)
