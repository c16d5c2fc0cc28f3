"""Python package indexes."""

from __future__ import annotations

from typing import Any

import pytest
from support.documents import PYPI

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase

ACME = "https://acme.example.org/simple"
DEFAULTS = {"warehouse_api_url": None, "verify_ssl": True, "only_if_package_seen": True}


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


@pytest.mark.parametrize("wrong", ["", "   ", "/", " // "])
def test_an_index_without_a_url_is_the_callers_error(graph: GraphDatabase, wrong: str) -> None:
    with pytest.raises(ValueError, match="url"):
        graph.register_python_package_index(wrong)
    assert graph.get_python_package_index_urls_all() == []


def test_a_url_with_every_special_character_is_kept(graph: GraphDatabase) -> None:
    url = "https://user:p%40ss@host:8443/a'b\"c\\d%s:x/simple?y=1&z=é#f"
    assert graph.register_python_package_index(url) is True
    assert graph.get_python_package_index_urls_all() == [url]
    assert graph.is_python_package_index_enabled(url) is False


def test_each_question_is_one_statement(graph: GraphDatabase, count_statements: Any) -> None:
    assert count_statements(graph, lambda: graph.register_python_package_index(PYPI)) == 1
    assert count_statements(graph, lambda: graph.set_python_package_index_state(PYPI, enabled=True)) == 1
    assert count_statements(graph, lambda: graph.is_python_package_index_enabled(PYPI)) == 1
    assert count_statements(graph, graph.get_python_package_index_all) == 1
    assert count_statements(graph, graph.get_python_package_index_urls_all) == 1
