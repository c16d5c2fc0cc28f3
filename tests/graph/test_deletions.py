"""Deleting what documents said: what is left is what a graph holds that was told the other documents alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import ADVISER, adviser, product
from support.analyses import as_id, real_analysis
from support.documents import (
    DEBIAN,
    PYPI,
    Document,
    DocumentOf,
    as_error,
    id_of,
    made,
    real_documents,
    under_the_id_of,
    variants,
)
from support.inspection_documents import inspection
from support.kinds import KINDS, Kind, flask_on_rhel
from support.revsolver_documents import reverse_solved
from support.tables import CountStatements, Dump, count, difference, dump, empty, needs, rows_of

from thoth.storages.document_ids import document_id_of
from thoth.storages.exceptions import FilterMissingError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum

# What is shared by all stays: nodes, and links between them that no row names a document of.
_SHARED = (
    *("python_package_index", "python_package_version_entity", "python_artifact", "has_artifact", "import_package"),
    *("ecosystem_solver", "python_package_license", "python_package_metadata", "has_metadata", "python_package_req"),
    *(
        "has_python_requirement",
        "has_external_python_requirement",
        "python_software_stack",
        "external_",
        "software_env",
    ),
    *("python_requirements", "python_file_digest", "python_interpreter", "rpm_", "deb_", "versioned_symbol"),
    *("has_symbol", "package_change", "hardware_information"),
)

DELETE = {
    DocumentKindEnum.SOLVER: "delete_solver_result",
    DocumentKindEnum.ADVISER: "delete_adviser_result",
    DocumentKindEnum.ANALYSIS: "delete_analysis_result",
}


def own(dumped: Dump) -> Dump:
    """What documents say by themselves."""
    return {table: rows for table, rows in dumped.items() if not table.startswith(_SHARED)}


def settle(graph: GraphDatabase, kind: Kind, documents: list[Document]) -> None:
    """Tell the documents as the next syncs do: only what is asked for is written."""
    kind.tell(graph, *documents, *documents)


# --- What is left ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(DELETE), ids=lambda kind: kind.name)
def test_what_is_left_is_what_the_other_documents_say(
    kind: DocumentKindEnum, graph: GraphDatabase, engine: Engine
) -> None:
    documents = KINDS[kind].last()
    for number, gone in enumerate(documents):
        others = documents[:number] + documents[number + 1 :]
        found = []
        for told in (others, documents):
            empty(engine)
            KINDS[kind].prepare(graph)
            settle(graph, KINDS[kind], told)
            if told is documents:
                assert getattr(graph, DELETE[kind])(document_id_of(gone)) > 0
                settle(graph, KINDS[kind], others)
            found.append(own(dump(engine)))
        assert difference(*found) == {}, f"without {document_id_of(gone)}"


@pytest.mark.parametrize("kind", list(DELETE), ids=lambda kind: kind.name)
def test_a_deleted_document_can_be_told_again(kind: DocumentKindEnum, graph: GraphDatabase, engine: Engine) -> None:
    KINDS[kind].prepare(graph)
    settle(graph, KINDS[kind], KINDS[kind].last())
    before = dump(engine)
    for document in KINDS[kind].last():
        assert getattr(graph, DELETE[kind])(document_id_of(document)) > 0
        assert getattr(graph, DELETE[kind])(document_id_of(document)) == 0
    assert count(engine, "synced_document") == len(KINDS[kind].known())
    settle(graph, KINDS[kind], KINDS[kind].last())
    del before["package_change"]
    after = dump(engine)
    assert difference(before, {table: after[table] for table in before}) == {}


def test_nothing_happens_where_there_is_no_such_document(filled: GraphDatabase, engine: Engine) -> None:
    before = dump(engine, with_ids=True)
    for delete in DELETE.values():
        assert getattr(filled, delete)("solver-nobody") == 0
    (first, *_) = real_documents()
    assert filled.delete_adviser_result(id_of(first)) == 0, "it is a solver's"
    assert difference(before, dump(engine, with_ids=True)) == {}


def test_a_version_stays_as_it_was_until_its_older_document_is_told_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    older, newer, *_ = variants(document_of("flask==3.0.3"))
    graph.sync_solver_result(older)
    before = needs(engine, "flask", "3.0.3")
    graph.sync_solver_result(newer)
    assert graph.delete_solver_result(id_of(newer)) == 1
    assert needs(engine, "flask", "3.0.3") == before[:0] + needs(engine, "flask", "3.0.3") != before
    assert graph.solver_document_id_exists(id_of(older)) is False, "it is to be synced again"
    graph.sync_solver_result(older)
    assert needs(engine, "flask", "3.0.3") == before


def test_a_version_that_only_failed_since_has_no_dependencies(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    graph.sync_solver_result(as_error(made(document, days=1, suffix="dead")))
    graph.delete_solver_result(id_of(document))
    assert needs(engine, "flask", "3.0.3") == []
    assert graph.has_python_solver_error("flask", "3.0.3", PYPI, **DEBIAN) is True


# --- Who spoke of what goes away -------------------------------------------------------------------------------------


def test_edges_of_the_reverse_solver_stay_while_the_version_does(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    failed = as_error(made(document, days=-1, suffix="dead"))
    for one in (document, failed):
        graph.sync_solver_result(one)
    graph.sync_revsolver_result(reverse_solved())
    graph.delete_solver_result(id_of(document))
    assert needs(engine, "flask", "3.0.3") == ["werkzeug>=3.0.0"]
    graph.delete_solver_result(id_of(failed))
    assert needs(engine, "flask", "3.0.3") == []
    graph.sync_revsolver_result(reverse_solved())
    (waiting,) = graph.get_waiting_documents_all(DocumentKindEnum.REVERSE_SOLVER)
    assert "flask 3.0.3" in waiting.awaited[0]
    graph.sync_solver_result(document)
    graph.sync_revsolver_result(reverse_solved())
    assert "werkzeug>=3.0.0" in needs(engine, "flask", "3.0.3")
    assert ("werkzeug", "3.99.0") in rows_of(
        engine,
        "SELECT e.package_name, e.package_version FROM depends_on d JOIN python_package_version_entity e "
        "ON e.id = d.entity_id WHERE d.stated_by_reverse_solver",
    )


def inspected() -> Document:
    """A result of an inspection in which flask is locked."""
    document = inspection(1)
    document["specification"]["python"]["requirements_locked"]["default"] = {
        "flask": {"version": "==3.0.3", "index": "pypi"}
    }
    return document


@pytest.mark.parametrize(
    ("kind", "sync", "document"),
    [
        (DocumentKindEnum.ADVISER, "sync_adviser_result", adviser(product(1.0, ["flask"], ["flask==3.0.3"]))),
        (DocumentKindEnum.INSPECTION, "sync_inspection_result", inspected()),
    ],
    ids=["adviser", "inspection"],
)
@pytest.mark.parametrize("by", ["a deletion", "other content"])
def test_documents_that_lock_a_version_which_goes_wait_for_it(
    by: str,
    kind: DocumentKindEnum,
    sync: str,
    document: Document,
    graph: GraphDatabase,
    engine: Engine,
    document_of: DocumentOf,
) -> None:
    ((_, solved),) = flask_on_rhel()
    tell, members = getattr(graph, sync), "has_python_requirement_lock"
    graph.sync_solver_result(solved)
    tell(document)
    assert (count(engine, members), graph.get_waiting_documents_all(kind)) == (1, [])
    if by == "a deletion":
        graph.delete_solver_result(id_of(solved))
    else:
        graph.sync_solver_result(under_the_id_of(solved, document_of("click==8.1.7")))
    assert count(engine, members) == 0
    tell(document)
    (waiting,) = graph.get_waiting_documents_all(kind)
    assert [each.split(" on ")[0] for each in waiting.awaited] == ["flask 3.0.3"]
    graph.sync_solver_result(solved)
    tell(document)
    assert (count(engine, members), graph.get_waiting_documents_all(kind)) == (1, [])


# --- Answers that are remembered -------------------------------------------------------------------------------------


def test_remembered_answers_are_forgotten(filled: GraphDatabase) -> None:
    asked = ("flask", "3.0.3", PYPI)
    assert filled.get_depends_on(*asked, **DEBIAN) != {}
    assert len(filled.get_python_package_version_records(*asked, **DEBIAN)) == 1
    versions = filled.get_solved_python_package_versions_count_all()
    (document_id,) = filled.get_solver_document_id_all(*asked)
    assert filled.delete_solver_result(document_id) == 1
    assert filled.get_python_package_version_records(*asked, **DEBIAN) == []
    assert filled.python_package_version_exists("flask", "3.0.3", PYPI) is False
    assert filled.get_solved_python_package_versions_count_all() == versions - 1


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_an_environment_is_deleted_as_it_is_spelled_anywhere(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    for number, name in enumerate(("flask==3.0.3", "click==8.1.7")):
        document = document_of(name)
        graph.sync_solver_result(document)
        on_rhel = made(document, suffix="cafe")
        on_rhel["metadata"]["document_id"] = f"solver-rhel-8-py38-26112312000{number}-cafe"
        graph.sync_solver_result(on_rhel)
    assert graph.delete_solved(os_name="ubi", os_version="8.4", python_version="py38") == 2
    environments = graph.get_solved_python_package_versions_software_environment_all()
    assert environments == [DEBIAN], "the solver is known, but nothing that it solved is left"
    assert graph.solved_software_environment_exists("rhel", "8", "3.8") is False
    assert rows_of(engine, "SELECT DISTINCT os_name FROM python_package_version") == [("debian",)]
    assert graph.delete_solved(os_name="ubi", os_version="8.4", python_version="py38") == 0


def test_more_documents_than_a_batch_are_deleted(filled: GraphDatabase, engine: Engine) -> None:
    runs = count(engine, "solved")
    assert runs > 50
    assert filled.delete_solved(os_name="debian", os_version="12", python_version="3.11") == runs
    assert [count(engine, table) for table in ("solved", "python_package_version", "depends_on")] == [0, 0, 0]
    assert count(engine, "synced_document") == 0


@pytest.mark.parametrize(
    ("filters", "left"),
    [
        ({"end_datetime": datetime(2026, 11, 22)}, 2),
        ({"end_datetime": "22-11-2026"}, 2),
        ({"end_datetime": "23-11-2026"}, 1),
        ({"end_datetime": datetime(2026, 11, 23, tzinfo=UTC)}, 1),
        ({"end_datetime": datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=14)))}, 1),
        ({"adviser_version": "0"}, 2),
        ({"end_datetime": datetime(2027, 1, 1), "adviser_version": "0"}, 2),
        ({"end_datetime": datetime(2027, 1, 1)}, 0),
    ],
)
def test_runs_of_the_adviser_from_before_a_moment_are_deleted(
    graph: GraphDatabase, engine: Engine, filters: dict[str, Any], left: int
) -> None:
    for day in (22, 24):
        graph.sync_adviser_result(adviser(document_id=f"adviser-2611{day}113528-{day}", day=day))
    assert graph.delete_adviser_run(**filters) == 2 - left
    assert count(engine, "adviser_run") == count(engine, "synced_document") == left


def test_image_analyses_of_a_version_are_deleted_with_what_they_found(graph: GraphDatabase, engine: Engine) -> None:
    other = as_id(real_analysis(), "package-extract-261122113528-cafe")
    other["metadata"]["analyzer_version"] = "9.9.9"
    for document in (real_analysis(), other):
        graph.sync_analysis_result(document)
    found = count(engine, "found_deb")
    assert graph.delete_package_extract_run(package_extract_version="9.9.9") == 1
    assert count(engine, "found_deb") == found // 2 > 0
    assert graph.delete_package_extract_run(end_datetime=datetime(2030, 1, 1)) == 1
    assert count(engine, "found_deb") == count(engine, "identified") == 0


# --- What Kebechet was told, and what is to be repeated --------------------------------------------------------------


def test_a_run_is_to_be_repeated_again_when_its_repetition_is_deleted(graph: GraphDatabase) -> None:
    graph.sync_adviser_result(adviser(unresolved=["nobody"], source_type="KEBECHET"))
    graph.sync_adviser_result(adviser(document_id=f"{ADVISER}-2", day=23, re_run_adviser_id=ADVISER))
    assert graph.get_unsolved_python_packages_all_per_adviser_run("KEBECHET") == {}
    assert graph.delete_adviser_result(f"{ADVISER}-2") == 1
    assert graph.get_unsolved_python_packages_all_per_adviser_run("KEBECHET") == {ADVISER: ["nobody"]}


# --- Wrong arguments, and what it takes ------------------------------------------------------------------------------

WRONG: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda g: g.delete_adviser_run(), FilterMissingError, "at least one of end_datetime, adviser_version"),
    (lambda g: g.delete_adviser_run(), ValueError, "all would be deleted"),
    (lambda g: g.delete_package_extract_run(), FilterMissingError, "end_datetime, package_extract_version"),
    (lambda g: g.delete_solved(os_name=None, os_version=None, python_version=None), FilterMissingError, "os_name"),
    (lambda g: g.purge_solver_documents(), FilterMissingError, "os_name, os_version, python_version"),
    (lambda g: g.purge_adviser_documents(dry_run=True), FilterMissingError, "adviser_version"),
    (lambda g: g.purge_package_extract_documents(), FilterMissingError, "package_extract_version"),
    (lambda g: g.purge_solver_documents(os_name="x", dry_run="no"), TypeError, "dry_run must be True or False"),
    (lambda g: g.delete_adviser_run(end_datetime="2026-11-22"), ValueError, "end_datetime must be a day such as"),
    (lambda g: g.delete_adviser_run(end_datetime=5), TypeError, "end_datetime must be a datetime or a day"),
    (lambda g: g.delete_adviser_run(adviser_version=5), TypeError, "adviser_version must be a text, not 5"),
    (lambda g: g.delete_solved(os_name=5, os_version="", python_version=""), TypeError, "os_name must be a text"),
    (lambda g: g.delete_solver_result(None), TypeError, "solver_document_id must be a text, not None"),
    (lambda g: g.delete_adviser_result("a\0"), ValueError, "adviser_document_id must be a text that a database"),
    (lambda g: g.delete_analysis_result(5), TypeError, "analysis_document_id must be a text, not 5"),
]


@pytest.mark.parametrize(("delete", "error", "message"), WRONG)
def test_a_wrong_filter_is_named(delete: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        delete(GraphDatabase())


def test_deleting_takes_as_many_statements_whatever_the_document_says(
    graph: GraphDatabase, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    numbers = set()
    for requirement in ("flask==3.0.3", "six==1.16.0"):
        document = document_of(requirement)
        graph.sync_solver_result(document)
        numbers.add(count_statements(graph, lambda: graph.delete_solver_result(id_of(document))))  # noqa: B023
    assert len(numbers) == 1 and max(numbers) <= 14
