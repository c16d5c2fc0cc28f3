"""Questions about package versions by other names than those of solved ones."""

from __future__ import annotations

from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from .listed import (
    CountPerVersion,
    Listed,
    Listings,
    VersionsByName,
    any_version,
    by_name,
    names_of,
    per_index,
    per_version,
    version_listing,
)
from .versions import BY_VERSION


class KnownQueries(Listings):
    """Package versions in their environments.

    The graph knows the environments of a package version from solvers alone: these questions have the same answers as
    those of SolvedQueries, under the names that other services use.
    """

    def get_python_package_versions_all(
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
        is_missing: bool | None = None,
        specifier: str | None = None,
    ) -> list[Listed]:
        """(name, version, index URL) of known package versions, by all three (PEP 440, newest last).

        One for each environment unless distinct; solving may have ended in an error. What is None means any, a count
        of None means all; without an index the URL is None. A specifier such as >=2,<3 is read by PEP 440 and needs a
        name. Raises ValueError for what is no specifier and for a negative offset or count.
        """
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        statement = version_listing(package, environment, distinct=distinct, is_missing=is_missing)
        return self._page_of_versions(statement, package, Page(start_offset, count), specifier)

    def get_python_package_versions_count_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        is_missing: bool | None = None,
        specifier: str | None = None,
    ) -> int:
        """How many items get_python_package_versions_all() has for the same arguments."""
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        statement = version_listing(package, environment, distinct=distinct, is_missing=is_missing)
        if specifier is None:
            return self._count(statement)
        return len(self._page_of_versions(statement, package, Page(0, None), specifier))

    def get_python_packages_all(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[tuple[str, str | None]]:
        """(name, index URL) of known packages, by both: one for each version in each environment unless distinct."""
        environment = Environment.of(os_name, os_version, python_version)
        listing = names_of(any_version(environment), BY_VERSION[0], distinct=distinct)
        return [(name, url) for name, url in self._ask(Page(start_offset, count).of(listing))]

    def get_python_packages_all_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> VersionsByName:
        """{name: [(version, index URL)]} of known packages: a page of the listing of versions, grouped by name."""
        environment = Environment.of(os_name, os_version, python_version)
        page = Page(start_offset, count)
        return by_name([tuple(row) for row in self._ask(page.of(any_version(environment, distinct=distinct)))])

    # --- Counts of known ones ---

    def get_python_packages_count_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many known package versions there are, each counted once on each index, distinct or not."""
        return self._count(any_version(Environment.of(os_name, os_version, python_version), distinct=True))

    def get_python_package_versions_count(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> dict[Listed, int]:
        """{(name, version, index URL): in how many environments it was solved}, in the order of listings.

        With distinct each is counted once.
        """
        environment = Environment.of(os_name, os_version, python_version)
        return self._counts(PackageAt(), environment, Page(start_offset, count), distinct)

    def get_python_package_versions_count_per_index(
        self,
        index_url: str,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> dict[str, dict[tuple[str, str], int]]:
        """{index URL: {(name, version): in how many environments}} of one index; {} where there is nothing."""
        package = PackageAt.matching(None, None, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        return per_index(self._counts(package, environment, Page(start_offset, count), distinct))

    def get_python_package_versions_count_per_version(
        self,
        package_name: str,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> CountPerVersion:
        """{version: {index URL: in how many environments}} of one package, by version; {} where there is none."""
        environment = Environment.of(os_name, os_version, python_version)
        package = PackageAt.of(package_name)
        return per_version(self._counts(package, environment, Page(start_offset, count), distinct))
