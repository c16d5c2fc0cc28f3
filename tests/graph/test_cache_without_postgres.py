"""What is remembered when the server is gone."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest
from support.caches import about, ask, need
from support.documents import ANY, PYPI

from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.exceptions import DatabaseConnectionError
from thoth.storages.graph import GraphCache, GraphDatabase

pytestmark = pytest.mark.usefixtures("check_always")


def test_without_its_server_what_is_remembered_is_answered_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres", durable=False).start()
    for name, value in (("HOST", postgres.host), ("PORT", str(postgres.port)), ("PASSWORD", postgres.password)):
        monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", value)
    monkeypatch.setenv("KNOWLEDGE_GRAPH_DATABASE", "graph")
    adapter = GraphDatabase()
    adapter.connect()
    adapter.initialize_schema()
    adapter.sync_solver_result(about("p", "1.0", [need("x", "1")]))
    adapter.sync_solver_result(about("q", "1.0", [need("x", "2")]))
    adapter.sync_solver_result(about("x", "2"))
    path = tmp_path / "cache.sqlite3"
    adapter.create_graph_cache(str(path), ["q"])
    adapter.disconnect()

    adapter = GraphDatabase(cache=GraphCache(str(path)))
    adapter.connect()
    assert adapter.get_depends_on("p", "1.0") == {None: [("x", "1")]}
    postgres.stop()
    with caplog.at_level(logging.WARNING):
        began = time.monotonic()
        assert adapter.get_depends_on("p", "1.0") == {None: [("x", "1")]}, "from memory"
        assert adapter.get_depends_on("q", "1.0") == {None: [("x", "2")]}, "from the file"
        root = ("q", "1.0", PYPI)
        closure = adapter.retrieve_transitive_dependencies_python("q", "1.0", None)
        assert closure == [(root, ("x", "2", PYPI))]
        assert time.monotonic() - began < 15
    assert "out of date" in caplog.text
    for question in (
        ("get_depends_on", ("p",), {}),
        ("get_python_package_version_records", ("p", "2.0", None), ANY),
        ("python_package_exists", ("p",), {}),
    ):
        began = time.monotonic()
        with pytest.raises(DatabaseConnectionError):
            ask(adapter, question)
        assert time.monotonic() - began < 15
    postgres.start()
    assert adapter.get_depends_on("p") == {None: [("x", "1")]}, "it comes back by itself"
    adapter.sync_solver_result(about("q", "1.0", [need("x", "3")]))
    assert adapter.get_depends_on("q", "1.0") == {None: [("x", "3")]}
    adapter.disconnect()
    postgres.stop()
