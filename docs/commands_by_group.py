"""For Sphinx: the directive commands-by-group, which describes the command line as its help groups it.

A section for each group of thoth/storages/cli/grouped.py, in it each command with its subcommands, by sphinx-click.
Help is plain text: what reStructuredText would take for markup in it stands as it is, and what is to stay as it is in a
terminal (after click's mark \\b) is a literal block.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import groupby

import click
from sections import Sections
from sphinx.application import Sphinx

from thoth.storages.cli import cli
from thoth.storages.cli.grouped import GROUPS

_STAYS = "| "
"""How sphinx-click marks a line that is to stay as it is: as one of a block of lines."""


def described() -> Iterator[str]:
    """All sections as the lines of a text in reStructuredText."""
    for title, names in GROUPS.items():
        yield from (title, "-" * len(title), "")
        for name in names:
            place = _place(cli.commands[name])
            yield from (f".. click:: {place}", f"   :prog: thoth-storages {name}", "   :nested: full", "")


def _place(command: click.Command) -> str:
    """Where a command can be imported from: module:name."""
    module = sys.modules[_callback(command).__module__]
    (name,) = [name for name, value in vars(module).items() if value is command][:1]
    return f"{module.__name__}:{name}"


def _callback(command: click.Command) -> object:
    assert command.callback is not None
    return command.callback


class CommandsByGroup(Sections):
    """The sections of all groups."""

    def lines(self) -> Iterator[str]:
        return described()

    def modules(self) -> Iterator[str]:
        for command in cli.commands.values():
            yield str(sys.modules[_callback(command).__module__].__file__)


def keep_as_it_is(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Escape what would be markup in lines of text; directives and their options stay."""
    lines[:] = _kept(lines)


def _kept(lines: list[str]) -> Iterator[str]:
    for stays, group in groupby(lines, lambda line: line.startswith(_STAYS)):
        if stays:
            yield from ("::", "", *(f"   {line.removeprefix(_STAYS)}" for line in group), "")
        else:
            yield from map(_escaped, group)


def _escaped(line: str) -> str:
    kept = re.match(r"\s*(?:\.\. .*|:\w+:.*)?", line)
    assert kept is not None  # it may match nothing
    return kept[0] + re.sub(r"([\\*`|_])", r"\\\1", line[kept.end() :])


def setup(app: Sphinx) -> dict[str, object]:
    app.setup_extension("sphinx_click")
    app.connect("sphinx-click-process-description", keep_as_it_is)
    app.connect("sphinx-click-process-options", keep_as_it_is)
    app.add_directive("commands-by-group", CommandsByGroup)
    return {"parallel_read_safe": True}
