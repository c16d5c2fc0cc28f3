"""Deleting while others write, and what Kebechet is told when its advice goes."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser, product
from support.at_once import tell_at_once
from support.documents import Document, DocumentOf, id_of, made, variants
from support.kinds import KINDS
from support.tables import CountStatements, count, difference, dump, edges_of, needs, rows_of, run
from support.transactions import while_it_is_written

from thoth.storages.document_ids import document_id_of
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum

DELETE = {
    DocumentKindEnum.SOLVER: "delete_solver_result",
    DocumentKindEnum.ADVISER: "delete_adviser_result",
    DocumentKindEnum.ANALYSIS: "delete_analysis_result",
}
NEWEST = """SELECT i.last_run::date::text, s.overall_score FROM kebechet_github_installations i
    LEFT JOIN python_software_stack s ON s.id = i.advised_python_software_stack_id"""


# --- At the same time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(DELETE), ids=lambda kind: kind.name)
def test_documents_that_are_told_and_deleted_at_once_are_as_the_last_sync_tells_them(
    kind: DocumentKindEnum, graph: GraphDatabase, engine: Engine
) -> None:
    documents = KINDS[kind].last()
    KINDS[kind].prepare(graph)
    KINDS[kind].tell(graph, *documents, *documents)
    before = dump(engine)

    def delete(adapter: GraphDatabase) -> None:
        for _ in range(2):
            for document in documents:
                getattr(adapter, DELETE[kind])(document_id_of(document))

    def tell(adapter: GraphDatabase) -> None:
        for _ in range(2):
            KINDS[kind].tell(adapter, *reversed(documents))

    tell_at_once([delete, tell, delete, tell])
    delete(graph)
    assert count(engine, "synced_document") == len(KINDS[kind].known())
    KINDS[kind].tell(graph, *documents, *documents)
    after = dump(engine)
    left_out = {"package_change"}
    assert difference(*({name: each[name] for name in each.keys() - left_out} for each in (before, after))) == {}


def test_a_version_that_another_document_is_about_meanwhile_is_not_deleted(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    first = document_of("flask==3.0.3")
    second = made(first, days=1, suffix="cafe")
    graph.sync_solver_result(first)
    while_it_is_written(graph, engine, second, lambda: graph.delete_solver_result(id_of(first)))
    assert rows_of(engine, "SELECT document_id FROM solved") == [(id_of(second),)]
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_an_older_document_that_is_told_while_the_newest_is_deleted_is_the_truth_in_the_end(
    graph: GraphDatabase, engine: Engine
) -> None:
    older, newer, *_ = variants(KINDS[DocumentKindEnum.SOLVER].last()[0])
    graph.sync_solver_result(older)
    expected = needs(engine, "flask", "3.0.3")
    for _ in range(4):
        graph.sync_solver_result(newer)
        tell_at_once(
            [
                lambda adapter: adapter.delete_solver_result(id_of(newer)),
                lambda adapter: adapter.sync_solver_result(older, force=True),
            ]
        )
        graph.sync_solver_result(older)
        assert needs(engine, "flask", "3.0.3") == expected


# --- Kebechet --------------------------------------------------------------------------------------------------------


def asked(day: int) -> Document:
    """A run that Kebechet asked for on a day, which advised a stack of that score."""
    document_id = f"adviser-2611{day}113528-0123456789abcdef"
    return adviser(product(day, ["flask"], []), document_id=document_id, day=day, source_type="kebechet")


@pytest.fixture
def installed(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """A repository that was given advice on three days."""
    run(
        engine,
        "INSERT INTO kebechet_github_installations (slug, repo_name, private, installation_id, is_active)"
        " VALUES ('thoth-station/example', 'example', false, '1', true)",
    )
    for day in (20, 22, 21):
        graph.sync_adviser_result(asked(day))
    return graph


def test_kebechet_is_told_what_the_newest_document_says_that_is_left(installed: GraphDatabase, engine: Engine) -> None:
    assert rows_of(engine, NEWEST) == [("2026-11-22", 22.0)]
    installed.delete_adviser_result(id_of(asked(20)))
    assert rows_of(engine, NEWEST) == [("2026-11-22", 22.0)], "an older one did not count"
    installed.delete_adviser_result(id_of(asked(22)))
    assert rows_of(engine, NEWEST) == [(None, None)]
    assert rows_of(engine, "SELECT document_id FROM synced_document WHERE to_sync_again") == [(id_of(asked(21)),)]
    installed.sync_adviser_result(asked(21))
    assert rows_of(engine, NEWEST) == [("2026-11-21", 21.0)]


def test_many_runs_that_kebechet_asked_for_take_few_statements(
    installed: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    assert count_statements(installed, lambda: installed.delete_adviser_run(end_datetime="23-11-2026")) <= 12
    assert rows_of(engine, NEWEST) == [(None, None)]
