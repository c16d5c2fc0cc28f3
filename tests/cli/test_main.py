"""The command line as a whole."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.commands import run_command

from thoth.storages import __version__
from thoth.storages.cli import cli
from thoth.storages.cli.grouped import GROUPS

ROOT = Path(__file__).resolve().parents[2]


def commands(group: click.Group = cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command and every group, by what is typed to run it."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")


COMMANDS = dict(commands())
ALSO_CALLED = {"create-cache": "graph-cache", "schema generate": "generate-schema"}


def test_the_help_names_every_command_that_is_not_of_the_past() -> None:
    done = run_command(cli, "--help")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80, "it fits a screen"
    for name, command in cli.commands.items():
        assert (f"  {name} " in done.stdout) is not command.hidden
    for option in ("-v", "--verbose", "--version", "-h", "--help"):
        assert option in lines[-1]


def test_every_command_that_is_not_of_the_past_is_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert len(grouped) == len(set(grouped))
    shown = {name for name, command in cli.commands.items() if not command.hidden}
    assert shown - set(grouped) == set(), "name it in thoth/storages/cli/grouped.py"


def test_the_groups_stand_in_the_help_with_their_commands_below() -> None:
    shown = run_command(cli, "--help").stdout
    places = [shown.index(f"\n{title} ") for title in GROUPS]
    assert places == sorted(places)
    for title, names in GROUPS.items():
        begins = shown.index(f"\n{title} ")
        assert shown.index(f" {next(name for name in names if name in cli.commands)} ") - begins < 20


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_an_example_of_itself(name: str) -> None:
    told = COMMANDS[name].help or ""
    assert re.search(rf"Example: .*thoth-storages {ALSO_CALLED.get(name, name)}\b", told), told


def test_the_version_is_printed() -> None:
    assert __version__ in run_command(cli, "--version").stdout


_INTERRUPTED_WHILE_LOADING = """
import sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "thoth.storages.cli.sync":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from thoth.storages.cli import cli
"""


def test_ctrl_c_while_modules_are_loaded_ends_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED_WHILE_LOADING], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Error: interrupted\n")


def test_a_checkout_runs_without_being_installed_from_wherever_it_is_called(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "thoth-storages"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert __version__ in done.stdout


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_the_tables_are_drawn(tmp_path: Path, suffix: str, start: bytes) -> None:
    paths = [tmp_path / f"schema.{suffix}", tmp_path / f"schema_cache.{suffix}"]
    done = run_command(cli, "generate-schema", *paths)
    assert done.exit_code == 0, done.stderr
    assert all(path.read_bytes().startswith(start) for path in paths)
    if suffix == "svg":
        assert "python_package_version_entity" in paths[0].read_text()
        assert "cached_package_version" in paths[1].read_text()


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = run_command(cli, "generate-schema", tmp_path / "no" / "such" / "folder.png")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: cannot write")
    assert len((done.stdout + done.stderr).splitlines()) == 1


def test_ctrl_c_in_any_command_ends_as_a_shell_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(cli.commands, "stopped", stopped)
    done = run_command(cli, "stopped")
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "Error: interrupted\n")
