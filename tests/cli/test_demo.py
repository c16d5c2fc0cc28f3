"""The demo, as a newcomer runs it."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest
from support.own_servers import left_of, start


@pytest.mark.slow
def test_the_demo_shows_everything_and_leaves_nothing(tmp_path: Path) -> None:
    process = start("demo", home=tmp_path)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for step in ("Storing solver documents in S3", "Syncing them into the graph"):
        assert re.search(rf"{step} \(53 documents, [\d,]+ documents/s\)", output)
    assert '├── importlib-metadata 8.5.0 ; python_version < "3.10"' in output
    assert "packaging 23.2 for extra test" in output
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
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("seconds", [0.6, 1.5, 2.5])
def test_ctrl_c_or_a_closed_terminal_cleans_up(tmp_path: Path, seconds: float, number: signal.Signals) -> None:
    process = start("demo", home=tmp_path)
    time.sleep(seconds)
    os.killpg(process.pid, number)  # as a terminal does: to everything in the foreground
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0 or "What next" in output, "it was over before"
    assert "Traceback" not in output
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
