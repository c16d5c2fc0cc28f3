"""Questions by the names of late 2019 are answered as those of today are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.adviser_documents import adviser, product
from support.databases import graph_with
from support.documents import PYPI, real_documents

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.models_performance import ALL_PERFORMANCE_MODELS

FLASK = {"package_name": "Flask", "package_version": "3.0.3", "index_url": PYPI}
RHEL = {"os_name": "rhel", "os_version": "8", "python_version": "3.11"}
PAGE: dict[str, Any] = {"start_offset": 3, "count": 4}


@pytest.fixture(scope="module")
def asked(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """What real documents say; twelve versions wait besides, and a user has a stack."""
    with graph_with(server, template, "transitional", real_documents()) as graph:
        for number in range(12):
            graph.create_python_package_version_entity("waits", f"{number}.0", PYPI)
        stack = product(1.0, ["flask"], ["flask==1.1.2"])
        graph.sync_adviser_result(adviser(stack))
        yield graph


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("get_python_package_versions", "get_python_package_versions_all"),
        ("get_solved_python_package_versions", "get_solved_python_package_versions_all"),
        ("get_error_solved_python_package_versions", "get_error_solved_python_package_versions_all"),
    ],
)
@pytest.mark.parametrize("narrowed", [{}, FLASK, RHEL, {**FLASK, **RHEL}, PAGE, {"count": None, "distinct": True}])
def test_a_listing_is_that_of_its_newer_name(
    asked: GraphDatabase, earlier: str, now: str, narrowed: dict[str, Any]
) -> None:
    assert getattr(asked, earlier)(**narrowed) == getattr(asked, now)(**narrowed)


def test_each_argument_reaches_the_listing(asked: GraphDatabase) -> None:
    question = asked.get_solved_python_package_versions
    everything = question(count=None)
    assert question(**PAGE) == everything[3:7] and len(everything) > 20
    assert {name for name, _, _ in question(package_name="Flask")} == {"flask"}
    assert 0 < len(question(count=None, distinct=True)) <= len(everything)
    nothing = [{"os_name": "x"}, {"os_version": "x"}, {"python_version": "x"}, {"package_version": "x"}]
    assert [question(**one) for one in [*nothing, {"index_url": "https://x"}]] == [[]] * 5


def test_errors_are_those_of_the_kind_that_is_asked_for(asked: GraphDatabase) -> None:
    question = asked.get_error_solved_python_package_versions
    unsolvable, unparseable = question(unsolvable=True), question(unparseable=True)
    assert unsolvable and unparseable and not set(unsolvable) & set(unparseable)
    assert set(unsolvable + unparseable) < set(question())
    with pytest.raises(ValueError, match="unsolvable and unparseable cannot both be True"):
        question(unsolvable=True, unparseable=True)


def test_pages_of_what_waits_follow_one_another(asked: GraphDatabase) -> None:
    question = asked.get_unsolved_python_package_versions
    everything = question(count=None)
    assert everything == asked.get_unsolved_python_package_versions_all(count=None, randomize=False)
    assert [*question(count=5), *question(start_offset=5, count=None)] == everything
    assert question(package_name="waits", count=2) == [("waits", "0.0", PYPI), ("waits", "1.0", PYPI)]


def test_packages_that_wait_are_counted_as_they_are_listed(asked: GraphDatabase) -> None:
    for distinct in (False, True):
        for where in ({}, RHEL, {"os_name": "nowhere"}):
            listed = asked.get_unsolved_python_packages_all(count=None, distinct=distinct, **where)
            assert asked.get_unsolved_python_packages_count_all(distinct=distinct, **where) == len(listed) > 0


def test_names_are_all_on_one_page(asked: GraphDatabase) -> None:
    names = asked.get_python_package_names_all()
    assert names == sorted(name for name, _, _ in asked.get_solved_python_package_versions(count=None))
    assert asked.get_python_package_names_all(distinct=True) == sorted(set(names))
    assert asked.get_python_package_names_all(**RHEL) == [
        name for name, *_ in asked.get_solved_python_package_versions(count=None, **RHEL)
    ]
    assert asked.get_python_package_names_all(python_version="2.7") == []


def test_names_of_an_index_are_those_of_today(asked: GraphDatabase) -> None:
    for distinct in (False, True):
        now = asked.get_python_package_versions_per_index(PYPI, distinct=distinct)
        assert asked.get_python_packages_per_index(PYPI, distinct) == now != {PYPI: []}


def test_stacks_of_users_are_counted_among_their_own(asked: GraphDatabase) -> None:
    count = asked.python_software_stack_count
    assert [count(kind) for kind in ("USER", "user", "ADVISED", "INSPECTION")] == [1, 1, 1, 0]
    assert count("ADVISED", unique=True) == 1
    with pytest.raises(ValueError, match="software_stack_type must be one of USER, INSPECTION, ADVISED, not 'x'"):
        count("x")


def test_every_table_is_counted(asked: GraphDatabase) -> None:
    assert asked.get_number_main_tables_records() == asked.get_main_table_count()
    assert asked.get_number_relation_tables_records() == asked.get_relation_table_count()
    assert asked.get_number_performance_tables_records() == {model.__tablename__: 0 for model in ALL_PERFORMANCE_MODELS}
