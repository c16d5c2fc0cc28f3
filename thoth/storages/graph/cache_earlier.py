"""What callers of 2019 asked a graph cache itself, and told it.

They tell an edge at a time, so nobody knows when an entry has all of them. What was told answers get_depends_on() and
get_python_package_version_records() of the cache; GraphDatabase, which must not take a part for the whole, does not
count it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from .cache_entries import CachedRecord, Edges, Entry, Pinned, pinned, unpinned
from .filters import Environment, PackageAt
from .names import version_order

_PLACE = ("index_url", "os_name", "os_version", "python_version")


class EarlierCalls(ABC):
    """The calls of 2019, as far as newer ones do not have the same name."""

    @staticmethod
    @abstractmethod
    def is_enabled() -> bool:
        """Whether the graph cache is asked at all."""

    @staticmethod
    @abstractmethod
    def is_inserts_enabled() -> bool:
        """Whether questions may fill the graph cache."""

    @abstractmethod
    def get(self, package_version: Pinned) -> Entry | None:
        """Everything the graph knows of a package version, None where the cache does not know it all."""

    @abstractmethod
    def get_told(self, package_version: Pinned) -> Entry:
        """What add_depends_on() told of a package version; an empty entry where nobody told anything."""

    @abstractmethod
    def put_told(self, package_version: Pinned, entry: Entry) -> None:
        """Keep what was told, where the file may be filled."""

    def get_depends_on(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> list[tuple[str, str]] | None:
        """(name, version) of what a package version depends on, each once, in the order of names and versions.

        None where the cache does not know it, or is disabled; [] where it depends on nothing. What is None means any.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        found = self._records(package, Environment.of(os_name, os_version, python_version))
        if not found:
            return None
        return [unpinned(dependency) for dependency in dict.fromkeys(one for _, edges in found for one in edges)]

    def get_python_package_version_records(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
    ) -> list[dict[str, str | None]] | None:
        """Where a package version was solved: the six arguments for each record; None where the cache knows none.

        What is None means any.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        known: dict[str, str | None] = {
            "package_name": package.package_name,
            "package_version": package.package_version,
        }
        found = self._records(package, Environment.of(os_name, os_version, python_version))
        return [{**known, **{name: getattr(record, name) for name in _PLACE}} for record, _edges in found] or None

    def add_depends_on(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str,
        os_version: str,
        python_version: str,
        dependency_name: str | None,
        dependency_version: str | None,
    ) -> None:
        """Tell the cache of a dependency; with None for its name and version, that there is none.

        Nothing happens where the cache, or filling it, is disabled, and where it knows the package version as a whole.
        Raises ValueError where one of the two is None alone, or a part of the environment is.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        if None in (environment.os_name, environment.os_version, environment.python_version):
            raise ValueError("os_name, os_version and python_version must be texts: something is solved somewhere")
        if (dependency_name is None) != (dependency_version is None):
            raise ValueError("dependency_name and dependency_version must both be texts, or both be None for nothing")
        told = []
        if dependency_name is not None:
            dependency = PackageAt.of(dependency_name, dependency_version)
            told = [pinned(dependency.package_name or "", dependency.package_version or "")]
        key = pinned(package.package_name or "", package.package_version or "")
        if not self.is_enabled() or not self.is_inserts_enabled() or self.get(key) is not None:
            return
        where = (environment.os_name or "", environment.os_version or "", environment.python_version or "")
        self.put_told(key, _with(self.get_told(key), (package.index_url, *where), told))

    def _records(self, package: PackageAt, environment: Environment) -> list[tuple[CachedRecord, list[str]]]:
        if not self.is_enabled():
            return []
        key = pinned(package.package_name or "", package.package_version or "")
        entry = self.get(key) or self.get_told(key)
        return [
            (record, list(entry.edges[record.edges].dependencies))
            for record in entry.records
            if package.index_url in (None, record.index_url) and environment.holds(*record[1:4])
        ]


def _with(entry: Entry, place: tuple[str | None, str, str, str], told: list[Pinned]) -> Entry:
    """The entry with these dependencies, too, at this index and in this environment."""
    known = {record[:4]: entry.edges[record.edges].dependencies for record in entry.records}
    known[place] = sorted({*known.get(place, ()), *told}, key=_by_name)
    records = [CachedRecord._make((*where, False, None, number)) for number, where in enumerate(known)]
    return Entry(records, [Edges(dependencies) for dependencies in known.values()])


def _by_name(dependency: Pinned) -> tuple[object, ...]:
    name, version = unpinned(dependency)
    return name, version_order(version), version
