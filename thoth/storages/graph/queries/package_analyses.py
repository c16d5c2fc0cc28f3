"""Questions about analyses of packages by package-analyzer: what was analysed, what failed, what waits for it."""

from __future__ import annotations

from sqlalchemy import func, select

from ..filters import DEFAULT_COUNT, PackageAt, Page
from ..models import PackageAnalyzerRun, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .listed import by_name, names_of, per_index, per_version
from .versions import BY_ENTITY, select_entities

Analyzed = tuple[str, str, str]
"""Name, version and index URL; what has none of these cannot be analysed."""


# --- Statements ------------------------------------------------------------------------------------------------------


def _analyzed(package: PackageAt, *, distinct: bool, failed: bool = False) -> AnySelect:
    """Package versions with an analysis (that failed), by name, version and index: one for each unless distinct."""
    statement = (
        select_entities(package, BY_ENTITY[0], *BY_ENTITY[2:])
        .join(
            PackageAnalyzerRun,
            PackageAnalyzerRun.input_python_package_version_entity_id == PythonPackageVersionEntity.id,
        )
        .where(*([PackageAnalyzerRun.package_analyzer_error] if failed else []))
        .order_by(*BY_ENTITY)
    )
    return statement.group_by(*BY_ENTITY) if distinct else statement


def _unanalyzed(package: PackageAt) -> AnySelect:
    """Package versions on an index without an analysis, by name, version and index; each is there once."""
    entities = PythonPackageVersionEntity
    runs = select(PackageAnalyzerRun.id).where(PackageAnalyzerRun.input_python_package_version_entity_id == entities.id)
    statement = select_entities(package, BY_ENTITY[0], *BY_ENTITY[2:]).where(
        entities.package_version.is_not(None),
        entities.python_package_index_id.is_not(None),
        ~runs.correlate(entities).exists(),
    )
    return statement.order_by(*BY_ENTITY)


def _numbered(listing: AnySelect) -> AnySelect:
    """The items of a listing, each once, and how often it is there."""
    return listing.add_columns(func.count()).group_by(*BY_ENTITY)


class PackageAnalysisQueries(Questions):
    """Analyses of packages, as they were made until 2021.

    Listings are in the order of name, version (PEP 440, newest last) and index URL. What is None means any, a count of
    None means all. All raise ValueError for a negative offset or count.
    """

    # --- What was analysed -------------------------------------------------------------------------------------------

    def get_analyzed_python_package_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> list[Analyzed]:
        """(name, version, index URL) of what was analysed, by all three: one for each analysis unless distinct."""
        package = PackageAt.matching(package_name, package_version, index_url)
        return self._listed(_analyzed(package, distinct=distinct), Page(start_offset, count))

    def get_analyzed_python_package_versions_count_all(
        self,
        *,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_analyzed_python_package_versions() has for the same arguments on all pages."""
        return self._count(_analyzed(PackageAt.matching(package_name, package_version, index_url), distinct=distinct))

    def get_analyzed_python_package_versions_count(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[Analyzed, int]:
        """{(name, version, index URL): how many analyses}, in the order of listings; each counts once if distinct."""
        return self._analyses_of(PackageAt(), Page(start_offset, count), distinct)

    def get_analyzed_python_package_versions_count_per_index(
        self, index_url: str, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, dict[tuple[str, str], int]]:
        """{index URL: {(name, version): how many analyses}} of one index; {} where nothing was analysed."""
        package = PackageAt.matching(None, None, index_url)
        return per_index(self._analyses_of(package, Page(start_offset, count), distinct))

    def get_analyzed_python_package_versions_count_per_version(
        self, package_name: str, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, dict[str | None, int]]:
        """{version: {index URL: how many analyses}} of one package, by version; {} where nothing was analysed."""
        return per_version(self._analyses_of(PackageAt.of(package_name), Page(start_offset, count), distinct))

    def get_analyzed_python_packages_all(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> list[tuple[str, str]]:
        """(name, index URL) of what was analysed, by both: one for each analysis unless distinct."""
        listing = names_of(_analyzed(PackageAt(), distinct=False), BY_ENTITY[0], distinct=distinct)
        return [(name, url) for name, url in self._ask(Page(start_offset, count).of(listing))]

    def get_analyzed_python_packages_all_versions(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, list[tuple[str, str]]]:
        """{name: [(version, index URL)]} of what was analysed: a page of the listing of versions, grouped by name."""
        return by_name(self._listed(_analyzed(PackageAt(), distinct=distinct), Page(start_offset, count)))

    def get_analyzed_python_packages_count_all(self, *, distinct: bool = False) -> int:
        """How many items get_analyzed_python_packages_all() has on all pages."""
        return self._count(names_of(_analyzed(PackageAt(), distinct=False), BY_ENTITY[0], distinct=distinct))

    # --- What failed -------------------------------------------------------------------------------------------------

    def get_analyzed_error_python_package_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> list[Analyzed]:
        """(name, version, index URL) of analyses that ended in an error, by all three: each unless distinct."""
        package = PackageAt.matching(package_name, package_version, index_url)
        return self._listed(_analyzed(package, distinct=distinct, failed=True), Page(start_offset, count))

    def get_analyzed_error_python_package_versions_count_all(
        self,
        *,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_analyzed_error_python_package_versions() has for the same arguments on all pages."""
        package = PackageAt.matching(package_name, package_version, index_url)
        return self._count(_analyzed(package, distinct=distinct, failed=True))

    # --- What waits --------------------------------------------------------------------------------------------------

    def get_unanalyzed_python_package_versions_all(
        self, start_offset: int = 0, count: int | None = DEFAULT_COUNT
    ) -> list[Analyzed]:
        """(name, version, index URL) of what has no analysis, by all three (PEP 440, newest last).

        A count of None means all. Raises ValueError for a negative offset or count.
        """
        return self._listed(_unanalyzed(PackageAt()), Page(start_offset, count))

    def get_unanalyzed_python_package_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> list[Analyzed]:
        """(name, version, index URL) of what has no analysis, by all three; each once, distinct or not."""
        package = PackageAt.matching(package_name, package_version, index_url)
        return self._listed(_unanalyzed(package), Page(start_offset, count))

    def get_unanalyzed_python_package_versions_count_all(
        self,
        *,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_unanalyzed_python_package_versions() has for the same arguments on all pages."""
        return self._count(_unanalyzed(PackageAt.matching(package_name, package_version, index_url)))

    def get_unanalyzed_python_package_versions_count(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[Analyzed, int]:
        """{(name, version, index URL): 1} of what has no analysis, in the order of listings."""
        return self._numbers(_unanalyzed(PackageAt()), Page(start_offset, count))

    def get_unanalyzed_python_package_versions_count_per_index(
        self, index_url: str, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, dict[tuple[str, str], int]]:
        """{index URL: {(name, version): 1}} of one index; {} where nothing waits."""
        package = PackageAt.matching(None, None, index_url)
        return per_index(self._numbers(_unanalyzed(package), Page(start_offset, count)))

    def get_unanalyzed_python_package_versions_count_per_version(
        self, package_name: str, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, dict[str | None, int]]:
        """{version: {index URL: 1}} of one package, by version; {} where nothing waits."""
        return per_version(self._numbers(_unanalyzed(PackageAt.of(package_name)), Page(start_offset, count)))

    def get_unanalyzed_python_packages_all(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> list[tuple[str, str]]:
        """(name, index URL) of what has no analysis, by both: one for each version unless distinct."""
        listing = names_of(_unanalyzed(PackageAt()), BY_ENTITY[0], distinct=distinct)
        return [(name, url) for name, url in self._ask(Page(start_offset, count).of(listing))]

    def get_unanalyzed_python_packages_all_versions(
        self, *, start_offset: int = 0, count: int | None = DEFAULT_COUNT, distinct: bool = False
    ) -> dict[str, list[tuple[str, str]]]:
        """{name: [(version, index URL)]} of what has no analysis: a page of the listing, grouped by name."""
        return by_name(self._listed(_unanalyzed(PackageAt()), Page(start_offset, count)))

    def get_unanalyzed_python_packages_count_all(self, *, distinct: bool = False) -> int:
        """How many items get_unanalyzed_python_packages_all() has on all pages."""
        return self._count(names_of(_unanalyzed(PackageAt()), BY_ENTITY[0], distinct=distinct))

    # --- Asking ------------------------------------------------------------------------------------------------------

    def _listed(self, listing: AnySelect, page: Page) -> list[Analyzed]:
        return [(name, version, url) for name, version, url in self._ask(page.of(listing))]

    def _numbers(self, listing: AnySelect, page: Page) -> dict[Analyzed, int]:
        rows = self._ask(page.of(_numbered(listing)))
        return {(name, version, url): number for name, version, url, number in rows}

    def _analyses_of(self, package: PackageAt, page: Page, distinct: bool) -> dict[Analyzed, int]:
        numbers = self._numbers(_analyzed(package, distinct=False), page)
        return dict.fromkeys(numbers, 1) if distinct else numbers
