"""The store of solver documents."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from thoth.storages import SolverResultsStore
from thoth.storages.document_ids import parse_solver_name
from thoth.storages.exceptions import SchemaError, SolverNameParseError

RHEL = ["solver-rhel-8-py38-210501000000-0a", "solver-rhel-8-py38-210502000000-1b"]
OTHERS = ["solver-fedora-31-py37-8ad7", "solver-rhel-8-py310-210501000000-2c", "solver-rhel-8-py39-210501000000-3d"]


@pytest.fixture(scope="module")
def solvers(s3: dict[str, str]) -> SolverResultsStore:
    """A store of five documents by four solvers. Only read it."""
    store = SolverResultsStore("tests", prefix="solved", **s3)
    store.connect()
    for document_id in RHEL + OTHERS:
        store.ceph.store_document({}, document_id)
    store.store_request(RHEL[1], {})
    store.store_request(OTHERS[1], {})
    return store


def test_a_real_document_is_stored_in_its_place_and_a_broken_one_is_not(
    settings: pytest.MonkeyPatch, prefix: str, document: dict[str, Any]
) -> None:
    store = SolverResultsStore()
    store.connect()
    assert (store.RESULT_TYPE, store.prefix) == ("solver", f"{prefix}/tests/solver")
    assert store.store_document(document) == "solver-debian-12-py311-261122110655-72f10e8a80c6ea02"
    del document["result"]
    with pytest.raises(SchemaError, match="at result: expected this key, which is missing"):
        store.store_document(document)


@pytest.mark.parametrize(
    "solver_info",
    [
        parse_solver_name("solver-rhel-8-py38"),
        {"os_name": "rhel", "os_version": "8", "python_version": "3.8"},
        SimpleNamespace(os_name="rhel", os_version="8", python_version="3.8"),
    ],
    ids=["named tuple", "mapping", "object"],
)
def test_one_solvers_documents_are_listed(solvers: SolverResultsStore, solver_info: Any) -> None:
    assert list(solvers.get_document_listing(solver_info=solver_info)) == RHEL
    assert solvers.get_document_count(solver_info=solver_info) == 2


def test_a_python_with_two_digits_is_another_solver(solvers: SolverResultsStore) -> None:
    info = parse_solver_name("solver-rhel-8-py310")
    assert list(solvers.get_document_listing(solver_info=info)) == ["solver-rhel-8-py310-210501000000-2c"]


def test_dates_and_requests_count_with_and_without_a_solver(solvers: SolverResultsStore) -> None:
    info = parse_solver_name("solver-rhel-8-py38")
    first: dict[str, Any] = {"start_date": date(2021, 5, 1), "end_date": date(2021, 5, 2)}
    assert list(solvers.get_document_listing(solver_info=info, **first)) == RHEL[:1]
    assert list(solvers.get_document_listing(**first)) == sorted([RHEL[0], *OTHERS[1:]])
    assert list(solvers.get_document_listing(solver_info=info, only_requests=True)) == [f"{RHEL[1]}.request"]
    assert solvers.get_document_count(only_requests=True, start_date=date(2021, 5, 1)) == 2
    assert list(solvers.get_document_listing(solver_info=info, only_requests=True, **first)) == []


def test_without_a_filter_every_document_is_listed(solvers: SolverResultsStore) -> None:
    assert list(solvers.get_document_listing()) == sorted(RHEL + OTHERS)
    assert [document_id for document_id, _ in solvers.iterate_results()] == sorted(RHEL + OTHERS)


def test_an_end_before_the_start_is_refused_for_one_solver_too(solvers: SolverResultsStore) -> None:
    with pytest.raises(ValueError, match="no day is left"):
        solvers.get_document_listing(
            solver_info=parse_solver_name("solver-rhel-8-py38"), start_date=date(2021, 5, 1), end_date=date(2021, 5, 1)
        )


def test_the_solver_is_read_from_a_documents_id() -> None:
    name = SolverResultsStore.get_solver_name_from_document_id("solver-rhel-8-py38-221122110655-72f10e8a80c6ea02")
    assert name == "solver-rhel-8-py38"
    with pytest.raises(SolverNameParseError):
        SolverResultsStore.get_solver_name_from_document_id("adviser-1")
