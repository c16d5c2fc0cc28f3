"""thoth-storages purge, as an operator uses it, and what docs/purging.rst tells to run."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser
from support.commands import Result, run_command
from support.documents import made, real_documents
from support.tables import count

from thoth.storages.advisers import AdvisersResultsStore
from thoth.storages.ceph import CephStore
from thoth.storages.cli import cli
from thoth.storages.cli import purge as purge_module
from thoth.storages.cli.purge import purge, purge_adviser, purge_package_extract, purge_solver
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import sync_solver_documents

PAGE = Path(__file__).resolve().parents[2] / "docs" / "purging.rst"


@pytest.fixture
def world(graph: GraphDatabase, settings: pytest.MonkeyPatch) -> SolverResultsStore:
    """A document of each of three environments, in the store that the settings name and in the graph; one adviser's."""
    store, advisers = SolverResultsStore(), AdvisersResultsStore()
    for one in (store, advisers):
        one.connect()
    document = real_documents()[0]
    for solver in ("solver-rhel-8-py38", "solver-rhel-9-py311", "solver-debian-12-py311"):
        other = made(document)
        other["metadata"]["document_id"] = f"{solver}-261123120000-cafe"
        store.store_document(other)
        graph.sync_solver_result(other)
    advisers.store_document(adviser())
    graph.sync_adviser_result(adviser())
    return store


def done(*arguments: str, code: int = 0, typed: str = "") -> Result:
    result = run_command(purge, *arguments, typed=typed)
    assert result.exit_code == code, result.stdout + result.stderr
    return result


def test_a_dry_run_says_how_much_it_would_be(world: SolverResultsStore) -> None:
    assert done("solver", "--os-name", "rhel", "--dry-run").stdout == "2 runs of solver would be purged\n"
    assert (
        done("adviser", "--before", "2027-01-01T12:00:00", "--dry-run").stdout == "1 run of adviser would be purged\n"
    )
    assert done("solver", "--os-name", "suse").stdout == "Nothing is to be purged.\n"
    assert len(list(world.get_document_listing())) == 3


@pytest.mark.parametrize("moment", ["2024-13-01", "yesterday", "2024-01-01T25:00:00", "2024-01-01 12:00"])
def test_a_moment_that_is_none_is_named_with_what_was_expected(moment: str) -> None:
    said = done("adviser", "--before", moment, "--yes", code=2).stderr
    assert f"'--before': expected a moment such as 2026-11-01 or 2026-11-01T12:00:00, not {moment!r}" in said


def test_it_says_what_it_did_and_where_documents_are(world: SolverResultsStore, engine: Engine, prefix: str) -> None:
    world.ceph.delete("solver-rhel-9-py311-261123120000-cafe")
    lines = done("solver", "--os-name", "rhel").stdout.splitlines()
    assert lines[0].startswith(f"2 runs of 2 documents purged; they are in {prefix}/tests/solver-purge-2")
    assert lines[1] == "1 document of these had been moved before, or were not in storage"
    assert list(world.get_document_listing()) == ["solver-debian-12-py311-261123120000-cafe"]
    assert count(engine, "solved") == 1


def test_programs_get_one_object(world: SolverResultsStore) -> None:
    said = json.loads(done("solver", "--python-version", "py38", "--json").stdout)
    prefix = said.pop("prefix")
    assert "/solver-purge-" in prefix
    assert said == {
        "kind": "solver",
        "dry_run": False,
        "found_runs": 1,
        "purged_runs": 1,
        "documents": 1,
        "missing": 0,
        "exit_code": 0,
        "error": None,
    }
    said = json.loads(done("solver", "--os-name", "debian", "--dry-run", "--json").stdout)
    assert (said["found_runs"], said["purged_runs"], said["dry_run"], said["prefix"]) == (1, 0, True, None)


def test_on_a_terminal_it_asks_first(world: SolverResultsStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_module, "is_at_a_terminal", lambda: True)
    asked = done("solver", "--os-name", "rhel", typed="n\n", code=1)
    assert "Purge 2 runs of solver?" in asked.stderr
    assert len(list(world.get_document_listing())) == 3
    done("solver", "--os-name", "rhel", typed="y\n")
    done("adviser", "--version", adviser()["metadata"]["analyzer_version"], "--yes")
    assert len(list(world.get_document_listing())) == 1


@pytest.mark.parametrize("kind", ["solver", "adviser", "package-extract"])
def test_nothing_is_purged_where_nothing_says_what(kind: str) -> None:
    assert "expected at least one option" in done(kind, "--yes", code=2).stderr


def test_each_error_has_its_exit_code(world: SolverResultsStore, settings: pytest.MonkeyPatch, engine: Engine) -> None:
    order = ("solver", "--os-name", "rhel", "--json")
    settings.setenv("THOTH_CEPH_BUCKET", "nobodys-bucket")
    said = json.loads(done(*order, code=4).stdout)
    assert (said["found_runs"], said["purged_runs"], said["exit_code"]) == (2, 0, 4)
    settings.delenv("THOTH_CEPH_BUCKET")
    assert "THOTH_CEPH_BUCKET" in done(*order, code=3).stderr
    settings.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    assert json.loads(done(*order, code=4).stdout)["found_runs"] is None
    assert count(engine, "solved") == 3


def test_after_ctrl_c_the_same_command_goes_on(
    world: SolverResultsStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    order = ("solver", "--os-name", "rhel")
    with monkeypatch.context() as patched:
        patched.setattr(CephStore, "delete", interrupted)
        assert "run it again to go on" in done(*order, code=130).stderr
    assert count(engine, "solved") == 3
    done(*order)
    assert count(engine, "solved") == len(list(world.get_document_listing())) == 1


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_commands_of_the_page_can_be_run(world: SolverResultsStore, engine: Engine) -> None:
    lines = re.findall(r"^   \$ thoth-storages (.*)$", PAGE.read_text(), re.MULTILINE)
    said = []
    for line in lines:
        result = run_command(cli, *shlex.split(line))
        assert result.exit_code == 0, f"{line}: {result.stdout}{result.stderr}"
        said.append(result.stdout)
    assert said[0] == "1 run of solver would be purged\n"
    assert said[1].startswith("1 run of 1 document purged")
    assert said[2] == "Nothing is to be purged.\n", "the adviser's is newer"
    assert json.loads(said[3])["found_runs"] == 0
    assert len(lines) == 4 and count(engine, "solved") == 2


def test_purged_documents_come_back_as_the_page_says(world: SolverResultsStore, engine: Engine) -> None:
    before = sorted(world.get_document_listing())
    prefix = json.loads(done("solver", "--os-name", "rhel", "--json").stdout)["prefix"]
    (block,) = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", PAGE.read_text())
    code, replaced = re.subn(r'prefix="[^"]*"', f'prefix="{prefix}"', textwrap.dedent(block))
    assert (len(list(world.get_document_listing())), replaced) == (1, 1)
    exec(code, {})
    assert sorted(world.get_document_listing()) == before
    assert sync_solver_documents().synced == 2
    assert count(engine, "solved") == 3


@pytest.mark.parametrize("command", [purge_solver, purge_adviser, purge_package_extract])
def test_every_exit_code_of_the_help_stands_on_the_page_of_purging(command: object) -> None:
    codes = re.findall(r"^ *(\d+)  +\w", getattr(command, "help", ""), re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "5", "130"]
    assert [code for code in codes if not re.search(rf"^{code} ", PAGE.read_text(), re.MULTILINE)] == []
