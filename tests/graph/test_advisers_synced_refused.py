"""Adviser documents: what is none is refused, and nothing of it is stored."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import ADVISER, adviser, adviser_of_2019, product, project
from support.documents import PYPI, Document, DocumentOf, Place, path_text, put, remove
from support.every_place import accepted_and_refused, check_that_rows_are_storable
from support.tables import count, difference, dump

from thoth.storages.exceptions import NoDocumentIdError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.adviser import parse
from thoth.storages.graph.writers.adviser import write

ARGUMENTS: Place = ("metadata", "arguments", "thoth-adviser")
ASKED: Place = (*ARGUMENTS, "metadata")
PARAMETERS: Place = ("result", "parameters")
PRODUCT: Place = ("result", "report", "products", 0)
ITEM: Place = ("result", "report", 0)


def small(make: Any) -> Document:
    """A document with less of everything, and indexes that are named by their URLs."""
    told = project(["flask"], ["flask==3.0.3"])
    told["requirements"] = {"packages": {"flask": {"version": ">=1", "index": PYPI}}}
    told["requirements_locked"] = {"default": {"flask": {"version": "==1.1.2", "index": PYPI}}}
    advised = {**product(1, [], [], performance=2), "project": copy.deepcopy(told)}
    document: Document = make(
        advised,
        users=told,
        unresolved=["other"],
        is_s2i=False,
        re_run_adviser_id="adviser-first",
        source_type="KEBECHET",
    )
    result = document["result"]
    stated = result["parameters"]["project"] if make is adviser else result["parameters"]
    stated["runtime_environment"]["hardware"] = {"cpu_model_name": "Intel", "ram_size": 64}
    document["metadata"] = {
        key: document["metadata"][key]
        for key in ("analyzer", "analyzer_version", "arguments", "datetime", "document_id", "duration", "hostname")
        if key in document["metadata"]
    }
    return document


SMALL = [pytest.param(make, id=name) for make, name in ((adviser, "2023"), (adviser_of_2019, "2019"))]


@pytest.mark.parametrize("make", SMALL)
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, make: Any
) -> None:
    before = dump(engine)
    rows, refused = accepted_and_refused(parse, small(make))
    assert len(refused) > 35 and len(rows) > 100
    check_that_rows_are_storable(engine, write, rows)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_adviser_result(others[0])
    assert difference(dump(engine), before) == {}


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ((*PARAMETERS, "recommendation_type"), "fastest", "one of stable, testing, latest, performance, security"),
        ((*PARAMETERS, "recommendation_type"), 5, "a text, not a number"),
        ((*PARAMETERS, "requirements_format"), "poetry", "one of pipenv"),
        ((*ASKED, "source_type"), "mail", "one of cli, kebechet, s2i, github_app, jupyter_notebook"),
        ((*ASKED, "is_s2i"), "yes", "true or false, not a text"),
        ((*ASKED, "origin"), "a\x00", "a text without NUL characters"),
        ((*ASKED, "origin"), "x" * 5000, "at most 4096 bytes, not 5000"),
        ((*ASKED, "re_run_adviser_id"), ADVISER, "the id of another document, not its own"),
        ((*ARGUMENTS, "verbose"), 1, "true or false, not a number"),
        ((*PARAMETERS, "limit_latest_versions"), "all", "a whole number from -2^63 to 2^63 - 1, not a text"),
        ((*PARAMETERS, "limit"), 2**63, "a whole number from -2^63 to 2^63 - 1, not a number"),
        (("result", "error"), "failed", "true or false, not a text"),
        (("metadata", "duration"), -1, "a whole number that is not negative and less than 2^63, not a number"),
    ],
    ids=lambda value: path_text(value) if isinstance(value, tuple) else str(value)[:20],
)
@pytest.mark.parametrize("make", SMALL)
def test_what_is_wrong_is_named_with_its_place(make: Any, place: Place, value: Any, expected: str) -> None:
    document = make()
    put(document, place, value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    error = raised.value
    assert (error.document_id, error.path, error.expected) == (ADVISER, path_text(place), expected)


@pytest.mark.parametrize("score", ["7", True, float("nan"), float("inf"), 10**400, [], {}], ids=lambda v: repr(v)[:9])
@pytest.mark.parametrize(
    ("make", "place"),
    [
        (adviser, (*PRODUCT, "score")),
        (adviser, (*PRODUCT, "justification", 0, "performance_score")),
        (adviser_of_2019, (*ITEM, 2)),
        (adviser_of_2019, (*ITEM, 0, 0, "performance_score")),
    ],
    ids=lambda value: path_text(value) if isinstance(value, tuple) else None,
)
def test_a_score_is_a_finite_number(make: Any, place: Place, score: Any) -> None:
    document = make(product(1, ["flask"], []))
    put(document, place, score)
    with pytest.raises(SchemaError, match="expected a score: a finite number, not") as raised:
        parse(document)
    assert raised.value.path == path_text(place)


def test_of_several_performance_scores_the_first_one_counts() -> None:
    document = adviser(product(1, ["flask"], [], performance=2))
    reasons = document["result"]["report"]["products"][0]["justification"]
    reasons += [{"performance_score": None}, {"performance_score": 3}]
    assert [each.performance_score for each in parse(document).advised] == [2.0]
    reasons[-1]["performance_score"] = "wrong"
    with pytest.raises(SchemaError):
        parse(document)


@pytest.mark.parametrize(
    "place",
    [
        ("metadata",),
        ("metadata", "analyzer"),
        ("metadata", "analyzer_version"),
        ("metadata", "datetime"),
        ("metadata", "arguments"),
        ARGUMENTS,
        ("result",),
        ("result", "error"),
        PARAMETERS,
        (*PARAMETERS, "recommendation_type"),
        (*PARAMETERS, "requirements_format"),
    ],
    ids=path_text,
)
@pytest.mark.parametrize("make", SMALL)
def test_what_the_format_requires_is_required(graph: GraphDatabase, engine: Engine, make: Any, place: Place) -> None:
    document = make()
    remove(document, place)
    with pytest.raises(SchemaError):
        graph.sync_adviser_result(document)
    assert count(engine, "synced_document") == count(engine, "adviser_run") == 0


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected an adviser document: a JSON object"):
        parse(value)


def test_a_document_without_an_id_is_refused() -> None:
    document = adviser()
    del document["metadata"]["document_id"], document["metadata"]["hostname"]
    with pytest.raises(NoDocumentIdError):
        parse(document)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(SchemaError, match=r"at result\.parameters: expected a value, but the key is missing"):
        graph.sync_adviser_result(document_of("flask==3.0.3"))
