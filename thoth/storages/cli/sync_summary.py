"""What became of the documents of a sync: counted while it runs, shown as a table or as JSON at its end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from ..exceptions import NotFoundError, SchemaError
from ..sync import DocumentKind, DocumentOutcome, Outcome
from ..sync.outcomes import counts_of
from .sync_choice import name_of
from .sync_errors import Ending, message_of
from .wording import how_many

MOST_FAILURES = 100
"""Of a kind, that the JSON names; all of them are in the log and in quarantine."""

UNCUT = 4000
"""Columns, where lines are not to be broken: an error has no more characters than half of that."""


class Failure(NamedTuple):
    """A document that could not be synced, and why; path is the place in it, where the error names one."""

    kind: str
    document_id: str | None
    message: str
    path: str | None
    expected: str | None

    @classmethod
    def of(cls, kind: DocumentKind, document_id: str | None, error: Exception) -> Failure:
        """What an error says of a document; without an id, the error's own words have to name it."""
        path, expected = None, None
        if isinstance(error, SchemaError):
            document_id, path, expected = document_id or error.document_id, error.path, error.expected
        return cls(name_of(kind), document_id, message_of(error), path, expected)


@dataclass
class Tally:
    """What became of the documents of a kind so far, in how many seconds."""

    kind: DocumentKind
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    was_begun: bool = False
    in_quarantine: int | None = None
    """After the sync, all of this kind, whichever sync put them there; None where nobody asked."""
    waiting: int | None = None
    """After the sync, all of this kind that wait for packages; None where nobody asked."""
    is_missing_some: bool = False
    """Whether a document was not there."""

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Count the seconds meanwhile."""
        self.was_begun, began = True, time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - began

    def add(self, one: DocumentOutcome) -> None:
        """Count a document."""
        self.outcomes[one.outcome] += 1
        self.is_missing_some |= isinstance(one.error, NotFoundError)
        if one.error is not None and len(self.failures) < MOST_FAILURES:
            self.failures.append(Failure.of(self.kind, one.document_id, one.error))

    def fail(self, error: Exception) -> None:
        """Count the document that ended the sync."""
        self.outcomes[Outcome.FAILED] += 1
        self.is_missing_some |= isinstance(error, NotFoundError)
        self.failures.append(Failure.of(self.kind, None, error))


def numbers_of(tallies: Sequence[Tally]) -> dict[str, Any]:
    """What the columns of the table say of these kinds together; left_alone are those of skipped in quarantine."""
    seen = sum((tally.outcomes for tally in tallies), Counter[Outcome]())
    seconds = sum(tally.seconds for tally in tallies)
    counts = counts_of(seen)
    return {
        **counts._asdict(),
        "left_alone": seen[Outcome.QUARANTINED],
        "in_quarantine": _sum(tally.in_quarantine for tally in tallies),
        "waiting": _sum(tally.waiting for tally in tallies),
        "seconds": round(seconds, 3),
        "documents_per_second": round(counts.processed / seconds, 1) if seconds else 0.0,
    }


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Their sum; None where one is not known."""
    known = list(numbers)
    return None if None in known else sum(filter(None, known))


def summary_for_programs(tallies: Sequence[Tally], ending: Ending) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "exit_code": ending.code,
        "error": ending.message,
        "kinds": {name_of(tally.kind): numbers_of([tally]) for tally in tallies},
        "total": numbers_of(tallies),
        "failures": [failure._asdict() for tally in tallies for failure in tally.failures],
    }


def print_summary(tallies: Sequence[Tally], *, retry: str) -> None:
    """The table, and what there is to know about it, on stdout; retry is the command that tries again."""
    begun = [tally for tally in tallies if tally.was_begun]
    if not begun:
        return
    console = console_for_tables()

    def show() -> None:
        console.print(_table(begun))
        for line in _remarks(numbers_of(begun), retry):
            console.print(line, soft_wrap=True)

    echo_printed(console, show)


def _remarks(total: dict[str, Any], retry: str) -> Iterator[str]:
    """What remains to be done: documents in quarantine, documents that wait."""
    if total["in_quarantine"]:
        are, these = ("is", "it") if total["in_quarantine"] == 1 else ("are", "them")
        skipped = f" ({total['left_alone']:,} skipped now)" if total["left_alone"] else ""
        yield (
            f"{how_many(total['in_quarantine'], 'document')} {are} in quarantine, since this sync or earlier{skipped}; "
            f"to see {these}: thoth-storages sync --list-quarantined; to try again: {retry}"
        )
    if total["waiting"]:
        waits, these = ("waits", "it") if total["waiting"] == 1 else ("wait", "them")
        yield (
            f"{how_many(total['waiting'], 'document')} {waits} for packages that nobody solved; "
            f"to see {these}: thoth-storages sync --list-waiting"
        )


def _table(tallies: Sequence[Tally]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("kind", no_wrap=True)
    for heading in ("processed", "synced", "skipped", "failed", "quarantined by now", "seconds", "per second"):
        table.add_column(heading, justify="right")
    for tally in tallies:
        table.add_row(name_of(tally.kind), *_cells([tally]))
    if len(tallies) > 1:
        table.add_row("all", *_cells(tallies), style="bold")
    return table


def _cells(tallies: Sequence[Tally]) -> list[str]:
    numbers = numbers_of(tallies)
    held = numbers["in_quarantine"]
    counted = [f"{numbers[name]:,}" for name in ("processed", "synced", "skipped", "failed")]
    rates = [f"{numbers[name]:,.1f}" for name in ("seconds", "documents_per_second")]
    return [*counted, "-" if held is None else f"{held:,}", *rates]


def console_for_tables() -> Console:
    """For stdout: as wide as the terminal; where it is none, wide enough to cut nothing, and in black and white."""
    width = None if sys.stdout.isatty() else UNCUT
    return Console(width=width, highlight=False, markup=False)


def echo_printed(console: Console, show: Callable[[], object]) -> None:
    """Echo what is printed on a console: rich itself ends the process where nobody reads it any more."""
    with console.capture() as captured:
        show()
    click.echo(captured.get(), nl=False, color=True)
