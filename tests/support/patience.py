"""How patient stores are in tests of faults, and whether they were."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

READ_TIMEOUT = 2.0  # seconds; an answer of a sound server must not take a busy machine as long
ATTEMPTS = 3
PAUSES = 1 + 2  # seconds at most, between so many tries


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever is done takes no longer; on a busy machine a little."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 2


def noise(size: int) -> bytes:
    """Bytes that tell when one of them is missing or twice there."""
    return random.Random(size).randbytes(size)
