"""thoth-storages generate-schema, and the pictures of the documentation."""

from __future__ import annotations

import enum
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import Column, Enum, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase
from support.commands import Result, run_command

from thoth.storages.cli import cli, graphviz
from thoth.storages.cli.arranging import picture
from thoth.storages.cli.drawing import facts, tables_of
from thoth.storages.graph.models import Base
from thoth.storages.graph.models_cache import CacheBase

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
GRAPH = set(Base.metadata.tables)
CACHE = set(CacheBase.metadata.tables)

# A Graphviz of its own, as a machine may have one: the program dot, without the module pygraphviz.
DOT = f"""#!{sys.executable} -E
import sys
import pygraphviz
options = {{one[:2]: one[2:] for one in sys.argv[1:]}}
drawn = pygraphviz.AGraph(string=sys.stdin.read()).draw(format=options["-T"], prog=options["-K"])
sys.stdout.buffer.write(drawn)
"""


def shown(svg: bytes, kind: str = "node") -> list[str]:
    """The titles of a picture's nodes or edges, sorted."""
    groups = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
    return sorted(group.findtext("{*}title") or "" for group in groups if group.get("class") == kind)


def generate(folder: Path, *arguments: object, **environ: str) -> Result:
    """Draw schema.svg and schema_cache.svg in a folder, with these options."""
    return run_command(
        cli, "generate-schema", *arguments, folder / "schema.svg", folder / "schema_cache.svg", **environ
    )


def script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def without_pygraphviz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No pygraphviz that can run; the folder of programs that is on PATH."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pygraphviz.py").write_text("raise ImportError('libcgraph.so: no such file')\n")
    (tmp_path / "programs").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    return tmp_path / "programs"


# --- What is drawn ---------------------------------------------------------------------------------------------------


def test_a_png_is_one_and_large_enough_to_be_read(tmp_path: Path) -> None:
    done = run_command(cli, "generate-schema", tmp_path / "schema.png", tmp_path / "schema_cache.png")
    assert done.stdout == f"wrote {tmp_path}/schema.png\nwrote {tmp_path}/schema_cache.png\n"
    for name, least, most in (("schema.png", 3000, 10_000), ("schema_cache.png", 300, 2000)):
        content = (tmp_path / name).read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", content[16:24])
        assert least < width < most and least / 3 < height < most


def test_every_table_is_drawn_once_with_its_columns_and_relations(tmp_path: Path) -> None:
    assert generate(tmp_path).exit_code == 0
    svg = (tmp_path / "schema.svg").read_bytes()
    assert shown(svg) == sorted(GRAPH)
    keys = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
    assert len(shown(svg, "edge")) == len(keys)
    texts = "".join(ElementTree.fromstring(svg).itertext())
    assert all(column.name in texts for table in Base.metadata.tables.values() for column in table.columns)
    assert shown((tmp_path / "schema_cache.svg").read_bytes()) == sorted(CACHE)


def test_only_included_tables_are_drawn_and_what_relates_them_stays(tmp_path: Path) -> None:
    assert generate(tmp_path, "-i", "depends_on", "--include", "^python_package_version").exit_code == 0
    svg = (tmp_path / "schema.svg").read_bytes()
    expected = {name for name in GRAPH if "depends_on" in name or name.startswith("python_package_version")}
    assert {"depends_on", "python_package_version"} <= expected < GRAPH
    assert shown(svg) == sorted(expected)
    assert sum(edge.startswith("depends_on") for edge in shown(svg, "edge")) == 2
    assert shown((tmp_path / "schema_cache.svg").read_bytes()) == sorted(CACHE), "that one is always whole"


@pytest.mark.parametrize(("value", "drawn"), [("false", False), ("0", False), ("true", True), ("1", True)])
def test_performance_indicators_may_be_left_out(tmp_path: Path, value: str, drawn: bool) -> None:
    done = generate(tmp_path, "--include_performance_models", value)
    assert done.exit_code == 0, done.stderr
    names = set(shown((tmp_path / "schema.svg").read_bytes()))
    indicators = {name for name in GRAPH if name.startswith("pi_")}
    assert indicators and names == (GRAPH if drawn else GRAPH - indicators)


class _Colour(enum.Enum):
    RED = 1


def test_a_reference_to_the_same_table_and_an_enumeration_show() -> None:
    class Own(DeclarativeBase):
        pass

    class Branch(Own):
        """A row is a branch."""

        __tablename__ = "branch"
        id = Column(Integer, primary_key=True)
        parent_id = Column(Integer, ForeignKey("branch.id"), nullable=True)
        colour = Column(Enum(_Colour, name="colour_of_branch"), nullable=False)

    svg = picture(tables_of(Own), "svg")
    assert shown(svg) == ["branch"] and shown(svg, "edge") == ["branch:e->branch:e"]
    assert "colour_of_branch" in "".join(ElementTree.fromstring(svg).itertext())


# --- What cannot be drawn --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-i", "solved", "-i", "("], "'(' is not a regular expression: missing )"),
        (["-i", "solved", "-i", "no_such_table"], "'no_such_table' matches the name of no table of the graph"),
        (
            ["-i", "pi_", "--include_performance_models", "false"],
            "matches the name of no table of the graph (tables pi_",
        ),
        (["--include_performance_models", "perhaps"], "perhaps"),
    ],
)
def test_options_that_select_nothing_are_named(tmp_path: Path, options: list[str], message: str) -> None:
    done = generate(tmp_path, *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_no_pictures_are_refused(tmp_path: Path) -> None:
    for arguments, message in (
        (["schema.jpg"], "schema.jpg: expected a name that ends with .png or .svg"),
        (["a.svg", "./a.svg"], "the two pictures need files of their own"),
        ([tmp_path], "is a directory"),
    ):
        done = run_command(cli, "generate-schema", *arguments)
        assert done.exit_code == 2
        assert message in done.stderr


@pytest.mark.parametrize("place", ["/proc", "no/such/folder"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    picture_file = tmp_path / place / "schema.svg"
    done = run_command(cli, "generate-schema", "-i", "solved", picture_file, tmp_path / "cache.svg")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: cannot write {picture_file}: ") and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_picture(tmp_path: Path) -> None:
    (tmp_path / "schema.png").write_text("old")
    program = f"{sys.executable} -c 'from thoth.storages.cli import cli; cli()'"
    command = f"ulimit -f 100; {program} generate-schema -i python_package schema.png"  # KiB
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write schema.png: File too large; it is as it was before\n"
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"schema.png": "old"}


def test_an_interrupted_drawing_leaves_the_old_picture(tmp_path: Path, without_pygraphviz: Path) -> None:
    began = tmp_path / "began"
    script(without_pygraphviz / "dot", f"#!/bin/sh\n: > {began}\nexec /bin/sleep 60\n")
    (tmp_path / "schema.svg").write_text("old")
    command = [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", "generate-schema", "schema.svg"]
    drawing = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not began.exists() and drawing.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(drawing.pid, signal.SIGINT)
    _, said = drawing.communicate(timeout=30)
    assert drawing.returncode == 130
    assert said == "Error: interrupted: a picture that was not announced is as it was before\n"
    assert (tmp_path / "schema.svg").read_text() == "old"
    assert not (tmp_path / "schema_cache.png").exists() and not list(tmp_path.glob(".*"))


# --- What draws ------------------------------------------------------------------------------------------------------


def test_a_dot_on_the_path_draws_where_pygraphviz_cannot_run(tmp_path: Path, without_pygraphviz: Path) -> None:
    script(without_pygraphviz / "dot", DOT)
    done = generate(tmp_path, "-i", "python_package")
    assert done.exit_code == 0, done.stderr
    assert "python_package_version" in shown((tmp_path / "schema.svg").read_bytes())


def test_without_any_graphviz_the_message_says_what_to_install(
    tmp_path: Path, without_pygraphviz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = generate(tmp_path)
    assert done.exit_code == 1
    assert "pygraphviz failed: ImportError: libcgraph.so: no such file; dot is not there" in done.stderr
    assert "pip install 'thoth-storages[schema]'" in done.stderr
    monkeypatch.setattr(graphviz, "find_spec", lambda name: None)
    assert "no Graphviz can draw: pygraphviz is not there; dot is not there" in generate(tmp_path).stderr
    assert not list(tmp_path.glob("*.svg"))


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy_schemadisplay", None)
    done = generate(tmp_path)
    assert done.exit_code == 1
    assert done.stderr == ("Error: sqlalchemy_schemadisplay is missing: pip install 'thoth-storages[schema]'\n")


def test_nothing_but_drawing_needs_the_libraries_that_draw() -> None:
    code = """if True:
        import sys
        from thoth.storages import *
        from thoth.storages.cli import cli
        try:
            cli(["--help"])
        except SystemExit:
            pass
        assert not {"pygraphviz", "pydot", "sqlalchemy_schemadisplay"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


# --- The pictures of the documentation -------------------------------------------------------------------------------


def _drawer() -> object:
    spec = spec_from_file_location("draw", PICTURES / "draw.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAWER = _drawer()
WANTED = DRAWER.pictures()  # type: ignore[attr-defined]


def test_the_documentation_has_the_pictures_that_the_models_ask_for() -> None:
    of_the_house = set(DRAWER.OF_THE_HOUSE)  # type: ignore[attr-defined]
    there = {path.stem for path in PICTURES.glob("*.svg")}
    assert there - of_the_house == set(WANTED), "run: python3 docs/pictures/draw.py"


@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_picture_of_the_documentation_shows_what_the_models_say(name: str) -> None:
    svg = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    told = DRAWER.told(svg)  # type: ignore[attr-defined]
    assert told == facts(WANTED[name]), "the models changed; run: python3 docs/pictures/draw.py"
    assert shown(svg.encode()) == [table.name for table in WANTED[name].all]


def test_a_change_of_a_model_is_noticed_and_what_stands_in_no_picture_is_not() -> None:
    before = facts(WANTED["solvers"])
    column = Base.metadata.tables["solved"].columns["duration"]
    try:
        column.nullable = False
        assert facts(WANTED["solvers"]) != before
    finally:
        column.nullable = True
    assert facts(WANTED["solvers"]) == before


def test_what_pictures_show_is_the_same_in_every_process() -> None:
    code = (
        f"import runpy, hashlib; module = runpy.run_path({str(PICTURES / 'draw.py')!r})\n"
        "print(hashlib.sha256(''.join(map(module['facts'], module['pictures']().values())).encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
