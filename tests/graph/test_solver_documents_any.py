"""The parser of solver documents: whatever a document holds, it is parsed or refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC
from functools import cache
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.documents import (
    CORE_METADATA,
    EDGE,
    TREE,
    Document,
    Place,
    id_of,
    in_the_format_of_2019,
    put,
    real_documents,
)

from thoth.storages.exceptions import SchemaError, ThothStorageExceptionError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse


@cache
def _small_documents() -> tuple[Document, ...]:
    """Real documents without the parts that nobody reads."""
    small = []
    for name in ("75b4f9f731100804", "d8ac0ef369f4d289", "7dc7628e82909bd6", "c605b799ef7ac8f0", "df174ccc2e01e552"):
        (document,) = (one for one in real_documents() if id_of(one).endswith(name))
        document["result"]["environment"] = {}
        document["result"]["environment_packages"] = []
        for item in document["result"]["tree"]:
            item["importlib_metadata"]["files"] = []
            item["dependencies"] = item["dependencies"][:5]
        small.append(document)
    return (*small, in_the_format_of_2019(small[0]))


def _places(value: Any, path: Place = ()) -> Iterator[Place]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*path, key))


_NASTY_TEXTS = st.sampled_from(
    [
        "",
        " ",
        ",",
        "/",
        "*",
        "==",
        "==1.*",
        "\x00",
        "\ud800",
        "x" * 257,
        "x" * 3000,
        "ž" * 200,
        "1" * 256,
        "9" * 5000,
        "1!0.dev0+a.1",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "solver-debian-12-py311-\x00",
        "solver-\ud800-12-py311",
    ]
)
_ANY_TEXT = _NASTY_TEXTS | st.text(st.characters(exclude_categories=()), max_size=20)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, 2**70, -1, float("nan"), float("inf")])
    | st.floats()
    | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _mutated(draw: st.DrawFn) -> Document:
    document = copy.deepcopy(draw(st.sampled_from(_small_documents())))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        read = [path for path in places if path[0] == "metadata" and len(path) == 2] + [
            path for path in places if path[:2] == ("result", "tree") and "files" not in path
        ]
        # Half of the changes are where somebody reads.
        path = draw(st.sampled_from(read or places) | st.sampled_from(places))
        put(document, path, draw(_NASTY_TEXTS | _JSON))
    return document


def _with(path: Place, value: Any) -> Document:
    document = copy.deepcopy(_small_documents()[0])
    put(document, path, value)
    return document


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=_mutated())
def test_whatever_a_document_holds_it_is_parsed_or_refused(document: Document) -> None:
    try:
        rows = parse(document)
    except SchemaError as error:
        assert error.path
        assert error.expected
        return
    assert rows.document.created_at.tzinfo is UTC
    names = [text for package in rows.packages for text in (package.package_name, package.package_version)]
    names += [
        text
        for package in rows.packages
        if package.facts
        for each in package.facts.dependencies
        for text in (each.package_name, each.package_version)
    ]
    for name in names:
        assert name
        assert "\x00" not in name
        assert len(name.encode()) <= 300  # normalising may add a few bytes to the 256


@settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=_mutated())
@example(document=_with((*CORE_METADATA, "Classifier"), [" ", "\t"]))
@example(document=_with((*CORE_METADATA, "Description"), "x" * 1_000_000))
@example(document=_with((*EDGE, "specifier"), "x" * 100_000))
@example(document=_with((*EDGE, "package_name"), "a" * 256))
@example(
    document=_with((*EDGE, "resolved_versions"), [{"versions": ["9" * 256, "1." * 127 + "1", "1+" + "a1." * 84 + "a"]}])
)
@example(document=_with(("metadata", "datetime"), "0001-01-01"))
@example(document=_with((*TREE, "index_url"), "h" * 2048))
@example(document=_with((*TREE, "package_name"), "İ" * 128))
def test_what_is_parsed_can_be_stored(graph: GraphDatabase, document: Document) -> None:
    try:
        rows = parse(document)
    except ThothStorageExceptionError:
        return
    graph.sync_solver_result(document, force=True)
    assert graph.solver_document_id_exists(rows.document.document_id)
