"""For Sphinx: the directive graph-rooms, which describes GraphDatabase by the classes that it is made of.

A section for each class that defines methods of GraphDatabase, in the order in which Python looks for them: what the
class says of itself, then its methods in the order of its source. A class or a method that is added is described
without anything being told here.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

from sections import Sections
from sphinx.application import Sphinx

from thoth.storages import GraphDatabase

_TITLES = {
    "postgres": "Connecting, schema and figures",
    "sql_base": "Adapters in general",
    "base": "What is remembered",
    "deleting": "Deleting what documents said",
    "documents": "The ledger of documents",
    "earlier_names": "Names of 2019",
    "transitional_names": "Names of late 2019",
    "facts": "Single facts",
    "ingestion": "Syncing documents",
    "known": "Package versions in their environments",
    "packages": "Packages and their versions",
    "purging": "Purging documents",
    "solved": "Solved package versions",
    "stacks": "Questions about a whole stack",
    "transitive": "Closures of dependencies",
    "unsolved": "Packages that nobody solved yet",
    "waiting": "Documents that wait for packages",
    "verification": "The ledger beside the stores",
    "cache": "The graph cache as a file",
    "offline": "A graph cache alone",
    "kebechet": "Repositories of Kebechet",
    "kebechet_facts": "Installations of Kebechet",
}
"""Titles that say more than the name of a class's module, which is the title of all others."""


def rooms() -> dict[type, list[str]]:
    """The public names of GraphDatabase, each once: by the class that has the word, in the order of its source."""
    found: dict[type, list[str]] = {}
    taken: set[str] = set()
    for room in GraphDatabase.__mro__[:-1]:
        own = [name for name in vars(room) if not name.startswith("_") and name not in taken]
        taken.update(own)
        if own:
            found[room] = own
    return found


def title_of(room: type) -> str:
    """The title of a class's section."""
    module = room.__module__.rpartition(".")[2]
    return _TITLES.get(module, module.replace("_", " ").capitalize())


def described() -> Iterator[str]:
    """All sections as the lines of a text in reStructuredText."""
    yield from (f".. currentmodule:: {GraphDatabase.__module__}", "")
    for room, names in rooms().items():
        title = title_of(room)
        yield from (title, "~" * len(title), "")
        if room is not GraphDatabase:  # what it says of itself stands at the top of the page
            yield from (*(inspect.getdoc(room) or "").splitlines(), "")
        for name in names:
            yield from (f".. {_directive(name)}:: GraphDatabase.{name}", "")


def _directive(name: str) -> str:
    member = inspect.getattr_static(GraphDatabase, name)
    if isinstance(member, property):
        return "autoproperty"
    is_method = inspect.isroutine(member) or isinstance(member, staticmethod | classmethod)
    return "automethod" if is_method else "autoattribute"


class GraphRooms(Sections):
    """The sections of all classes."""

    def lines(self) -> Iterator[str]:
        return described()

    def modules(self) -> Iterator[str]:
        for room in rooms():
            yield str(sys.modules[room.__module__].__file__)


def setup(app: Sphinx) -> dict[str, object]:
    app.add_directive("graph-rooms", GraphRooms)
    return {"parallel_read_safe": True}
