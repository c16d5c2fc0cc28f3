"""The demo, as a newcomer runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = str(Path(sys.executable).parent / "thoth-storages")


def _start(home: Path) -> subprocess.Popen[str]:
    # Settings of the user's that lead nowhere: the demo must not look at them, nor write anywhere but in TMPDIR.
    environment = {
        **os.environ,
        "TMPDIR": str(home),
        "KNOWLEDGE_GRAPH_HOST": "nowhere.invalid",
        "THOTH_CEPH_BUCKET_PREFIX": "users",
        "THOTH_STORAGES_GRAPH_CACHE": "/nonexistent/users.sqlite3",
    }
    return subprocess.Popen(
        [SCRIPT, "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _left(home: Path) -> list[str]:
    """Processes that name the demo's directory, after they had a moment to end."""
    deadline = time.monotonic() + 10
    while True:
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
        left = [line for line in listed.stdout.splitlines() if str(home) in line and not line.startswith("Z")]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


@pytest.mark.slow
def test_the_demo_shows_everything_and_leaves_nothing(tmp_path: Path) -> None:
    process = _start(tmp_path)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for step in ("Storing solver documents in S3", "Syncing them into the graph"):
        assert re.search(rf"{step} \(53 documents, [\d,]+ documents/s\)", output)
    assert '├── importlib-metadata 8.5.0 https://pypi.org/simple ; python_version < "3.10"' in output
    assert "packaging 23.2 https://pypi.org/simple for extra test" in output
    for source in (
        "PostgreSQL, nothing remembered",
        "memory",
        "the SQLite cache",
        "the SQLite cache, without PostgreSQL",
    ):
        assert re.search(rf"from {source} +[\d.]+ ms", output)
    assert "29 dependencies, the same each time." in output
    assert "What next" in output
    assert "Traceback" not in output and "WARNING" not in output
    assert _left(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("seconds", [0.6, 1.5, 2.5])
def test_ctrl_c_or_a_closed_terminal_cleans_up(tmp_path: Path, seconds: float, number: signal.Signals) -> None:
    process = _start(tmp_path)
    time.sleep(seconds)
    os.killpg(process.pid, number)  # as a terminal does: to everything in the foreground
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0 or "What next" in output, "it was over before"
    assert "Traceback" not in output
    assert _left(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
