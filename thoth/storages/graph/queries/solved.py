"""Questions about package versions that were solved: listings, counts, pages."""

from __future__ import annotations

from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import PythonPackageVersion
from ..sql_types import AnySelect
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
    version_page,
)
from .shaped import shaped
from .solver_documents import SolverEnvironment
from .versions import BY_VERSION, select_versions


def _names(environment: Environment, page: Page, *, distinct: bool) -> AnySelect:
    return page.of(names_of(any_version(environment), BY_VERSION[0], distinct=distinct))


class SolvedQueries(Listings):
    """Package versions that were solved, maybe with an error.

    Listings are in the order of name, version (PEP 440, newest last) and index URL. What is None means any, a count of
    None means all; what has no index has the URL None. All raise ValueError for a negative offset or count.

    Of everything, listings and counts take longer in proportion to the package versions that were solved; of one
    package, in proportion to its versions.
    """

    # --- Listings ----------------------------------------------------------------------------------------------------

    def get_solved_python_package_versions_all(
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
        """(name, version, index URL) of solved package versions, by all three (PEP 440, newest last).

        One for each environment unless distinct; solving may have ended in an error. What is None means any, a count
        of None means all; without an index the URL is None. A specifier such as >=2,<3 is read by PEP 440 and needs a
        name. Raises ValueError for what is no specifier and for a negative offset or count.
        """
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        page = Page(start_offset, count)
        return self._versions(package, environment, page, distinct=distinct, is_missing=is_missing, specifier=specifier)

    def get_solved_python_package_versions_count_all(
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
        """How many items get_solved_python_package_versions_all() has for the same arguments."""
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        if specifier is None:
            return self._count(version_listing(package, environment, distinct=distinct, is_missing=is_missing))
        everything = Page(0, None)
        return len(
            self._versions(
                package, environment, everything, distinct=distinct, is_missing=is_missing, specifier=specifier
            )
        )

    def get_solved_python_packages_all(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[tuple[str, str | None]]:
        """(name, index URL) of solved packages, by both: one for each version in each environment unless distinct."""
        environment = Environment.of(os_name, os_version, python_version)
        rows = self._ask(*shaped(_names, environment, Page(start_offset, count), distinct=bool(distinct)))
        return [(name, url) for name, url in rows]

    def get_solved_python_packages_all_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> VersionsByName:
        """{name: [(version, index URL)]} of solved packages: a page of the listing of versions, grouped by name."""
        environment = Environment.of(os_name, os_version, python_version)
        asked = shaped(version_page, PackageAt(), environment, bool(distinct), None, Page(start_offset, count))
        return by_name([tuple(row) for row in self._ask(*asked)])

    # --- Counts of solved ones ---

    def get_solved_python_packages_count_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many solved package versions there are, each counted once on each index, distinct or not."""
        return self._count(any_version(Environment.of(os_name, os_version, python_version), distinct=True))

    def get_solved_python_package_versions_count(
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

    def get_solved_python_package_versions_count_per_index(
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

    def get_solved_python_package_versions_count_per_version(
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

    def get_all_python_packages_count(self, without_error: bool = True) -> int:
        """How many package versions there are on all indexes: those that a run solved without an error, or all.

        Each counts once, in however many environments it was solved. A name of 2019.
        """
        return self._count(version_listing(PackageAt(), Environment(), distinct=True, without_error=without_error))

    # --- Environments and indexes ------------------------------------------------------------------------------------

    def get_solved_python_package_version_environments_all(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> list[SolverEnvironment]:
        """The environments in which a package version was solved, by operating system, its version and Python.

        An index of None means any; one item for each index then unless distinct.
        """
        versions = PythonPackageVersion
        columns = (versions.os_name, versions.os_version, versions.python_version)
        package = PackageAt.of(package_name, package_version, index_url)
        statement = select_versions(package, Environment(), *columns).order_by(*columns)
        rows = self._ask(Page(start_offset, count).of(statement.group_by(*columns) if distinct else statement))
        return [SolverEnvironment(os_name=name, os_version=version, python_version=py) for name, version, py in rows]

    def get_python_package_versions_per_index(self, index_url: str, *, distinct: bool = False) -> dict[str, list[str]]:
        """{index URL: names of solved packages}, sorted: one for each version in each environment unless distinct."""
        package = PackageAt.matching(None, None, index_url)
        listing = names_of(version_listing(package, Environment(), distinct=False), BY_VERSION[0], distinct=distinct)
        return {package.index_url or "": [name for name, _url in self._ask(listing)]}
