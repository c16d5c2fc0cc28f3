"""Questions about solver runs that ended in an error."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from ...document_ids import parse_solver_name
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import PythonPackageVersion, Solved
from ..sql_types import AnySelect
from .base import Questions
from .versions import BY_VERSION, as_python, ended_in_error, select_versions


def _failed(
    package: PackageAt, environment: Environment, *, unsolvable: bool, unparseable: bool, distinct: bool
) -> AnySelect:
    """Package versions of which a run ended in an error, by name, version and index."""
    run = ended_in_error(unsolvable=unsolvable, unparseable=unparseable)
    this = Solved.version_id == PythonPackageVersion.id
    statement = (
        select_versions(package, environment, BY_VERSION[0], *BY_VERSION[2:])
        .where(_exists(this & run))
        .order_by(*BY_VERSION)
    )
    return statement.group_by(*BY_VERSION) if distinct else statement


def _exists(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Solved.id).where(condition).correlate(PythonPackageVersion).exists()


def _documents(
    package: PackageAt, environment: Environment, *, unsolvable: bool, unparseable: bool, distinct: bool
) -> AnySelect:
    """The documents of runs that ended in an error, sorted: one for each package version unless distinct."""
    statement = (
        select_versions(package, environment, Solved.document_id)
        .join(Solved, Solved.version_id == PythonPackageVersion.id)
        .where(ended_in_error(unsolvable=unsolvable, unparseable=unparseable))
        .order_by(as_python(Solved.document_id))
    )
    return statement.group_by(Solved.document_id) if distinct else statement


def _environment_of(solver_name: str | None) -> Environment:
    return Environment() if solver_name is None else Environment.of(*parse_solver_name(solver_name))


class SolverErrorQueries(Questions):
    """Package versions that could not be solved, and the documents that say so.

    Of everything, they take longer in proportion to the runs that ended in an error.
    """

    def get_error_solved_python_package_versions_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        unsolvable: bool = False,
        unparseable: bool = False,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> list[tuple[str, str, str | None]]:
        """(name, version, index URL) of package versions of which a run ended in an error.

        By name, version (PEP 440, newest last) and index; one for each environment unless distinct. What could not be
        parsed has no index. What is None means any, a count of None means all. Raises ValueError for unsolvable and
        unparseable together, and for a negative offset or count.
        """
        page = Page(start_offset, count)
        statement = _failed(
            PackageAt.matching(package_name, package_version, index_url),
            Environment.of(os_name, os_version, python_version),
            unsolvable=unsolvable,
            unparseable=unparseable,
            distinct=distinct,
        )
        return [(name, version, url) for name, version, url in self._ask(page.of(statement))]

    def get_error_solved_python_package_versions_count_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        unsolvable: bool = False,
        unparseable: bool = False,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
    ) -> int:
        """How many items get_error_solved_python_package_versions_all() has for the same arguments."""
        statement = _failed(
            PackageAt.matching(package_name, package_version, index_url),
            Environment.of(os_name, os_version, python_version),
            unsolvable=unsolvable,
            unparseable=unparseable,
            distinct=distinct,
        )
        return self._count(statement)

    def get_error_solved_document_id_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        unsolvable: bool = False,
        unparseable: bool = False,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        limit_results: bool = True,
    ) -> list[str]:
        """The ids of solver documents with a run that ended in an error, sorted: one for each such run unless distinct.

        What is None means any; a count of None, or limit_results=False, gives all. Raises ValueError for unsolvable
        and unparseable together, and for a negative offset or count.
        """
        page = Page(start_offset, count)
        statement = _documents(
            PackageAt.matching(package_name, package_version, index_url),
            Environment.of(os_name, os_version, python_version),
            unsolvable=unsolvable,
            unparseable=unparseable,
            distinct=distinct,
        )
        return [one for (one,) in self._ask(page.of(statement) if limit_results else statement)]

    # --- By the names of 2019 ----------------------------------------------------------------------------------------

    def retrieve_unsolvable_python_packages(self, solver_name: str | None = None) -> dict[str, list[str]]:
        """{name: versions} that no index provides, by name and version (PEP 440, newest last), each once.

        Without a solver those of any. Raises SolverNameParseError for what is no solver's name.
        """
        return self._failed_by_name(solver_name, unsolvable=True, unparseable=False)

    def retrieve_unsolvable_python_packages_per_run_software_environment(
        self, solver_name: str
    ) -> dict[str, list[str]]:
        """{name: versions} that no index provides, as one solver found."""
        return self._failed_by_name(solver_name, unsolvable=True, unparseable=False)

    def retrieve_unparseable_python_packages(self, solver_name: str | None = None) -> dict[str, list[str]]:
        """{name: versions} of requirements that could not be parsed, by name and version, each once.

        Without a solver those of any. Raises SolverNameParseError for what is no solver's name.
        """
        return self._failed_by_name(solver_name, unsolvable=False, unparseable=True)

    def get_error_python_packages_count(self, *, unsolvable: bool = False, unparseable: bool = False) -> int:
        """How many package versions a run ended in an error of, each counted once on each index.

        Without a flag errors of every kind. Raises ValueError for both flags.
        """
        nothing = (PackageAt(), Environment())
        return self._count(_failed(*nothing, unsolvable=unsolvable, unparseable=unparseable, distinct=True))

    def _failed_by_name(self, solver_name: str | None, *, unsolvable: bool, unparseable: bool) -> dict[str, list[str]]:
        environment = _environment_of(solver_name)
        statement = _failed(PackageAt(), environment, unsolvable=unsolvable, unparseable=unparseable, distinct=True)
        found: dict[str, list[str]] = {}
        for name, version, _url in self._ask(statement):
            versions = found.setdefault(name, [])
            if version not in versions[-1:]:  # the same version on another index follows at once
                versions.append(version)
        return found
