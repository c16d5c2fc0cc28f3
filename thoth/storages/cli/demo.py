"""thoth-storages demo: from documents to an answer, on servers of its own, in under a minute."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict

import click

from ..exceptions import ThothStorageExceptionError
from .own_servers import ending_in_order, only_these_settings, quiet

if TYPE_CHECKING:
    from rich.console import Console

    from ..embedded import LocalServers
    from ..graph.postgres import GraphDatabase


class _Environment(TypedDict):
    os_name: str
    os_version: str
    python_version: str


PACKAGE = ("flask", "3.0.3", "https://pypi.org/simple")
ENVIRONMENT: _Environment = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}

_NEXT = """[bold]What next[/]
  Keep servers running, and point this shell at them (until: thoth-storages local down):
      eval "$(thoth-storages local up)"
  Then, from Python, fill the graph with the same documents and ask it something:
      from thoth.storages import GraphDatabase, sync_solver_documents
      from thoth.storages.cli.demo import document_paths
      graph = GraphDatabase()
      graph.connect()
      graph.initialize_schema()
      print(sync_solver_documents(document_paths(), is_local=True, graph=graph))
      print(graph.get_depends_on("flask", "3.0.3", "https://pypi.org/simple"))
  All commands: thoth-storages --help. All the rest: the README."""


def document_paths() -> list[str]:
    """The paths of the solver documents that this library brings along: real ones, by name."""
    folder = Path(__file__).resolve().parents[1] / "data" / "solver"
    return [str(path) for path in sorted(folder.glob("*.json"))]


@click.command()
def demo() -> None:
    """Show it all, on servers of its own.

    From documents to the graph, an answer and the cache. Starts PostgreSQL and an S3 server in a temporary directory,
    and leaves nothing behind: your own databases and settings are not touched. Takes about ten seconds.

    Example: thoth-storages demo
    """
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot draw a tree gets question marks
    console = Console(highlight=False)
    started = time.perf_counter()
    try:
        with ending_in_order(), ExitStack() as stack:
            _show(console, stack)
    except ThothStorageExceptionError as error:
        raise click.ClickException(str(error)) from error
    console.print(f"Everything is stopped and removed again; that took {time.perf_counter() - started:.0f} s.\n")
    console.print(_NEXT, soft_wrap=True)


def _show(console: Console, stack: ExitStack) -> None:
    directory = Path(stack.enter_context(TemporaryDirectory(prefix="thoth-storages-demo-")))
    servers = _start_servers(console, stack, directory)
    _store_documents(console)
    graph = _sync_documents(console)
    stack.callback(graph.disconnect)
    cache_file = str(directory / "graph_cache.sqlite3")
    _make_cache(console, graph, cache_file)
    console.rule("The answer")
    _show_tree(graph)
    console.rule(f"How fast: all that {PACKAGE[0]} {PACKAGE[1]} needs, down to the last dependency")
    _time_answers(console, stack, graph, cache_file, servers)


# --- Servers and settings --------------------------------------------------------------------------------------------


def _start_servers(console: Console, stack: ExitStack, directory: Path) -> LocalServers:
    from ..embedded import LocalServers

    servers = LocalServers(directory / "servers", durable=False)
    with _step(console, "Starting PostgreSQL and an S3 server") as say:
        stack.enter_context(servers)
        say(", ".join(f"{one.title} on port {one.port}" for one in servers.status()))
    stack.enter_context(only_these_settings(servers.environment()))
    return servers


@contextmanager
def _step(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Show that something is going on; what is said about it, and how long it took, stays on the screen."""
    said: list[str] = []
    started = time.perf_counter()
    with console.status(f"{what} ..."):
        yield said.append
    seconds = time.perf_counter() - started
    console.print(f"[green]✓[/] {what} [dim]({seconds:.1f} s)[/]" + "".join(f"\n  {line}" for line in said))


# --- Documents -------------------------------------------------------------------------------------------------------


def _with_bar(console: Console, what: str, items: Sequence[Any], work: Iterator[Any]) -> None:
    """Draw the work on items as it goes, and say how many of them went through in a second."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    started = time.perf_counter()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=len(items))
        for _ in work:
            progress.advance(task)
    rate = len(items) / (time.perf_counter() - started)
    console.print(f"[green]✓[/] {what} [dim]({len(items)} documents, {rate:,.0f} documents/s)[/]")


def _store_documents(console: Console) -> None:
    from ..solvers import SolverResultsStore

    store = SolverResultsStore()
    store.connect()
    bundle = [json.loads(Path(path).read_bytes()) for path in document_paths()]
    _with_bar(console, "Storing solver documents in S3", bundle, map(store.store_document, bundle))


def _sync_documents(console: Console) -> GraphDatabase:
    from ..graph.cache import IN_MEMORY, GraphCache
    from ..graph.postgres import GraphDatabase
    from ..solvers import SolverResultsStore
    from ..sync import SOLVER, iterate_sync

    graph = GraphDatabase(cache=GraphCache(IN_MEMORY))
    with _step(console, "Creating the database and its tables") as say:
        with quiet("thoth.storages"):
            graph.connect()
        graph.initialize_schema()
        say(f"schema revision {graph.get_table_alembic_version_head()}")
    store = SolverResultsStore()
    store.connect()
    listing = list(store.get_document_listing())
    _with_bar(console, "Syncing them into the graph", listing, iterate_sync(SOLVER, listing, graph=graph))
    return graph


def _make_cache(console: Console, graph: GraphDatabase, cache_file: str) -> None:
    with _step(console, "Making a graph cache of flask and all it may need") as say:
        summary = graph.create_graph_cache(cache_file, ["flask"])
        say(f"{summary['package_versions']} package versions in {summary['cache_file_size'] / 1024:.0f} KiB of SQLite")


# --- Answers ---------------------------------------------------------------------------------------------------------


def _show_tree(graph: GraphDatabase) -> None:
    """Print what the package depends on, two levels deep: all versions, extras and markers."""
    from ..graph.filters import Environment
    from .dependency_sources import source_of
    from .dependency_walk import Wanted, walk
    from .tree_text import tree_lines

    source = source_of(graph, Environment.of(**ENVIRONMENT), is_offline=False)
    for line in tree_lines(walk(source, [PACKAGE], Wanted(everything=True, depth=2))):
        click.echo(line)


def _time_answers(
    console: Console, stack: ExitStack, graph: GraphDatabase, cache_file: str, servers: LocalServers
) -> None:
    from ..graph.cache import GraphCache
    from ..graph.postgres import GraphDatabase

    cached = GraphDatabase(cache=GraphCache(cache_file))
    cached.connect()
    stack.callback(cached.disconnect)
    graph.cache_clear()
    answers = [_timed(console, "PostgreSQL, nothing remembered", graph)]
    answers.append(_timed(console, "memory", graph))
    _ask(cached)  # opens the file
    cached.cache_clear()
    answers.append(_timed(console, "the SQLite cache", cached))
    with _step(console, "Stopping PostgreSQL"):
        servers.postgres.stop()
    cached.cache_clear()
    with quiet("thoth.storages"):  # it warns that it cannot look for changes
        answers.append(_timed(console, "the SQLite cache, without PostgreSQL", cached))
    same = "the same each time" if all(answer == answers[0] for answer in answers) else "NOT the same each time"
    console.print(f"{len(answers[0])} dependencies, {same}.")
    if any(answer != answers[0] for answer in answers):
        raise click.ClickException("the answers differ; please report this")


def _ask(graph: GraphDatabase) -> list[Any]:
    return graph.retrieve_transitive_dependencies_python(*PACKAGE, **ENVIRONMENT)


def _timed(console: Console, source: str, graph: GraphDatabase) -> list[Any]:
    started = time.perf_counter()
    answer = _ask(graph)
    milliseconds = (time.perf_counter() - started) * 1000
    console.print(f"  from {source:<36} [bold]{milliseconds:8.2f} ms[/]")
    return answer
