"""The graph cache cannot lie: with it and without it the answers are the same."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.caches import KINDS, SUITE, WORLD, Workshop, about, ask, check, need
from support.documents import DEBIAN, PYPI

from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.cache_entries import CachedRecord, Entry, edges_of, pack, pinned, unpack, unpinned

pytestmark = pytest.mark.usefixtures("check_always")


# --- Every question ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS, "file of some names", "file of some names with inserts"])
def test_the_answers_are_the_same_with_and_without_a_cache(shop: Workshop, kind: str) -> None:
    names = (
        ["six"]
        if "some" in kind
        else [document["result"]["tree"][0]["package_name"] for document in WORLD if document["result"]["tree"]]
    )
    kind = kind.replace("file of some names", "file")
    adapter = shop.of_kind("file with inserts" if kind == "file with inserts" else kind, *names)
    check(shop, adapter, random.sample(SUITE, 100))


def test_the_world_holds_what_the_suite_asks_about(shop: Workshop) -> None:
    plain = shop.plain()
    answers = [ask(plain, question) for question in random.Random(1).sample(SUITE, 300)]
    assert sum(answer == "not found" for answer in answers) > 50
    assert sum(bool(answer) and answer != "not found" for answer in answers) > 50


def test_a_file_that_questions_filled_serves_the_next_adapter(shop: Workshop, count_statements: Any) -> None:
    path = shop.directory / "filled.sqlite3"
    first = shop.adapter(path, inserts=True)
    suite = random.sample(SUITE, 60)
    check(shop, first, suite)
    first.retrieve_transitive_dependencies_python("many", "1.0", PYPI, **DEBIAN)
    first.cache.disconnect()
    for inserts in (True, False):
        second = shop.adapter(path, inserts=inserts)
        check(shop, second, suite)
        second.cache_clear()
        closure = lambda: second.retrieve_transitive_dependencies_python("many", "1.0", PYPI, **DEBIAN)  # noqa: B023, E731
        assert count_statements(second, closure) == 1, "what changed"


def test_a_question_fills_the_file_at_its_end_in_one_go(shop: Workshop, count_statements: Any) -> None:
    plain, filling = shop.adapter(), shop.adapter(shop.path("filled"), inserts=True)
    filling.python_package_exists("many")
    closure = lambda adapter: adapter.retrieve_transitive_dependencies_python("many", "1.0", PYPI, **DEBIAN)  # noqa: E731
    # However many levels there are: where the package versions were solved, and what they depend on.
    assert count_statements(filling, lambda: closure(filling)) == count_statements(plain, lambda: closure(plain)) + 2
    filling.cache_clear()
    assert count_statements(filling, lambda: closure(filling)) == 1
    # What changed, the answer, and the two.
    assert count_statements(filling, lambda: filling.get_depends_on("futures", "3.3.0")) == 4


def test_a_file_can_be_read_while_it_is_filled(shop: Workshop) -> None:
    path = shop.file("six")
    writer, reader = shop.adapter(path, inserts=True), shop.adapter(path)
    suite = random.sample(SUITE, 100)
    for number, question in enumerate(suite):
        ask(writer, question)
        if number % 20 == 0:
            check(shop, reader, suite[number : number + 5])
            check(shop, shop.adapter(path), suite[number : number + 5])


def test_a_cached_closure_asks_the_database_only_what_changed(shop: Workshop, count_statements: Any) -> None:
    adapter = shop.adapter(shop.file("requests"))
    work = lambda: adapter.retrieve_transitive_dependencies_python("requests", "2.32.3", PYPI, **DEBIAN)  # noqa: E731
    adapter.get_depends_on("requests")
    assert count_statements(adapter, work) == 1
    assert adapter.stats()["sqlite_cache_info"]["hits"] > 8


def test_all_versions_of_a_cached_package_are_known(shop: Workshop, count_statements: Any) -> None:
    adapter = shop.adapter(shop.file("requests"))
    assert count_statements(adapter, lambda: adapter.get_depends_on("requests")) == 1
    assert adapter.get_depends_on("requests") == shop.plain().get_depends_on("requests")
    # idna was reached from requests, but that all of its versions are there is not known.
    assert count_statements(adapter, lambda: adapter.get_depends_on("idna")) == 2


# --- Settings --------------------------------------------------------------------------------------------------------


def test_a_disabled_cache_is_not_asked(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.file("six")
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", str(path))
    for value, enabled in (("1", False), ("0", True), ("", True), ("true", False)):
        monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_DISABLED", value)
        adapter = GraphDatabase(shop.engine)
        adapter.has_python_solver_error("six", "1.16.0", None, **DEBIAN)
        assert GraphCache.is_enabled() is enabled
        assert adapter.cache.is_connected() is enabled
        assert adapter.stats()["sqlite_cache_info"]["hits"] == int(enabled)
        adapter.cache.disconnect()


def test_questions_fill_a_cache_only_where_they_may(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, filled in (("0", True), ("1", False), ("", False)):
        monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_INSERTS_DISABLED", value)
        assert GraphCache.is_inserts_enabled() is filled
        adapter = GraphDatabase(shop.engine)
        for _ in range(2):
            adapter.get_depends_on("six", "1.16.0", **DEBIAN)
            adapter.cache_clear()
        info = adapter.stats()
        assert info["sqlite_cache_info"]["hits"] == int(filled)
        assert info["table_size"].get("cached_package_version", 0) == int(filled)
        adapter.cache.disconnect()


def test_a_question_that_is_to_leave_the_cache_out_does_not_touch_it(shop: Workshop) -> None:
    adapter = shop.adapter(inserts=True)
    at, env = ("many", "1.0", None), DEBIAN
    adapter.get_depends_on(*at, **env, without_cache=True)
    adapter.get_python_package_version_records(*at, **env, without_cache=True)
    adapter.retrieve_transitive_dependencies_python(*at, **env, without_cache=True)
    adapter.retrieve_transitive_dependencies_python_multi(at, **env, without_cache=True)
    stats = adapter.stats()
    assert stats["sqlite_cache_info"] == {"hits": 0, "misses": 0}
    assert stats["table_size"]["cached_package_version"] == 0


def test_loading_opens_the_file_that_the_settings_name(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.file("six")
    assert GraphCache.DEFAULT_CACHE_PATH == ":memory:"
    assert GraphCache.ENV_CACHE_PATH == "THOTH_STORAGES_GRAPH_CACHE"
    loaded = GraphCache.load(str(path))
    assert loaded.is_connected()
    loaded.disconnect()
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", path.name)
    monkeypatch.chdir(path.parent)
    loaded = GraphCache.load()
    assert loaded.is_connected()
    assert set(loaded.stats()) == {"table_size", "sqlite_cache_info"}
    loaded.disconnect()
    assert loaded.stats()["table_size"] == {}
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_DISABLED", "1")
    assert not GraphCache.load(str(path)).is_connected()


# --- Threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_no_thread_sees_an_answer_get_older(shop: Workshop, kind: str, name: str) -> None:
    """Eight threads ask one adapter while another one writes versions of a dependency that only grow."""
    shop.sync(about(name, "1.0", [need("x", "0")]))
    adapter = shop.of_kind(kind, name)
    done = threading.Event()
    wrong: list[object] = []

    def ask_on() -> None:
        newest = 0
        try:
            while not done.is_set():
                (pair,) = adapter.get_depends_on(name, "1.0")[None]
                ((_root, target),) = adapter.retrieve_transitive_dependencies_python(name, "1.0", PYPI)
                for _name, version, *_index in (pair, target):
                    if int(version) < newest:
                        wrong.append((int(version), newest))
                    newest = max(newest, int(version))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask_on) for _ in range(8)]
    for thread in threads:
        thread.start()
    writer = shop.adapter()
    for number in range(1, 16):
        writer.sync_solver_result(about(name, "1.0", [need("x", str(number))]))
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert adapter.get_depends_on(name, "1.0") == {None: [("x", "15")]}
    adapter.cache_clear()
    assert adapter.get_depends_on(name, "1.0") == {None: [("x", "15")]}


# --- Entries ---------------------------------------------------------------------------------------------------------

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_maybe = st.none() | _texts
_requirements = st.lists(st.tuples(_texts, _maybe, _maybe, st.booleans()), max_size=5)
_records = st.tuples(_maybe, _texts, _texts, _texts, st.booleans(), st.none() | st.booleans())


@given(st.lists(_requirements, max_size=3), st.data())
def test_an_entry_comes_back_as_it_was(sets: list[list[tuple[str, Any, Any, bool]]], data: st.DataObject) -> None:
    edges = [edges_of(*map(list, zip(*rows, strict=True))) if rows else edges_of([], [], [], []) for rows in sets]
    assert [list(each.rows()) for each in edges] == sets
    assert all(len(each.dependencies) == len(set(each.dependencies)) for each in edges)
    numbers = data.draw(st.lists(st.integers(0, len(edges) - 1), max_size=4)) if edges else []
    records = tuple(CachedRecord._make((*data.draw(_records), number)) for number in numbers)
    assert unpack(pack(Entry(records, edges))) == Entry(records, edges)


@given(st.text(st.characters(exclude_characters="="), max_size=9), _texts)
def test_a_package_version_is_one_text(name: str, version: str) -> None:
    assert unpinned(pinned(name, version)) == (name, version)
