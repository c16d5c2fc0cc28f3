"""Pictures of packages and what they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

KINDS = {".svg": "svg", ".png": "png", ".dot": "dot"}

_MOST = 500
"""Packages that Graphviz lays out in seconds, and that somebody can still read."""

_FRAME = (
    "rankdir=LR; ranksep=0.6; nodesep=0.15; pad=0.2;",
    'node [shape=box, style="rounded,filled", fontname=Helvetica, fontsize=11, fillcolor="#eef3f8"];',
    'edge [fontname=Helvetica, fontsize=9, color="#555555", arrowsize=0.7];',
)
_ASKED = {"fillcolor": "#9cc5ec", "penwidth": "2"}
_STATES = {
    "not solved": {"fillcolor": "#fbe3c0", "style": "rounded,filled,dashed"},
    "solver error": {"fillcolor": "#f6c6c6"},
}


class Box(NamedTuple):
    """A package in a picture: its name and version, where it is, what is wrong with it, whether it was asked about."""

    title: str
    place: str = ""
    state: str = ""
    is_asked: bool = False

    @property
    def key(self) -> str:
        """What no two boxes of a picture have in common."""
        return f"{self.title} {self.place}".rstrip()


class Line(NamedTuple):
    """That one package needs another, and why: an extra, a marker, a range of versions."""

    box: Box
    needed: Box
    why: str = ""


class Picture(NamedTuple):
    """Packages, and which needs which."""

    boxes: list[Box]
    lines: list[Line]


def _picture(context: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    if value is not None and Path(value).suffix.lower() not in KINDS:
        expected = f"{value}: expected a name that ends with {', '.join(KINDS)}"
        raise click.BadParameter(expected, context, parameter)
    return None if value is None else Path(value)


def in_picture(command: F) -> F:
    """The option that asks for a picture, given to the command as picture."""
    return click.option(
        "-o",
        "--output",
        "picture",
        type=click.Path(dir_okay=False),
        callback=_picture,
        metavar="FILE",
        help="Draw it instead, into a file whose name ends with .svg, .png or .dot.",
    )(command)


def write_picture(path: Path, picture: Picture, *, beside_json: bool) -> None:
    """Draw a picture into a file, and say so: on stderr where JSON goes to stdout.

    Raises ClickException, and leaves what is there, where there is no Graphviz (a .dot file needs none), where there
    are too many packages for it, and where the file cannot be written.
    """
    from .graphviz import lay_out
    from .pictures import replace

    kind = KINDS[path.suffix.lower()]
    number = len(picture.boxes)
    if kind != "dot" and number > _MOST:
        expected = f"expected at most {_MOST} in a picture; a .dot file holds any number"
        raise click.ClickException(f"{path}: {number:,} packages: {expected}")
    source = dot_of(picture)
    content = source.encode() if kind == "dot" else lay_out([source], "dot", kind)[0]
    try:
        replace(path, content)
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror}; it is as it was before") from error
    click.echo(f"wrote {path}", err=beside_json)


def dot_of(picture: Picture) -> str:
    """The picture in the DOT language."""
    nodes = [_statement(_name_of(box), _of_box(box)) for box in picture.boxes]
    edges = [
        _statement(f"{_name_of(line.box)} -> {_name_of(line.needed)}", _of_line(line))
        for line in dict.fromkeys(picture.lines)
    ]
    return "\n".join(["digraph packages {", *_FRAME, *nodes, *edges, "}", ""])


def _name_of(box: Box) -> str:
    """The name of a package's box in the DOT language."""
    return _quoted([box.key])


def _of_box(box: Box) -> dict[str, str]:
    words = list(filter(None, [box.title, box.place, box.state]))
    told = {"label": _quoted(words), "tooltip": _quoted([" ".join(words)])}
    return told | _plain(_ASKED if box.is_asked else {}) | _plain(_STATES.get(box.state, {}))


def _of_line(line: Line) -> dict[str, str]:
    told = f"{line.box.title} needs {line.needed.title} {line.why}".rstrip()
    return {"tooltip": _quoted([told]), **({"label": _quoted([line.why])} if line.why else {})}


def _statement(what: str, attributes: dict[str, str]) -> str:
    return f"{what} [{', '.join(f'{name}={value}' for name, value in attributes.items())}];"


def _plain(values: dict[str, str]) -> dict[str, str]:
    return {name: _quoted([value]) for name, value in values.items()}


def _quoted(lines: Iterable[str]) -> str:
    """A string of the DOT language, of lines as a terminal may show them."""
    from .drawing import quoted
    from .sync_errors import printable

    return quoted("\n".join(map(printable, lines)))
