"""Many writers at once end with what one writer alone would have written, without deadlocks and in bounded time."""

from __future__ import annotations

import copy
import logging
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text
from support.databases import adapters
from support.documents import Document, DocumentOf, as_error, edge, made, tree, variants
from support.tables import Dump, count, difference, dump, edges_of, empty, imports_of, known, needs, synced_in_order

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse

THREADS = 8
PROCESSES = 4


def sync_in_random_order(documents: list[Document], seed: int, *, force: bool = False) -> None:
    """What one worker does, with an adapter of its own."""
    with adapters(1) as (adapter,):
        for document in random.Random(seed).sample(documents, len(documents)):
            adapter.sync_solver_result(document, force=force)


def all_at_once(work: list[Callable[[], object]]) -> None:
    """Run all of them in threads that start together; raises what one of them raised."""
    barrier = threading.Barrier(len(work))

    def start(each: Callable[[], object]) -> None:
        barrier.wait(30)
        each()

    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(start, each) for each in work]
        for future in running:
            future.result(120)


def all_synced_at_once(documents: list[Document]) -> None:
    """Each by a thread and an adapter of its own."""
    with adapters(len(documents)) as workers:
        all_at_once(
            [
                lambda worker=worker, document=document: worker.sync_solver_result(document)  # type: ignore[misc]
                for worker, document in zip(workers, documents, strict=True)
            ]
        )


def deadlocks(engine: Engine) -> int:
    """How many deadlocks the server found in this database; backends report when they end."""
    time.sleep(0.3)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        found = connection.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
        return int(found or 0)


@pytest.fixture
def contradicting(documents: list[Document], document_of: DocumentOf) -> list[Document]:
    """The real documents, and newer and older ones about some of the same versions."""
    mixed = documents + variants(document_of("flask==3.0.3"))[1:] + variants(document_of("attrs==22.2.0"))[1:]
    for requirement in ("click==8.1.7", "importlib-metadata==6.8.0", "requests==2.31.0"):
        fewer = made(document_of(requirement), days=1, suffix="f00d")
        tree(fewer)["dependencies"] = tree(fewer)["dependencies"][1:]
        mixed += [fewer, as_error(made(document_of(requirement), days=-1, suffix="dead"))]
    assert len({document["metadata"]["document_id"] for document in mixed}) == len(mixed) == 69
    return mixed


@pytest.mark.timeout(120)
def test_eight_threads_end_with_what_one_worker_writes(
    graph: GraphDatabase,
    engine: Engine,
    contradicting: list[Document],
    caplog: pytest.LogCaptureFixture,
) -> None:
    mixed = contradicting
    expected = known(synced_in_order(graph, engine, mixed))
    with caplog.at_level(logging.INFO, "thoth.storages"):
        started = time.monotonic()
        all_at_once([lambda seed=seed: sync_in_random_order(mixed, seed) for seed in range(THREADS)])  # type: ignore[misc]
        seconds = time.monotonic() - started
    print(f"\n{THREADS} threads, {len(mixed)} documents each: {seconds:.1f} s")
    assert difference(known(dump(engine)), expected) == {}
    assert [record.getMessage() for record in caplog.records] == []  # nothing had to be tried again
    assert deadlocks(engine) == 0
    assert seconds < 60


@pytest.mark.timeout(120)
def test_eight_threads_that_write_everything_again_never_wait_in_a_circle(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, caplog: pytest.LogCaptureFixture
) -> None:
    mixed = [
        *variants(document_of("flask==3.0.3")),
        *variants(document_of("attrs==22.2.0")),
        *(document_of(each) for each in ("flask==2.3.3", "click==8.1.7", "requests==2.31.0", "zipp==3.20.2")),
    ]
    # Documents about many packages at once, which name the same ones in different orders.
    for number in range(4):
        together = made(document_of("six==1.16.0"), suffix=f"{number:04d}")
        items = [copy.deepcopy(tree(document)) for document in mixed if document["result"]["tree"]]
        unlike = {item["package_name"]: item for item in items}
        together["result"]["tree"] = random.Random(number).sample(list(unlike.values()), len(unlike))
        mixed.append(together)
    expected = known(synced_in_order(graph, engine, mixed))
    with caplog.at_level(logging.INFO, "thoth.storages"):
        started = time.monotonic()
        all_at_once(
            [lambda seed=seed: sync_in_random_order(mixed, seed, force=True) for seed in range(THREADS)]  # type: ignore[misc]
        )
        seconds = time.monotonic() - started
    print(f"\n{THREADS} threads, {len(mixed)} documents each, forced: {seconds:.1f} s")
    assert difference(known(dump(engine)), expected) == {}
    assert [record.getMessage() for record in caplog.records] == []
    assert deadlocks(engine) == 0
    assert seconds < 90


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_four_processes_end_with_what_one_worker_writes(
    graph: GraphDatabase, engine: Engine, contradicting: list[Document]
) -> None:
    mixed = contradicting
    expected = known(synced_in_order(graph, engine, mixed))
    started = time.monotonic()
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(sync_in_random_order, mixed, seed) for seed in range(PROCESSES)]
        for future in running:
            future.result(120)
    print(f"\n{PROCESSES} processes, {len(mixed)} documents each: {time.monotonic() - started:.1f} s")
    assert difference(known(dump(engine)), expected) == {}
    assert deadlocks(engine) == 0


def test_new_documents_with_many_common_names_never_wait_in_a_circle(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, caplog: pytest.LogCaptureFixture
) -> None:
    """Each brings the same 400 new entities, imports, digests and classifiers, in an order of its own."""
    brought = []
    for number in range(THREADS):
        shuffled = random.Random(number)
        document = made(document_of("flask==3.0.3"), suffix=f"{number:04d}")
        item = tree(document)
        item["package_version"] = item["package_version_requested"] = f"9.{number}"
        common = list(range(400))
        shuffled.shuffle(common)
        common = common[:390]
        item["dependencies"] = [edge(f"common-{n}", [f"{n}.0"]) for n in common]
        item["packages"] = [f"common_{n}" for n in common]
        item["sha256"] = [f"{n:064x}" for n in common]
        item["importlib_metadata"]["metadata"]["Classifier"] = [f"Common :: {n}" for n in common]
        brought.append(document)
    with caplog.at_level(logging.INFO, "thoth.storages"):
        all_synced_at_once(brought)
    assert count(engine, "depends_on") == 390 * THREADS
    assert count(engine, "found_import_package") == 390 * THREADS
    assert [record.getMessage() for record in caplog.records] == []
    assert deadlocks(engine) == 0


def test_one_document_synced_by_eight_at_once_is_there_once(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    expected = synced_in_order(graph, engine, [document])
    all_synced_at_once([document] * THREADS)
    assert count(engine, "synced_document") == 1
    assert count(engine, "solved") == 1
    assert difference(dump(engine), expected) == {}


def test_one_adapter_serves_eight_threads(
    graph: GraphDatabase, engine: Engine, documents: list[Document], dump_of_all: Dump
) -> None:
    parts = [documents[number::THREADS] for number in range(THREADS)]

    def sync(part: list[Document]) -> None:
        for document in part:
            graph.sync_solver_result(document)

    all_at_once([lambda part=part: sync(part) for part in parts])  # type: ignore[misc]
    assert difference(dump(engine), dump_of_all) == {}


def test_of_several_contents_of_one_document_at_once_one_is_there_wholly(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    contents = {}
    for number in range(THREADS):
        document = document_of("flask==3.0.3")
        tree(document)["dependencies"] = [edge(f"needed-{number}-{n}", ["1.0"]) for n in range(5)]
        contents[parse(document).document.content_sha256] = document
    all_synced_at_once(list(contents.values()))
    with engine.connect() as connection:
        digest = bytes(connection.scalars(text("SELECT content_sha256 FROM synced_document")).one())
    expected = sorted(each["package_name"] + "*" for each in tree(contents[digest])["dependencies"])
    assert needs(engine, "flask", "3.0.3") == expected


@pytest.mark.timeout(120)
def test_documents_that_change_what_they_are_about_do_not_take_away_what_others_say(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """Every worker's document is about flask and six in turn: versions come and go while others write about them."""
    about = {"flask": document_of("flask==3.0.3"), "six": document_of("six==1.16.0")}
    last = {f"{number:04d}": "flask" if number % 2 else "six" for number in range(THREADS)}

    def change(suffix: str) -> None:
        with adapters(1) as (adapter,):
            for turn in range(13):
                name = last[suffix] if turn % 2 == 0 else next(other for other in about if other != last[suffix])
                document = made(about[name])
                document["metadata"]["document_id"] = f"solver-debian-12-py311-261122110726-{suffix}"
                adapter.sync_solver_result(document)

    for _ in range(3):
        all_at_once([lambda suffix=suffix: change(suffix) for suffix in last])  # type: ignore[misc]
        statement = (
            "SELECT document_id, package_name FROM solved s JOIN python_package_version v ON v.id = s.version_id"
        )
        with engine.connect() as connection:
            runs = {row[0][-4:]: row[1] for row in connection.execute(text(statement))}
        assert runs == last
        assert len(edges_of(engine, "flask", "3.0.3")) == 8
        assert imports_of(engine, "flask") == ["flask", "flask.json"]
        assert deadlocks(engine) == 0
        empty(engine)
