"""Answers that are kept in memory."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.documents import ANY, PYPI

from thoth.storages.exceptions import NotFoundError, SettingError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.memory_cache import MemoryCache

SIZES = {
    "has_python_solver_error": ("THOTH_STORAGE_HAS_PYTHON_SOLVER_ERROR_CACHE_SIZE", 4096),
    "get_python_package_version_records": ("THOTH_STORAGE_GET_PYTHON_PACKAGE_VERSION_RECORDS_CACHE_SIZE", 16384),
    "get_depends_on": ("THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE", 8192),
    "retrieve_transitive_dependencies_python": ("THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE", 8192),
    "get_python_environment_marker": ("THOTH_GET_PYTHON_ENVIRONMENT_MARKER_CACHE_SIZE", 4096),
    "get_python_cve_records_all": ("THOTH_STORAGE_GET_PYTHON_CVE_RECORDS_ALL_CACHE_SIZE", 4096),
    "get_python_package_required_symbols": ("THOTH_STORAGE_GET_PYTHON_PACKAGE_REQUIRED_SYMBOLS_CACHE_SIZE", 4096),
    "get_python_package_version_solver_rules_all": (
        "THOTH_GET_PYTHON_PYTHON_PACKAGE_VERSION_SOLVER_RULES_CACHE_SIZE",
        4096,
    ),
    "get_si_aggregated_python_package_version": ("THOTH_GET_SI_AGGREGATED_PYTHON_PACKAGE_VERSION_CACHE_SIZE", 4096),
}


def asked(memory: MemoryCache, key: str, answer: object = None) -> object:
    return memory.get_or_create("q", ("p", key), lambda: answer)


# --- By itself -------------------------------------------------------------------------------------------------------


def test_an_answer_is_asked_for_once() -> None:
    memory = MemoryCache({"q": 2, "other": 2})
    assert [asked(memory, "a", 1), asked(memory, "a", 2)] == [1, 1]
    assert memory.get_or_create("other", ("p", "a"), lambda: 3) == 3, "questions do not share answers"
    assert memory.info() == {
        "q": {"hits": 1, "misses": 1, "maxsize": 2, "currsize": 1},
        "other": {"hits": 0, "misses": 1, "maxsize": 2, "currsize": 1},
    }


@pytest.mark.parametrize("answer", [None, False, 0, (), ""])
def test_an_answer_that_is_nothing_is_remembered_too(answer: object) -> None:
    memory = MemoryCache({"q": 1})
    assert [asked(memory, "a", answer), asked(memory, "a", "other")] == [answer, answer]


def test_the_least_recently_used_answer_is_dropped_first() -> None:
    memory = MemoryCache({"q": 2})
    asked(memory, "a", 1)
    asked(memory, "b", 1)
    asked(memory, "a", 2)  # used again
    asked(memory, "c", 1)
    assert asked(memory, "a", 3) == 1
    assert asked(memory, "b", 3) == 3, "b was dropped"
    assert memory.info()["q"]["currsize"] == 2


def test_of_size_0_nothing_is_remembered() -> None:
    memory = MemoryCache({"q": 0})
    assert [asked(memory, "a", 1), asked(memory, "a", 2)] == [1, 2]
    assert memory.info()["q"] == {"hits": 0, "misses": 2, "maxsize": 0, "currsize": 0}


def test_more_answers_than_fit_are_all_given() -> None:
    memory = MemoryCache({"q": 3})
    keys: list[tuple[str | None, Any]] = [("p", number) for number in range(10)]
    calls: list[int] = []

    def ask(missing: list[Any]) -> dict[Any, int]:
        calls.append(len(missing))
        return {key: key[1] for key in missing}

    assert memory.get_or_create_many("q", keys, ask) == {key: key[1] for key in keys}
    assert memory.get_or_create_many("q", keys[-3:], ask) == {key: key[1] for key in keys[-3:]}
    assert memory.get_or_create_many("q", [], ask) == {}
    assert calls == [10]


def test_what_failed_is_asked_again() -> None:
    memory = MemoryCache({"q": 1})

    def fail() -> int:
        raise NotFoundError("not there")

    with pytest.raises(NotFoundError):
        memory.get_or_create("q", ("p", "a"), fail)
    assert asked(memory, "a", 1) == 1


def test_answers_about_a_package_are_forgotten_together() -> None:
    memory = MemoryCache({"q": 10, "r": 10})
    for question in ("q", "r"):
        for package in ("p", "s", None):
            memory.get_or_create(question, (package, 1), lambda: "old")
    memory.forget({"p"})
    for question in ("q", "r"):
        assert memory.get_or_create(question, ("p", 1), lambda: "new") == "new"
        assert memory.get_or_create(question, ("s", 1), lambda: "new") == "old"
        assert memory.get_or_create(question, (None, 1), lambda: "new") == "old"
    memory.clear()
    assert memory.get_or_create("q", ("s", 1), lambda: "new") == "new"


@pytest.mark.parametrize("change", ["forget", "clear"])
def test_an_answer_that_was_asked_for_before_a_change_is_not_kept(change: str) -> None:
    memory = MemoryCache({"q": 10})

    def ask() -> str:
        memory.forget({"p"}) if change == "forget" else memory.clear()
        return "old"

    assert memory.get_or_create("q", ("p", 1), ask) == "old"
    assert memory.get_or_create("q", ("p", 1), lambda: "new") == "new"


def test_a_slow_question_stops_no_other() -> None:
    memory = MemoryCache({"q": 10})
    go_on = threading.Event()
    slow = threading.Thread(target=lambda: memory.get_or_create("q", ("p", 1), lambda: go_on.wait(10)))
    slow.start()
    assert memory.get_or_create("q", ("p", 2), lambda: 2) == 2
    memory.forget({"p"})
    assert memory.info()["q"]["misses"] == 2
    go_on.set()
    slow.join()


# --- In an adapter ---------------------------------------------------------------------------------------------------


def test_the_sizes_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    def maxsizes() -> dict[str, int]:
        return {name: info["maxsize"] for name, info in GraphDatabase().stats()["memory_cache_info"].items()}

    assert maxsizes() == {name: default for name, (_variable, default) in SIZES.items()}
    for number, variable in enumerate(sorted({variable for variable, _default in SIZES.values()})):
        monkeypatch.setenv(variable, str(number))
    order = sorted({variable for variable, _default in SIZES.values()})
    assert maxsizes() == {name: order.index(variable) for name, (variable, _default) in SIZES.items()}


@pytest.mark.parametrize("wrong", ["-1", "many", "1.5"])
def test_a_size_that_is_no_number_is_an_error_of_the_settings(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE", wrong)
    with pytest.raises(SettingError, match="GET_DEPENDS_ON_CACHE_SIZE"):
        GraphDatabase()


def test_statistics_have_the_shape_that_callers_read(graph: GraphDatabase, document_of: Any) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    for _ in range(3):
        graph.get_depends_on("flask", "3.0.3")
        graph.get_depends_on(package_version="3.0.3", package_name="Flask")
    stats = graph.stats()
    assert set(stats) == {"statements", "memory_cache_info", "table_size", "sqlite_cache_info"}
    assert set(stats["memory_cache_info"]) == set(SIZES)
    assert stats["memory_cache_info"]["get_depends_on"] == {"hits": 5, "misses": 1, "maxsize": 8192, "currsize": 1}
    assert stats["sqlite_cache_info"] == {"hits": 0, "misses": stats["sqlite_cache_info"]["misses"]}
    graph.cache_clear()
    assert graph.stats()["memory_cache_info"]["get_depends_on"]["currsize"] == 0


def test_adapters_do_not_share_answers(graph: GraphDatabase, document_of: Any) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    graph.get_depends_on("six")
    other = GraphDatabase()
    assert other.stats()["memory_cache_info"]["get_depends_on"]["currsize"] == 0
    other.cache_clear()
    assert graph.stats()["memory_cache_info"]["get_depends_on"]["currsize"] == 1


def test_what_a_caller_does_to_an_answer_stays_with_the_caller(graph: GraphDatabase, document_of: Any) -> None:
    for requirement in ("flask==3.0.3", "werkzeug==3.0.4", "markupsafe==2.1.5"):
        graph.sync_solver_result(document_of(requirement))
    at = ("flask", "3.0.3", PYPI)
    first: Any
    for ask in (
        lambda: graph.get_depends_on(*at),
        lambda: graph.get_python_package_version_records(*at, **ANY),
        lambda: graph.retrieve_transitive_dependencies_python(*at),
        lambda: graph.retrieve_transitive_dependencies_python_multi(at, ("Flask", "3.0.3", PYPI)),
        lambda: graph.get_solved_python_package_versions_all(),
        lambda: graph.get_python_package_index_all(),
    ):
        first, before = ask(), repr(ask())
        if isinstance(first, dict):
            for value in first.values():
                value.clear()
                assert repr(ask()) == before
            first.clear()
        else:
            if isinstance(first[0], dict):
                first[0].clear()
            first.pop()
            first.append("mine")
        assert repr(ask()) == before


def test_extras_that_change_after_the_question_do_not_change_the_answer(graph: GraphDatabase, document_of: Any) -> None:
    graph.sync_solver_result(document_of("attrs==23.2.0"))
    extras: set[str | None] = {None}
    first = graph.get_depends_on("attrs", extras=extras)
    extras.add("tests")
    second = graph.get_depends_on("attrs", extras=extras)
    assert set(first) == {None}
    assert set(second) == {None, "tests"}
    assert graph.get_depends_on("attrs", extras=[None]) == first


def test_a_remembered_answer_takes_one_statement_at_most(
    graph: GraphDatabase, document_of: Any, count_statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    marker = {"dependency_name": "click", "dependency_version": "8.1.7", **ANY}
    asks = [
        lambda: graph.get_depends_on("flask", "3.0.3"),
        lambda: graph.get_python_package_version_records("flask", "3.0.3", None, **ANY),
        lambda: graph.has_python_solver_error("flask", "3.0.3", None, **ANY),
        lambda: graph.get_python_environment_marker("flask", "3.0.3", None, **marker),
        lambda: graph.retrieve_transitive_dependencies_python("flask", "3.0.3", None),
    ]
    for ask in asks:
        ask()
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "0")
    graph.sync_solver_result(document_of("six==1.16.0"))  # of another package: nothing is forgotten
    assert [count_statements(graph, ask) for ask in asks] == [1] * 5
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    asks[0]()
    assert [count_statements(graph, ask) for ask in asks] == [0] * 5


def test_after_disconnecting_nothing_is_remembered(graph: GraphDatabase, document_of: Any, template: URL) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    assert graph.get_depends_on("six") == {}
    graph.disconnect()
    assert graph.stats()["memory_cache_info"]["get_depends_on"]["currsize"] == 0
    graph.connect()
    assert graph.get_depends_on("six") == {}
    assert graph.stats()["memory_cache_info"]["get_depends_on"]["misses"] == 2
