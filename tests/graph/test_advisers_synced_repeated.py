"""Runs of the adviser that are to be repeated once what they did not know is solved, and those that repeat them."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser
from support.at_once import tell_at_once
from support.documents import Document
from support.tables import count, difference, dump, empty, rows_of

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase

FIRST, SECOND, THIRD = (f"adviser-26112211352{number}-0123456789abcdef" for number in range(3))


def original(unresolved: str | None = "tensorflow", document_id: str = FIRST) -> Document:
    return adviser(document_id=document_id, day=1, unresolved=[unresolved] if unresolved else [])


def repeating(unresolved: str | None = None, *, of: str | None = FIRST, document_id: str = SECOND) -> Document:
    names = [unresolved] if unresolved else []
    return adviser(document_id=document_id, day=2, unresolved=names, re_run_adviser_id=of)


def tell(graph: GraphDatabase, *documents: Document, force: bool = False) -> None:
    for document in documents:
        graph.sync_adviser_result(document, force=force)


def to_repeat(engine: Engine) -> set[str]:
    rows = rows_of(engine, "SELECT adviser_document_id, need_re_run FROM adviser_run")
    assert {need for _, need in rows} <= {True, False}
    return {document_id for document_id, need in rows if need}


def test_a_run_is_repeated_while_packages_are_not_solved(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, original())
    assert to_repeat(engine) == {FIRST}
    tell(graph, repeating())
    assert to_repeat(engine) == set()
    assert rows_of(engine, "SELECT re_run_adviser_id FROM adviser_run ORDER BY adviser_document_id") == [
        (None,),
        (FIRST,),
    ]


def test_a_run_that_repeats_and_does_not_know_all_either_changes_nothing(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, original(), repeating("numpy"))
    assert to_repeat(engine) == {FIRST, SECOND}


@pytest.mark.parametrize("repeats", [None, "numpy"])
def test_it_stays_repeated_when_it_is_told_again(graph: GraphDatabase, engine: Engine, repeats: str | None) -> None:
    tell(graph, original(), repeating(repeats))
    before = dump(engine)
    tell(graph, original(), repeating(repeats))
    tell(graph, original(), force=True)
    tell(graph, repeating(repeats), force=True)
    assert difference(dump(engine), before) == {}


@pytest.mark.parametrize("unresolved", ["numpy", None])
def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine, unresolved: str | None) -> None:
    told = [
        original(),
        repeating("tensorflow"),
        repeating(unresolved, of=SECOND, document_id=THIRD),
        repeating(unresolved, of=FIRST, document_id=f"{THIRD}-more"),
    ]
    dumps = []
    for order in itertools.permutations(told):
        tell(graph, *order)
        dumps.append(dump(engine))
        expected = set() if unresolved is None else {FIRST, SECOND, THIRD, f"{THIRD}-more"}
        assert to_repeat(engine) == expected
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 24


def test_a_content_that_changed_corrects_the_run_that_it_repeats(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, original(), repeating())
    for content, expected in [
        (repeating("numpy"), {FIRST, SECOND}),
        (repeating(), set()),
        (repeating(of=None), {FIRST}),
        (repeating(of="adviser-nobody"), {FIRST}),
        (repeating(), set()),
    ]:
        tell(graph, content)
        assert to_repeat(engine) == expected


def test_a_run_may_repeat_another_one_after_a_change(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, original(), original(document_id=THIRD), repeating())
    assert to_repeat(engine) == {THIRD}
    tell(graph, repeating(of=THIRD))
    assert to_repeat(engine) == {FIRST}
    tell(graph, original(None))
    assert to_repeat(engine) == set()


def test_a_run_that_was_told_without_its_original_is_no_error(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, repeating(of="adviser-nobody"))
    assert count(engine, "adviser_run") == 1


def test_no_run_repeats_itself(graph: GraphDatabase, engine: Engine) -> None:
    with pytest.raises(SchemaError, match="re_run_adviser_id: expected the id of another document, not its own"):
        tell(graph, repeating(of=SECOND))
    assert count(engine, "synced_document") == 0


@pytest.mark.slow
def test_runs_and_what_repeats_them_may_be_told_at_the_same_time(graph: GraphDatabase, engine: Engine) -> None:
    for number in range(15):
        ids = [f"adviser-{number}-{name}" for name in "abcd"]
        told = [
            original(document_id=ids[0]),
            repeating("numpy", of=ids[0], document_id=ids[1]),
            repeating(of=ids[0], document_id=ids[2]),
            repeating(of=ids[1], document_id=ids[3]),
        ]
        tell_at_once([lambda adapter, one=one: adapter.sync_adviser_result(one) for one in told])  # type: ignore[misc]
        assert to_repeat(engine) == set()
        tell_at_once(
            [lambda adapter, one=one: adapter.sync_adviser_result(one, force=True) for one in told]  # type: ignore[misc]
        )
        assert to_repeat(engine) == set()
