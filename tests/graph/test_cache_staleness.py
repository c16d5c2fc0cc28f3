"""The graph cache cannot lie: what changed is seen at the next question."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from support.caches import KINDS, Workshop, about, asked_about, check, need
from support.documents import MIRROR, ON_RHEL, PYPI

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph.documents import solver as solver_documents
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.writers import solver as solver_writer

pytestmark = pytest.mark.usefixtures("check_always")


# --- What changed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_adapter_tells_is_seen_at_the_next_question(shop: Workshop, kind: str, name: str) -> None:
    shop.sync(about(name, "1.0", [need("six", "1.15.0", None, "m")]), about(name, "2.0"))
    adapter = shop.of_kind(kind, name)
    suite = asked_about(name, "1.0", "2.0", "3.0")
    check(shop, adapter, suite)
    for document in (
        about(name, "1.0", [need("six", "1.16.0", "x", "n")]),
        about(name, "2.0", error=True),
        about(name, "1.0", [need("idna", "3.6")], solver=ON_RHEL),
        about(name, "1.0", [need(name, "2.0")], index=MIRROR),
        about(name, "3.0", [need("idna", "3.10", None, "m")]),
        about(name, "3.0", error=True),
        about(name, "1.0", []),
    ):
        shop.sync(document)
        check(shop, adapter, suite)


@pytest.mark.parametrize("kind", KINDS)
def test_what_changed_below_is_seen_above(shop: Workshop, kind: str, name: str) -> None:
    below = f"{name}-below"
    shop.sync(about(name, "1.0", [need(below, "1.0")]))
    adapter = shop.of_kind(kind, name)
    closure = lambda: adapter.retrieve_transitive_dependencies_python(name, "1.0", None)  # noqa: E731
    root = (name, "1.0", PYPI)
    assert closure() == [(root, (below, "1.0", None))]
    shop.sync(about(below, "1.0", [need("six", "1.15.0")]))
    assert closure() == [(root, (below, "1.0", PYPI)), ((below, "1.0", PYPI), ("six", "1.15.0", PYPI))]
    shop.sync(about(below, "1.0", [], index=MIRROR))
    assert closure()[:2] == [(root, (below, "1.0", MIRROR)), (root, (below, "1.0", PYPI))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_adapter_told_itself_is_seen_at_once(
    shop: Workshop, kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.of_kind(kind, name)
    for version in ("1.15.0", "1.16.0", "1.15.0"):
        adapter.sync_solver_result(about(name, "1.0", [need("six", version)]))
        assert adapter.get_depends_on(name, "1.0") == {None: [("six", version)]}
        assert adapter.get_depends_on(name) == {None: [("six", version)]}


def test_between_checks_an_answer_is_trusted(
    shop: Workshop, name: str, monkeypatch: pytest.MonkeyPatch, count_statements: Any
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "0.5")
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    ask_again = lambda: adapter.get_depends_on(name)  # noqa: E731
    assert count_statements(adapter, ask_again) == 2
    assert count_statements(adapter, lambda: [ask_again() for _ in range(20)]) == 0
    shop.sync(about(name, "1.0", [need("six", "1.16.0")]))
    time.sleep(0.6)
    assert ask_again() == {None: [("six", "1.16.0")]}


def test_an_own_write_is_seen_although_another_thread_was_looking(
    shop: Workshop, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thread A asks what changed; before it knows, B writes through the same adapter, and then asks."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    adapter.get_depends_on(name, "1.0")
    adapter._look_again()
    written = threading.Event()

    def write_now(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if is_look(statement) and not written.is_set():
            written.set()
            thread = threading.Thread(
                target=adapter.sync_solver_result, args=(about(name, "1.0", [need("six", "1.16.0")]),)
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


def is_look(statement: str) -> bool:
    return "package_change" in statement and "json_object_agg" in statement


def test_what_was_remembered_before_the_first_look_succeeded_is_forgotten_when_it_changes(
    shop: Workshop, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The first look for changes loses its connection each time it is tried; the question after it does not."""
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()

    def lose(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if is_look(statement):
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
    shop.sync(about(name, "1.0", [need("six", "1.16.0")]))
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.16.0")]}


def test_a_child_that_is_forked_while_a_thread_looks_for_changes_gets_its_answers(shop: Workshop, name: str) -> None:
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter()
    looking, go_on = threading.Event(), threading.Event()

    def wait(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if is_look(statement) and not looking.is_set():
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
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]), about(other, "1.0"))
    rows = solver_documents.parse(about(name, "1.0", [need("six", "1.16.0")]))
    with Session(shop.engine) as slow, slow.begin():
        solver_writer.write(slow, rows)  # takes its transaction id
        shop.sync(about(other, "1.0", [need("idna", "3.6")]))
        adapter = shop.of_kind(kind, name, other)
        if looked:
            check(shop, adapter, asked_about(name) + asked_about(other))
    check(shop, adapter, asked_about(name) + asked_about(other))
    check(shop, shop.of_kind(kind, name, other), asked_about(name))


@pytest.mark.parametrize("kind", ["memory", "file", "file with inserts"])
def test_of_two_writers_of_one_package_neither_is_missed(shop: Workshop, kind: str, name: str) -> None:
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]), about(name, "2.0"))
    rows = solver_documents.parse(about(name, "1.0", [need("six", "1.16.0")]))
    with Session(shop.engine) as slow, slow.begin():
        slow.execute(text("SELECT pg_current_xact_id()"))
        shop.sync(about(name, "2.0", [need("idna", "3.6")]))  # a later id, committed earlier
        adapter = shop.of_kind(kind, name)
        check(shop, adapter, asked_about(name, "1.0", "2.0"))
        solver_writer.write(slow, rows)
    check(shop, adapter, asked_about(name, "1.0", "2.0"))


def test_a_version_that_was_solved_after_a_partly_refilled_file_was_made_is_found(own_shop: Workshop) -> None:
    """Every entry was renewed by questions, the list of versions was not; then the adapter is made anew."""
    shop = own_shop
    shop.sync(about("p", "1.0", [need("x", "1")]), about("p", "2.0", [need("x", "2")]))
    path = shop.file("p")
    shop.sync(about("p", "3.0", [need("x", "3")]))
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
    shop.sync(about("p", "1.0", [need("x", "1")]), about("q", "1.0"))
    path = shop.directory / "shared.sqlite3"
    slow, quick = shop.adapter(path, inserts=True), shop.adapter(path, inserts=True)
    with pytest.raises(NotFoundError):
        slow.get_depends_on("nothing", "1.0")
    snapshot, entries = slow._snapshot, slow._read_entries(["p==1.0"])
    shop.sync(about("p", "1.0", [need("x", "2")]))
    shop.adapter(path, inserts=True).get_depends_on("q", "1.0")  # an entry of a snapshot after the change
    quick.get_depends_on("q", "1.0")  # has looked, from that snapshot on
    slow.cache.put(entries, snapshot)
    assert quick.get_depends_on("p", "1.0") == {None: [("x", "2")]}


@pytest.mark.parametrize("inserts", [False, True])
def test_a_forked_child_knows_what_changed(shop: Workshop, name: str, inserts: bool) -> None:
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    adapter = shop.adapter(shop.file(name), inserts=inserts)
    assert adapter.get_depends_on(name, "1.0") == {None: [("six", "1.15.0")]}
    shop.sync(about(name, "1.0", [need("six", "1.16.0")]))
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
