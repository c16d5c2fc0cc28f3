"""Making a graph cache: of what was chosen, at one moment, from the older one where it can be, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from support.caches import Workshop, about, ask, asked_about, check, need, questions
from support.databases import administer
from support.documents import ANY, DEBIAN, MIRROR, ON_RHEL, PYPI, RHEL

from thoth.storages.exceptions import DatabaseUnavailableError, GraphCacheError
from thoth.storages.graph import GraphCache
from thoth.storages.graph.engine import make_maintenance_engine

pytestmark = pytest.mark.usefixtures("check_always")

TABLES = {
    "cached_package_version": "package_version, records, edges",
    "cached_unsolved": "package_version",
    "cached_package": "package_name, versions",
}


def content(path: Path) -> dict[str, list[Any]]:
    """What a file says of packages, whenever it was made."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()
            for table, columns in TABLES.items()
        }


def held(path: Path) -> list[str]:
    return [row[0] for row in content(path)["cached_package_version"]]


# --- What is in it ---------------------------------------------------------------------------------------------------


@pytest.fixture
def family(shop: Workshop, name: str) -> str:
    """A package with three versions, of which each needs another one; the newest was solved elsewhere."""
    shop.sync(
        about(name, "1.0", [need(f"{name}-a", "1.0")]),
        about(name, "2.0", [need(f"{name}-b", "1.0")]),
        about(name, "2.0", [need(f"{name}-c", "1.0")], solver=ON_RHEL),
        about(name, "3.0rc1", [need(f"{name}-unsolved", "1.0")], solver=ON_RHEL, index=MIRROR),
        *(
            about(f"{name}-{one}", "1.0", solver=solver)
            for one in "abc"
            for solver in ("solver-debian-12-py311", ON_RHEL)
        ),
    )
    return name


@pytest.mark.parametrize(
    ("given", "where", "expected"),
    [
        ("{}", {}, ["{}-a==1.0", "{}-b==1.0", "{}-c==1.0", "{}==1.0", "{}==2.0", "{}==3.0rc1"]),
        ("{}<2", {}, ["{}-a==1.0", "{}==1.0"]),
        ("{} >= 2", {}, ["{}-b==1.0", "{}-c==1.0", "{}==2.0"]),
        ("{}>=3.0rc1", {}, ["{}==3.0rc1"]),
        ("{}", {"environments": [RHEL]}, ["{}-c==1.0", "{}==2.0", "{}==3.0rc1"]),
        ("{}", {"environments": [{"os_name": "debian"}]}, ["{}-a==1.0", "{}-b==1.0", "{}==1.0", "{}==2.0"]),
        ("{}", {"indexes": [MIRROR + "/"]}, ["{}==3.0rc1"]),
        ("{}", {"environments": [DEBIAN], "indexes": [MIRROR]}, []),
    ],
)
@pytest.mark.parametrize("jobs", [1, 3])
def test_what_was_chosen_is_in_it_and_what_that_depends_on_there(
    shop: Workshop, family: str, given: str, where: Any, expected: list[str], jobs: int
) -> None:
    path = shop.path("chosen")
    summary = shop.adapter().create_graph_cache(path, [given.format(family)], jobs=jobs, **where)
    assert held(path) == [one.format(family) for one in expected]
    assert summary["unknown_packages"] == ([] if expected else [family])
    assert summary["package_versions"] == len(expected)
    suite = questions([(family, "1.0"), (family, "2.0"), (f"{family}-c", "1.0")], (None, PYPI), (ANY, DEBIAN, RHEL))
    check(shop, shop.adapter(path), suite[::7])


def test_all_versions_are_known_only_where_all_are_in_it(shop: Workshop, family: str) -> None:
    for given, complete in ((family, True), (f"{family}>=1,!=2.0", False), (f"{family}>=1.0rc1", True)):
        path = shop.path("complete")
        shop.adapter().create_graph_cache(path, [given])
        cache = GraphCache(str(path))
        adapter = shop.adapter(path)
        adapter.python_package_exists(family)
        check(shop, adapter, [("get_depends_on", (family,), {})])
        cache.connect()
        assert (cache.get_versions(family) is not None) is complete, given
        cache.disconnect()


def test_what_nobody_solved_is_told_apart(shop: Workshop, family: str) -> None:
    path = shop.path("unsolved")
    summary = shop.adapter().create_graph_cache(path, [family, "no-such-package>=1", f"{family}>=100"])
    assert summary["unknown_packages"] == sorted(["no-such-package>=1", f"{family}>=100"])
    assert content(path)["cached_unsolved"] == [(f"{family}-unsolved==1.0",)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"package_names": "flask"}, "expected a list of packages"),
        ({"package_names": ["flask[async]"]}, "expected a name and a range of versions alone, not 'flask"),
        ({"package_names": ["flask; os_name == 'nt'"]}, "expected a name and a range"),
        ({"package_names": [b"flask"]}, "expected the name of a package"),
        ({"package_names": ["flask>=x"]}, r"such as flask or flask>=2,<3 \(PEP 508\), not 'flask>=x'"),
        ({"environments": [{}]}, "expected an environment with os_name"),
        ({"environments": ["rhel-8-py39"]}, "expected an environment with os_name"),
        ({"environments": [{"os_name": "rhel", "python_version": 3.9}]}, 'text such as "3.10", not 3.9'),
        ({"indexes": [None]}, "expected the URL of an index, not None"),
        ({"jobs": 0}, "jobs must be a number from 1 to 8, not 0"),
        ({"jobs": "2"}, "jobs must be a number from 1 to 8, not '2'"),
    ],
)
def test_what_cannot_be_chosen_is_an_error_that_names_it(shop: Workshop, wrong: dict[str, Any], message: str) -> None:
    path = shop.path("wrong")
    with pytest.raises(ValueError, match=message):
        shop.adapter().create_graph_cache(path, **{"package_names": ["flask"], **wrong})
    assert not path.exists()


# --- One moment ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_cache_is_of_one_moment(shop: Workshop, name: str, jobs: int) -> None:
    """What is told while it is made is not in it, and is not hidden by it either."""
    shop.sync(about(name, "1.0", [need(f"{name}-a", "1.0")]), about(f"{name}-a", "1.0", [need("six", "1.15.0")]))
    before, path, told = shop.file(name), shop.path("moment"), []

    def tell(_done: int, _known: int) -> None:
        if not told:
            told.append(shop.sync(about(f"{name}-a", "1.0", [need("six", "1.16.0")]), about(name, "2.0")))

    shop.adapter().create_graph_cache(path, [name], tell, jobs=jobs)
    assert content(path) == content(before)
    adapter = shop.adapter(path)
    assert adapter.get_depends_on(f"{name}-a", "1.0") == {None: [("six", "1.16.0")]}
    check(shop, adapter, asked_about(name, "1.0", "2.0"))


# --- From the older one ----------------------------------------------------------------------------------------------


def test_an_update_makes_what_making_it_anew_makes(shop: Workshop, family: str, count_statements: Any) -> None:
    path, anew = shop.file(family), shop.path("anew")
    adapter = shop.adapter()
    adapter.create_graph_cache(path, [family])
    number = len(held(path))
    for changes in (
        [],
        [about(f"{family}-a", "1.0", [need("six", "1.16.0")])],  # leads further than before
        [about(f"{family}-unsolved", "1.0")],
        [about(family, "4.0")],
        [about(family, "2.0"), about(family, "2.0", solver=ON_RHEL)],  # needs nothing any more
    ):
        shop.sync(*changes)
        summary = adapter.create_graph_cache(path, [family], update=True)
        adapter.create_graph_cache(anew, [family])
        assert content(path) == content(anew)
        assert summary["package_versions"] == len(held(path))
        if not changes:
            assert summary["kept_package_versions"] == number
        elif len(changes) == 1 and changes[0]["result"]["tree"][0]["package_name"] != family:
            assert 0 < summary["kept_package_versions"] < summary["package_versions"]
        check(shop, shop.adapter(path), asked_about(family, "1.0", "2.0", "4.0"))


def test_what_is_kept_is_not_read_again(shop: Workshop, family: str, count_statements: Any) -> None:
    path, adapter = shop.file(family), shop.adapter()
    anew = count_statements(adapter, lambda: adapter.create_graph_cache(path, [family]))
    with make_maintenance_engine(shop.engine.url).begin() as connection:
        connection.execute(text("DELETE FROM package_change"))  # other tests change packages, too
    updated = count_statements(adapter, lambda: adapter.create_graph_cache(path, [family], update=True))
    assert updated < anew


def test_an_older_file_of_no_use_is_made_anew(own_shop: Workshop) -> None:
    shop = own_shop
    shop.sync(about("p", "1.0", [need("x", "1")]))
    damaged, foreign, other_schema = shop.file("p"), shop.file("p"), shop.file("p")
    with closing(sqlite3.connect(other_schema)) as connection:
        connection.execute("UPDATE cache_information SET value = '1' WHERE key = 'schema_version'")
        connection.commit()
    with closing(sqlite3.connect(damaged)) as connection:
        connection.execute("UPDATE cached_package_version SET edges = replace(edges, 'x', 'y')")
        connection.commit()
    shop.adapter().drop_all()
    shop.adapter().initialize_schema()
    shop.sync(about("p", "1.0", [need("x", "2")]))
    for path in (damaged, foreign, other_schema, shop.path("missing")):
        summary = shop.adapter().create_graph_cache(path, ["p"], update=True)
        assert summary["kept_package_versions"] == 0
        assert content(path)["cached_package_version"][0][2] == '[[["x==2"]]]'
        assert shop.adapter(path).get_depends_on("p", "1.0") == {None: [("x", "2")]}


def test_a_file_that_is_filled_is_not_updated(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thoth.storages.cache_files._BUSY_SECONDS", 0.1)
    path = shop.file("six")
    filling = shop.adapter(path, inserts=True)
    filling.get_depends_on("python-dateutil", "2.8.2")
    with pytest.raises(GraphCacheError, match="is being filled by another process"):
        shop.adapter().create_graph_cache(path, ["six"], update=True)


# --- Whole or not at all ---------------------------------------------------------------------------------------------


def test_a_server_that_goes_away_leaves_the_old_file(shop: Workshop) -> None:
    path = shop.file("six")
    before = path.read_bytes()

    def kill(_done: int, _known: int) -> None:
        administer(
            shop.engine.url.set(database="postgres"),
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{shop.engine.url.database}' AND state = 'idle in transaction'",
        )

    with pytest.raises(DatabaseUnavailableError):
        shop.adapter().create_graph_cache(path, ["many"], kill)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    killed: list[bool] = []

    def kill_once(done: int, known: int) -> None:
        if not killed:
            killed.append(True)
            kill(done, known)

    summary = shop.adapter().create_graph_cache(path, ["many"], kill_once)
    assert summary["package_versions"] == len(held(path)), "lost once, it is read again from the beginning"


SMALL_DISK = """
import resource, signal, sys
from thoth.storages.exceptions import GraphCacheError
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine, make_url
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
url, path, filled = sys.argv[1:]
reading = GraphDatabase(make_engine(make_url(url)), cache=GraphCache())
writing = GraphDatabase(make_engine(make_url(url)), cache=GraphCache(filled, writable=True))
writing.get_depends_on("six", "1.16.0")
expected = reading.get_depends_on("requests", "2.32.3")
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))
try:
    reading.create_graph_cache(path, ["flask", "requests"])
except GraphCacheError as error:
    print(error)
assert writing.get_depends_on("requests", "2.32.3") == expected
"""


def test_a_full_disk_leaves_the_old_file_and_stops_no_answer(shop: Workshop) -> None:
    path, filled = shop.file("six"), shop.path("filled")
    before = path.read_bytes()
    url = shop.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, url, str(path), str(filled)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"cannot write graph cache {path}: "), done.stdout
    assert f"graph cache {filled} could not be filled: " in done.stderr
    assert path.read_bytes() == before
    assert not [found for found in path.parent.iterdir() if found.name.startswith(f".{path.name}")]
    check(shop, shop.adapter(filled), questions([("six", "1.16.0")], (None,), (ANY,))[:10])


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_to_is_an_error(shop: Workshop) -> None:
    directory = shop.directory / "locked"
    directory.mkdir(mode=0o555)
    with pytest.raises(GraphCacheError, match="cannot write graph cache .*: Permission denied"):
        shop.adapter().create_graph_cache(directory / "cache.sqlite3", ["six"])
    adapter = shop.adapter(directory / "filled.sqlite3", inserts=True)
    assert ask(adapter, ("get_depends_on", ("six", "1.16.0"), {})) != "not found"
    assert not adapter.cache.is_connected()
