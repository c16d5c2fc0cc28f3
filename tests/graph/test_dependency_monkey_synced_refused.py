"""The parser of Dependency Monkey's documents: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import PYPI, Document, DocumentOf, Place, put
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.inspection_documents import failed_monkey, monkey, monkey_of_2019
from support.tables import difference, dump

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.dependency_monkey import parse
from thoth.storages.graph.writers.dependency_monkey import write

PARAMETERS: Place = ("result", "parameters")
PROJECT: Place = (*PARAMETERS, "project")
INSTEAD = {
    # Without its report, or its error, a run has to have said what it did.
    PROJECT: "result.parameters.requirements",
    ("result", "output"): "result.report",
    ("result", "report"): "result",
    ("result", "error"): "result",
    ("result", "report", "ERROR"): "result",
    # With it the number of results is bounded.
    (*PARAMETERS, "count"): "result.parameters.count",
}


def small(document: Document) -> Document:
    """The document with two facts of its hardware alone, and an index that is named by its URL."""
    stack = document["result"]["parameters"].get("project", document["result"]["parameters"])
    hardware = stack["runtime_environment"]["hardware"]
    stack["runtime_environment"]["hardware"] = {key: hardware[key] for key in ("cpu_model_name", "ram_size")}
    stack["requirements"]["packages"]["Flask"]["index"] = PYPI
    return document


@pytest.mark.parametrize(
    "document", [small(monkey("a")), small(failed_monkey()), small(monkey_of_2019("a"))], ids=["2023", "failed", "2019"]
)
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, document: Document
) -> None:
    before = dump(engine)
    rows, refused = accepted_and_refused(parse, document, instead=INSTEAD)
    assert len(refused) > 20 and rows
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_dependency_monkey_result(others[0])
    assert difference(dump(engine), before) == {}


@pytest.mark.parametrize(
    ("document", "more"),
    [
        (small(monkey("a")), [(*PROJECT, "requirements"), ("result", "report", "responses", 0, "response")]),
        (small(monkey_of_2019("a")), [(*PARAMETERS, "requirements")]),
    ],
    ids=["2023", "2019"],
)
def test_what_the_format_requires_is_required(document: Document, more: list[Place]) -> None:
    _, refused = accepted_and_refused(parse, document, instead=INSTEAD)
    head = ("analyzer", "analyzer_version", "datetime", "arguments")
    required = {*(("metadata", key) for key in head), PARAMETERS, *more}
    assert required <= {place for place, others in refused.items() if len(others) > 5}


@pytest.mark.parametrize("key", ["seed", "limit_latest_versions", "count"])
@pytest.mark.parametrize("value", [1.5, float("nan"), float("inf"), "7", True, 2**63, -(2**63) - 1, 10**400, []])
def test_a_number_that_is_none_is_refused(key: str, value: Any) -> None:
    document = monkey("a")
    put(document, (*PARAMETERS, key), value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert raised.value.path == f"result.parameters.{key}"


@pytest.mark.parametrize("response", ["", " ", "a/b", "a\x00", None, 5, ["a"]])
def test_what_is_no_id_of_an_inspection_is_refused(response: Any) -> None:
    for document, path in (
        (monkey(response), "result.report.responses[0].response"),
        (monkey_of_2019(response), "result.output[0]"),
    ):
        with pytest.raises(SchemaError) as raised:
            parse(document)
        assert raised.value.path == path


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected a document of Dependency Monkey: a JSON object"):
        parse(value)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match=r"at result\.parameters: expected a value, but the key is missing"):
        graph.sync_dependency_monkey_result(document_of("flask==3.0.3"))
