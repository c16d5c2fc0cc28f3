"""The graph cache cannot lie: with it, without it and with a broken one the answers are the same."""

from __future__ import annotations

import copy
import itertools
import json
import logging
import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from thoth.storages.embedded import EmbeddedPostgres
from thoth.storages.exceptions import (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    GraphCacheError,
    NotFoundError,
)
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.cache import CachedEdge, CachedRecord, pack, unpack
from thoth.storages.graph.documents import solver as solver_documents
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.writers import solver as solver_writer

BUNDLE = Path(__file__).resolve().parents[2] / "thoth" / "storages" / "data" / "solver"
PYPI = "https://pypi.org/simple"
MIRROR = "https://mirror.example.org/simple"
DEBIAN = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}
RHEL = {"os_name": "rhel", "os_version": "8", "python_version": "3.8"}
ANY: dict[str, Any] = dict.fromkeys(DEBIAN)
ON_DEBIAN, ON_RHEL = "solver-debian-12-py311", "solver-rhel-8-py38"

_numbers = itertools.count(1)
_TEMPLATE = json.loads(next(BUNDLE.glob("*-261122110809-*.json")).read_bytes())

Need = tuple[str, str, str | None, str | None, bool]
"""A dependency's name and version, the extra, the marker, whether it holds."""


# --- Documents and adapters ------------------------------------------------------------------------------------------


def made(
    name: str,
    version: str = "1.0",
    needs: Iterable[Need] = (),
    *,
    solver: str = ON_DEBIAN,
    index: str = PYPI,
    error: bool = False,
    day: int | None = None,
) -> dict[str, Any]:
    """A solver document; each is newer than the one before, unless the day is said."""
    number = next(_numbers)
    document = copy.deepcopy(_TEMPLATE)
    moment = f"2030-01-01T00:00:00.{number:06d}" if day is None else f"2029-01-{day:02d}T00:00:00"
    document["metadata"] |= {"document_id": f"{solver}-300101000000-{number:06d}", "datetime": moment}
    tree = document["result"]["tree"][0]
    tree |= {"package_name": name, "package_version": version, "package_version_requested": version}
    tree |= {"index_url": index}
    tree["dependencies"] = [
        {
            "package_name": dependency,
            "resolved_versions": [{"index": index, "versions": [of]}],
            "extra": [extra] if extra else [],
            "extras": [],
            "marker": marker,
            "marker_evaluation_result": holds,
            "specifier": "*",
        }
        for dependency, of, extra, marker, holds in needs
    ]
    if error:
        failed = {"package_name": name, "package_version": version, "index_url": index}
        document["result"] |= {"tree": [], "errors": [{**failed, "is_provided_package_version": True}]}
    return document


def need(
    name: str, version: str = "1.0", extra: str | None = None, marker: str | None = None, holds: bool = True
) -> Need:
    return name, version, extra, marker, holds


def _world_documents() -> list[dict[str, Any]]:
    """The real ones; packages of several environments and indexes whose dependencies interleave."""
    documents = [json.loads(path.read_bytes()) for path in sorted(BUNDLE.glob("*.json"))]
    documents += [
        made("many", "1.0", [need("flask", "3.0.3"), need("zipp", "3.20.2")]),
        made("many", "1.0", [need("idna", "3.10"), need("idna", "3.6"), need("attrs", "23.2.0")], solver=ON_RHEL),
        made("many", "1.0", [need("click", "8.1.7", "x"), need("many", "1.0")], index=MIRROR),
        made("many", "2.0", [need("six", "1.16.0", None, "m"), need("six", "1.16.0", "x", None, False)]),
        made("many", "2.0", [need("unsolved", "9", "x"), need("many", "1.0", None, "a", False)], solver=ON_RHEL),
        made("many", "10.0", error=True),
        made("many", "10.0", [need("six", "1.16.0", None, "m", False)], solver=ON_RHEL),
        made("six", "1.16.0", [need("many", "2.0")], solver=ON_RHEL, index=MIRROR),
    ]
    return documents


WORLD = _world_documents()


@dataclass
class Workshop:
    """A database, and the adapters to it that are made in a test."""

    engine: Engine
    directory: Path
    _open: list[GraphCache] = field(default_factory=list)

    def adapter(self, path: Path | str | None = None, *, inserts: bool = False) -> GraphDatabase:
        cache = GraphCache(str(path) if path else ":memory:", writable=inserts)
        self._open.append(cache)
        return GraphDatabase(self.engine, cache=cache)

    def plain(self) -> GraphDatabase:
        """An adapter that remembers nothing."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name in (
                "THOTH_STORAGE_HAS_PYTHON_SOLVER_ERROR_CACHE_SIZE",
                "THOTH_STORAGE_GET_PYTHON_PACKAGE_VERSION_RECORDS_CACHE_SIZE",
                "THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE",
                "THOTH_GET_PYTHON_ENVIRONMENT_MARKER_CACHE_SIZE",
            ):
                monkeypatch.setenv(name, "0")
            return self.adapter()

    def sync(self, *documents: dict[str, Any]) -> None:
        """Tell the graph through an adapter that nobody else uses."""
        for document in documents:
            self.adapter().sync_solver_result(document)

    def file(self, *names: str) -> Path:
        """A cache file made by an adapter that nobody else uses."""
        path = self.directory / f"cache{next(_numbers)}.sqlite3"
        self.adapter().create_graph_cache(str(path), names)
        return path

    def of_kind(self, kind: str, *names: str) -> GraphDatabase:
        """An adapter that remembers in one of the ways there are; the file has been made before."""
        if kind == "memory":
            return self.adapter()
        if kind == "inserts":
            return self.adapter(inserts=True)
        path = self.directory / f"filled{next(_numbers)}.sqlite3" if kind == "inserts into file" else self.file(*names)
        return self.adapter(path, inserts=kind != "file")

    def close(self) -> None:
        for cache in self._open:
            cache.disconnect()


KINDS = ["memory", "file", "inserts", "inserts into file", "file with inserts"]


@pytest.fixture(autouse=True)
def _check_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "0")


@pytest.fixture(scope="module")
def world_engine(server: URL, template: URL) -> Iterator[Engine]:
    """A graph with the documents above; tests that write use names of their own."""
    url = server.set(database=f"cache_{os.getpid()}")
    admin = make_maintenance_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{url.database}" TEMPLATE "{template.database}"'))
    engine = make_engine(url)
    adapter = GraphDatabase(engine, cache=GraphCache())
    for document in WORLD:
        adapter.sync_solver_result(document)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{url.database}" WITH (FORCE)'))


@pytest.fixture
def shop(world_engine: Engine, tmp_path: Path) -> Iterator[Workshop]:
    workshop = Workshop(world_engine, tmp_path)
    yield workshop
    workshop.close()


@pytest.fixture
def own_shop(database: URL, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop with an empty graph that belongs to the test alone."""
    engine = make_engine(database)
    workshop = Workshop(engine, tmp_path)
    yield workshop
    workshop.close()
    engine.dispose()


@pytest.fixture
def name() -> str:
    """A package name that no other test uses."""
    return f"package-{next(_numbers)}"


# --- Every question --------------------------------------------------------------------------------------------------

Question = tuple[str, tuple[Any, ...], dict[str, Any]]


def questions(
    pairs: Iterable[tuple[str, str]],
    indexes: Iterable[str | None] = (None, PYPI, MIRROR),
    environments: Iterable[dict[str, Any]] = (ANY, DEBIAN, RHEL),
) -> list[Question]:
    asked: list[Question] = []
    for pair, index, env in itertools.product(pairs, indexes, environments):
        at = (*pair, index)
        asked.append(("get_python_package_version_records", at, env))
        asked.append(("has_python_solver_error", at, env))
        asked.append(("get_depends_on", at, env))
        asked.append(("get_depends_on", at, {**env, "is_missing": False, "extras": frozenset({None, "x"})}))
        asked.append(("get_depends_on", at, {**env, "is_missing": True, "marker_evaluation_result": True}))
        asked.append(("get_depends_on", (pair[0], None, index), {**env, "marker_evaluation_result": False}))
        asked.append(("get_depends_on", (pair[0],), {**env, "extras": ()}))
        asked.append(("retrieve_transitive_dependencies_python", at, env))
        asked.append(
            ("retrieve_transitive_dependencies_python", at, {**env, "extras": {"x"}, "marker_evaluation_result": True})
        )
        asked.append(("retrieve_transitive_dependencies_python_multi", (at, ("Many", "2.0", None)), env))
        for dependency, marker in itertools.product((("six", "1.16.0"), ("idna", "3.6")), (None, True, False)):
            keywords = {"dependency_name": dependency[0], "dependency_version": dependency[1], **env}
            asked.append(("get_python_environment_marker", at, {**keywords, "marker_evaluation_result": marker}))
    return asked


def ask(adapter: GraphDatabase, question: Question) -> Any:
    name, arguments, keywords = question
    try:
        answer = getattr(adapter, name)(*arguments, **keywords)
    except NotFoundError:
        return "not found"
    return list(answer.items()) if isinstance(answer, dict) else answer  # the order of keys is part of the answer


def asked_about(name: str, *versions: str) -> list[Question]:
    """Some of the questions, which ones is random."""
    return random.sample(questions([(name, of) for of in versions or ("1.0",)], (None,), (ANY, DEBIAN)), 20)


SUITE = questions(
    [
        ("many", "1.0"),
        ("many", "2.0"),
        ("many", "10.0"),
        ("six", "1.16.0"),
        ("flask", "3.0.3"),
        ("attrs", "23.2.0"),
        ("requests", "2.32.3"),
        ("futures", "3.3.0"),
        ("no-such-package", "1.0"),
        ("flask", "0.1"),
    ]
)


def check(shop: Workshop, adapter: GraphDatabase, suite: list[Question]) -> None:
    """The adapter answers as one that remembers nothing: at first, from memory, and from its file."""
    plain = shop.plain()
    expected = [(question, ask(plain, question)) for question in suite]
    for round_ in ("first", "from memory", "from the file"):
        if round_ == "from the file":
            adapter.cache_clear()
        for question, answer in expected:
            assert ask(adapter, question) == answer, (round_, question)


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


# --- Making a file ---------------------------------------------------------------------------------------------------


def test_a_cache_holds_everything_that_is_reached(shop: Workshop) -> None:
    path = shop.directory / "cache.sqlite3"
    told: list[tuple[int, int]] = []
    summary = shop.adapter().create_graph_cache(
        str(path),
        ["Python_DateUtil", "no-such-package", "zz", "zz", "python-dateutil"],
        lambda *step: told.append(step),
    )
    assert summary == {
        "cache_file": str(path),
        "cache_file_size": path.stat().st_size,
        # python-dateutil 2.8.2, six 1.15.0, six 1.16.0, and what six 1.16.0 needs on the mirror: many 2.0 and 1.0 ...
        "package_versions": summary["package_versions"],
        "unknown_packages": ["no-such-package", "zz"],
    }
    with closing(sqlite3.connect(path)) as connection:
        held = set(connection.execute("SELECT package_name, package_version FROM cached_package_version"))
        complete = [name for (name,) in connection.execute("SELECT package_name FROM cached_package")]
        information = dict(connection.execute("SELECT key, value FROM cache_information"))
    assert {("python-dateutil", "2.8.2"), ("six", "1.15.0"), ("six", "1.16.0"), ("many", "2.0")} <= held
    assert ("many", "10.0") not in held
    assert ("unsolved", "9") not in held, "nobody solved it yet"
    assert len(held) == summary["package_versions"]
    assert complete == ["python-dateutil"]
    assert json.loads(information["python-packages"]) == ["no-such-package", "python-dateutil", "zz"]
    assert told and told[-1][0] == told[-1][1]
    assert list(path.parent.iterdir()) == [path], "nothing is left beside it"


def test_a_file_takes_few_statements_for_each_level(shop: Workshop, count_statements: Any) -> None:
    adapter = shop.adapter()
    path = str(shop.directory / "cache.sqlite3")
    # What changed, the versions, and two statements for each level: python-dateutil → six → many → ... → their leaves.
    assert count_statements(adapter, lambda: adapter.create_graph_cache(path, ["python-dateutil"])) <= 2 + 2 * 10


def test_a_file_that_cannot_be_written_is_an_error_of_ours(shop: Workshop) -> None:
    directory = shop.directory / "directory"
    directory.mkdir()
    for path in (shop.directory / "missing" / "cache", directory):
        with pytest.raises(GraphCacheError, match=str(path)):
            shop.adapter().create_graph_cache(str(path), ["six"])
    assert list(shop.directory.iterdir()) == [directory]
    assert list(directory.iterdir()) == []


def test_a_failure_on_the_way_leaves_the_old_file(shop: Workshop) -> None:
    path = shop.file("six")
    before = path.read_bytes()

    def fail(_done: int, _known: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.adapter().create_graph_cache(str(path), ["flask"], fail)
    assert path.read_bytes() == before
    assert list(shop.directory.iterdir()) == [path]


def test_a_file_is_replaced_while_readers_have_it_open(shop: Workshop, name: str) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    path = shop.file(name)
    reader = shop.adapter(path)
    check(shop, reader, asked_about(name))
    shop.sync(made(name, "1.0", [need("six", "1.16.0")]))
    shop.adapter().create_graph_cache(str(path), [name])
    check(shop, reader, asked_about(name))
    check(shop, shop.adapter(path), asked_about(name))


def test_names_of_files_may_hold_anything(shop: Workshop) -> None:
    for odd in ("a b?mode=rwc#x%41.sqlite3", "é'\";.sqlite3"):
        path = shop.directory / odd
        shop.adapter().create_graph_cache(str(path), ["six"])
        adapter = shop.adapter(path)
        adapter.get_depends_on("six")
        assert adapter.cache.is_connected()


# --- What changed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_adapter_tells_is_seen_at_the_next_question(shop: Workshop, kind: str, name: str) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0", None, "m")]), made(name, "2.0"))
    adapter = shop.of_kind(kind, name)
    suite = asked_about(name, "1.0", "2.0", "3.0")
    check(shop, adapter, suite)
    for document in (
        made(name, "1.0", [need("six", "1.16.0", "x", "n")]),
        made(name, "2.0", error=True),
        made(name, "1.0", [need("idna", "3.6")], solver=ON_RHEL),
        made(name, "1.0", [need(name, "2.0")], index=MIRROR),
        made(name, "3.0", [need("idna", "3.10", None, "m")]),
        made(name, "3.0", error=True),
        made(name, "1.0", []),
    ):
        shop.sync(document)
        check(shop, adapter, suite)


@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_below_is_seen_above(shop: Workshop, kind: str, name: str) -> None:
    below = f"{name}-below"
    shop.sync(made(name, "1.0", [need(below, "1.0")]))
    adapter = shop.of_kind(kind, name)
    closure = lambda: adapter.retrieve_transitive_dependencies_python(name, "1.0", None)  # noqa: E731
    root = (name, "1.0", PYPI)
    assert closure() == [(root, (below, "1.0", None))]
    shop.sync(made(below, "1.0", [need("six", "1.15.0")]))
    assert closure() == [(root, (below, "1.0", PYPI)), ((below, "1.0", PYPI), ("six", "1.15.0", PYPI))]
    shop.sync(made(below, "1.0", [], index=MIRROR))
    assert closure()[:2] == [(root, (below, "1.0", MIRROR)), (root, (below, "1.0", PYPI))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_adapter_told_itself_is_seen_at_once(
    shop: Workshop, kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.of_kind(kind, name)
    for version in ("1.15.0", "1.16.0", "1.15.0"):
        adapter.sync_solver_result(made(name, "1.0", [need("six", version)]))
        assert adapter.get_depends_on(name, "1.0") == {None: [("six", version)]}
        assert adapter.get_depends_on(name) == {None: [("six", version)]}


def test_between_checks_an_answer_is_trusted(
    shop: Workshop, name: str, monkeypatch: pytest.MonkeyPatch, count_statements: Any
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "0.5")
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    ask_again = lambda: adapter.get_depends_on(name)  # noqa: E731
    assert count_statements(adapter, ask_again) == 2
    assert count_statements(adapter, lambda: [ask_again() for _ in range(20)]) == 0
    shop.sync(made(name, "1.0", [need("six", "1.16.0")]))
    time.sleep(0.6)
    assert ask_again() == {None: [("six", "1.16.0")]}


def test_an_own_write_is_seen_although_another_thread_was_looking(
    shop: Workshop, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thread A asks what changed; before it knows, B writes through the same adapter, and then asks."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    adapter.get_depends_on(name, "1.0")
    adapter._look_again()
    written = threading.Event()

    def write_now(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _is_look(statement) and not written.is_set():
            written.set()
            thread = threading.Thread(
                target=adapter.sync_solver_result, args=(made(name, "1.0", [need("six", "1.16.0")]),)
            )
            thread.start()
            thread.join()

    event.listen(shop.engine, "after_cursor_execute", write_now)
    try:
        adapter.get_depends_on(name, "1.0")  # A
    finally:
        event.remove(shop.engine, "after_cursor_execute", write_now)
    assert written.is_set()
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}  # B


def _is_look(statement: str) -> bool:
    return "package_change" in statement and "json_object_agg" in statement


def test_what_was_remembered_before_the_first_look_succeeded_is_forgotten_when_it_changes(
    shop: Workshop, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first look for changes loses its connection each time it is tried; the question after it does not."""
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()

    def lose(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _is_look(statement):
            pid = connection.connection.dbapi_connection.get_backend_pid()
            with make_maintenance_engine(shop.engine.url).connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    event.listen(shop.engine, "before_cursor_execute", lose)
    try:
        with caplog.at_level(logging.WARNING):
            assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.15.0")]}
    finally:
        event.remove(shop.engine, "before_cursor_execute", lose)
    assert "out of date" in caplog.text
    shop.sync(made(name, "1.0", [need("six", "1.16.0")]))
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}


def test_a_child_that_is_forked_while_a_thread_looks_for_changes_gets_its_answers(shop: Workshop, name: str) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    looking, go_on = threading.Event(), threading.Event()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if _is_look(statement) and not looking.is_set():
            looking.set()
            go_on.wait(20)

    event.listen(shop.engine, "before_cursor_execute", wait)
    thread = threading.Thread(target=adapter.get_depends_on, args=(name, "1.0"))
    try:
        thread.start()
        assert looking.wait(10)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(5)  # ends a child that hangs
            try:
                os._exit(0 if adapter.get_depends_on(name, "1.0") == {None: [("six", "1.15.0")]} else 7)
            finally:
                os._exit(8)
        status = os.waitpid(child, 0)[1]
    finally:
        go_on.set()
        thread.join()
        event.remove(shop.engine, "before_cursor_execute", wait)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("looked", [True, False])
def test_a_transaction_that_began_first_and_ends_last_is_not_missed(
    shop: Workshop, kind: str, looked: bool, name: str
) -> None:
    other = f"{name}-other"
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]), made(other, "1.0"))
    rows = solver_documents.parse(made(name, "1.0", [need("six", "1.16.0")]))
    with Session(shop.engine) as slow, slow.begin():
        solver_writer.write(slow, rows)  # takes its transaction id
        shop.sync(made(other, "1.0", [need("idna", "3.6")]))
        adapter = shop.of_kind(kind, name, other)
        if looked:
            check(shop, adapter, asked_about(name) + asked_about(other))
    check(shop, adapter, asked_about(name) + asked_about(other))
    check(shop, shop.of_kind(kind, name, other), asked_about(name))


@pytest.mark.parametrize("kind", ["memory", "file", "file with inserts"])
def test_of_two_writers_of_one_package_neither_is_missed(shop: Workshop, kind: str, name: str) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]), made(name, "2.0"))
    rows = solver_documents.parse(made(name, "1.0", [need("six", "1.16.0")]))
    with Session(shop.engine) as slow, slow.begin():
        slow.execute(text("SELECT pg_current_xact_id()"))
        shop.sync(made(name, "2.0", [need("idna", "3.6")]))  # a later id, committed earlier
        adapter = shop.of_kind(kind, name)
        check(shop, adapter, asked_about(name, "1.0", "2.0"))
        solver_writer.write(slow, rows)
    check(shop, adapter, asked_about(name, "1.0", "2.0"))


def test_a_version_that_was_solved_after_a_partly_refilled_file_was_made_is_found(own_shop: Workshop) -> None:
    """Every entry was renewed by questions, the list of versions was not; then the adapter is made anew."""
    shop = own_shop
    shop.sync(made("p", "1.0", [need("x", "1")]), made("p", "2.0", [need("x", "2")]))
    path = shop.file("p")
    shop.sync(made("p", "3.0", [need("x", "3")]))
    adapter = shop.adapter(path, inserts=True)
    for version in ("1.0", "2.0"):
        adapter.get_depends_on("p", version)  # renewed: made from a later snapshot than 3.0
    adapter.cache.disconnect()
    for inserts in (True, False):
        answer = shop.adapter(path, inserts=inserts).get_depends_on("p")
        assert answer == {None: [("x", "1"), ("x", "2"), ("x", "3")]}


def test_an_entry_that_is_put_late_is_not_believed(own_shop: Workshop) -> None:
    """What a slow process read before a change it puts into the file after another one looked for changes."""
    shop = own_shop
    shop.sync(made("p", "1.0", [need("x", "1")]), made("q", "1.0"))
    path = shop.directory / "shared.sqlite3"
    slow, quick = shop.adapter(path, inserts=True), shop.adapter(path, inserts=True)
    with pytest.raises(NotFoundError):
        slow.get_depends_on("nothing", "1.0")
    snapshot, entries = slow._snapshot, slow._read_entries([("p", "1.0")])
    shop.sync(made("p", "1.0", [need("x", "2")]))
    shop.adapter(path, inserts=True).get_depends_on("q", "1.0")  # an entry of a snapshot after the change
    quick.get_depends_on("q", "1.0")  # has looked, from that snapshot on
    slow.cache.put(entries, snapshot)
    assert quick.get_depends_on("p", "1.0") == {None: [("x", "2")]}


@pytest.mark.parametrize("inserts", [False, True])
def test_a_forked_child_knows_what_changed(shop: Workshop, name: str, inserts: bool) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter(shop.file(name), inserts=inserts)
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.15.0")]}
    shop.sync(made(name, "1.0", [need("six", "1.16.0")]))
    adapter.get_depends_on("six")  # has looked: the parent knows
    adapter.cache_clear()
    child = os.fork()
    if not child:
        try:
            os._exit(0 if adapter.get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]} else 7)
        finally:
            os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}


# --- Another graph ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inserts", [False, True])
def test_a_file_of_another_graph_is_left_alone_with_a_warning(
    own_shop: Workshop, inserts: bool, caplog: pytest.LogCaptureFixture
) -> None:
    shop = own_shop
    shop.sync(made("p", "1.0", [need("x", "1")]))
    path = shop.file("p")
    other = shop.adapter()
    other.drop_all()
    other = GraphDatabase(shop.engine)
    other.initialize_schema()
    shop.sync(made("p", "1.0", [need("x", "2")]))
    before = path.read_bytes()
    adapter = shop.adapter(path, inserts=inserts)
    with caplog.at_level(logging.WARNING):
        assert adapter.get_depends_on("p") == {None: [("x", "2")]}
    assert adapter.get_depends_on("p", "1.0") == {None: [("x", "2")]}
    assert not adapter.cache.is_connected()
    adapter.cache.disconnect()
    if not inserts:
        assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM cached_package_version").fetchone() == (1,)
    assert str(path) in caplog.text


@pytest.mark.parametrize("kind", ["memory", "file", "file with inserts"])
def test_a_graph_that_is_made_anew_has_none_of_the_old_answers(own_shop: Workshop, kind: str) -> None:
    shop = own_shop
    shop.sync(made("p", "1.0", [need("x", "1")]))
    adapter = shop.of_kind(kind, "p")
    check(shop, adapter, asked_about("p"))
    GraphDatabase(shop.engine).drop_all()
    for question in asked_about("p"):
        with pytest.raises(DatabaseNotInitializedError):
            ask(adapter, question)
    GraphDatabase(shop.engine).initialize_schema()
    check(shop, adapter, asked_about("p"))
    shop.sync(made("p", "1.0", [need("x", "2")]))
    check(shop, adapter, asked_about("p"))


@pytest.mark.parametrize("kind", ["memory", "file", "file with inserts"])
def test_an_adapter_that_makes_the_graph_anew_forgets_its_answers(
    own_shop: Workshop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = own_shop
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(made("p", "1.0", [need("x", "1")]))
    adapter = shop.of_kind(kind, "p")
    adapter.get_depends_on("p")
    adapter.drop_all()
    adapter.initialize_schema()
    with pytest.raises(NotFoundError):
        adapter.get_depends_on("p")
    assert adapter.retrieve_transitive_dependencies_python("p", "1.0", None) == []


# --- Broken files ----------------------------------------------------------------------------------------------------


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _missing(path: Path) -> None:
    path.unlink()


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(7).randbytes(50_000))


def _head_only(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _last_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _statement(*statements: str) -> Callable[[Path], None]:
    def execute(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return execute


def _published(path: Path) -> None:
    """The cache of 2019."""
    path.unlink()
    _statement(
        "CREATE TABLE python_package_version (id INTEGER PRIMARY KEY, package_name VARCHAR(256))",
        "CREATE TABLE depends_on (entity_id INTEGER, version_id INTEGER)",
    )(path)


BROKEN: dict[str, Callable[[Path], None]] = {
    "missing": _missing,
    "empty": _empty,
    "garbage": _garbage,
    "head only": _head_only,
    "half": _half,
    "without its last page": _last_page,
    "a directory": _directory,
    "of 2019": _published,
    "of an older schema": _statement("UPDATE cache_information SET value = '0' WHERE key = 'schema_version'"),
    "of a newer schema": _statement("UPDATE cache_information SET value = '99' WHERE key = 'schema_version'"),
    "of no schema": _statement("DELETE FROM cache_information WHERE key = 'schema_version'"),
    "without information": _statement("DROP TABLE cache_information"),
    "without entries": _statement("DROP TABLE cached_package_version"),
    "without packages": _statement("DROP TABLE cached_package"),
    "without a column": _statement("ALTER TABLE cached_package_version RENAME COLUMN crc32 TO crc"),
}


@pytest.fixture(scope="module")
def good_file(world_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cache") / "good.sqlite3"
    GraphDatabase(world_engine, cache=GraphCache()).create_graph_cache(str(path), ["many", "six", "requests"])
    return path.read_bytes()


BRIEF = questions([("many", "1.0")], (None,), (ANY,))


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_not_right_is_left_alone_with_a_warning(
    shop: Workshop, good_file: bytes, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = shop.directory / "broken.sqlite3"
    path.write_bytes(good_file)
    BROKEN[broken](path)
    before = path.read_bytes() if path.is_file() else None
    adapter = shop.adapter(path)
    with caplog.at_level(logging.WARNING):
        check(shop, adapter, BRIEF)
    assert str(path) in caplog.text
    assert len(caplog.records) == 1, "one warning is enough"
    assert not adapter.cache.is_connected()
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [found.name for found in shop.directory.iterdir()] == ([] if broken == "missing" else [path.name])


@pytest.mark.parametrize("broken", BROKEN)
def test_a_file_that_is_not_right_is_not_filled_either(shop: Workshop, good_file: bytes, broken: str) -> None:
    path = shop.directory / "broken.sqlite3"
    path.write_bytes(good_file)
    BROKEN[broken](path)
    before = path.read_bytes() if path.is_file() else None
    adapter = shop.adapter(path, inserts=True)
    check(shop, adapter, BRIEF)
    adapter.cache.disconnect()
    if broken in ("missing", "empty"):  # these become a cache
        check(shop, shop.adapter(path), BRIEF)
    elif before is not None:
        assert path.read_bytes() == before, "it may be somebody else's"


_MANY_2 = "WHERE package_name = 'many' AND package_version = '2.0'"


@pytest.mark.parametrize(
    "change",
    [
        # A flipped bit in a key makes an entry another version's.
        f"UPDATE cached_package_version SET package_version = '0.1' {_MANY_2}",
        f"UPDATE cached_package_version SET package_name = 'lany' {_MANY_2}",
        "UPDATE cached_package_version SET snapshot = snapshot + 1048576",
        "UPDATE cached_package_version SET snapshot = x'00'",
        "UPDATE cached_package_version SET snapshot = 'x'",
        "UPDATE cached_package_version SET crc32 = crc32 + 1",
        "UPDATE cached_package_version SET entry = substr(entry, 1, 20)",
        "UPDATE cached_package SET snapshot = snapshot + 1048576",
        "UPDATE cached_package SET snapshot = 'x'",
        f"DELETE FROM cached_package_version {_MANY_2}",
    ],
)
def test_a_changed_field_is_noticed(shop: Workshop, good_file: bytes, change: str) -> None:
    path = shop.directory / "changed.sqlite3"
    path.write_bytes(good_file)
    _statement(change)(path)
    check(shop, shop.adapter(path), questions([("many", "0.1"), ("many", "2.0"), ("lany", "2.0")], (None,), (ANY,)))


def test_a_snapshot_that_was_flipped_does_not_make_old_entries_new(shop: Workshop, name: str) -> None:
    shop.sync(made(name, "1.0", [need("six", "1.15.0")]))
    path = shop.file(name)
    _statement("UPDATE cached_package_version SET snapshot = snapshot + 1048576 WHERE package_name = '" + name + "'")(
        path
    )
    shop.sync(made(name, "1.0", [need("six", "1.16.0")]))
    assert shop.adapter(path).get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}


def test_a_flipped_bit_never_changes_an_answer(shop: Workshop, good_file: bytes) -> None:
    suite = [
        ("get_depends_on", ("many",), {}),
        ("get_depends_on", ("many", "2.0"), {}),
        ("get_depends_on", ("six",), {}),
        ("retrieve_transitive_dependencies_python", ("many", "1.0", None), {}),
        ("has_python_solver_error", ("many", "10.0", None), ANY),
        ("get_python_package_version_records", ("six", "1.16.0", None), ANY),
    ]
    plain = shop.plain()
    expected = [ask(plain, question) for question in suite]
    path = shop.directory / "flipped.sqlite3"
    source = random.Random(20261122)
    wrong: list[str] = []
    for _ in range(150):
        offset, bit = source.randrange(len(good_file)), source.randrange(8)
        flipped = bytearray(good_file)
        flipped[offset] ^= 1 << bit
        path.unlink(missing_ok=True)
        path.write_bytes(flipped)
        adapter = shop.adapter(path)
        try:
            if [ask(adapter, question) for question in suite] != expected:
                wrong.append(f"wrong answer: bit {bit} of byte {offset}")
        except Exception as error:
            wrong.append(f"{error!r}: bit {bit} of byte {offset}")
        adapter.cache.disconnect()
    assert wrong == []


def test_a_file_that_breaks_while_it_is_used_is_given_up(shop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    for table in ("cached_package_version", "cached_package"):
        path = shop.file("many")
        adapter = shop.adapter(path, inserts=True)
        adapter.has_python_solver_error("six", "1.16.0", None, **ANY)
        _statement(f"DROP TABLE {table}")(path)
        with caplog.at_level(logging.WARNING):
            check(shop, adapter, [("get_depends_on", ("many",), {}), *BRIEF])
        assert str(path) in caplog.text
        caplog.clear()


def test_a_file_that_another_process_locks_does_not_stop_an_answer(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    path = shop.directory / "locked.sqlite3"
    # The tables are there, the graph it belongs to is not known yet: the first question will want to write.
    cache = GraphCache(str(path), writable=True)
    cache.connect()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        adapter = shop.adapter(path, inserts=True)
        began = time.monotonic()
        with caplog.at_level(logging.WARNING):
            assert adapter.get_depends_on("python-dateutil", "2.8.2") == {None: [("six", "1.15.0"), ("six", "1.16.0")]}
        assert time.monotonic() - began < 3, "a cache is there to be quick"
        other.execute("ROLLBACK")
    cache.disconnect()
    assert str(path) in caplog.text


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


# --- Without PostgreSQL ----------------------------------------------------------------------------------------------


def test_without_its_server_what_is_remembered_is_answered_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    postgres = EmbeddedPostgres(tmp_path / "postgres", durable=False).start()
    for name, value in (("HOST", postgres.host), ("PORT", str(postgres.port)), ("PASSWORD", postgres.password)):
        monkeypatch.setenv(f"KNOWLEDGE_GRAPH_{name}", value)
    monkeypatch.setenv("KNOWLEDGE_GRAPH_DATABASE", "graph")
    adapter = GraphDatabase()
    adapter.connect()
    adapter.initialize_schema()
    adapter.sync_solver_result(made("p", "1.0", [need("x", "1")]))
    adapter.sync_solver_result(made("q", "1.0", [need("x", "2")]))
    adapter.sync_solver_result(made("x", "2"))
    path = tmp_path / "cache.sqlite3"
    adapter.create_graph_cache(str(path), ["q"])
    adapter.disconnect()

    adapter = GraphDatabase(cache=GraphCache(str(path)))
    adapter.connect()
    assert adapter.get_depends_on("p", "1.0") == {None: [("x", "1")]}
    postgres.stop()
    with caplog.at_level(logging.WARNING):
        began = time.monotonic()
        assert adapter.get_depends_on("p", "1.0") == {None: [("x", "1")]}, "from memory"
        assert adapter.get_depends_on("q", "1.0") == {None: [("x", "2")]}, "from the file"
        root = ("q", "1.0", PYPI)
        closure = adapter.retrieve_transitive_dependencies_python("q", "1.0", None)
        assert closure == [(root, ("x", "2", PYPI))]
        assert time.monotonic() - began < 15
    assert "out of date" in caplog.text
    for question in (
        ("get_depends_on", ("p",), {}),
        ("get_python_package_version_records", ("p", "2.0", None), ANY),
        ("python_package_exists", ("p",), {}),
    ):
        began = time.monotonic()
        with pytest.raises(DatabaseConnectionError):
            ask(adapter, question)
        assert time.monotonic() - began < 15
    postgres.start()
    assert adapter.get_depends_on("p") == {None: [("x", "1")]}, "it comes back by itself"
    adapter.sync_solver_result(made("q", "1.0", [need("x", "3")]))
    assert adapter.get_depends_on("q", "1.0") == {None: [("x", "3")]}
    adapter.disconnect()
    postgres.stop()


# --- Threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_no_thread_sees_an_answer_get_older(shop: Workshop, kind: str, name: str) -> None:
    """Eight threads ask one adapter while another one writes versions of a dependency that only grow."""
    shop.sync(made(name, "1.0", [need("x", "0")]))
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
        writer.sync_solver_result(made(name, "1.0", [need("x", str(number))]))
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
_edges = st.builds(CachedEdge, _texts, _texts, _maybe, _maybe, _maybe, st.booleans())
_records = st.builds(
    CachedRecord,
    _maybe,
    _texts,
    _texts,
    _texts,
    st.booleans(),
    st.none() | st.booleans(),
    st.lists(_edges, max_size=3).map(tuple),
)


@given(st.lists(_records, max_size=3).map(tuple))
def test_an_entry_comes_back_as_it_was(entry: tuple[CachedRecord, ...]) -> None:
    assert unpack(pack(entry)) == entry


# --- Anything in any order -------------------------------------------------------------------------------------------


class Truth:
    """What the documents that were synced say."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str, str, str], list[tuple[str, str, bool, list[Need]]]] = {}

    def tell(self, document: dict[str, Any], key: tuple[str, str, str, str], error: bool, needs: list[Need]) -> None:
        metadata = document["metadata"]
        self.runs.setdefault(key, []).append((metadata["datetime"], metadata["document_id"], error, needs))

    def matching(self, name: str, version: str | None, index: str | None, solver: str | None) -> list[Any]:
        wanted = (name, version, index, solver)
        return [key for key in self.runs if all(w in (None, k) for w, k in zip(wanted, key, strict=True))]

    def needs(self, key: tuple[str, str, str, str]) -> list[Need]:
        successes = [run for run in self.runs[key] if not run[2]]
        return max(successes, key=lambda run: run[:2])[3] if successes else []

    def error(self, *at: Any) -> Any:
        runs = [run for key in self.matching(*at) for run in self.runs[key]]
        return max(runs, key=lambda run: run[:2])[2] if runs else "not found"

    def depends_on(self, at: Any, extras: Any, marker: bool | None) -> Any:
        found = self.matching(*at)
        edges = {
            (one[2] is not None, one[2] or "", *one[:2])
            for key in found
            for one in self.needs(key)
            if (extras is None or one[2] in extras) and marker in (None, one[4])
        }
        answer: dict[str | None, list[tuple[str, str]]] = {}
        for there, extra, name, version in sorted(edges):
            answer.setdefault(extra if there else None, []).append((name, version))
        return list(answer.items()) if found else "not found"

    def closure(self, at: Any) -> set[Any]:
        solver = at[3]
        frontier = {(*at[:2], key[2]) for key in self.matching(*at)}
        seen, edges = set(frontier), set()
        while frontier:
            source = frontier.pop()
            for key in self.matching(*source, solver):
                for one in self.needs(key):
                    indexes = {found[2] for found in self.matching(*one[:2], None, solver)}
                    edges |= {(source, (*one[:2], index)) for index in indexes or {None}}
                    following = {(*one[:2], index) for index in indexes} - seen
                    seen |= following
                    frontier |= following
        return edges


_NAMES, _VERSIONS = ["a", "b", "c"], ["1.0", "2.0"]
_ENVIRONMENTS = {None: ANY, ON_DEBIAN: DEBIAN, ON_RHEL: RHEL}
_needs = st.lists(
    st.tuples(
        st.sampled_from([*_NAMES, "d"]),
        st.sampled_from(_VERSIONS),
        st.sampled_from([None, "x"]),
        st.sampled_from([None, "m"]),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda one: one[:4],
)


class Machine(RuleBasedStateMachine):
    """Adapters that remember in different ways, one that does not, and the truth."""

    shop: Workshop

    @initialize()
    def begin(self) -> None:
        self.prefix = f"machine{next(_numbers)}"
        self.truth = Truth()
        self.path = self.shop.directory / f"{self.prefix}.sqlite3"
        self.filled = self.shop.directory / f"{self.prefix}-filled.sqlite3"
        self.plain = self.shop.plain()
        self.adapters: dict[str, GraphDatabase] = {}
        for kind in ("memory", "file", "inserts", "inserts into file", "file with inserts"):
            self.restart(kind)

    def _name(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    @rule(
        name=st.sampled_from(_NAMES),
        version=st.sampled_from(_VERSIONS),
        solver=st.sampled_from([ON_DEBIAN, ON_RHEL]),
        index=st.sampled_from([PYPI, MIRROR]),
        needs=_needs,
        error=st.integers(0, 4).map(lambda number: number == 0),
        day=st.none() | st.integers(1, 28),
        by=st.sampled_from(["plain", "memory", "file", "inserts"]),
    )
    def tell(
        self, name: str, version: str, solver: str, index: str, needs: Any, error: bool, day: Any, by: str
    ) -> None:
        needs = [(self._name(one[0]), *one[1:]) for one in needs]
        document = made(self._name(name), version, needs, solver=solver, index=index, error=error, day=day)
        (self.plain if by == "plain" else self.adapters[by]).sync_solver_result(document)
        self.truth.tell(document, (self._name(name), version, index, solver), error, needs)

    @rule(kind=st.sampled_from(["memory", "file", "inserts", "inserts into file", "file with inserts"]))
    def restart(self, kind: str) -> None:
        if kind in self.adapters:
            self.adapters[kind].cache.disconnect()
        path = self.path if kind.startswith("file") else self.filled if kind == "inserts into file" else None
        self.adapters[kind] = self.shop.adapter(path, inserts="inserts" in kind)

    @rule(names=st.lists(st.sampled_from([*_NAMES, "d"]), unique=True))
    def rebuild(self, names: list[str]) -> None:
        self.plain.create_graph_cache(str(self.path), [self._name(name) for name in names])

    @rule(
        name=st.sampled_from([*_NAMES, "d"]),
        version=st.sampled_from(_VERSIONS),
        index=st.sampled_from([None, PYPI, MIRROR]),
        solver=st.sampled_from([None, ON_DEBIAN, ON_RHEL]),
        extras=st.sampled_from([None, (), (None,), (None, "x"), ("x",)]),
        marker=st.sampled_from([None, True, False]),
    )
    def question(self, name: str, version: str, index: Any, solver: Any, extras: Any, marker: Any) -> None:
        name, env = self._name(name), _ENVIRONMENTS[solver]
        at = (name, version, index)
        narrowed = {"extras": extras, "marker_evaluation_result": marker}
        records = self.truth.matching(*at, solver)
        expected = [
            self.truth.depends_on((*at, solver), extras, marker),
            self.truth.depends_on((name, None, index, solver), extras, marker),
            self.truth.error(*at, solver),
            sorted((found[2], *_ENVIRONMENTS[found[3]].values()) for found in records),
            self.truth.closure((*at, solver)),
        ]
        orders = set()
        for kind, adapter in {"plain": self.plain, **self.adapters}.items():
            closure = ask(adapter, ("retrieve_transitive_dependencies_python", at, env))
            found = ask(adapter, ("get_python_package_version_records", at, env))
            answers = [
                ask(adapter, ("get_depends_on", at, {**env, **narrowed})),
                ask(adapter, ("get_depends_on", (name, None, index), {**env, **narrowed})),
                ask(adapter, ("has_python_solver_error", at, env)),
                [tuple(one.values())[2:] for one in found],
                set(closure),
            ]
            assert answers == expected, kind
            orders.add(tuple(closure))
        assert len(orders) == 1, "the edges come in one order"

    def teardown(self) -> None:
        for adapter in getattr(self, "adapters", {}).values():
            adapter.cache.disconnect()


def test_whatever_happens_every_adapter_tells_the_truth(shop: Workshop) -> None:
    class Here(Machine):
        pass

    Here.shop = shop
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
