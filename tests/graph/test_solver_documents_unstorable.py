"""The parser of solver documents: what no table can hold is refused, or left out with a remark."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from support.documents import (
    CORE_METADATA,
    EDGE,
    TREE,
    DocumentOf,
    Place,
    dependencies_of,
    dependency,
    edge,
    path_text,
    put,
)

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph.documents.solver import parse

UNSTORABLE_TEXTS: list[Place] = [
    ("metadata", "analyzer_version"),
    (*TREE, "package_name"),
    (*TREE, "package_version_requested"),
    (*TREE, "index_url"),
    (*TREE, "packages", 0),
    (*TREE, "package_license", "license", "full_name"),
    (*CORE_METADATA, "Description"),
    (*CORE_METADATA, "Classifier", 0),
    (*EDGE, "package_name"),
    (*EDGE, "specifier"),
    (*EDGE, "marker"),
    (*EDGE, "extra"),
    (*EDGE, "resolved_versions", 0, "versions", 0),
]


@pytest.mark.parametrize(("bad", "words"), [("a\x00b", "NUL"), ("a\ud800b", "surrogates")], ids=["NUL", "surrogate"])
@pytest.mark.parametrize("path", UNSTORABLE_TEXTS, ids=path_text)
def test_a_text_that_no_database_can_hold_is_refused(
    document_of: DocumentOf, path: Place, bad: str, words: str
) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, bad)
    with pytest.raises(SchemaError, match=words) as raised:
        parse(document)
    assert raised.value.path == path_text(path)


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "x" * 3000], ids=["NUL", "surrogate", "long"])
@pytest.mark.parametrize("where", ["suffix", "system"])
def test_an_id_that_no_database_can_hold_is_refused(document_of: DocumentOf, bad: str, where: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["document_id"] = (
        f"solver-debian-12-py311-{bad}" if where == "suffix" else f"solver-debian{bad}-12-py311-261122110726-75b4"
    )
    with pytest.raises(SchemaError, match=r"metadata\.document_id"):
        parse(document)


def test_texts_in_places_that_nobody_reads_may_be_anything(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = {"a\x00": "\ud800"}
    assert parse(document).document.remarks == ()


def test_a_duration_that_no_column_can_hold_is_refused(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["duration"] = 2**63
    with pytest.raises(SchemaError, match=r"at metadata\.duration"):
        parse(document)


@pytest.mark.parametrize("index_url", ["", "/", "  ", "///"])
def test_a_solved_package_from_no_index_is_refused(document_of: DocumentOf, index_url: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["index_url"] = index_url
    with pytest.raises(SchemaError, match=r"at result\.tree\[0\]\.index_url"):
        parse(document)


@pytest.mark.parametrize("name", ["", "  ", "\t\n"])
@pytest.mark.parametrize(
    "path", [(*TREE, "package_name"), (*EDGE, "package_name"), (*TREE, "packages", 0)], ids=path_text
)
def test_an_empty_name_is_refused(document_of: DocumentOf, path: Place, name: str) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, name)
    with pytest.raises(SchemaError, match="a text that is not empty") as raised:
        parse(document)
    assert raised.value.path == path_text(path)


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "a" * 65, "sha256:" + "a" * 64])
def test_a_digest_that_is_none_is_refused(document_of: DocumentOf, digest: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["sha256"] = [digest]
    with pytest.raises(SchemaError, match=r"at result\.tree\[0\]\.sha256\[0\]: expected a sha256 digest"):
        parse(document)


@pytest.mark.parametrize("url", [",", " , ", "Home,", ",https://a", " ", "https://a"])
def test_a_project_url_of_nothing_is_left_out(document_of: DocumentOf, url: str) -> None:
    document = document_of("flask==3.0.3")
    put(document, (*CORE_METADATA, "Project-URL"), [url])
    facts = parse(document).packages[0].facts
    assert facts is not None and facts.metadata is not None
    expected = {"Home,": ((None, "Home"),), ",https://a": (("https://a", None),), "https://a": (("https://a", None),)}
    assert facts.metadata.project_urls == expected.get(url, ())


LONG = "x" * 257


def test_an_over_long_dependency_is_left_out_with_a_remark_and_the_rest_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [
        edge(LONG, ["1.0"]),
        edge("click", ["8.1.7"]),
        edge("jinja2", ["3.1.4"], extra=[LONG]),
        edge("a" * 256, ["1" * 256]),
    ]
    rows = parse(document)
    assert dependencies_of(rows) == (dependency("click", "8.1.7"), dependency("a" * 256, "1" * 256))
    assert rows.document.remarks == (
        "result.tree[0].dependencies[0].package_name: left out, at most 256 bytes, not 257",
        "result.tree[0].dependencies[2].extra[0]: left out, at most 256 bytes, not 257",
    )


def test_the_limit_of_a_name_counts_bytes_not_characters(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("ž" * 129, ["1.0"])]
    rows = parse(document)
    assert dependencies_of(rows) == ()
    assert rows.document.remarks == (
        "result.tree[0].dependencies[0].package_name: left out, at most 256 bytes, not 258",
    )


@pytest.mark.parametrize("key", ["package_name", "package_version_requested"])
def test_an_over_long_package_is_left_out_with_a_remark_and_the_rest_kept(document_of: DocumentOf, key: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["errors"] = document_of("futures===3.3.0")["result"]["errors"]
    document["result"]["tree"][0][key] = LONG
    rows = parse(document)
    assert [package.package_name for package in rows.packages] == ["futures"]
    assert rows.document.remarks == (f"result.tree[0].{key}: left out, at most 256 bytes, not 257",)


def test_an_over_long_import_is_left_out_with_a_remark_and_its_package_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["packages"] = ["flask", LONG, "flask.json"]
    rows = parse(document)
    (flask,) = rows.packages
    assert flask.facts is not None
    assert flask.facts.import_packages == ("flask", "flask.json")
    assert rows.document.remarks == ("result.tree[0].packages[1]: left out, at most 256 bytes, not 257",)


def test_an_over_long_resolved_version_is_left_out_with_a_remark_and_the_others_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("click", ["8.1.6", LONG, "8.1.7"])]
    rows = parse(document)
    assert dependencies_of(rows) == (dependency("click", "8.1.6"), dependency("click", "8.1.7"))
    (remark,) = rows.document.remarks
    assert remark.startswith("result.tree[0].dependencies[0].resolved_versions[0].versions[1]: left out, at most 256")


@pytest.mark.parametrize("requirement", [f"{LONG}==1.0", f"foo=={LONG}"], ids=["name", "version"])
def test_an_over_long_unparsed_requirement_is_left_out_with_a_remark(document_of: DocumentOf, requirement: str) -> None:
    document = document_of("ipython doctest plugin==0.1")
    document["result"]["unparsed"][0]["requirement"] = requirement
    rows = parse(document)
    assert rows.packages == ()
    assert rows.document.remarks[0].startswith("result.unparsed[0].requirement: left out, at most 256 bytes")


def test_a_document_nested_deeper_than_python_can_follow_is_refused(document_of: DocumentOf) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = nested
    try:
        with pytest.raises(SchemaError):
            parse(document)
    finally:  # freed from the outside in: pytest must neither compare nor print it
        document["result"]["environment"] = None


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", datetime(2026, 1, 1), object()], ids=["set", "bytes", "time", "object"]
)
def test_a_value_that_json_cannot_hold_is_refused(document_of: DocumentOf, value: Any) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = value
    with pytest.raises(SchemaError):
        parse(document)
