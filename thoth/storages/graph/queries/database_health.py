"""Questions about the database itself: how large it is, how much of that is waste, whether it is damaged."""

from __future__ import annotations

import logging
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypedDict

from sqlalchemy import TextClause, func, select, text

from ...exceptions import DatabaseStatementError
from ..changes import which_graph
from ..models import Base
from .base import Questions

_LOGGER = logging.getLogger(__name__)

_DAMAGED = frozenset(("XX001", "XX002"))
"""data_corrupted and index_corrupted; https://www.postgresql.org/docs/current/errcodes-appendix.html"""


class TableBloat(TypedDict):
    """How large a table is, and how large it would be if its rows lay close together.

    What is expected and what is too much is None where the table was not analysed yet.
    """

    databasename: str
    schemaname: str
    tablename: str
    can_estimate: bool
    table_bytes: float
    table_mb: float
    """MiB, as everything that ends so."""
    expected_bytes: float | None
    expected_mb: float | None
    pct_bloat: float | None
    """How much of the table is too much: 0 to 100."""
    mb_bloat: float | None
    est_rows: float
    """-1 where nobody counted."""


class IndexBloat(TypedDict):
    """How large an index is, and how much of it is more than its entries need; None where that is not known yet."""

    database_name: str
    schema_name: str
    table_name: str
    index_name: str
    bloat_pct: float | None
    """How much of the index is too much: 0 to 100."""
    bloat_mb: float | None
    """MiB, as everything that ends so."""
    index_mb: float
    table_mb: float
    index_scans: float
    """How often it was used since statistics were reset."""


class TableSize(NamedTuple):
    """How many rows a table has, an estimate, and how many bytes it and its indexes take on the server's disk.

    estimated_rows is None where the server has not looked at the table yet.
    """

    table: str
    estimated_rows: int | None
    table_bytes: int
    index_bytes: int


@cache
def _statement(name: str) -> TextClause:
    """A statement that stands in a file of its own."""
    return text(files("thoth.storages.graph").joinpath("sql", f"{name}.sql").read_text("utf-8"))


class DatabaseHealthQueries(Questions):
    """The database itself: its size, what in it is waste, whether it is damaged."""

    def get_database_size(self) -> int:
        """How many bytes the database takes on the server's disk."""
        return int(self._ask_value(select(func.pg_database_size(func.current_database()))))

    def get_table_sizes(self) -> list[TableSize]:
        """How large each table of the graph is, and about how many rows it has; first the largest, then by name.

        The rows are what a query planner reckons with: what ANALYZE found out, with the pages there are by now. No
        table is read, so it takes some milliseconds, however large they are.
        """
        rows = self._ask(_statement("table_sizes"), {"tables": sorted(Base.metadata.tables)})
        return [TableSize(*row) for row in rows]

    def get_graph_uuid(self) -> str | None:
        """Which graph this is: caches that were made from another one are not used. None where the graph was emptied.

        A copy that was restored from a dump is another graph.
        """
        uuid: str | None = self._ask_value(which_graph())
        return uuid

    def get_bloat_data(self) -> list[TableBloat]:
        """How much of each table is waste, an estimate; first those that waste most, by bytes, then by name.

        It rests on what ANALYZE found out; no table is read.
        """
        return [TableBloat(**row._mapping) for row in self._ask(_statement("table_bloat"))]  # type: ignore[typeddict-item]

    def get_index_bloat_data(self) -> list[IndexBloat]:
        """How much of each B-tree index is waste, an estimate; first those that waste most, by bytes, then by name.

        It rests on what ANALYZE found out; no index is read.
        """
        return [IndexBloat(**row._mapping) for row in self._ask(_statement("index_bloat"))]  # type: ignore[typeddict-item]

    def is_database_corrupted(self) -> bool:
        """Whether an index is damaged: one whose entries are out of order, or which cannot be read.

        The log says which one. Each B-tree index is read as a whole, one after the other: that takes as long as they
        are large, and none may take longer than the statement timeout of the settings. Where the server's extension
        amcheck is not installed nothing is checked, a warning says so, and the answer is False.

        Raises DatabaseStatementError where the user may not check, or an index takes too long.
        """
        indexes = self._ask(_statement("checkable_indexes"))
        if any(row.amcheck is None for row in indexes):
            _LOGGER.warning("indexes are not checked: a superuser has to call CREATE EXTENSION amcheck once")
            return False
        damaged = [row.index_name for row in indexes if self._is_damaged(row)]
        return bool(damaged)

    def _is_damaged(self, index: Any) -> bool:
        check = text(f"SELECT {index.amcheck}.bt_index_check(index => CAST(:index_id AS oid)::regclass)")
        try:
            self._ask(check, {"index_id": index.index_id})
        except DatabaseStatementError as error:
            if error.sqlstate not in _DAMAGED:
                raise
            _LOGGER.error("index %s is damaged, REINDEX it: %s", index.index_name, error)
            return True
        return False
