"""Runs of Dependency Monkey and the inspections they ask for, told at the same time."""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.at_once import tell_at_once
from support.documents import Document
from support.inspection_documents import INSPECTION, MONKEY, inspection, monkey, without_lock
from support.tables import count, difference, dump, empty, rows_of
from support.transactions import Doing, locked, wait_for, waiting_pids

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents import dependency_monkey as monkey_documents
from thoth.storages.graph.documents import inspection as inspection_documents
from thoth.storages.graph.writers import dependency_monkey as monkey_writer
from thoth.storages.graph.writers import inspection as inspection_writer

WORKERS = 6
OLDER, NEWER = "dependency-monkey-older", "dependency-monkey-newer"
RESULTS = """
    SELECT inspection_document_id, inspection_result_number, inspection_sync_state, dependency_monkey_document_id
    FROM inspection_run LEFT JOIN dependency_monkey_run m ON m.id = dependency_monkey_run_id ORDER BY 1, 2"""


def tell(graph: GraphDatabase, document: Document, *, force: bool = False) -> None:
    if "metadata" in document:
        graph.sync_dependency_monkey_result(document, force=force)
    else:
        graph.sync_inspection_result(document, force=force)


def without_hardware(document: Document) -> Document:
    """The run, of which nothing is known that another one says as well."""
    project = document["result"]["parameters"]["project"]
    project |= {"runtime_environment": None, "requirements": {"packages": {"numpy": "*"}}}
    return document


def deadlocks(engine: Engine) -> int:
    time.sleep(0.3)  # backends report when they end
    statement = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return int(rows_of(engine, statement)[0][0])


def _told() -> list[Document]:
    """Three runs that ask for much the same, and results of it."""
    names = [f"inspection-{number}" for number in range(12)]
    runs = [
        monkey(*names[day : day + 9], document_id=f"dependency-monkey-{day}", day=20 + day, count=2) for day in range(3)
    ]
    results = [
        without_lock(inspection(number, inspection_id=name, name=indicator))
        for (name, indicator), number in itertools.product(
            zip(names, itertools.cycle(("PiMatmul", "PiConv1D", "PiPyBench"))), range(2)
        )
    ]
    return runs + results


@pytest.mark.parametrize("force", [False, True])
def test_many_at_once_end_with_what_one_alone_writes(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture, force: bool
) -> None:
    documents = _told()
    for document in documents:
        tell(graph, document)
    expected = dump(engine)
    empty(engine)

    def worker(seed: int) -> Callable[[GraphDatabase], object]:
        shuffled = random.Random(seed).sample(documents, len(documents))
        return lambda adapter: [tell(adapter, document, force=force) for document in shuffled]

    with caplog.at_level(logging.INFO, "thoth.storages"):
        tell_at_once([worker(seed) for seed in range(WORKERS)])
    assert difference(dump(engine), expected) == {}
    again = {"trying again after LostRaceError"} if force else set()  # once: then it is known to be known
    assert {record.getMessage() for record in caplog.records} <= again
    assert deadlocks(engine) == 0


# --- While another one is being written ------------------------------------------------------------------------------


@contextmanager
def writing(graph: GraphDatabase, document: Document) -> Iterator[Session]:
    """A transaction that has written the document and is not over."""
    with Session(graph._connected_engine()) as session:
        if "metadata" in document:
            assert monkey_writer.write(session, monkey_documents.parse(document)) is True
        else:
            assert inspection_writer.write(session, inspection_documents.parse(document)) is True
        yield session
        session.commit()


def tell_while_it_is_written(graph: GraphDatabase, engine: Engine, written: Document, told: Document) -> None:
    """Tell a document that has to wait for one that is being written; then that is committed."""
    with writing(graph, written):
        doing = Doing(lambda: tell(graph, told))
        wait_for(lambda: bool(waiting_pids(engine)), "it waits for the writer")
    doing.result()


def test_an_inspection_is_told_while_its_run_gives_it_up(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, monkey(INSPECTION, count=1))
    tell_while_it_is_written(graph, engine, monkey(), without_lock(inspection()))
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "SYNCED", None)]
    assert count(engine, "pi_matmul") == 1


def test_a_run_gives_an_inspection_up_while_it_is_told(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, monkey(INSPECTION, count=1))
    tell_while_it_is_written(graph, engine, without_lock(inspection()), monkey())
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "SYNCED", None)]
    assert count(engine, "pi_matmul") == 1


def test_an_inspection_is_told_while_a_run_asks_for_it(graph: GraphDatabase, engine: Engine) -> None:
    for first, second in itertools.permutations([monkey(INSPECTION, count=1), without_lock(inspection())]):
        tell_while_it_is_written(graph, engine, first, second)
        assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "SYNCED", MONKEY)]
        empty(engine)


def test_a_run_asks_for_what_an_older_one_is_giving_up(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, monkey(INSPECTION, "inspection-a", document_id=OLDER, day=20, count=1))
    asking = monkey(INSPECTION, "inspection-a", document_id=NEWER, count=1)
    tell_while_it_is_written(graph, engine, monkey("inspection-a", document_id=OLDER, day=20, count=1), asking)
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", NEWER), ("inspection-a", 0, "PENDING", OLDER)]


def test_a_run_gives_up_what_a_newer_one_is_asking_for(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, monkey(INSPECTION, document_id=OLDER, day=20, count=1))
    asking = monkey(INSPECTION, document_id=NEWER, count=1)
    tell_while_it_is_written(graph, engine, asking, monkey(document_id=OLDER, day=20, count=1))
    assert rows_of(engine, "SELECT document_id FROM synced_document WHERE to_sync_again") == [(NEWER,)]
    tell(graph, asking)
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", NEWER)]


def test_a_run_asks_for_what_somebody_is_deleting(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, monkey(INSPECTION, document_id=OLDER, day=20, count=1))
    with locked(engine, "DELETE FROM inspection_run") as somebody:
        doing = Doing(lambda: tell(graph, monkey(INSPECTION, document_id=NEWER, count=1)))
        wait_for(lambda: bool(waiting_pids(engine)), "it waits for somebody")
        somebody.commit()
    doing.result()
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", NEWER)]


def test_a_run_that_is_told_twice_at_once_is_there_once(graph: GraphDatabase, engine: Engine) -> None:
    document = monkey(INSPECTION, count=1)
    tell_while_it_is_written(graph, engine, document, document)
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", MONKEY)]
    tell_while_it_is_written(graph, engine, monkey(INSPECTION, count=2), monkey(INSPECTION, count=3))
    assert count(engine, "inspection_run") == 3


def test_new_runs_are_written_side_by_side(graph: GraphDatabase, engine: Engine) -> None:
    with writing(graph, monkey("inspection-a", document_id=OLDER)):
        tell(graph, without_hardware(monkey("inspection-b", document_id=NEWER)))
    assert count(engine, "inspection_run") == 4


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_an_older_run_asks_while_a_newer_one_does(graph: GraphDatabase, engine: Engine, end: str) -> None:
    older, newer = (
        monkey(INSPECTION, document_id=document_id, day=day, count=1) for document_id, day in ((OLDER, 20), (NEWER, 21))
    )
    with Session(graph._connected_engine()) as session:
        monkey_writer.write(session, monkey_documents.parse(newer))
        doing = Doing(lambda: tell(graph, older))
        wait_for(lambda: bool(waiting_pids(engine)), "it waits for the writer")
        getattr(session, end)()
    doing.result()
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", OLDER)]
