"""A graph that was told the real documents, its dump, and places where one sees what is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL
from support.commands import run_command
from support.databases import drop_database
from support.dumps import databases_like

from thoth.storages import GraphBackupStore, GraphDatabase
from thoth.storages.cli.backup import backup


@pytest.fixture
def store(settings: pytest.MonkeyPatch) -> GraphBackupStore:
    """The store that the settings name, with nothing in it."""
    connected = GraphBackupStore()
    connected.connect()
    return connected


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files are made, and nothing else."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr("tempfile.tempdir", None)
    return directory


@pytest.fixture
def dumped(filled: GraphDatabase, tmp_path: Path) -> Path:
    """A dump of the graph that was told the real documents."""
    path = tmp_path / "graph.dump"
    done = run_command(backup, "--file", path)
    assert done.exit_code == 0, done.stderr
    return path


@pytest.fixture(autouse=True)
def _nothing_is_left(server: URL, missing_database: URL) -> Iterator[None]:
    """Databases that a test keeps or leaves beside its own go away after it."""
    yield
    for name in databases_like(missing_database):
        drop_database(server, missing_database.set(database=name))
