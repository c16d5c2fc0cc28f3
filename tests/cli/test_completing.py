"""What a shell offers on Tab."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("click.shell_completion", reason="click completes like this since version 8")

PROGRAM = Path(sys.executable).with_name("thoth-storages")


def _run(instruction: str, **environ: str) -> str:
    done = subprocess.run(
        [str(PROGRAM)],
        env={**os.environ, "_THOTH_STORAGES_COMPLETE": instruction, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def offered(words: str) -> list[str]:
    """What bash is given for the last of the words, which may be an empty one after a space."""
    said = _run("bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
    return [line.split(",", 1)[1] for line in said.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("thoth-storages sy", ["sync"]),
        ("thoth-storages documents ", ["get", "ls", "put", "verify"]),
        ("thoth-storages sync so", ["solver"]),
        ("thoth-storages sync solver pro", ["provenance-checker"]),
        ("thoth-storages documents ls package-", ["package-analyzer", "package-extract"]),
        ("thoth-storages documents get --kind ad", ["adviser"]),
        ("thoth-storages sync --gr", ["--graceful"]),
    ],
)
def test_tab_offers_commands_options_and_kinds(words: str, expected: list[str]) -> None:
    assert offered(words) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_is_printed(shell: str) -> None:
    assert "_THOTH_STORAGES_COMPLETE" in _run(f"{shell}_source")


def test_the_command_of_the_documentation_makes_bash_complete() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "command_line.rst"
    (command,) = re.findall(r"\$ (eval .*)", page.read_text())
    done = subprocess.run(
        ["bash", "-c", f"{command}; complete -p thoth-storages"],
        env={**os.environ, "PATH": os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "") and "_thoth_storages_completion" in done.stdout
