"""Which tests run on which server of object storage."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_readme import TESTING

ROOT = Path(__file__).resolve().parents[1]


def collected(command: str) -> list[str]:
    """The ids of the tests that a command would run, sorted."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTEST_ADDOPTS": "--collect-only -q -p no:randomly -p no:cacheprovider"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return sorted(line for line in done.stdout.splitlines() if "::" in line)


@pytest.fixture(scope="module")
def tiers() -> dict[str, list[str]]:
    """{tier: the tests of the stores that run on it}."""
    return {command.split()[-1]: collected(command) for command in TESTING}


def test_each_test_of_the_stores_runs_on_every_tier_with_few_exceptions(tiers: dict[str, list[str]]) -> None:
    on_seaweedfs = {test.replace("seaweedfs", "ceph") for test in tiers["seaweedfs"]}
    on_ceph = set(tiers["ceph"])
    assert len(on_ceph) > 300
    assert on_seaweedfs <= on_ceph
    assert {test.partition("::")[0] for test in on_ceph - on_seaweedfs} <= {
        "tests/stores/test_tls.py",
        "tests/stores/test_unusual_objects.py",
    }


def test_a_test_that_asks_for_no_tier_runs_once_and_not_on_ceph() -> None:
    asking = collected("pytest tests/test_sync.py tests/test_sync_ahead.py")
    assert asking
    assert [test for test in asking if "seaweedfs" in test or "ceph" in test] == []
