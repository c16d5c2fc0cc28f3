"""How many statements syncing costs: a number that does not depend on the machine, and must not grow unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.tables import CountStatements
from support.ways import ANALYSIS, SOLVER, Kind

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.together import Told

Cost = Callable[[Callable[[], object]], int]

# When one of them can be lower, lower it; let one grow only for a reason that is worth the time of every sync.
NEW, FORCED, KNOWN = 19, 23, 2
NEW_ANALYSIS, FORCED_ANALYSIS = 20, 26
BULK = 24
"""All documents that are told together."""


@pytest.fixture
def cost(graph: GraphDatabase, count_statements: CountStatements) -> Cost:
    """The number of statements of some work, in a graph that knows something already."""
    for document in (*SOLVER.make(2, 10, seed=2), *ANALYSIS.make(2, 80, seed=2)):
        (SOLVER if "tree" in document["result"] else ANALYSIS).sync(graph, document)
    return lambda work: count_statements(graph, work)


@pytest.mark.parametrize(
    ("kind", "size", "new", "forced"),
    [
        (SOLVER, 10, NEW, FORCED),
        (SOLVER, 100, NEW, FORCED),
        (SOLVER, 5000, NEW, FORCED),
        (ANALYSIS, 80, NEW_ANALYSIS, FORCED_ANALYSIS),
        (ANALYSIS, 800, NEW_ANALYSIS, FORCED_ANALYSIS),
    ],
    ids=["10 edges", "100 edges", "5,000 edges", "80 packages", "800 packages"],
)
def test_a_document_costs_few_statements_whatever_its_size(
    graph: GraphDatabase, cost: Cost, kind: Kind, size: int, new: int, forced: int
) -> None:
    for document in kind.make(2, size):
        costs = [
            cost(lambda document=document, how=how: kind.sync(graph, document, **how))  # type: ignore[misc]
            for how in ({}, {}, {"force": True})
        ]
        assert costs[0] <= new
        assert costs[1] == KNOWN
        assert costs[2] <= forced


@pytest.mark.parametrize("number", [20, 60])
def test_documents_that_are_told_together_cost_as_many_statements_as_few_of_them(
    graph: GraphDatabase, cost: Cost, number: int
) -> None:
    told = [Told(document) for document in SOLVER.make(number, 10)]
    results: list[bool | Exception] = []
    for force, expected, most in ((False, True, BULK), (False, False, KNOWN), (True, True, BULK)):
        spent = cost(lambda force=force: results.extend(graph.sync_results(SOLVER.kind, told, force=force)))  # type: ignore[misc]
        assert results == [expected] * number
        assert spent <= most
        results.clear()
