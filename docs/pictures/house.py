"""Draws the pictures of the explanation: python3 docs/pictures/house.py.

The floors are those of pyproject.toml. Each picture has a light ground of its own, so that it can be read on any page.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1] / "pyproject.toml"

_INK, _LINE, _GROUND = "#222222", "#5577aa", "#ffffff"
_FILL = {"in": "#e3f1e3", "out": "#e3ecf8", "tables": "#fbf0d9", "answer": "#f3e6f5"}


def _text(x: float, y: float, words: str, *, size: int = 12, bold: bool = False, code: bool = False) -> str:
    family = "monospace" if code else "sans-serif"
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x}" y="{y}" font-family="{family}" font-size="{size}"{weight} fill="{_INK}">{escape(words)}</text>'
    )


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect {place} rx="6" fill="{fill}" stroke="{_LINE}"/>'


def _arrow(*points: tuple[float, float], dashed: bool = False) -> str:
    way = " ".join(f"{x},{y}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{way}" fill="none" stroke="{_LINE}" stroke-width="1.5"{dashes} marker-end="url(#head)"/>'


def _picture(title: str, description: str, width: int, height: int, parts: Sequence[str]) -> str:
    head = '<path d="M0,0 L8,4 L0,8 z" fill="' + _LINE + '"/>'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
            '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="8" refY="4" orient="auto">',
            f"{head}</marker></defs>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{_GROUND}"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


# --- The floors ------------------------------------------------------------------------------------------------------

_TOWER, _GAP, _LETTERS, _STEP = 440, 40, 60, 15


class Tower(NamedTuple):
    """A package whose modules stand on floors, the highest one first."""

    package: str
    floors: Sequence[str]


class _Floor(NamedTuple):
    """Where a floor is drawn: its modules, its upper edge and its height."""

    modules: str
    top: int
    height: int


def towers(project: Mapping[str, Any]) -> list[Tower]:
    """The floors that import-linter holds, by the package they are in."""
    contracts = project["tool"]["importlinter"]["contracts"]
    return [Tower(one["containers"][0], one["layers"]) for one in contracts if one["type"] == "layers"]


def lines_of(floor: str) -> list[str]:
    """The modules of a floor, as lines; those with a bar in between do not know each other."""
    return textwrap.wrap(re.sub(r" : ", ", ", floor), _LETTERS, break_long_words=False)


def _placed(tower: Tower) -> list[_Floor]:
    placed, top = [], 66
    for modules in tower.floors:
        height = len(lines_of(modules)) * _STEP + 12
        placed.append(_Floor(modules, top, height))
        top += height + 4
    return placed


def _drawn_tower(tower: Tower, left: int) -> Iterator[str]:
    yield _text(left, 54, tower.package, size=14, bold=True, code=True)
    for modules, top, height in _placed(tower):
        yield _box(left, top, _TOWER, height, _FILL["out"])
        for number, line in enumerate(lines_of(modules)):
            yield _text(left + 10, top + 17 + number * _STEP, line, size=11, code=True)


def floors() -> str:
    """The floors of the house: imports only go down."""
    found = towers(tomllib.loads(PROJECT.read_text("utf-8")))
    parts = [_text(20, 26, "Imports only go down. Modules with | in between do not know each other.", size=13)]
    height = 0
    for number, tower in enumerate(found):
        left = 20 + number * (_TOWER + _GAP)
        parts += _drawn_tower(tower, left)
        *_, last = _placed(tower)
        height = max(height, last.top + last.height + 20)
    parts += _opened(*found)
    told = "; ".join(f"{tower.package}, from the top: {' / '.join(tower.floors)}" for tower in found)
    return _picture("The floors of the house", told, 2 * _TOWER + _GAP + 40, height, parts)


def _opened(outer: Tower, inner: Tower) -> Iterator[str]:
    """Lines from the floor that the inner tower is, to that tower."""
    name = inner.package.rpartition(".")[2]
    (floor,) = (one for one in _placed(outer) if one.modules == name)
    *_, last = _placed(inner)
    left, right = 20 + _TOWER, 20 + _TOWER + _GAP
    for start, end in ((floor.top, 40), (floor.top + floor.height, last.top + last.height)):
        yield f'<line x1="{left}" y1="{start}" x2="{right - 4}" y2="{end}" stroke="{_LINE}" stroke-dasharray="5 4"/>'


# --- The two journeys ------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT = 156, 96
_COLUMNS = [20, 208, 396, 584, 772]

WAY_IN = [
    ("a document", ["JSON in object", "storage"], "ceph.py"),
    ("is fetched", ["listed, compared with", "what is known"], "sync"),
    ("is parsed", ["JSON in, rows out; or", "what was expected"], "graph/documents"),
    ("is written", ["nodes, then edges; all", "in one transaction"], "graph/writers"),
]
WAY_OUT = [
    ("a question", ["a method with typed", "arguments"], "graph/postgres.py"),
    ("remembered?", ["answers in memory"], "graph/memory_cache.py"),
    ("in the file?", ["the graph cache"], "graph/cache.py"),
    ("a statement", ["what is asked, as SQL;", "built once"], "graph/queries"),
]
TABLES = ("tables", ["PostgreSQL"], "graph/models")


def _station(x: float, y: float, station: tuple[str, list[str], str], fill: str, height: float = _HEIGHT) -> list[str]:
    title, words, module = station
    lines = [_text(x + 10, y + 42 + 16 * number, line, size=11) for number, line in enumerate(words)]
    return [
        _box(x, y, _WIDTH, height, fill),
        _text(x + 10, y + 22, title, size=14, bold=True),
        *lines,
        _text(x + 10, y + height - 10, module, size=10, code=True),
    ]


def journeys() -> str:
    """A document travels in, a question travels out."""
    first, second, answer = 40, 216, 372
    parts = [_text(20, 26, "In: nothing here knows who asks", bold=True)]
    for (x, beyond), station in zip(pairwise(_COLUMNS), WAY_IN, strict=True):
        parts += _station(x, first, station, _FILL["in"])
        parts.append(_arrow((x + _WIDTH, first + 48), (beyond, first + 48)))
    parts += _station(_COLUMNS[-1], first, TABLES, _FILL["tables"], second + _HEIGHT - first)
    parts.append(_text(20, second - 14, "Out: nothing here knows who wrote", bold=True))
    for (x, beyond), station in zip(pairwise(_COLUMNS), WAY_OUT, strict=True):
        parts += _station(x, second, station, _FILL["out"])
        parts.append(_arrow((x + _WIDTH, second + 48), (beyond, second + 48)))
    for x in _COLUMNS[1:4]:
        parts.append(_arrow((x + 78, second + _HEIGHT), (x + 78, answer)))
    parts += [
        _box(_COLUMNS[1], answer, _COLUMNS[3] + _WIDTH - _COLUMNS[1], 32, _FILL["answer"]),
        _text(_COLUMNS[1] + 10, answer + 21, "a typed answer, in a documented order", size=13, bold=True),
        _text(_COLUMNS[1] + 84, second + _HEIGHT + 32, "yes", size=11),
        _text(_COLUMNS[2] + 84, second + _HEIGHT + 32, "yes", size=11),
        *_told_of_changes(second),
    ]
    described = "; ".join(
        f"{title}: {' '.join(words)} ({module})" for title, words, module in [*WAY_IN, TABLES, *WAY_OUT]
    )
    return _picture("The two journeys: a document in, a question out", described, 948, 424, parts)


def _told_of_changes(second: int) -> Iterator[str]:
    y = second - 40
    for x in _COLUMNS[1:3]:
        yield _arrow((_COLUMNS[-1], y), (x + 110, y), (x + 110, second), dashed=True)
    yield _text(_COLUMNS[3] - 6, y - 7, "which packages changed", size=11)


# --- Rows ------------------------------------------------------------------------------------------------------------

# What the real documents make of Flask 3.0.3, in part; a test compares it with what the tables hold.
SOLVED_ON = ("https://pypi.org/simple", "debian", "12", "3.11")
FROM, NEXT = ("flask", "3.0.3"), ("jinja2", "3.1.4")
EDGES = [
    (FROM, ">=8.1.3", None, True, ("click", "8.1.7")),
    (FROM, ">=3.1.2", None, True, NEXT),
    (FROM, ">=3.6.0", 'python_version < "3.10"', False, ("importlib-metadata", "8.5.0")),
    (NEXT, ">=2.0", None, True, ("markupsafe", "2.1.5")),
]


def _version(x: float, y: float, package: tuple[str, str]) -> list[str]:
    index, os_name, os_version, python = SOLVED_ON
    return [
        _box(x, y, 190, 74, _FILL["in"]),
        _text(x + 10, y + 22, " ".join(package), size=13, bold=True),
        _text(x + 10, y + 42, f"on {index}", size=11),
        _text(x + 10, y + 60, f"in {os_name} {os_version}, Python {python}", size=11),
    ]


def _entity(x: float, y: float, package: tuple[str, str]) -> list[str]:
    return [_box(x, y, 210, 34, _FILL["out"]), _text(x + 10, y + 22, " ".join(package), size=13, bold=True)]


def _edge(start: tuple[float, float], end: tuple[float, float], specifier: str, marker: str | None) -> list[str]:
    label = [_text(end[0] - 218, end[1] - 6, specifier, size=11, code=True)]
    if marker:
        label.append(_text(end[0] - 218, end[1] + 15, f"only if {marker}: no", size=10))
    return [_arrow(start, (start[0] + 30, end[1]), end, dashed=marker is not None), *label]


def rows() -> str:
    """Some rows of Flask 3.0.3."""
    below, right = (20, 244), 480
    parts = [
        _text(20, 28, "python_package_version", size=11, code=True),
        _text(250, 28, "depends_on", size=11, code=True),
        _text(right, 28, "python_package_version_entity", size=11, code=True),
        *_version(20, 92, FROM),
        *_version(*below, NEXT),
    ]
    places = [50, 112, 174, 264]
    for (package, specifier, marker, _evaluated, needed), y in zip(EDGES, places, strict=True):
        parts += _entity(right, y, needed)
        start = (210, 129) if package == FROM else (210, y + 17)
        parts += _edge(start, (right, y + 17), specifier, marker)
    return _picture(
        "Rows of Flask 3.0.3",
        "Flask 3.0.3 and Jinja2 3.1.4 as solved in one environment, and what they need: "
        + "; ".join(f"{' '.join(package)} needs {' '.join(needed)}" for package, *_, needed in EDGES),
        720,
        336,
        [*parts, *_followed(below, right)],
    )


def _followed(below: tuple[float, float], right: float) -> list[str]:
    """From an entity that is needed to where it was solved."""
    way = [(right + 210, 129), (right + 222, 129), (right + 222, 226), (115, 226), (115, below[1])]
    return [_arrow(*way, dashed=True), _text(130, 221, "solved in the same environment", size=11)]


PICTURES: Mapping[str, Callable[[], str]] = {"floors": floors, "journeys": journeys, "rows": rows}


def main() -> None:
    """Draw those that are missing or out of date."""
    for name, draw in PICTURES.items():
        path = HERE / f"{name}.svg"
        drawn = draw()
        if not path.exists() or path.read_text("utf-8") != drawn:
            path.write_text(drawn, "utf-8")
            click.echo(f"wrote {path}")


if __name__ == "__main__":
    main()
