"""Draws docs/figures/growth.svg from the figures in growth.json: python3 docs/figures/draw_growth.py.

tests/benchmarks/test_growth.py says how they are measured.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
Figures = Mapping[str, Mapping[str, Mapping[str, float]]]
"""{edges: {"resolvers" or "jobs": {question: µs}}}"""

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 960, 560, 70, 400, 40, 50
_COLOURS = {"resolvers": "#1b6ca8", "jobs": "#d1690e"}
_KINDS = {"resolvers": "what a resolver asks of one package", "jobs": "what jobs ask of everything"}
_LINE_HEIGHT = 15
_UNITS = {0: "1 µs", 1: "10 µs", 2: "100 µs", 3: "1 ms", 4: "10 ms", 5: "100 ms", 6: "1 s", 7: "10 s", 8: "100 s"}


class _Axes:
    """Where a number of edges and a time are on the picture; both are logarithmic."""

    def __init__(self, figures: Figures) -> None:
        self.edges = sorted(map(int, figures))
        times = [time for kinds in figures.values() for questions in kinds.values() for time in questions.values()]
        self.decades = range(math.floor(math.log10(min(times))), math.ceil(math.log10(max(times))) + 1)

    def x(self, edges: int) -> float:
        first, last = math.log10(self.edges[0]), math.log10(self.edges[-1])
        part = (math.log10(edges) - first) / (last - first) if last > first else 0.0
        return round(_LEFT + part * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, time: float) -> float:
        part = (math.log10(time) - self.decades[0]) / (self.decades[-1] - self.decades[0])
        return round(_HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM), 1)


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = "#333333") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _grid(axes: _Axes) -> Iterator[str]:
    right = axes.x(axes.edges[-1])
    for decade in axes.decades:
        y = axes.y(10**decade)
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#dddddd"/>'
        yield _text(_LEFT - 8, y + 4, _UNITS[decade], anchor="end")
    for edges in axes.edges:
        yield _text(axes.x(edges), _HEIGHT - _BOTTOM + 20, f"{edges:,}", anchor="middle")
    yield _text((_LEFT + right) / 2, _HEIGHT - 10, "dependencies in the graph", anchor="middle")


def _curves(axes: _Axes, figures: Figures) -> Iterator[str]:
    """A line for each question, with its name and the time that it takes at last beside its end."""
    ends: list[tuple[float, str, str]] = []
    for kind, colour in _COLOURS.items():
        for question in figures[str(axes.edges[0])][kind]:
            times = [figures[str(edges)][kind][question] for edges in axes.edges]
            points = " ".join(f"{axes.x(edges)},{axes.y(time)}" for edges, time in zip(axes.edges, times, strict=True))
            yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            ends.append((axes.y(times[-1]), f"{question}  {_said(times[-1])}", colour))
    lowest = -math.inf
    for y, words, colour in sorted(ends):
        lowest = max(y, lowest + _LINE_HEIGHT)
        yield _text(axes.x(axes.edges[-1]) + 10, round(lowest + 4, 1), words, colour=colour)


def _said(time: float) -> str:
    return f"{time:,.0f} µs" if time < 1_000 else f"{time / 1_000:,.1f} ms" if time < 1e6 else f"{time / 1e6:,.1f} s"


def drawn(figures: Figures) -> str:
    """The picture, as SVG."""
    axes = _Axes(figures)
    legend = [
        _text(_LEFT + 300 * n, 20, words, colour=_COLOURS[kind]) for n, (kind, words) in enumerate(_KINDS.items())
    ]
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    return "\n".join(
        [
            head,
            '<rect width="100%" height="100%" fill="white"/>',
            *legend,
            *_grid(axes),
            *_curves(axes, figures),
            "</svg>",
            "",
        ]
    )


def main() -> None:
    """Draw the committed figures."""
    figures = json.loads((HERE / "growth.json").read_text("utf-8"))
    (HERE / "growth.svg").write_text(drawn(figures), "utf-8")


if __name__ == "__main__":
    main()
