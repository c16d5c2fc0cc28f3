"""thoth-storages sync: documents from object storage, or from files, into the graph."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from .leaving import FAILED, INTERRUPTED, leave
from .sync_choice import Chosen, choose, kinds_of_names, name_of, past_day, share

if TYPE_CHECKING:
    from ..graph.postgres import GraphDatabase
    from ..sync import DocumentKind, DocumentOutcome, Shard
    from .sync_errors import Ending
    from .sync_progress import SyncProgress
    from .sync_summary import Tally

_GO_ON = "the sync ended there (--graceful puts such documents into quarantine and goes on)"


class _Orders(NamedTuple):
    force: bool
    graceful: bool
    retry_quarantined: bool
    since: date | None
    shard: Shard | None


@click.command()
@click.argument("kinds", nargs=-1, callback=kinds_of_names, metavar="[KIND]...")
@click.option(
    "--from",
    "directory",
    type=click.Path(exists=True, file_okay=False),
    help="Sync the files in this directory, however deep, whose names are ids, with or without .json.",
)
@click.option(
    "--id", "document_ids", multiple=True, metavar="ID", help="Sync this document alone; may be given several times."
)
@click.option(
    "--since",
    callback=past_day,
    metavar="YYYY-MM-DD",
    help="List from this day (UTC) on.",
)
@click.option(
    "--shard", callback=share, metavar="I/N", help="Sync one share of all documents: 3/8 is the third of eight."
)
@click.option("--force", is_flag=True, help="Sync again what is known and what is in quarantine.")
@click.option("--graceful", is_flag=True, help="Put documents at fault into quarantine and go on.")
@click.option("--retry-quarantined", is_flag=True, help="Try again what is in quarantine.")
@click.option("--list-quarantined", is_flag=True, help="Show what is in quarantine and why; sync nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors (and the JSON object, with --json).")
def sync(
    kinds: list[DocumentKind],
    directory: str | None,
    document_ids: tuple[str, ...],
    since: date | None,
    shard: Shard | None,
    force: bool,
    graceful: bool,
    retry_quarantined: bool,
    list_quarantined: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Sync documents into the graph.

    KINDs are solver, revsolver, security-indicators, package-analyzer, package-extract (or analysis),
    provenance-checker, adviser, dependency-monkey and inspection. They are synced in this order; without any, all.

    Documents come from the object store that the settings name, or from files. A document goes in whole or not at all;
    one that is known is skipped. So a sync may be interrupted and run again. Eight jobs with --shard 1/8 to 8/8 divide
    the work. --since goes by the day in the documents' ids, of any kind; ids of 2019 name none and are left out.

    The first document at fault ends the sync. With --graceful it goes into quarantine: that object is left alone until
    there is a newer one, or until --retry-quarantined.

    \b
    Example: thoth-storages sync
             thoth-storages sync solver --since 2026-11-01 --graceful
             thoth-storages sync adviser --id adviser-261122113528-9609fe253f1fb928
             thoth-storages sync --from ~/documents --shard 1/8
             thoth-storages sync --list-quarantined solver

    \b
    Exit codes:
      0    nothing failed (documents that were in quarantine before do not count)
      1    a document failed
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting
      4    PostgreSQL or the object store cannot be reached or used
      5    the tables are not ones that this library may change
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    if list_quarantined:
        if directory is not None or document_ids or since or shard or force or graceful or retry_quarantined:
            raise click.UsageError("--list-quarantined goes with KINDs and --json alone")
        _list_quarantined(kinds, as_json)
        return
    chosen = choose(kinds, document_ids, directory, since)
    with _only_errors(quiet):
        _sync(chosen, _Orders(force, graceful, retry_quarantined, since, shard), as_json, quiet)


def _list_quarantined(kinds: Sequence[DocumentKind], as_json: bool) -> None:
    from ..sync import KINDS
    from .sync_ending import connected_graph, ending_of
    from .sync_quarantine import list_quarantined

    def work() -> None:
        with connected_graph() as graph:
            list_quarantined(graph, [kind for kind in KINDS if kind in (kinds or KINDS)], as_json=as_json)

    _leave_after(ending_of(work))


def _sync(chosen: Sequence[Chosen], orders: _Orders, as_json: bool, quiet: bool) -> None:
    """Sync, say what became of it, and leave unless all is well."""
    from .sync_ending import connected_graph, ending_of
    from .sync_progress import sync_progress
    from .sync_summary import Tally, print_summary, summary_for_programs

    tallies = [Tally(one.kind) for one in chosen]

    def work() -> None:
        with connected_graph() as graph, sync_progress(is_wanted=not quiet) as bars:
            _sync_all(chosen, orders, graph, tallies, bars)

    ending = _with_failures(ending_of(work), tallies, graceful=orders.graceful)
    if as_json:
        click.echo(json.dumps(summary_for_programs(tallies, ending), indent=2))
    elif not quiet and (ending.code == 0 or any(tally.outcomes for tally in tallies)):
        print_summary(tallies, is_since=orders.since is not None)
    _leave_after(ending)


def _with_failures(ending: Ending, tallies: Sequence[Tally], *, graceful: bool) -> Ending:
    """The ending; it is not a good one where documents failed, and says what helps where one of them ended it."""
    from ..sync import Outcome

    failed = sum(tally.outcomes[Outcome.FAILED] for tally in tallies)
    looked_at = sum(tally.outcomes.total() for tally in tallies)
    if ending.code == 0 and failed:
        return ending._replace(code=FAILED, message=f"{failed:,} of {looked_at:,} documents could not be synced")
    if ending.code == FAILED and failed and not graceful:
        return ending._replace(message=f"{ending.message}; {_GO_ON}")
    return ending


def _leave_after(ending: Ending) -> None:
    if ending.code == INTERRUPTED:
        sys.exit(INTERRUPTED)  # it was said when it happened
    if ending.message is not None:
        leave(ending.message, ending.code)


def _sync_all(
    chosen: Sequence[Chosen], orders: _Orders, graph: GraphDatabase, tallies: Sequence[Tally], bars: SyncProgress
) -> None:
    """Sync one kind after the other. Raises what ends the sync."""
    from .sync_errors import is_a_documents

    for one, tally in zip(chosen, tallies, strict=True):
        try:
            _sync_kind(one, orders, graph, tally, bars)
        except Exception as error:
            if is_a_documents(error):
                tally.fail(error)
                _count_quarantined(graph, tallies)
            raise
    _count_quarantined(graph, tallies)


def _count_quarantined(graph: GraphDatabase, tallies: Sequence[Tally]) -> None:
    for tally in tallies:
        tally.in_quarantine = graph.get_quarantined_documents_count_all(tally.kind.kind)


def _sync_kind(one: Chosen, orders: _Orders, graph: GraphDatabase, tally: Tally, bars: SyncProgress) -> None:
    from ..sync import iterate_sync

    def count() -> int:
        return one.how_many(orders.since, orders.shard)

    outcomes = iterate_sync(one.kind, one.document_ids, is_local=one.is_local, graph=graph, **orders._asdict())
    closed = closing(cast("Generator[DocumentOutcome]", outcomes))  # its threads end at once, whatever comes
    with tally.timed(), bars.of(name_of(one.kind), count), closed:
        for outcome in outcomes:
            tally.add(outcome)
            bars.add(outcome.outcome)


@contextmanager
def _only_errors(quiet: bool) -> Iterator[None]:
    """Log nothing less than errors meanwhile, if it is to be quiet."""
    logger = logging.getLogger()
    before = logger.level
    if quiet:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
