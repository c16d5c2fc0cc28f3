"""What is measured can be compared: every way writes the same rows, and documents are what they are said to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from support.durable import DurableServer
from support.results import Result, table
from support.synthetic import analyses, solver_documents
from support.tables import Dump, difference, dump
from support.ways import ANALYSIS, COPY, COPY_AT_ONCE, ROW_BY_ROW, SOLVER, WAYS, Corpus, Way, target_at
from support.wire import Wire

from thoth.storages.graph.documents import analysis, solver
from thoth.storages.graph.engine import make_engine

ONE_BY_ONE = WAYS[0]


@pytest.fixture(params=[(SOLVER, 30), (ANALYSIS, 80)], ids=["solver", "analysis"])
def corpus(request: pytest.FixtureRequest, server: URL, template: URL, tmp_path: Path) -> Corpus:
    """Three small documents."""
    kind, size = request.param
    there = DurableServer(server, is_ours=False)
    return Corpus("small", kind, size, 3, 3, there, background=template, directory=tmp_path / "documents", warm=0)


def _written(corpus: Corpus, way: Way) -> Dump:
    """What every table holds after the documents went one way into an empty graph."""
    with corpus.server.database("written", corpus.background) as url, target_at(url) as target:
        way.prepare(target, corpus)()
        return dump(target.engine)


@pytest.mark.slow
def test_every_way_writes_the_same_rows(corpus: Corpus) -> None:
    expected = _written(corpus, ONE_BY_ONE)
    assert sum(map(len, expected.values())) > 300
    for way in WAYS[1:]:
        assert difference(_written(corpus, way), expected) == {}, way.name


def test_rows_are_counted_as_they_are_in_the_tables(corpus: Corpus) -> None:
    told = sum(sum(rows.values()) for rows in _written(corpus, COPY).values())
    assert corpus.number_of_rows(3) == told - 2  # the version of the schema, and which graph it is
    assert 0 < corpus.number_of_rows(1) < corpus.number_of_rows(2)


@pytest.mark.parametrize("edges", [10, 100, 5000])
def test_solver_documents_have_as_many_edges_as_wanted_and_nothing_to_remark(edges: int) -> None:
    documents = solver_documents(3, edges)
    assert documents == solver_documents(3, edges)
    assert documents[0] != solver_documents(1, edges, seed=1)[0]
    for rows in map(solver.parse, documents):
        (package,) = rows.packages
        assert package.facts is not None
        assert len(package.facts.dependencies) == edges
        assert rows.document.remarks == ()


def test_solver_documents_share_what_those_of_pypi_share() -> None:
    facts = [solver.parse(document).packages[0].facts for document in solver_documents(50, 100)]
    needed = [(edge.package_name, edge.package_version) for each in facts if each for edge in each.dependencies]
    metadata = [each.metadata for each in facts if each and each.metadata]
    assert len(set(needed)) < 0.7 * len(needed)
    classifiers = [name for each in metadata for name in each.classifiers]
    assert len(set(classifiers)) < 0.3 * len(classifiers)
    assert len({each.key for each in metadata}) == 50


def test_analyses_have_as_many_packages_as_wanted_and_nothing_to_remark() -> None:
    debian, rhel = map(analysis.parse, analyses(2, 800))
    assert len(debian.python_packages) + len(debian.debs) == len(rhel.python_packages) + len(rhel.rpms) == 800
    assert len(debian.symbols) > 100
    assert debian.document.remarks == rhel.document.remarks == ()


def test_statements_and_round_trips_are_those_that_reach_the_server(database: URL) -> None:
    engine = make_engine(database)
    wire = Wire(engine)
    engine.connect().close()
    wire.reset()
    with engine.begin() as connection:
        connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT 2"))
    assert (wire.statements, wire.round_trips) == (2, 4)  # BEGIN and COMMIT
    wire.reset()
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SELECT 1"))
    assert (wire.statements, wire.round_trips) == (1, 1)
    engine.dispose()


def test_the_table_compares_the_best_rounds_with_row_by_row_and_copy() -> None:
    def result(way: Way, seconds: float) -> Result:
        return Result("10 edges", way.name, 10, 500, seconds, 20.0, 22.0, seconds / 2)

    head, first, *others = table(
        [
            result(ROW_BY_ROW, 8),
            result(COPY_AT_ONCE, 0.5),
            result(COPY, 1),
            result(ONE_BY_ONE, 9),
            result(ONE_BY_ONE, 2),
        ]
    )
    assert head.split()[:3] == ["10", "edges", "documents"]
    assert first.split()[-11:-2] == ["10", "200.00", "5.0", "250", "20.0", "22.0", "4.00", "0.50", "0.25"]
    assert first.split()[-2:] == ["100.00", "4.00"], "what writing took, and beside COPY with one commit"
    assert [line.split()[-5] for line in others] == ["1.00", "8.00", "16.00"]
