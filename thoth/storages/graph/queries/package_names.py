"""Questions about names of packages."""

from __future__ import annotations

from sqlalchemy import select

from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page, checked_text
from ..models import PythonPackageVersion, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .versions import select_versions


def _solved_names(environment: Environment, like: str | None, *, distinct: bool) -> AnySelect:
    """Names of solved packages, sorted: one for each version in each environment unless distinct."""
    name = PythonPackageVersion.package_name
    statement = select_versions(PackageAt(), environment, name).order_by(name)
    if checked_text("like", like) is not None:
        statement = statement.where(name.like(like))
    return statement.group_by(name) if distinct else statement


def known_names() -> AnySelect:
    """Names of all packages, solved or not, sorted, each once."""
    name = PythonPackageVersionEntity.package_name
    return select(name).group_by(name).order_by(name)


class PackageNameQueries(Questions):
    """Names of packages."""

    def get_python_package_version_names_all(
        self,
        *,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        sort: bool = False,
        like: str | None = None,
    ) -> list[str]:
        """The names of solved packages, always sorted: one for each version in each environment unless distinct.

        like is a pattern as SQL has it: % is any text, _ any letter, and a backslash before them takes that away. What
        is None means any, a count of None means all. Raises ValueError for a negative offset or count.
        """
        environment = Environment.of(os_name, os_version, python_version)
        statement = _solved_names(environment, like, distinct=distinct)
        return [name for (name,) in self._ask(Page(start_offset, count).of(statement))]

    def get_python_package_version_names_count_all(
        self,
        *,
        os_name: str | None = None,
        os_version: str | None = None,
        python_version: str | None = None,
        distinct: bool = False,
        like: str | None = None,
    ) -> int:
        """How many items get_python_package_version_names_all() has for the same arguments."""
        environment = Environment.of(os_name, os_version, python_version)
        return self._count(_solved_names(environment, like, distinct=distinct))

    def get_python_package_version_entities_names_all(self) -> list[str]:
        """The names of all packages, solved or not, sorted, each once."""
        return [name for (name,) in self._ask(known_names())]

    def get_python_packages(self) -> set[str]:
        """The names of all packages, solved or not; a name of 2019."""
        return set(self.get_python_package_version_entities_names_all())
