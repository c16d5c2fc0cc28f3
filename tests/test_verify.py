"""Whether graph and stores agree: every way in which they may not, for every kind, while others sync."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.documents import Document, id_of, made, real_documents, remove
from support.kinds import KINDS as CONTENTS
from support.stores import CASES
from support.tables import CountStatements, dump, run

from thoth.storages.ceph import ListedObject
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.ledger import LedgerEntry
from thoth.storages.graph.queries import verification
from thoth.storages.graph.queries.verification import LedgerRecord
from thoth.storages.provenance import ProvenanceResultsStore
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import (
    INSPECTION,
    KINDS,
    PROVENANCE_CHECKER,
    SECURITY_INDICATORS,
    SOLVER,
    Agreement,
    DocumentKind,
    VerifyStep,
    sync_documents,
    sync_solver_documents,
    verify_documents,
)
from thoth.storages.sync.side_by_side import SideBySide
from thoth.storages.sync.stored import check_document, put_document


@pytest.fixture
def some() -> list[Document]:
    """Six sound documents, in the order of their ids."""
    return sorted(real_documents()[:6], key=id_of)


@pytest.fixture
def store(settings: pytest.MonkeyPatch, some: list[Document]) -> SolverResultsStore:
    """The store that the settings name, with these documents."""
    connected = SolverResultsStore()
    connected.connect()
    for document in some:
        connected.store_document(document)
    return connected


def found(
    graph: GraphDatabase, kind: DocumentKind = SOLVER, *, content: bool = False
) -> dict[str, tuple[Agreement, str | None]]:
    """{id: what comparing it led to, and why} of those that do not agree; all come in the order of their ids."""
    verified = list(verify_documents(kind, graph, content=content))
    ids = [one.document_id for one in verified]
    assert ids == sorted(set(ids))
    assert {one.kind for one in verified} <= {kind.kind}
    return {one.document_id: (one.agreement, one.reason) for one in verified if one.agreement is not Agreement.AGREES}


def test_after_a_sync_the_two_agree(store: SolverResultsStore, graph: GraphDatabase, some: list[Document]) -> None:
    assert found(graph) == {id_of(document): (Agreement.NOT_IN_GRAPH, None) for document in some}
    sync_solver_documents(graph=graph)
    for content in (False, True):
        assert found(graph, content=content) == {}
        assert len(list(verify_documents(SOLVER, graph, content=content))) == 6


def test_every_way_to_differ_is_told_apart(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    remove(some[0], ("metadata", "analyzer_version"))
    store.ceph.store_document(some[0], id_of(some[0]))
    sync_solver_documents(graph=graph, graceful=True)
    store.ceph.delete(id_of(some[1]))
    some[2]["result"]["tree"] = []
    store.ceph.store_document(some[2], id_of(some[2]))
    run(engine, "UPDATE synced_document SET to_sync_again = TRUE WHERE document_id = :id", id=id_of(some[3]))
    run(engine, "UPDATE synced_document SET etag = NULL WHERE document_id = :id", id=id_of(some[4]))
    new = made(some[5], suffix="0000")
    store.store_document(new)
    store.store_request(id_of(new), {"asked": "for"})
    assert found(graph) == {
        id_of(some[0]): (
            Agreement.QUARANTINED,
            "at metadata.analyzer_version: expected a value, but the key is missing",
        ),
        id_of(some[1]): (Agreement.NOT_IN_STORAGE, None),
        id_of(some[2]): (Agreement.CHANGED, None),
        id_of(some[3]): (Agreement.WAITING, None),
        id_of(some[4]): (Agreement.UNSURE, None),
        id_of(new): (Agreement.NOT_IN_GRAPH, None),
    }
    differences = {agreement for agreement in Agreement if agreement.is_difference}
    assert differences == {
        Agreement.NOT_IN_GRAPH,
        Agreement.NOT_IN_STORAGE,
        Agreement.CHANGED,
        Agreement.UNREADABLE,
    }


def test_contents_find_what_was_damaged_and_what_is_the_same_under_another_etag(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph)
    run(engine, "UPDATE synced_document SET etag = NULL WHERE document_id = :id", id=id_of(some[0]))
    blob = store.ceph.retrieve_blob(id_of(some[1]))
    store.ceph.store_blob(blob + b"\n", id_of(some[1]))
    store.ceph.store_blob(blob[:1000], id_of(some[2]))
    etag = next(one.etag for one in store.iterate_listing() if one.document_id == id_of(some[2]))
    run(engine, "UPDATE synced_document SET etag = :etag WHERE document_id = :id", id=id_of(some[2]), etag=etag)
    run(
        engine, "UPDATE synced_document SET content_sha256 = :x WHERE document_id = :id", id=id_of(some[3]), x=b"x" * 32
    )
    run(
        engine, "UPDATE synced_document SET content_sha256 = NULL, etag = NULL WHERE document_id = :i", i=id_of(some[4])
    )
    assert {name: agreement for name, (agreement, _) in found(graph).items()} == {
        id_of(some[0]): Agreement.UNSURE,
        id_of(some[1]): Agreement.CHANGED,
        id_of(some[4]): Agreement.UNSURE,
    }
    with_content = found(graph, content=True)
    assert {name: agreement for name, (agreement, _) in with_content.items()} == {
        id_of(some[2]): Agreement.UNREADABLE,
        id_of(some[3]): Agreement.CHANGED,
        id_of(some[4]): Agreement.UNSURE,
    }
    reason = with_content[id_of(some[2])][1]
    assert reason is not None and reason.endswith("expected a JSON object")


def test_a_document_that_was_refused_and_was_mended_since_is_new_again(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document]
) -> None:
    other = copy.deepcopy(some[0])
    remove(other, ("metadata", "analyzer_version"))
    store.ceph.store_document(other, id_of(other))
    sync_solver_documents(graph=graph, graceful=True)
    assert found(graph)[id_of(other)][0] is Agreement.QUARANTINED
    store.store_document(some[0])
    assert found(graph) == {id_of(other): (Agreement.NOT_IN_GRAPH, None)}


def test_a_known_document_that_was_replaced_by_a_broken_one_is_in_quarantine_and_not_read(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph)
    store.ceph.store_blob(b"{no more", id_of(some[0]))
    assert found(graph) == {id_of(some[0]): (Agreement.CHANGED, None)}
    assert sync_solver_documents(graph=graph, graceful=True).failed == 1
    for content in (False, True):
        assert found(graph, content=content)[id_of(some[0])][0] is Agreement.QUARANTINED


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_sync_and_verify_agree_on_what_is_a_document_of_every_kind(
    kind: DocumentKind, settings: pytest.MonkeyPatch, graph: GraphDatabase
) -> None:
    contents = CONTENTS[kind.kind]
    contents.prepare(graph)
    store = kind.store()
    store.connect()
    for document in contents.last():
        put_document(store, check_document(kind, document), force=True)  # one inspection has two specifications
    listed = [one.document_id for one in store.iterate_listing()]
    assert len(listed) == len(contents.last())
    known = {one.document_id for one in graph.iterate_synced_documents(kind.kind)}
    assert {name for name, (agreement, _) in found(graph, kind).items() if agreement is Agreement.NOT_IN_GRAPH} == (
        set(listed) - known
    )
    sync_documents(graph=graph)
    allowed = (Agreement.WAITING, Agreement.NOT_IN_STORAGE)  # what is not solved yet, what was told before
    for content in (False, True):
        assert [one for one in found(graph, kind, content=content).values() if one[0] not in allowed] == []


def test_folders_come_in_one_order_whatever_the_server_thinks(
    settings: pytest.MonkeyPatch, graph: GraphDatabase
) -> None:
    ids = ["inspection-a", "inspection-a-1", "inspection-a.b", "inspection-B"]
    case = next(case for case in CASES if case.store is INSPECTION.store)
    store = INSPECTION.store()
    store.connect()
    expected = []
    for inspection_id in ids:
        for number in (2, 10):
            expected.append(f"{inspection_id}/results/{number}")
            store.store_document(case.write(expected[-1]))
    assert list(found(graph, INSPECTION)) == sorted(expected)
    indicators = SECURITY_INDICATORS.store()
    indicators.connect()
    for name in ("security-indicators-a", "security-indicators-a-1"):
        indicators.ceph.store_document({}, f"{name}/aggregated")
        indicators.ceph.store_document({}, f"{name}/bandit")
    assert list(found(graph, SECURITY_INDICATORS)) == ["security-indicators-a", "security-indicators-a-1"]


def test_a_document_below_the_prefix_of_2019_is_in_storage(settings: pytest.MonkeyPatch, graph: GraphDatabase) -> None:
    store = ProvenanceResultsStore()
    store.connect()
    document = CONTENTS[PROVENANCE_CHECKER.kind].last()[0]
    store._former.ceph.store_document(document, id_of(document))
    assert sync_documents(graph=graph)["provenance"].synced == 1
    assert found(graph, PROVENANCE_CHECKER, content=True) == {}
    store._former.ceph.delete(id_of(document))
    assert found(graph, PROVENANCE_CHECKER) == {id_of(document): (Agreement.NOT_IN_STORAGE, None)}


def test_what_is_synced_meanwhile_agrees(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_solver_documents(graph=graph)
    listing = SolverResultsStore.iterate_listing

    def changed_behind_the_listing(self: SolverResultsStore) -> Iterator[object]:
        yield from list(listing(self))
        monkeypatch.setattr(SolverResultsStore, "iterate_listing", listing)
        some[0]["result"]["tree"] = []
        self.store_document(some[0])
        self.store_document(made(some[1], suffix="0000"))
        assert sync_solver_documents(graph=graph).synced == 2

    monkeypatch.setattr(SolverResultsStore, "iterate_listing", changed_behind_the_listing)
    assert found(graph) == {}


def test_what_is_synced_while_contents_are_compared_agrees(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_solver_documents(graph=graph)
    monkeypatch.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "0")
    retrieve = SolverResultsStore.retrieve_document

    def changed_before(self: SolverResultsStore, document_id: str) -> Document:
        monkeypatch.setattr(SolverResultsStore, "retrieve_document", retrieve)
        some[0]["result"]["tree"] = []
        self.store_document(some[0])
        sync_solver_documents(graph=graph)
        return retrieve(self, document_id)

    monkeypatch.setattr(SolverResultsStore, "retrieve_document", changed_before)
    assert found(graph, content=True) == {}


def test_what_is_deleted_while_contents_are_compared_is_gone(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_solver_documents(graph=graph)
    monkeypatch.setenv("THOTH_STORAGES_SYNC_FETCH_AHEAD", "0")
    retrieve = SolverResultsStore.retrieve_document

    def deleted_before(self: SolverResultsStore, document_id: str) -> Document:
        self.ceph.delete(id_of(some[5]))
        return retrieve(self, document_id)

    monkeypatch.setattr(SolverResultsStore, "retrieve_document", deleted_before)
    assert found(graph, content=True) == {id_of(some[5]): (Agreement.NOT_IN_STORAGE, None)}


def test_nothing_is_changed_in_either(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph)
    store.ceph.store_blob(b"{no more", id_of(some[0]))
    before = dump(engine, with_ids=True), list(store.iterate_listing())
    assert len(found(graph)) == len(found(graph, content=True)) == 1
    assert (dump(engine, with_ids=True), list(store.iterate_listing())) == before


def test_statements_depend_on_pages_and_not_on_documents(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document], count_statements: CountStatements
) -> None:
    sync_solver_documents(graph=graph)
    assert count_statements(graph, lambda: found(graph)) == 2, "the clock, a page of the ledger"
    for document in some:
        document["result"]["tree"] = []
        store.store_document(document)
    assert count_statements(graph, lambda: found(graph)) == 3, "and whether they are in quarantine"
    for document in some[:2]:
        store.ceph.store_blob(b"{", id_of(document))
    sync_solver_documents(graph=graph, graceful=True)
    assert count_statements(graph, lambda: found(graph)) == 4, "and why"


def test_the_ledger_comes_in_pages_each_document_once(filled: GraphDatabase, count_statements: CountStatements) -> None:
    everything = [one.document_id for one in filled.iterate_synced_documents(SOLVER.kind)]
    assert len(everything) == len(set(everything)) == 53
    for size, pages in ((1, 54), (10, 6), (52, 2), (53, 2), (54, 1)):
        ids: list[str] = []
        ledger = filled.iterate_synced_documents(SOLVER.kind, page_size=size)
        assert (
            count_statements(filled, lambda ledger=ledger, ids=ids: ids.extend(x.document_id for x in ledger)) == pages
        )
        assert ids == everything
    assert list(filled.iterate_synced_documents(INSPECTION.kind)) == []
    with pytest.raises(ValueError, match="at least one row"):
        filled.iterate_synced_documents(SOLVER.kind, page_size=0)


def test_a_page_is_read_by_an_index(filled: GraphDatabase, engine: Engine) -> None:
    run(
        engine,
        """INSERT INTO synced_document (document_id, kind, created_at)
           SELECT 'solver-' || md5(n::text), 'SOLVER', now() FROM generate_series(1, 20000) AS n""",
    )
    run(engine, "ANALYZE synced_document")
    statement = verification._ledger_page()
    with filled._connected_engine().connect() as connection:
        compiled = statement.compile(connection.engine, compile_kwargs={"literal_binds": False})
        parameters = {**compiled.params, "kind": "SOLVER", "after": "solver-8", "count": 100}
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {compiled}", parameters))
    assert "Index Scan using synced_document_pkey" in plan and "Sort" not in plan, plan


def test_progress_is_told_step_by_step(store: SolverResultsStore, graph: GraphDatabase, some: list[Document]) -> None:
    sync_solver_documents([id_of(document) for document in some[:4]], graph=graph)
    told: list[tuple[VerifyStep, int, int | None]] = []
    for _ in verify_documents(SOLVER, graph, progress=lambda *step: told.append(step)):
        pass
    comparing = [(VerifyStep.COMPARING, number, 6) for number in range(1, 7)]
    assert told == [(VerifyStep.LISTING, 6, None), (VerifyStep.READING_THE_LEDGER, 4, None), *comparing]


def test_more_documents_than_fit_into_memory_come_sorted_and_the_file_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    now = datetime(2026, 11, 22, 11, 6, 55, 123456, tzinfo=UTC)
    ids = [f"{number * 7919 % 100_000:05}-ü-{'x' * 200}" for number in range(100_000)]
    both = SideBySide()
    so_far: list[int] = []
    assert both.put_listed((ListedObject(one, "etag", now, 5) for one in ids[:60_000]), so_far.append) == 60_000
    assert so_far[:2] == [1000, 2000] and so_far[-1] == 60_000
    entry = LedgerEntry(b"\0" * 32, None, True)
    assert both.put_known((LedgerRecord(one, entry, now) for one in ids[40_000:]), so_far.append) == 60_000
    assert both.count() == 100_000
    rows = [one for page in both.pages() for one in page]
    assert [one.document_id for one in rows] == sorted(ids)
    assert sum(one.etag is None for one in rows) == sum(one.entry is None for one in rows) == 40_000
    full = next(one for one in rows if one.etag is not None and one.entry is not None)
    assert full[1:] == ("etag", 5, now, entry, now)
    both.close()


def test_a_full_disk_says_that_a_temporary_file_was_needed(
    store: SolverResultsStore, graph: GraphDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = SideBySide.__init__

    def small(self: SideBySide) -> None:
        opened(self)
        self._database.execute("PRAGMA max_page_count = 2")

    monkeypatch.setattr(SideBySide, "__init__", small)
    with pytest.raises(OSError, match=r"a temporary file is needed \(TMPDIR says where\).* is full"):
        sync_solver_documents(graph=graph)
        for number in range(2):
            for document in real_documents():
                store.ceph.store_document({}, f"{id_of(document)}{number}")
        list(verify_documents(SOLVER, graph))


def test_an_iterator_that_is_left_alone_ends_its_threads(
    store: SolverResultsStore, graph: GraphDatabase, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph)
    verified = verify_documents(SOLVER, graph, content=True)
    next(verified)
    verified.close()  # type: ignore[attr-defined]
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("thoth-fetch")] == []
