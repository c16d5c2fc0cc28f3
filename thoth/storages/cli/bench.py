"""thoth-storages bench: how fast it is on this machine, beside what it cannot be faster than."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from .. import config
from ..exceptions import ThothStorageExceptionError
from .own_servers import ending_in_order, only_these_settings, quiet

if TYPE_CHECKING:
    from .bench_measures import Measured


@click.command()
@click.option(
    "--copies",
    type=click.IntRange(1, 1000),
    default=4,
    show_default=True,
    help="How often the 53 documents that are synced one at a time are told, each time of packages of other names.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(copies: int, as_json: bool) -> None:
    """Measure how fast it is on this machine.

    Syncing, what a resolver asks, the graph cache and starting, each beside what it cannot be faster than, in the same
    run: COPY of the same rows, psycopg2 alone with the same statements. Ratios can be compared between machines, times
    cannot. Starts a PostgreSQL of its own, which writes to the disk what it commits, and leaves nothing behind. Takes
    about half a minute.

    Example: thoth-storages bench
    """
    found: list[Measured] = []
    try:
        with ending_in_order(), ExitStack() as stack:
            for one in _measured(stack, copies):
                found.append(one)
                if not as_json:
                    _say(one, is_first=len(found) == 1 or found[-2].topic != one.topic)
    except ThothStorageExceptionError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps([{**one._asdict(), "ratio": one.ratio} for one in found], indent=2))


def _measured(stack: ExitStack, copies: int) -> Iterator[Measured]:
    from ..embedded import EmbeddedPostgres
    from ..graph.cache import IN_MEMORY, GraphCache
    from ..graph.engine import connection_url
    from ..graph.postgres import GraphDatabase
    from . import bench_measures

    directory = Path(stack.enter_context(TemporaryDirectory(prefix="thoth-storages-bench-")))
    postgres = stack.enter_context(EmbeddedPostgres(directory / "postgres", durable=True))
    # What changed is asked once, not in the middle of what is measured.
    settings = postgres.environment("bench") | {config.GRAPH_CACHE_CHECK.names[0]: "3600"}
    stack.enter_context(only_these_settings(settings))
    graph = GraphDatabase(cache=GraphCache(IN_MEMORY))
    with quiet("thoth.storages"):
        graph.connect()
    stack.callback(graph.disconnect)
    graph.initialize_schema()
    yield from bench_measures.measure_syncing(graph, connection_url(), copies)
    yield from bench_measures.measure_questions(graph, connection_url())
    yield from bench_measures.measure_cache(graph, str(directory / "graph_cache.sqlite3"))
    yield from bench_measures.measure_starting(connection_url())


def _say(one: Measured, *, is_first: bool) -> None:
    """A line of the table; above the first of a topic, what it is about."""
    if is_first:
        click.secho(one.topic, bold=True)
    bound = "" if one.bound_seconds is None else f"{one.ratio:5.2f} x {_time(one.bound_seconds)}  {one.bound}"
    click.echo(f"  {one.what:<41} {_time(one.seconds)}  {one.rate or ''}{'  ' if one.rate and bound else ''}{bound}")


def _time(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:7,.0f} µs"
    return f"{seconds * 1e3:7,.1f} ms" if seconds < 1 else f"{seconds:7,.2f} s "
