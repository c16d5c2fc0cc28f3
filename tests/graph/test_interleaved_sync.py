"""Two writers at once, step by step."""

from __future__ import annotations

import time

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.documents import Document, DocumentOf, as_error, edge, made, tree, under_the_id_of
from support.tables import count, edges_of, imports_of, needs, rows_of
from support.transactions import Doing, while_it_is_written

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.writers import solver as solver_writer


def _contradicting(document_of: DocumentOf) -> tuple[Document, Document, Document]:
    """One about flask; new content of it that names flask no longer; a newer one about flask."""
    first = document_of("flask==3.0.3")
    return first, under_the_id_of(first, document_of("six==1.16.0")), made(first, days=1, suffix="cafe")


def test_a_version_that_another_writer_forgets_meanwhile_is_made_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """A document's new content names flask no longer, while another document about flask arrives."""
    first, other, second = _contradicting(document_of)
    graph.sync_solver_result(first)
    while_it_is_written(graph, engine, other, lambda: graph.sync_solver_result(second))
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert rows_of(engine, "SELECT document_id FROM solved ORDER BY 1") == sorted(
        [(first["metadata"]["document_id"],), (second["metadata"]["document_id"],)]
    )


def test_forgetting_a_version_does_not_take_away_what_another_writer_says_of_it_meanwhile(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """Another document about flask is being written, while the first one's new content names flask no longer."""
    first, other, second = _contradicting(document_of)
    graph.sync_solver_result(first)
    while_it_is_written(graph, engine, second, lambda: graph.sync_solver_result(other))
    assert ("flask", second["metadata"]["document_id"]) in rows_of(
        engine,
        "SELECT package_name, document_id FROM solved s JOIN python_package_version v ON v.id = s.version_id",
    )
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_clearing_a_version_does_not_take_away_what_another_writer_says_of_it_meanwhile(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """As before, but a run that failed keeps the version itself."""
    first, other, second = _contradicting(document_of)
    graph.sync_solver_result(as_error(made(first, days=-1, suffix="dead")))
    graph.sync_solver_result(first)
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(second))
        syncing = Doing(lambda: graph.sync_solver_result(other))
        time.sleep(0.5)  # whether it waits or not
        session.commit()
    syncing.result()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert imports_of(engine, "flask") == ["flask", "flask.json"]


def test_a_document_that_is_being_written_makes_its_second_writer_wait_and_do_nothing(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    second: list[bool] = []

    def write_again() -> None:
        with Session(graph._connected_engine()) as other, other.begin():
            second.append(solver_writer.write(other, parse(document)))

    while_it_is_written(graph, engine, document, write_again)
    assert second == [False]


def test_when_the_first_writer_of_a_document_gives_up_the_second_one_writes_it(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    sync = lambda: graph.sync_solver_result(document)  # noqa: E731
    while_it_is_written(graph, engine, document, sync, end=Session.rollback)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "solved") == 1


def test_an_older_document_waits_for_a_newer_one_of_the_same_version_that_is_being_written(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    old = document_of("flask==3.0.3")
    graph.sync_solver_result(as_error(made(old, days=-5, suffix="dead")))  # the version is there already
    new = made(old, days=1, suffix="cafe")
    tree(new)["dependencies"] = [edge("newer", ["1.0"])]
    while_it_is_written(graph, engine, new, lambda: graph.sync_solver_result(old))
    assert needs(engine, "flask", "3.0.3") == ["newer*"]
