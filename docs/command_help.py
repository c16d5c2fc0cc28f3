"""For Sphinx: lines of a command's help that are to stay as they are (after click's mark \\b) are shown as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import click
from sphinx.application import Sphinx

_STAYS = "| "
"""How sphinx-click marks such a line: a block of lines, whose words may still be taken for markup."""


def as_they_are(lines: Iterable[str]) -> Iterator[str]:
    """The lines, with what is to stay as it is in literal blocks."""
    for stays, group in groupby(lines, lambda line: line.startswith(_STAYS)):
        if stays:
            yield from ("::", "", *(f"   {line.removeprefix(_STAYS)}" for line in group), "")
        else:
            yield from group


def _process(_app: Sphinx, _context: click.Context, lines: list[str]) -> None:
    lines[:] = as_they_are(lines)


def setup(app: Sphinx) -> dict[str, object]:
    app.setup_extension("sphinx_click")
    app.connect("sphinx-click-process-description", _process)
    return {"parallel_read_safe": True}
