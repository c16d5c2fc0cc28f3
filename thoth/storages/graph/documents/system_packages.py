"""Packages of the operating system, RPM and Debian, as image analyses list them."""

from __future__ import annotations

from dataclasses import dataclass

from .reading import NAME_BYTES, Place
from .texts import kept, long_name, optional_text

Relation = tuple[str, str | None]
"""What a Debian package names, and the versions of it; None for any."""


@dataclass(frozen=True, slots=True)
class RPMPackage:
    """An RPM package in a version, and what it requires."""

    package_name: str
    package_version: str
    epoch: str | None
    release: str | None
    arch: str | None
    src: bool
    package_identifier: str
    requirements: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str, str | None, str | None, str | None, bool, str]:
        """What tells it from other versions, in column order."""
        version = self.package_name, self.package_version, self.epoch, self.release
        return (*version, self.arch, self.src, self.package_identifier)


@dataclass(frozen=True, slots=True)
class DebPackage:
    """A Debian package in a version, and its relations."""

    package_name: str
    package_version: str
    epoch: str | None
    arch: str | None
    depends: tuple[Relation, ...]
    pre_depends: tuple[Relation, ...]
    replaces: tuple[Relation, ...]

    @property
    def key(self) -> tuple[str, str, str | None, str | None]:
        """What tells it from other versions, in column order."""
        return self.package_name, self.package_version, self.epoch, self.arch


def parse_rpm(item: Place, remarks: list[str]) -> RPMPackage:
    """An item of rpm-dependencies."""
    name = item["name"].name()
    src = item.get("src")
    return RPMPackage(
        package_name=name,
        package_version=item["version"].name(),
        epoch=_epoch(item),
        release=optional_text(item, "release"),
        arch=optional_text(item, "arch"),
        src=False if src is None else src.flag(),
        package_identifier=optional_text(item, "package_identifier") or name,
        requirements=tuple(kept(item.items("dependencies"), lambda place, _remarks: long_name(place), remarks)),
    )


def parse_deb(item: Place, remarks: list[str]) -> DebPackage:
    """An item of deb-dependencies."""
    return DebPackage(
        package_name=item["name"].name(),
        package_version=item["version"].name(),
        epoch=_epoch(item),
        arch=optional_text(item, "arch"),
        depends=tuple(kept(item.items("depends"), _relation, remarks)),
        pre_depends=tuple(kept(item.items("pre-depends"), _relation, remarks)),
        replaces=tuple(kept(item.items("replaces"), _relation, remarks)),
    )


def _relation(item: Place, _remarks: list[str]) -> Relation:
    return long_name(item["name"]), optional_text(item, "version")


def _epoch(item: Place) -> str | None:
    """The epoch; the one that counts where none is given, 0, is None."""
    place = item.get("epoch")
    if place is None:
        return None
    epoch = str(place.whole_number()) if isinstance(place.value, int) else place.text(NAME_BYTES)
    return epoch if epoch not in ("", "0") else None
