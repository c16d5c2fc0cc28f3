"""What the page about backups tells operators to run, run to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy import Engine
from support.dumps import content
from support.tables import difference

from thoth.storages import GraphBackupStore, GraphDatabase
from thoth.storages.cli.backup import backup, restore
from thoth.storages.cli.cache_store import restore_cache, store_cache

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "backup.rst").read_text()
README = (ROOT / "README.rst").read_text()
COMMAND = re.compile(r"^   \$ (.*)$", re.MULTILINE)


def test_the_commands_of_the_page_do_what_it_says(
    filled: GraphDatabase, engine: Engine, store: GraphBackupStore, tmp_path: Path
) -> None:
    (tmp_path / "cache_conf.yaml").write_text("python-packages: [flask]\n")
    before, path = content(engine), os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    said = {}
    for line in COMMAND.findall(PAGE):
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        said[line] = done.stdout
    (dump,) = store.iterate_dumps()
    assert dump.document_id in said["thoth-storages restore --list"]
    assert "What it was before is the database " in said["thoth-storages restore --file graph.dump --force --keep"]
    assert difference(before, content(engine)) == {}
    assert sorted(found.name for found in tmp_path.iterdir()) == [
        "cache_conf.yaml",
        "graph.dump",
        "graph_cache.sqlite3",
    ]


def test_the_readme_has_no_command_that_the_page_has_not() -> None:
    names = ("backup", "restore", "store-cache", "restore-cache")
    ours = [
        line for line in COMMAND.findall(README) if line.split()[:2] in [["thoth-storages", name] for name in names]
    ]
    assert ours and set(ours) <= set(COMMAND.findall(PAGE))


@pytest.mark.parametrize("command", [backup, restore, store_cache, restore_cache])
def test_every_exit_code_of_the_help_stands_on_the_page(command: click.Command) -> None:
    codes = re.findall(r"^ *(\d+)  +\w", command.help or "", re.MULTILINE)
    assert {"0", "1", "3", "4", "130"} <= set(codes)
    assert [code for code in codes if not re.search(rf"^{code} ", PAGE, re.MULTILINE)] == []
