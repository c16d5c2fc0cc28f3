"""An indicator of one's own, made as docs/performance_indicators.rst says, to the letter."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from support.tables import count, rows_of

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "performance_indicators.rst").read_text()

MAKE, UPGRADE = 'alembic revision --autogenerate -m "Add PiSort"', "alembic upgrade head"
INSIDE = [UPGRADE, MAKE, UPGRADE]
OUTSIDE = ["alembic init migrations", MAKE, UPGRADE]


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^\.\. code-block:: {language}\n\n((?:   [^\n]*\n|\n)+)", DOCUMENT, re.MULTILINE)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE).strip() + "\n" for block in found]


def files() -> dict[str, str]:
    """{name of a file: what the document puts into it}; the first line of each names it."""
    return {re.match(r"# (\S+)\n", block)[1]: block for block in blocks("python")}  # type: ignore[index]


def bash(command: str, folder: Path, *before: Path, feed: str | None = None) -> str:
    """What a command prints, run in a folder; the modules of the folders before it are found first."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(map(str, before))}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, input=feed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def columns_of(engine: Engine, table: str) -> list[tuple[str, str, str]]:
    statement = """
        SELECT column_name, data_type, is_nullable FROM information_schema.columns
        WHERE table_name = :name AND column_name IN ('id', 'device', 'numbers', 'rate', 'inspection_run_id')
        ORDER BY ordinal_position"""
    return [(row[0], row[1], row[2]) for row in rows_of(engine, statement, name=table)]


SORT_COLUMNS = [
    ("id", "bigint", "NO"),
    ("inspection_run_id", "bigint", "NO"),
    ("device", "character varying", "NO"),
    ("numbers", "integer", "NO"),
    ("rate", "double precision", "NO"),
]


def migration_in(folder: Path, before: set[Path]) -> str:
    (made,) = set(folder.glob("*.py")) - before
    return made.read_text()


def created(migration: str) -> tuple[set[str], set[str]]:
    """(tables that are created, tables that are touched otherwise than by an index on them)."""
    upgrading = migration.split("def downgrade")[0]
    touched = set(re.findall(r'op\.(?:drop_table|add_column|alter_column|drop_column)\(\s*"(\w+)"', upgrading))
    return set(re.findall(r"op\.create_table\(\s*['\"](\w+)['\"]", upgrading)), touched


def reported(folder: Path, *before: Path) -> str:
    """What the document's own script printed, stored by the document's own code."""
    printed = bash("python -W error sort.py", folder, *before)
    return bash("python -W error store.py", folder, *before, feed=printed)


def check_stored(engine: Engine, told: str) -> None:
    row = ast.literal_eval(told.strip().splitlines()[-1])
    assert (row["component"], row["device"], row["numbers"], row["reps"]) == ("python", "cpu", 10_000, 5)
    assert (row["origin"], row["ru_maxrss"], row["ru_nswap"]) == ("https://example.com/sort.py", 11264, None)
    (stored,) = rows_of(engine, "SELECT rate, elapsed, inspection_run_id FROM pi_sort")
    assert (stored.rate, stored.elapsed, stored.inspection_run_id) == (
        row["rate"],
        row["elapsed"],
        row["inspection_run_id"],
    )
    assert 0 < row["elapsed"] < 60


def test_every_block_of_the_document_is_run_here() -> None:
    assert set(files()) == {"sort.py", "indicators.py", "migrations/env.py", "store.py"}
    commands = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
    assert commands == INSIDE + OUTSIDE
    assert len(re.findall(r"^\.\. code-block::", DOCUMENT, re.MULTILINE)) == len(files()) + len(blocks("console"))


def test_the_class_is_ten_lines() -> None:
    definition = files()["indicators.py"].split("\n\n\n")[-1]
    assert len(definition.strip().splitlines()) <= 10


@pytest.mark.slow
def test_an_indicator_is_added_in_a_checkout(database: URL, engine: Engine, tmp_path: Path) -> None:
    checkout, work = tmp_path / "checkout", tmp_path / "work"
    for name in ("alembic", "thoth"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", checkout)
    models = checkout / "thoth" / "storages" / "graph" / "models_performance.py"
    # Only the class: everything it needs is imported there.
    models.write_text(models.read_text() + "\n\n" + files()["indicators.py"].split("\n\n\n")[-1])
    versions = checkout / "alembic" / "versions"
    before = set(versions.glob("*.py"))
    for command in INSIDE:
        bash(command, checkout, checkout)
    migration = migration_in(versions, before)
    assert created(migration) == ({"pi_sort"}, set())
    assert "No new upgrade operations" in bash("alembic check", checkout, checkout)
    assert columns_of(engine, "pi_sort") == SORT_COLUMNS

    work.mkdir()
    for name in ("sort.py", "store.py"):
        (work / name).write_text(files()[name].replace("import indicators  # registers PiSort\n", ""))
    check_stored(engine, reported(work, checkout))
    bash("alembic downgrade -1", checkout, checkout)
    assert columns_of(engine, "pi_sort") == []


@pytest.mark.slow
def test_an_indicator_is_added_outside_of_the_library(database: URL, engine: Engine, tmp_path: Path) -> None:
    head = rows_of(engine, "SELECT version_num FROM alembic_version")
    make_files, *migrate = OUTSIDE
    (tmp_path / "indicators.py").write_text(files()["indicators.py"])
    bash(make_files, tmp_path)
    for name, content in files().items():
        (tmp_path / name).write_text(content)
    for command in migrate:
        bash(command, tmp_path)
    migration = migration_in(tmp_path / "migrations" / "versions", set())
    assert created(migration) == ({"pi_sort"}, set())
    assert "No new upgrade operations" in bash("alembic check", tmp_path)
    assert columns_of(engine, "pi_sort") == SORT_COLUMNS
    assert rows_of(engine, "SELECT version_num FROM alembic_version") == head
    check_stored(engine, reported(tmp_path))

    # The library's own migrations neither see nor mind the other ones.
    bash(
        "python -W error -c 'from thoth.storages import GraphDatabase as G; g = G(); g.connect();"
        " g.initialize_schema(); assert g.is_schema_up2date()'",
        tmp_path,
    )
    assert count(engine, "pi_sort") == 1
    bash("alembic downgrade base", tmp_path)
    assert columns_of(engine, "pi_sort") == []
