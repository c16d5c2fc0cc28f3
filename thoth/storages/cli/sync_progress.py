"""The bar of thoth-storages sync: on a terminal only, below what is logged."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from threading import Thread

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from ..sync import Outcome
from .quiet import is_quiet

_LOGGER = logging.getLogger(__name__)


class SyncProgress:
    """A bar for each kind: documents of how many, documents/s, the time that remains, failures so far.

    How many there are is counted while the first of them are synced: a listing of millions takes minutes.
    """

    def __init__(self, bars: Progress, *, is_shown: bool) -> None:
        self._bars = bars
        self._is_shown = is_shown
        self._task = TaskID(-1)
        self._done = self._failed = 0

    @contextmanager
    def of(self, name: str, count: Callable[[], int]) -> Iterator[None]:
        """Show a bar of this name meanwhile; it is full afterwards, unless an error came."""
        if not self._is_shown:
            yield
            return
        self._done = self._failed = 0
        self._task = self._bars.add_task(name, total=math.inf, failed=0)
        Thread(target=self._count, args=(self._task, count), name="thoth-count", daemon=True).start()
        yield
        self._bars.update(self._task, total=self._done)
        self._bars.stop_task(self._task)

    def add(self, outcome: Outcome) -> None:
        """Count a document."""
        if self._is_shown:
            self._done += 1
            self._failed += outcome is Outcome.FAILED
            self._bars.update(self._task, completed=self._done, failed=self._failed)

    def _count(self, task: TaskID, count: Callable[[], int]) -> None:
        try:
            total = count()
        except Exception as error:  # the sync meets it as well, and says so
            _LOGGER.debug("documents could not be counted: %s", error)
            return
        if task == self._task:
            self._bars.update(task, total=total)


@contextmanager
def sync_progress(*, is_wanted: bool = True) -> Iterator[SyncProgress]:
    """Bars on stderr, where they are wanted and that is a terminal; they go away at the end."""
    console = Console(stderr=True)
    is_shown = is_wanted and not is_quiet() and sys.stderr.isatty() and not console.is_dumb_terminal
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), _Figures())
    bars = Progress(*columns, console=console, transient=True)
    with bars if is_shown else nullcontext(), _log_above(is_shown):  # old ones end a line even when they are disabled
        yield SyncProgress(bars, is_shown=is_shown)


class _Figures(ProgressColumn):
    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        figures = [f"{task.completed:,.0f}", f"{_speed(task):,.0f} documents/s"]
        if not math.isinf(task.total or math.inf):
            figures[0] += f" of {task.total:,.0f}"
            if _speed(task) and not task.stop_time:
                rest = max(0.0, (task.total or 0) - task.completed) / _speed(task)
                figures.append(f"{timedelta(seconds=round(rest))} left")
        failed = Text(f"{task.fields['failed']:,} failed", style="red" if task.fields["failed"] else "")
        return Text(", ").join([*map(Text, figures), failed])


def _speed(task: Task) -> float:
    """Documents in a second: of late, or, before that is known and after the end, on the whole."""
    of_late = None if task.stop_time else task.speed
    return of_late or (task.completed / task.elapsed if task.elapsed else 0.0)


@contextmanager
def _log_above(is_shown: bool) -> Iterator[None]:
    """Log to what stands for stderr while bars are shown, which prints above them."""
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if is_shown and isinstance(handler, logging.StreamHandler) and handler.stream is sys.__stderr__
    ]
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.__stderr__)
