"""The arguments of questions as frozen values: normalised once, usable as cache keys, able to narrow a statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..document_ids import map_os_name, normalize_os_version
from .names import (
    normalize_extra,
    normalize_index_url,
    normalize_package_name,
    normalize_package_version,
    normalize_python_version,
    without_user,
)

if TYPE_CHECKING:
    from .models import PythonPackageVersion
    from .sql_types import AnySelect


def _text(name: str, value: object) -> None:
    """Raise TypeError for what is not a text (3.11 for "3.11"), ValueError for one with NUL or lone surrogates."""
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, not {value!r}")
    if "\x00" in value or (not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise ValueError(f"{name} must be a text that a database can hold, not {value!r}")


def checked_truth(name: str, value: bool) -> bool:
    """What is told of a flag. Raises TypeError for what is neither True nor False: "no" would be taken for yes."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {value!r}")
    return value


def checked_text(name: str, value: str | None) -> str | None:
    """A text as it is. Raises TypeError for what is none, ValueError for one that a database cannot hold."""
    _text(name, value)
    return value


def required_text(name: str, value: str) -> str:
    """A text as it is. Raises TypeError for what is none, None as well, ValueError for one no database can hold."""
    if value is None:
        raise TypeError(f"{name} must be a text, not None")
    _text(name, value)
    return value


def checked_flag(name: str, value: bool | None) -> bool | None:
    """What is asked for of a flag, None for any. Raises TypeError for what is neither: "no" would be taken for yes."""
    if not (value is None or isinstance(value, bool)):
        raise TypeError(f"{name} must be True, False or None, not {value!r}")
    return value


DEFAULT_COUNT = 100
"""How many items a page holds unless the caller says otherwise."""


def wanted_extras(extras: Collection[str | None] | None) -> frozenset[str | None] | None:
    """The extras whose dependencies count, None among them for no extra; None instead of them for all.

    Raises TypeError for a text, which would be taken for a collection of letters, and for what is no name.
    """
    if extras is None:
        return None
    if isinstance(extras, str) or not isinstance(extras, Iterable):
        raise TypeError(f"extras must be a collection of names, such as {{None, 'test'}}, not {extras!r}")
    given = list(extras)
    for extra in given:
        _text("each of extras", extra)
    return frozenset(normalize_extra(extra) for extra in given)


def _major_and_minor(python_version: str) -> str:
    return ".".join(python_version.split(".")[:2])


@dataclass(frozen=True, slots=True)
class Environment:
    """An operating system and a Python; a part that is None means any."""

    os_name: str | None = None
    os_version: str | None = None
    python_version: str | None = None

    @classmethod
    def of(cls, os_name: str | None, os_version: str | None, python_version: str | None) -> Environment:
        """The environment in the graph's own spelling: ubi is rhel, RHEL has no minor version, py311 is 3.11.

        So is 3.11.7: what solvers find out holds for every patch release.
        """
        for name, value in (("os_name", os_name), ("os_version", os_version), ("python_version", python_version)):
            _text(name, value)
        mapped = map_os_name(os_name)
        return cls(
            mapped,
            normalize_os_version(mapped, os_version),
            None if python_version is None else _major_and_minor(normalize_python_version(python_version)),
        )

    def narrow(self, statement: AnySelect, versions: type[PythonPackageVersion]) -> AnySelect:
        """The statement, limited to package versions in this environment."""
        for column, value in (
            (versions.os_name, self.os_name),
            (versions.os_version, self.os_version),
            (versions.python_version, self.python_version),
        ):
            if value is not None:
                statement = statement.where(column == value)
        return statement

    def __str__(self) -> str:
        """The parts that are given, for a message."""
        parts = [self.os_name, self.os_version, self.python_version and f"Python {self.python_version}"]
        return " ".join(part for part in parts if part) or "any environment"

    def holds(self, os_name: str, os_version: str, python_version: str) -> bool:
        """Whether a concrete environment is this one; the same rule as narrow(), for answers that are at hand."""
        return (
            (self.os_name is None or self.os_name == os_name)
            and (self.os_version is None or self.os_version == os_version)
            and (self.python_version is None or self.python_version == python_version)
        )


@dataclass(frozen=True, slots=True)
class PackageAt:
    """A package, in a version, on an index; a part that is None means any."""

    package_name: str | None = None
    package_version: str | None = None
    index_url: str | None = None

    @classmethod
    def of(cls, package_name: str, package_version: str | None = None, index_url: str | None = None) -> PackageAt:
        """A package that has a name; see matching(). Raises TypeError where the name is None."""
        return cls.matching(required_text("package_name", package_name), package_version, index_url)

    @classmethod
    def matching(
        cls, package_name: str | None, package_version: str | None = None, index_url: str | None = None
    ) -> PackageAt:
        """The package in the graph's own spelling: name by PEP 503, version by PEP 440, index without a last slash."""
        arguments = (("package_name", package_name), ("package_version", package_version), ("index_url", index_url))
        for name, value in arguments:
            _text(name, value)
        return cls(
            None if package_name is None else normalize_package_name(package_name),
            None if package_version is None else normalize_package_version(package_version),
            None if index_url is None else normalize_index_url(index_url),
        )

    def __str__(self) -> str:
        """Name, version and index, for a message."""
        version = f" {self.package_version}" if self.package_version else ""
        return f"{self.package_name}{version}" + (f" from {without_user(self.index_url)}" if self.index_url else "")


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing: how many items to leave out, how many to give; a count of None gives all the rest."""

    start_offset: int = 0
    count: int | None = DEFAULT_COUNT

    def __post_init__(self) -> None:
        """Raise ValueError for what is not a number of items."""
        for name, value in (("start_offset", self.start_offset), ("count", self.count)):
            unlimited = name == "count" and value is None
            if not unlimited and (not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63):
                raise ValueError(f"{name} must be a number of items that is not negative, not {value!r}")

    def of(self, statement: AnySelect) -> AnySelect:
        """The rows of a statement that are on this page; it must have an order, else pages repeat and skip rows."""
        return statement.offset(self.start_offset or None).limit(self.count)
