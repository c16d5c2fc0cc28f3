"""Checks of the surroundings: what they find, one after the other, each in its own time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ..exceptions import SettingMissingError, ThothStorageExceptionError
from .sync_errors import printable

if TYPE_CHECKING:
    from ..graph.server_state import ServerState

OK, WARNING, PROBLEM, SKIPPED = "ok", "warning", "problem", "skipped"

_ADVICE = "; check "
_WITH_PASSWORD = re.compile(r"[^\s/'\"@]+:[^\s/'\"@]+@")


class Finding(NamedTuple):
    """What a check found, in one line, and what to type or to set; more are lines for whoever wants to know."""

    status: str
    detail: str
    advice: str = ""
    more: tuple[str, ...] = ()


@dataclass
class Surroundings:
    """What checks hand on to those after them."""

    server: ServerState | None = None


class Check(NamedTuple):
    """A check and its name."""

    name: str
    look: Callable[[Surroundings], Finding]


class Checked(NamedTuple):
    """The name of a check, and what it found."""

    name: str
    finding: Finding


def checked(checks: Sequence[Check], seconds: float) -> Iterator[Checked]:
    """What each of the checks finds, in their order; one that takes longer is left behind and is a problem."""
    surroundings = Surroundings()
    for check in checks:
        finding = _in_time(check, surroundings, seconds)
        yield Checked(check.name, finding._replace(detail=without_passwords(finding.detail)))


def without_passwords(text: str) -> str:
    """A text in which no address has a user and a password, whoever wrote them into it."""
    return _WITH_PASSWORD.sub("********@", text)


def _in_time(check: Check, surroundings: Surroundings, seconds: float) -> Finding:
    # Neither libpq nor a resolver of names nor a network file system can be interrupted; a thread can be left alone.
    found: list[Finding] = []
    thread = threading.Thread(target=lambda: found.append(_found(check, surroundings)), daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        return Finding(PROBLEM, f"no answer within {seconds:g} s", "see whether it is only slow: --timeout SECONDS")
    return found[0]


def _found(check: Check, surroundings: Surroundings) -> Finding:
    """What a check finds; whatever it raises is a problem."""
    try:
        return check.look(surroundings)
    except ThothStorageExceptionError as error:
        return problem_of(error)
    except OSError as error:
        return Finding(PROBLEM, printable(str(error)))
    except Exception as error:  # only our own errors are known to hold no secret
        return Finding(PROBLEM, f"{type(error).__name__}: this is a defect of the library", "please report it")


def problem_of(error: Exception) -> Finding:
    """What an error says, and what it says helps."""
    if isinstance(error, SettingMissingError):
        return Finding(PROBLEM, printable(str(error)), f"export {error.name}=...")
    said, found, advice = printable(str(error)).rpartition(_ADVICE)
    return Finding(PROBLEM, said, f"check {advice}") if found else Finding(PROBLEM, advice)
