"""The documentation as readers get it, built once: whether everything stands on it and every link leads somewhere."""

from __future__ import annotations

import fcntl
import os
import posixpath
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import click
import pytest
from sphinx.util.inventory import InventoryFile

from thoth import storages
from thoth.storages import GraphDatabase, config, exceptions
from thoth.storages.cli import cli
from thoth.storages.graph.models import Base
from thoth.storages.graph.models_cache import CacheBase

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PARTS = ("Tutorial", "How to", "Reference", "Explanation")

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page has that can be linked to, what it links to, and its pictures."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.unresolved: list[str] = []
        self._inside: list[str] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.anchors.add(found["id"])
        if tag in ("a", "link") and "href" in found:
            self.links.append(found["href"])
        if tag in ("img", "script", "object") and (source := found.get("src") or found.get("data")):
            self.pictures.append(source)
        if tag == "code" and "xref" in found.get("class", "").split() and "a" not in self._inside:
            self.unresolved.append(found["class"])
        if tag in ("a", "code"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("a", "code"):
            self._inside.remove(tag)


class Site(NamedTuple):
    """What a build said, the pages by their paths, and the names by what they are names of."""

    complaints: str
    folder: Path
    pages: dict[str, Page]
    names: dict[str, set[str]]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    base = tmp_path_factory.getbasetemp()  # processes of pytest-xdist have one each, side by side; they build once
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    shared.mkdir(exist_ok=True)
    said = shared / "said"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            said.write_text(_build(shared))
    folder = shared / "html"
    with (folder / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", posixpath.join)
    pages = {path.relative_to(folder).as_posix(): Page(path) for path in folder.rglob("*.html")}
    return Site(said.read_text(), folder, pages, {kind: set(found) for kind, found in inventory.items()})


def _build(place: Path) -> str:
    """Build the site inside a folder; what was wrong, empty where nothing was."""
    trees, folder = str(place / "trees"), str(place / "html")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", trees, "docs", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stderr or f"it ended with {done.returncode}") if done.returncode else ""


def _python(site: Site) -> set[str]:
    return set().union(*(found for kind, found in site.names.items() if kind.startswith("py:")))


def test_the_documentation_builds_without_a_warning(site: Site) -> None:
    assert site.complaints == ""
    assert "get_depends_on" in (site.folder / "graph.html").read_text()


# --- Everything stands on it -----------------------------------------------------------------------------------------


def test_every_method_of_the_graph_is_on_the_site(site: Site) -> None:
    place = f"{GraphDatabase.__module__}.GraphDatabase"
    public = [name for name in dir(GraphDatabase) if not name.startswith("_")]
    assert len(public) > 200
    assert [name for name in public if f"{place}.{name}" not in _python(site)] == []


def test_every_room_of_the_graph_has_a_section_of_its_own() -> None:
    sys.path.insert(0, str(DOCS))
    try:
        import graph_rooms
    finally:
        sys.path.remove(str(DOCS))
    titles = [graph_rooms.title_of(room) for room in graph_rooms.rooms()]
    assert [title for title, times in Counter(titles).items() if times > 1] == []
    modules = {room.__module__.rpartition(".")[2] for room in GraphDatabase.__mro__}
    assert set(graph_rooms._TITLES) - modules == set()


def test_every_public_name_of_the_package_is_on_the_site(site: Site) -> None:
    documented = {name.rpartition(".")[2] for name in _python(site)}
    assert [name for name in storages.__all__ if name not in documented] == []


def test_every_error_is_on_the_site(site: Site) -> None:
    errors = [
        name
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and value.__module__ == exceptions.__name__
    ]
    assert len(errors) > 40
    assert [name for name in errors if f"{exceptions.__name__}.{name}" not in _python(site)] == []


def test_every_setting_is_on_the_site_with_all_its_names(site: Site) -> None:
    names = {name for setting in config.all_settings() for name in setting.names}
    assert names - site.names["std:envvar"] == set()
    assert site.names["std:envvar"] - names == set()


def test_every_table_is_on_the_site(site: Site) -> None:
    mappers = (*Base.registry.mappers, *CacheBase.registry.mappers)
    ours = [mapper for mapper in mappers if mapper.class_.__module__.startswith("thoth.storages.")]
    tables = {mapper.local_table.name for mapper in ours}
    assert len(tables) > 60
    assert {f"table-{name}".replace("_", "-") for name in tables} - site.pages["schema.html"].anchors == set()


def _commands(command: click.Command, *words: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if command.hidden:
        return
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands(below, *words, name)


COMMANDS = [(words, command) for words, command in _commands(cli, "thoth-storages") if len(words) > 1]


def test_every_command_is_on_the_site_with_every_option(site: Site) -> None:
    anchors, options = site.pages["command_line.html"].anchors, site.names["std:cmdoption"]
    assert len(COMMANDS) > 30
    assert ["-".join(words) for words, _ in COMMANDS if "-".join(words) not in anchors] == []
    wanted = {
        f"{'-'.join(words)}.{option}"
        for words, command in COMMANDS
        for one in command.params
        if isinstance(one, click.Option)
        for option in one.opts
    }
    assert wanted - options == set()


# --- The page of the command line is true ----------------------------------------------------------------------------

COMMAND_LINE = (DOCS / "command_line.rst").read_text()
LEAVES = {" ".join(words[1:]): command for words, command in COMMANDS if not isinstance(command, click.Group)}


def test_the_exit_codes_of_the_page_are_those_of_every_commands_help() -> None:
    rows = re.findall(r"^``([\w -]+)`` +((?:\d(?:, )?)+) ", COMMAND_LINE, re.MULTILINE)
    table = {name: set(codes.split(", ")) for name, codes in rows}
    assert table.keys() == LEAVES.keys()
    for name, command in LEAVES.items():
        told = (command.help or "").partition("Exit codes:")[2]
        codes = set(re.findall(r"(?:^|[:,;]|\n)\s*(\d{1,3})\b", told)) - {"0", "2", "130"}
        if codes:
            assert table[name] == codes, name


def test_the_page_says_which_commands_have_json_and_quiet() -> None:
    for option in ("--json", "--quiet"):
        (listed,) = re.findall(rf"(?s)With ``{option}``.*?: (``.*?)\.\n", COMMAND_LINE)
        having = [name for name, one in LEAVES.items() if any(option in parameter.opts for parameter in one.params)]
        assert re.findall(r"``([^`]+)``", listed) == sorted(having)


def test_the_example_of_the_settings_sets_settings_that_can_be_read() -> None:
    assigned = dict(re.findall(r"^   export (\w+)=(\S+)$", (DOCS / "settings.rst").read_text(), re.MULTILINE))
    settings = {name: setting for setting in config.all_settings() for name in setting.names}
    assert len(assigned) == 2
    assert [str(settings[name].read({name: text})) for name, text in assigned.items()] == ["localhost", "30.0"]


# --- Every link leads somewhere --------------------------------------------------------------------------------------


def _target(page: str, link: str) -> tuple[str, str] | None:
    """The path and the anchor that a link on a page leads to, None where it leads away from the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
    return path, unquote(parts.fragment)


def _broken(site: Site, page: str, link: str) -> bool:
    target = _target(page, link)
    if target is None:
        return False
    path, anchor = target
    if not (site.folder / path).is_file():
        return True
    return bool(anchor) and path in site.pages and anchor not in site.pages[path].anchors


def test_every_link_and_anchor_leads_somewhere(site: Site) -> None:
    links = [(name, link) for name, page in site.pages.items() for link in page.links]
    assert len(links) > 2000
    assert [(name, link) for name, link in links if _broken(site, name, link)] == []


def test_every_picture_is_there(site: Site) -> None:
    pictures = [(name, source) for name, page in site.pages.items() for source in page.pictures]
    assert len(pictures) > 15
    assert [(name, source) for name, source in pictures if _broken(site, name, source)] == []


@pytest.mark.parametrize("page", ["graph.html", "errors.html", "settings.html", "index.html"])
def test_every_name_that_is_meant_as_a_link_is_one(site: Site, page: str) -> None:
    assert site.pages[page].unresolved == []


@pytest.mark.parametrize("document", ["README.rst", "CONTRIBUTING.rst"])
def test_the_pages_that_a_document_names_are_there(document: str) -> None:
    named = set(re.findall(r"docs/[\w/]+\.\w+", (ROOT / document).read_text()))
    assert named and [name for name in named if not (ROOT / name).is_file()] == []


# --- The parts -------------------------------------------------------------------------------------------------------


def _parts() -> dict[str, list[str]]:
    """The pages of each part of the front page."""
    trees = re.findall(r"^\.\. toctree::\n((?:   .*\n|\n)+)", (DOCS / "index.rst").read_text(), re.MULTILINE)
    captions = [re.findall(r":caption: (.+)", tree) for tree in trees]
    assert all(len(caption) == 1 for caption in captions)
    return {
        caption: re.findall(r"^   (\w+)$", tree, re.MULTILINE) for (caption,), tree in zip(captions, trees, strict=True)
    }


def test_the_front_page_has_the_four_parts_in_their_order() -> None:
    parts = _parts()
    assert tuple(parts) == PARTS
    assert all(parts.values())


def test_every_page_is_in_exactly_one_part() -> None:
    listed = Counter(page for pages in _parts().values() for page in pages)
    pages = Counter(path.stem for path in DOCS.glob("*.rst") if path.stem != "index")
    assert listed == pages
