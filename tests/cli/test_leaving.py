"""How commands end that are asked to."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import pytest

from thoth.storages.cli.leaving import BY_SIGNAL, hearing_signals_again


class _AskedWhileItIsForgotten:
    """Something whose finalizer a signal interrupts, where Python cannot raise what the handler does."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self._number)
        time.sleep(0.2)


def _ends(number: int, _frame: Any) -> None:
    sys.exit(BY_SIGNAL + number)


@pytest.mark.parametrize(
    ("number", "handler", "raised"),
    [(signal.SIGINT, signal.default_int_handler, KeyboardInterrupt), (signal.SIGTERM, _ends, SystemExit)],
)
def test_a_signal_that_a_finalizer_swallowed_is_heard_again(
    number: signal.Signals, handler: Any, raised: type[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.signal(number, handler)
    try:
        with pytest.raises(raised), hearing_signals_again():
            _AskedWhileItIsForgotten(number)
            time.sleep(10)
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == ""


def test_any_other_error_of_a_finalizer_is_told_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    class Broken:
        def __del__(self) -> None:
            raise ValueError("of its own")

    monkeypatch.setattr(sys, "unraisablehook", lambda lost: told.append(str(lost.exc_value)))
    with hearing_signals_again():
        Broken()
    assert told == ["of its own"]
