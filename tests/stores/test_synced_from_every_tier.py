"""From objects to tables, whichever server the objects are in; tests/test_sync*.py have the details."""

from __future__ import annotations

import pytest
from support.documents import Document, id_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SyncCounts, sync_solver_documents


def test_documents_are_synced_once_and_again_where_they_changed(
    settings: pytest.MonkeyPatch, graph: GraphDatabase, documents: list[Document]
) -> None:
    store = SolverResultsStore()
    store.connect()
    for document in documents:
        store.store_document(document)
    number = len(documents)
    assert sync_solver_documents(graph=graph) == SyncCounts(number, number, skipped=0, failed=0)
    assert all(graph.solver_document_id_exists(id_of(document)) for document in documents)
    assert sync_solver_documents(graph=graph) == SyncCounts(number, 0, skipped=number, failed=0)

    documents[0]["metadata"]["duration"] = 1
    store.store_document(documents[0])
    assert sync_solver_documents(graph=graph) == SyncCounts(number, 1, skipped=number - 1, failed=0)
