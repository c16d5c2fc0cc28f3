"""Which package versions a graph cache is to hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet

from ..cache_entries import Entry, Pinned, pinned
from ..filters import Environment
from ..names import is_package_name, normalize_index_url, normalize_package_name
from .specifiers import matching

# A name as PEP 508 has it, and what PEP 440 reads.
_RANGE = re.compile(r"\s*(?P<name>[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])\s*(?P<range>[<>=!~][^;]*)", re.IGNORECASE)
_PARTS = ("os_name", "os_version", "python_version")


@dataclass(frozen=True)
class Wanted:
    """A package whose versions a cache is to hold, as it was named, and which of its versions."""

    given: str
    package_name: str
    specifiers: SpecifierSet

    @classmethod
    def of(cls, given: str) -> Wanted:
        """A name, or a name with a range such as flask>=2,<3. Raises ValueError for anything else."""
        if not isinstance(given, str):
            raise ValueError(f"expected the name of a package, with a range of versions or without, not {given!r}")
        if is_package_name(given):
            return cls(given, normalize_package_name(given), SpecifierSet())
        named = _RANGE.fullmatch(given)
        if named is None and any(mark in given for mark in "[;@"):
            raise ValueError(f"expected a name and a range of versions alone, not {given!r}: a cache holds every extra")
        try:
            if named is None:
                raise InvalidSpecifier
            for clause in named["range"].split(","):
                Specifier(clause)  # releases of packaging before 22 let a set have others as well
            return cls(given, normalize_package_name(named["name"]), SpecifierSet(named["range"]))
        except InvalidSpecifier:
            raise ValueError(f"expected a package such as flask or flask>=2,<3 (PEP 508), not {given!r}") from None

    def of_versions(self, versions: Iterable[str]) -> set[str]:
        """Those of a package's versions that are wanted; without a range, all."""
        return matching(self.specifiers, versions) if self.specifiers else set(versions)


@dataclass(frozen=True)
class Selection:
    """The packages, and where they and all they depend on have to be solved to be held; an empty tuple is anywhere."""

    packages: tuple[Wanted, ...]
    environments: tuple[Environment, ...] = ()
    index_urls: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, packages: Iterable[str], environments: Iterable[Mapping[str, Any]] = (), indexes: Iterable[str] = ()
    ) -> Selection:
        """What callers say. Raises ValueError for what is no package, and for an environment with an unknown part."""
        if isinstance(packages, str):
            raise ValueError(f"expected a list of packages, such as [{packages!r}], not a text")
        return cls(
            tuple(dict.fromkeys(map(Wanted.of, packages))),
            tuple(dict.fromkeys(map(_environment, environments))),
            tuple(dict.fromkeys(map(_index_url, indexes))),
        )

    def names(self) -> list[str]:
        """The names of the packages, sorted, each once."""
        return sorted({one.package_name for one in self.packages})

    def is_at(self, index_url: str | None, os_name: str, os_version: str, python_version: str) -> bool:
        """Whether that is an index and an environment that were asked for."""
        return (not self.index_urls or index_url in self.index_urls) and (
            not self.environments or any(one.holds(os_name, os_version, python_version) for one in self.environments)
        )

    def reached(self, entry: Entry) -> set[Pinned]:
        """What a package version depends on there."""
        sets = {record.edges for record in entry.records if self.is_at(*record[:4])}
        return {dependency for number in sets for dependency in entry.edges[number].dependencies}

    def begins_with(self, solved: Mapping[str, set[str]]) -> tuple[set[Pinned], list[str]]:
        """Of {name: versions}, the versions that were asked for, and the packages, as named, that have none of them."""
        found = {one: one.of_versions(solved.get(one.package_name, ())) for one in self.packages}
        roots = {pinned(one.package_name, version) for one, versions in found.items() for version in versions}
        return roots, sorted({one.given for one, versions in found.items() if not versions})


def _environment(parts: Mapping[str, Any]) -> Environment:
    if not isinstance(parts, Mapping) or not parts or not set(parts) <= set(_PARTS):
        raise ValueError(f"expected an environment with {', '.join(_PARTS)}, or some of them, not {parts!r}")
    for name, part in parts.items():
        if part is not None and not isinstance(part, str):
            raise ValueError(f'expected {name} to be a text such as "3.10", not {part!r}')
    return Environment.of(*(parts.get(name) for name in _PARTS))


def _index_url(url: str) -> str:
    if not isinstance(url, str) or not url.strip():
        raise ValueError(f"expected the URL of an index, not {url!r}")
    return normalize_index_url(url)
