"""Questions about solver runs."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import ANY, DEBIAN, PYPI, Document, DocumentOf, as_error
from support.tables import run

from thoth.storages.exceptions import NoDocumentIdError, NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum


def failed(document: Document, document_id: str, made: str) -> Document:
    """The same run, but it ended in an error."""
    return made_at(as_error(document), document_id, made)


def made_at(document: Document, document_id: str, made: str) -> Document:
    document["metadata"] |= {"document_id": document_id, "datetime": made}
    return document


def test_how_every_real_run_ended(filled: GraphDatabase, documents: list[Document]) -> None:
    for document in documents:
        result = document["result"]
        for error, one in (*((False, one) for one in result["tree"]), *((True, one) for one in result["errors"])):
            at = (one["package_name"], one["package_version"])
            for index in (None, one["index_url"], one["index_url"] + "/"):
                assert filled.has_python_solver_error(*at, index, **DEBIAN) is error
                assert filled.has_python_solver_error(*at, index, **ANY) is error
    assert filled.has_python_solver_error("flask", "99.0.0", PYPI, **DEBIAN) is True
    assert filled.has_python_solver_error("ipython doctest plugin", "0.1", None, **DEBIAN) is True
    with pytest.raises(NotFoundError, match="ipython doctest plugin"):
        filled.has_python_solver_error("ipython doctest plugin", "0.1", PYPI, **DEBIAN)


def test_what_was_not_solved_is_not_found(graph: GraphDatabase, document_of: DocumentOf) -> None:
    graph.sync_solver_result(document_of("python-dateutil==2.8.2"))
    assert (
        graph.has_python_solver_error(
            "Python_Dateutil", "2.8.2", None, os_name=None, os_version=None, python_version="py311"
        )
        is False
    )
    for arguments, environment in (
        (("six", "1.16.0", None), ANY),  # a dependency, not solved itself
        (("python-dateutil", "2.8.3", None), ANY),
        (("python-dateutil", "2.8.2", "https://example.org/simple"), ANY),
        (("python-dateutil", "2.8.2", None), {**ANY, "os_name": "rhel"}),
        (("python-dateutil", "2.8.2", None), {**DEBIAN, "python_version": "3.12"}),
    ):
        for _again in range(2):
            with pytest.raises(NotFoundError, match=arguments[0]):
                graph.has_python_solver_error(*arguments, **environment)


def test_the_newest_run_counts_in_whichever_order_they_arrive(graph: GraphDatabase, document_of: DocumentOf) -> None:
    def run(number: int, error: bool) -> Document:
        document = document_of("six==1.16.0")
        document_id = f"solver-debian-12-py311-2701{number:02d}000000-x"
        make = failed if error else made_at
        return make(document, document_id, f"2027-01-{number:02d}T00:00:00")

    ask = lambda: graph.has_python_solver_error("six", "1.16.0", PYPI, **DEBIAN)  # noqa: E731
    graph.sync_solver_result(run(10, error=False))
    assert ask() is False
    graph.sync_solver_result(run(5, error=True))
    assert ask() is False
    graph.sync_solver_result(run(20, error=True))
    assert ask() is True
    graph.sync_solver_result(run(15, error=False))
    assert ask() is True
    graph.sync_solver_result(run(21, error=False))
    assert ask() is False


def test_of_several_environments_the_newest_run_counts(graph: GraphDatabase, document_of: DocumentOf) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    later = failed(document_of("six==1.16.0"), "solver-rhel-8-py38-270101000000-x", "2027-01-01T00:00:00")
    graph.sync_solver_result(later)
    ask = graph.has_python_solver_error
    assert ask("six", "1.16.0", PYPI, **DEBIAN) is False
    assert ask("six", "1.16.0", PYPI, os_name="ubi", os_version="8.6", python_version="38") is True
    assert ask("six", "1.16.0", None, **ANY) is True


def test_a_document_is_known_once_it_was_synced(graph: GraphDatabase, document_of: DocumentOf) -> None:
    document = document_of("six==1.16.0")
    document_id = document["metadata"]["document_id"]
    assert graph.solver_document_id_exists(document_id) is False
    assert graph.solver_records_exist(document) is False
    graph.sync_solver_result(document)
    assert graph.solver_document_id_exists(document_id) is True
    assert graph.solver_document_id_exists(solver_document_id=document_id) is True
    assert graph.solver_records_exist(document) is True
    assert graph.solver_document_id_exists(document_id[:-1]) is False


def test_a_document_of_2019_is_known_by_its_pod(graph: GraphDatabase) -> None:
    with pytest.raises(NoDocumentIdError):
        graph.solver_records_exist({"metadata": {"hostname": "localhost"}})
    with pytest.raises(NoDocumentIdError):
        graph.solver_records_exist({})
    assert graph.solver_records_exist({"metadata": {"hostname": "solver-rhel-8-py38-abc-xyz"}}) is False


def test_many_documents_are_asked_about_at_once(
    filled: GraphDatabase, documents: list[Document], count_statements: Any
) -> None:
    ids = [document["metadata"]["document_id"] for document in documents]
    known: list[set[str]] = []
    ask = lambda: known.append(  # noqa: E731
        filled.synced_document_ids([*ids, "solver-x", *ids], DocumentKindEnum.SOLVER)
    )
    assert count_statements(filled, ask) == 1
    assert known == [set(ids)]
    assert filled.synced_document_ids(ids, DocumentKindEnum.ADVISER) == set()
    assert filled.synced_document_ids([], DocumentKindEnum.SOLVER) == set()
    assert filled.synced_document_ids(iter(ids[:1]), DocumentKindEnum.SOLVER) == {ids[0]}


def test_runs_that_are_gone_are_not_found(graph: GraphDatabase, document_of: DocumentOf, engine: Engine) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    run(engine, "DELETE FROM solved")
    with pytest.raises(NotFoundError):
        graph.has_python_solver_error("six", "1.16.0", None, **ANY)
