"""Documents from object storage, or from files, into the graph: what is counted, skipped, forced and forgiven."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from support.documents import Document, DocumentOf, id_of, remove, with_metadata_of_2019
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import (
    DatabaseConnectionError,
    NotFoundError,
    SchemaError,
    SettingMissingError,
)
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SOLVER, Outcome, SyncCounts, iterate_sync, sync_solver_documents

REQUIREMENTS = ("flask==3.0.3", "attrs==22.2.0", "futures===3.3.0", "markupsafe==2.0.1", "six==1.16.0")


@pytest.fixture
def some(document_of: DocumentOf) -> list[Document]:
    """Five documents of different kinds, in the order of their ids."""
    return sorted((document_of(requirement) for requirement in REQUIREMENTS), key=id_of)


@pytest.fixture
def store(settings: pytest.MonkeyPatch, some: list[Document]) -> SolverResultsStore:
    """The store that the settings name, with these five documents."""
    connected = SolverResultsStore()
    connected.connect()
    for document in some:
        connected.store_document(document)
    return connected


@pytest.fixture
def files(tmp_path: Path, some: list[Document]) -> list[str]:
    """The same five documents as files."""
    for document in some:
        (tmp_path / f"{id_of(document)}.json").write_text(json.dumps(document))
    return sorted(str(path) for path in tmp_path.glob("*.json"))


def ledger(engine: Engine) -> list[str]:
    return [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document ORDER BY 1")]


def moments(engine: Engine) -> dict[str, Any]:
    """{document: when it was written}."""
    return {row[0]: row[1] for row in rows_of(engine, "SELECT document_id, synced_at FROM synced_document")}


def connections(engine: Engine) -> int:
    """How many connections there are to this database, without the one that asks."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return int(rows_of(engine, statement)[0][0])


def etags(engine: Engine) -> dict[str, str | None]:
    """{document: ETag} as the ledger has them, in the order of their ids."""
    return {row[0]: row[1] for row in rows_of(engine, "SELECT document_id, etag FROM synced_document ORDER BY 1")}


def listed(store: SolverResultsStore) -> dict[str, str]:
    """{document: ETag} as the store lists them."""
    return {one.document_id: one.etag for one in store.iterate_listing()}


@pytest.fixture
def fetched(settings: pytest.MonkeyPatch) -> list[str]:
    """The ids of the documents that are fetched from now on."""
    ids: list[str] = []
    retrieve = SolverResultsStore.retrieve_document

    def note(self: SolverResultsStore, document_id: str) -> Document:
        ids.append(document_id)
        return retrieve(self, document_id)

    settings.setattr(SolverResultsStore, "retrieve_document", note)
    return ids


def broken(document: Document) -> Document:
    other = copy.deepcopy(document)
    remove(other, ("metadata", "analyzer_version"))
    return other


# --- From object storage ---------------------------------------------------------------------------------------------


def test_every_document_of_the_store_is_synced_once(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    assert sync_solver_documents(graph=graph) == (5, 5, 0, 0)
    assert ledger(engine) == [id_of(document) for document in some]
    before = moments(engine)
    again = sync_solver_documents(graph=graph)
    assert again == SyncCounts(processed=5, synced=0, skipped=5, failed=0)
    assert moments(engine) == before


def test_only_what_is_new_is_synced(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    sync_solver_documents(graph=graph)
    before = moments(engine)
    store.store_document(document_of("toml==0.10.2"))
    assert sync_solver_documents(graph=graph) == (6, 1, 5, 0)
    assert {name: moment for name, moment in moments(engine).items() if name in before} == before


def test_forcing_writes_every_document_again(store: SolverResultsStore, graph: GraphDatabase, engine: Engine) -> None:
    sync_solver_documents(graph=graph)
    before = moments(engine)
    assert sync_solver_documents(force=True, graph=graph) == (5, 5, 0, 0)
    after = moments(engine)
    assert all(after[document_id] > before[document_id] for document_id in before)


def test_looking_for_what_is_known_is_two_statements_however_many_there_are(
    store: SolverResultsStore,
    graph: GraphDatabase,
    document_of: DocumentOf,
    count_statements: CountStatements,
) -> None:
    sync_solver_documents(graph=graph)
    assert count_statements(graph, lambda: sync_solver_documents(graph=graph)) == 2, "the ledger and the quarantine"


def test_named_documents_are_synced_and_no_others(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    wanted = [id_of(some[3]), id_of(some[1])]
    assert sync_solver_documents(wanted, graph=graph) == (2, 2, 0, 0)
    assert ledger(engine) == sorted(wanted)
    assert sync_solver_documents(iter(wanted[:1]), graph=graph) == (1, 0, 1, 0)


def test_no_documents_means_none(store: SolverResultsStore, graph: GraphDatabase, engine: Engine) -> None:
    for nothing in ([], (), iter(())):
        assert sync_solver_documents(nothing, graph=graph) == (0, 0, 0, 0)
    assert ledger(engine) == []


def test_an_empty_store_is_no_error(settings: pytest.MonkeyPatch, graph: GraphDatabase) -> None:
    assert sync_solver_documents(graph=graph) == (0, 0, 0, 0)


def test_requests_are_no_documents(store: SolverResultsStore, graph: GraphDatabase, some: list[Document]) -> None:
    store.store_request(id_of(some[0]), {"anything": 1})
    assert sync_solver_documents(graph=graph) == (5, 5, 0, 0)


def test_a_random_order_syncs_the_same(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch, some: list[Document]
) -> None:
    settings.setenv("THOTH_STORAGES_RANDOMIZE_LISTING", "1")
    assert sync_solver_documents(graph=graph) == (5, 5, 0, 0)
    assert ledger(engine) == [id_of(document) for document in some]


def test_a_document_without_a_usable_package_is_not_synced_for_ever(
    store: SolverResultsStore, graph: GraphDatabase, document_of: DocumentOf
) -> None:
    document = document_of("flask===99.0.0")
    document["result"]["unresolved"][0]["version_spec"] = ">=99"
    store.store_document(document)
    assert sync_solver_documents([id_of(document)], graph=graph) == (1, 1, 0, 0)
    assert sync_solver_documents([id_of(document)], graph=graph) == (1, 0, 1, 0)


def test_a_document_of_2019_is_known_by_the_id_it_was_stored_under(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = with_metadata_of_2019(document_of("six==1.16.0"))
    assert store.store_document(document) == "solver-fedora-31-py37-8ad7"
    assert sync_solver_documents(graph=graph) == (6, 6, 0, 0)
    assert "solver-fedora-31-py37-8ad7" in ledger(engine)
    assert sync_solver_documents(graph=graph) == (6, 0, 6, 0)


# --- What changed in the store ---------------------------------------------------------------------------------------


def test_what_a_listed_document_says_is_kept_with_its_etag(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine
) -> None:
    sync_solver_documents(graph=graph)
    assert etags(engine) == listed(store)


def test_a_document_whose_object_changed_is_synced_again(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], fetched: list[str]
) -> None:
    sync_solver_documents(graph=graph)
    before = moments(engine)
    some[2]["metadata"]["duration"] = 77
    store.store_document(some[2])
    fetched.clear()
    assert sync_solver_documents(graph=graph) == (5, 1, 4, 0)
    assert fetched == [id_of(some[2])]
    assert {name for name, moment in moments(engine).items() if moment != before[name]} == {id_of(some[2])}
    assert rows_of(engine, "SELECT duration FROM solved WHERE document_id = :id", id=id_of(some[2])) == [(77,)]
    assert etags(engine) == listed(store)


def test_the_same_content_in_other_bytes_is_read_once_and_not_written(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], fetched: list[str]
) -> None:
    sync_solver_documents(graph=graph)
    before = moments(engine)
    store.ceph.store_blob(json.dumps(some[3]).encode(), id_of(some[3]))
    fetched.clear()
    assert sync_solver_documents(graph=graph) == (5, 0, 5, 0)
    assert sync_solver_documents(graph=graph) == (5, 0, 5, 0)
    assert fetched == [id_of(some[3])]
    assert moments(engine) == before
    assert etags(engine) == listed(store)


def test_etags_of_documents_that_were_given_are_learnt_together(
    store: SolverResultsStore,
    graph: GraphDatabase,
    engine: Engine,
    some: list[Document],
    files: list[str],
    fetched: list[str],
    count_statements: CountStatements,
) -> None:
    sync_solver_documents([id_of(document) for document in some[:2]], graph=graph)
    sync_solver_documents(files[2:], graph=graph, is_local=True)
    assert set(etags(engine).values()) == {None}
    fetched.clear()
    assert count_statements(graph, lambda: sync_solver_documents(graph=graph)) == 3
    assert len(fetched) == 5
    assert etags(engine) == listed(store)


def test_a_sync_that_is_broken_off_keeps_the_etags_it_learnt(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, settings: pytest.MonkeyPatch, files: list[str]
) -> None:
    settings.setenv("THOTH_STORAGES_SYNC_BATCH", "2")
    sync_solver_documents(files, graph=graph, is_local=True)
    outcomes = iterate_sync(SOLVER, graph=graph)
    assert [next(outcomes).outcome for _ in range(3)] == [Outcome.SKIPPED] * 3
    outcomes.close()  # type: ignore[attr-defined]
    assert [etag is not None for etag in etags(engine).values()] == [True, True, True, True, False]


def test_forcing_fetches_and_keeps_every_etag(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], fetched: list[str]
) -> None:
    sync_solver_documents(graph=graph)
    fetched.clear()
    assert sync_solver_documents([id_of(some[0])], force=True, graph=graph) == (1, 1, 0, 0)
    assert sync_solver_documents(force=True, graph=graph) == (5, 5, 0, 0)
    assert sorted(fetched) == sorted([id_of(some[0]), *map(id_of, some)])
    assert etags(engine) == listed(store)


def test_what_is_to_be_synced_again_is_whatever_its_etag(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    sync_solver_documents(graph=graph)
    run(engine, "UPDATE synced_document SET to_sync_again = true WHERE document_id = :id", id=id_of(some[4]))
    assert sync_solver_documents(graph=graph) == (5, 1, 4, 0)
    assert sync_solver_documents(graph=graph) == (5, 0, 5, 0)
    assert etags(engine) == listed(store)


def test_what_an_older_release_synced_is_known_by_its_id_alone(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, fetched: list[str]
) -> None:
    sync_solver_documents(graph=graph)
    run(engine, "UPDATE synced_document SET content_sha256 = NULL, etag = NULL")
    fetched.clear()
    assert sync_solver_documents(graph=graph) == (5, 0, 5, 0)
    assert fetched == []


def test_other_content_from_a_file_has_no_etag_and_gives_way_to_the_store(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document], tmp_path: Path
) -> None:
    sync_solver_documents(graph=graph)
    path = tmp_path / f"{id_of(some[0])}.json"
    some[0]["metadata"]["duration"] = 77
    path.write_text(json.dumps(some[0]))
    assert sync_solver_documents([str(path)], force=True, graph=graph, is_local=True) == (1, 1, 0, 0)
    assert etags(engine)[id_of(some[0])] is None
    assert sync_solver_documents(graph=graph) == (5, 1, 4, 0)
    assert etags(engine) == listed(store)


def test_an_etag_is_not_kept_for_a_document_that_lies_under_another_id(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    store.ceph.store_blob(json.dumps(some[0]).encode(), f"{id_of(some[0])}-copy")
    for _ in range(2):
        sync_solver_documents(graph=graph)
        assert etags(engine) == {name: etag for name, etag in listed(store).items() if not name.endswith("-copy")}


def test_telling_a_known_document_with_another_etag_keeps_that(
    graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    graph.sync_solver_result(some[0])
    before = moments(engine)
    for etag, kept in (("one", "one"), (None, "one"), ("two", "two")):
        graph.sync_solver_result(some[0], etag=etag)
        assert etags(engine) == {id_of(some[0]): kept}
    assert moments(engine) == before


def test_an_etag_is_noted_only_for_the_content_it_was_seen_with(
    graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    for document in some[:3]:
        graph.sync_solver_result(document)
    entries = graph.synced_documents(map(id_of, some), SOLVER.kind)
    assert set(entries) == {id_of(document) for document in some[:3]}
    seen = [(name, entry.content_sha256 or b"", f"of {name}") for name, entry in sorted(entries.items())]
    with engine.begin() as writer:
        writer.execute(text("SELECT 1 FROM synced_document WHERE document_id = :id FOR UPDATE"), {"id": seen[2][0]})
        graph.note_etags([seen[0], (seen[1][0], b"\0" * 32, "of what it was"), seen[2]])
    graph.note_etags([])
    assert etags(engine) == {seen[0][0]: seen[0][2], seen[1][0]: None, seen[2][0]: None}


# --- What goes wrong -------------------------------------------------------------------------------------------------


def test_gracefully_a_broken_document_is_counted_and_logged_and_the_others_are_synced(
    store: SolverResultsStore,
    graph: GraphDatabase,
    engine: Engine,
    some: list[Document],
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.ceph.store_document(broken(some[1]), id_of(some[1]))
    with caplog.at_level(logging.INFO, "thoth.storages.sync"):
        assert sync_solver_documents(graceful=True, graph=graph) == (5, 4, 0, 1)
    batch, record = [record for record in caplog.records if record.name.startswith("thoth.storages.sync")]
    assert batch.getMessage() == f"{id_of(some[0])} to {id_of(some[-1])}: 4 synced, 1 failed"
    assert record.getMessage().count(id_of(some[1])) == 1
    assert "at metadata.analyzer_version: expected a value" in record.getMessage()
    assert not record.exc_info, "one line for each document that is broken"
    assert ledger(engine) == [id_of(document) for document in some if document is not some[1]]
    store.store_document(some[1])
    assert sync_solver_documents(graceful=True, graph=graph) == (5, 1, 4, 0)


@pytest.mark.parametrize("batch", [1, 2, 3, 64])
def test_a_broken_document_raises_and_what_came_before_is_kept_and_the_rest_of_its_batch(
    store: SolverResultsStore,
    graph: GraphDatabase,
    engine: Engine,
    some: list[Document],
    settings: pytest.MonkeyPatch,
    batch: int,
) -> None:
    settings.setenv("THOTH_STORAGES_SYNC_BATCH", str(batch))
    store.ceph.store_document(broken(some[2]), id_of(some[2]))
    with pytest.raises(SchemaError, match=r"at metadata\.analyzer_version") as raised:
        sync_solver_documents(graph=graph)
    assert raised.value.document_id == id_of(some[2])
    after = {1: 0, 2: 1, 3: 0, 64: 2}[batch]
    assert ledger(engine) == [id_of(document) for document in (*some[:2], *some[3 : 3 + after])]
    assert graph.is_connected()


def test_a_document_that_is_not_in_the_store_is_not_found(
    store: SolverResultsStore, graph: GraphDatabase, engine: Engine, some: list[Document]
) -> None:
    ids = ["solver-debian-12-py311-261122110655-none", id_of(some[0])]
    with pytest.raises(NotFoundError):
        sync_solver_documents(ids, graph=graph)
    assert sync_solver_documents(ids, graceful=True, graph=graph) == (2, 1, 0, 1)
    assert ledger(engine) == ids[1:]


def test_an_object_that_is_no_json_is_a_broken_document(
    store: SolverResultsStore, graph: GraphDatabase, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"\xff{]")
    store.store_file(bad, "solver-debian-12-py311-261122110655-bad")
    with pytest.raises(SchemaError):
        sync_solver_documents(["solver-debian-12-py311-261122110655-bad"], graph=graph)
    assert sync_solver_documents(graceful=True, graph=graph) == (6, 5, 0, 1)


def test_without_settings_of_the_store_its_missing_variable_is_named(graph: GraphDatabase) -> None:
    with pytest.raises(SettingMissingError, match="THOTH_"):
        sync_solver_documents(graph=graph)


def test_a_database_that_is_not_there_is_no_broken_document(
    store: SolverResultsStore, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("KNOWLEDGE_GRAPH_PORT", "1")
    with pytest.raises(DatabaseConnectionError):
        sync_solver_documents(graceful=True)


# --- The adapter -----------------------------------------------------------------------------------------------------


def test_without_a_graph_one_is_connected_and_disconnected(
    store: SolverResultsStore, database: Any, engine: Engine, some: list[Document]
) -> None:
    assert sync_solver_documents() == (5, 5, 0, 0)
    assert ledger(engine) == [id_of(document) for document in some]
    assert connections(engine) == 0


def test_without_a_graph_nothing_stays_connected_after_an_error(
    store: SolverResultsStore, database: Any, engine: Engine, some: list[Document]
) -> None:
    store.ceph.store_document(broken(some[2]), id_of(some[2]))
    with pytest.raises(SchemaError):
        sync_solver_documents()
    assert len(ledger(engine)) == 4
    assert connections(engine) == 0


def test_without_a_graph_nothing_stays_connected_when_the_caller_stops_early(
    store: SolverResultsStore, database: Any, engine: Engine, settings: pytest.MonkeyPatch
) -> None:
    settings.setenv("THOTH_STORAGES_SYNC_BATCH", "2")
    outcomes = iterate_sync(SOLVER)
    assert next(outcomes).outcome is Outcome.SYNCED
    outcomes.close()  # type: ignore[attr-defined]
    assert len(ledger(engine)) == 2
    assert connections(engine) == 0


def test_a_given_graph_is_connected_where_it_is_not_and_stays_so(
    store: SolverResultsStore, database: Any, engine: Engine
) -> None:
    adapter = GraphDatabase()
    assert sync_solver_documents(graph=adapter) == (5, 5, 0, 0)
    assert adapter.is_connected()
    assert sync_solver_documents(graph=adapter) == (5, 0, 5, 0)
    adapter.disconnect()


# --- From files ------------------------------------------------------------------------------------------------------


def test_local_files_are_synced_without_any_store_and_known_by_their_names(
    graph: GraphDatabase, engine: Engine, files: list[str], some: list[Document]
) -> None:
    assert sync_solver_documents(files[:2], graph=graph, is_local=True) == (2, 2, 0, 0)
    assert ledger(engine) == [id_of(document) for document in some[:2]]
    assert sync_solver_documents(files, graph=graph, is_local=True) == (5, 3, 2, 0)
    assert ledger(engine) == [id_of(document) for document in some]
    assert sync_solver_documents(files, force=True, graph=graph, is_local=True) == (5, 5, 0, 0)


def test_a_local_file_without_a_suffix_is_known_too(graph: GraphDatabase, tmp_path: Path, some: list[Document]) -> None:
    path = tmp_path / id_of(some[0])
    path.write_text(json.dumps(some[0]))
    assert sync_solver_documents([str(path)], graph=graph, is_local=True) == (1, 1, 0, 0)
    assert sync_solver_documents([str(path)], graph=graph, is_local=True) == (1, 0, 1, 0)


def test_local_documents_need_their_paths(graph: GraphDatabase) -> None:
    with pytest.raises(ValueError, match="paths"):
        sync_solver_documents(graph=graph, is_local=True)
    assert sync_solver_documents([], graph=graph, is_local=True) == (0, 0, 0, 0)


def test_a_local_file_that_is_no_document_is_refused(graph: GraphDatabase, tmp_path: Path) -> None:
    path = tmp_path / "solver-debian-12-py311-261122110655-bad.json"
    for content in (b"", b"{", b"\xff\xfe", b"[" * 200_000, b"[]", b'"x"', b"null", b"{}"):
        path.write_bytes(content)
        with pytest.raises(SchemaError):
            sync_solver_documents([str(path)], graph=graph, is_local=True)
        assert sync_solver_documents([str(path)], graceful=True, graph=graph, is_local=True) == (1, 0, 0, 1)


def test_a_local_file_that_is_not_there_is_named(graph: GraphDatabase, tmp_path: Path, files: list[str]) -> None:
    missing = str(tmp_path / "nowhere.json")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        sync_solver_documents([missing], graph=graph, is_local=True)
    assert sync_solver_documents([missing, files[0]], graceful=True, graph=graph, is_local=True) == (2, 1, 0, 1)
