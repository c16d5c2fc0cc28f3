"""Kinds of documents: which one an id is of, what each listing gives, all of them in one sync."""

from __future__ import annotations

import inspect
import json
import logging
from pathlib import Path
from typing import Any, get_overloads

import pytest
from sqlalchemy import Engine
from support.analyses import real_analysis
from support.documents import Document, DocumentOf, id_of
from support.tables import rows_of

from thoth.storages import sync
from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.together import Told
from thoth.storages.sync import (
    ANALYSIS,
    HANDLERS_MAPPING,
    INSPECTION,
    KINDS,
    SOLVER,
    DocumentKind,
    Outcome,
    iterate_sync,
    iterate_sync_documents,
    kind_of,
    sync_analysis_documents,
    sync_documents,
    sync_inspection_documents,
)

ToldKinds = list[tuple[DocumentKindEnum, list[Document]]]

NOTHING = (0, 0, 0, 0)
STAMP = "261122110655-72f10e8a80c6ea02"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> ToldKinds:
    """What the graph is told from now on, by kind; it writes nothing."""
    batches: ToldKinds = []

    def note(_: GraphDatabase, kind: DocumentKindEnum, told: list[Told], **__: Any) -> list[bool]:
        batches.append((kind, [one.document for one in told]))
        return [True] * len(told)

    monkeypatch.setattr(GraphDatabase, "sync_results", note)
    return batches


def a_document_of(kind: DocumentKind) -> tuple[str, Document]:
    """(id, a document that says little more)."""
    if kind is INSPECTION:
        body = {"document_id": f"inspection-{STAMP}", "result_number": 3, "specification": {"a": 1}, "result": {"b": 2}}
        return f"inspection-{STAMP}/results/3", body
    document_id = f"{kind.prefixes[0]}-{STAMP}"
    return document_id, {"metadata": {"document_id": document_id}, "result": {}}


def store_as(kind: DocumentKind, document: Document) -> None:
    """Put the objects of a document where its store has them; nothing is checked."""
    store = kind.store()
    store.connect()
    if kind is INSPECTION:
        folder = document["document_id"]
        store.ceph.store_document(document["specification"], f"{folder}/build/specification")
        store.ceph.store_document(document["result"], f"{folder}/results/{document['result_number']}/result")
        store.ceph.store_blob(b"what it wrote", f"{folder}/results/{document['result_number']}/log")
    else:
        store.ceph.store_document(document, store._object_key(id_of(document)))


# --- By its id -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document_id", "key"),
    [
        ("solver-rhel-8-py38-210315171503-3d1bb1f9", "solver"),
        ("solver-fedora-31-py37-8ad7", "solver"),
        ("revsolver-210315171503-3d1bb1f9", "revsolver"),
        ("adviser-210315171503-3d1bb1f9", "adviser"),
        ("package-extract-210315171503-3d1bb1f9", "package"),
        ("package-analyzer-8ad7", "package-analyzer"),
        ("provenance-checker-210315171503-3d1bb1f9", "provenance"),
        ("provenance-8ad7", "provenance"),
        ("dependency-monkey-210315171503-3d1bb1f9", "dependency"),
        ("security-indicators-210315171503-3d1bb1f9", "security"),
        ("inspection-tf-conv-1d-210315171503-3d1bb1f9/results/0", "inspection"),
    ],
)
def test_an_id_is_of_the_kind_of_its_longest_prefix(document_id: str, key: str) -> None:
    kind = kind_of(document_id)
    assert kind is not None
    assert kind.key == key


@pytest.mark.parametrize("document_id", ["", "solver", "solverx-1", "package-1", "Solver-1", "-solver-1", "x/solver-1"])
def test_an_id_that_starts_with_no_prefix_is_of_no_kind(document_id: str) -> None:
    assert kind_of(document_id) is None


def test_every_kind_of_the_ledger_has_one_kind_one_key_and_one_function() -> None:
    assert {kind.kind for kind in KINDS} == set(DocumentKindEnum)
    assert len(KINDS) == len(DocumentKindEnum)
    assert list(HANDLERS_MAPPING) == [kind.key for kind in KINDS]
    assert len(set(HANDLERS_MAPPING.values())) == len(KINDS)
    published = {"adviser", "dependency", "inspection", "package", "provenance", "solver", "revsolver", "security"}
    assert published < set(HANDLERS_MAPPING)
    prefixes = [prefix for kind in KINDS for prefix in kind.prefixes]
    assert len(prefixes) == len(set(prefixes))


def test_what_others_speak_of_is_synced_before_them() -> None:
    keys = list(HANDLERS_MAPPING)
    assert keys[0] == "solver"
    assert keys.index("dependency") < keys.index("inspection")
    assert keys.index("solver") < min(keys.index("revsolver"), keys.index("security"), keys.index("adviser"))


@pytest.mark.parametrize("key", HANDLERS_MAPPING)
def test_each_kind_is_synced_by_a_function_that_takes_what_callers_give(key: str) -> None:
    function = HANDLERS_MAPPING[key]
    parameters = inspect.signature(next(iter(get_overloads(function)), function)).parameters
    assert {name: one.default for name, one in parameters.items()} == {
        "document_ids": None,
        "force": False,
        "graceful": False,
        "graph": None,
        "is_local": False,
    }
    assert list(inspect.signature(sync_documents).parameters)[:5] == list(parameters)


# --- By its store ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_each_function_tells_what_its_store_lists_and_nothing_else_that_lies_there(
    kind: DocumentKind, settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds
) -> None:
    document_id, document = a_document_of(kind)
    store_as(kind, document)
    store = kind.store()
    store.connect()
    for foreign in (f"{document_id}.request", "README.md", "index.html", "a folder/of another/thing", "lost+found/"):
        store.ceph.store_blob(b"no document", foreign)
    outcomes = list(iterate_sync(kind, graph=graph))
    assert outcomes == [(kind.kind, document_id, Outcome.SYNCED, None)]
    assert told == [(kind.kind, [document])]
    assert HANDLERS_MAPPING[kind.key](graph=graph) == (1, 1, 0, 0)
    assert HANDLERS_MAPPING[kind.key]([document_id], graph=graph) == (1, 1, 0, 0)
    assert HANDLERS_MAPPING[kind.key]([], graph=graph) == NOTHING
    assert len(told) == 3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_each_function_reads_files(kind: DocumentKind, tmp_path: Path, graph: GraphDatabase, told: ToldKinds) -> None:
    document = a_document_of(kind)[1]
    path = tmp_path / f"{kind.prefixes[0]}-{STAMP}.json"
    path.write_text(json.dumps(document))
    assert HANDLERS_MAPPING[kind.key]([str(path)], graph=graph, is_local=True) == (1, 1, 0, 0)
    assert told == [(kind.kind, [document])]
    with pytest.raises(ValueError, match="paths"):
        HANDLERS_MAPPING[kind.key](graph=graph, is_local=True)


def test_the_id_of_an_inspection_means_all_of_its_results(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds
) -> None:
    for number in (0, 2, 10):
        store_as(INSPECTION, {**a_document_of(INSPECTION)[1], "result_number": number})
    store_as(INSPECTION, {**a_document_of(INSPECTION)[1], "document_id": f"inspection-{STAMP}-2"})
    inspection_id = f"inspection-{STAMP}"
    assert sync_inspection_documents([inspection_id, f"{inspection_id}-2/results/3"], graph=graph) == (4, 4, 0, 0)
    ((_, documents),) = told
    assert [(one["document_id"], one["result_number"]) for one in documents] == [
        (inspection_id, 0),
        (inspection_id, 2),
        (inspection_id, 10),
        (f"{inspection_id}-2", 3),
    ]
    with pytest.raises(NotFoundError, match="inspection-none"):
        sync_inspection_documents(["inspection-none"], graph=graph)


def test_image_analyses_are_synced_from_their_store_and_known_afterwards(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, engine: Engine
) -> None:
    document = real_analysis()
    store_as(ANALYSIS, document)
    assert sync_analysis_documents(graph=graph) == (1, 1, 0, 0)
    assert sync_analysis_documents(graph=graph) == (1, 0, 1, 0)
    ledger = rows_of(engine, "SELECT document_id, kind::text, etag IS NOT NULL FROM synced_document")
    assert ledger == [(id_of(document), "ANALYSIS", True)]


# --- All of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, (), [], iter(())])
def test_no_ids_mean_all_documents_of_all_stores_in_the_order_of_kinds(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds, nothing: Any
) -> None:
    for kind in KINDS:
        store_as(kind, a_document_of(kind)[1])
    assert sync_documents(nothing, graph=graph) == {kind.key: (1, 1, 0, 0) for kind in KINDS}
    assert [kind for kind, _ in told] == [kind.kind for kind in KINDS]


def test_given_documents_are_told_by_kind(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds, document_of: DocumentOf
) -> None:
    documents = [real_analysis(), document_of("flask==3.0.3"), document_of("six==1.16.0")]
    for kind, document in zip((ANALYSIS, SOLVER, SOLVER), documents, strict=True):
        store_as(kind, document)
    counts = sync_documents(iter(map(id_of, documents)), graph=graph)
    assert counts == {kind.key: {SOLVER: (2, 2, 0, 0), ANALYSIS: (1, 1, 0, 0)}.get(kind, NOTHING) for kind in KINDS}
    assert told == [(SOLVER.kind, documents[1:]), (ANALYSIS.kind, documents[:1])]


def test_files_are_told_by_their_own_names_whatever_their_folders_are_called(
    tmp_path: Path, graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    folder = tmp_path / "adviser-results" / "package-x"
    folder.mkdir(parents=True)
    documents = [real_analysis(), document_of("flask==3.0.3")]
    paths = [folder / f"{id_of(document)}{suffix}" for document, suffix in zip(documents, (".json", ""), strict=True)]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document))
    counts = sync_documents(list(map(str, paths)), graph=graph, is_local=True)
    assert {key: count for key, count in counts.items() if count != NOTHING} == {
        "solver": (1, 1, 0, 0),
        "package": (1, 1, 0, 0),
    }
    ledger = {tuple(row) for row in rows_of(engine, "SELECT document_id, kind::text FROM synced_document")}
    assert ledger == {(id_of(documents[0]), "ANALYSIS"), (id_of(documents[1]), "SOLVER")}


def test_files_need_their_paths(graph: GraphDatabase) -> None:
    with pytest.raises(ValueError, match="paths"):
        sync_documents((), graph=graph, is_local=True)


def test_an_id_of_no_kind_is_refused_before_anything_is_synced(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds
) -> None:
    known = a_document_of(SOLVER)
    store_as(*(SOLVER, known[1]))
    with pytest.raises(ValueError, match="buildlog-1234: expected the id of a document to start with one of solver-"):
        iterate_sync_documents([known[0], "buildlog-1234"], graph=graph)
    assert told == []


def test_gracefully_an_id_of_no_kind_is_logged_and_counted_as_failed(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, told: ToldKinds, caplog: pytest.LogCaptureFixture
) -> None:
    known = a_document_of(SOLVER)
    store_as(SOLVER, known[1])
    with caplog.at_level(logging.ERROR, "thoth.storages.sync"):
        counts = sync_documents([known[0], "buildlog-1234", ""], graph=graph, graceful=True)
    assert (counts["solver"], counts["unknown"]) == ((1, 1, 0, 0), (2, 0, 0, 2))
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "buildlog-1234" in caplog.text
    (unknown,) = iterate_sync_documents(["buildlog-1234"], graph=graph, graceful=True)
    assert unknown[:3] == (None, "buildlog-1234", Outcome.FAILED)
    assert isinstance(unknown.error, ValueError)


def test_a_text_is_no_list_of_ids(graph: GraphDatabase) -> None:
    with pytest.raises(TypeError, match="solver-1"):
        sync_documents("solver-1", graph=graph)
    with pytest.raises(TypeError, match="solver-1"):
        sync.sync_solver_documents("solver-1", graph=graph)


def test_one_graph_of_its_own_serves_all_kinds_and_is_disconnected(
    settings: pytest.MonkeyPatch, database: Any, engine: Engine, document_of: DocumentOf
) -> None:
    for kind, document in ((SOLVER, document_of("six==1.16.0")), (ANALYSIS, real_analysis())):
        store_as(kind, document)
    connected = []
    connect = GraphDatabase.connect
    settings.setattr(GraphDatabase, "connect", lambda self: (connected.append(self), connect(self)))
    counts = sync_documents()
    assert (counts["solver"], counts["package"]) == ((1, 1, 0, 0), (1, 1, 0, 0))
    assert [graph.is_connected() for graph in connected] == [False]
