"""Figures of the graph, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table

from .backup_steps import size_of
from .stats_figures import CacheFigures, Figures, KindFigures, TableFigures
from .sync_errors import printable
from .sync_summary import console_for_tables, echo_printed
from .wording import how_many

_MOMENT = "%Y-%m-%d %H:%M:%SZ"
_UNKNOWN = "?"


def print_figures(figures: Figures) -> None:
    """Print all of it."""
    size = "" if figures.database_bytes is None else f", {size_of(figures.database_bytes)}"
    click.echo(f"Graph {figures.graph_uuid or 'without an identity'}{size}\n")
    _print_tables(figures.tables)
    click.echo("")
    _print(_kinds(figures.kinds))
    for line in _remarks(figures.kinds):
        click.echo(line)
    click.echo(f"\nGraph cache: {_cache(figures.cache)}")


def _print_tables(tables: Sequence[TableFigures] | None) -> None:
    if tables is None:
        click.echo("How large the tables are was not told in time; one may be locked.")
        return
    _print(_tables(tables))
    if empty := sum(one.rows == 0 for one in tables):
        click.echo(f"{how_many(empty, 'table')} without a row")
    if any(one.rows is None for one in tables):
        click.echo(f"{_UNKNOWN}: the server has not looked at the table yet; let it (ANALYZE), or count: --exact")


def _print(table: Table) -> None:
    console = console_for_tables()
    echo_printed(console, lambda: console.print(table))


def _table(headings: Sequence[str], left: int, rows: Sequence[Sequence[Any]]) -> Table:
    """A table, the columns after so many of it at the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < left else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _tables(tables: Sequence[TableFigures]) -> Table:
    rows = [
        (printable(one.table), _rows(one), size_of(one.table_bytes), size_of(one.index_bytes))
        for one in tables
        if one.rows != 0
    ]
    return _table(("table", "rows", "size", "indexes"), 1, rows)


def _rows(one: TableFigures) -> str:
    return _UNKNOWN if one.rows is None else f"{'' if one.is_exact else '~'}{one.rows:,}"


def _kinds(kinds: Sequence[KindFigures]) -> Table:
    rows = [
        (
            one.kind,
            "never" if one.last_synced is None else one.last_synced.strftime(_MOMENT),
            _number(one.in_quarantine),
            _number(one.waiting),
        )
        for one in kinds
    ]
    return _table(("kind", "last synced", "in quarantine", "waiting"), 2, rows)


def _number(number: int | None) -> str:
    return _UNKNOWN if number is None else f"{number:,}"


def _remarks(kinds: Sequence[KindFigures]) -> list[str]:
    remarks = []
    if any(one.in_quarantine for one in kinds):
        remarks.append("To see what is in quarantine: thoth-storages sync --list-quarantined")
    if any(one.waiting for one in kinds):
        remarks.append("To see what waits for packages: thoth-storages sync --list-waiting")
    return remarks


def _cache(cache: CacheFigures | None) -> str:
    if cache is None:
        return "no file is set (THOTH_STORAGES_GRAPH_CACHE)"
    if cache.problem is not None or cache.entries is None or cache.bytes is None:
        return printable(cache.problem or f"{cache.path} cannot be read")
    number = how_many(cache.entries.get("cached_package_version", 0), "package version")
    whose = {True: "of this graph", False: "of another graph, so not used", None: "of no graph yet"}
    return f"{printable(cache.path)}, {size_of(cache.bytes)}, {number}, {whose[cache.is_of_this_graph]}"
