"""How a sync begins and ends: with a graph to sync to; well, by an error, or by Ctrl-C."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import config
from ..graph.postgres import GraphDatabase
from .interrupting import interruptible
from .leaving import FAILED, INTERRUPTED, NEEDS_SOMETHING, NOT_OURS, UNREACHABLE
from .nearby import start_one
from .sync_errors import Ending, NotReadyError, code_of, is_expected, message_of

_LOGGER = logging.getLogger(__name__)

_INTERRUPTED = "interrupted: what was synced is kept, nothing is half written; run it again to go on"

# What keeps a sync from beginning; tables that are behind or ahead may do, and connect() warns of them.
_NOT_READY = {
    "empty": NEEDS_SOMETHING,
    "adoptable": NEEDS_SOMETHING,
    "unreachable": UNREACHABLE,
    "diverged": NOT_OURS,
    "foreign": NOT_OURS,
}


@contextmanager
def connected_graph() -> Iterator[GraphDatabase]:
    """The graph that the settings name. Raises NotReadyError where there are no tables of ours, and SettingError."""
    config.check()  # to schema_status() a setting that cannot be understood is one more thing that is out of reach
    graph = GraphDatabase()
    found = graph.schema_status()
    code = _NOT_READY.get(found.state.value)
    if code == UNREACHABLE:
        raise NotReadyError(start_one(found.detail), code)
    if code is not None:
        raise NotReadyError(f"{found.place}: {found.detail}; what helps: {found.advice}", code)
    graph.connect()
    try:
        yield graph
    finally:
        graph.disconnect()


def ending_of(work: Callable[[], None], interrupted: str = _INTERRUPTED) -> Ending:
    """How the work ended; where it was interrupted or met a defect of ours, that was said already."""
    try:
        with interruptible(interrupted), _interrupted_at_once():
            work()
    except SystemExit:
        return Ending(INTERRUPTED, interrupted)
    except Exception as error:
        code = code_of(error)
        if code == FAILED and not is_expected(error):
            _LOGGER.error("this is a defect of the library; please report it", exc_info=error)
        return Ending(code, message_of(error))
    return Ending(0)


@contextmanager
def _interrupted_at_once() -> Iterator[None]:
    """Inside of interruptible(): let Ctrl-C end what waits for documents or works on them, too, not only statements."""
    from psycopg2 import extensions

    came, wait = signal.getsignal(signal.SIGINT), extensions.get_wait_callback()
    is_waiting = False

    def wait_and_say_so(connection: Any) -> None:
        nonlocal is_waiting
        is_waiting = True
        try:
            if wait is not None:
                wait(connection)
        finally:
            is_waiting = False

    def stop(number: int, frame: Any) -> None:
        if callable(came):
            came(number, frame)
        if not is_waiting:  # else the statement is cancelled, which the server has to answer
            raise KeyboardInterrupt

    if came is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    extensions.set_wait_callback(wait_and_say_so)
    yield  # interruptible() puts back what was there before
