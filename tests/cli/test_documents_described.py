"""What docs/documents.rst says can be done, is done here, in the order in which it says it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from test_readme import DESCRIBED, commands

from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import sync_solver_documents


def test_every_command_works(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, documents: list[dict[str, object]], tmp_path: Path
) -> None:
    store = SolverResultsStore()
    store.connect()
    for document in documents:
        store.store_document(document)
    sync_solver_documents(graph=graph)
    described = commands("docs/documents.rst")
    assert set(described) == DESCRIBED
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    said = []
    for command in described:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "PYTHONWARNINGS": "error"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), command
        said.append(done.stdout)
    listed, first, requests, fetched, files, put, again, verified, verified_as_json = said
    assert len(listed.splitlines()) == 53 and json.loads(first)["document_id"] == listed.splitlines()[0]
    assert requests.splitlines()[-1].split() == ["0", "all"]
    assert fetched == "" and len(files.splitlines()) == 3 == len(list((tmp_path / "solvers").iterdir()))
    assert [line.split()[0] for line in put.splitlines() + again.splitlines()] == ["unchanged"] * 5
    assert verified.splitlines()[1].split() == ["solver", "53", "53", "0", "0", "0"]
    assert json.loads(verified_as_json)["total"]["agrees"] == 53
