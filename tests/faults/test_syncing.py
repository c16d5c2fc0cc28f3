"""A sync over a network that is not sound: what passes puts no document into quarantine, what is damaged does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from support.commands import run_command
from support.documents import Document
from support.patience import ATTEMPTS
from support.proxy import (
    Fault,
    FaultyNetwork,
    Request,
    answer,
    cut_to,
    damage,
    end_after,
    hang_up,
    refuse,
    reset_after,
    say_nothing,
)
from support.tables import rows_of

from thoth.storages.cli.sync import sync
from thoth.storages.exceptions import (
    DocumentCorruptedError,
    StorageAccessError,
    StorageConnectionError,
    StorageError,
    StorageUnavailableError,
)
from thoth.storages.graph import GraphDatabase
from thoth.storages.solvers import SolverResultsStore
from thoth.storages.sync import SOLVER, Outcome, iterate_sync, sync_solver_documents

STORED = 8


@pytest.fixture
def ids(network: FaultyNetwork, s3: dict[str, str], documents: list[Document]) -> list[str]:
    """The ids of what is stored, in the order in which it is synced."""
    store = SolverResultsStore(host=s3["host"])
    store.connect()
    return sorted(store.store_document(document) for document in documents[:STORED])


def for_document(document_id: str) -> Callable[[Request], bool]:
    return lambda request: request.method == "GET" and request.target.endswith(document_id)


def in_quarantine(engine: Engine) -> list[str]:
    return [row[0] for row in rows_of(engine, "SELECT document_id FROM quarantined_document ORDER BY 1")]


def known(engine: Engine) -> list[str]:
    return [row[0] for row in rows_of(engine, "SELECT document_id FROM synced_document ORDER BY 1")]


def test_a_sync_comes_through_whatever_passes(
    ids: list[str], network: FaultyNetwork, graph: GraphDatabase, engine: Engine
) -> None:
    faults = [end_after(100), reset_after(100), cut_to(100), refuse(503, "SlowDown"), hang_up, damage]
    for number, document_id in enumerate(ids):
        network.on(for_document(document_id), faults[number % len(faults)])
    network.on(lambda request: request.is_listing, refuse(503, "SlowDown"), end_after(50))
    assert sync_solver_documents(graph=graph) == (STORED, STORED, 0, 0)
    assert in_quarantine(engine) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refuse(503, "SlowDown"), StorageUnavailableError),
        (reset_after(100), StorageUnavailableError),
        (say_nothing(9), StorageUnavailableError),
        (refuse(403, "AccessDenied"), StorageAccessError),
        (refuse(404, "NoSuchBucket"), StorageError),
        (answer(200, b"<html>Please log in.</html>"), StorageConnectionError),
    ],
    ids=["slow down", "reset", "silent", "denied", "no bucket", "log in"],
)
def test_what_is_the_stores_fault_ends_even_a_graceful_sync_and_blames_no_document(
    ids: list[str],
    network: FaultyNetwork,
    graph: GraphDatabase,
    engine: Engine,
    fault: Fault,
    error: type[StorageError],
) -> None:
    network.on(for_document(ids[5]), fault, times=3 * ATTEMPTS)
    outcomes = []
    with pytest.raises(error) as raised:
        for outcome in iterate_sync(SOLVER, graph=graph, graceful=True):
            outcomes.append(outcome)
    assert raised.value.__notes__ == [f"while {ids[5]} was synced"]
    assert [(one.document_id, one.outcome) for one in outcomes] == [(one, Outcome.SYNCED) for one in ids[:5]]
    assert (known(engine), in_quarantine(engine)) == (ids[:5], [])
    network.forget()
    assert sync_solver_documents(graph=graph) == (STORED, STORED - 5, 5, 0)


@pytest.mark.parametrize("fault", [end_after(100), cut_to(100), damage], ids=["ended", "cut", "damaged"])
def test_what_is_damaged_goes_into_quarantine_and_the_others_go_on(
    ids: list[str], network: FaultyNetwork, graph: GraphDatabase, engine: Engine, fault: Fault
) -> None:
    network.on(for_document(ids[5]), fault, times=2 * ATTEMPTS)
    with pytest.raises(DocumentCorruptedError, match=ids[5]):
        sync_solver_documents(graph=graph)
    assert sync_solver_documents(graph=graph, graceful=True) == (STORED, STORED - 6, 5, 1)
    assert in_quarantine(engine) == [ids[5]]
    network.forget()
    outcomes = list(iterate_sync(SOLVER, graph=graph, retry_quarantined=True))
    assert [one.outcome for one in outcomes].count(Outcome.SYNCED) == 1
    assert in_quarantine(engine) == []


@pytest.mark.parametrize(
    ("fault", "code", "says"),
    [
        (refuse(503, "SlowDown"), 4, "the object store: "),
        (refuse(403, "InvalidAccessKeyId"), 4, "THOTH_CEPH_KEY_ID"),
        (end_after(100), 1, "bytes, as the server says"),
    ],
    ids=["slow down", "key", "damaged"],
)
@pytest.mark.parametrize("options", [[], ["--graceful"]], ids=["", "graceful"])
def test_the_command_says_whose_fault_it_is(
    ids: list[str], network: FaultyNetwork, database: object, fault: Fault, code: int, says: str, options: list[str]
) -> None:
    network.on(for_document(ids[5]), fault, times=3 * ATTEMPTS)
    done = run_command(sync, "solver", *options)
    assert done.exit_code == code
    if code == 4:
        assert done.stderr.count("Error: ") == 1 and says in done.stderr and ids[5] in done.stderr
        assert "Traceback" not in done.stderr


def test_the_command_says_that_credentials_were_revoked_in_mid_listing(
    ids: list[str], network: FaultyNetwork, database: object, settings: pytest.MonkeyPatch
) -> None:
    from thoth.storages import ceph_listing

    page = ceph_listing._page
    settings.setattr(ceph_listing, "_page", lambda s3, bucket, asked: page(s3, bucket, asked | {"MaxKeys": 5}))
    network.on(lambda request: "continuation-token=" in request.target, refuse(403, "InvalidAccessKeyId"), times=9)
    done = run_command(sync, "solver", "--graceful")
    assert (done.exit_code, "THOTH_CEPH_KEY_ID" in done.stderr) == (4, True)
