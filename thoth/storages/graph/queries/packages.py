"""Questions about packages: which exist, which versions were solved, which of them is the newest."""

from __future__ import annotations

from sqlalchemy import exists, select

from ...document_ids import parse_solver_name
from ...exceptions import NotFoundError
from ..filters import DEFAULT_COUNT, Environment, PackageAt, checked_flag
from ..models import PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .listed import in_range, version_listing
from .shaped import shaped
from .versions import select_versions


def _solved(package: PackageAt, environment: Environment) -> AnySelect:
    """Something, where a package version was solved."""
    return select_versions(package, environment, PythonPackageVersion.id).limit(1)


def _known(package: PackageAt) -> AnySelect:
    """Whether any version of a package is known."""
    return select(exists().where(PythonPackageVersionEntity.package_name == package.package_name))


def _versions(
    package: PackageAt, environment: Environment, *, index_enabled: bool | None = None, without_error: bool = False
) -> AnySelect:
    """The solved versions of a package, each once; those on enabled or disabled indexes alone, if asked for."""
    statement = version_listing(package, environment, distinct=True, without_error=without_error)
    return statement if index_enabled is None else statement.where(PythonPackageIndex.enabled == index_enabled)


class PackageQueries(Questions):
    """Packages and their versions."""

    DEFAULT_COUNT = DEFAULT_COUNT
    """How many items a page of a listing holds unless the caller says otherwise."""

    def python_package_exists(self, package_name: str) -> bool:
        """Whether any version of the package is known, solved or not."""
        return bool(self._ask_value(*shaped(_known, PackageAt.of(package_name))))

    def python_package_version_exists(
        self, package_name: str, package_version: str, index_url: str | None = None, solver_name: str | None = None
    ) -> bool:
        """Whether a package version was solved: on any index unless one is given, by any solver unless one is named.

        Raises SolverNameParseError for a name that is not solver-<os>-<version>-py<XY>.
        """
        environment = Environment() if solver_name is None else Environment.of(*parse_solver_name(solver_name))
        package = PackageAt.of(package_name, package_version, index_url)
        return self._ask_value(*shaped(_solved, package, environment)) is not None

    def get_all_versions_python_package(
        self,
        package_name: str,
        index_url: str | None = None,
        *,
        index_enabled: bool | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        specifier: str | None = None,
    ) -> list[tuple[str, str | None]]:
        """(version, index URL) of every solved version of a package, by version (PEP 440, newest last) and index.

        Each once, however many environments it was solved in; solving may have ended in an error. What is None means
        any. A specifier such as >=2,<3 is read by PEP 440. Raises ValueError for what is no specifier.
        """
        package = PackageAt.of(package_name, None, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        enabled = checked_flag("index_enabled", index_enabled)
        listed = self._ask(*shaped(_versions, package, environment, index_enabled=enabled))
        rows = in_range([tuple(row) for row in listed], specifier, package)
        return [(version, url) for _name, version, url in rows]

    def get_latest_python_package_version(
        self,
        package_name: str,
        index_url: str | None = None,
        *,
        specifier: str | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> str:
        """The newest version of a package that was solved without an error (PEP 440).

        A pre-release only where there is nothing else. What is None means any; a specifier such as >=2,<3 narrows it.
        Raises NotFoundError where no version was solved so, ValueError for what is no specifier.
        """
        package = PackageAt.of(package_name, None, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        listed = self._ask(*shaped(_versions, package, environment, without_error=True))
        found = in_range([tuple(row) for row in listed], specifier or "", package)
        if not found:
            wanted = f" {specifier}" if specifier else ""
            raise NotFoundError(f"no version of {package}{wanted} was solved without an error in {environment}")
        return str(found[-1][1])
