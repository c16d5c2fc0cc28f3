"""A graph cache alone, without a database."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from support.caches import SUITE, Workshop, about, ask, need
from support.documents import ANY, DEBIAN, PYPI, RHEL

from thoth.storages.exceptions import (
    AlreadyConnectedError,
    GraphCacheError,
    NotConnectedError,
    NotFoundError,
    OfflineError,
)
from thoth.storages.graph import GraphCache, GraphDatabase

NAMES = ["many", "six", "flask", "attrs", "requests", "futures"]


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No database is where the settings point."""
    monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    monkeypatch.setenv("KNOWLEDGE_GRAPH_HOST", "192.0.2.1")


@pytest.mark.usefixtures("nowhere")
def test_what_the_file_says_is_what_the_database_says(shop: Workshop) -> None:
    offline, plain = GraphDatabase.offline(shop.file(*NAMES)), shop.plain()
    answered = 0
    for question in random.sample(SUITE, 400):
        try:
            answer = ask(offline, question)
        except OfflineError:
            continue
        answered += 1
        assert answer == ask(plain, question), question
    assert answered > 200
    assert offline.stats()["statements"] == 0


@pytest.mark.usefixtures("nowhere")
def test_a_closure_ends_at_what_nobody_had_solved(shop: Workshop) -> None:
    offline = GraphDatabase.offline(shop.file("many"))
    closure = offline.retrieve_transitive_dependencies_python("many", "2.0", None)
    assert (("many", "2.0", PYPI), ("unsolved", "9", None)) in closure
    assert closure == shop.plain().retrieve_transitive_dependencies_python("many", "2.0", None)
    assert offline.get_python_package_version_records("unsolved", "9", None, **ANY) == []
    with pytest.raises(NotFoundError, match="unsolved 9 was not solved"):
        offline.get_depends_on("unsolved", "9")
    with pytest.raises(NotFoundError):
        offline.has_python_solver_error("unsolved", "9", None, **ANY)


@pytest.mark.usefixtures("nowhere")
def test_what_the_file_does_not_hold_is_an_error_that_says_so(shop: Workshop) -> None:
    path = shop.file("six")
    offline = GraphDatabase.offline(path)
    for question in (
        ("get_depends_on", ("requests", "2.32.3"), {}),
        ("get_depends_on", ("requests",), {}),
        ("get_python_package_version_records", ("requests", "2.32.3", None), ANY),
        ("retrieve_transitive_dependencies_python", ("requests", "2.32.3", None), {}),
        ("retrieve_transitive_dependencies_python_multi", (("requests", "2.32.3", None),), {}),
    ):
        with pytest.raises(OfflineError, match=f"{path} does not hold requests.*offline"):
            ask(offline, question)
    for work in (
        offline.get_python_package_index_all,
        offline.initialize_schema,
        lambda: offline.sync_solver_result(about("p")),
        lambda: offline.get_depends_on("six", without_cache=True),
        lambda: offline.create_graph_cache(shop.path("other"), ["six"]),
    ):
        with pytest.raises(OfflineError, match=f"{path} does not answer this question, and this adapter is offline"):
            work()


def test_a_cache_of_some_environments_answers_nothing_that_it_did_not_look_for(shop: Workshop, name: str) -> None:
    """A dependency that was solved elsewhere alone is not said to be unsolved."""
    shop.sync(
        about(name, "1.0", [need(f"{name}-d", "1")]),
        about(f"{name}-d", "1", [need(f"{name}-e", "1")]),
        about(f"{name}-e", "1"),
        about(name, "1.0", [need("six", "1.16.0")], solver="solver-rhel-8-py38"),
    )
    path = shop.path("some")
    shop.adapter().create_graph_cache(path, [name], environments=[RHEL])
    offline, plain = GraphDatabase.offline(path), shop.plain()
    question = ("retrieve_transitive_dependencies_python", (name, "1.0", None))
    assert ask(offline, (*question, RHEL)) == ask(plain, (*question, RHEL)) != []
    for elsewhere in (DEBIAN, ANY):
        with pytest.raises(OfflineError, match=f"does not hold {name}-d==1"):
            ask(offline, (*question, elsewhere))


@pytest.mark.usefixtures("nowhere")
def test_it_is_connected_until_it_is_disconnected(shop: Workshop) -> None:
    path = shop.file("six")
    offline = GraphDatabase.offline(str(path))
    assert offline.is_connected()
    assert repr(offline) == f"<GraphDatabase: offline with {path}>"
    with pytest.raises(AlreadyConnectedError, match=f"offline with graph cache {path}"):
        offline.connect()
    offline.get_depends_on("six", "1.16.0")
    offline.disconnect()
    assert not offline.is_connected()
    for work in (offline.disconnect, lambda: offline.get_depends_on("six", "1.16.0")):
        with pytest.raises(NotConnectedError, match=r"call connect\(\) first"):
            work()


def test_a_file_that_cannot_be_used_is_an_error(shop: Workshop) -> None:
    missing, empty, nobodys = shop.path("missing"), shop.path("empty"), shop.path("nobodys")
    empty.touch()
    cache = GraphCache(str(nobodys), writable=True)
    cache.connect()
    cache.disconnect()
    for path in (missing, empty, nobodys, Path(":memory:")):
        with pytest.raises(GraphCacheError, match=f"graph cache {path} is not used: "):
            GraphDatabase.offline(path)
    assert not missing.exists()


@pytest.mark.usefixtures("nowhere")
def test_a_child_process_goes_on(shop: Workshop) -> None:
    offline: Any = GraphDatabase.offline(shop.file("six"))
    expected = offline.get_depends_on("six", "1.16.0")
    child = os.fork()
    if not child:
        os._exit(0 if offline.get_depends_on("six", "1.16.0") == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert offline.get_depends_on("six", "1.16.0") == expected
