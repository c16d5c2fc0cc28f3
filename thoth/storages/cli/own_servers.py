"""What commands have in common that start servers of their own and leave nothing behind."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .. import config
from .leaving import BY_SIGNAL


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Turn a closed terminal, or a request to end, into an exit that cleans up."""
    signals = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda caught, _frame: sys.exit(BY_SIGNAL + caught)) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def only_these_settings(settings: dict[str, str]) -> Iterator[None]:
    """Hold just these settings of ours in the environment, whatever the user's are."""
    ours = {name for setting in config.all_settings() for name in setting.names}
    before = dict(os.environ)
    for name in ours:
        os.environ.pop(name, None)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def quiet(logger_name: str) -> Iterator[None]:
    """Leave out warnings: that the database is not there yet is what the next line mends."""
    logger = logging.getLogger(logger_name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
