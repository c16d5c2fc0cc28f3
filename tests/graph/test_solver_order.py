"""Solver documents that contradict each other: the newest is right, in whichever order they arrive."""

from __future__ import annotations

import itertools
import random

from sqlalchemy import Engine
from support.documents import DEBIAN, PYPI, Document, DocumentOf, as_error, core, edge, made, tree, variants
from support.tables import (
    Dump,
    count,
    difference,
    edges_of,
    empty,
    imports_of,
    known,
    needs,
    rows_of,
    summary_of,
    synced_in_order,
)

from thoth.storages.graph import GraphDatabase

# --- Newer and older -------------------------------------------------------------------------------------------------


def test_a_newer_document_corrects_an_older_one(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    old = document_of("flask==3.0.3")
    graph.sync_solver_result(old)
    new = made(old, days=1, suffix="cafe")
    tree(new)["dependencies"] = [
        edge("click", ["8.1.7"], specifier=">=8.1.3", marker_evaluation_result=False),
        edge("werkzeug", ["3.0.4"], specifier=">=3.0.1"),
    ]
    tree(new)["packages"] = ["flask", "flask.new"]
    tree(new)["package_license"]["license"]["full_name"] = "BSD"
    tree(new)["package_license"]["warning"] = False
    core(new)["Summary"] = "Newer"
    graph.sync_solver_result(new)
    assert edges_of(engine, "flask", "3.0.3") == [
        ("click", "8.1.7", ">=8.1.3", None, None, None, False),
        ("werkzeug", "3.0.4", ">=3.0.1", None, None, None, True),
    ]
    assert imports_of(engine, "flask") == ["flask", "flask.new"]
    assert summary_of(engine, "flask") == ("Newer", "BSD", False)
    assert count(engine, "solved") == 2
    assert count(engine, "python_package_version") == 1


def test_an_older_document_that_arrives_later_adds_its_run_and_its_digests_alone(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    new = document_of("flask==3.0.3")
    graph.sync_solver_result(new)
    stated = edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")
    old = made(new, days=-1, suffix="cafe")
    tree(old)["dependencies"] = [edge("never", ["1.0"]), edge("click", ["8.1.7"], specifier=">=8.1.3", marker="a")]
    tree(old)["packages"] = ["older"]
    tree(old)["sha256"] = ["e" * 64]
    tree(old)["package_license"]["warning"] = False
    core(old)["Summary"] = "Older"
    graph.sync_solver_result(old)
    assert (edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")) == stated
    assert rows_of(engine, "SELECT document_id FROM solved ORDER BY datetime") == [
        (old["metadata"]["document_id"],),
        (new["metadata"]["document_id"],),
    ]
    assert count(engine, "has_artifact") == 2


def test_of_two_documents_of_one_moment_the_greater_id_is_right(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    both = []
    for suffix in ("aaaa", "bbbb"):
        document = made(document_of("flask==3.0.3"), suffix=suffix)
        tree(document)["dependencies"] = [edge(f"needed-by-{suffix}", ["1.0"])]
        core(document)["Summary"] = suffix
        both.append(document)
    for order in (both, both[::-1]):
        for document in order:
            graph.sync_solver_result(document)
        assert needs(engine, "flask", "3.0.3") == ["needed-by-bbbb*"]
        assert summary_of(engine, "flask")[0] == "bbbb"
        empty(engine)


def test_a_zone_does_not_make_a_document_newer(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    utc = document_of("flask==3.0.3")
    utc["metadata"]["datetime"] = "2026-11-22T11:00:00"
    tree(utc)["dependencies"] = [edge("right", ["1.0"])]
    earlier = made(utc, suffix="cafe")
    earlier["metadata"]["datetime"] = "2026-11-22T12:30:00+02:00"
    tree(earlier)["dependencies"] = [edge("wrong", ["1.0"])]
    for document in (utc, earlier):
        graph.sync_solver_result(document)
    assert needs(engine, "flask", "3.0.3") == ["right*"]


def test_an_error_never_clears_what_a_success_stated(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    success = document_of("flask==3.0.3")
    graph.sync_solver_result(success)
    stated = edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")
    graph.sync_solver_result(as_error(made(success, days=1, suffix="dead")))
    graph.sync_solver_result(as_error(made(success, days=-1, suffix="beef")))
    assert (edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")) == stated
    assert rows_of(engine, "SELECT error FROM solved ORDER BY datetime") == [(True,), (False,), (True,)]


def test_a_success_that_is_older_than_an_error_is_the_truth(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    success = document_of("flask==3.0.3")
    graph.sync_solver_result(as_error(made(success, days=1, suffix="dead")))
    graph.sync_solver_result(success)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert imports_of(engine, "flask") == ["flask", "flask.json"]


def test_the_same_version_in_another_environment_or_from_another_index_is_left_alone(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    here = document_of("flask==3.0.3")
    graph.sync_solver_result(here)
    elsewhere = made(here, days=1)
    elsewhere["metadata"]["document_id"] = "solver-ubi-8.4-py38-261122110726-75b4f9f731100804"
    tree(elsewhere)["dependencies"] = []
    mirrored = made(here, days=2, suffix="cafe")
    tree(mirrored)["index_url"] = "https://mirror.example/simple/"
    tree(mirrored)["dependencies"] = []
    for document in (elsewhere, mirrored):
        graph.sync_solver_result(document)
    statement = """SELECT os_name, os_version, python_version, url, count(d.id) FROM python_package_version v
                   JOIN python_package_index i ON i.id = v.python_package_index_id
                   LEFT JOIN depends_on d ON d.version_id = v.id GROUP BY 1, 2, 3, 4 ORDER BY 1, 4"""
    assert rows_of(engine, statement) == [
        (*DEBIAN.values(), "https://mirror.example/simple", 0),
        (*DEBIAN.values(), PYPI, 8),
        ("rhel", "8", "3.8", PYPI, 0),
    ]


# --- The order of arrival --------------------------------------------------------------------------------------------


def test_what_is_known_does_not_depend_on_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    contradicting = variants(document_of("flask==3.0.3"))
    expected = known(synced_in_order(graph, engine, contradicting))
    assert sum(expected["depends_on"].values()) == 1  # of the newest success with the greatest id
    orders = list(itertools.permutations(contradicting))
    chosen = [contradicting[::-1], *random.Random(1).sample(orders, 12)]
    for order in chosen:
        actual = known(synced_in_order(graph, engine, list(order)))
        ids = [document["metadata"]["document_id"][-4:] for document in order]
        assert difference(actual, expected) == {}, ids


def test_every_table_is_the_same_whatever_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    contradicting = variants(document_of("flask==3.0.3"))
    expected = synced_in_order(graph, engine, contradicting)
    for order in (contradicting[::-1], *random.Random(2).sample(list(itertools.permutations(contradicting)), 4)):
        ids = [document["metadata"]["document_id"][-4:] for document in order]
        assert difference(synced_in_order(graph, engine, list(order)), expected) == {}, ids


def _silent_about(document: Document, subject: str) -> Document:
    """The document a day later, which does not say what a document of 2019's format does not."""
    silent = made(document, days=1, suffix="ffff")
    item = tree(silent)
    if subject in ("metadata", "everything"):
        del item["importlib_metadata"]["metadata"]
    if subject in ("license", "everything"):
        del item["package_license"]["license"], item["package_license"]["license_version"]
    if subject in ("warning", "everything"):
        del item["package_license"]["warning"]
    if subject in ("imports", "everything"):
        del item["packages"]
    return silent


def test_what_a_newer_document_is_silent_about_does_not_depend_on_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    middle = document_of("flask==3.0.3")
    oldest = made(middle, days=-1, suffix="aaaa")
    core(oldest)["Summary"] = "Oldest"
    tree(oldest)["packages"] = ["oldest"]
    tree(oldest)["package_license"] = {"license": {"full_name": "Oldest"}, "license_version": "1", "warning": False}
    contradictions = {}
    for subject in ("metadata", "license", "warning", "imports", "everything"):
        outcomes: dict[str, list[str]] = {}
        for order in itertools.permutations((oldest, middle, _silent_about(middle, subject))):
            for document in order:
                graph.sync_solver_result(document)
            outcome = repr((summary_of(engine, "flask"), imports_of(engine, "flask")))
            ids = " ".join(document["metadata"]["document_id"][-4:] for document in order)
            outcomes.setdefault(outcome, []).append(ids)
            empty(engine)
        if len(outcomes) > 1:
            contradictions[subject] = outcomes
    assert contradictions == {}


def test_all_real_documents_make_the_same_graph_in_any_order(
    graph: GraphDatabase, engine: Engine, documents: list[Document], dump_of_all: Dump
) -> None:
    shuffled = random.Random(1).sample(documents, len(documents))
    assert difference(synced_in_order(graph, engine, shuffled), dump_of_all) == {}
