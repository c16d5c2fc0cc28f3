"""The bar of thoth-storages documents verify: on stderr, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from ..sync import VerifyStep
from .quiet import is_quiet, say

_DOES = {
    VerifyStep.LISTING: "listing",
    VerifyStep.READING_THE_LEDGER: "reading the ledger",
    VerifyStep.COMPARING: "comparing",
}


class VerifyProgress:
    """One bar for one kind after the other: what is done with it, documents so far, documents/s."""

    def __init__(self, bars: Progress, *, is_shown: bool) -> None:
        self._bars = bars
        self._is_shown = is_shown
        self._task = bars.add_task("", total=None)
        self._name = ""
        self._step: VerifyStep | None = None

    def begin(self, name: str) -> None:
        """Go on with the kind of this name."""
        self._name, self._step = name, None

    def report(self, step: VerifyStep, done: int, of: int | None) -> None:
        """Show how many documents a step is done with."""
        if not self._is_shown:
            return
        if step is not self._step:
            self._step = step
            self._bars.reset(self._task, total=of, description=f"{self._name}: {_DOES[step]}")
        self._bars.update(self._task, completed=done)

    def echo(self, text: str) -> None:
        """Print to stdout; above the bar, where both are on a terminal. A line is not broken."""
        if self._is_shown and sys.stdout.isatty():
            self._bars.console.print(text, soft_wrap=True, markup=False, highlight=False)
        else:
            say(text)


@contextmanager
def verify_progress(*, is_wanted: bool) -> Iterator[VerifyProgress]:
    """A bar on stderr, where it is wanted and that is a terminal; it goes away at the end."""
    console = Console(stderr=True)
    is_shown = is_wanted and not is_quiet() and sys.stderr.isatty() and not console.is_dumb_terminal
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), _Figures())
    # What is printed to stdout must arrive there: it may be a file.
    bars = Progress(*columns, console=console, transient=True, redirect_stdout=False)
    with bars if is_shown else nullcontext():
        yield VerifyProgress(bars, is_shown=is_shown)


class _Figures(ProgressColumn):
    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        of = "" if task.total is None else f" of {task.total:,.0f}"
        speed = task.completed / task.elapsed if task.elapsed else 0.0
        return Text(f"{task.completed:,.0f}{of}, {speed:,.0f} documents/s")
