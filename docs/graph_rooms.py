"""For Sphinx: the directive graph-rooms, which lists the methods of GraphDatabase by the room they are in."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.nodes import nested_parse_with_titles

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.queries.base import Questions
from thoth.storages.graph.sql_base import SQLBase

DOOR = "thoth.storages.graph.postgres.GraphDatabase"
FIRST = (GraphDatabase, SQLBase, Questions)
TITLES = {
    "artifacts": "Artifacts of packages",
    "cache": "The graph cache",
    "database_health": "The state of the database",
    "documents": "The ledger of documents",
    "deleting": "Deleting documents",
    "earlier_names": "Names of 2019",
    "entities": "Packages that are followed",
    "environments": "Software environments and images",
    "facts": "Telling single facts",
    "indexes": "Python package indexes",
    "ingestion": "Telling documents",
    "kebechet": "Kebechet",
    "kebechet_facts": "Telling of Kebechet",
    "known": "Known package versions",
    "offline": "Without PostgreSQL",
    "package_names": "Names of packages",
    "packages": "Packages and their versions",
    "performance": "Performance indicators",
    "postgres": "Connecting, tables, statistics",
    "purging": "Purging documents",
    "quarantine": "Documents in quarantine",
    "rules": "Solver rules",
    "solved": "Solved package versions",
    "stacks": "Stacks at once",
    "table_counts": "Rows of tables",
    "transitional_names": "Names of late 2019",
    "transitive": "Closures of dependencies",
    "unsolved": "Unsolved package versions",
    "verification": "The ledger as a whole",
    "waiting": "Documents that wait",
}
"""Titles of rooms by their modules, where the module's name alone would not do."""


def rooms() -> Iterator[tuple[str, str, list[str]]]:
    """Title, description and public names of each room: connecting first, then in the order of GraphDatabase."""
    names = [name for room in FIRST for name in own(room)]
    yield TITLES["postgres"], "The state of an adapter, and of the database that it is connected to.", names
    for room in GraphDatabase.__mro__:
        if room not in FIRST and own(room):
            module = room.__module__.rpartition(".")[2]
            title = TITLES.get(module, module.replace("_", " ").capitalize())
            yield title, inspect.getdoc(room) or "", own(room)


def own(room: type) -> list[str]:
    """The public names that a room itself gives to GraphDatabase, in the order of its source."""
    names = [name for name in vars(room) if not name.startswith("_") and room is not object]
    return [name for name in names if owner(name) is room]


def owner(name: str) -> type:
    """The room whose attribute of this name GraphDatabase has."""
    return next(room for room in GraphDatabase.__mro__ if name in vars(room))


def described() -> Iterator[str]:
    """All rooms as the lines of a text in reStructuredText."""
    yield from (
        f".. class:: {DOOR}",
        "",
        *(f"   {line}" for line in (inspect.getdoc(GraphDatabase) or "").splitlines()),
        "",
    )
    for title, text, names in rooms():
        yield from (title, "-" * len(title), "", *text.splitlines(), "")
        for name in names:
            yield from (f".. {_directive(name)}:: {DOOR}.{name}", "")


def _directive(name: str) -> str:
    found = inspect.getattr_static(GraphDatabase, name)
    if isinstance(found, property):
        return "autoproperty"
    return "automethod" if callable(getattr(GraphDatabase, name)) else "autoattribute"


class GraphRooms(Directive):
    """The sections of all rooms."""

    def run(self) -> list[nodes.Node]:
        for room in GraphDatabase.__mro__[:-1]:
            self.state.document.settings.env.note_dependency(sys.modules[room.__module__].__file__)
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(self.state, StringList(list(described()), source="the rooms"), section)
        return section.children


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("graph-rooms", GraphRooms)
    return {"parallel_read_safe": True}
