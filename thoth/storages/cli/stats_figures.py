"""What the graph holds, in numbers; None stands for what could not be found out in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .. import config
from ..exceptions import DatabaseStatementError, GraphCacheError
from ..graph.cache import GraphCache
from ..graph.models import Base
from ..graph.models_base import table_of
from ..graph.postgres import GraphDatabase
from ..graph.queries.database_health import TableSize
from ..sync import KINDS
from .sync_choice import name_of

T = TypeVar("T")

_CANCELLED = "57014"
"""query_canceled: here, by the statement timeout."""


class TableFigures(NamedTuple):
    """A table: its rows, counted or estimated, and the bytes that it and its indexes take."""

    table: str
    rows: int | None
    is_exact: bool
    table_bytes: int
    index_bytes: int


class KindFigures(NamedTuple):
    """A kind of documents: when one was last synced (aware, in UTC), how many are in quarantine, how many wait."""

    kind: str
    last_synced: datetime | None
    in_quarantine: int | None
    waiting: int | None


class CacheFigures(NamedTuple):
    """The graph cache: its path, the size of its file in bytes, the rows of its tables, whether it is of this graph.

    Where there is no file, or one that is not used, problem says why.
    """

    path: str
    bytes: int | None = None
    entries: dict[str, int] | None = None
    is_of_this_graph: bool | None = None
    problem: str | None = None


class Figures(NamedTuple):
    """All of it. The cache is None where no file is set."""

    graph_uuid: str | None
    database_bytes: int | None
    tables: list[TableFigures] | None
    kinds: list[KindFigures]
    cache: CacheFigures | None


def figures_of(graph: GraphDatabase, *, exact: bool) -> Figures:
    """What a graph holds. Raises what questions raise, unless it is that one takes too long."""
    graph_uuid = graph.get_graph_uuid()
    return Figures(
        graph_uuid,
        _in_time(graph.get_database_size),
        _tables(graph, exact=exact),
        _kinds(graph),
        _cache(graph_uuid),
    )


def for_programs(figures: Figures) -> dict[str, Any]:
    """All of it, as JSON takes it."""
    kinds = [one._asdict() | {"last_synced": one.last_synced and one.last_synced.isoformat()} for one in figures.kinds]
    return {
        "graph_uuid": figures.graph_uuid,
        "database_bytes": figures.database_bytes,
        "tables": None if figures.tables is None else [one._asdict() for one in figures.tables],
        "kinds": kinds,
        "cache": figures.cache and figures.cache._asdict(),
    }


def _in_time(ask: Callable[[], T]) -> T | None:
    """An answer; None where it takes longer than the settings allow."""
    try:
        return ask()
    except DatabaseStatementError as error:
        if error.sqlstate != _CANCELLED:
            raise
        return None


def _tables(graph: GraphDatabase, *, exact: bool) -> list[TableFigures] | None:
    sizes = _in_time(graph.get_table_sizes)  # a table that is locked, as by VACUUM FULL, is waited for
    if sizes is None:
        return None
    models = {table_of(mapper.class_).name: mapper.class_ for mapper in Base.registry.mappers} if exact else {}
    found = []
    for one in sizes:
        rows = _count(graph, models.get(one.table))
        found.append(_of_table(one, rows))
    return found


def _count(graph: GraphDatabase, model: type[Any] | None) -> int | None:
    return None if model is None else _in_time(lambda: graph.get_entity_count(model))


def _of_table(size: TableSize, rows: int | None) -> TableFigures:
    estimated = size.estimated_rows if rows is None else rows
    return TableFigures(size.table, estimated, rows is not None, size.table_bytes, size.index_bytes)


def _kinds(graph: GraphDatabase) -> list[KindFigures]:
    waiting = _in_time(graph.get_waiting_documents_count_per_kind)
    return [
        KindFigures(
            name_of(kind),
            graph.get_last_synced(kind.kind),
            graph.get_quarantined_documents_count_all(kind.kind),
            None if waiting is None else waiting.get(kind.kind, 0),
        )
        for kind in KINDS
    ]


def _cache(graph_uuid: str | None) -> CacheFigures | None:
    path = config.GRAPH_CACHE.read()
    if path == config.GRAPH_CACHE.default:
        return None
    # As services open it: what one that fills it wrote may not be in the file yet. One that is not there is not made.
    is_filled = GraphCache.is_inserts_enabled() and Path(path).is_file() and Path(path).stat().st_size > 0
    cache = GraphCache(path, writable=is_filled)
    try:
        cache.open()
        sizes: Any = cache.stats()["table_size"]
        whose = None if cache.graph_uuid is None else cache.graph_uuid == graph_uuid
        return CacheFigures(path, Path(path).stat().st_size, sizes, whose)
    except GraphCacheError as error:
        return CacheFigures(path, problem=str(error))
    finally:
        cache.disconnect()
