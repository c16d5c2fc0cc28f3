"""Draws the pictures of docs/schema.rst, anew where models changed: python3 docs/pictures/draw.py.

What a picture shows stands in it as text, which tests/cli/test_pictures.py compares with the models: how it is drawn
differs between versions of Graphviz.
"""

from __future__ import annotations

import sys
from html import escape, unescape
from pathlib import Path

import click

from thoth.storages.cli.arranging import picture
from thoth.storages.cli.drawing import Tables, facts, tables_of
from thoth.storages.cli.pictures import replace
from thoth.storages.graph.models import Base
from thoth.storages.graph.models_cache import CacheBase

HERE = Path(__file__).resolve().parent
OF_THE_HOUSE = ("floors", "journeys", "rows")
"""Pictures of the explanation, which house.py draws."""

_BEFORE, _AFTER = '<metadata id="tables">', "</metadata>"


def pictures() -> dict[str, Tables]:
    """What each picture shows, by its name: all tables in brief, the tables of each domain, those of the cache."""
    graph = tables_of(Base)
    found = {"overview": graph.named([], graph.domains), "cache": tables_of(CacheBase, "sqlite")}
    for domain in sorted(set(graph.domains.values())):
        names = {name for name, its_domain in graph.domains.items() if its_domain == domain}
        keys = (key for table in graph.all if table.name in names for key in table.foreign_keys)
        found[domain] = graph.named(names, {key.column.table.name for key in keys} - names)
    return found


def told(svg: str) -> str:
    """What a picture says that it shows."""
    return unescape(svg.partition(_BEFORE)[2].partition(_AFTER)[0])


def draw(tables: Tables) -> str:
    """The picture as SVG, with what it shows as text."""
    svg = picture(tables, "svg").decode()
    return svg.replace("</svg>", f"{_BEFORE}{escape(facts(tables), quote=False)}{_AFTER}\n</svg>")


def main() -> None:
    """Draw what is missing or out of date, or with --all everything; remove what is of no use."""
    wanted = {HERE / f"{name}.svg": tables for name, tables in pictures().items()}
    for path, tables in wanted.items():
        if "--all" in sys.argv[1:] or not path.exists() or told(path.read_text(encoding="utf-8")) != facts(tables):
            replace(path, draw(tables).encode())
            click.echo(f"wrote {path}")
    others = {HERE / f"{name}.svg" for name in OF_THE_HOUSE}
    for path in set(HERE.glob("*.svg")) - wanted.keys() - others:
        path.unlink()
        click.echo(f"removed {path}")


if __name__ == "__main__":
    main()
