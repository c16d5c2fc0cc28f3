"""How long questions take as the graph grows: what a resolver asks, and what jobs ask to see what is to be done."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.engine import URL

from support.hot_questions import QUESTIONS, Question, nothing
from support.shape import Key, load
from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine

RESOLVERS = (
    "get_depends_on",
    "get_python_package_version_records",
    "has_python_solver_error",
    "get_python_cve_records_all",
    "get_python_package_hashes_sha256",
    "get_python_package_version_solver_rules_all",
    "get_solved_python_package_versions_all",
    "python_package_version_exists",
)
"""Asked for each package that a resolver comes across, of the package with most versions."""


def _environment(key: Key) -> dict[str, Any]:
    return dict(zip(("os_name", "os_version", "python_version"), key.environment, strict=True))


JOBS = (
    Question("get_unsolved_python_package_versions_all", _environment),
    Question("get_unsolved_python_package_versions_count_all", _environment),
    Question("get_solved_python_packages_count_all", _environment),
    Question("get_python_package_versions_count_all", lambda _key: {"distinct": True}),
    Question("get_python_package_versions_per_index", lambda key: {"index_url": key.index_url, "distinct": True}),
    Question(
        "get_python_package_version_dependents_all",
        lambda key: {"package_name": key.package_name, **_environment(key)},
    ),
    Question("get_relation_table_count", nothing),
)
"""Asked by jobs now and then, of everything."""

MOST_SECONDS, MOST_TIMES = 2.0, 50


def measured(url: URL, edges: int) -> dict[str, dict[str, float]]:
    """{"resolvers" or "jobs": {question: median µs}} in a graph of so many dependencies, made in an empty database."""
    shape = load(make_maintenance_engine(url), edges)
    graph = GraphDatabase(make_engine(url), cache=GraphCache())
    try:
        first = {question.name: question for question in reversed(QUESTIONS)}
        resolvers = [first[name] for name in RESOLVERS]
        return {
            kind: {question.name: _median(graph, question, shape.frequent) for question in questions}
            for kind, questions in (("resolvers", resolvers), ("jobs", JOBS))
        }
    finally:
        graph.disconnect()


def _median(graph: GraphDatabase, question: Question, key: Key) -> float:
    """µs of a call that remembers nothing; the first ones, for which the server plans, do not count."""
    places, arguments = question.places(key), question.arguments(key)

    def ask() -> None:
        with suppress(NotFoundError):
            getattr(graph, question.name)(*places, **arguments)

    for _ in range(7):
        _time(graph, ask)
    end = time.monotonic() + MOST_SECONDS
    times = [_time(graph, ask)]
    while time.monotonic() < end and len(times) < MOST_TIMES:
        times.append(_time(graph, ask))
    return round(statistics.median(times) * 1e6, 1)


def _time(graph: GraphDatabase, ask: Callable[[], None]) -> float:
    graph.cache_clear()
    graph._forget_changed()  # not a part of the question: it is asked once in a while
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began
