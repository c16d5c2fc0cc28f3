"""thoth-storages graph-cache, and create-cache as it was called in 2019."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy.engine import URL
from support.commands import run_command

from thoth.storages.cli import cli
from thoth.storages.cli.cache import create_cache, graph_cache
from thoth.storages.cli.cache_configuration import CacheConfiguration, read_configuration
from thoth.storages.exceptions import CacheConfigurationError
from thoth.storages.graph import GraphCache, GraphDatabase


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "cache_conf.yaml"
    path.write_text("# comment\npython-packages:\n  - Flask\n  - no-such-package\n")
    return path


@pytest.fixture
def told(graph: GraphDatabase, document_of: Any) -> GraphDatabase:
    for requirement in ("flask==3.0.3", "click==8.1.7", "werkzeug==3.0.4", "six==1.16.0"):
        graph.sync_solver_result(document_of(requirement))
    return graph


@pytest.mark.parametrize("command", [graph_cache, create_cache], ids=["graph-cache", "create-cache"])
@pytest.mark.parametrize("by", ["arguments", "environment"])
def test_a_cache_is_made_and_said_to_be(
    told: GraphDatabase, tmp_path: Path, configuration: Path, command: click.Command, by: str, count_statements: Any
) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    if by == "arguments":
        result = run_command(command, "-c", configuration, path)
    else:
        variables = {"THOTH_STORAGES_GRAPH_CACHE": str(path), "THOTH_STORAGES_GRAPH_CACHE_CONFIG": str(configuration)}
        result = run_command(command, **variables)
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["cache_file"] == str(path)
    assert answer["cache_file_size"] == path.stat().st_size > 0
    assert answer["package_versions"] == 3
    assert answer["unknown_packages"] == ["no-such-package"]
    assert "cache_stats" in answer
    assert "no-such-package" in result.stderr
    reader = GraphDatabase(cache=GraphCache(str(path)))
    reader.connect()
    expected = told.get_depends_on("flask")
    answers: list[Any] = []
    reader.python_package_exists("flask")
    assert count_statements(reader, lambda: answers.append(reader.get_depends_on("flask"))) == 1
    assert answers == [expected]
    reader.disconnect()


def test_the_group_knows_both_names() -> None:
    for name in ("graph-cache", "create-cache"):
        result = run_command(cli, name, "--help")
        assert result.exit_code == 0
        assert "CACHE_FILE" in result.stdout
    shown = run_command(cli, "--help").stdout
    assert "graph-cache" in shown
    assert "create-cache" not in shown


def test_the_group_reads_the_environment_too(told: GraphDatabase, tmp_path: Path, configuration: Path) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    variables = {"THOTH_STORAGES_GRAPH_CACHE": str(path), "THOTH_STORAGES_GRAPH_CACHE_CONFIG": str(configuration)}
    result = run_command(cli, "create-cache", **variables)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["cache_file_size"] == path.stat().st_size


def test_a_file_that_is_something_else_is_left_alone(told: GraphDatabase, tmp_path: Path, configuration: Path) -> None:
    own = tmp_path / "own.sqlite3"
    with closing(sqlite3.connect(own)) as connection:
        connection.execute("CREATE TABLE precious (id INTEGER)")
    for path in (own, configuration):
        before = path.read_bytes()
        done = run_command(graph_cache, path, "-c", configuration)
        assert done.exit_code == 1
        assert "is there and is no graph cache" in done.stderr
        assert path.read_bytes() == before


def test_nothing_takes_the_place_of_a_cache_that_holds_something(
    told: GraphDatabase, tmp_path: Path, configuration: Path
) -> None:
    path, nothing = tmp_path / "graph_cache.sqlite3", tmp_path / "nothing.yaml"
    nothing.write_text("python-packages: [no-such-package]\n")
    assert run_command(graph_cache, path, "-c", configuration).exit_code == 0
    before = path.read_bytes()
    done = run_command(graph_cache, path, "-c", nothing)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: no version of no-such-package was solved: {path} stays as it is; look at")
    assert path.read_bytes() == before
    for _ in range(2):  # where there is nothing to lose, an empty one is made: the graph may be young
        assert run_command(graph_cache, tmp_path / "another.sqlite3", "-c", nothing).exit_code == 0


@pytest.mark.parametrize("tables", [[], ["python_package_version", "depends_on"], ["cache_information"]])
def test_an_older_file_is_replaced(told: GraphDatabase, tmp_path: Path, configuration: Path, tables: list[str]) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    path.touch()
    with closing(sqlite3.connect(path)) as connection:
        for table in tables:
            connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    assert run_command(graph_cache, path, "-c", configuration).exit_code == 0
    assert path.read_bytes().startswith(b"SQLite format 3\x00")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["cache_conf.yaml", "graph_cache.sqlite3"]


WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "python-packages"),
    "only a comment": (b"# nothing\n", "python-packages"),
    "a list": (b"- flask\n", "python-packages"),
    "a text": (b"flask", "python-packages"),
    "another key": (b"packages: [flask]\n", "python-packages"),
    "no list": (b"python-packages: flask\n", "python-packages"),
    "a mapping": (b"python-packages: {flask: 1}\n", "python-packages"),
    "nothing": (b"python-packages:\n", "python-packages"),
    "an empty list": (b"python-packages: []\n", "python-packages"),
    "a name that is none": ("python-packages: [é]\n".encode(), "python-packages[0]: expected a package such as flask"),
    "a range that is none": (b"python-packages: [flask>=]\n", "python-packages[0]: expected a package such as flask"),
    "an extra": (b"python-packages: ['flask[async]']\n", "python-packages[0]: expected a name and a range"),
    "an unknown key": (b"python-packages: [flask]\nindices: [x]\n", "indices: expected no other keys"),
    "one environment": (b"python-packages: [flask]\nenvironments: {os_name: rhel}\n", "environments: expected a list"),
    "an unknown part": (b"python-packages: [flask]\nenvironments: [{os: rhel}]\n", "environments[0]: expected an"),
    "a version that is a number": (
        b"python-packages: [flask]\nenvironments: [{python_version: 3.10}]\n",
        'environments[0]: expected python_version to be a text such as "3.10", not 3.1',
    ),
    "an index that is no text": (b"python-packages: [flask]\nindexes: [1]\n", "indexes[0]: expected"),
    "a number": (b"python-packages: [flask, 3]\n", "python-packages[1]"),
    "null": (b"python-packages: [null]\n", "python-packages[0]"),
    "a truth value": (b"python-packages: [flask, six, yes]\n", "python-packages[2]"),
    "an empty text": (b"python-packages: ['  ']\n", "python-packages[0]"),
    "a mapping in the list": (b"python-packages:\n  - flask: 1.0\n", "python-packages[0]"),
    "a syntax error": (b"python-packages:\n  - flask\n  - 'six\n", ":4"),
    "a tab": (b"python-packages:\n\t- flask\n", ":2"),
    "an unknown tag": (b"python-packages:\n  - !!python/object:os.system x\n", ":2"),
    "an unknown alias": (b"python-packages:\n  - flask\n  - *six\n", ":3"),
    "two documents": (b"python-packages: [flask]\n---\na: b\n", ":2"),
    "not UTF-8": (b"python-packages: [fl\xe4sk]\n", "UTF-8"),
    "a control character": (b"python-packages: [fl\x01sk]\n", "cache_conf.yaml"),
    "a date that is none": (b"python-packages: [2021-02-30]\n", "cache_conf.yaml"),
    "a number that is none": (b"python-packages: [!!int x]\n", "cache_conf.yaml"),
    "brackets without end": (b"python-packages: " + b"[" * 5000, "cache_conf.yaml"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_configuration_is_told_with_its_place(tmp_path: Path, wrong: str) -> None:
    content, place = WRONG[wrong]
    path, cache = tmp_path / "cache_conf.yaml", tmp_path / "cache.sqlite3"
    path.write_bytes(content)
    result = run_command(graph_cache, cache, "-c", path)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert str(path) in result.stderr
    assert place in result.stderr
    assert "Traceback" not in result.stderr
    assert not cache.exists()
    with pytest.raises(CacheConfigurationError):
        read_configuration(str(path))


def test_a_configuration_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path):
        result = run_command(graph_cache, tmp_path / "cache.sqlite3", "-c", path)
        assert result.exit_code == 2
        assert str(path) in result.stderr


def test_a_configuration_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "cache_conf.yaml"
    path.write_text("""
python-packages: [Flask, 'zope.interface', 'requests >= 2.30, < 3']
environments:
- {os_name: rhel, os_version: "8", python_version: "3.9"}
- python_version: "3.10"
indexes: [https://pypi.org/simple/]
""")
    assert read_configuration(str(path)) == CacheConfiguration(
        ["Flask", "zope.interface", "requests >= 2.30, < 3"],
        [{"os_name": "rhel", "os_version": "8", "python_version": "3.9"}, {"python_version": "3.10"}],
        ["https://pypi.org/simple/"],
    )


@pytest.mark.parametrize("arguments", [[], [":memory:"], [""]])
def test_without_a_file_nothing_is_made(
    configuration: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(configuration.parent)
    result = run_command(graph_cache, "-c", configuration, *arguments)
    assert result.exit_code == 2
    assert "no file is named: give CACHE_FILE, or set THOTH_STORAGES_GRAPH_CACHE" in result.stderr
    assert list(configuration.parent.iterdir()) == [configuration]


def test_the_file_may_be_named_by_an_option(told: GraphDatabase, tmp_path: Path, configuration: Path) -> None:
    one, other = tmp_path / "one.sqlite3", tmp_path / "other.sqlite3"
    made = run_command(graph_cache, "-c", configuration, "-o", one, THOTH_STORAGES_GRAPH_CACHE=str(other))
    assert made.exit_code == 0, made.stderr
    assert one.is_file() and not other.exists()
    both = run_command(graph_cache, "-c", configuration, "-o", one, other)
    assert both.exit_code == 2
    assert f"two files are named: {other} and {one}" in both.stderr


def test_what_did_not_change_is_taken_from_the_older_file(
    told: GraphDatabase, document_of: Any, tmp_path: Path, configuration: Path
) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    command = (graph_cache, path, "-c", configuration, "--update", "--jobs", "2")
    reports = [json.loads(run_command(*command).stdout)]
    told.sync_solver_result(document_of("jinja2==3.1.4"))
    reports += [json.loads(run_command(*command).stdout) for _ in range(2)]
    counted = [(report["package_versions"], report["kept_package_versions"]) for report in reports]
    assert counted == [(3, 0), (4, 3), (4, 4)]
    assert run_command(graph_cache, path, "-c", configuration, "--jobs", "9").exit_code == 2


def test_without_a_configuration_there_is_nothing_to_make(tmp_path: Path) -> None:
    result = run_command(graph_cache, tmp_path / "cache.sqlite3")
    assert result.exit_code == 2
    assert "--cache-config" in result.stderr


def test_without_a_server_the_exit_code_is_4(tmp_path: Path, configuration: Path) -> None:
    result = run_command(graph_cache, tmp_path / "cache.sqlite3", "-c", configuration)
    assert result.exit_code == 4
    assert result.stderr.startswith("Error: cannot connect")
    assert result.stdout == ""
    assert [found.name for found in tmp_path.iterdir()] == [configuration.name]


def test_without_tables_the_exit_code_is_3(missing_database: URL, tmp_path: Path, configuration: Path) -> None:
    result = run_command(graph_cache, tmp_path / "cache.sqlite3", "-c", configuration)
    assert result.exit_code == 3
    assert "initialize_schema" in result.stderr
    assert [found.name for found in tmp_path.iterdir()] == [configuration.name]


def test_a_file_that_cannot_be_written_is_told(graph: GraphDatabase, tmp_path: Path, configuration: Path) -> None:
    path = tmp_path / "no-such-directory" / "cache.sqlite3"
    result = run_command(graph_cache, path, "-c", configuration)
    assert result.exit_code == 1
    assert str(path) in result.stderr


def test_a_wrong_setting_is_told(tmp_path: Path, configuration: Path) -> None:
    result = run_command(graph_cache, tmp_path / "cache.sqlite3", "-c", configuration, KNOWLEDGE_GRAPH_PORT="many")
    assert result.exit_code == 3
    assert "KNOWLEDGE_GRAPH_PORT" in result.stderr
