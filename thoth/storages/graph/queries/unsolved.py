"""Questions about package versions that wait for a solver."""

from __future__ import annotations

from sqlalchemy import func

from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..sql_types import AnySelect
from .listed import (
    CountPerVersion,
    Listed,
    Listings,
    VersionsByName,
    by_name,
    names_of,
    per_index,
    per_version,
    unsolved_counts,
    unsolved_listing,
)
from .versions import BY_ENTITY

UnsolvedVersion = tuple[str, str | None, str | None]
"""Name, version and index URL; version and index may be unknown."""


def unsolved_versions(environment: Environment) -> AnySelect:
    """What waits for a solver, in the order of listings."""
    return unsolved_listing(PackageAt(), environment, distinct=False).order_by(*BY_ENTITY)


class UnsolvedQueries(Listings):
    """Packages that nobody solved yet in an environment, or in any, and that no rule keeps from being solved.

    A package version on an index waits until it was solved there; a dependency, which has no index, until its version
    was solved on any; a package without a version until any of its versions was. Listings are in the order of name,
    version (PEP 440, newest last) and index URL. What is None means any, a count of None means all. All raise
    ValueError for a negative offset or count.

    Of everything, they take longer in proportion to the package versions that are known: each is looked for among
    those that were solved. Of one package, in proportion to its versions.
    """

    def get_unsolved_python_package_versions_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        randomize: bool = True,
    ) -> list[UnsolvedVersion]:
        """(name, version, index URL) of what waits for a solver: in random order, else in the order of listings.

        Pages of a random order overlap. What is None means any, a count of None means all; what has no version or no
        index has None there. Raises ValueError for a negative offset or count.
        """
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        listing = unsolved_listing(package, environment, distinct=distinct)
        ordered = listing.order_by(*([func.random()] if randomize else BY_ENTITY))
        return [(name, version, url) for name, version, url in self._ask(Page(start_offset, count).of(ordered))]

    def get_unsolved_python_package_versions_count_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_unsolved_python_package_versions_all() has for the same arguments."""
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        return self._count(unsolved_listing(package, environment, distinct=distinct))

    def get_unsolved_python_packages_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> list[tuple[str, str | None]]:
        """(name, index URL) of what waits for a solver, by both: one for each version unless distinct."""
        listing = unsolved_versions(Environment.of(os_name, os_version, python_version))
        named = names_of(listing, BY_ENTITY[0], distinct=distinct)
        return [(name, url) for name, url in self._ask(Page(start_offset, count).of(named))]

    def get_unsolved_python_packages_all_versions(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> VersionsByName:
        """{name: [(version, index URL)]} of what waits for a solver: a page of the listing, grouped by name."""
        listing = unsolved_versions(Environment.of(os_name, os_version, python_version))
        rows = self._ask(Page(start_offset, count).of(listing.group_by(*BY_ENTITY) if distinct else listing))
        return by_name([tuple(row) for row in rows])

    def get_unsolved_python_package_versions_count(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> dict[Listed, int]:
        """{(name, version, index URL): 1} of what waits for a solver, in the order of listings."""
        environment = Environment.of(os_name, os_version, python_version)
        return self._unsolved_counts(PackageAt(), environment, Page(start_offset, count))

    def get_unsolved_python_package_versions_count_per_index(
        self,
        index_url: str,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> dict[str, dict[tuple[str, str], int]]:
        """{index URL: {(name, version): 1}} of one index; {} where nothing waits."""
        environment = Environment.of(os_name, os_version, python_version)
        package = PackageAt.matching(None, None, index_url)
        return per_index(self._unsolved_counts(package, environment, Page(start_offset, count)))

    def get_unsolved_python_package_versions_count_per_version(
        self,
        package_name: str,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> CountPerVersion:
        """{version: {index URL: 1}} of one package, by version; {} where nothing waits."""
        environment = Environment.of(os_name, os_version, python_version)
        return per_version(self._unsolved_counts(PackageAt.of(package_name), environment, Page(start_offset, count)))

    def _unsolved_counts(self, package: PackageAt, environment: Environment, page: Page) -> dict[Listed, int]:
        rows = self._ask(page.of(unsolved_counts(package, environment)))
        return {(name, version, url): number for name, version, url, number in rows}
