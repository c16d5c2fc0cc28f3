"""Questions by their earlier names, which differ in nothing else from newer ones."""

from __future__ import annotations

from typing import Any, TypedDict

from ...document_ids import parse_solver_name
from ..filters import DEFAULT_COUNT
from .analyses import AnalysisQueries, AnalysisRecord
from .environments import EnvironmentQueries
from .package_analyses import PackageAnalysisQueries
from .solved import SolvedQueries
from .solver_documents import SolverDocumentQueries
from .unsolved import UnsolvedQueries


class _Environment(TypedDict):
    os_name: str | None
    os_version: str | None
    python_version: str | None


def _environment_of(solver_name: str | None) -> _Environment:
    """The environment of a solver, any where none is named."""
    parts = (None, None, None) if solver_name is None else parse_solver_name(solver_name)
    return _Environment(os_name=parts[0], os_version=parts[1], python_version=parts[2])


class EarlierNames(
    SolvedQueries,
    UnsolvedQueries,
    SolverDocumentQueries,
    AnalysisQueries,
    EnvironmentQueries,
    PackageAnalysisQueries,
):
    """Names of 2019. A solver's name stands for its environment; SolverNameParseError for what is none."""

    def retrieve_unsolved_python_packages(
        self, solver_name: str, randomize: bool = True
    ) -> list[tuple[str, str | None]]:
        """(name, version) of what a solver has not solved yet, each once; in random order unless asked not to."""
        environment = _environment_of(solver_name)
        rows = self.get_unsolved_python_package_versions_all(count=None, randomize=randomize, **environment)
        return list(dict.fromkeys((name, version) for name, version, _url in rows))

    def retrieve_unsolved_python_packages_count(self, solver_name: str) -> int:
        """How many items retrieve_unsolved_python_packages() has."""
        return len(self.retrieve_unsolved_python_packages(solver_name, randomize=False))

    def retrieve_solved_python_packages(
        self, count: int | None = 10, start_offset: int = 0, solver_name: str | None = None
    ) -> list[tuple[str, str]]:
        """(name, version) of solved packages, by both: one for each environment and index, or those of a solver."""
        environment = _environment_of(solver_name)
        rows = self.get_solved_python_package_versions_all(count=count, start_offset=start_offset, **environment)
        return [(name, version) for name, version, _url in rows]

    def retrieve_solved_python_packages_count(self, solver_name: str | None = None) -> int:
        """How many items retrieve_solved_python_packages() has on all pages."""
        environment = _environment_of(solver_name)
        return self.get_solved_python_package_versions_count_all(**environment)

    def retrieve_unanalyzed_python_package_versions(
        self, start_offset: int = 0, count: int | None = DEFAULT_COUNT
    ) -> list[dict[str, Any]]:
        """{package_name, package_version, index_url} of what package-analyzer has not analysed yet."""
        rows = self.get_unanalyzed_python_package_versions_all(start_offset=start_offset, count=count)
        return [dict(zip(("package_name", "package_version", "index_url"), row, strict=True)) for row in rows]

    def get_solver_documents_count(self) -> int:
        """How many solver documents package versions were solved by."""
        return self.get_solver_documents_count_all()

    def get_analyzer_documents_count(self) -> int:
        """How many analyses of images are known."""
        return self.get_analyzer_documents_count_all()

    def run_software_environment_listing(
        self, start_offset: int = 0, count: int | None = DEFAULT_COUNT, is_user_run: bool = False
    ) -> list[str]:
        """The names of environments that software runs in, sorted; is_user_run asks for those of users."""
        return self.get_run_software_environment_all(start_offset, count, is_user_run)

    def run_software_environment_analyses_listing(
        self,
        run_software_environment_name: str,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        convert_datetime: bool = True,
        is_user_run: bool = False,
    ) -> list[AnalysisRecord]:
        """Analyses of an environment that software runs in, newest first."""
        return self.get_run_software_environment_analyses_all(
            run_software_environment_name, start_offset, count, convert_datetime, is_user_run
        )

    def build_software_environment_listing(self, start_offset: int = 0, count: int | None = DEFAULT_COUNT) -> list[str]:
        """The names of environments that software is built in, sorted."""
        return self.get_build_software_environment_all(start_offset, count)

    def build_software_environment_analyses_listing(
        self,
        build_software_environment_name: str,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        convert_datetime: bool = True,
        is_user_run: bool = False,
    ) -> list[AnalysisRecord]:
        """Analyses of an environment that software is built in, newest first."""
        return self.get_build_software_environment_analyses_all(
            build_software_environment_name, start_offset, count, convert_datetime, is_user_run
        )
