"""Questions about package versions by other names than those of solved ones, and how many each package has."""

from __future__ import annotations

from sqlalchemy import func, select, true

from ...exceptions import SortTypeQueryError
from ..enums import QuerySortTypeEnum
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import PythonPackageVersion
from ..query_result_base import PythonQueryResult
from ..sql_types import AnySelect
from .solved import SolvedQueries
from .versions import select_versions


def _versions_per_name(environment: Environment, page: Page, *, distinct: bool) -> AnySelect:
    """How many names there are, and by name those of a page with their number: NULL where the page is empty."""
    name, version = PythonPackageVersion.package_name, PythonPackageVersion.package_version
    number = func.count(version.distinct()) if distinct else func.count()
    each = select_versions(PackageAt(), environment, name, number.label("number")).group_by(name).cte("each")
    names = select(func.count().label("number")).select_from(each).subquery("names")
    some = page.of(select(each).order_by(each.c.package_name)).subquery("some")
    columns = (names.c.number, some.c.package_name, some.c.number)
    return select(*columns).select_from(names.outerjoin(some, true())).order_by(some.c.package_name)


class KnownQueries(SolvedQueries):
    """Package versions in their environments.

    The graph knows the environments of a package version from solvers alone: these questions are those of
    SolvedQueries, under the names that other services use.
    """

    get_python_package_versions_all = SolvedQueries.get_solved_python_package_versions_all
    get_python_package_versions_count_all = SolvedQueries.get_solved_python_package_versions_count_all
    get_python_packages_all = SolvedQueries.get_solved_python_packages_all
    get_python_packages_all_versions = SolvedQueries.get_solved_python_packages_all_versions
    get_python_packages_count_all = SolvedQueries.get_solved_python_packages_count_all
    get_python_package_versions_count = SolvedQueries.get_solved_python_package_versions_count
    get_python_package_versions_count_per_index = SolvedQueries.get_solved_python_package_versions_count_per_index
    get_python_package_versions_count_per_version = SolvedQueries.get_solved_python_package_versions_count_per_version

    def get_python_package_versions_all_count(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        sort_by: QuerySortTypeEnum | None = None,
    ) -> PythonQueryResult:
        """A page of {name: how many versions of it were solved}, by name, and how many names there are on all pages.

        A version counts for each index and each environment, or once if distinct. What is None means any, a count of
        None means all. Raises SortTypeQueryError for an order by version, which a name with several has not, and
        ValueError for a negative offset or count.
        """
        if sort_by not in (None, QuerySortTypeEnum.PACKAGE_NAME):
            raise SortTypeQueryError(f"sort_by must be QuerySortTypeEnum.PACKAGE_NAME or None, not {sort_by!r}")
        environment, page = Environment.of(os_name, os_version, python_version), Page(start_offset, count)
        rows = self._ask(_versions_per_name(environment, page, distinct=distinct))
        return PythonQueryResult({name: number for _, name, number in rows if name is not None}, rows[0][0])
