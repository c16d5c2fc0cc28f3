"""Inspections from Amun into the graph and the object store, as jobs of 2019 asked for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from support.amun import AMUN_VERSION, Amun, amun_server, say, say_bytes
from support.inspection_documents import INSPECTION, inspection_of_2019, monkey_of_2019, without_lock
from support.tables import rows_of

from thoth.storages import DependencyMonkeyReportsStore, InspectionResultsStore
from thoth.storages.exceptions import AmunResponseError, AmunUnavailableError, NotFoundError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.sync import sync_documents, sync_inspection_documents

OTHER, RUNNING = "inspection-other-1", "inspection-running-1"
RUNS = "SELECT inspection_document_id, inspection_sync_state, amun_version FROM inspection_run ORDER BY 1"


@pytest.fixture
def amun(monkeypatch: pytest.MonkeyPatch, settings: pytest.MonkeyPatch) -> Iterator[Amun]:
    """An Amun that knows two finished inspections and one that runs, beside object storage."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "1")
    with amun_server() as server:
        for inspection_id in (INSPECTION, OTHER):
            server.know(without_lock(inspection_of_2019(inspection_id=inspection_id)))
        server.know(inspection_of_2019(inspection_id=RUNNING), job="running")
        yield server


def stored() -> list[str]:
    """The inspections in the object store."""
    store = InspectionResultsStore()
    store.connect()
    return sorted(store.get_document_listing())


def in_graph(engine: Engine) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in rows_of(engine, RUNS)]


def test_what_amun_has_finished_comes_into_the_graph_and_the_store(
    amun: Amun, graph: GraphDatabase, engine: Engine
) -> None:
    assert sync_inspection_documents(amun.url, [INSPECTION, RUNNING, INSPECTION], graph=graph) == (2, 1, 1, 0)
    assert in_graph(engine) == [(INSPECTION, "SYNCED", AMUN_VERSION)]
    assert stored() == [INSPECTION]
    assert sync_inspection_documents([INSPECTION], graph=graph, force=True) == (1, 1, 0, 0)
    assert in_graph(engine) == [(INSPECTION, "SYNCED", AMUN_VERSION)]


def test_without_ids_it_is_what_dependency_monkeys_asked_for(amun: Amun, graph: GraphDatabase, engine: Engine) -> None:
    report = monkey_of_2019(INSPECTION, RUNNING, OTHER, INSPECTION)
    graph.sync_dependency_monkey_result(report)
    store = DependencyMonkeyReportsStore()
    store.connect()
    store.store_document(report)
    assert sync_inspection_documents(amun.url, graph=graph) == (3, 2, 1, 0)
    assert [row[:2] for row in in_graph(engine)] == [
        (INSPECTION, "SYNCED"),
        (OTHER, "SYNCED"),
        (RUNNING, "PENDING"),
    ]
    assert sync_inspection_documents(amun.url, document_ids=[], graph=graph) == (0, 0, 0, 0)


def test_what_is_known_everywhere_is_not_asked_for_again_unless_forced(amun: Amun, graph: GraphDatabase) -> None:
    def sync(**more: Any) -> tuple[int, ...]:
        amun.asked.clear()
        return sync_inspection_documents(amun_api_url=amun.url, document_ids=[INSPECTION], graph=graph, **more)

    assert sync(only_graph_sync=True) == (1, 1, 0, 0)
    assert stored() == []
    assert sync(only_graph_sync=True) == (1, 0, 1, 0) and not amun.asked
    assert sync() == (1, 1, 0, 0), "it is not in the store"
    assert sync() == (1, 0, 1, 0) and not amun.asked
    assert sync(force_sync=True) == (1, 1, 0, 0) and amun.asked.total() == 4


def test_the_store_alone_needs_no_database(amun: Amun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GraphDatabase, "connect", lambda _: pytest.fail("it connects"))
    assert sync_inspection_documents(amun.url, [INSPECTION], only_ceph_sync=True) == (1, 1, 0, 0)
    assert stored() == [INSPECTION]
    assert sync_inspection_documents(amun.url, [INSPECTION], only_ceph_sync=True) == (1, 0, 1, 0)


def test_a_graph_of_its_own_is_connected_to_and_disconnected_from(amun: Amun, database: object, engine: Engine) -> None:
    assert sync_inspection_documents(amun.url, [INSPECTION], only_graph_sync=True) == (1, 1, 0, 0)
    assert len(in_graph(engine)) == 1


def test_what_is_at_fault_is_counted_or_raised(
    amun: Amun, graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    refused = inspection_of_2019(inspection_id="inspection-refused")
    refused["job_log"]["stdout"]["name"] = "PiUnheardOf"
    amun.know(refused)
    amun.know(inspection_of_2019(inspection_id="inspection-garbage"))
    faults: dict[str, type[Exception]] = {
        "inspection-unknown": NotFoundError,
        "inspection-garbage": AmunResponseError,
        "inspection-refused": SchemaError,
        "inspection-\x00": NotFoundError,
    }
    for wrong, error in faults.items():
        amun.first("inspection-garbage", "status", *[lambda request: say_bytes(request, b"<html>")] * 2)
        with pytest.raises(error) as raised:
            sync_inspection_documents(amun.url, [wrong], graph=graph)
        assert raised.value.__notes__
    with caplog.at_level(logging.ERROR):
        assert sync_inspection_documents(amun.url, [*faults, OTHER], graceful=True, graph=graph) == (5, 1, 0, 4)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 4
    assert [row[0] for row in in_graph(engine)] == stored() == [OTHER]


def test_an_amun_that_is_gone_ends_even_a_graceful_sync(amun: Amun, graph: GraphDatabase, engine: Engine) -> None:
    amun.first(OTHER, "build/log", lambda request: say(request, {}, 503))
    with pytest.raises(AmunUnavailableError, match=f"{OTHER}/build/log: 503"):
        sync_inspection_documents(amun.url, [INSPECTION, OTHER], graceful=True, graph=graph)
    assert [row[0] for row in in_graph(engine)] == stored() == [INSPECTION]


# --- All kinds at once -----------------------------------------------------------------------------------------------


def test_given_inspections_are_fetched_after_documents_of_other_kinds(
    amun: Amun, graph: GraphDatabase, engine: Engine
) -> None:
    report = monkey_of_2019(INSPECTION, OTHER)
    store = DependencyMonkeyReportsStore()
    store.connect()
    report_id = store.store_document(report)
    counts = sync_documents([INSPECTION, report_id], amun_api_url=amun.url, graph=graph)
    assert (counts["dependency"], counts["inspection"]) == ((1, 1, 0, 0), (1, 1, 0, 0))
    assert [row[:2] for row in in_graph(engine)] == [(INSPECTION, "SYNCED"), (OTHER, "PENDING")]
    only = {"inspection_only_graph_sync": True, "graph": graph, "amun_api_url": amun.url}
    assert sync_documents([OTHER], **only)["inspection"] == (1, 1, 0, 0)
    assert stored() == [INSPECTION]


def test_without_ids_the_stores_are_synced_and_then_what_amun_has(amun: Amun, graph: GraphDatabase) -> None:
    report = monkey_of_2019(INSPECTION, RUNNING)
    store = DependencyMonkeyReportsStore()
    store.connect()
    store.store_document(report)
    counts = sync_documents(amun_api_url=amun.url, inspection_only_ceph_sync=True, graph=graph)
    assert (counts["dependency"], counts["inspection"]) == ((1, 1, 0, 0), (2, 1, 1, 0))
    assert stored() == [INSPECTION]
    counts = sync_documents(amun_api_url=amun.url, graph=graph)
    assert counts["inspection"] == (3, 1, 2, 0), "it is told from the store, and then known in both places"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"inspection_only_graph_sync": True, "inspection_only_ceph_sync": True}, "leave nowhere to sync to"),
        ({"inspection_only_graph_sync": True}, "give its URL as well"),
        ({"amun_api_url": "http://amun", "is_local": True}, "amun_api_url goes neither with local documents nor"),
        ({"amun_api_url": "http://amun", "shard": "1/2"}, "amun_api_url goes neither with local documents nor"),
        ({"amun_api_url": "amun"}, "the URL of Amun's API must be one such as"),
    ],
)
def test_arguments_about_amun_that_mean_nothing_are_refused(named: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sync_documents(**named)


# --- What means nothing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("positional", "named", "error", "message"),
    [
        (("http://amun",), {"only_graph_sync": True, "only_ceph_sync": True}, ValueError, "leave nowhere to sync to"),
        (("inspection-1",), {}, ValueError, "the URL of Amun's API must be one such as"),
        (("http://amun", "inspection-1"), {}, TypeError, "must be a list of ids, not the text 'inspection-1'"),
        (("http://amun", [], True), {}, TypeError, "positional"),
        (([], False, False, None, False, 1), {}, TypeError, "positional"),
        ((), {"amun_api_url": None}, TypeError, "must be the URL of Amun's API, not None"),
        (([],), {"only_graph_sync": True}, TypeError, "only_graph_sync"),
    ],
)
def test_arguments_that_mean_nothing_are_refused_before_anything_is_connected(
    positional: tuple[Any, ...], named: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        sync_inspection_documents(*positional, **named)
