"""Following a page's worked examples in a copy of the checkout: its blocks are files and changes of files.

A Python block whose first line is the name of a file is that file. A block of changes (diff) names its file in its
first line; its hunks, without numbers, are divided by @@, and what a hunk leaves or takes away stands there once.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

_COPIED = ("alembic", "docs", "tests", "thoth")
_NEEDED = ("alembic.ini", "pyproject.toml", "README.rst", "CONTRIBUTING.rst", "CHANGELOG.rst")
_BLOCK = re.compile(r"^\.\. code-block:: (\w+)\n\n((?:   [^\n]*\n|\n)+)", re.MULTILINE)


class Block(NamedTuple):
    """A block of a page, without its indentation."""

    language: str
    text: str


def blocks_of(page: str) -> list[Block]:
    """The blocks of a page, in its order."""
    found = _BLOCK.findall((ROOT / page).read_text())
    return [Block(kind, re.sub(r"^   ", "", text, flags=re.MULTILINE).strip("\n") + "\n") for kind, text in found]


def commands_in(block: Block) -> Iterator[str]:
    """The commands of a block; none where it is another one."""
    if block.language == "console":
        for line in block.text.splitlines():
            assert line.startswith("$ "), line
            yield line.removeprefix("$ ")


def copy_checkout(to: Path) -> None:
    """Copy what the examples change and what their guards look at."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in _NEEDED:
        shutil.copy(ROOT / name, to / name)


def apply(block: Block, checkout: Path) -> None:
    """Do what a block of a file, or of changes, says; nothing of others."""
    if block.language == "python" and (named := re.match(r"# (\S+\.py)\n", block.text)):
        path = checkout / named[1]
        assert not path.exists(), f"{path} is there already"
        path.write_text(block.text.removeprefix(named[0]))
    elif block.language == "diff":
        head, _, hunks = block.text.partition("\n")
        (path,) = checkout.glob(head.removeprefix("--- "))
        for hunk in hunks.split("@@\n"):
            _change(path, hunk.splitlines())


def _change(path: Path, lines: list[str]) -> None:
    assert all(line[:1] in (" ", "+", "-", "") for line in lines), lines
    before = "\n".join(line[1:] for line in lines if line[:1] != "+")
    after = "\n".join(line[1:] for line in lines if line[:1] != "-")
    text = path.read_text()
    found = len(re.findall(rf"^{re.escape(before)}", text, re.MULTILINE))
    assert found == 1, f"{path}: {before!r} stands there {found} times"
    path.write_text(re.sub(rf"^{re.escape(before)}", lambda _: after, text, flags=re.MULTILINE))


def run_in(checkout: Path, command: str, server: str, where: Path | None = None) -> str:
    """What a command prints, run by the code of the copy; tests that it runs find their PostgreSQL at this address."""
    bin_, code = Path(sys.executable).parent, os.pathsep.join([str(checkout), os.environ.get("PYTHONPATH", "")])
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PATH": os.pathsep.join([str(bin_), os.environ["PATH"]]),
        "PYTHONPATH": code.rstrip(os.pathsep),
        "THOTH_STORAGES_TEST_DATABASE_URL": server,
        "PYTEST_ADDOPTS": "-q -p no:randomly -p no:cacheprovider",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=where or checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr
