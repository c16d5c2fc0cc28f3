"""Where the tables of a picture stand: each domain laid out on its own, the domains packed onto one sheet.

One layout of all tables would be two metres high and half a metre wide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .drawing import LEFT, RIGHT, Relation, Tables, boxes_and_relations, colour, quoted
from .graphviz import lay_out

_MARGIN = 16.0  # points, around a domain's tables
_TITLE = 30.0  # points, above them
_GAP = 36.0  # points, between domains: relations pass here
_PAGE = 2**0.5  # width to height of ISO paper, landscape
_ONE_LAYOUT = 6  # tables; so few are read best in one layout
_PNG_DPI = "120"

_LETTER = 12.0  # points, the width of one in a title
_POINT = re.compile(r"([-+.\de]+),([-+.\de]+)")

_LEGEND_OF_COLUMNS = ("Bold, PK: primary key.", "FK: refers to another table.", "?: may be NULL.")
_LEGEND = ("Crow's foot: many rows refer to one.", "Bar: one row does.")


@dataclass(frozen=True)
class _Box:
    """A domain with the positions that Graphviz gave its tables and relations; sizes in points, with margins."""

    domain: str
    graph: dict[str, Any]

    @property
    def inner(self) -> tuple[float, float]:
        """Width and height of the tables together."""
        _, _, width, height = map(float, self.graph["bb"].split(","))
        return width, height

    @property
    def size(self) -> tuple[float, float]:
        """Width and height with margins and title."""
        width, height = self.inner
        return max(width, _LETTER * len(self.domain)) + 2 * _MARGIN, height + 2 * _MARGIN + _TITLE


_Place = tuple[float, float]  # of a box's upper left corner, in points to the right and downwards


class _Sheet:
    """A picture in the making: what it shows, and what Graphviz has already said about it."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.nodes, self.relations = boxes_and_relations(tables)
        self.brief = {table.name for table in tables.brief}
        self.spans: dict[str, tuple[float, float]] = {}  # from a table's left to its right
        self.drawn: dict[str, str] = {}

    def laid_out(self) -> list[_Box]:
        """Each domain's box: the layout from left to right or from top to bottom, whichever fits paper better."""
        domains = sorted({self.tables.domains[name] for name in self.nodes})
        ways = [(domain, way) for domain in domains for way in ("LR", "TB")]
        drawn = lay_out([self._alone(*one) for one in ways], "dot", "json")
        boxes = [_Box(domain, json.loads(text)) for (domain, _), text in zip(ways, drawn, strict=True)]
        return [min(pair, key=lambda box: _paper(*box.size)) for pair in zip(boxes[::2], boxes[1::2], strict=True)]

    def in_one(self, frame: Sequence[str]) -> str:
        """Everything in one layout, from left to right or from top to bottom, in the DOT language."""
        sources = [self.written([*frame, f"rankdir={way}", "ranksep=0.7", "nodesep=0.3"], way) for way in ("LR", "TB")]
        boxes = [_Box("", json.loads(text)) for text in lay_out(sources, "dot", "json")]
        return min(zip(boxes, sources, strict=True), key=lambda pair: _paper(*pair[0].inner))[1]

    def _alone(self, domain: str, way: str) -> str:
        names = {name for name in self.nodes if self.tables.domains[name] == domain}
        nodes = [self.nodes[name].to_string() for name in sorted(names)]
        edges = [self._edge(one, way) for one in self.relations if {one.table, one.other} <= names]
        spaces = ["ranksep=0.7", "nodesep=0.3"] if self.tables.full else ["ranksep=0.3", "nodesep=0.1"]
        return _graph([f"rankdir={way}", *spaces], nodes, edges)

    def put(self, box: _Box, place: _Place) -> None:
        """Give the tables and relations of a box the positions that they have on the sheet."""
        right = place[0] + (box.size[0] - box.inner[0]) / 2
        up = -place[1] - box.size[1] + _MARGIN  # Graphviz counts upwards

        def shifted(pair: re.Match[str]) -> str:
            return f"{float(pair[1]) + right:.2f},{float(pair[2]) + up:.2f}"

        for node in box.graph["objects"]:
            self.nodes[node["name"]].set("pos", quoted(_POINT.sub(shifted, node["pos"])))
            middle, half = float(node["pos"].split(",")[0]) + right, float(node["width"]) * 36  # half, inches to points
            self.spans[node["name"]] = (middle - half, middle + half)
        for edge in box.graph.get("edges", ()):
            self.drawn[edge["tooltip"]] = _POINT.sub(shifted, edge["pos"])

    def written(self, statements: Sequence[str], way: str = "") -> str:
        """All of it in the DOT language."""
        edges = [self._edge(one, way) for one in self.relations]
        return _graph(statements, [self.nodes[name].to_string() for name in sorted(self.nodes)], edges)

    def _edge(self, relation: Relation, way: str) -> str:
        tail, head = self._sides(relation, way)
        same = self.tables.domains[relation.table] == self.tables.domains[relation.other]
        attributes = {
            "dir": "both",
            "arrowtail": "tee" if relation.alone else "crow",
            "arrowhead": "none",
            "arrowsize": "0.7",
            "color": "#333333" if same else "#5577aa",
            "tooltip": relation.told,
        }
        if relation.told in self.drawn:
            attributes["pos"] = self.drawn[relation.told]
        listed = ", ".join(f"{name}={quoted(value)}" for name, value in attributes.items())
        ends = self._end(relation.table, relation.column, tail), self._end(relation.other, relation.other_column, head)
        return f"{ends[0]} -> {ends[1]} [{listed}];"

    def _sides(self, relation: Relation, way: str) -> tuple[str, str]:
        """At which side of its row a relation begins and ends: where the other table is.

        Where one table is above the other, the line passes to their right.
        """
        if relation.table == relation.other:
            return RIGHT, RIGHT
        if way:
            return (RIGHT, LEFT) if way == "LR" else ("", "")
        begin, end = self.spans[relation.table], self.spans[relation.other]
        return LEFT if end[1] < begin[0] else RIGHT, LEFT if begin[1] < end[0] else RIGHT

    def _end(self, table: str, column: str, side: str) -> str:
        if not side or table in self.brief:
            return quoted(table)
        return f"{quoted(table)}:{quoted(side + column)}:{'e' if side == RIGHT else 'w'}"


def picture(tables: Tables, kind: str) -> bytes:
    """The picture of the tables as PNG or SVG (kind: png, svg).

    Raises DrawingError where a library or Graphviz is missing.
    """
    sheet = _Sheet(tables)
    frame = _frame(bool(tables.full), kind)
    if len(tables.all) <= _ONE_LAYOUT:
        return lay_out([sheet.in_one(frame)], "dot", kind)[0]
    places = _packed(sheet.laid_out())
    for box, place in places:
        sheet.put(box, place)
    clusters = [_cluster(box, place, tables) for box, place in places]
    return lay_out([sheet.written([*frame, "splines=true", *clusters])], "nop2", kind)[0]


def _frame(with_columns: bool, kind: str) -> list[str]:
    legend = "   ".join([*_LEGEND_OF_COLUMNS, *_LEGEND] if with_columns else _LEGEND)
    dpi = [f"dpi={_PNG_DPI}"] if kind == "png" else []
    return [f"label={quoted(legend)}", "labelloc=b", "fontname=Helvetica", "fontsize=12", "pad=0.3", *dpi]


def _graph(statements: Sequence[str], nodes: Sequence[str], edges: Sequence[str]) -> str:
    return "\n".join(["digraph schema {", *statements, *nodes, *edges, "}"])


def _paper(width: float, height: float) -> float:
    """The shorter side of the smallest sheet of paper that holds so much."""
    return min(max(width / _PAGE, height), max(width, height / _PAGE))


def _packed(boxes: Sequence[_Box]) -> list[tuple[_Box, _Place]]:
    """Each box with the place of its upper left corner, downwards from 0, so that all fit a small sheet."""
    widest = max(box.size[0] for box in boxes)
    area = sum((box.size[0] + _GAP) * (box.size[1] + _GAP) for box in boxes)
    limits = [max(widest, (area * _PAGE) ** 0.5 * (0.8 + step / 20)) for step in range(15)]
    return min((_packed_into(boxes, limit) for limit in limits), key=_extent)


def _extent(places: Sequence[tuple[_Box, _Place]]) -> float:
    rights = [x + box.size[0] for box, (x, _) in places]
    bottoms = [y + box.size[1] for box, (_, y) in places]
    return _paper(max(rights), max(bottoms))


def _packed_into(boxes: Sequence[_Box], limit: float) -> list[tuple[_Box, _Place]]:
    places: list[tuple[_Box, _Place]] = []
    for box in sorted(boxes, key=lambda box: (-box.size[0] * box.size[1], box.domain)):
        xs = [0.0, *(x + other.size[0] + _GAP for other, (x, _) in places)]
        ys = [0.0, *(y + other.size[1] + _GAP for other, (_, y) in places)]
        free = [(y + box.size[1], x, y) for x in xs for y in ys if _fits(box, x, y, limit, places)]
        _, x, y = min(free)
        places.append((box, (x, y)))
    return places


def _fits(box: _Box, x: float, y: float, limit: float, places: Sequence[tuple[_Box, _Place]]) -> bool:
    width, height = box.size
    return x + width <= limit and not any(
        x < left + other.size[0] + _GAP
        and left < x + width + _GAP
        and y < top + other.size[1] + _GAP
        and top < y + height + _GAP
        for other, (left, top) in places
    )


def _cluster(box: _Box, place: _Place, tables: Tables) -> str:
    left, top = place[0], -place[1]
    width, height = box.size
    names = "; ".join(node["name"] for node in box.graph["objects"])
    corners = f"{left:.2f},{top - height:.2f},{left + width:.2f},{top:.2f}"
    attributes = {
        "bb": corners,
        "label": box.domain.replace("_", " "),
        "lp": f"{left + width / 2:.2f},{top - _TITLE / 2:.2f}",
        "fontname": "Helvetica",
        "fontsize": "20",
        "style": "filled",
        "color": "#aaaaaa",
        "fillcolor": f"{colour(box.domain, tables)}40",
    }
    listed = "; ".join(f"{name}={quoted(value)}" for name, value in attributes.items())
    return f"subgraph {quoted('cluster_' + box.domain)} {{ {listed}; {names} }}"
