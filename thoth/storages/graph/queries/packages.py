"""Questions about packages: which exist, which versions were solved, what they are distributed as."""

from __future__ import annotations

from sqlalchemy import exists, select

from ...document_ids import parse_solver_name
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page
from ..models import (
    HasArtifact,
    PythonArtifact,
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
)
from ..sql_types import AnySelect
from .base import Questions
from .versions import select_versions


def _solved_versions(package: PackageAt, environment: Environment, is_missing: bool | None) -> AnySelect:
    """Name, version and index of solved package versions, one row for each environment, in the order of all three."""
    versions = PythonPackageVersion
    statement = select_versions(
        package, environment, versions.package_name, versions.package_version, PythonPackageIndex.url
    )
    if is_missing is not None:
        statement = statement.where(versions.is_missing == is_missing)
    return statement.order_by(
        versions.package_name, versions.version_order, versions.package_version, PythonPackageIndex.url
    )


def _distinct(statement: AnySelect) -> AnySelect:
    # What is grouped by the columns it is ordered by keeps its order; DISTINCT would want the order key selected.
    versions = PythonPackageVersion
    return statement.group_by(
        versions.package_name, versions.version_order, versions.package_version, PythonPackageIndex.url
    )


def _hashes(package: PackageAt) -> AnySelect:
    """Digests of the artifacts of a package version that its index still provides, sorted."""
    entities = PythonPackageVersionEntity
    statement = (
        select(PythonArtifact.artifact_hash_sha256)
        .join(HasArtifact, HasArtifact.python_artifact_id == PythonArtifact.id)
        .join(entities, entities.id == HasArtifact.python_package_version_entity_id)
        .where(
            entities.package_name == package.package_name,
            entities.package_version == package.package_version,
            HasArtifact.present,
            PythonArtifact.present,
        )
        .order_by(PythonArtifact.artifact_hash_sha256)
    )
    if package.index_url is not None:
        statement = statement.join(PythonPackageIndex, PythonPackageIndex.id == entities.python_package_index_id)
        statement = statement.where(PythonPackageIndex.url == package.index_url)
    return statement


class PackageQueries(Questions):
    """Packages and their versions."""

    DEFAULT_COUNT = DEFAULT_COUNT
    """How many items a page of a listing holds unless the caller says otherwise."""

    def python_package_exists(self, package_name: str) -> bool:
        """Whether any version of the package is known, solved or not."""
        entities = PythonPackageVersionEntity
        known = exists().where(entities.package_name == PackageAt.of(package_name).package_name)
        return bool(self._ask_value(select(known)))

    def python_package_version_exists(
        self, package_name: str, package_version: str, index_url: str | None = None, solver_name: str | None = None
    ) -> bool:
        """Whether a package version was solved: on any index unless one is given, by any solver unless one is named.

        Raises SolverNameParseError for a name that is not solver-<os>-<version>-py<XY>.
        """
        environment = Environment() if solver_name is None else Environment.of(*parse_solver_name(solver_name))
        package = PackageAt.of(package_name, package_version, index_url)
        statement = select_versions(package, environment, PythonPackageVersion.id).limit(1)
        return self._ask_value(statement) is not None

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
    ) -> list[tuple[str, str, str | None]]:
        """(name, version, index URL) of solved package versions, by name, version (PEP 440, newest last) and index.

        One for each environment unless distinct; solving may have ended in an error. What is None means any, a count
        of None means all; without an index the URL is None. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        package = PackageAt.matching(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        statement = _solved_versions(package, environment, is_missing)
        rows = self._ask(page.of(_distinct(statement) if distinct else statement))
        return [(name, version, url) for name, version, url in rows]

    def get_all_versions_python_package(
        self,
        package_name: str,
        index_url: str | None = None,
        *,
        index_enabled: bool | None = None,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
    ) -> list[tuple[str, str | None]]:
        """(version, index URL) of every solved version of a package, by version (PEP 440, newest last) and index.

        Each once, however many environments it was solved in; what is None means any.
        """
        package = PackageAt.of(package_name, None, index_url)
        environment = Environment.of(os_name, os_version, python_version)
        statement = _distinct(_solved_versions(package, environment, is_missing=None))
        if index_enabled is not None:
            statement = statement.where(PythonPackageIndex.enabled == index_enabled)
        return [(version, url) for _name, version, url in self._ask(statement)]

    def get_python_package_hashes_sha256(
        self, package_name: str, package_version: str, index_url: str | None = None, *, distinct: bool = False
    ) -> list[str]:
        """The sha256 digests of a package version's artifacts that an index still provides, sorted.

        Without an index those on all of them, where one artifact may be on several: each once only with distinct.
        """
        statement = _hashes(PackageAt.of(package_name, package_version, index_url))
        return [digest for (digest,) in self._ask(statement.distinct() if distinct else statement)]
