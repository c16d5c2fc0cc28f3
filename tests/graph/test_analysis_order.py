"""Image analyses whose content changes, and that arrive in another order than they were made in."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analyses import OWNED, as_id, in_the_format_of_2019, real_analysis, set_image, with_rpms
from support.documents import Document
from support.tables import count, difference, dump, empty, rows_of

from thoth.storages.graph import GraphDatabase


def halved(document: Document) -> Document:
    """The same document, after someone analysed the image anew and found half of it."""
    result = document["result"]
    for key, name in (
        ("python-packages", "package_name"),
        ("python-files", "filepath"),
        ("python-interpreters", "path"),
        ("deb-dependencies", "name"),
        ("rpm-dependencies", "name"),
    ):
        result[key] = sorted(result[key], key=lambda item: item[name])[::2]
    result["system-symbols"] = {library: listed[::2] for library, listed in result["system-symbols"].items()}
    return document


def test_a_content_that_changed_replaces_what_the_run_found(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_analysis_result(halved(with_rpms(real_analysis())))
    alone = dump(engine)
    empty(engine)
    graph.sync_analysis_result(with_rpms(real_analysis()))
    full = dump(engine)
    graph.sync_analysis_result(halved(with_rpms(real_analysis())))
    halves = dump(engine)
    for table in (*OWNED, "package_extract_run", "synced_document"):
        assert halves[table] == alone[table], table
    changed = difference(full, halves)
    assert changed.keys() == {*OWNED, "synced_document"}  # what is shared stays
    graph.sync_analysis_result(with_rpms(real_analysis()))
    assert difference(dump(engine), full) == {}


@pytest.mark.parametrize("lost", OWNED)
def test_a_content_that_finds_nothing_of_a_kind_any_more_removes_it(
    graph: GraphDatabase, engine: Engine, lost: str
) -> None:
    keys = (
        *("python-packages", "python-files", "python-interpreters"),
        *("rpm-dependencies", "deb-dependencies", "system-symbols"),
    )
    key = dict(zip(OWNED, keys, strict=True))[lost]
    document = with_rpms(real_analysis())
    graph.sync_analysis_result(document)
    before = {table: count(engine, table) for table in OWNED}
    del document["result"][key]
    graph.sync_analysis_result(document)
    assert {table: count(engine, table) for table in OWNED} == {**before, lost: 0}


def test_a_run_of_another_document_keeps_what_it_found(graph: GraphDatabase, engine: Engine) -> None:
    other = as_id(with_rpms(real_analysis()), "package-extract-other")
    graph.sync_analysis_result(other)
    alone = dump(engine)
    graph.sync_analysis_result(with_rpms(real_analysis()))
    graph.sync_analysis_result(halved(with_rpms(real_analysis())))
    after = dump(engine)
    for table in OWNED:
        assert alone[table] - after[table] == {}, table


def test_an_analysis_of_another_image_under_the_same_id_moves_the_run(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_analysis_result(real_analysis())
    graph.sync_analysis_result(set_image(real_analysis(), "s2i-py38:v1", external=False))
    statement = """
        SELECT image_tag, external_software_environment_id, environment_name
        FROM package_extract_run JOIN software_environment e ON e.id = software_environment_id"""
    assert rows_of(engine, statement) == [("v1", None, "s2i-py38:v1")]
    assert count(engine, "package_extract_run") == 1


def _contradicting() -> list[Document]:
    """Analyses of one image on different days, that found different things."""
    documents = [with_rpms(real_analysis()), halved(with_rpms(real_analysis())), in_the_format_of_2019(real_analysis())]
    for number, document in enumerate(documents):
        document["metadata"]["datetime"] = f"2026-11-2{number}T00:00:00"
        if number == 1:
            document["metadata"]["document_id"] = "package-extract-second"
    documents[1]["result"]["deb-dependencies"][0]["depends"] = [{"name": "only-here", "version": "= 1"}]
    return documents


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    dumps: list[Any] = []
    for order in itertools.permutations(_contradicting()):
        for document in order:
            graph.sync_analysis_result(document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 6
    assert len(dumps[0]["package_extract_run"]) == 3
