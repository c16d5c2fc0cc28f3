"""Python package indexes: which are known, what can be none, and what happens as one goes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.documents import MIRROR, PYPI
from support.tables import CountStatements, count, rows_of
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase

ACME = "https://acme.example.org/simple"
DEFAULTS = {"warehouse_api_url": None, "verify_ssl": True, "only_if_package_seen": True}


@pytest.fixture
def graph(emptied: GraphDatabase) -> GraphDatabase:
    """An adapter to an empty graph, which is no copy of its own."""
    return emptied


@pytest.fixture
def engine(graph: GraphDatabase) -> Engine:
    return graph._connected_engine()


# --- Which are known -------------------------------------------------------------------------------------------------


def test_no_index_is_known_at_first(graph: GraphDatabase) -> None:
    assert graph.get_python_package_index_all() == []
    assert graph.get_python_package_index_urls_all() == []
    with pytest.raises(NotFoundError, match="acme"):
        graph.is_python_package_index_enabled(ACME)
    with pytest.raises(NotFoundError, match="acme"):
        graph.set_python_package_index_state(ACME, enabled=True)
    assert graph.get_python_package_index_urls_all() == []


def test_registering_says_whether_the_index_is_new(graph: GraphDatabase) -> None:
    assert graph.register_python_package_index(PYPI) is True
    assert graph.register_python_package_index(f"{PYPI}/") is False
    assert graph.register_python_package_index(ACME, "https://acme.example.org/pypi", False, True, False) is True
    assert graph.get_python_package_index_all() == [
        {
            "url": ACME,
            "warehouse_api_url": "https://acme.example.org/pypi",
            "verify_ssl": False,
            "only_if_package_seen": False,
        },
        {"url": PYPI, **DEFAULTS},
    ]


def test_registering_again_overwrites_everything_with_the_defaults_too(graph: GraphDatabase) -> None:
    graph.register_python_package_index(ACME, "https://acme.example.org/pypi", False, True, False)
    assert graph.is_python_package_index_enabled(ACME) is True
    assert graph.register_python_package_index(ACME) is False
    assert graph.is_python_package_index_enabled(ACME) is False
    assert graph.get_python_package_index_all() == [{"url": ACME, **DEFAULTS}]


def test_the_index_of_a_document_becomes_known_and_is_disabled(graph: GraphDatabase, document_of: Any) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    assert graph.get_python_package_index_all(enabled=False) == [{"url": PYPI, **DEFAULTS}]
    assert graph.register_python_package_index(PYPI, enabled=True) is False
    document = document_of("six==1.15.0")
    document["result"]["tree"][0]["index_url"] = f"{PYPI}/"
    graph.sync_solver_result(document)
    assert graph.is_python_package_index_enabled(PYPI) is True, "a document does not disable what is enabled"
    assert graph.get_python_package_index_urls_all() == [PYPI]


def test_the_state_of_an_index_can_be_set_in_any_spelling(graph: GraphDatabase) -> None:
    graph.register_python_package_index("https://pypi.python.org/simple/")
    assert graph.get_python_package_index_urls_all() == [PYPI]
    assert graph.set_python_package_index_state(f" {PYPI}// ", enabled=True) is None
    assert graph.is_python_package_index_enabled(f"{PYPI}/") is True
    graph.set_python_package_index_state(PYPI, enabled=True)
    graph.set_python_package_index_state(PYPI, enabled=False)
    assert graph.is_python_package_index_enabled(PYPI) is False


def test_listings_can_be_narrowed_to_one_state(graph: GraphDatabase) -> None:
    urls = [f"https://index{number}.example.org/simple" for number in range(4)]
    for number, url in reversed(list(enumerate(urls))):
        graph.register_python_package_index(url, enabled=number % 2 == 0)
    for enabled, expected in ((True, urls[::2]), (False, urls[1::2]), (None, urls)):
        assert graph.get_python_package_index_urls_all(enabled) == expected
        assert graph.get_python_package_index_urls_all(enabled=enabled) == expected
        assert [index["url"] for index in graph.get_python_package_index_all(enabled=enabled)] == expected
        assert [index["url"] for index in graph.python_package_index_listing(enabled)] == expected
        assert graph.get_python_package_index_urls(enabled) == set(expected)


def test_the_listing_by_its_name_of_2019_gives_what_there_was_then(graph: GraphDatabase) -> None:
    graph.register_python_package_index(PYPI, "https://pypi.org/pypi", verify_ssl=False)
    assert graph.python_package_index_listing() == [
        {"url": PYPI, "warehouse_api_url": "https://pypi.org/pypi", "verify_ssl": False}
    ]


def test_urls_are_sorted_as_python_sorts_them_and_kept_whatever_is_in_them(graph: GraphDatabase) -> None:
    odd = "https://user:p%40ss@host:8443/a'b\"c\\d%s:x/simple?y=1&z=é#f"
    urls = ["https://a.example/Z", "https://a.example/a-b", "https://a.example/aa", "https://A.example", "http://é"]
    for url in [odd, *urls]:
        assert graph.register_python_package_index(url) is True
    assert graph.get_python_package_index_urls_all() == sorted([odd, *urls])
    assert [index["url"] for index in graph.python_package_index_listing()] == sorted([odd, *urls])
    assert graph.is_python_package_index_enabled(odd) is False


def test_each_question_is_one_statement(graph: GraphDatabase, count_statements: CountStatements) -> None:
    assert count_statements(graph, lambda: graph.register_python_package_index(PYPI)) == 1
    assert count_statements(graph, lambda: graph.set_python_package_index_state(PYPI, enabled=True)) == 1
    assert count_statements(graph, lambda: graph.is_python_package_index_enabled(PYPI)) == 1
    assert count_statements(graph, graph.get_python_package_index_all) == 1
    assert count_statements(graph, graph.get_python_package_index_urls_all) == 1


# --- What can be none, before the database is asked ------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong", ["", "   ", "/", " // ", "pypi", "pypi.org/simple", "/simple", "://pypi.org", "https://a b"]
)
def test_an_index_without_a_url_is_the_callers_error(wrong: str) -> None:
    with pytest.raises(
        ValueError, match="^url of a Python package index must be a URL such as https://pypi.org/simple"
    ):
        GraphDatabase().register_python_package_index(wrong)


@pytest.mark.parametrize("wrong", [None, 5, "https://x.example\x00", "https://x.example/\ud800", "x" * 3000])
def test_what_can_be_no_url_is_refused_by_name(wrong: Any) -> None:
    graph = GraphDatabase()
    for tell in (graph.register_python_package_index, graph.is_python_package_index_enabled):
        with pytest.raises(ValueError, match="^url of a Python package index must be "):
            tell(wrong)
    for tell in (graph.delete_python_package_index, graph.get_python_packages_for_index):
        with pytest.raises(ValueError, match="^index_url of a Python package index must be "):
            tell(wrong)
    with pytest.raises(ValueError, match="^url of a Python package index must be "):
        graph.set_python_package_index_state(wrong, enabled=True)


@pytest.mark.parametrize("wrong", ["1", None, True, 1.0])
def test_an_index_has_a_number(wrong: Any) -> None:
    with pytest.raises(TypeError, match="package_index_id must be the number of an index, not "):
        GraphDatabase().get_index_url_from_id(wrong)


# --- Those that go ---------------------------------------------------------------------------------------------------


def test_an_index_goes_with_all_that_is_on_it(graph: GraphDatabase, engine: Engine, document_of: Any) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    assert graph.get_depends_on("flask", "3.0.3", PYPI)
    assert graph.get_python_packages_for_index(f"{PYPI}/") == {"flask"}
    ((index_id,),) = rows_of(engine, "SELECT id FROM python_package_index")
    assert graph.get_index_url_from_id(index_id) == PYPI
    assert graph.delete_python_package_index(PYPI + "/") == 1
    with pytest.raises(NotFoundError):
        graph.get_depends_on("flask", "3.0.3", PYPI)
    assert graph.get_python_packages_for_index(PYPI) == set()
    assert graph.delete_python_package_index(PYPI) == 0
    for gone in (index_id, 2**70):
        with pytest.raises(NotFoundError, match=f"no Python package index with the id {gone}"):
            graph.get_index_url_from_id(gone)


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
