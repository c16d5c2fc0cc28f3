"""What docs/watching.rst tells operators to run, run to the letter, and what it says that it ends with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from thoth.storages.cli.doctor import doctor
from thoth.storages.cli.stats import stats
from thoth.storages.graph import GraphDatabase

PAGE = Path(__file__).resolve().parents[2] / "docs" / "watching.rst"
COMMAND = re.compile(r"^   \$ (.*)$", re.MULTILINE)


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
