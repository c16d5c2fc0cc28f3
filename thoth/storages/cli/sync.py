"""thoth-storages sync: documents from object storage, or from files, into the graph."""

from __future__ import annotations

import json
import logging
import os
import shlex
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import click

from .completing import KindsArgument
from .leaving import FAILED, INTERRUPTED, leave
from .quiet import is_quiet, quiet_option, say
from .sync_choice import Chosen, choose, kinds_of_names, name_of, past_day, share
from .wording import how_many

if TYPE_CHECKING:
    from ..graph.postgres import GraphDatabase
    from ..sync import DocumentKind, DocumentOutcome, Shard
    from .sync_errors import Ending
    from .sync_progress import SyncProgress
    from .sync_summary import Tally

_GO_ON = "the sync ended there (--graceful puts such documents into quarantine and goes on)"
_GO_ON_WITHOUT = "the sync ended there (--graceful goes on with the others)"
_SUFFIX = ".json"


class _Orders(NamedTuple):
    force: bool
    graceful: bool
    retry_quarantined: bool
    since: date | None
    shard: Shard | None


@click.command()
@click.argument("kinds", nargs=-1, cls=KindsArgument, callback=kinds_of_names, metavar="[KIND]...")
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
@click.option(
    "--release-quarantined",
    "released_ids",
    multiple=True,
    metavar="ID",
    help="Take this document out of quarantine; may be given several times; sync nothing.",
)
@click.option("--list-waiting", is_flag=True, help="Show which documents wait for packages; sync nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
@quiet_option
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
    released_ids: tuple[str, ...],
    list_waiting: bool,
    as_json: bool,
) -> None:
    """Sync documents into the graph.

    KINDs are solver, revsolver, security-indicators, package-analyzer, package-extract (or analysis),
    provenance-checker, adviser, dependency-monkey and inspection. They are synced in this order; without any, all.

    Documents come from the object store that the settings name, or from files. One that is known is skipped, so a sync
    may be interrupted and run again; one that waits for packages that nobody solved is told again by each sync. Eight
    jobs with --shard 1/8 to 8/8 divide the work. --since goes by the day in the documents' ids, of any kind; ids of
    2019 name none and are left out.

    The first document at fault ends the sync. With --graceful it goes into quarantine: an object that a listing gave is
    left alone until there is a newer one, or until --retry-quarantined. Files, and documents named by --id, are tried
    each time.

    \b
    Example: thoth-storages sync
             thoth-storages sync solver --since 2026-11-01 --graceful
             thoth-storages sync adviser --id adviser-261122113528-9609fe253f1fb928
             thoth-storages sync --from ~/documents --shard 1/8
             thoth-storages sync --list-quarantined solver
             thoth-storages sync --release-quarantined adviser-261122113528-9609fe253f1fb928

    \b
    Exit codes:
      0    nothing failed (documents that were in quarantine before do not count)
      1    a document failed, or is not in quarantine
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting
      4    PostgreSQL or the object store cannot be reached or used
      5    the tables are not ones that this library may change
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    orders = _Orders(force, graceful, retry_quarantined, since, shard)
    asides = {
        "--list-quarantined": list_quarantined,
        "--release-quarantined": bool(released_ids),
        "--list-waiting": list_waiting,
    }
    for name, is_wanted in asides.items():
        if is_wanted:
            if sum(asides.values()) > 1 or directory is not None or document_ids or any(orders):
                raise click.UsageError(f"{name} goes with KINDs and --json alone")
            _leave_after(_done_aside(name, [kind for kind, *_ in choose(kinds, (), None, None)], released_ids, as_json))
            return
    chosen = choose(kinds, document_ids, directory, since)
    with _said_once():
        _sync(chosen, orders, as_json, directory)


def _done_aside(name: str, kinds: Sequence[DocumentKind], released_ids: Sequence[str], as_json: bool) -> Ending:
    """How that ended which is asked for instead of a sync."""
    from .sync_ending import connected_graph, ending_of
    from .sync_quarantine import list_quarantined, release_quarantined
    from .sync_waiting import list_waiting

    def work() -> None:
        with connected_graph() as graph, _without_readers():
            if name == "--list-quarantined":
                list_quarantined(graph, kinds, as_json=as_json)
            elif name == "--list-waiting":
                list_waiting(graph, kinds, as_json=as_json)
            else:
                release_quarantined(graph, kinds, released_ids, as_json=as_json)

    return ending_of(work)


def _sync(chosen: Sequence[Chosen], orders: _Orders, as_json: bool, directory: str | None) -> None:
    """Sync, say what became of it, and leave unless all is well."""
    from .sync_ending import connected_graph, ending_of
    from .sync_nothing import no_document
    from .sync_progress import sync_progress
    from .sync_summary import Tally, print_summary, summary_for_programs

    tallies = [Tally(one.kind) for one in chosen]

    def work() -> None:
        with connected_graph() as graph, sync_progress() as bars:
            _sync_all(chosen, orders, graph, tallies, bars)

    ending = _with_failures(ending_of(work), chosen, tallies, graceful=orders.graceful)
    looked_at = any(tally.outcomes for tally in tallies)
    with _without_readers():
        if as_json:
            click.echo(json.dumps(summary_for_programs(tallies, ending), indent=2))
        elif not is_quiet() and (ending.code == 0 or looked_at):
            print_summary(tallies, retry=_retry(directory))
    is_listed = all(one.document_ids is None for one in chosen)
    if ending.code == 0 and not looked_at and is_listed and orders.shard is None:
        say(no_document([one.kind for one in chosen], orders.since), err=True)
    _leave_after(ending)


def _retry(directory: str | None) -> str:
    """The command that tries again what is in quarantine: files have no ETag that it would be asked for."""
    again = "--retry-quarantined" if directory is None else f"--from {shlex.quote(directory)}"
    return f"thoth-storages sync --graceful {again}"


@contextmanager
def _without_readers() -> Iterator[None]:
    """Go on where nobody reads what is printed any more: what was to be done is done."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        with Path(os.devnull).open("w") as nowhere:  # else the interpreter complains when it flushes at the end
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _with_failures(ending: Ending, chosen: Sequence[Chosen], tallies: Sequence[Tally], *, graceful: bool) -> Ending:
    """The ending; it is not a good one where documents failed, and says what helps where one of them ended it."""
    from ..sync import Outcome

    failed = sum(tally.outcomes[Outcome.FAILED] for tally in tallies)
    looked_at = sum(tally.outcomes.total() for tally in tallies)
    if ending.code == 0 and failed:
        said = f"{failed:,} of {how_many(looked_at, 'document')} could not be synced"
        ending = ending._replace(code=FAILED, message=said)
    if ending.code != FAILED or not failed:
        return ending
    return ending._replace(message="; ".join([ending.message or "", *_what_helps(chosen, tallies, graceful=graceful)]))


def _what_helps(chosen: Sequence[Chosen], tallies: Sequence[Tally], *, graceful: bool) -> Iterator[str]:
    is_missing_some = any(tally.is_missing_some for tally in tallies)
    named = [document_id for one in chosen if not one.is_local for document_id in one.document_ids or ()]
    if is_missing_some and any(document_id.endswith(_SUFFIX) for document_id in named):
        yield f"ids are given without {_SUFFIX}"
    if not graceful and not is_missing_some:
        yield _GO_ON
    elif not graceful and len(named) != 1:
        yield _GO_ON_WITHOUT


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
                _count_what_is_left(graph, tallies)
            raise
    _count_what_is_left(graph, tallies)


def _count_what_is_left(graph: GraphDatabase, tallies: Sequence[Tally]) -> None:
    waiting = graph.get_waiting_documents_count_per_kind()
    for tally in tallies:
        tally.waiting = waiting.get(tally.kind.kind, 0)
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
def _said_once() -> Iterator[None]:
    """Log nothing meanwhile that the summary says."""
    logger = logging.getLogger("thoth.storages.sync.syncing")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
