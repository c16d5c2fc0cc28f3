"""Questions by the names that they had between the two generations, and under which services of 2019 still ask them."""

from __future__ import annotations

from ..enums import SoftwareStackTypeEnum
from ..filters import DEFAULT_COUNT, Environment
from .adviser_runs import AdviserRunQueries
from .listed import Listed, names_of
from .package_names import PackageNameQueries
from .performance import PerformanceQueries
from .solved import SolvedQueries
from .solver_errors import SolverErrorQueries
from .table_counts import TableCountQueries
from .unsolved import UnsolvedQueries, UnsolvedVersion, unsolved_versions
from .versions import BY_ENTITY


class TransitionalNames(
    PackageNameQueries,
    SolverErrorQueries,
    AdviserRunQueries,
    PerformanceQueries,
    TableCountQueries,
    SolvedQueries,
    UnsolvedQueries,
):
    """Names of late 2019; each says of which newer one. All raise ValueError for a negative offset or count."""

    def get_python_package_names_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[str]:
        """The names of all solved packages, sorted: get_python_package_version_names_all() on one page."""
        return self.get_python_package_version_names_all(
            count=None, os_name=os_name, os_version=os_version, python_version=python_version, distinct=distinct
        )

    def get_python_packages_per_index(self, index_url: str, distinct: bool = False) -> dict[str, list[str]]:
        """{index URL: names of solved packages}: get_python_package_versions_per_index()."""
        return self.get_python_package_versions_per_index(index_url, distinct=distinct)

    def get_solved_python_package_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[Listed]:
        """(name, version, index URL) of solved package versions: get_solved_python_package_versions_all()."""
        return self.get_solved_python_package_versions_all(
            package_name,
            package_version,
            index_url,
            start_offset=start_offset,
            count=count,
            os_name=os_name,
            os_version=os_version,
            python_version=python_version,
            distinct=distinct,
        )

    get_python_package_versions = get_solved_python_package_versions

    def get_error_solved_python_package_versions(
        self,
        *,
        unsolvable: bool = False,
        unparseable: bool = False,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[Listed]:
        """(name, version, index URL) of what a run failed on: get_error_solved_python_package_versions_all()."""
        return self.get_error_solved_python_package_versions_all(
            package_name,
            package_version,
            index_url,
            unsolvable=unsolvable,
            unparseable=unparseable,
            start_offset=start_offset,
            count=count,
            os_name=os_name,
            os_version=os_version,
            python_version=python_version,
            distinct=distinct,
        )

    def get_unsolved_python_package_versions(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[UnsolvedVersion]:
        """(name, version, index URL) of what waits for a solver, by all three; pages follow one another.

        This is get_unsolved_python_package_versions_all() with randomize=False.
        """
        return self.get_unsolved_python_package_versions_all(
            package_name,
            package_version,
            index_url,
            start_offset=start_offset,
            count=count,
            os_name=os_name,
            os_version=os_version,
            python_version=python_version,
            distinct=distinct,
            randomize=False,
        )

    def get_unsolved_python_packages_count_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_unsolved_python_packages_all() has for the same arguments on all pages."""
        listing = unsolved_versions(Environment.of(os_name, os_version, python_version))
        return self._count(names_of(listing, BY_ENTITY[0], distinct=distinct))

    def get_number_main_tables_records(self) -> dict[str, int]:
        """{table: number of its rows} of what the graph knows by itself: get_main_table_count()."""
        return self.get_main_table_count()

    def get_number_relation_tables_records(self) -> dict[str, int]:
        """{table: number of its rows} of what is said of two things or more: get_relation_table_count()."""
        return self.get_relation_table_count()

    def get_number_performance_tables_records(self) -> dict[str, int]:
        """{table: number of its rows} of every performance indicator: get_performance_table_count()."""
        return self.get_performance_table_count()

    def python_software_stack_count(self, software_stack_type: str, unique: bool = False) -> int:
        """How many software stacks of a type there are; unique ones differ in what is required or locked.

        Stacks of users are external. Raises ValueError for a type that there is none of.
        """
        is_external = str(software_stack_type).upper() == SoftwareStackTypeEnum.USER.name
        return self.get_python_software_stack_count_all(is_external, software_stack_type, unique)
