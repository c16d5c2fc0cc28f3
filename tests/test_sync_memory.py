"""How much memory a sync takes does not depend on how many documents there are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from thoth.storages.cli.bench_measures import documents

MOST_BYTES = 8 * 1024**2
"""That three times as many documents may take more; what they are is three times as large."""

# Of a process of its own, and not by getrusage(), which counts the process that it was forked from.
SYNC = """
import re, sys
from pathlib import Path
from thoth.storages import GraphDatabase, sync_solver_documents
graph = GraphDatabase()
graph.connect()
counts = sync_solver_documents(sorted(map(str, Path(sys.argv[1]).glob("*.json"))), is_local=True, graph=graph)
(most,) = re.findall(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(counts.synced, int(most) * 1024)
"""


def _sync(directory: Path) -> tuple[int, int]:
    """How many documents were synced, and the most bytes that were in memory."""
    done = subprocess.run(
        [sys.executable, "-c", SYNC, str(directory)], capture_output=True, text=True, check=True, timeout=300
    )
    synced, most = map(int, done.stdout.split())
    return synced, most


@pytest.mark.slow
def test_a_sync_of_many_documents_takes_no_more_memory_than_one_of_some(database: URL, tmp_path: Path) -> None:
    some, many = tmp_path / "some", tmp_path / "many"
    for directory in (some, many):
        directory.mkdir()
    told = documents(24)
    for number, document in enumerate(told):
        directory = some if number < len(told) // 4 else many
        (directory / f"{document['metadata']['document_id']}.json").write_text(json.dumps(document))
    (some_synced, some_bytes), (many_synced, many_bytes) = _sync(some), _sync(many)
    assert (some_synced, many_synced) == (318, 954)
    size = sum(path.stat().st_size for path in many.iterdir())
    assert size > MOST_BYTES, "else it could hold them all"
    assert many_bytes - some_bytes < MOST_BYTES
