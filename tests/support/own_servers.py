"""Commands that start servers of their own, run as a user runs them, and what they leave behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = str(Path(sys.executable).parent / "thoth-storages")


def start(*arguments: str, home: Path) -> subprocess.Popen[str]:
    """The command, which may write into this directory alone.

    Settings of the user's lead nowhere: it must not look at them.
    """
    environment = {
        **os.environ,
        "TMPDIR": str(home),
        "KNOWLEDGE_GRAPH_HOST": "nowhere.invalid",
        "THOTH_CEPH_BUCKET_PREFIX": "users",
        "THOTH_STORAGES_GRAPH_CACHE": "/nonexistent/users.sqlite3",
    }
    return subprocess.Popen(
        [SCRIPT, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_of(home: Path) -> list[str]:
    """Processes that name the command's directory, after they had a moment to end."""
    deadline = time.monotonic() + 10
    while True:
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "stat=,args="], capture_output=True, text=True, check=True)
        left = [line for line in listed.stdout.splitlines() if str(home) in line and not line.startswith("Z")]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)
