"""thoth-storages bench, as a user runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from support.commands import run_command
from support.own_servers import left_of, start

from thoth.storages.cli.bench import bench
from thoth.storages.cli.bench_measures import documents
from thoth.storages.graph.documents import solver

TOPICS = ["syncing", "PostgreSQL", "from memory", "cache file", "starting"]


@pytest.mark.slow
def test_everything_is_measured_beside_its_bound_and_nothing_is_left(tmp_path: Path) -> None:
    process = start("bench", "--copies", "1", "--json", home=tmp_path)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    found = json.loads(output)
    assert list(dict.fromkeys(one["topic"] for one in found)) == TOPICS
    assert all(one["seconds"] > 0 for one in found)
    bound = [one for one in found if one["bound"] is not None]
    assert len(bound) == 12
    assert all(one["ratio"] == pytest.approx(one["seconds"] / one["bound_seconds"]) for one in bound)
    questions = {one["what"]: one for one in found if one["topic"] == "PostgreSQL"}
    assert questions["get_depends_on"]["seconds"] < questions["retrieve_transitive_dependencies_python"]["seconds"]
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_table_grows_line_by_line_until_ctrl_c_which_cleans_up(tmp_path: Path) -> None:
    process = start("bench", "--copies", "1000", home=tmp_path)
    while not list(tmp_path.glob("*/postgres/data/postmaster.pid")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_copies_of_documents_are_about_packages_of_other_names() -> None:
    rows = [solver.parse(document) for document in documents(2)]
    first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    assert len({one.document.document_id for one in rows}) == len(rows) == 106

    def names(of: list[solver.SolverRows]) -> set[str]:
        facts = [package.facts for one in of for package in one.packages if package.facts is not None]
        return {dependency.package_name for each in facts for dependency in each.dependencies}

    assert names(second) == {f"{name}-1" for name in names(first)} and len(names(first)) > 15


def test_what_is_no_number_of_copies_is_refused() -> None:
    result = run_command(bench, "--copies", "0")
    assert result.exit_code == 2
    assert re.search("--copies.*0", result.stderr)
