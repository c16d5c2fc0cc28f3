"""The parser of solver documents: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import CORE_METADATA, EDGE, TREE, DocumentOf, Place, path_text, put, remove
from support.tables import count

from thoth.storages.exceptions import NoDocumentIdError, NotFoundError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse

FLASK_ID = "solver-debian-12-py311-261122110726-75b4f9f731100804"

TEXTS: list[Place] = [
    ("metadata", "datetime"),
    ("metadata", "analyzer_version"),
    (*TREE, "package_name"),
    (*TREE, "index_url"),
    (*EDGE, "package_name"),
]
LISTS: list[Place] = [
    ("result", "tree"),
    (*TREE, "sha256"),
    (*TREE, "dependencies"),
    (*EDGE, "resolved_versions"),
    (*EDGE, "resolved_versions", 0, "versions"),
]
OBJECTS: list[Place] = [("result",)]
OPTIONAL_TEXTS: list[Place] = [
    ("result", "platform"),
    (*TREE, "package_version_requested"),
    (*TREE, "package_license", "license_version"),
    (*TREE, "package_license", "license", "full_name"),
    (*CORE_METADATA, "Description"),
    (*EDGE, "specifier"),
    (*EDGE, "marker"),
]
OPTIONAL_FLAGS: list[Place] = [(*EDGE, "marker_evaluation_result"), (*TREE, "package_license", "warning")]
OPTIONAL_LISTS: list[Place] = [
    (*TREE, "packages"),
    ("result", "errors"),
    ("result", "unresolved"),
    ("result", "unparsed"),
    (*CORE_METADATA, "Classifier"),
    (*CORE_METADATA, "Project-URL"),
    (*EDGE, "extra"),
    (*EDGE, "extras"),
]
ITEMS: list[Place] = [
    (*TREE, "sha256", 0),
    (*TREE, "packages", 0),
    (*EDGE, "resolved_versions", 0, "versions", 0),
    (*CORE_METADATA, "Classifier", 0),
]


def _wrong_values() -> Iterator[Any]:
    kinds: tuple[tuple[list[Place], str, tuple[Any, ...]], ...] = (
        (TEXTS + OPTIONAL_TEXTS + ITEMS, "a text", (5, 1.5, True, {"a": 1})),
        ([path for path in TEXTS if path[-1] != "datetime"], "a text", (["x"],)),
        (LISTS + OPTIONAL_LISTS, "a list", (5, False, {"a": 1})),
        (LISTS, "a list", ("x",)),
        (OBJECTS, "an object", (5, False, "x", ["x"])),
        ([(*TREE,), (*EDGE,), (*EDGE, "resolved_versions", 0)], "an object", (5, None, "x", ["x"])),
        (OPTIONAL_FLAGS, "true or false", (0, "true", [], {})),
        ([("metadata", "duration")], "a whole number", (-1, 1.5, True, "1", [])),
    )
    for paths, expected, values in kinds:
        for path in paths:
            for value in values:
                yield pytest.param(path, value, expected, id=f"{path_text(path)}={json.dumps(value)}")


@pytest.mark.parametrize(("path", "value", "expected"), [*_wrong_values()])
def test_a_value_of_the_wrong_type_is_named_with_its_place(
    document_of: DocumentOf, path: Place, value: Any, expected: str
) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    error = raised.value
    assert error.document_id == FLASK_ID
    # A key that may hold a text or a list is refused where its first item would stand, too.
    assert error.path == path_text(path)
    assert error.expected.startswith(expected)
    assert str(error) == f"document {FLASK_ID}: at {path_text(path)}: expected {error.expected}"


@pytest.mark.parametrize("how", ["missing", "null"])
@pytest.mark.parametrize("path", TEXTS + LISTS + OBJECTS, ids=path_text)
def test_a_key_that_must_be_there_is_named_where_it_is_not(document_of: DocumentOf, path: Place, how: str) -> None:
    document = document_of("flask==3.0.3")
    if how == "missing":
        remove(document, path)
    else:
        put(document, path, None)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert (raised.value.document_id, raised.value.path) == (FLASK_ID, path_text(path))
    assert "missing" in raised.value.expected


@pytest.mark.parametrize(
    ("requirement", "paths", "named"),
    [
        ("flask==3.0.3", [(*TREE, "package_version"), (*TREE, "package_version_requested")], "package_version"),
        ("futures===3.3.0", [("result", "errors", 0, "package_name")], "package_name"),
        ("futures===3.3.0", [("result", "errors", 0, "package_version")], "package_version"),
        ("markupsafe==2.0.1", [("result", "unresolved", 0, "package_name")], "package_name"),
        ("markupsafe==2.0.1", [("result", "unresolved", 0, "version_spec")], "version_spec"),
        ("ipython doctest plugin==0.1", [("result", "unparsed", 0, "requirement")], "requirement"),
    ],
)
def test_an_entry_that_does_not_say_what_it_is_about_is_refused(
    document_of: DocumentOf, requirement: str, paths: list[Place], named: str
) -> None:
    document = document_of(requirement)
    for path in paths:
        remove(document, path)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert raised.value.path == path_text((*paths[0][:-1], named))


@pytest.mark.parametrize("path", [("metadata",), ("metadata", "document_id")], ids=path_text)
@pytest.mark.parametrize("value", [None, 5, "", [], {}])
def test_a_document_without_an_id_is_refused(document_of: DocumentOf, path: Place, value: Any) -> None:
    document = document_of("flask==3.0.3")  # its host is localhost, which names no pod
    put(document, path, value)
    with pytest.raises(NoDocumentIdError, match="<without an id>: at metadata.document_id: expected an id"):
        parse(document)


@pytest.mark.parametrize("value", [None, [], "x", 5, True, 1.5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match=r"<without an id>: at the top: expected a solver document: a JSON object"):
        parse(value)


@pytest.mark.parametrize("value", [{}, {"metadata": {}}, {"result": {}}, {"metadata": []}])
def test_an_object_that_names_no_document_is_refused(value: Any) -> None:
    with pytest.raises(NoDocumentIdError):
        parse(value)


@pytest.mark.parametrize(
    "document_id",
    [
        "adviser-261122110726-75b4",
        "solver-debian-py311-1-a",
        "solver",
        "solver-debian-12-311-x",
        "Solver-debian-12-py311",
    ],
)
def test_an_id_that_names_no_solver_is_refused(document_of: DocumentOf, document_id: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["document_id"] = document_id
    with pytest.raises(SchemaError, match="at metadata.document_id: expected an id of the form solver-") as raised:
        parse(document)
    assert raised.value.document_id == document_id


@pytest.mark.parametrize("platform", ["linux-aarch64", "LINUX_X86_64", ""])
def test_an_unknown_platform_is_refused_as_not_found_too(document_of: DocumentOf, platform: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["platform"] = platform
    with pytest.raises(NotFoundError) as raised:
        parse(document)
    assert isinstance(raised.value, SchemaError)
    assert (raised.value.document_id, raised.value.path) == (FLASK_ID, "result.platform")
    assert raised.value.expected == "one of linux-x86_64"


@pytest.mark.parametrize(
    "moment", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_that_is_none_is_refused(document_of: DocumentOf, moment: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["datetime"] = moment
    with pytest.raises(SchemaError, match="at metadata.datetime: expected a time in ISO 8601"):
        parse(document)


def test_a_time_with_a_zone_is_the_same_moment_in_utc(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["datetime"] = "2026-11-22T13:07:32+02:00"
    assert parse(document).made_at == datetime(2026, 11, 22, 11, 7, 32, tzinfo=UTC)
    assert parse(document).made_at.tzinfo is UTC


def test_nothing_of_a_refused_document_is_stored(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    refused = 0
    for path in TEXTS + LISTS + OBJECTS + [("metadata",)]:
        document = document_of("flask==3.0.3")
        remove(document, path)
        with pytest.raises(SchemaError):
            graph.sync_solver_result(document)
        refused += 1
    for other in (None, [], "x", 5, {}):
        with pytest.raises(SchemaError):
            graph.sync_solver_result(other)  # type: ignore[arg-type]
    assert refused == 12
    for table in ("synced_document", "python_package_version_entity", "python_package_index", "package_change"):
        assert count(engine, table) == 0
