"""thoth-storages schema adopt, as an operator runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text
from support.commands import run_command
from support.databases import make_database
from support.tables import count, rows_of, run

from thoth.storages.cli.schema import schema
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.adoption import adopt

pytestmark = pytest.mark.slow  # many databases are made

PAGE = Path(__file__).resolve().parents[2] / "docs" / "migrating.rst"
COMMAND = [str(Path(sys.executable).parent / "thoth-storages"), "schema", "adopt"]


def test_an_operator_adopts_a_database_as_the_page_says(populated: URL, engine: Engine) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    states = [GraphDatabase().schema_status().state.value]
    adopting = PAGE.read_text().partition("Adopting a database of release 0.74\n---")[2]
    lines = re.findall(r"^   \$ (thoth-storages schema adopt.*)$", adopting, re.MULTILINE)
    assert lines == ["thoth-storages schema adopt --dry-run", "thoth-storages schema adopt"]
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line],
            input="y\n",
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "deb_depends: 2,628 rows, 621 spelled or computed anew" in done.stdout
        assert "external_hardware_information: 1 rows, 1 left out (" in done.stdout
        states.append(GraphDatabase().schema_status().state.value)
    assert states == ["adoptable", "adoptable", "current"]
    assert "DROP SCHEMA published_0_74 CASCADE" in done.stdout
    run(engine, "DROP SCHEMA published_0_74 CASCADE")
    assert count(engine, "deb_depends") == 2628


def test_whoever_does_not_agree_changes_nothing(populated: URL) -> None:
    done = run_command(schema, "adopt", typed="n\n")
    assert done.exit_code == 1
    assert GraphDatabase().schema_status().state.value == "adoptable"


def test_a_program_reads_what_became_of_every_table(populated: URL) -> None:
    done = run_command(schema, "adopt", "--yes", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    steps = {step["step"]: step for step in said["steps"]}
    assert said["dry_run"] is False
    assert steps["solved"]["read"] == steps["solved"]["written"] == 48
    assert steps["ledger of documents"]["written"] == 55


@pytest.mark.parametrize("arguments", [["--yes"], ["--dry-run"], ["--yes", "--json"]])
def test_what_cannot_be_adopted_is_5_and_an_unreachable_server_4(
    arguments: list[str], server: URL, missing_database: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run_command(schema, "adopt", *arguments)
    assert (missing.exit_code, missing.stdout) == (5, "") and "does not exist" in missing.stderr
    make_database(server, missing_database)
    run(engine, "CREATE TABLE invoice (id bigint)")
    theirs = run_command(schema, "adopt", *arguments)
    assert (theirs.exit_code, theirs.stdout) == (5, "")
    assert "expected a database of the published package at its last revision, bf9ea2a38b01" in theirs.stderr
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    away = run_command(schema, "adopt", *arguments)
    assert (away.exit_code, away.stdout) == (4, "")
    assert away.stderr.startswith("Error: cannot connect to")


def test_a_database_of_this_library_needs_no_adoption(database: URL) -> None:
    for arguments in (["--yes"], ["--dry-run"]):
        done = run_command(schema, "adopt", *arguments)
        assert done.exit_code == 0 and "there is nothing to adopt" in done.stdout


def test_two_who_adopt_at_once_both_end_well(populated: URL, engine: Engine) -> None:
    both = [subprocess.Popen([*COMMAND, "--yes"], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted("there is nothing to adopt" in one for one in said) == [False, True]
    assert GraphDatabase().schema_status().state.value == "current"


def test_an_adoption_that_was_begun_is_seen(populated: URL, engine: Engine) -> None:
    with pytest.raises(RuntimeError):
        adopt(engine, tell=_stop)
    found = GraphDatabase().schema_status()
    assert found.state.value == "adoptable"
    assert "an adoption was begun" in found.detail and "--give-up" in found.advice


def _stop(_step: object) -> None:
    raise RuntimeError


def test_there_is_nothing_to_give_up_where_nothing_was_begun(server: URL, missing_database: URL) -> None:
    make_database(server, missing_database)
    done = run_command(schema, "adopt", "--give-up")
    assert done.exit_code == 0 and "no adoption was begun" in done.stdout
    assert run_command(schema, "adopt", "--give-up", "--dry-run").exit_code == 2


def test_what_ctrl_c_interrupts_is_gone_on_with_or_given_up(populated: URL, engine: Engine) -> None:
    with engine.connect() as reader:  # whose lock the swap has to wait for
        reader.execute(text("SELECT count(*) FROM solved"))
        adopting = subprocess.Popen([*COMMAND, "--yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE%'"
        deadline = time.monotonic() + 60
        while not rows_of(engine, waiting):
            assert time.monotonic() < deadline and adopting.poll() is None
            time.sleep(0.05)
        adopting.send_signal(signal.SIGINT)
        _, said = adopting.communicate(timeout=20)
        assert adopting.returncode == 130
        assert "interrupted: the old tables are as they were" in said
    assert GraphDatabase().schema_status().state.value == "adoptable"
    with pytest.raises(Exception, match="no changes to table cve"):
        run(engine, "DELETE FROM cve")
    given_up = run_command(schema, "adopt", "--give-up")
    assert "given up; the old tables are as they were" in given_up.stdout
    run(engine, "DELETE FROM cve WHERE cve_id = (SELECT min(cve_id) FROM cve)")
    assert run_command(schema, "adopt", "--yes").exit_code == 0
    assert count(engine, "cve") == 33
