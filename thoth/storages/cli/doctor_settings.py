"""Whether the environment variables are those that were meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import click

from .. import config
from ..exceptions import SettingError, SettingMissingError
from .doctor_checks import OK, PROBLEM, WARNING, Finding
from .sync_errors import printable
from .wording import how_many

_OURS = "THOTH_STORAGES_"
_PERHAPS_OURS = ("THOTH_", "KNOWLEDGE_GRAPH_", "GRAPH_")
"""Other services have names that start so; what is much like one of ours is told alone."""

_OF_TESTS = ("THOTH_STORAGES_TEST_",)
_ALIKE, _MUCH_ALIKE = 0.6, 0.87


def look_at_settings(environ: Mapping[str, str], options: Iterable[str]) -> Finding:
    """What the environment sets; options are the variables that stand for options of the command line."""
    wrong: list[SettingError] = []
    shown: list[str] = []
    for setting in config.all_settings():
        names = [name for name in setting.names if environ.get(name)]
        try:
            setting.read(environ)
        except SettingMissingError:
            pass  # whoever needs it says so
        except SettingError as error:
            wrong.append(error)
        shown += _shown(setting, names, environ, {error.name for error in wrong})
    odd = tuple(_odd(environ, set(options)))
    if wrong:
        others = f", and {how_many(len(wrong) - 1, 'other')}" if len(wrong) > 1 else ""
        return Finding(PROBLEM, f"{wrong[0]}{others}", f"correct it, or: unset {wrong[0].name}", (*odd, *shown))
    if odd:
        others = f" (and {how_many(len(odd) - 1, 'other')})" if len(odd) > 1 else ""
        return Finding(WARNING, f"{odd[0]}{others}", "rename it, or unset it", (*odd[1:], *shown))
    if not shown:
        return Finding(OK, "none is set: defaults hold")
    return Finding(OK, f"{how_many(len(shown), 'variable')} set", more=tuple(shown))


def names_of_options(command: click.Command, prefix: str) -> Iterator[str]:
    """The variables by which options of a command, and of those below it, can be given."""
    for parameter in command.params:
        yield f"{prefix}_{parameter.name}".upper()
    for name, below in getattr(command, "commands", {}).items():
        yield from names_of_options(below, f"{prefix}_{name}".upper().replace("-", "_"))


def _shown(setting: Any, names: list[str], environ: Mapping[str, str], wrong: set[str]) -> Iterator[str]:
    for name in names:
        value = "(not understood)" if name in wrong else _value(setting, environ[name])
        is_used = name == names[0]
        yield f"{name}={value}{'' if is_used else f'  (not used: {names[0]} is set)'}"


def _value(setting: Any, text: str) -> str:
    """A value as it may be shown: a password may stand in an address, too."""
    if setting.secret:
        return "********"
    before, found, after = printable(text).rpartition("@")
    return f"********@{after}" if found and before else printable(text)


def _odd(environ: Mapping[str, str], options: set[str]) -> Iterator[str]:
    """A line for each variable that looks like one of ours and is none."""
    ours = [name for setting in config.all_settings() for name in setting.names]
    known = {*ours, *options}
    for name in sorted(environ):
        if name in known or not environ[name] or name.startswith(_OF_TESTS):
            continue
        is_ours = name.upper().startswith(_OURS)
        if is_ours or name.upper().startswith(_PERHAPS_OURS):
            alike = get_close_matches(name.upper(), ours, 1, _ALIKE if is_ours else _MUCH_ALIKE)
            if alike or is_ours:
                meant = f"; did you mean {alike[0]}?" if alike else ""
                yield f"{printable(name)} is no variable of this library{meant}"
