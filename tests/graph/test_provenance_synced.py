"""Runs of the provenance checker into tables."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import ORIGIN, PROVENANCE, finding, project, provenance, provenance_of_2019
from support.digests import wrong_digests
from support.documents import MIRROR, PYPI, Document, DocumentOf, Place, path_text, put, remove
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.tables import CountStatements, count, difference, dump, empty, rows_of, sequences

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.provenance import parse
from thoth.storages.graph.writers.provenance import write

STATEMENTS = 18
"""What a document costs when all of it is new."""

AGAIN = 15
"""What it costs to write it again."""

RUN = """
    SELECT provenance_checker_document_id, datetime, provenance_checker_name, provenance_checker_version, origin, debug,
           provenance_checker_error, duration FROM provenance_checker_run ORDER BY 1"""
REQUIRED = """
    SELECT q.name, version_range, develop, x.url FROM provenance_checker_run
    JOIN external_python_software_stack s ON s.id = user_software_stack_id
    JOIN has_external_python_requirement h ON h.external_python_requirements_id = s.external_python_requirements_id
    JOIN python_package_requirement q ON q.id = python_package_requirement_id
    LEFT JOIN python_package_index x ON x.id = q.python_package_index_id ORDER BY 1"""
ENTITIES = """
    SELECT package_name, package_version, url FROM python_package_version_entity e
    LEFT JOIN python_package_index x ON x.id = python_package_index_id ORDER BY 1, 2, 3"""
BOTH = pytest.mark.parametrize("make", [provenance, provenance_of_2019], ids=["2023", "2019"])


# --- What is written -------------------------------------------------------------------------------------------------


@BOTH
def test_a_run_says_what_the_document_says(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    document = make(finding("Some_Package", "==1.0.0-RC1"), finding("other", "==1", kind="INVALID-ARTIFACT-HASH"))
    before = copy.deepcopy(document)
    graph.sync_provenance_checker_result(document)
    assert document == before
    made = datetime(2026, 11, 22, 11, 35, 28, 361777, tzinfo=UTC)
    duration = document["metadata"].get("duration")
    assert rows_of(engine, RUN) == [(PROVENANCE, made, "thoth-adviser", "1.2.3", ORIGIN, True, False, duration)]
    assert rows_of(engine, REQUIRED) == [("click", "*", False, PYPI), ("flask", "*", False, PYPI)]
    assert rows_of(engine, ENTITIES) == [
        ("click", "7.0", PYPI),
        ("flask", "1.1.2", PYPI),
        ("some-package", "1.0.0rc1", PYPI),
    ]
    assert count(engine, "has_external_python_requirement_lock") == 2
    ledger = "SELECT document_id, kind, created_at, to_sync_again, remarks FROM synced_document"
    assert rows_of(engine, ledger) == [(PROVENANCE, "PROVENANCE_CHECKER", made, False, [])]
    assert graph.provenance_checker_document_id_exist(PROVENANCE)
    assert wrong_digests(engine) == []


@pytest.mark.parametrize(
    ("version", "url", "stored"),
    [
        ("==1.0", PYPI, ("1.0", PYPI)),
        (" === 1.0 ", PYPI, ("1.0", PYPI)),
        ("1.0", MIRROR + "/", ("1.0", MIRROR)),
        ("=1.0", PYPI, None),
        (">=1.0", PYPI, None),
        ("==1.*", PYPI, None),
        ("*", PYPI, None),
        ("1.0", None, ("1.0", None)),
        ("x" * 300, PYPI, None),
    ],
)
def test_a_missing_package_is_known_from_then_on_in_its_version(
    graph: GraphDatabase, engine: Engine, version: str, url: str | None, stored: tuple[Any, ...] | None
) -> None:
    graph.sync_provenance_checker_result(provenance(finding("six", version, url=url)))
    assert [row[1:] for row in rows_of(engine, ENTITIES) if row[0] == "six"] == [stored] * (stored is not None)
    assert [bool(remarks) for (remarks,) in rows_of(engine, "SELECT remarks FROM synced_document")] == [stored is None]


@BOTH
def test_a_check_that_failed_may_say_hardly_anything(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    for number, report in enumerate(({}, None, [], {"ERROR": "Traceback"})):
        document = make(document_id=f"provenance-checker-{number}")
        document["metadata"]["arguments"] = {"thoth-adviser": {}}
        document["result"] = {"error": True, "report": report}
        graph.sync_provenance_checker_result(document)
    assert {row[4:7] for row in rows_of(engine, RUN)} == {(None, False, True)}
    assert rows_of(engine, "SELECT user_software_stack_id FROM provenance_checker_run") == [(None,)] * 4


@BOTH
def test_a_users_stack_may_lack_its_lock(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    users = project(["flask"])
    graph.sync_provenance_checker_result(make(users=users))
    graph.sync_provenance_checker_result(make(users=users, document_id="provenance-checker-other"))
    assert (count(engine, "external_python_software_stack"), count(engine, "provenance_checker_run")) == (1, 2)
    assert count(engine, "external_python_requirements_lock") == 0


# --- Again -----------------------------------------------------------------------------------------------------------


def large(number: int) -> Document:
    """A check of so many packages, all of which are missing."""
    names = [f"package-{number}-{n}" for n in range(number)]
    findings = [finding(name, f"=={number}.{n}") for n, name in enumerate(names)]
    users = project(names, [f"{name}==1.{number}" for name in names])
    return provenance(*findings, document_id=f"provenance-checker-{number}", users=users)


def test_the_number_of_statements_does_not_depend_on_the_size(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    sync = graph.sync_provenance_checker_result
    few, many = large(1), large(2000)
    sync(provenance())  # so that the index is known to both
    new = {count_statements(graph, lambda told=document: sync(told)) for document in (few, many)}
    again = {count_statements(graph, lambda told=document: sync(told, force=True)) for document in (few, many)}
    assert (len(new), len(again)) == (1, 1)
    assert (new.pop(), again.pop()) == (STATEMENTS, AGAIN)
    assert count(engine, "python_package_version_entity") == 2 * 2001 + 2


@BOTH
def test_telling_it_twice_changes_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, make: Any
) -> None:
    document = make(finding("six", "==1"))
    graph.sync_provenance_checker_result(document)
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_provenance_checker_result(document)) <= 2
    assert difference(dump(engine, with_ids=True), before) == {}
    graph.sync_provenance_checker_result(document, force=True)
    assert difference(dump(engine, with_ids=True), before).keys() <= {"synced_document"}
    assert sequences(engine) == numbers


def test_a_content_that_changed_corrects_the_run(graph: GraphDatabase, engine: Engine) -> None:
    changed = provenance(day=24, users=project(["numpy"]))
    changed["result"]["error"] = True
    for document in (provenance(finding("six", "==1")), changed):
        graph.sync_provenance_checker_result(document)
    assert rows_of(engine, REQUIRED) == [("numpy", "*", False, PYPI)]
    corrected = dump(engine)["provenance_checker_run"]
    empty(engine)
    graph.sync_provenance_checker_result(changed)
    assert dump(engine)["provenance_checker_run"] == corrected


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    told = [
        provenance(finding("six", "==1"), document_id="provenance-checker-1"),
        provenance(finding("click", "==7.0"), document_id="provenance-checker-2", users=project(["six"], ["six==1"])),
        provenance_of_2019(document_id="provenance-checker-3", day=3),
    ]
    dumps = []
    for order in itertools.permutations(told):
        for document in order:
            graph.sync_provenance_checker_result(document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 6


def test_caches_learn_of_packages_that_became_known(graph: GraphDatabase, engine: Engine) -> None:
    document = provenance(finding("six", "==1"))
    changes = "SELECT package_name, xid FROM package_change ORDER BY 1"
    graph.sync_provenance_checker_result(document)
    first = rows_of(engine, changes)
    assert [name for name, _ in first] == ["click", "flask", "six"]
    graph.sync_provenance_checker_result(document, force=True)
    assert rows_of(engine, changes) == first


def test_an_etag_is_kept(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_provenance_checker_result(provenance(), etag="0123")
    assert rows_of(engine, "SELECT etag FROM synced_document") == [("0123",)]


# --- What is no such document ----------------------------------------------------------------------------------------


@BOTH
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, make: Any
) -> None:
    users = {
        "requirements": {"packages": {"flask": {"version": ">=1", "index": PYPI}}},
        "requirements_locked": {"default": {"flask": {"version": "==1.1.2", "index": PYPI}}},
    }
    document = make(finding("six", "==1"), users=users)
    before = dump(engine)
    rows, refused = accepted_and_refused(parse, document)
    assert len(refused) > 25 and len(rows) > 50
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_provenance_checker_result(others[0])
    assert difference(dump(engine), before) == {}


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("result", "report", 0, "package_name"), "a b!", "the name of a package, not a text"),
        (("result", "report", 0, "package_version"), 1, "a text, not a number"),
        (("result", "report", 0, "source"), PYPI, "an object, not a text"),
        (("result", "report", 0, "id"), 5, "a text, not a number"),
        (("result", "report"), {}, "a list, not an object"),
        (("result", "error"), None, "a value, but the key is missing"),
    ],
    ids=lambda value: path_text(value) if isinstance(value, tuple) else None,
)
@BOTH
def test_what_is_wrong_is_named_with_its_place(make: Any, place: Place, value: Any, expected: str) -> None:
    document = make(finding("six", "==1"))
    put(document, place, value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    error = raised.value
    assert (error.document_id, error.path, error.expected) == (PROVENANCE, path_text(place), expected)


@pytest.mark.parametrize("place", [("result", "report"), ("result", "error"), ("metadata", "arguments")], ids=path_text)
@BOTH
def test_what_the_format_requires_is_required(make: Any, place: Place) -> None:
    document = make()
    remove(document, place)
    with pytest.raises(SchemaError):
        parse(document)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match="expected a value, but the key is missing"):
        graph.sync_provenance_checker_result(document_of("flask==3.0.3"))
