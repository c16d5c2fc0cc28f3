"""Image analyses that many writers tell at once, and writing that fails in the middle."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from support.analyses import as_id, real_analysis, set_image, with_rpms
from support.databases import adapters
from support.documents import Document, DocumentOf
from support.tables import count, difference, dump, empty, rows_of, run
from support.transactions import Doing, locked, wait_for, waiting_pids

from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase

WRITERS = 4


def shuffled(document: Document, seed: int) -> Document:
    """The same facts, told in another order."""
    chance, result = random.Random(seed), document["result"]
    for key, value in result.items():
        if isinstance(value, list) and key != "layers":
            chance.shuffle(value)
    symbols = list(result["system-symbols"].items())
    chance.shuffle(symbols)
    result["system-symbols"] = dict(symbols)
    return document


def overlapping() -> list[Document]:
    """Analyses of a few images, most of which they have in common."""
    documents = []
    for number in range(6):
        document = as_id(with_rpms(real_analysis()), f"package-extract-{number}")
        result = shuffled(document, number)["result"]
        for key in ("python-packages", "python-files", "deb-dependencies"):
            result[key] = result[key][number:]
        result["python-packages"].append({**result["python-packages"][0], "package_name": f"only-in-{number}"})
        documents.append(set_image(document, f"image-{number % 2}", external=number % 3 != 0))
    return documents


def all_at_once(work: list[Callable[[], None]]) -> None:
    barrier = threading.Barrier(len(work))

    def start(each: Callable[[], None]) -> None:
        barrier.wait(30)
        each()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(start, each) for each in work]:
            future.result(100)


def deadlocks(engine: Engine) -> int:
    time.sleep(0.3)  # backends report when they end
    return int(rows_of(engine, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0])


@pytest.mark.parametrize("force", [False, True], ids=["new", "forced"])
@pytest.mark.timeout(120)
def test_writers_of_overlapping_images_end_with_what_one_alone_writes(
    graph: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture, document_of: DocumentOf, force: bool
) -> None:
    solved = document_of("flask==3.0.3")  # writes packages, too
    for document in overlapping():
        graph.sync_analysis_result(document)
    graph.sync_solver_result(solved)
    expected = dump(engine)
    empty(engine)

    def sync(seed: int) -> None:
        with adapters(1) as (adapter,):
            for document in random.Random(seed).sample(overlapping(), 6):
                adapter.sync_analysis_result(shuffled(document, seed), force=force)
            adapter.sync_solver_result(solved, force=force)

    with caplog.at_level(logging.INFO, "thoth.storages"):
        all_at_once([lambda seed=seed: sync(seed) for seed in range(WRITERS)])  # type: ignore[misc]
    changed = difference(dump(engine), expected)
    # The order of facts is part of a content: which of the writers came last is not known.
    assert changed.keys() <= {"synced_document"}
    assert count(engine, "synced_document") == 7
    assert [record.getMessage() for record in caplog.records] == []  # nothing had to be tried again
    assert deadlocks(engine) == 0


def test_one_document_told_by_many_at_once_is_there_once(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_analysis_result(real_analysis())
    expected = dump(engine)
    empty(engine)
    with adapters(WRITERS) as workers:
        all_at_once([lambda each=each: each.sync_analysis_result(real_analysis()) for each in workers])  # type: ignore[misc]
    assert difference(dump(engine), expected) == {}


# --- Failures --------------------------------------------------------------------------------------------------------

LATE = ("deb_depends", "package_extract_run", "found_deb", "detected_symbol", "package_change")


@pytest.mark.parametrize("table", LATE)
def test_a_statement_that_fails_leaves_nothing(graph: GraphDatabase, engine: Engine, table: str) -> None:
    before = dump(engine)
    run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false)")
    with pytest.raises(DatabaseStatementError, match="refuse_everything") as raised:
        graph.sync_analysis_result(real_analysis())
    assert raised.value.sqlstate == "23514"
    for leak in ("aiohttp", "Failing row", "given_", "INSERT"):
        assert leak not in str(raised.value)
    assert difference(dump(engine), before) == {}
    run(engine, f"ALTER TABLE {table} DROP CONSTRAINT refuse_everything")


def test_a_change_that_fails_keeps_what_was_there(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    graph.sync_analysis_result(document)
    before = dump(engine, with_ids=True)
    # The last table that is written: what was found before is changed by then.
    run(engine, "ALTER TABLE detected_symbol ADD CONSTRAINT refuse CHECK (false) NOT VALID")
    document["result"]["python-packages"] = document["result"]["python-packages"][:1]
    document["result"]["system-symbols"] = {"libnew.so": ["NEW_1"]}
    with pytest.raises(DatabaseStatementError):
        graph.sync_analysis_result(document)
    assert dump(engine, with_ids=True) == before


@pytest.mark.parametrize("table", ["deb_depends", "package_extract_run", "package_change"])
def test_a_backend_that_is_killed_in_the_middle_leaves_nothing_half_written(
    graph: GraphDatabase, engine: Engine, table: str
) -> None:
    graph.sync_analysis_result(real_analysis())
    expected = dump(engine)
    empty(engine)
    nothing = dump(engine)
    with locked(engine, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE") as connection:
        syncing = Doing(lambda: graph.sync_analysis_result(real_analysis()))
        wait_for(lambda: bool(waiting_pids(engine)), "the sync waits")
        (pid,) = waiting_pids(engine)
        run(engine, "SELECT pg_terminate_backend(:pid)", pid=pid)
        wait_for(lambda: waiting_pids(engine) not in ([], [pid]), "the sync is tried again")
        others = {name: rows for name, rows in nothing.items() if name != table}
        for name, rows in others.items():
            assert len(rows) == count(engine, name), name
        connection.rollback()
        syncing.result()
    assert difference(dump(engine), expected) == {}
