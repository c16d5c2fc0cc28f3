"""The reverse solver's documents while others write edges of the same versions."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.at_once import tell_at_once
from support.documents import Document, DocumentOf, made, needed
from support.revsolver_documents import RELEASE, dependent, reverse_solved
from support.tables import difference, dump, empty, rows_of
from support.transactions import Doing, wait_for, waiting_pids, while_it_is_written

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.revsolver import parse
from thoth.storages.graph.writers import revsolver as revsolver_writer

STATED = """
    SELECT stated_by_solver, stated_by_reverse_solver FROM depends_on d
    JOIN python_package_version_entity e ON e.id = d.entity_id WHERE e.package_version = '3.99.0'"""


def stated(engine: Engine) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows_of(engine, STATED)]


@pytest.fixture
def solved(document_of: DocumentOf) -> Document:
    """Solving flask 3.0.3 after the release."""
    document = document_of("flask==3.0.3")
    needed(document, "Werkzeug")["resolved_versions"][0]["versions"].append(RELEASE[1])
    return document


@pytest.fixture
def withdrawn(document_of: DocumentOf) -> Document:
    """Solving it again, later: the release is not found any more."""
    return made(document_of("flask==3.0.3"), days=9, suffix="beef")


def test_an_edge_that_a_solver_withdraws_meanwhile_is_written_anew(
    graph: GraphDatabase, engine: Engine, solved: Document, withdrawn: Document
) -> None:
    graph.sync_solver_result(solved)
    while_it_is_written(graph, engine, withdrawn, lambda: graph.sync_revsolver_result(reverse_solved()))
    assert stated(engine) == [(False, True)]


def test_a_solver_that_withdraws_an_edge_sees_what_the_reverse_solver_says_meanwhile(
    graph: GraphDatabase, engine: Engine, solved: Document, withdrawn: Document
) -> None:
    graph.sync_solver_result(solved)
    with Session(graph._connected_engine()) as session:
        assert revsolver_writer.write(session, parse(reverse_solved())) is True
        syncing = Doing(lambda: graph.sync_solver_result(withdrawn))
        wait_for(lambda: bool(waiting_pids(engine)), "the solver's document waits")
        session.commit()
    syncing.result()
    assert stated(engine) == [(False, True)]


@pytest.mark.timeout(120)
def test_writers_at_once_end_with_what_one_alone_writes(
    graph: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    """Solver documents first, since what was not solved yet is left out; then all again, with the reverse solver's."""
    wanted = [dependent("flask", version) for version in ("2.2.5", "3.0.3", "2.3.3")]
    reverse = [
        reverse_solved(wanted, document_id="revsolver-1"),
        reverse_solved(wanted[::-1], document_id="revsolver-2"),
        reverse_solved([*wanted, dependent("six", "1.16.0")], document_id="revsolver-3", release=("Jinja2", "9.0")),
        reverse_solved([dependent("six", "1.16.0"), *wanted], document_id="revsolver-4", release=("Jinja2", "9.0")),
    ]
    solver = [one for one in documents if one["result"]["tree"] and "flask" in repr(one["metadata"]["arguments"])]
    solver += [made(one, days=1, suffix="feed") for one in solver]
    for document in (*solver, *reverse):
        tell(graph, document)
    expected = dump(engine)
    empty(engine)

    def sync(adapter: GraphDatabase, seed: int) -> None:
        for document in random.Random(seed).sample([*reverse, *solver], len(reverse) + len(solver)):
            tell(adapter, document, force=seed % 2 == 0)

    for _ in range(2):
        for document in solver:
            tell(graph, document)
        tell_at_once([lambda adapter, seed=seed: sync(adapter, seed) for seed in range(4)])  # type: ignore[misc]
        assert difference(dump(engine), expected) == {}
        empty(engine)


def tell(graph: GraphDatabase, document: Document, *, force: bool = False) -> None:
    if document["metadata"]["document_id"].startswith("revsolver"):
        graph.sync_revsolver_result(document, force=force)
    else:
        graph.sync_solver_result(document, force=force)
