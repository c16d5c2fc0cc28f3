"""Questions about solver runs that ended in an error, and the documents that say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.worlds import ENVIRONMENTS, MIRROR, PYPI, Place, Run, Solved, World, write

from thoth.storages.exceptions import SolverNameParseError
from thoth.storages.graph import GraphDatabase

DEBIAN, RHEL = ENVIRONMENTS
ON_UBI = {"os_name": "ubi", "os_version": "8.9", "python_version": "py38"}
WORKED, FAILED, UNPARSEABLE, UNSOLVABLE = None, "", "unparseable", "unsolvable"
LISTED: list[Place] = [
    ("a", "1.0rc1", None),
    ("a", "2.0", PYPI),
    ("a", "10.0", MIRROR),
    ("a", "10.0", PYPI),
    ("b-c", "1.0", PYPI),
]


def solved(place: Place, environment: tuple[str, str, str], *runs: tuple[str, int, str | None]) -> Solved:
    return Solved(place, environment, [Run(*run) for run in runs])


@pytest.fixture(scope="module")
def errors(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """A graph in which every kind of error happened; one document may be about several package versions."""
    of = [
        solved(("a", "1.0rc1", None), DEBIAN, ("s-3", 3, UNPARSEABLE)),
        solved(("a", "1.0", PYPI), DEBIAN, ("s-1", 1, WORKED)),
        solved(("a", "2.0", PYPI), DEBIAN, ("s-1", 1, FAILED), ("s-2", 2, WORKED)),
        solved(("a", "10.0", PYPI), DEBIAN, ("s-2", 2, UNSOLVABLE), ("s-5", 5, UNSOLVABLE)),
        solved(("a", "10.0", PYPI), RHEL, ("s-4", 4, UNSOLVABLE)),
        solved(("a", "10.0", MIRROR), RHEL, ("s-4", 4, UNSOLVABLE)),
        solved(("b-c", "1.0", PYPI), RHEL, ("s-4", 4, FAILED)),
    ]
    with graph_with(server, template, "errors", []) as graph:
        write(graph._connected_engine(), World({one.place for one in of}, set(), {}, {}, of))
        yield graph


def in_environment(environment: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("os_name", "os_version", "python_version"), environment, strict=True))


def test_every_failure_is_listed_by_name_version_and_index(errors: GraphDatabase) -> None:
    assert errors.get_error_solved_python_package_versions_all(distinct=True) == LISTED
    twice = [*LISTED[:4], LISTED[3], LISTED[4]]  # it failed in two environments
    assert errors.get_error_solved_python_package_versions_all() == twice


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"unparseable": True}, LISTED[:1]),  # it has no index
        ({"unsolvable": True, "distinct": True}, LISTED[2:4]),
        ({"package_name": "B.C"}, LISTED[4:]),
        ({"package_name": "a", "package_version": "v2.0"}, LISTED[1:2]),  # any run counts: its newest one worked
        ({"package_version": "v10.0", "distinct": True}, LISTED[2:4]),
        ({"index_url": MIRROR + "/"}, LISTED[2:3]),
        (in_environment(DEBIAN), [LISTED[0], LISTED[1], LISTED[3]]),
        (ON_UBI, LISTED[2:]),
        ({**ON_UBI, "unparseable": True}, []),  # it was unparseable in the other environment alone
        ({"python_version": "3.11", "unsolvable": True}, LISTED[3:4]),
        ({"package_name": "nobody"}, []),
    ],
)
def test_failures_are_narrowed_and_counted_alike(
    errors: GraphDatabase, asked: dict[str, Any], expected: list[Place]
) -> None:
    assert errors.get_error_solved_python_package_versions_all(**asked) == expected
    assert errors.get_error_solved_python_package_versions_count_all(**asked) == len(expected)


@pytest.mark.parametrize("distinct", [False, True])
def test_pages_of_failures_repeat_and_skip_nothing(errors: GraphDatabase, distinct: bool) -> None:
    for question in (errors.get_error_solved_python_package_versions_all, errors.get_error_solved_document_id_all):
        whole = question(count=None, distinct=distinct)
        pages = [question(start_offset=at, count=2, distinct=distinct) for at in range(0, len(whole) + 2, 2)]
        assert [one for page in pages for one in page] == whole
        assert question(count=0) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["s-1", "s-2", "s-3", "s-4", "s-4", "s-4", "s-5"]),
        ({"distinct": True}, ["s-1", "s-2", "s-3", "s-4", "s-5"]),
        ({"unparseable": True}, ["s-3"]),
        ({"unsolvable": True}, ["s-2", "s-4", "s-4", "s-5"]),
        ({"package_name": "B_C"}, ["s-4"]),  # not the documents of other packages
        ({"package_name": "a", "package_version": "v2.0"}, ["s-1"]),  # nor those of runs that worked
        ({"index_url": MIRROR}, ["s-4"]),
        ({"index_url": MIRROR, "unparseable": True}, []),
        (ON_UBI, ["s-4", "s-4", "s-4"]),
        ({**in_environment(DEBIAN), "unsolvable": True}, ["s-2", "s-5"]),
    ],
)
def test_the_documents_of_failures(errors: GraphDatabase, asked: dict[str, Any], expected: list[str]) -> None:
    assert errors.get_error_solved_document_id_all(**asked) == expected
    limited = {"count": 1, "start_offset": 1}
    assert errors.get_error_solved_document_id_all(**asked, **limited) == expected[1:2]
    assert errors.get_error_solved_document_id_all(**asked, **limited, limit_results=False) == expected


def test_what_is_asked_wrongly_is_refused(errors: GraphDatabase) -> None:
    listing, counting = (
        errors.get_error_solved_python_package_versions_all,
        errors.get_error_solved_python_package_versions_count_all,
    )
    documents, number = errors.get_error_solved_document_id_all, errors.get_error_python_packages_count
    for question in (listing, counting, documents, number):
        with pytest.raises(ValueError, match="unsolvable and unparseable"):
            question(unsolvable=True, unparseable=True)
    for question in (listing, documents):
        for wrong in ({"start_offset": -1}, {"count": -1}, {"count": "10"}):
            with pytest.raises(ValueError, match=next(iter(wrong))):
                question(**wrong)


def test_failures_by_name_as_services_of_2019_ask(errors: GraphDatabase) -> None:
    assert errors.retrieve_unsolvable_python_packages() == {"a": ["10.0"]}  # though it is so on two indexes
    assert errors.retrieve_unsolvable_python_packages("solver-ubi-8.9-py38") == {"a": ["10.0"]}
    assert errors.retrieve_unsolvable_python_packages("solver-fedora-31-py37") == {}
    per_environment = errors.retrieve_unsolvable_python_packages_per_run_software_environment
    assert per_environment("solver-debian-12-py311") == {"a": ["10.0"]}
    assert errors.retrieve_unparseable_python_packages() == {"a": ["1.0rc1"]}
    assert errors.retrieve_unparseable_python_packages("solver-debian-12-py311") == {"a": ["1.0rc1"]}
    assert errors.retrieve_unparseable_python_packages("solver-rhel-8-py38") == {}
    for question in (per_environment, errors.retrieve_unparseable_python_packages):
        with pytest.raises(SolverNameParseError, match="no-solver"):
            question("no-solver")


def test_versions_that_failed_are_in_the_order_of_pep_440(graph: GraphDatabase, engine: Engine) -> None:
    places = [("a", version, url) for version in ("10.0", "2.0", "1.0rc1", "1.0") for url in (PYPI, MIRROR)]
    failed = [solved(place, DEBIAN, (f"s-{at}", at, UNSOLVABLE)) for at, place in enumerate(places)]
    write(engine, World(set(places), set(), {}, {}, failed))
    assert graph.retrieve_unsolvable_python_packages() == {"a": ["1.0rc1", "1.0", "2.0", "10.0"]}


def test_without_a_flag_errors_of_every_kind_are_counted(errors: GraphDatabase) -> None:
    assert errors.get_error_python_packages_count() == len(LISTED)
    assert errors.get_error_python_packages_count(unsolvable=True) == 2
    assert errors.get_error_python_packages_count(unparseable=True) == 1


def test_a_graph_without_runs_has_no_failures(graph: GraphDatabase) -> None:
    assert graph.get_error_solved_python_package_versions_all() == []
    assert graph.get_error_solved_document_id_all(limit_results=False) == []
    assert graph.get_error_python_packages_count() == 0
    assert graph.retrieve_unparseable_python_packages() == {}
