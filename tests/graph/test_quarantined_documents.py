"""What the graph remembers of documents that could not be stored, whatever they are called and whatever is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from support.databases import adapters
from support.tables import CountStatements, count, rows_of

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.quarantine import (
    ID_LENGTH,
    PATH_LENGTH,
    REASON_LENGTH,
    DocumentFault,
    QuarantineEntry,
    storable,
)
from thoth.storages.graph.enums import DocumentKindEnum

SOLVER, ADVISER = DocumentKindEnum.SOLVER, DocumentKindEnum.ADVISER
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("\0\ud800\udfff€ab", max_size=9)


def fault(document_id: str, reason: str = "expected something", path: str | None = None) -> DocumentFault:
    return DocumentFault(document_id, reason, path, f"etag of {document_id}")


def listed(graph: GraphDatabase, kind: DocumentKindEnum | None = None) -> list[tuple[str, str, int]]:
    """(id, reason, times) in the order of the listing."""
    records = graph.get_quarantined_documents_all(kind, count=None)
    return [(one.document_id, one.reason, one.times) for one in records]


def test_documents_are_listed_by_kind_and_id_and_counted(graph: GraphDatabase) -> None:
    graph.note_quarantine(ADVISER, [fault("a")])
    graph.note_quarantine(SOLVER, [fault("c"), fault("b", path="result.tree[0]")])
    records = graph.get_quarantined_documents_all()
    assert [record[:5] for record in records] == [
        (SOLVER, "b", "expected something", "result.tree[0]", "etag of b"),
        (SOLVER, "c", "expected something", None, "etag of c"),
        (ADVISER, "a", "expected something", None, "etag of a"),
    ]
    for record in records:
        assert record.first_at.tzinfo is UTC
        assert record.first_at == record.last_at
        assert datetime.now(UTC) - record.first_at < timedelta(minutes=5)
    assert graph.get_quarantined_documents_all(SOLVER) == records[:2]
    assert graph.get_quarantined_documents_all(start_offset=1, count=1) == records[1:2]
    assert graph.get_quarantined_documents_all(DocumentKindEnum.INSPECTION) == []
    counts = [graph.get_quarantined_documents_count_all(kind) for kind in (None, SOLVER, ADVISER)]
    assert counts == [3, 2, 1]
    with pytest.raises(ValueError, match="start_offset"):
        graph.get_quarantined_documents_all(start_offset=-1)


def test_the_last_fault_counts_and_the_first_moment_stays(graph: GraphDatabase) -> None:
    graph.note_quarantine(SOLVER, [fault("a", "one"), fault("b")])
    (first, _) = graph.get_quarantined_documents_all()
    graph.note_quarantine(SOLVER, [fault("a", "two"), fault("a", "three", "result")])
    (last, other) = graph.get_quarantined_documents_all()
    assert (last.reason, last.json_path, last.times) == ("three", "result", 2)
    assert last.first_at == first.first_at
    assert last.last_at > first.last_at
    assert other.times == 1


def test_the_same_id_of_two_kinds_is_two_documents(graph: GraphDatabase) -> None:
    for kind in (SOLVER, ADVISER):
        graph.note_quarantine(kind, [fault("a")])
    graph.note_quarantine(SOLVER, released=["a", "b"])
    assert [record.kind for record in graph.get_quarantined_documents_all()] == [ADVISER]
    assert graph.quarantined_documents(["a"], SOLVER) == {}
    assert graph.quarantined_documents(["a", "b"], ADVISER) == {"a": QuarantineEntry("etag of a", False)}


def test_documents_are_released_by_id_of_one_kind_or_of_any(graph: GraphDatabase) -> None:
    for kind in (SOLVER, ADVISER):
        graph.note_quarantine(kind, [fault("a"), fault("b"), fault("c")])
    assert graph.release_quarantined_documents(["a", "a", "none"], SOLVER) == 1
    assert graph.release_quarantined_documents(iter(["a", "b"])) == 3
    assert graph.release_quarantined_documents([]) == 0
    assert listed(graph) == [("c", "expected something", 1)] * 2


def test_nothing_to_note_asks_nothing_and_the_rest_takes_two_statements(
    graph: GraphDatabase, count_statements: CountStatements
) -> None:
    assert count_statements(graph, lambda: graph.note_quarantine(SOLVER)) == 0
    many = [fault(str(number)) for number in range(500)]
    assert count_statements(graph, lambda: graph.note_quarantine(SOLVER, many, ["x", "y"])) == 2


def test_many_at_once_note_and_release_the_same_documents(graph: GraphDatabase, engine: Engine) -> None:
    names = [f"document {number}" for number in range(500)]
    barrier = Barrier(4)
    errors: list[BaseException] = []

    def work(adapter: GraphDatabase, turn: int) -> None:
        try:
            barrier.wait()
            for _ in range(10):
                given = [fault(name) for name in sorted(names, reverse=turn % 2 == 1)]
                adapter.note_quarantine(SOLVER, given, names[turn // 2 :: 2])
        except BaseException as error:
            errors.append(error)

    with adapters(4) as connected:
        threads = [Thread(target=work, args=(one, turn)) for turn, one in enumerate(connected)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert errors == []
    assert count(engine, "quarantined_document") == 500
    assert rows_of(engine, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]


# --- Whatever is wrong -----------------------------------------------------------------------------------------------


def test_an_error_tells_its_place_or_its_type() -> None:
    assert DocumentFault.of("a", SchemaError("a", "result.tree[0]", "a list"), "e") == DocumentFault(
        "a", "expected a list", "result.tree[0]", "e"
    )
    assert DocumentFault.of("a", RecursionError("too deep")) == DocumentFault("a", "RecursionError: too deep")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document_id=ANY_TEXT, expected=ANY_TEXT, path=ANY_TEXT)
def test_any_text_can_be_remembered_and_released(
    graph: GraphDatabase, document_id: str, expected: str, path: str
) -> None:
    graph.note_quarantine(SOLVER, [DocumentFault.of(document_id, SchemaError(document_id, path, expected))])
    (record,) = graph.get_quarantined_documents_all()
    assert record.document_id == storable(document_id)
    assert record.json_path == storable(path, PATH_LENGTH)
    assert set(graph.quarantined_documents([storable(document_id)], SOLVER)) == {record.document_id}
    assert graph.release_quarantined_documents([document_id]) == 1


@pytest.mark.parametrize("letter", ["x", "€", "\U0001f600", "\0", "\ud800"])
def test_megabytes_are_cut(graph: GraphDatabase, letter: str) -> None:
    much = letter * 10_000_000
    graph.note_quarantine(SOLVER, [DocumentFault.of(much, SchemaError(much, much, much))])
    (record,) = graph.get_quarantined_documents_all()
    assert (len(record.document_id), len(record.reason), len(record.json_path or "")) == (
        ID_LENGTH,
        REASON_LENGTH,
        PATH_LENGTH,
    )
    assert record.reason.endswith("…")
    assert storable(record.document_id) == record.document_id
