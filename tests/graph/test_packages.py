"""Which packages exist and which versions were solved: against what the documents say, page by page."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import DEBIAN, MIRROR, ON_RHEL, PYPI, RHEL, Document, for_solver, real_documents, tree
from support.tables import run

from thoth.storages.exceptions import SolverNameParseError
from thoth.storages.graph import GraphDatabase

UNPARSED = ("ipython doctest plugin", "0.1", None)

Row = tuple[str, str, str | None, str]
"""Name, version, index, operating system."""


def _more() -> list[Document]:
    """Those of idna and flask also on rhel, those of idna on a mirror there."""
    more = []
    for number, document in enumerate(real_documents()):
        name = tree(document)["package_name"] if document["result"]["tree"] else None
        if name in ("idna", "Flask"):
            more.append(for_solver(document, ON_RHEL, str(number)))
        if name == "idna":
            mirrored = for_solver(document, "solver-ubi-8.9-py38", f"m{number}")
            tree(mirrored)["index_url"] = f"{MIRROR}/"
            more.append(mirrored)
    return more


def _rows(documents: list[dict[str, Any]]) -> list[Row]:
    """One for each version on each index in each environment, in the order of a listing."""
    rows: set[Row] = {(*UNPARSED, "debian")}
    for document in documents:
        os_name = "debian" if "-debian-" in document["metadata"]["document_id"] else "rhel"
        result = document["result"]
        for one in (*result["tree"], *result["errors"]):
            rows.add(
                (canonicalize_name(one["package_name"]), one["package_version"], one["index_url"].strip("/"), os_name)
            )
        for one in result["unresolved"]:
            version = one["version_spec"].strip("=")
            rows.add((canonicalize_name(one["package_name"]), version, one["index_url"], os_name))
    return sorted(rows, key=lambda row: (row[0], Version(row[1]), row[1], row[2] is None, row[2] or ""))


MORE = _more()
DOCUMENTS = [*real_documents(), *MORE]
ROWS = _rows(DOCUMENTS)


def listed(*, distinct: bool = False, os_name: str | None = None, **wanted: str | None) -> list[Any]:
    """What a listing should hold."""
    given = (wanted.get("package_name"), wanted.get("package_version"), wanted.get("index_url"), os_name)
    found = [row[:3] for row in ROWS if all(want in (None, have) for want, have in zip(given, row, strict=True))]
    return list(dict.fromkeys(found)) if distinct else found


@pytest.fixture(scope="module")
def world(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph with all of these documents; the tests of this module only ask."""
    with graph_with(server, filled_template, "packages", MORE) as adapter:
        yield adapter


# --- Listings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("os_name", [None, "debian", "rhel"])
def test_a_listing_is_what_the_documents_say(world: GraphDatabase, distinct: bool, os_name: str | None) -> None:
    question = world.get_solved_python_package_versions_all
    assert question(count=None, distinct=distinct, os_name=os_name) == listed(distinct=distinct, os_name=os_name)
    for name, version, index in itertools.product(
        ("flask", "idna", "nothing"), (None, "3.0.3", "3.6"), (None, PYPI, MIRROR)
    ):
        wanted = {"package_name": name, "package_version": version, "index_url": index}
        expected = listed(distinct=distinct, os_name=os_name, **wanted)
        assert question(**wanted, count=None, distinct=distinct, os_name=os_name) == expected, wanted


def test_versions_are_in_the_order_of_pep_440(world: GraphDatabase) -> None:
    answer = world.get_solved_python_package_versions_all("idna", index_url=PYPI, distinct=True)
    assert answer == [("idna", "3.6", PYPI), ("idna", "3.10", PYPI)]
    assert world.get_all_versions_python_package("flask", PYPI) == [
        ("2.2.5", PYPI),
        ("2.3.3", PYPI),
        ("3.0.3", PYPI),
        ("99.0.0", PYPI),
    ]


def test_a_version_without_an_index_is_listed(world: GraphDatabase) -> None:
    assert UNPARSED in world.get_solved_python_package_versions_all(count=None)
    assert world.get_all_versions_python_package(UNPARSED[0]) == [("0.1", None)]


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_pages_repeat_and_skip_nothing(world: GraphDatabase, distinct: bool, size: int) -> None:
    everything = listed(distinct=distinct)
    question = world.get_solved_python_package_versions_all
    pages = [
        question(start_offset=offset, count=size, distinct=distinct)
        for offset in range(0, len(everything) + size, size)
    ]
    assert list(itertools.chain.from_iterable(pages)) == everything
    assert pages[-1] == []


def test_without_a_count_a_page_holds_a_hundred(world: GraphDatabase) -> None:
    assert GraphDatabase.DEFAULT_COUNT == 100
    assert (
        inspect.signature(world.get_solved_python_package_versions_all).parameters["count"].default
        == world.DEFAULT_COUNT
    )
    assert world.get_solved_python_package_versions_all(count=0) == []
    assert world.get_solved_python_package_versions_all(start_offset=10**6) == []
    assert world.get_solved_python_package_versions_all(start_offset=3, count=None) == listed()[3:]


@pytest.mark.parametrize("wrong", [-1, 1.5, "10", True])
@pytest.mark.parametrize("name", ["start_offset", "count"])
def test_a_wrong_page_is_the_callers_error(world: GraphDatabase, name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=name):
        world.get_solved_python_package_versions_all(**{name: wrong})


def test_an_offset_of_none_is_the_callers_error(world: GraphDatabase) -> None:
    with pytest.raises(ValueError, match="start_offset"):
        world.get_solved_python_package_versions_all(start_offset=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["start_offset", "count"])
def test_a_page_beyond_what_the_server_can_count_is_the_callers_error(world: GraphDatabase, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        world.get_solved_python_package_versions_all(**{name: 2**63})  # type: ignore[arg-type]


def test_all_versions_of_a_package_come_once(world: GraphDatabase) -> None:
    everywhere = [("3.6", MIRROR), ("3.6", PYPI), ("3.10", MIRROR), ("3.10", PYPI)]
    assert world.get_all_versions_python_package("IDNA") == everywhere
    assert world.get_all_versions_python_package("idna", **DEBIAN) == [("3.6", PYPI), ("3.10", PYPI)]
    assert world.get_all_versions_python_package("idna", **RHEL) == everywhere
    assert world.get_all_versions_python_package("idna", MIRROR + "/") == [("3.6", MIRROR), ("3.10", MIRROR)]
    assert world.get_all_versions_python_package("idna", MIRROR, **DEBIAN) == []
    assert world.get_all_versions_python_package("no-such-package") == []


def test_all_versions_can_be_narrowed_to_enabled_indexes(graph: GraphDatabase, document_of: Any) -> None:
    document = document_of("idna==3.6")
    graph.sync_solver_result(document)
    document["metadata"]["document_id"] += "-mirror"
    document["result"]["tree"][0]["index_url"] = MIRROR
    graph.sync_solver_result(document)
    question = graph.get_all_versions_python_package
    assert question("idna", index_enabled=True) == []
    assert question("idna", index_enabled=False) == [("3.6", MIRROR), ("3.6", PYPI)]
    graph.set_python_package_index_state(MIRROR, enabled=True)
    assert question("idna", index_enabled=True) == [("3.6", MIRROR)]
    assert question("idna", index_enabled=False) == [("3.6", PYPI)]
    assert question("idna", index_enabled=None) == [("3.6", MIRROR), ("3.6", PYPI)]
    assert question("idna", PYPI, index_enabled=True) == []


def test_what_is_missing_is_told_apart(graph: GraphDatabase, document_of: Any, engine: Engine) -> None:
    for requirement in ("idna==3.6", "idna==3.10", "six==1.15.0"):
        graph.sync_solver_result(document_of(requirement))
    run(engine, "UPDATE python_package_version SET is_missing = true WHERE package_version = '3.6'")
    question = graph.get_solved_python_package_versions_all
    assert question(is_missing=True) == [("idna", "3.6", PYPI)]
    assert question(is_missing=False, distinct=True) == [("idna", "3.10", PYPI), ("six", "1.15.0", PYPI)]
    assert question("idna", is_missing=None) == [("idna", "3.6", PYPI), ("idna", "3.10", PYPI)]


# --- Existence -------------------------------------------------------------------------------------------------------


def test_a_package_exists_where_any_version_is_known_solved_or_not(graph: GraphDatabase, document_of: Any) -> None:
    assert not graph.python_package_exists("python-dateutil")
    graph.sync_solver_result(document_of("python-dateutil==2.8.2"))
    assert graph.python_package_exists("python-dateutil")
    assert graph.python_package_exists("six"), "known as a dependency"
    assert not graph.python_package_version_exists("six", "1.16.0"), "not solved"
    assert not graph.python_package_exists("seven")
    for spelling in ("Python_DateUtil", " python.dateutil", "python--dateutil"):
        assert graph.python_package_exists(spelling)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("flask", "3.0.3"), True),
        (("Flask", "v3.0.3", PYPI + "/"), True),
        (("flask", "3.0.3", MIRROR), False),
        (("flask", "3.0.4"), False),
        (("flask", "3.0.3", PYPI, "solver-debian-12-py311"), True),
        (("flask", "3.0.3", PYPI, "solver-rhel-8-py38"), True),
        (("flask", "3.0.3", PYPI, "solver-ubi-8.4-py38"), True),
        (("flask", "3.0.3", None, "solver-rhel-9-py38"), False),
        (("click", "8.1.7", None, "solver-rhel-8-py38"), False),
        (("idna", "3.6", MIRROR, "solver-debian-12-py311"), False),
        (("futures", "3.3.0"), True),
        (("no-such-package", "1"), False),
    ],
)
def test_a_version_exists_where_it_was_solved(world: GraphDatabase, arguments: Any, expected: bool) -> None:
    assert world.python_package_version_exists(*arguments) is expected
    names = ("package_name", "package_version", "index_url", "solver_name")
    assert world.python_package_version_exists(**dict(zip(names, arguments, strict=False))) is expected


@pytest.mark.parametrize("wrong", ["", "solver", "solver-rhel-8", "debian-12-py311", "solver-debian-12-py311-261122"])
def test_a_wrong_solver_name_is_the_callers_error(world: GraphDatabase, wrong: str) -> None:
    with pytest.raises(SolverNameParseError):
        world.python_package_version_exists("flask", "3.0.3", None, wrong)
    with pytest.raises(ValueError, match="expected solver-"):  # what callers of 2019 catch
        world.python_package_version_exists("flask", "3.0.3", solver_name=wrong)


# --- Digests ---------------------------------------------------------------------------------------------------------


def test_digests_are_those_of_the_document(world: GraphDatabase) -> None:
    for document in DOCUMENTS:
        for item in document["result"]["tree"]:
            at = (item["package_name"], item["package_version"])
            assert world.get_python_package_hashes_sha256(*at, item["index_url"]) == sorted(set(item["sha256"]))
            assert world.get_python_package_hashes_sha256(*at, distinct=True) == sorted(set(item["sha256"]))
    assert world.get_python_package_hashes_sha256("flask", "1.0", PYPI) == []
    assert world.get_python_package_hashes_sha256("flask", "3.0.3", MIRROR) == []


def test_a_digest_on_two_indexes_comes_twice_unless_distinct(world: GraphDatabase, document_of: Any) -> None:
    (digest,) = document_of("idna==3.6")["result"]["tree"][0]["sha256"]
    assert world.get_python_package_hashes_sha256("idna", "3.6") == [digest, digest]
    assert world.get_python_package_hashes_sha256("idna", "3.6", None, distinct=True) == [digest]
    assert world.get_python_package_hashes_sha256("idna", "3.6", MIRROR) == [digest]


@pytest.mark.parametrize("table", ["python_artifact", "has_artifact"])
def test_a_digest_that_is_not_provided_any_more_is_left_out(
    graph: GraphDatabase, document_of: Any, engine: Engine, table: str
) -> None:
    document = document_of("idna==3.6")
    document["result"]["tree"][0]["sha256"] = ["b" * 64, "A" * 64, "b" * 64]
    graph.sync_solver_result(document)
    assert graph.get_python_package_hashes_sha256("idna", "3.6", PYPI) == ["a" * 64, "b" * 64]
    condition = f"artifact_hash_sha256 = '{'a' * 64}'"
    which = f"python_artifact_id = (SELECT id FROM python_artifact WHERE {condition})"
    run(engine, f"UPDATE {table} SET present = false WHERE {condition if table == 'python_artifact' else which}")
    assert graph.get_python_package_hashes_sha256("idna", "3.6", PYPI) == ["b" * 64]


# --- How many statements ----------------------------------------------------------------------------------------------


def test_each_question_is_one_statement(world: GraphDatabase, count_statements: Any) -> None:
    for ask in (
        lambda: world.get_solved_python_package_versions_all(count=None),
        lambda: world.get_all_versions_python_package("flask"),
        lambda: world.python_package_exists("flask"),
        lambda: world.python_package_version_exists("flask", "3.0.3", PYPI, "solver-debian-12-py311"),
        lambda: world.get_python_package_hashes_sha256("flask", "3.0.3", PYPI),
    ):
        assert count_statements(world, ask) == 1
