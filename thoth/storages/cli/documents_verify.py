"""thoth-storages documents verify: whether the graph and object storage agree."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING, cast

import click

from .completing import KindsArgument
from .leaving import FAILED, INTERRUPTED, NEEDS_SOMETHING, leave
from .quiet import quiet_option
from .sync_choice import all_or, kinds_of_names, name_of

if TYPE_CHECKING:
    from ..sync import DocumentKind, VerifiedDocument
    from .documents_report import Report
    from .sync_errors import Ending

_INTERRUPTED = "interrupted: what is not shown was not compared; nothing was changed"


@click.command()
@click.argument("kinds", nargs=-1, cls=KindsArgument, callback=kinds_of_names, metavar="[KIND]...")
@click.option("--content", is_flag=True, help="Fetch what both have, and compare contents instead of ETags.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@quiet_option
def verify(kinds: list[DocumentKind], content: bool, as_json: bool) -> None:
    """Compare object storage with the graph; change nothing in either.

    Documents are shown on which the two do not agree: those that are in storage and not in the graph; those in the
    graph that are gone from storage; those that changed since the graph was told (the ETag is another one; with
    --content, which reads every document, the content is). Those in quarantine are shown with what is wrong with them,
    but are no differences: they are known. A table says how many there are of each.

    What is synced meanwhile agrees. Memory stays as it is, however many documents there are; they are sorted in a
    temporary file (TMPDIR).

    \b
    Example: thoth-storages documents verify
             thoth-storages documents verify solver --content
             thoth-storages documents verify --json | jq -r '.documents[].document_id'

    \b
    Exit codes:
      0    storage and graph agree (what is in quarantine does not count)
      1    they differ
      2    the command is not written as it has to be
      3    something is missing: tables, a database, a setting, a place for a temporary file
      4    PostgreSQL or the object store cannot be reached or used
      5    the tables are not ones of this library
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from .documents_report import JsonReport, TextReport

    chosen = all_or(kinds)
    report = JsonReport(chosen) if as_json else TextReport(chosen)
    ending = _ending(report, content=content, shows_bars=not as_json)
    report.close(ending)
    if ending.code == INTERRUPTED:
        raise SystemExit(INTERRUPTED)  # it was said when it happened
    if ending.message is not None:
        leave(ending.message, ending.code)


def _ending(report: Report, *, content: bool, shows_bars: bool) -> Ending:
    """How it ended. A pipe that nobody reads any more is left to click, which ends quietly."""
    from .sync_ending import ending_of
    from .sync_errors import NotReadyError

    broken: list[BrokenPipeError] = []

    def work() -> None:
        try:
            _verify(report, content=content, shows_bars=shows_bars)
        except BrokenPipeError as error:
            broken.append(error)
        except OSError as error:
            raise NotReadyError(str(error), NEEDS_SOMETHING) from error

    ending = ending_of(work, _INTERRUPTED)
    if broken:
        raise broken[0]
    counted = report.counted
    differ = sum(number for agreement, number in counted.items() if agreement.is_difference)
    if ending.code == 0 and differ:
        return ending._replace(
            code=FAILED, message=f"storage and graph differ on {differ:,} of {counted.total():,} documents"
        )
    return ending


def _verify(report: Report, *, content: bool, shows_bars: bool) -> None:
    """Compare one kind after the other. Raises what ends it."""
    from ..sync import verify_documents
    from .documents_progress import verify_progress
    from .sync_ending import connected_graph

    with connected_graph() as graph, verify_progress(is_wanted=shows_bars) as bars:
        for tally in report.tallies:
            bars.begin(name_of(tally.kind))
            found = verify_documents(tally.kind, graph, content=content, progress=bars.report)
            with closing(cast("Generator[VerifiedDocument]", found)):  # its threads end at once, whatever comes
                for one in found:
                    report.add(tally, one, bars.echo)
            tally.is_complete = True
