"""Questions about analyses of packages by package-analyzer."""

from __future__ import annotations

from sqlalchemy import select

from ..filters import DEFAULT_COUNT, PackageAt, Page
from ..models import PackageAnalyzerRun, PythonPackageVersionEntity
from ..sql_types import AnySelect
from .base import Questions
from .versions import BY_ENTITY, select_entities


def _unanalyzed() -> AnySelect:
    """Package versions on an index without an analysis, by name, version and index."""
    entities = PythonPackageVersionEntity
    runs = select(PackageAnalyzerRun.id).where(PackageAnalyzerRun.input_python_package_version_entity_id == entities.id)
    statement = select_entities(PackageAt(), BY_ENTITY[0], *BY_ENTITY[2:]).where(
        entities.package_version.is_not(None),
        entities.python_package_index_id.is_not(None),
        ~runs.correlate(entities).exists(),
    )
    return statement.order_by(*BY_ENTITY)


class PackageAnalysisQueries(Questions):
    """Analyses of packages, as they were made until 2021."""

    def get_unanalyzed_python_package_versions_all(
        self, start_offset: int = 0, count: int | None = DEFAULT_COUNT
    ) -> list[tuple[str, str, str]]:
        """(name, version, index URL) of what has no analysis, by all three (PEP 440, newest last).

        A count of None means all. Raises ValueError for a negative offset or count.
        """
        rows = self._ask(Page(start_offset, count).of(_unanalyzed()))
        return [(name, version, url) for name, version, url in rows]
