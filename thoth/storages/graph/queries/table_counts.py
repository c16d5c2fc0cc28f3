"""Questions about how many rows there are of what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, literal, select, union_all

from ..models import ALL_MAIN_MODELS, ALL_RELATION_MODELS, Base, BaseExtension
from ..models_base import table_of
from ..sql_types import AnyRow, AnySelect
from .base import Questions

Models = Iterable[type[Any]]


def row_counts(models: Models, column: str | None = None, value: str | None = None) -> Any:
    """Name of the table and number of its rows, of each model; of those rows alone that have this in a column."""
    counted: list[AnySelect] = []
    for model in models:
        table = table_of(model)
        statement: AnySelect = select(literal(table.name), func.count()).select_from(table)
        counted.append(statement if column is None else statement.where(table.c[column] == value))
    return union_all(*counted)


def by_table(rows: Sequence[AnyRow]) -> dict[str, int]:
    """{table: number of its rows}, sorted by table."""
    return dict(sorted(map(tuple, rows)))


class TableCountQueries(Questions):
    """How many rows tables have. To count them takes as long as they have rows: all of them are visited."""

    def get_entity_count(self, entity: type[Base] | type[BaseExtension]) -> int:
        """How many rows the table of a model has. Raises TypeError for what is no model."""
        if not (isinstance(entity, type) and issubclass(entity, Base | BaseExtension)):
            raise TypeError(f"entity must be a model of thoth.storages.graph.models, not {entity!r}")
        return self._count(select(table_of(entity)))

    def get_main_table_count(self) -> dict[str, int]:
        """{table: number of its rows} of every thing the graph knows by itself, sorted by table."""
        return by_table(self._ask(row_counts(ALL_MAIN_MODELS)))

    def get_relation_table_count(self) -> dict[str, int]:
        """{table: number of its rows} of everything that is said of two things or more, sorted by table."""
        return by_table(self._ask(row_counts(ALL_RELATION_MODELS)))
