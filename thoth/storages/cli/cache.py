"""thoth-storages graph-cache: make a graph cache."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from .. import config
from ..exceptions import CacheConfigurationError
from .backup_steps import endings
from .grouped import also_called
from .interrupting import interruptible
from .leaving import leave
from .quiet import is_quiet, quiet_option, say

WRONG = 2
_INTERRUPTED = "interrupted: the graph cache is as it was"


def file_of(cache_file: str | None) -> str:
    """The path of the file to make, store or restore. Raises click.UsageError where none is named.

    Memory, the setting's default, ends with this process.
    """
    if not cache_file or cache_file == config.GRAPH_CACHE.default:
        raise click.UsageError(f"no file is named: give CACHE_FILE, or set {config.GRAPH_CACHE.names[0]}")
    return cache_file


@click.command("graph-cache")
@click.argument("cache_file", required=False)
@click.option("-o", "--output", help="The same as CACHE_FILE.")
@click.option(
    "-c",
    "--cache-config",
    required=True,
    envvar=config.GRAPH_CACHE_CONFIG.names[0],
    help="YAML file that says what the cache is to hold.",
)
@click.option("--update", is_flag=True, help="Take from the file that is there what did not change since it was made.")
@click.option(
    "--jobs", type=click.IntRange(1, 8), default=1, show_default=True, help="Connections to read over at a time."
)
@quiet_option
def graph_cache(cache_file: str | None, output: str | None, cache_config: str, update: bool, jobs: int) -> None:
    """Make a graph cache, a SQLite file.

    It holds all that resolving some packages may ask. CACHE_FILE is the path of the file to make or replace; without
    it, THOTH_STORAGES_GRAPH_CACHE names it. It takes its place when it is whole. Prints what was made as JSON. Packages
    that nobody solved yet are told, and are no error, unless an older file would be replaced by one without any.

    \b
    The configuration:
      python-packages:           all solved versions of these, and all they depend on
        - flask
        - requests>=2.30,<3      versions in a range alone
      environments:              only what was solved in one of these (any, if left out)
        - {os_name: rhel, os_version: "8", python_version: "3.9"}
      indexes:                   only what was solved from one of these (any, if left out)
        - https://pypi.org/simple

    \b
    Example: thoth-storages graph-cache -c cache_conf.yaml -o graph_cache.sqlite3
             thoth-storages graph-cache -c cache_conf.yaml -o graph_cache.sqlite3 --update --jobs 2

    \b
    Exit codes:
      0    made
      1    the file cannot be written, is there and is no graph cache, or would lose all it holds
      2    the configuration, or the command, is not written as it has to be
      3    something is missing: tables, a setting
      4    PostgreSQL cannot be reached or used
      130  interrupted; an older file is as it was
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from .cache_configuration import read_configuration

    if cache_file and output and cache_file != output:
        raise click.UsageError(f"two files are named: {cache_file} and {output}")
    path = file_of(cache_file or output or config.GRAPH_CACHE.read())
    try:
        configuration = read_configuration(cache_config)
    except CacheConfigurationError as error:
        leave(str(error), WRONG)
    with endings(_INTERRUPTED), interruptible(_INTERRUPTED), _bar() as progress:
        from ..graph.cache import GraphCache
        from ..graph.postgres import GraphDatabase

        graph = GraphDatabase(cache=GraphCache())
        graph.connect()
        summary = graph.create_graph_cache(
            path,
            configuration.packages,
            progress,
            environments=configuration.environments,
            indexes=configuration.indexes,
            jobs=jobs,
            update=update,
        )
        graph.disconnect()
        made = GraphCache(path)
        made.connect()
        report = json.dumps({**summary, "cache_stats": made.stats()}, indent=2)
        made.disconnect()
    say(report)
    narrowed = configuration.environments or configuration.indexes
    where = " in the environments or on the indexes of the configuration" if narrowed else ""
    for name in summary["unknown_packages"]:  # said even if it is to be quiet: a cache without it takes its place
        click.echo(f"Warning: no version of {name} was solved yet{where}; it is not in the cache", err=True)


# What releases of 2019 called it; image builds still do.
create_cache = also_called("create-cache", graph_cache, hidden=True)


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Told how far it is; shown on a terminal alone."""
    if is_quiet() or not sys.stderr.isatty():
        yield lambda _done, _known: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("package versions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("")
        yield lambda done, known: bars.update(task, completed=done, total=known)
