"""The graph cache cannot lie: files are whole, and those of another graph are left alone."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from support.caches import Workshop, about, ask, asked_about, check, need, questions
from support.documents import ANY

from thoth.storages.exceptions import DatabaseNotInitializedError, GraphCacheError, NotFoundError
from thoth.storages.graph import GraphDatabase

pytestmark = pytest.mark.usefixtures("check_always")


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
        "kept_package_versions": 0,
        "unknown_packages": ["no-such-package", "zz"],
        "snapshot": summary["snapshot"],
        "seconds": summary["seconds"],
    }
    with closing(sqlite3.connect(path)) as connection:
        held = {version for (version,) in connection.execute("SELECT package_version FROM cached_package_version")}
        complete = [name for (name,) in connection.execute("SELECT package_name FROM cached_package")]
        information = dict(connection.execute("SELECT key, value FROM cache_information"))
    assert {"python-dateutil==2.8.2", "six==1.15.0", "six==1.16.0", "many==2.0"} <= held
    assert "many==10.0" not in held
    assert "unsolved==9" not in held, "nobody solved it yet"
    assert len(held) == summary["package_versions"]
    assert complete == ["python-dateutil"]
    assert json.loads(information["python-packages"]) == ["Python_DateUtil", "no-such-package", "python-dateutil", "zz"]
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
    shop.sync(about(name, "1.0", [need("six", "1.15.0")]))
    path = shop.file(name)
    reader = shop.adapter(path)
    check(shop, reader, asked_about(name))
    shop.sync(about(name, "1.0", [need("six", "1.16.0")]))
    shop.adapter().create_graph_cache(str(path), [name])
    check(shop, reader, asked_about(name))
    check(shop, shop.adapter(path), asked_about(name))


def test_a_file_that_another_process_fills_is_not_replaced(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it commits later would be in a log beside the new file, and be taken for that one's."""
    monkeypatch.setattr("thoth.storages.cache_files._BUSY_SECONDS", 0.1)
    path = shop.file("six")
    filling = shop.adapter(path, inserts=True)
    filling.get_depends_on("python-dateutil", "2.8.2")
    with pytest.raises(GraphCacheError, match=f"{path} is being filled by another process"):
        shop.adapter().create_graph_cache(str(path), ["flask"])
    check(shop, filling, questions([("python-dateutil", "2.8.2")], (None,), (ANY,)))
    filling.cache.disconnect()
    shop.adapter().create_graph_cache(str(path), ["flask"])
    assert [found.name for found in shop.directory.iterdir()] == [path.name]


def test_a_log_that_a_killed_process_left_is_not_taken_for_the_new_files(shop: Workshop) -> None:
    path = shop.file("six")
    filling = shop.adapter(path, inserts=True)
    filling.get_depends_on("python-dateutil", "2.8.2")
    killed = shop.directory / "killed.sqlite3"
    for suffix in ("", "-wal", "-shm"):  # as they lie there after kill -9
        shutil.copyfile(f"{path}{suffix}", f"{killed}{suffix}")
    filling.cache.disconnect()
    shop.adapter().create_graph_cache(str(killed), ["flask"])
    check(shop, shop.adapter(killed, inserts=True), questions([("flask", "3.0.3")], (None,), (ANY,)))


def test_names_of_files_may_hold_anything(shop: Workshop) -> None:
    for odd in ("a b?mode=rwc#x%41.sqlite3", "é'\";.sqlite3"):
        path = shop.directory / odd
        shop.adapter().create_graph_cache(str(path), ["six"])
        adapter = shop.adapter(path)
        adapter.get_depends_on("six")
        assert adapter.cache.is_connected()


# --- Another graph ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inserts", [False, True])
def test_a_file_of_another_graph_is_left_alone_with_a_warning(
    own_shop: Workshop, inserts: bool, caplog: pytest.LogCaptureFixture
) -> None:
    shop = own_shop
    shop.sync(about("p", "1.0", [need("x", "1")]))
    path = shop.file("p")
    other = shop.adapter()
    other.drop_all()
    other = GraphDatabase(shop.engine)
    other.initialize_schema()
    shop.sync(about("p", "1.0", [need("x", "2")]))
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
    shop.sync(about("p", "1.0", [need("x", "1")]))
    adapter = shop.of_kind(kind, "p")
    check(shop, adapter, asked_about("p"))
    GraphDatabase(shop.engine).drop_all()
    for question in asked_about("p"):
        with pytest.raises(DatabaseNotInitializedError):
            ask(adapter, question)
    GraphDatabase(shop.engine).initialize_schema()
    check(shop, adapter, asked_about("p"))
    shop.sync(about("p", "1.0", [need("x", "2")]))
    check(shop, adapter, asked_about("p"))


@pytest.mark.parametrize("kind", ["memory", "file", "file with inserts"])
def test_an_adapter_that_makes_the_graph_anew_forgets_its_answers(
    own_shop: Workshop, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = own_shop
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    shop.sync(about("p", "1.0", [need("x", "1")]))
    adapter = shop.of_kind(kind, "p")
    adapter.get_depends_on("p")
    adapter.drop_all()
    adapter.initialize_schema()
    with pytest.raises(NotFoundError):
        adapter.get_depends_on("p")
    assert adapter.retrieve_transitive_dependencies_python("p", "1.0", None) == []
