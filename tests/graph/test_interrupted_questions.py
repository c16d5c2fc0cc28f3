"""An interruption, such as Ctrl-C in a notebook, may strike anywhere: it costs the adapter nothing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import QueuePool
from support.documents import PYPI, Document

from thoth.storages.graph import GraphDatabase

TIMES = 250
LONGEST = 0.02  # seconds

# One that strikes while an object goes away is only printed.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def interrupt_after() -> Iterator[Callable[[float], object]]:
    """Raise KeyboardInterrupt in this thread after so many seconds; what did it before does it again at the end."""

    def after(seconds: float) -> object:
        return signal.setitimer(signal.ITIMER_REAL, seconds)

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    yield after
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def _interrupted(work: Callable[[], object], interrupt_after: Callable[[float], object]) -> int:
    """How often work that is done again and again was interrupted, each time a little later."""
    interruptions = 0
    for place in range(1, TIMES + 1):
        end = time.monotonic() + 1
        try:
            interrupt_after(LONGEST * place / TIMES)
            while time.monotonic() < end:
                work()
        except KeyboardInterrupt:
            interruptions += 1
    return interruptions


def _in_use(graph: GraphDatabase) -> int:
    pool = graph._connected_engine().pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_questions_that_are_interrupted_leave_no_connection_in_use(
    filled: GraphDatabase, interrupt_after: Callable[[float], object]
) -> None:
    interruptions = _interrupted(
        lambda: filled.get_python_package_hashes_sha256("flask", "3.0.3", PYPI), interrupt_after
    )
    assert interruptions > TIMES * 0.9
    assert filled.get_python_package_hashes_sha256("flask", "3.0.3", PYPI)
    assert _in_use(filled) == 0


def test_documents_that_are_interrupted_leave_no_connection_in_use(
    graph: GraphDatabase, documents: list[Document], interrupt_after: Callable[[float], object]
) -> None:
    interruptions = _interrupted(lambda: graph.sync_solver_result(documents[0], force=True), interrupt_after)
    assert interruptions > TIMES * 0.9
    graph.sync_solver_result(documents[0])
    assert _in_use(graph) == 0
