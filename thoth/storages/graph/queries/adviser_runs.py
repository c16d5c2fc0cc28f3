"""Questions about runs of the adviser."""

from __future__ import annotations

from sqlalchemy import func, select

from ..enums import SourceTypeEnum
from ..models import AdviserRun, HasUnresolved, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .versions import as_python


def source_type_of(source_type: str) -> SourceTypeEnum:
    """What asked for advice, by its name in any case; ValueError, which lists them, for any other."""
    name = source_type.upper() if isinstance(source_type, str) else source_type
    if name not in SourceTypeEnum.__members__:
        accepted = ", ".join(SourceTypeEnum.__members__)
        raise ValueError(f"source_type must be one of {accepted}, not {source_type!r}")
    return SourceTypeEnum[name]


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
        counted = select(AdviserRun.source_type, func.count()).group_by(AdviserRun.source_type)
        numbers = dict(map(tuple, self._ask(counted)))
        return {source_type.name: numbers.get(source_type, 0) for source_type in SourceTypeEnum}
