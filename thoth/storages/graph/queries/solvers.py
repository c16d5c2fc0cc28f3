"""Questions about solver runs."""

from __future__ import annotations

from ...exceptions import NotFoundError
from ..filters import Environment, PackageAt
from ..models import PythonPackageVersion, Solved
from ..sql_types import AnySelect
from .base import Questions
from .cached import cached_error
from .shaped import shaped
from .versions import select_versions


def _newest_run(package: PackageAt, environment: Environment) -> AnySelect:
    """Whether the newest run ended in an error."""
    return (
        select_versions(package, environment, Solved.error)
        .join(Solved, Solved.version_id == PythonPackageVersion.id)
        .order_by(Solved.datetime.desc(), Solved.document_id.desc())
        .limit(1)
    )


class SolverQueries(Questions):
    """Solver runs: how they ended."""

    def has_python_solver_error(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
    ) -> bool:
        """Whether the newest solver run of a package version ended in an error.

        An index or a part of the environment that is None means any. Raises NotFoundError where nothing was solved.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)

        def ask() -> bool:
            found = self._cached_records(package, environment)
            error = cached_error(found or ())
            if error is None and found != []:
                error = self._ask_value(*shaped(_newest_run, package, environment))
                self._fill_cache_with(package)
            if error is None:
                raise NotFoundError(f"no solver run of {package} in {environment}")
            return error

        return self._remembered("has_python_solver_error", package, environment, ask)
