"""Child processes of a test: they end without cleaning up, whatever they did, and can be killed anywhere."""

from __future__ import annotations

import os
import signal
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

_SECONDS = 60  # that a child may take


class Child(NamedTuple):
    """A child that was started; it says on the pipe what went wrong."""

    pid: int
    pipe: int

    def result(self) -> int:
        """How it ended, as os.waitstatus_to_exitcode() says; AssertionError with what it raised."""
        with os.fdopen(self.pipe, "rb") as pipe:
            said = pipe.read().decode(errors="replace")
        _, status = os.waitpid(self.pid, 0)
        assert not said, said
        return os.waitstatus_to_exitcode(status)


def start(work: Callable[[], object]) -> Child:
    """Do the work in a child."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads than ours are not needed in it
        pid = os.fork()
    if pid:
        os.close(writing)
        return Child(pid, reading)
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_SECONDS)
        work()
        os._exit(0)
    except BaseException:
        os.write(writing, traceback.format_exc()[-8000:].encode())
    finally:
        os._exit(1)


def all_at_once(works: list[Callable[[], object]]) -> None:
    """Do each in a child of its own; they start together. AssertionError with what one of them raised."""
    gate, opener = os.pipe()

    def after_the_start(work: Callable[[], object]) -> None:
        os.close(opener)
        os.read(gate, 1)
        work()

    children = [start(partial(after_the_start, work)) for work in works]
    os.close(opener)
    codes = [child.result() for child in children]
    os.close(gate)
    assert codes == [0] * len(works)
