"""Questions about solvers and the documents of their runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, func, select

from ...document_ids import parse_solver_name
from ...exceptions import NotFoundError
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import EcosystemSolver, PythonPackageVersion, Solved
from ..sql_types import AnySelect
from .base import Questions
from .shaped import shaped
from .versions import as_python, ended_in_error, select_versions

_DAY = "%d-%m-%Y"
_TO_ITS_END = timedelta(days=1) - timedelta.resolution  # PostgreSQL's resolution as well


class SolverEnvironment(TypedDict):
    """An operating system and a Python that solvers run in."""

    os_name: str
    os_version: str
    python_version: str


def _newest_run(environment: Environment) -> AnySelect:
    """When the newest run in an environment was."""
    # By solver: the index on solver and moment gives the newest of each without reading the runs.
    of_solver = select(func.max(Solved.datetime)).where(Solved.ecosystem_solver_id == EcosystemSolver.id)
    newest = of_solver.correlate(EcosystemSolver).scalar_subquery()
    return solved_in(select(func.max(newest)).select_from(EcosystemSolver), environment)


def solved_in(statement: AnySelect, environment: Environment) -> AnySelect:
    """The statement, limited to solvers in this environment."""
    for column, value in (
        (EcosystemSolver.os_name, environment.os_name),
        (EcosystemSolver.os_version, environment.os_version),
        (EcosystemSolver.python_version, environment.python_version),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return statement


def _environments() -> AnySelect:
    """The environments of solvers that have a run: those of others may have been deleted."""
    columns = (EcosystemSolver.os_name, EcosystemSolver.os_version, EcosystemSolver.python_version)
    used = EcosystemSolver.id.in_(_used_solvers(Environment()))
    return select(*columns).where(used).group_by(*columns).order_by(*map(as_python, columns))


def _used_solvers(environment: Environment) -> AnySelect:
    """The ids of solvers in an environment that have a run."""
    run = select(Solved.id).where(Solved.ecosystem_solver_id == EcosystemSolver.id).correlate(EcosystemSolver)
    return solved_in(select(EcosystemSolver.id).where(run.exists()), environment)


def _any_used_solver(environment: Environment) -> AnySelect:
    return _used_solvers(environment).limit(1)


def _solvers() -> AnySelect:
    name = EcosystemSolver.solver_name
    return select(name).group_by(name).order_by(as_python(name))


def _documents(package: PackageAt, environment: Environment, conditions: list[ColumnElement[bool]]) -> AnySelect:
    """The documents of runs, each once."""
    statement = select_versions(package, environment, Solved.document_id)
    statement = statement.join(Solved, Solved.version_id == PythonPackageVersion.id).where(*conditions)
    return statement.group_by(Solved.document_id)


def _sorted_documents(package: PackageAt, environment: Environment, *, newest_first: bool) -> AnySelect:
    by_id = as_python(Solved.document_id)
    order = (func.max(Solved.datetime).desc(), by_id.desc()) if newest_first else (by_id,)
    return _documents(package, environment, []).order_by(*order)


def day(name: str, value: str | None) -> datetime | None:
    """The beginning of a day in UTC; ValueError, which names the argument, for what is not DD-MM-YYYY."""
    if value is None:
        return None
    try:
        return datetime.strptime(value, _DAY).replace(tzinfo=UTC)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a day such as 31-12-2023 (DD-MM-YYYY), not {value!r}") from None


def within(column: Any, initial_date: str | None, final_date: str | None) -> list[ColumnElement[bool]]:
    """That a moment is on one of the days from the first to the last, both included; None is any."""
    first, last = day("initial_date", initial_date), day("final_date", final_date)
    conditions = [] if first is None else [column >= first]
    return conditions if last is None else [*conditions, column <= last + _TO_ITS_END]


class SolverDocumentQueries(Questions):
    """Solvers, the environments they run in, the documents of their runs."""

    @staticmethod
    def parse_python_solver_name(solver_name: str) -> dict[str, str]:
        """{os_name, os_version, python_version} of a solver's name, such as solver-debian-12-py311.

        Raises SolverNameParseError, a ValueError, for a name that is not solver-<os>-<version>-py<XY>.
        """
        parts = parse_solver_name(solver_name)
        return dict(zip(("os_name", "os_version", "python_version"), parts, strict=True))

    def solved_software_environment_exists(self, os_name: str, os_version: str, python_version: str) -> bool:
        """Whether a solver ran in an environment, however the run ended; what is None means any."""
        environment = Environment.of(os_name, os_version, python_version)
        return self._ask_value(*shaped(_any_used_solver, environment)) is not None

    def get_solved_python_package_versions_software_environment_all(self) -> list[SolverEnvironment]:
        """The environments that solvers ran in, by operating system, its version and Python, each once."""
        return [
            SolverEnvironment(os_name=os_name, os_version=os_version, python_version=python_version)
            for os_name, os_version, python_version in self._ask(*shaped(_environments))
        ]

    def get_ecosystem_solver_all(self) -> list[str]:
        """The names of solvers, sorted, each once."""
        return [name for (name,) in self._ask(*shaped(_solvers))]

    def get_ecosystem_solver_count_all(self) -> int:
        """How many names of solvers there are."""
        return self._count(_solvers())

    def get_last_solver_datetime(
        self, os_name: str | None = None, os_version: str | None = None, python_version: str | None = None
    ) -> datetime:
        """When the newest solver document was made, in UTC and without a zone; what is None means any.

        Raises NotFoundError where nothing was solved.
        """
        environment = Environment.of(os_name, os_version, python_version)
        newest: datetime | None = self._ask_value(*shaped(_newest_run, environment))
        if newest is None:
            raise NotFoundError(f"nothing was solved in {environment}")
        return newest.astimezone(UTC).replace(tzinfo=None)

    def get_solver_documents_count_all(self) -> int:
        """How many solver documents package versions were solved by."""
        return self._count(_documents(PackageAt(), Environment(), []))

    def get_solver_document_id_all(
        self,
        package_name: str,
        package_version: str | None = None,
        index_url: str | None = None,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        sort: bool = False,
    ) -> list[str]:
        """The ids of solver documents about a package, each once: sorted, or newest first if asked to sort.

        What is None means any.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        return [one for (one,) in self._ask(*shaped(_sorted_documents, package, environment, newest_first=bool(sort)))]

    def get_solver_run_document_ids_all(
        self,
        initial_date: str | None = None,
        final_date: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        has_error: bool = False,
        unsolvable: bool = False,
        unparseable: bool = False,
    ) -> list[str]:
        """The ids of solver documents that were made from one day to another, both included, sorted, each once.

        has_error, unsolvable and unparseable ask for those with such a run. Days are DD-MM-YYYY in UTC; what is None
        means any. Raises ValueError for what is no day, for unsolvable and unparseable together, and for a negative
        offset or count.
        """
        page = Page(start_offset, count)
        conditions = within(Solved.datetime, initial_date, final_date)
        if has_error or unsolvable or unparseable:
            conditions.append(ended_in_error(unsolvable=unsolvable, unparseable=unparseable))
        statement = _documents(PackageAt(), Environment.of(os_name, os_version, python_version), conditions)
        return [one for (one,) in self._ask(page.of(statement.order_by(as_python(Solved.document_id))))]
