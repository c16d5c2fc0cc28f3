"""Questions about runs of the adviser."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from sqlalchemy import ColumnElement, func, literal, select

from ..enums import SoftwareStackTypeEnum, SourceTypeEnum
from ..filters import DEFAULT_COUNT, PackageAt, Page
from ..models import (
    AdviserRun,
    ExternalPythonSoftwareStack,
    HasExternalPythonRequirementsLock,
    HasUnresolved,
    PythonPackageVersionEntity,
    PythonSoftwareStack,
)
from ..sql_types import AnySelect
from .base import Questions
from .solver_documents import within
from .versions import as_python, select_entities

Named = TypeVar("Named", bound=Enum)


def source_type_of(source_type: str) -> SourceTypeEnum:
    """What asked for advice, by its name in any case; ValueError, which lists them, for any other."""
    return _member(SourceTypeEnum, "source_type", source_type)


def _member(members: type[Named], argument: str, name: str) -> Named:
    upper = name.upper() if isinstance(name, str) else None
    if upper is None or upper not in members.__members__:
        raise ValueError(f"{argument} must be one of {', '.join(members.__members__)}, not {name!r}")
    return members[upper]


def _unresolved(source_type: SourceTypeEnum) -> AnySelect:
    """Documents of runs that are to be repeated and the packages that they did not know, by both."""
    names = (as_python(AdviserRun.adviser_document_id), as_python(PythonPackageVersionEntity.package_name))
    entity = PythonPackageVersionEntity.id == HasUnresolved.python_package_version_entity_id
    return (
        select(*names)
        .join(HasUnresolved, HasUnresolved.adviser_run_id == AdviserRun.id)
        .join(PythonPackageVersionEntity, entity)
        .where(AdviserRun.need_re_run.is_(True), AdviserRun.re_run_adviser_id.is_(None))
        .where(AdviserRun.source_type == source_type)
        .group_by(*names)
        .order_by(*names)
    )


def _stacks_with(package: PackageAt) -> AnySelect:
    """The ids of users' stacks in which a package is locked."""
    stacks, members = ExternalPythonSoftwareStack, HasExternalPythonRequirementsLock
    return (
        select_entities(package, stacks.id)
        .join(members, members.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(stacks, stacks.external_python_requirements_lock_id == members.external_python_requirements_locked_id)
    )


def _origins(package: PackageAt, *, distinct: bool) -> AnySelect:
    """What runs were for, that of the newest run first."""
    statement: AnySelect = select(AdviserRun.origin).where(AdviserRun.origin.is_not(None))
    if package != PackageAt():
        statement = statement.where(AdviserRun.user_software_stack_id.in_(_stacks_with(package)))
    if distinct:
        newest_first = func.max(AdviserRun.datetime).desc()
        return statement.group_by(AdviserRun.origin).order_by(newest_first, as_python(AdviserRun.origin))
    return statement.order_by(AdviserRun.datetime.desc(), as_python(AdviserRun.adviser_document_id).desc())


def _stacks(is_external: bool, software_stack_type: str | None, *, distinct: bool) -> AnySelect:
    """The stacks of users, or those that were inspected or advised; distinct ones differ in what is in them."""
    wanted = None
    if software_stack_type is not None:
        wanted = _member(SoftwareStackTypeEnum, "software_stack_type", software_stack_type)
    if is_external:
        return select(ExternalPythonSoftwareStack.id).where(literal(wanted in (None, SoftwareStackTypeEnum.USER)))
    stacks = PythonSoftwareStack
    content = (stacks.python_requirements_id, stacks.python_requirements_lock_id)
    statement: AnySelect = select(*content).group_by(*content) if distinct else select(stacks.id)
    return statement if wanted is None else statement.where(stacks.software_stack_type == wanted)


class AdviserRunQueries(Questions):
    """Runs of the adviser: what asked for them, and which ones wait for packages."""

    def get_unsolved_python_packages_all_per_adviser_run(self, source_type: str) -> dict[str, list[str]]:
        """{adviser document id: names of packages that were not solved} of runs that are to be repeated, sorted.

        Runs that repeat another one are left out. Raises ValueError for a source type that there is none of.
        """
        found: dict[str, list[str]] = {}
        for document_id, name in self._ask(_unresolved(source_type_of(source_type))):
            found.setdefault(document_id, []).append(name)
        return found

    def get_adviser_run_count_per_source_type(self) -> dict[str, int]:
        """{source type: number of runs}, every source type in it."""
        return self._per_source_type(func.count())

    def get_origin_count_per_source_type(self, distinct: bool = False) -> dict[str, int]:
        """{source type: number of runs whose origin is known}, every source type in it; distinct origins if asked."""
        return self._per_source_type(func.count(AdviserRun.origin.distinct() if distinct else AdviserRun.origin))

    def get_adviser_run_origins_all(
        self,
        package_name: str | None = None,
        package_version: str | None = None,
        index_url: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = False,
    ) -> list[str]:
        """What runs were for, such as URLs of repositories, newest run first: one for each run unless distinct.

        With a package, only runs for a user's stack in which it is locked. Runs of unknown origin are left out. What
        is None means any, a count of None means all. Raises ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        package = PackageAt.matching(package_name, package_version, index_url)
        return [origin for (origin,) in self._ask(page.of(_origins(package, distinct=distinct)))]

    def get_adviser_run_document_ids_all(
        self,
        initial_date: str | None = None,
        final_date: str | None = None,
        source_type: str | None = None,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
    ) -> list[str]:
        """The ids of adviser documents that were made from one day to another, both included, sorted.

        Days are DD-MM-YYYY in UTC; what is None means any, a count of None means all. Raises ValueError for what is
        no day, for a source type that there is none of, and for a negative offset or count.
        """
        page, document_id = Page(start_offset, count), AdviserRun.adviser_document_id
        statement: AnySelect = select(document_id).where(*within(AdviserRun.datetime, initial_date, final_date))
        if source_type is not None:
            statement = statement.where(AdviserRun.source_type == source_type_of(source_type))
        return [one for (one,) in self._ask(page.of(statement.order_by(as_python(document_id))))]

    def get_python_software_stack_count_all(
        self, is_external: bool = False, software_stack_type: str | None = None, distinct: bool = False
    ) -> int:
        """How many software stacks there are: those that were inspected or advised, or users' (is_external).

        A type of None means any; external stacks are of the type USER. Distinct stacks differ in what is required or
        locked, not only in type or scores. Raises ValueError for a type that there is none of.
        """
        return self._count(_stacks(is_external, software_stack_type, distinct=distinct))

    def _per_source_type(self, number: ColumnElement[int]) -> dict[str, int]:
        counted = select(AdviserRun.source_type, number).group_by(AdviserRun.source_type)
        numbers = dict(map(tuple, self._ask(counted)))
        return {source_type.name: numbers.get(source_type, 0) for source_type in SourceTypeEnum}
