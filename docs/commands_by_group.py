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
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.nodes import nested_parse_with_titles

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


class CommandsByGroup(Directive):
    """The sections of all groups."""

    def run(self) -> list[nodes.Node]:
        for command in cli.commands.values():
            path = sys.modules[_callback(command).__module__].__file__
            self.state.document.settings.env.note_dependency(path)
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(self.state, StringList(list(described()), source="the command line"), section)
        return section.children


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
