"""The pages that explain: what they show is there, what they ask is answered so, what they promise is tested."""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from support.tables import rows_of

from thoth.storages.graph import GraphDatabase, faults
from thoth.storages.graph.models import Base

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "thoth" / "storages"
SVG = "{http://www.w3.org/2000/svg}"


def _house() -> object:
    spec = spec_from_file_location("house", DOCS / "pictures" / "house.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOUSE = _house()
PICTURES = HOUSE.PICTURES  # type: ignore[attr-defined]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


# --- Pictures --------------------------------------------------------------------------------------------------------


def texts(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(f"{SVG}text"))


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name: str) -> None:
    drawn = (DOCS / "pictures" / f"{name}.svg").read_text("utf-8")
    assert drawn == PICTURES[name](), "run: python3 docs/pictures/house.py"


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_says_what_it_shows_and_needs_nothing_from_elsewhere(name: str) -> None:
    picture = ElementTree.fromstring(PICTURES[name]())
    assert picture.get("role") == "img" and picture.get("aria-labelledby") == "title description"
    assert picture.findtext(f"{SVG}title") and len(picture.findtext(f"{SVG}desc") or "") > 50
    drawn_with = {"svg", "title", "desc", "defs", "marker", "path", "rect", "text", "line", "polyline"}
    assert {one.tag.removeprefix(SVG) for one in picture.iter()} <= drawn_with
    assert not [one for one in picture.iter() if any("href" in name for name in one.attrib)]
    assert {one.get("font-family") for one in picture.iter(f"{SVG}text")} <= {"sans-serif", "monospace"}


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_stands_beside_a_picture_and_its_ground_is_its_own(name: str) -> None:
    picture = ElementTree.fromstring(PICTURES[name]())
    width, height = int(picture.get("width", 0)), int(picture.get("height", 0))
    ground = picture.find(f"{SVG}rect")
    assert ground is not None
    assert (ground.get("width"), ground.get("height"), ground.get("fill")) == (str(width), str(height), "#ffffff")
    for one in texts(PICTURES[name]()):
        x, y, size = (float(one.get(key, 0)) for key in ("x", "y", "font-size"))
        assert x + len(one.text or "") * size * 0.62 < width and y < height, one.text


def test_the_floors_are_those_that_are_checked() -> None:
    shown = " ".join(one.text or "" for one in texts(PICTURES["floors"]()))
    layers = [one["layers"] for one in PROJECT["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    assert [len(one) for one in layers] == [len(tower.floors) for tower in HOUSE.towers(PROJECT)]  # type: ignore[attr-defined]
    for floor in (floor for tower in layers for floor in tower):
        assert floor.replace(" : ", ", ") in shown


def test_a_change_of_the_floors_changes_the_picture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = PICTURES["floors"]()
    text = (ROOT / "pyproject.toml").read_text()
    assert text.count('    "together",\n') == 1
    (tmp_path / "pyproject.toml").write_text(text.replace('    "together",\n', '    "attic",\n    "together",\n'))
    monkeypatch.setattr(HOUSE, "PROJECT", tmp_path / "pyproject.toml")
    assert PICTURES["floors"]() != before and ">attic</text>" in PICTURES["floors"]()


def test_the_journeys_go_through_modules_that_are_there() -> None:
    stations = [*HOUSE.WAY_IN, HOUSE.TABLES, *HOUSE.WAY_OUT]  # type: ignore[attr-defined]
    assert [module for _title, _words, module in stations if not (SOURCE / module).exists()] == []


@pytest.mark.usefixtures("filled")
def test_the_rows_are_those_of_the_real_documents(engine: Engine) -> None:
    statement = """
        SELECT v.package_name, v.package_version, version_range, marker, marker_evaluation_result,
               e.package_name, e.package_version, url, os_name, os_version, python_version
        FROM depends_on JOIN python_package_version v ON v.id = version_id
        JOIN python_package_version_entity e ON e.id = depends_on.entity_id
        JOIN python_package_index i ON i.id = v.python_package_index_id
        WHERE e.python_package_index_id IS NULL"""
    found = {(row[:2], *row[2:5], row[5:7], row[7:]) for row in map(tuple, rows_of(engine, statement))}
    shown = [(*edge, HOUSE.SOLVED_ON) for edge in HOUSE.EDGES]  # type: ignore[attr-defined]
    assert [edge for edge in shown if edge not in found] == []


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_every_answer_of_why_a_graph_is_the_graphs(filled: GraphDatabase) -> None:
    page = DOCS / "why_a_graph.rst"
    failed, tried = doctest.testfile(str(page), module_relative=False, globs={"graph": filled})
    assert failed == 0 and tried >= 5
    tables = set(re.findall(r"^``(\w+)`` ", page.read_text(), re.MULTILINE))
    assert len(tables) == 3 and tables <= Base.metadata.tables.keys()


@pytest.mark.usefixtures("filled")
def test_the_front_page_answers_as_it_says() -> None:
    page = doctest.DocTestParser().get_doctest((DOCS / "index.rst").read_text(), {}, "index", None, None)
    assert doctest.DocTestRunner().run(page, clear_globs=False) == (0, 4)
    page.globs["graph"].disconnect()


def test_every_place_that_the_architecture_names_is_there() -> None:
    named = set(re.findall(r"``([\w/]+/\w+(?:\.py)?|\w+\.py)``", (DOCS / "architecture.rst").read_text()))
    assert {"graph/documents", "ceph.py", "graph/cache.py"} <= named
    assert sorted(place for place in named - {"thoth/storages"} if not (SOURCE / place).exists()) == []


# --- Promises --------------------------------------------------------------------------------------------------------

PROMISES = (DOCS / "promises.rst").read_text()
HELD = re.compile(r"``(tests/\S+\.py)::(test_\w+)``")
TERM = re.compile(r"^(?![ .=*])\S.*\n(?=   \S)", re.MULTILINE)


def names_in(path: str) -> set[str]:
    """The names of all functions of a file of tests."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def promises() -> list[str]:
    """Each promise with its explanation: the terms of the page up to the next one, or a section that has none."""
    found = []
    for section in re.split(r"^.*\n-{3,}\n", PROMISES, flags=re.MULTILINE)[1:]:
        starts = [match.start() for match in TERM.finditer(section)] or [0]
        found += [section[start:end] for start, end in pairwise([*starts, len(section)])]
    return found


def test_every_test_that_holds_a_promise_is_there() -> None:
    held = HELD.findall(PROMISES)
    assert len(held) > 40
    assert PROMISES.count("tests/") == len(held), "each is named as file::test"
    known = {path: names_in(path) for path in {path for path, _name in held}}
    assert [f"{path}::{name}" for path, name in held if name not in known[path]] == []


def test_every_promise_is_held_by_a_test() -> None:
    found = promises()
    assert len(found) > 15
    assert [promise.splitlines()[0] for promise in found if not HELD.search(promise)] == []


class _Refusal(Exception):
    """What the driver raises."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.pgcode = code


def test_what_is_tried_again_is_what_the_page_says() -> None:
    said = re.findall(r"^\S.*? ([0-9A-Z]{5}(?:, [0-9A-Z]{5})*) +(yes|never)", PROMISES, re.MULTILINE)
    is_tried = {code: word == "yes" for codes, word in said for code in codes.split(", ")}
    assert {code for code, is_passing in is_tried.items() if is_passing} == faults._PASSING
    assert list(is_tried.values()).count(False) == 8 and "class 08, or none" in PROMISES
    for code, is_passing in [*is_tried.items(), ("08006", True)]:
        assert faults.is_passing(OperationalError("SELECT 1", {}, _Refusal(code))) is is_passing, code
