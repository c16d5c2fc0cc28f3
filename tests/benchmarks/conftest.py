"""One server with fsync on, a graph that knows something already, and a table of all that was measured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from support.databases import administer
from support.durable import DurableServer
from support.results import Result, question_table, table
from support.synthetic import analyses, solver_documents
from support.ways import ANALYSIS, SOLVER, WAYS, Corpus, Kind, target_at, told_in_bulk

from thoth.storages.embedded import EmbeddedPostgres

_RESULTS = pytest.StashKey[list[Result]]()
_SERVER = pytest.StashKey[str]()
_QUESTIONS = pytest.StashKey[dict[str, dict[str, float]]]()
_SIZES: dict[str, tuple[Kind, int, int, int]] = {
    "10 edges": (SOLVER, 10, 100, 10),
    "100 edges": (SOLVER, 100, 50, 3),
    "5,000 edges": (SOLVER, 5000, 3, 1),
    "800 packages": (ANALYSIS, 800, 8, 2),
}
"""{name: (kind, size, documents, documents that are written row by row)}."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("benchmarks")
    group.addoption("--question-edges", type=int, default=100_000, help="how large the graph of the questions is")
    group.addoption("--growth-edges", default="2000,4000", help="how large the graphs are whose growth is measured")
    group.addoption("--growth-to", help="the JSON file that the growth is written into")
    group.addoption("--sync-sizes", default=",".join(name.partition(" ")[0].replace(",", "") for name in _SIZES))
    group.addoption("--sync-times", type=float, default=1.0, help="this many times as many documents of each size")
    group.addoption("--sync-rounds", type=int, default=2, help="how often each way is measured; the best one counts")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Rounds stand outside: the ways of a round are measured in a row, when the machine is as busy for each."""
    if "round_" in metafunc.fixturenames:
        metafunc.parametrize("round_", range(metafunc.config.getoption("sync_rounds", 2)), ids=lambda n: f"round{n}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """No way of syncing is measured unless asked for; what is measured keeps its order."""
    measured = [item for item in items if isinstance(item, pytest.Function) and item.originalname == "test_speed"]
    sizes = config.getoption("sync_sizes", "").split(",") if config.getoption("benchmark_only", False) else []
    wanted = [item for item in measured if str(_SIZES[_of(item, "size")][1]) in sizes]
    if unwanted := [item for item in measured if item not in wanted]:
        config.hook.pytest_deselected(items=unwanted)
    order = list(_SIZES)
    wanted.sort(key=lambda item: (order.index(_of(item, "size")), _of(item, "round_"), WAYS.index(_of(item, "way"))))
    items[:] = [item for item in items if item not in measured] + wanted


def _of(item: pytest.Function, parameter: str) -> Any:
    return item.callspec.params[parameter]


# --- The server ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def durable_server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[DurableServer]:
    """A server that writes to its disk what it commits; or the one that THOTH_STORAGES_TEST_DATABASE_URL names."""
    if given := os.environ.get("THOTH_STORAGES_TEST_DATABASE_URL"):
        server = DurableServer(make_url(given).set(drivername="postgresql+psycopg2"), is_ours=False)
        pytestconfig.stash[_SERVER] = server.described()
        yield server
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("durable"), durable=True) as postgres:
        url = URL.create("postgresql+psycopg2", postgres.user, postgres.password, postgres.host, postgres.port)
        server = DurableServer(url.set(database="postgres"), is_ours=True)
        pytestconfig.stash[_SERVER] = server.described()
        yield server


@pytest.fixture(scope="session")
def background(durable_server: DurableServer) -> Iterator[URL]:
    """A graph that was told a hundred documents, which share much with others. Do not connect to it."""
    with durable_server.database("background") as url:
        with target_at(url) as target:
            target.graph.initialize_schema()
            for edges in (10, 100):
                told_in_bulk(target, SOLVER, solver_documents(50, edges, seed=2))
            told_in_bulk(target, ANALYSIS, analyses(4, 800, seed=2))
        administer(url, "VACUUM (ANALYZE)")
        yield url


@pytest.fixture(scope="session")
def corpora(
    durable_server: DurableServer,
    background: URL,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Corpus]:
    """{name of a size: its documents}."""
    times = pytestconfig.getoption("sync_times", 1.0)
    directory = tmp_path_factory.mktemp("documents")
    return {
        name: Corpus(
            name=name,
            kind=kind,
            size=size,
            number=max(1, round(number * times)),
            few=few,
            server=durable_server,
            background=background,
            directory=directory / str(size),
        )
        for name, (kind, size, number, few) in _SIZES.items()
    }


# --- The table -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> list[Result]:
    """What was measured, for the table at the end."""
    return pytestconfig.stash.setdefault(_RESULTS, [])


@pytest.fixture(scope="session")
def question_times(pytestconfig: pytest.Config) -> dict[str, dict[str, float]]:
    """{question: {way: seconds}}, for the table at the end."""
    return pytestconfig.stash.setdefault(_QUESTIONS, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The tables that people read."""
    if times := config.stash.get(_QUESTIONS, {}):
        terminalreporter.section("how fast questions are answered, in µs")
        for line in question_table(times):
            terminalreporter.write_line(line)
    found = config.stash.get(_RESULTS, [])
    if not found:
        return
    terminalreporter.section("how fast documents are synced")
    terminalreporter.write_line(config.stash[_SERVER])
    terminalreporter.write_line(f"{os.cpu_count()} CPUs, load {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    for line in table(found):
        terminalreporter.write_line(line)
