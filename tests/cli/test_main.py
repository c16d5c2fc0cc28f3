"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.commands import run_command

from thoth.storages import __version__
from thoth.storages.cli import cli

ROOT = Path(__file__).resolve().parents[2]


def test_the_help_names_every_command_that_is_not_of_the_past() -> None:
    done = run_command(cli, "--help")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) <= 25, "it fits a screen"
    for name, command in cli.commands.items():
        assert (f"  {name} " in done.stdout) is not command.hidden
        assert command.help and ("Example: " in command.help or name == "local")


def test_the_version_is_printed() -> None:
    assert __version__ in run_command(cli, "--version").stdout


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
