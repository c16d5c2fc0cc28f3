"""The documentation as it is built: whole, and no link in it leads nowhere."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

import thoth.storages
from thoth.storages import config, exceptions
from thoth.storages.cli import cli
from thoth.storages.cli.grouped import GROUPS
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.models import Base
from thoth.storages.graph.models_cache import CacheBase

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PARTS = ("Tutorial", "How to", "Reference", "Explanation")

pytestmark = pytest.mark.slow


class _Page(HTMLParser):
    """The places of a page that links may lead to, and where its own links and pictures lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name in {"href", "src", "data"} and value and tag != "script":
                self.links.add(value)


class Site:
    """The pages by their paths in the site."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.texts = {
            str(path.relative_to(directory)): path.read_text("utf-8")
            for path in directory.rglob("*.html")
            if "_static" not in path.parts
        }
        self.pages = {name: _Page(text) for name, text in self.texts.items()}

    def words(self, name: str) -> str:
        """The text of a page without its markup."""
        return html.unescape(re.sub(r"<[^>]+>", "", self.texts[name]))

    def all_places(self) -> set[str]:
        return {place for page in self.pages.values() for place in page.places}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Built as .ci/run builds it: a warning is an error."""
    directory = tmp_path_factory.mktemp("site") / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(directory)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Site(directory)


def commands(group: click.Group = cli, before: str = "thoth-storages") -> Iterator[tuple[str, click.Command]]:
    """Every command that is not of the past, by what is typed to run it."""
    for name, command in group.commands.items():
        if not command.hidden:
            yield f"{before} {name}", command
            if isinstance(command, click.Group):
                yield from commands(command, f"{before} {name}")


# --- Whole -----------------------------------------------------------------------------------------------------------


def test_every_method_of_the_graph_is_documented(site: Site) -> None:
    names = [name for name in dir(GraphDatabase) if not name.startswith("_")]
    assert len(names) > 209
    door = "thoth.storages.graph.postgres.GraphDatabase"
    assert [name for name in names if f"{door}.{name}" not in site.pages["graph.html"].places] == []


def test_every_question_that_the_table_names_is_there() -> None:
    table = (DOCS / "graph.rst").read_text().partition("graph-rooms")[0]
    named = re.findall(r"``(\w+)``", table)
    assert len(named) > 20 and [name for name in named if not hasattr(GraphDatabase, name)] == []


def test_every_public_name_is_documented(site: Site) -> None:
    documented = {place.rpartition(".")[2] for place in site.all_places() if place.startswith("thoth.storages")}
    assert sorted(set(thoth.storages.__all__) - documented - {"__version__"}) == []


def test_every_error_is_documented(site: Site) -> None:
    found = {name: one for name, one in vars(exceptions).items() if isinstance(one, type)}
    errors = [name for name, one in found.items() if one.__module__ == exceptions.__name__]
    places = site.pages["errors.html"].places
    assert [name for name in errors if f"thoth.storages.exceptions.{name}" not in places] == []


def test_every_setting_is_documented_by_all_its_names(site: Site) -> None:
    names = [name for setting in config.all_settings() for name in setting.names]
    assert len(names) > 40
    assert [name for name in names if f"envvar-{name}" not in site.pages["settings.html"].places] == []


def test_every_setting_is_in_one_section() -> None:
    defined = [value for value in vars(config).values() if isinstance(value, config.Setting)]
    assert sorted(map(id, defined)) == sorted(map(id, config.all_settings()))


def test_a_secret_is_no_default_on_the_page(site: Site) -> None:
    assert site.words("settings.html").count("A secret: no message repeats it") == sum(
        setting.secret for setting in config.all_settings()
    )


def test_every_table_is_documented(site: Site) -> None:
    tables = [*Base.metadata.tables, *CacheBase.metadata.tables]
    places = site.pages["schema.html"].places
    assert [name for name in tables if f"table-{name.replace('_', '-')}" not in places] == []


def test_every_command_is_documented_with_its_options_in_the_order_of_the_help(site: Site) -> None:
    words = site.words("command_line.html")
    titles = [f"\n{title}¶" for title in GROUPS]
    places = [words.index(title) for title in titles]
    assert places == sorted(places)
    missing = []
    for name, command in commands():
        place = name.replace(" ", "-")
        options = [one.opts for one in command.params if isinstance(one, click.Option)]
        wanted = {place, *(f"cmdoption-{place}-{opts[0].lstrip('-')}" for opts in options)}
        missing += sorted(wanted - site.pages["command_line.html"].places)
    assert missing == []


# --- In order --------------------------------------------------------------------------------------------------------


def test_every_page_belongs_to_one_of_the_four_parts() -> None:
    index = (DOCS / "index.rst").read_text()
    captions = re.findall(r":caption: (.*)\n", index)
    assert captions == list(PARTS)
    named = [name for part in re.findall(r":maxdepth: 1\n\n((?:   \w+\n)+)", index) for name in part.split()]
    assert sorted(named) == sorted(path.stem for path in DOCS.glob("*.rst") if path.stem != "index")


def test_no_link_of_the_site_leads_nowhere(site: Site) -> None:
    broken = []
    for name, page in site.pages.items():
        for link in page.links:
            split = urlsplit(link)
            if split.scheme or split.netloc:
                continue
            target = (site.directory / name).parent / unquote(split.path) if split.path else site.directory / name
            path = str(target.resolve().relative_to(site.directory.resolve()))
            known = site.pages.get(path)
            if not target.exists() or (split.fragment and known and unquote(split.fragment) not in known.places):
                broken.append(f"{name}: {link}")
    assert sum(len(page.links) for page in site.pages.values()) > 1000
    assert broken == []


def test_every_page_that_the_readme_and_the_source_name_is_there() -> None:
    texts = [*ROOT.glob("*.rst"), *(ROOT / "thoth").rglob("*.py"), *DOCS.glob("*.rst")]
    named = {
        found for path in texts for found in re.findall(r"\bdocs/[\w/]+\.(?:rst|svg|py)\b", path.read_text("utf-8"))
    }
    assert len(named) > 5 and sorted(name for name in named if not (ROOT / name).exists()) == []


def test_a_place_that_is_missing_would_be_noticed() -> None:
    page = _Page('<p id="here"><a href="#there"></a><img src="a.svg"/></p>')
    assert (page.places, page.links) == ({"here"}, {"#there", "a.svg"})
