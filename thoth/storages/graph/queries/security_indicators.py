"""Questions about security indicators of packages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from ...exceptions import NotFoundError
from ..filters import DEFAULT_COUNT, Environment, PackageAt, Page, checked_flag
from ..models import (
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
    SecurityIndicatorAggregatedRun,
    SIAggregated,
)
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions
from .shaped import shaped
from .versions import BY_ENTITY, BY_VERSION, select_entities, select_versions

_RUNS = table_of(SecurityIndicatorAggregatedRun)
_COUNTERS = tuple(
    column for column in _RUNS.columns if column.name not in {"id", "si_aggregated_run_document_id", "datetime"}
)


def _runs(package: PackageAt, *columns: ColumnElement[Any]) -> AnySelect:
    """Columns of the runs about a package version, newest first."""
    return (
        select_entities(package, *columns)
        .join(SIAggregated, SIAggregated.python_package_version_entity_id == PythonPackageVersionEntity.id)
        .join(_RUNS, _RUNS.c.id == SIAggregated.si_aggregated_run_id)
        .order_by(_RUNS.c.datetime.desc(), _RUNS.c.si_aggregated_run_document_id.desc())
    )


def _newest_run(package: PackageAt) -> AnySelect:
    """What the newest run about a package version counted."""
    return _runs(package, *_COUNTERS).limit(1)


def _analyzed(*, distinct: bool) -> AnySelect:
    """Package versions with a run, by name, version and index: one for each run unless distinct."""
    statement = select_entities(PackageAt(), BY_ENTITY[0], *BY_ENTITY[2:]).join(
        SIAggregated, SIAggregated.python_package_version_entity_id == PythonPackageVersionEntity.id
    )
    statement = statement.order_by(*BY_ENTITY)
    return statement.group_by(*BY_ENTITY) if distinct else statement


def _unanalyzed(index_url: str | None, *, distinct: bool, provides_source_distro: bool, si_error: bool) -> AnySelect:
    """Solved versions on enabled indexes without a run; with si_error those of which every run ended in an error."""
    this = SIAggregated.python_package_version_entity_id == PythonPackageVersion.entity_id
    runs = select(SIAggregated.si_aggregated_run_id).where(this).correlate(PythonPackageVersion)
    complete = runs.join(_RUNS, _RUNS.c.id == SIAggregated.si_aggregated_run_id).where(~_RUNS.c.error)
    statement = select_versions(
        PackageAt.matching(None, None, index_url), Environment(), BY_VERSION[0], *BY_VERSION[2:]
    )
    lacks = (runs.exists() & ~complete.exists()) if si_error else ~runs.exists()
    provides = PythonPackageVersion.provides_source_distro == checked_flag(
        "provides_source_distro", provides_source_distro
    )
    statement = statement.where(PythonPackageIndex.enabled, provides, lacks)
    return statement.group_by(*BY_VERSION) if distinct else statement


class SecurityIndicatorQueries(Questions):
    """Security indicators: what static analysis says of packages, and which packages wait for it."""

    def si_aggregated_python_package_version_exists(
        self, package_name: str, package_version: str, index_url: str | None
    ) -> bool:
        """Whether security indicators of a package version are known; an index of None means any."""
        package = PackageAt.of(package_name, package_version, index_url)
        return bool(self._ask(*shaped(_newest_run, package)))

    def get_si_aggregated_python_package_version(
        self, package_name: str, package_version: str, index_url: str | None
    ) -> dict[str, Any]:
        """{counter: number} of the newest run about a package version, and error, whether it failed.

        The counters of a run that failed are None. It is remembered; see Questions for when it is forgotten. An index
        of None means any. Raises NotFoundError where there is no run.
        """
        package = PackageAt.of(package_name, package_version, index_url)

        def ask() -> tuple[Any, ...]:
            rows = self._ask(*shaped(_newest_run, package))
            if not rows:
                raise NotFoundError(f"there are no security indicators of {package}")
            return tuple(rows[0])

        counted = self._remembered("get_si_aggregated_python_package_version", package, None, ask)
        return {column.name: value for column, value in zip(_COUNTERS, counted, strict=True)}

    def get_si_analyzed_python_package_versions_all(
        self, *, distinct: bool = False
    ) -> list[tuple[str, str, str | None]]:
        """(name, version, index URL) of what security indicators are known of, by name, version (PEP 440) and index.

        One for each run unless distinct.
        """
        return [(name, version, url) for name, version, url in self._ask(_analyzed(distinct=distinct))]

    def get_si_analyzed_python_package_versions_count_all(self, *, distinct: bool = False) -> int:
        """How many items get_si_analyzed_python_package_versions_all() has."""
        return self._count(_analyzed(distinct=distinct))

    def get_si_unanalyzed_python_package_versions_all(
        self,
        start_offset: int = 0,
        count: int | None = DEFAULT_COUNT,
        distinct: bool = True,
        randomize: bool = True,
        provides_source_distro: bool = True,
        si_error: bool = False,
    ) -> list[tuple[str, str, str]]:
        """(name, version, index URL) of solved versions on enabled indexes that wait for their security indicators.

        In random order, else by name, version (PEP 440, newest last) and index; one for each environment unless
        distinct. si_error asks for those whose every run ended in an error instead of those without a run. Raises
        ValueError for a negative offset or count.
        """
        page = Page(start_offset, count)
        statement = _unanalyzed(
            None, distinct=distinct, provides_source_distro=provides_source_distro, si_error=si_error
        )
        ordered = statement.order_by(*([func.random()] if randomize else BY_VERSION))
        return [(name, version, url) for name, version, url in self._ask(page.of(ordered))]

    def get_si_unanalyzed_python_package_versions_count_all(
        self,
        index_url: str | None = None,
        *,
        distinct: bool = False,
        provides_source_distro: bool = True,
        si_error: bool = False,
    ) -> int:
        """How many solved versions on enabled indexes wait; on one index if it is given. See the listing."""
        return self._count(
            _unanalyzed(index_url, distinct=distinct, provides_source_distro=provides_source_distro, si_error=si_error)
        )
