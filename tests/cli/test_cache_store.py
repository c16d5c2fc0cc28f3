"""thoth-storages store-cache and restore-cache, as an image build runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import run_command

from thoth.storages import GraphDatabase
from thoth.storages.cli import cli
from thoth.storages.cli.cache_store import restore_cache, store_cache

# What adviser's image build of 2019 ran, in this order; 3 means that there is none yet.
BUILD = """
set -eu
thoth-storages restore-cache || test $? -eq 3
thoth-storages create-cache
thoth-storages store-cache
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a build runs."""
    (tmp_path / "cache_conf.yaml").write_text("python-packages: [flask]\n")
    return tmp_path


def build(place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "THOTH_STORAGES_GRAPH_CACHE_CONFIG": "cache_conf.yaml", **variables}
    return subprocess.run(
        ["bash", "-c", BUILD], cwd=place, env={**os.environ, **own}, capture_output=True, text=True, check=False
    )


def test_an_image_build_runs_without_a_stored_cache_and_with_one(
    filled: GraphDatabase, settings: pytest.MonkeyPatch, place: Path
) -> None:
    name = "own.sqlite3"
    variables = {"THOTH_STORAGES_GRAPH_CACHE": name}
    first = build(place, **variables)
    assert first.returncode == 0, first.stderr
    assert first.stderr.startswith("Error: there is no object ")
    (place / name).unlink()
    second = build(place, **variables)
    assert (second.returncode, second.stderr) == (0, "")
    assert f"{name} (" in second.stdout and "was restored from" in second.stdout
    assert (place / name).read_bytes().startswith(b"SQLite format 3\x00")


def test_the_first_run_says_that_nothing_is_stored_and_what_stores_it(
    settings: pytest.MonkeyPatch, tmp_path: Path, prefix: str
) -> None:
    done = run_command(restore_cache, tmp_path / "graph_cache.sqlite3")
    assert done.exit_code == 3
    assert done.stdout == ""
    assert f"{prefix}/tests/graph-cache/graph_cache.sqlite3" in done.stderr
    assert "store-cache stores it" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_there_and_back_as_json(filled: GraphDatabase, settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    filled.create_graph_cache(str(path), ["flask"])
    stored = run_command(cli, "store-cache", "--json", path)
    path.unlink()
    restored = run_command(cli, "restore-cache", "--json", path)
    assert (stored.exit_code, restored.exit_code) == (0, 0)
    assert json.loads(stored.stdout) == json.loads(restored.stdout)
    found = json.loads(restored.stdout)
    assert found["cache_file"] == str(path)
    assert found["cache_file_size"] == path.stat().st_size
    assert found["object"].endswith("/tests/graph-cache/graph_cache.sqlite3")


@pytest.mark.parametrize("arguments", [[], [":memory:"], [""]])
def test_without_a_file_nothing_is_stored_or_restored(
    settings: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    settings.chdir(tmp_path)
    for command in (store_cache, restore_cache):
        done = run_command(command, *arguments)
        assert done.exit_code == 2
        assert "no file is named: give CACHE_FILE, or set THOTH_STORAGES_GRAPH_CACHE" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_cache_is_left_alone(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("precious")
    for command in (store_cache, restore_cache):
        done = run_command(command, path)
        assert done.exit_code == 1
        assert "letter.txt" in done.stderr and "is no graph cache" in done.stderr
    assert path.read_text() == "precious"


def test_without_object_storage_the_exit_code_is_4_and_without_settings_3(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "graph_cache.sqlite3"
    done = run_command(restore_cache, path, THOTH_S3_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.exit_code == 4
    assert "127.0.0.1:1" in done.stderr
    settings.delenv("THOTH_CEPH_BUCKET")
    for command in (store_cache, restore_cache):
        done = run_command(command, path)
        assert done.exit_code == 3
        assert "THOTH_CEPH_BUCKET" in done.stderr
    assert list(tmp_path.iterdir()) == []
