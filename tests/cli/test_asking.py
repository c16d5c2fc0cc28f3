"""thoth-storages show, tree and dependents: what they answer, from where, and how they end where there is no answer."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.commands import Result, run_command
from support.databases import copied_database, graph_at, make_database
from support.documents import DEBIAN, PYPI
from support.tables import CountStatements, run

from thoth.storages.cli import cli, package_pictures
from thoth.storages.cli.asking import close_names
from thoth.storages.cli.dependency_sources import source_of
from thoth.storages.cli.dependency_walk import Wanted, walk
from thoth.storages.cli.package_argument import Asked
from thoth.storages.cli.shown import known_of
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.filters import Environment

FLASK = ("flask", "3.0.3", PYPI)
NEEDED = ["blinker 1.8.2", "click 8.1.7", "itsdangerous 2.2.0", "jinja2 3.1.4", "werkzeug 3.0.4"]


@pytest.fixture(scope="module")
def asked(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that was told all the real solver documents, and a CVE and a rule."""
    with copied_database(server, filled_template, "asked") as url, graph_at(url, []) as graph:
        graph.create_python_cve_record("flask", "2.2.5", PYPI, cve_id="CVE-1", details="Two\nlines", link="https://x")
        graph.create_python_rule("flask", version_specifier="<2.3", description="too old")
        yield graph


@pytest.fixture
def settings_of(asked: GraphDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name that graph."""
    url = asked._connected_engine().url
    for name in ("host", "port", "username", "password", "database"):
        variable = {"username": "USER"}.get(name, name.upper())
        monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{variable}", str(getattr(url, name) or ""))


@pytest.fixture(scope="module")
def cache_file(asked: GraphDatabase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cache") / "graph.sqlite3"
    asked.create_graph_cache(str(path), ["flask"])
    return path


def ask(*arguments: object) -> Result:
    return run_command(cli, *arguments)


def answered(*arguments: object) -> str:
    done = ask(*arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def of_json(*arguments: object) -> Any:
    return json.loads(answered(*arguments, "--json"))


# --- tree ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("settings_of")
def test_a_tree_is_the_same_from_postgresql_and_from_a_graph_cache_alone(
    cache_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = [
        ["flask==3.0.3"],
        ["flask==3.0.3", "--all"],
        ["Flask == 3.0.3", "--depth", "1", "--python", "py311"],
        ["importlib-metadata[test]==8.5.0", "--os", "debian", "--os-version", "12", "--index", f"{PYPI}/"],
        ["flask==99.0.0"],
    ]
    expected = [[answered("tree", *one), of_json("tree", *one)] for one in asked_for]
    assert expected[0][0].splitlines() == [
        f"flask 3.0.3 {PYPI}",
        "├── blinker 1.8.2 (or 1 other version)",
        "├── click 8.1.7",
        "├── itsdangerous 2.2.0",
        "├── jinja2 3.1.4",
        "│   └── markupsafe 2.1.5",
        "└── werkzeug 3.0.4",
        "    └── markupsafe 2.1.5",
    ]
    assert '├── importlib-metadata 8.5.0 ; python_version < "3.10" (...)\n' in expected[1][0]
    assert "packaging 23.2 (or 1 other version)" not in expected[0][0] and "for extra test" in expected[3][0]
    assert expected[4][0] == f"flask 99.0.0 {PYPI} solver error\n"
    monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", "nowhere.invalid")
    for one, (text, found) in zip(asked_for, expected, strict=True):
        assert answered("tree", *one, "--cache", cache_file) == text
        assert of_json("tree", *one, "--cache", cache_file) == found


@pytest.mark.usefixtures("settings_of")
def test_without_a_version_the_newest_one_without_an_error_is_asked_about() -> None:
    assert answered("tree", "flask", "--depth", 0) == f"flask 3.0.3 {PYPI}\n"


@pytest.mark.usefixtures("settings_of")
def test_the_json_of_a_tree_names_each_package_and_each_requirement() -> None:
    found = of_json("tree", "jinja2==3.1.4", "--os", "debian")
    jinja = {"package_name": "jinja2", "package_version": "3.1.4", "index_url": PYPI}
    markupsafe = {"package_name": "markupsafe", "package_version": "2.1.5", "index_url": PYPI}
    assert found == {
        "packages": [{**one, "is_solved": True, "has_solver_error": False} for one in (jinja, markupsafe)],
        "roots": [jinja],
        "environment": {"os_name": "debian", "os_version": None, "python_version": None},
        "requirements": [{**jinja, "dependency": markupsafe, "extra": None, "marker": None, "other_versions": 0}],
    }


@pytest.mark.usefixtures("settings_of")
def test_an_extra_for_which_nothing_is_needed_is_warned_of() -> None:
    done = ask("tree", "importlib-metadata[nothing]==8.5.0", "--extras", "Test")
    assert done.exit_code == 0
    assert done.stderr == "Warning: importlib-metadata needs nothing for the extra nothing\n"


def test_a_level_is_asked_about_in_three_statements_however_many_packages_it_has(
    asked: GraphDatabase, count_statements: CountStatements
) -> None:
    source = source_of(asked, Environment.of(**DEBIAN), is_offline=False)
    found = walk(source, [FLASK], Wanted())
    assert len(found.packages()) > 5
    assert count_statements(asked, lambda: walk(source, [FLASK], Wanted(depth=1))) == 4  # errors of the root, first
    assert count_statements(asked, lambda: walk(source, [FLASK], Wanted(depth=2))) == 7
    # Only what markupsafe needs is left: nothing, of which nothing more is asked.
    assert count_statements(asked, lambda: walk(source, [FLASK], Wanted())) == 8
    assert count_statements(asked, lambda: walk(source, [FLASK], Wanted(everything=True, depth=2))) == 9


# --- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("settings_of")
def test_what_is_known_of_a_package_is_shown_newest_version_first() -> None:
    lines = answered("show", "flask").splitlines()
    assert lines[:7] == [
        "flask",
        "",
        "Versions",
        f"  99.0.0  {PYPI}  debian 12 Python 3.11  solver error",
        *(f"  {version}  {PYPI}  debian 12 Python 3.11" for version in ("3.0.3", "2.3.3", "2.2.5")),
    ]
    needs = lines.index("flask 3.0.3 needs")
    assert [line.split(" (")[0].strip() for line in lines[needs + 1 : needs + 6]] == NEEDED
    assert "flask is needed by: nothing that was solved" in lines
    assert lines[lines.index("Vulnerabilities") + 1] == "  CVE-1 (2.2.5): Two lines  https://x"
    assert re.fullmatch(r"  \d+: <2.3 not solved: too old", lines[lines.index("Rules") + 1])
    assert "  summary: A simple framework for building complex web applications." in lines
    assert any(line.startswith("  solver-debian-12-py311-") for line in lines)


@pytest.mark.usefixtures("settings_of")
def test_one_version_has_what_is_true_of_it_alone() -> None:
    new, old = of_json("show", "flask==3.0.3"), of_json("show", "flask==2.2.5")
    assert [one["package_version"] for one in new["versions"]] == ["3.0.3"]
    assert (new["vulnerabilities"], new["rules"]) == ([], [])
    assert [one["cve_id"] for one in old["vulnerabilities"]] == ["CVE-1"]
    assert [one["version_range"] for one in old["rules"]] == ["<2.3"]
    assert new["metadata"]["version"] == "3.0.3" and new["described_version"] == "3.0.3"
    assert of_json("show", "click")["needed_by"] == {"flask": ["3.0.3", "2.3.3", "2.2.5"]}


@pytest.mark.usefixtures("settings_of")
def test_more_than_the_limit_is_counted() -> None:
    lines = answered("show", "flask", "--limit", 1).splitlines()
    assert "  ... and 3 more (--limit, --json)" in lines and "  ... and 4 more (--limit, --json)" in lines


@pytest.mark.usefixtures("settings_of")
def test_a_graph_cache_shows_what_it_knows_and_says_what_it_does_not(
    cache_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of_it = of_json("show", "flask==3.0.3")
    monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", "nowhere.invalid")
    found = of_json("show", "flask==3.0.3", "--cache", cache_file)
    assert found == {name: all_of_it[name] for name in found} and "vulnerabilities" not in found
    assert answered("show", "flask==3.0.3", "--cache", cache_file).endswith(
        "\nA graph cache does not say what needs it, nor vulnerabilities, rules and metadata.\n"
    )


def test_a_package_is_shown_in_as_many_statements_however_much_is_known(
    asked: GraphDatabase, count_statements: CountStatements
) -> None:
    def statements(name: str) -> int:
        return count_statements(asked, lambda: known_of(asked, Asked(name), Environment(), is_offline=False))

    statements("flask")  # it looks for changes
    assert statements("werkzeug") == statements("importlib-metadata") == statements("jinja2") <= 12


# --- dependents ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("settings_of")
def test_dependents_are_newest_first_with_what_they_ask_for() -> None:
    expected = ["flask 3.0.3 needs >=8.1.3", "flask 2.3.3 needs >=8.1.3", "flask 2.2.5 needs >=8.0"]
    assert answered("dependents", "click").splitlines() == expected
    assert answered("dependents", "click", "--version", "8.1.7") == answered("dependents", "click==8.1.7")
    assert 'for extra test ; extra == "test"' in answered("dependents", "packaging")
    found = of_json("dependents", "click==8.1.7", "--os", "Debian", "--python", "3.11.7")
    assert [one["package_version"] for one in found["dependents"]] == ["2.2.5", "2.3.3", "3.0.3"]
    assert found["environment"]["python_version"] == "3.11"


@pytest.mark.usefixtures("settings_of")
def test_what_nobody_needs_is_no_error() -> None:
    assert answered("dependents", "flask") == "Nothing that was solved needs flask.\n"
    assert answered("dependents", "click==8.1.7", "--os", "rhel") == "Nothing that was solved needs click==8.1.7.\n"


# --- Pictures --------------------------------------------------------------------------------------------------------


def shown(path: Path, kind: str) -> set[str]:
    """The titles of a picture's nodes or edges."""
    groups = ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}g")
    return {group.findtext("{*}title") or "" for group in groups if group.get("class") == kind}


@pytest.mark.usefixtures("settings_of")
@pytest.mark.parametrize(
    ("command", "boxes", "lines"),
    [
        (["tree", "jinja2==3.1.4"], {"jinja2 3.1.4", "markupsafe 2.1.5"}, {"jinja2 3.1.4->markupsafe 2.1.5"}),
        (
            ["dependents", "click==8.1.7"],
            {"click 8.1.7", "flask 3.0.3", "flask 2.3.3", "flask 2.2.5"},
            {f"flask {version}->click 8.1.7" for version in ("3.0.3", "2.3.3", "2.2.5")},
        ),
        (
            ["show", "jinja2==3.1.4"],
            {"jinja2 3.1.4", "markupsafe 2.1.5", "flask 3.0.3", "pyparsing 3.1.4"},
            {"jinja2 3.1.4->markupsafe 2.1.5", "flask 3.0.3->jinja2 3.1.4", "pyparsing 3.1.4->jinja2 3.1.4"},
        ),
    ],
    ids=["tree", "dependents", "show"],
)
def test_a_picture_shows_each_package_once(
    tmp_path: Path, command: list[str], boxes: set[str], lines: set[str]
) -> None:
    path = tmp_path / "picture.svg"
    assert answered(*command, "-o", path) == f"wrote {path}\n"
    assert shown(path, "node") == boxes
    assert shown(path, "edge") == lines
    with_json = ask(*command, "-o", path, "--json")
    assert with_json.stderr == f"wrote {path}\n" and json.loads(with_json.stdout)


@pytest.mark.usefixtures("settings_of")
def test_pictures_are_of_the_kind_that_the_suffix_says(tmp_path: Path) -> None:
    answered("tree", "flask==3.0.3", "-o", tmp_path / "tree.PNG")
    assert (tmp_path / "tree.PNG").read_bytes().startswith(b"\x89PNG")
    answered("tree", "flask==3.0.3", "-o", tmp_path / "tree.dot")
    assert '"flask 3.0.3" -> "click 8.1.7"' in (tmp_path / "tree.dot").read_text()


@pytest.mark.usefixtures("settings_of")
def test_a_picture_that_cannot_be_drawn_or_written_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "no" / "tree.dot"
    done = ask("tree", "flask==3.0.3", "-o", path)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(f"Error: cannot write {path}: No such file")
    monkeypatch.setattr(package_pictures, "_MOST", 3)
    done = ask("tree", "flask==3.0.3", "-o", tmp_path / "tree.svg")
    assert done.exit_code == 1 and "7 packages: expected at most 3 in a picture" in done.stderr
    assert answered("tree", "flask==3.0.3", "-o", tmp_path / "tree.dot")
    monkeypatch.setattr("thoth.storages.cli.graphviz.find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = ask("tree", "jinja2==3.1.4", "-o", tmp_path / "tree.svg")
    assert done.exit_code == 1 and "pip install 'thoth-storages[schema]'" in done.stderr
    assert not (tmp_path / "tree.svg").exists()


# --- No answer -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("settings_of")
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["tree", "flsk"], "no package flsk is known; close to it: flask"),
        (["show", "import"], "no package import is known; close to it: importlib-metadata"),
        (["dependents", "clikc"], "no package clikc is known; close to it: click"),
        (["dependents", "click==99", "--python", "3.11"], "click 99 was not solved; solved: 8.1.7, 8.0.4"),
        (["dependents", "clikc==99"], "no package clikc is known; close to it: click"),
        (["show", "flsk==1"], "no package flsk is known; close to it: flask"),
        (["show", "xyzzy-quux"], "no package xyzzy-quux is known"),
        (["tree", "flask==3.0.4"], "flask 3.0.4 was not solved; solved: 99.0.0, 3.0.3, 2.3.3, 2.2.5"),
        (
            ["show", "flask==3.0.3", "--os", "rhel", "--os-version", "8.5"],
            f"flask==3.0.3 was not solved in rhel 8; solved in: debian 12 Python 3.11 from {PYPI}",
        ),
        (
            ["tree", "flask==3.0.3", "--index", "https://me:secret@mirror.example"],
            "flask==3.0.3 was not solved in any environment from https://mirror.example; "
            f"solved in: debian 12 Python 3.11 from {PYPI}",
        ),
        (
            ["tree", "flask", "--python", "2.7"],
            "no version of flask was solved without an error in Python 2.7; solved: 99.0.0, 3.0.3, 2.3.3, 2.2.5",
        ),
    ],
)
def test_what_is_not_known_is_said_with_what_is(command: list[str], message: str) -> None:
    assert ask(*command) == Result(1, "", f"Error: {message}\n")


OFFLINE = "does not answer this question, and this adapter is offline"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["tree", "nobody==1"], "does not hold nobody 1, and this adapter is offline"),
        (["tree", "flask"], f"{OFFLINE}; name a version, such as flask==1.0"),
        (["show", "flask"], f"{OFFLINE}; name a version, such as flask==1.0"),
        (["dependents", "click"], OFFLINE),
    ],
)
def test_what_a_graph_cache_alone_does_not_say_is_an_error_of_its_own(
    cache_file: Path, command: list[str], message: str
) -> None:
    assert ask(*command, "--cache", cache_file) == Result(4, "", f"Error: graph cache {cache_file} {message}\n")


def test_a_graph_cache_in_another_environment_says_where_it_was_solved(cache_file: Path) -> None:
    done = ask("tree", "flask==3.0.3", "--python", "2.7", "--cache", cache_file)
    assert done.exit_code == 1 and f"solved in: debian 12 Python 3.11 from {PYPI}" in done.stderr


@pytest.mark.parametrize("command", ["tree", "show", "dependents"])
def test_a_graph_cache_or_a_server_that_is_not_there_is_one_line(tmp_path: Path, command: str) -> None:
    done = ask(command, "flask==3.0.3", "--cache", tmp_path / "none.sqlite3")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1) and "none.sqlite3" in done.stderr
    done = ask(command, "flask==3.0.3")
    assert (done.exit_code, done.stderr.count("\n")) == (4, 1) and "cannot connect" in done.stderr


@pytest.mark.usefixtures("missing_database")
def test_a_database_that_is_not_there_is_something_that_is_missing() -> None:
    assert ask("show", "flask").exit_code == 3


def test_a_database_of_another_program_is_not_asked(server: URL, missing_database: URL, engine: Engine) -> None:
    make_database(server, missing_database)
    run(engine, "CREATE TABLE python_package_version (id integer)")
    done = ask("tree", "flask==3.0.3")
    assert (done.exit_code, done.stderr.count("\n")) == (5, 1)
    engine.dispose()


def test_close_names_are_those_that_look_alike_then_those_that_begin_so() -> None:
    names = ["click", "clickclick-very-long", "flask", "flask-login", "zope"]
    assert close_names("clck", names) == ["click"]
    assert close_names("click-", names) == ["click"]
    assert close_names("flas", names) == ["flask", "flask-login"]
    assert close_names("nothing-like-it", names) == []


# --- On a terminal and in a pipe -------------------------------------------------------------------------------------


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from thoth.storages.cli import cli; cli()", *map(str, arguments)]


def test_a_pipe_that_is_closed_early_is_quiet(cache_file: Path) -> None:
    line = " ".join([*(f"'{one}'" for one in command_line("tree", "flask==3.0.3", "--cache", cache_file)), "| true"])
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def on_terminal(columns: int, *arguments: object) -> str:
    """What the command writes on a terminal that is so wide."""
    ours, its = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen(command_line(*arguments), stdout=its, stderr=its, env=environment) as running:
        os.close(its)
        said = b""
        with suppress(OSError):  # Linux says so where nobody has the other end any more
            while part := os.read(ours, 65536):
                said += part
    os.close(ours)
    assert running.returncode == 0, said
    return said.decode().replace("\r\n", "\n")


@pytest.mark.usefixtures("settings_of")
def test_colours_and_width_are_for_terminals_alone() -> None:
    shown = on_terminal(60, "show", "click==8.1.7")
    assert "\x1b[1mclick==8.1.7\x1b[0m" in shown
    assert max(len(click.unstyle(line)) for line in shown.splitlines()) <= 60
    piped = answered("show", "click==8.1.7")
    assert "\x1b" not in piped and max(map(len, piped.splitlines())) > 200
    assert click.unstyle(shown).split() == piped.split()


@pytest.mark.usefixtures("settings_of")
def test_ctrl_c_while_the_graph_is_asked_ends_as_other_commands_do(asked: GraphDatabase) -> None:
    with asked._connected_engine().begin() as blocking:
        blocking.exec_driver_sql("LOCK TABLE depends_on IN ACCESS EXCLUSIVE MODE")
        asking = subprocess.Popen(
            command_line("tree", "flask==3.0.3"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=dict(os.environ),
        )
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'depends_on'::regclass"
        deadline = time.monotonic() + 30
        while not blocking.exec_driver_sql(waits).scalar() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(asking.pid, signal.SIGINT)
        said = asking.communicate(timeout=30)
    assert (asking.returncode, *said) == (130, "", "Error: interrupted\n")
