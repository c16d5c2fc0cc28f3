"""What became of the documents of a sync: counted while it runs, shown as a table or as JSON at its end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from ..exceptions import SchemaError
from ..sync import DocumentKind, DocumentOutcome, Outcome
from ..sync.outcomes import counts_of
from .sync_choice import name_of
from .sync_errors import Ending, message_of

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
        if one.error is not None and len(self.failures) < MOST_FAILURES:
            self.failures.append(Failure.of(self.kind, one.document_id, one.error))

    def fail(self, error: Exception) -> None:
        """Count the document that ended the sync."""
        self.outcomes[Outcome.FAILED] += 1
        self.failures.append(Failure.of(self.kind, None, error))


def numbers_of(tallies: Sequence[Tally]) -> dict[str, Any]:
    """What the columns of the table say of these kinds together; left_alone are those of skipped in quarantine."""
    seen = sum((tally.outcomes for tally in tallies), Counter[Outcome]())
    seconds = sum(tally.seconds for tally in tallies)
    counts = counts_of(seen)
    held = [tally.in_quarantine for tally in tallies]
    return {
        **counts._asdict(),
        "left_alone": seen[Outcome.QUARANTINED],
        "in_quarantine": None if None in held else sum(filter(None, held)),
        "seconds": round(seconds, 3),
        "documents_per_second": round(counts.processed / seconds, 1) if seconds else 0.0,
    }


def summary_for_programs(tallies: Sequence[Tally], ending: Ending) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "exit_code": ending.code,
        "error": ending.message,
        "kinds": {name_of(tally.kind): numbers_of([tally]) for tally in tallies},
        "total": numbers_of(tallies),
        "failures": [failure._asdict() for tally in tallies for failure in tally.failures],
    }


def print_summary(tallies: Sequence[Tally], *, is_since: bool) -> None:
    """The table, and what there is to know about it, on stdout."""
    begun = [tally for tally in tallies if tally.was_begun]
    if not begun:
        return
    console = console_for_tables()
    console.print(_table(begun))
    total = numbers_of(begun)
    if total["left_alone"]:
        console.print(f"{total['left_alone']:,} of those skipped were left alone, in quarantine.", soft_wrap=True)
    if total["in_quarantine"]:
        console.print(
            f"{total['in_quarantine']:,} in quarantine; to see them: thoth-storages sync --list-quarantined; "
            "to try them again: thoth-storages sync --retry-quarantined",
            soft_wrap=True,
        )
    if is_since:
        console.print("Documents whose ids name no day (those of 2019) were not looked at: --since.", soft_wrap=True)


def _table(tallies: Sequence[Tally]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column("kind", no_wrap=True)
    for heading in ("processed", "synced", "skipped", "failed", "in quarantine", "seconds", "per second"):
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
