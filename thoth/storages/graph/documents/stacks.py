"""Software stacks as Pipfile and Pipfile.lock describe them, in JSON.

Only what is needed to run is read (packages, default), not what is needed for development. Extras and markers have no
column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..names import (
    is_package_name,
    normalize_index_url,
    normalize_package_name,
    normalize_package_version,
    pinned_version,
)
from .packages import PackageOnIndex
from .reading import URL_BYTES, Place
from .texts import PATH_BYTES, kept


class Requirement(NamedTuple):
    """A direct requirement; its fields are its natural key."""

    package_name: str
    version_range: str
    develop: bool
    index_url: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """A software stack: what is required and what it was locked to, each sorted; None where it is not said."""

    requirements: tuple[Requirement, ...] | None = None
    locked: tuple[PackageOnIndex, ...] | None = None

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self.requirements is not None or self.locked is not None


def parse_stack(project: Place | None, remarks: list[str]) -> Stack:
    """What is said under requirements (a Pipfile) and requirements_locked (a Pipfile.lock).

    A lock without packages says nothing. What comes from a repository or a path has no version: it is left out, with a
    remark.
    """
    if project is None:
        return Stack()
    pipfile, lock = project.get("requirements"), project.get("requirements_locked")
    requirements = None if pipfile is None else tuple(sorted(set(parse_requirements(pipfile, remarks)), key=_order))
    locked = () if lock is None else tuple(sorted(set(_locked(lock, remarks)), key=_order))
    return Stack(requirements, locked or None)


def _order(member: tuple[object, ...]) -> tuple[str, ...]:
    return tuple("" if value is None else str(value) for value in member)


def parse_requirements(pipfile: Place, remarks: list[str]) -> Iterator[Requirement]:
    """The direct requirements of a Pipfile, as they stand there."""
    indexes = _indexes(pipfile.items("source"))
    return kept(_entries(pipfile, "packages"), lambda entry, _remarks: _requirement(entry, indexes, remarks), remarks)


def _locked(lock: Place, remarks: list[str]) -> Iterator[PackageOnIndex]:
    meta = lock.get("_meta")
    indexes = {} if meta is None else _indexes(meta.items("sources"))
    return kept(_entries(lock, "default"), lambda entry, _remarks: _package(entry, indexes, remarks), remarks)


# --- Indexes ---------------------------------------------------------------------------------------------------------


def _indexes(sources: Iterator[Place]) -> dict[str, str]:
    """{name of an index: its URL}."""
    found: dict[str, str] = {}
    for source in sources:
        name, url = source.get("name"), normalize_index_url(source["url"].text(URL_BYTES))
        if name is not None and url:
            found[name.text()] = url
    return found


def _index_url(entry: Place, indexes: Mapping[str, str], remarks: list[str]) -> str | None:
    """The index that an entry names, by a name among the stack's sources or by its URL; None is any.

    A name that is not among the sources says nothing; a remark tells of it.
    """
    place = None if isinstance(entry.value, str) else entry.get("index")
    if place is None:
        return None
    if isinstance(place.value, dict):
        place = place["url"]
    index = place.text(URL_BYTES)
    if "://" not in index and index not in indexes:
        remarks.append(f"{place.path}: left out, it is neither a URL nor the name of one of the sources")
        return None
    return indexes.get(index) or normalize_index_url(index) or None


# --- Entries ---------------------------------------------------------------------------------------------------------


def _entries(place: Place, key: str) -> Iterator[Place]:
    """The values of the object under a key, each at its place; which package it is about is the place's last part."""
    section = place.get(key)
    if section is None:
        return
    if not isinstance(section.value, dict):
        raise section.refuse("an object")
    for name, value in section.value.items():
        yield _Entry(place.document_id, f"{section.path}[{json.dumps(name)[:PATH_BYTES]}]", value, name)


@dataclass(slots=True)
class _Entry(Place):
    """A value in an object, with its key."""

    key: str

    def package_name(self) -> str:
        """The key as the name of a package."""
        name = Place(self.document_id, self.path, self.key).name()
        if not is_package_name(name):
            raise Place(self.document_id, self.path, self.key).refuse("the name of a package")
        return normalize_package_name(name)


def _version_of(entry: Place) -> Place | None:
    """The specifier of an entry, which is that text alone or an object; None where there is none."""
    return entry if isinstance(entry.value, str) else entry.get("version")


def _requirement(entry: Place, indexes: Mapping[str, str], remarks: list[str]) -> Requirement | None:
    assert isinstance(entry, _Entry)
    name, version = entry.package_name(), _version_of(entry)
    if version is None and any(entry.get(key) is not None for key in ("git", "path", "file", "hg", "svn", "bzr")):
        remarks.append(f"{entry.path}: left out, it comes from no index")
        return None
    version_range = "*" if version is None else version.text(PATH_BYTES).strip() or "*"
    return Requirement(name, version_range, develop=False, index_url=_index_url(entry, indexes, remarks))


def _package(entry: Place, indexes: Mapping[str, str], remarks: list[str]) -> PackageOnIndex | None:
    assert isinstance(entry, _Entry)
    name, version = entry.package_name(), _version_of(entry)
    locked = None if version is None else pinned_version(version.name())
    if locked is None:
        remarks.append(f"{entry.path}: left out, it is locked to no version of an index")
        return None
    return PackageOnIndex(name, normalize_package_version(locked), _index_url(entry, indexes, remarks))
