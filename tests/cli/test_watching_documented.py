"""What docs/watching.rst tells operators to run, run to the letter, and what it says that it ends with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from sqlalchemy import URL, Engine

from thoth.storages.cli.doctor import doctor
from thoth.storages.cli.stats import stats
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_maintenance_engine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "watching.rst"
COMMAND = re.compile(r"^   \$ (.*)$", re.MULTILINE)
SQL = re.compile(r"^\.\. code-block:: sql\n\n((?:   .*\n)+)", re.MULTILINE)


def test_every_command_of_the_page_runs_and_ends_well(graph: GraphDatabase, settings: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    commands = COMMAND.findall(PAGE.read_text())
    assert len(commands) == 5
    for line in commands:
        done = subprocess.run(
            ["bash", "-c", line], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{line}: {done.stdout}{done.stderr}"


def test_every_check_has_its_paragraph_in_the_order_in_which_they_are_made() -> None:
    from thoth.storages.cli.doctor import _checks

    with click.Context(doctor):
        names = [check.name for check in _checks({})]
    assert re.findall(r"^(\w[\w ]*)\n   \w", PAGE.read_text(), re.MULTILINE) == names


@pytest.mark.parametrize("command", [doctor, stats])
def test_every_exit_code_of_the_help_stands_on_the_page(command: click.Command) -> None:
    (section,) = re.findall(rf"^Exit codes of.* {command.name}\n[.]+\n((?:\n?.+\n)*)", PAGE.read_text(), re.MULTILINE)
    stated = re.findall(r"^ *(\d+)  +(\w.*)$", command.help or "", re.MULTILINE)
    assert len(stated) >= 4
    assert re.findall(r"^(\d+) (\w.*)$", section, re.MULTILINE)[: len(stated)] == stated


def test_the_sessions_that_are_shown_are_ours_with_who_holds_them_up(graph: GraphDatabase, engine: Engine) -> None:
    shown = SQL.findall(PAGE.read_text())[0]
    each_by_itself = engine.execution_options(isolation_level="AUTOCOMMIT")  # else the activity of one moment is shown
    with engine.connect() as holding, each_by_itself.connect() as looking, ThreadPoolExecutor() as threads:
        holding.exec_driver_sql("LOCK TABLE python_package_index IN ACCESS EXCLUSIVE MODE")
        holder = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        asked = threads.submit(graph.get_python_package_index_all)

        def held_up() -> list[str]:
            rows = looking.exec_driver_sql(shown).mappings()
            return [row["query"] for row in rows if row["held_up_by"] == [holder] and row["wait_event_type"] == "Lock"]

        deadline = time.monotonic() + 8  # a lock is waited for ten seconds
        while not (queries := held_up()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(queries) == 1 and "python_package_index" in queries[0]
        holding.rollback()
        assert asked.result(timeout=20) == []


def test_the_server_takes_what_is_to_be_logged(server: URL, database: URL) -> None:
    settings = SQL.findall(PAGE.read_text())[1]
    engine = make_maintenance_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for line in settings.replace("DATABASE thoth", f"DATABASE {database.database}").splitlines():
            connection.exec_driver_sql(line)
    with make_maintenance_engine(database).connect() as connection:
        assert connection.exec_driver_sql("SHOW auto_explain.log_min_duration").scalar() == "1s"
