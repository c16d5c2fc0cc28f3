"""Indexes that go while others write, what can be no index, and the order of their URLs."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.tables import count, rows_of
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"


def test_what_is_on_other_indexes_and_on_none_stays(graph: GraphDatabase, engine: Engine) -> None:
    for url in (PYPI, MIRROR):
        graph.register_python_package_index(url)
    for url, version in itertools.product((PYPI, MIRROR, None), ("1.0", "2.0")):
        graph.create_python_package_version_entity("flask", version, url)
    graph.create_python_package_version_entity("click", "1.0", MIRROR)
    graph.create_python_rule("flask", index_url=PYPI)
    on_mirror = graph.create_python_rule("flask", index_url=MIRROR)
    assert len(graph.get_python_package_version_solver_rules_all("flask")) == 2, "and remembered"
    assert graph.delete_python_package_index(f" {PYPI}/ ") == 1
    assert graph.get_python_package_index_urls_all() == [MIRROR]
    assert graph.get_python_rule_all() == [on_mirror], "a rule of the index goes with it"
    applied = graph.get_python_package_version_solver_rules_all("flask")
    assert [(rule.rule_id, rule.index_url) for rule in applied] == [(on_mirror["id"], MIRROR)], "each once"
    assert count(engine, "python_package_version_entity") == 5
    changed = "SELECT DISTINCT package_name FROM package_change WHERE xid = (SELECT max(xid) FROM package_change)"
    assert rows_of(engine, changed) == [("flask",)], "click was not on it"


def test_whoever_comes_onto_an_index_that_goes_is_known_to_have_gone(graph: GraphDatabase, engine: Engine) -> None:
    graph.register_python_package_index(PYPI)
    with Session(engine) as session:
        arrives = f"""INSERT INTO python_package_version_entity (package_name, python_package_index_id)
            SELECT 'latecomer', id FROM python_package_index WHERE url = '{PYPI}'"""
        session.connection().exec_driver_sql(arrives)
        deleting = Doing(lambda: graph.delete_python_package_index(PYPI))
        wait_for(lambda: bool(waiting_pids(engine)), "who deletes waits for the writer")
        session.commit()
    deleting.result()
    assert count(engine, "python_package_version_entity") == 0
    assert ("latecomer",) in rows_of(engine, "SELECT package_name FROM package_change")


@pytest.mark.parametrize("wrong", [None, 5, "https://x.example\x00", "https://x.example/\ud800", "x" * 3000])
def test_what_can_be_no_url_is_refused_by_name(graph: GraphDatabase, wrong: Any) -> None:
    for tell in (graph.register_python_package_index, graph.is_python_package_index_enabled):
        with pytest.raises(ValueError, match="^url of a Python package index must be "):
            tell(wrong)
    for tell in (graph.delete_python_package_index, graph.get_python_packages_for_index):
        with pytest.raises(ValueError, match="^index_url of a Python package index must be "):
            tell(wrong)
    with pytest.raises(ValueError, match="^url of a Python package index must be "):
        graph.set_python_package_index_state(wrong, enabled=True)


@pytest.mark.parametrize("wrong", ["1", None, True, 1.0])
def test_an_index_has_a_number(graph: GraphDatabase, wrong: Any) -> None:
    with pytest.raises(TypeError, match="package_index_id must be the number of an index, not "):
        graph.get_index_url_from_id(wrong)
    with pytest.raises(NotFoundError):
        graph.get_index_url_from_id(2**70)


def test_urls_are_sorted_as_python_sorts_them(graph: GraphDatabase) -> None:
    urls = ["https://a.example/Z", "https://a.example/a-b", "https://a.example/aa", "https://A.example", "http://é"]
    for url in urls:
        graph.register_python_package_index(url)
    assert graph.get_python_package_index_urls_all() == sorted(urls)
    assert [index["url"] for index in graph.python_package_index_listing()] == sorted(urls)
