"""How fast questions are answered, beside their own statements: pytest tests/benchmarks --benchmark-only -k questions.

Each question is asked of a graph with PyPI's shape; psycopg2 alone sends the same statements with the same parameters
over a connection of its own, and makes tuples of the rows; and the answer is taken from memory, where it is remembered.
Without --benchmark-only two questions are asked, so that this goes on working.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg2
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.explaining import captured
from support.hot_questions import QUESTIONS, Question
from support.shape import Shape, load

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.queries.base import REMEMBERED

WAYS = ("psycopg2 alone", "PostgreSQL", "memory")
_Work = Callable[[], Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "asked" in metafunc.fixturenames:
        measured = QUESTIONS if metafunc.config.getoption("benchmark_only", False) else QUESTIONS[:2]
        cases = [(question, which) for question in measured for which in question.keys]
        names = [f"{number}-{question.name}-{which}" for number, (question, which) in enumerate(cases)]
        metafunc.parametrize("asked", cases, ids=names)


@pytest.fixture(scope="module")
def shape_url(server: URL, template: URL) -> Iterator[URL]:
    with copied_database(server, template, "questions") as url:
        yield url


@pytest.fixture(scope="module")
def shape(shape_url: URL, pytestconfig: pytest.Config) -> Shape:
    is_measured = pytestconfig.getoption("benchmark_only", False)
    return load(make_maintenance_engine(shape_url), pytestconfig.getoption("question_edges") if is_measured else 3_000)


@pytest.fixture(scope="module")
def adapter(shape: Shape, shape_url: URL) -> Iterator[GraphDatabase]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
        graph = GraphDatabase(make_engine(shape_url), cache=GraphCache())
        graph._forget_changed()
        yield graph
        graph.disconnect()


@pytest.fixture(scope="module")
def cursor(shape: Shape, shape_url: URL) -> Iterator[Any]:
    connection = psycopg2.connect(**shape_url.translate_connect_args(username="user", database="dbname"))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


@pytest.fixture
def work_of(asked: tuple[Question, str], shape: Shape, adapter: GraphDatabase, cursor: Any) -> Callable[[str], _Work]:
    """{way: the work}."""
    question, which = asked
    key = shape.frequent if which == "frequent" else shape.rare
    places, arguments = question.places(key), question.arguments(key)

    def ask() -> None:
        with suppress(NotFoundError):
            getattr(adapter, question.name)(*places, **arguments)

    def ask_anew() -> None:
        adapter.cache_clear()
        ask()

    def by(way: str) -> _Work:
        if way != "psycopg2 alone":
            return ask if way == "memory" else ask_anew
        with captured(adapter._connected_engine()) as statements:
            ask_anew()
        return lambda: [(cursor.execute(one.statement, one.parameters), cursor.fetchall())[1] for one in statements]

    return by


@pytest.mark.benchmark
@pytest.mark.parametrize("way", WAYS)
def test_a_question(
    asked: tuple[Question, str],
    way: str,
    work_of: Callable[[str], _Work],
    benchmark: BenchmarkFixture,
    question_times: dict[str, dict[str, float]],
) -> None:
    question, which = asked
    if way == "memory" and question.name not in REMEMBERED:
        pytest.skip("it is not remembered")
    work = work_of(way)
    work()
    benchmark.group = f"{question.name} of what is {which}"
    benchmark.pedantic(work, rounds=15, iterations=5)
    if benchmark.enabled:
        number = QUESTIONS.index(question)
        question_times.setdefault(f"{number:3} {benchmark.group}", {})[way] = benchmark.stats.stats.min
