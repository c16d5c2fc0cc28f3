"""thoth-storages purge: documents that are not needed any more, out of object storage and out of the graph."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .backup import is_at_a_terminal
from .leaving import INTERRUPTED, leave
from .quiet import quiet_option, say
from .wording import how_many

if TYPE_CHECKING:
    from ..graph.queries.deleting import Doomed
    from ..graph.queries.purging import PurgeProgress
    from .sync_errors import Ending

_INTERRUPTED = "interrupted: what was purged is in its folder; run it again to go on"

_ENDINGS = """

    Objects are moved to <prefix>/<deployment>/<kind>-purge-<moment>/; nothing is deleted before it is copied. What the
    documents alone said goes from the graph. After Ctrl-C or an error, run it again.

    \b
    Exit codes:
      0    purged, or nothing was to be purged
      1    the purge was declined
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting
      4    PostgreSQL or the object store cannot be reached or used
      5    the tables are not ones of this library
      130  interrupted
"""


class _Orders(NamedTuple):
    dry_run: bool
    yes: bool
    as_json: bool


@click.group()
def purge() -> None:
    """Move documents out of the way, and what they said out of the graph.

    \b
    Example: thoth-storages purge solver --os-name fedora --os-version 31 --dry-run
             thoth-storages purge adviser --before 2024-01-01
             thoth-storages purge package-extract --version 1.2.3 --yes
    """  # noqa: D301 (click's mark for lines that are to stay as they are)


def _with_orders(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every purge has, and the end of its help."""
    command.__doc__ = f"{command.__doc__}{_ENDINGS}"
    for option in (
        quiet_option,
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--dry-run", is_flag=True, help="Say how much would be purged, and change nothing."),
    ):
        command = option(command)
    return command


def _before(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    for layout in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"):
        with suppress(ValueError):
            return datetime.strptime(text, layout).replace(tzinfo=UTC)
    raise click.BadParameter(f"expected a moment such as 2026-11-01 or 2026-11-01T12:00:00, not {text!r}")


_BEFORE = click.option(
    "--before",
    callback=_before,
    metavar="YYYY-MM-DD[THH:MM:SS]",
    help="Those that were made before this moment (UTC).",
)


@purge.command("solver")
@click.option("--os-name", help="Of this operating system, such as rhel.")
@click.option("--os-version", help="Of this version of it.")
@click.option("--python-version", help="Of this version of Python, such as 3.8.")
@_with_orders
def purge_solver(os_name: str | None, os_version: str | None, python_version: str | None, **orders: bool) -> None:
    """Purge the documents of solvers in an environment.

    Example: thoth-storages purge solver --os-name rhel --os-version 8 --dry-run
    """
    _purge(
        "solver", {"os_name": os_name, "os_version": os_version, "python_version": python_version}, _Orders(**orders)
    )


@purge.command("adviser")
@_BEFORE
@click.option("--version", help="Those that this version of the adviser made.")
@_with_orders
def purge_adviser(before: datetime | None, version: str | None, **orders: bool) -> None:
    """Purge the documents of the adviser.

    Example: thoth-storages purge adviser --before 2024-01-01
    """
    _purge("adviser", {"end_datetime": before, "adviser_version": version}, _Orders(**orders))


@purge.command("package-extract")
@_BEFORE
@click.option("--version", help="Those that this version of package-extract made.")
@_with_orders
def purge_package_extract(before: datetime | None, version: str | None, **orders: bool) -> None:
    """Purge image analyses.

    Example: thoth-storages purge package-extract --version 1.2.3 --yes
    """
    _purge("package-extract", {"end_datetime": before, "package_extract_version": version}, _Orders(**orders))


def _doomed(name: str, filters: dict[str, Any]) -> Doomed:
    """What is to be purged; UsageError where that would be everything."""
    from ..exceptions import FilterMissingError
    from ..graph.queries import deleting

    doom: dict[str, Callable[..., Doomed]] = {
        "solver": deleting.doomed_solver_documents,
        "adviser": deleting.doomed_adviser_documents,
        "package-extract": deleting.doomed_analysis_documents,
    }
    try:
        return doom[name](**filters)
    except FilterMissingError:
        raise click.UsageError("expected at least one option that says what to purge; --help shows them") from None


def _purge(name: str, filters: dict[str, Any], orders: _Orders) -> None:
    """Count, ask, purge, say what became of it, and leave unless all is well."""
    from .sync_ending import connected_graph, ending_of

    doomed = _doomed(name, filters)
    found: list[int] = []

    def count() -> None:
        with connected_graph() as graph:
            dry_run = getattr(graph, f"purge_{name.replace('-', '_')}_documents")
            found.append(dry_run(**filters, dry_run=True))

    reached: list[PurgeProgress] = []
    ending = ending_of(count, "interrupted: nothing was purged")
    if ending.code == 0 and found[0] and not orders.dry_run:
        _ask(name, found[0], orders)
        ending = ending_of(lambda: _work(name, doomed, reached, shows_bar=not orders.as_json), _INTERRUPTED)
    _say(name, found, reached[-1] if reached else None, ending, orders)
    if ending.code == INTERRUPTED:
        raise SystemExit(INTERRUPTED)  # it was said when it happened
    if ending.message is not None:
        leave(ending.message, ending.code)


def _ask(name: str, runs: int, orders: _Orders) -> None:
    if not orders.yes and is_at_a_terminal():
        click.confirm(f"Purge {how_many(runs, 'run')} of {name}?", abort=True, err=True)


def _work(name: str, doomed: Doomed, reached: list[PurgeProgress], *, shows_bar: bool) -> None:
    """Purge, and note after each batch how far it is. Raises what ends it."""
    from ..sync import Outcome
    from .sync_ending import connected_graph
    from .sync_progress import sync_progress

    with connected_graph() as graph, sync_progress(is_wanted=shows_bar) as bars:
        steps = graph.purge_documents(doomed)
        reached.append(next(steps))
        with bars.of(f"purge {name}", lambda: reached[0].of):
            for step in steps:
                for _ in range(step.documents - reached[-1].documents):
                    bars.add(Outcome.SYNCED)
                reached.append(step)


def _say(name: str, found: list[int], reached: PurgeProgress | None, ending: Ending, orders: _Orders) -> None:
    """Say what was purged, or would be."""
    said: dict[str, Any] = {
        "kind": name,
        "dry_run": orders.dry_run,
        "found_runs": found[0] if found else None,
        "purged_runs": reached.runs if reached else 0,
        "documents": reached.documents if reached else 0,
        "missing": reached.missing if reached else 0,
        "prefix": reached.prefix if reached else None,
        "exit_code": ending.code,
        "error": ending.message,
    }
    if orders.as_json:
        click.echo(json.dumps(said, indent=2))
    elif reached is not None and reached.documents:
        _say_what_was_purged(reached)
    elif found and ending.code == 0:
        say(f"{how_many(found[0], 'run')} of {name} would be purged" if found[0] else "Nothing is to be purged.")


def _say_what_was_purged(reached: PurgeProgress) -> None:
    documents = how_many(reached.documents, "document")
    say(f"{how_many(reached.runs, 'run')} of {documents} purged; they are in {reached.prefix}/ now")
    if reached.missing:
        say(f"{how_many(reached.missing, 'document')} of these had been moved before, or were not in storage")
