"""Questions about performance indicators."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, union, union_all

from ..models_base import table_of
from ..models_performance import ALL_PERFORMANCE_MODELS, PERFORMANCE_MODELS_ML_FRAMEWORKS
from .base import Questions
from .table_counts import Models, by_table, row_counts


def _measured(models: Models, column: str) -> Any:
    """What was measured, each once, sorted."""
    values = union(*(select(table_of(model).c[column]) for model in models)).subquery()
    value = values.c[0]
    return select(value).where(value.is_not(None)).order_by(value)


def _numbers_per(models: Models, column: str) -> Any:
    """What was measured and the number of rows about it, sorted."""
    values = union_all(*(select(table_of(model).c[column]) for model in models)).subquery()
    value = values.c[0]
    return select(value, func.count()).where(value.is_not(None)).group_by(value).order_by(value)


class PerformanceQueries(Questions):
    """Performance indicators: how many rows there are, of what. Those that others define count as well."""

    def get_performance_table_count(self) -> dict[str, int]:
        """{table: number of its rows} of every performance indicator, sorted by table."""
        return by_table(self._ask(row_counts(ALL_PERFORMANCE_MODELS)))

    def get_number_of_pi_records(self) -> dict[str, int]:
        """{table: number of its rows} of every performance indicator; a name of 2019."""
        return self.get_performance_table_count()

    def get_pi_count(self, component: str) -> dict[str, int]:
        """{table: number of its rows about a component}, of indicators that measure frameworks of machine learning."""
        return by_table(self._ask(row_counts(PERFORMANCE_MODELS_ML_FRAMEWORKS, "component", component)))

    def get_pi_component_all(self) -> list[str]:
        """The components that such indicators measured, sorted, each once."""
        return [one for (one,) in self._ask(_measured(PERFORMANCE_MODELS_ML_FRAMEWORKS, "component"))]

    def get_all_pi_per_framework_count(self, framework: str) -> dict[str, int]:
        """{table: number of its rows about a framework}; a name of 2019, when components were called so."""
        return self.get_pi_count(framework)

    def get_all_pi_count(self) -> dict[str, int]:
        """{framework: number of rows about it in all indicators}, sorted; a name of 2019."""
        return dict(map(tuple, self._ask(_numbers_per(PERFORMANCE_MODELS_ML_FRAMEWORKS, "component"))))
