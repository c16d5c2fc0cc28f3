"""Documents that wait for packages that nobody solved: listed, counted, and no longer there when they are solved."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser, product
from support.documents import ON_RHEL, PYPI, for_solver, real_document
from support.tables import CountStatements, run

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum

FLASK, SIX = "flask==3.0.3", "six==1.16.0"
ADVISER = DocumentKindEnum.ADVISER


def solved(graph: GraphDatabase, requirement: str) -> None:
    """Have a package version solved in the environment that the documents are about."""
    suffix = requirement.encode().hex()[:16]
    graph.sync_solver_result(for_solver(real_document(requirement), ON_RHEL, suffix))


def awaited(*packages: str) -> tuple[str, ...]:
    return tuple(f"{package} on {PYPI} in rhel 8, Python 3.8" for package in packages)


def test_documents_that_wait_are_listed_by_kind_and_id_with_what_they_wait_for(graph: GraphDatabase) -> None:
    for name in ("adviser-b", "adviser-a"):
        graph.sync_adviser_result(adviser(product(1, ["flask"], [FLASK, SIX]), document_id=name))
    flask_and_six = awaited("flask 3.0.3", "six 1.16.0")
    expected = [(ADVISER, "adviser-a", flask_and_six), (ADVISER, "adviser-b", flask_and_six)]
    assert graph.get_waiting_documents_all() == expected
    assert graph.get_waiting_documents_all(ADVISER, start_offset=1, count=1) == expected[1:]
    assert graph.get_waiting_documents_all(DocumentKindEnum.INSPECTION) == []
    counts = [graph.get_waiting_documents_count_all(kind) for kind in (None, ADVISER, DocumentKindEnum.INSPECTION)]
    assert (counts, graph.get_waiting_documents_count_per_kind()) == ([2, 2, 0], {ADVISER: 2})
    with pytest.raises(ValueError, match="start_offset"):
        graph.get_waiting_documents_all(start_offset=-1)


def test_one_that_is_told_again_after_its_packages_were_solved_waits_no_more(graph: GraphDatabase) -> None:
    document = adviser(product(1, ["flask"], [FLASK, SIX]))
    for requirement, missing in ((FLASK, awaited("six 1.16.0")), (SIX, ())):
        solved(graph, requirement)
        graph.sync_adviser_result(document)
        assert [one.awaited for one in graph.get_waiting_documents_all()] == ([missing] if missing else [])
    assert graph.get_waiting_documents_count_per_kind() == {}


def test_what_is_to_be_synced_again_for_another_reason_waits_for_nothing(graph: GraphDatabase, engine: Engine) -> None:
    for requirement in (FLASK, SIX):
        solved(graph, requirement)
    graph.sync_adviser_result(adviser(product(1, ["flask"], [FLASK])))
    run(engine, "UPDATE synced_document SET to_sync_again = true, remarks = ARRAY['six 1.16.0: left out until']")
    assert (graph.get_waiting_documents_all(), graph.get_waiting_documents_count_all()) == ([], 0)


def test_other_remarks_are_not_what_a_document_waits_for(graph: GraphDatabase) -> None:
    graph.sync_adviser_result(adviser(product(1, ["flask"], [SIX]), unresolved=["x" * 300]))
    (record,) = graph.get_waiting_documents_all()
    assert record.awaited == awaited("six 1.16.0")


def test_each_question_is_one_statement(graph: GraphDatabase, count_statements: CountStatements) -> None:
    for ask in (
        graph.get_waiting_documents_all,
        graph.get_waiting_documents_count_all,
        graph.get_waiting_documents_count_per_kind,
    ):
        assert count_statements(graph, ask) == 1
