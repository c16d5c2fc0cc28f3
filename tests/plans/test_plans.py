"""What PostgreSQL reads to answer the questions that are asked most often, in a graph of a million dependencies.

To add a question: a line in QUESTIONS with what it may read. A name of PENDING that is there now leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.explaining import Explainer, Plan, captured, described, explaining, nodes, rows_read
from support.shape import Key, load

from thoth.storages import config
from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.queries.base import REMEMBERED

EDGES = 1_000_000
SMALL = 5_000
"""A table of so many rows may be read from its beginning to its end."""
PENDING: frozenset[str] = frozenset()
"""Questions that are to be held as well, and are not there yet."""


@dataclass(frozen=True)
class Question:
    """A call, and what each of its statements may read: so much in any case, and so much for each row of its result."""

    name: str
    arguments: Callable[[Key], dict[str, Any]]
    rows: int = 100
    rows_per_row: int = 10
    pages: int = 100
    pages_per_row: int = 12
    """8 KiB each, in memory or on disk; an index is three pages deep at this size."""
    places: Callable[[Key], tuple[Any, ...]] = lambda _key: ()
    keys: tuple[str, ...] = ("frequent", "rare")
    whole: frozenset[str] = frozenset()
    """Tables that may be read from their beginning to their end, however large."""

    def may_read(self, returned: int) -> tuple[int, int]:
        """(rows, pages)."""
        return max(self.rows, self.rows_per_row * returned), self.pages + self.pages_per_row * returned


# --- What is asked ---------------------------------------------------------------------------------------------------


def _environment(key: Key) -> dict[str, Any]:
    return dict(zip(("os_name", "os_version", "python_version"), key.environment, strict=True))


def _package(key: Key) -> dict[str, Any]:
    return {"package_name": key.package_name}


def _entity(key: Key) -> dict[str, Any]:
    return {"package_name": key.package_name, "package_version": key.package_version}


def _at(key: Key) -> dict[str, Any]:
    return {**_entity(key), "index_url": key.index_url}


def _in(key: Key) -> dict[str, Any]:
    return {**_at(key), **_environment(key)}


def _dependency(key: Key) -> dict[str, Any]:
    name, version = key.dependency
    return {"dependency_name": name, "dependency_version": version}


def _image(key: Key) -> dict[str, Any]:
    name, version = key.thoth_image
    return {"thoth_image_name": name, "thoth_image_version": version}


def _analysis(key: Key) -> dict[str, Any]:
    return {"analysis_document_id": key.analysis_document_id}


def _stack(key: Key) -> list[tuple[str, str, str | None]]:
    """Two package versions, one of them on an index."""
    return [(key.package_name, key.package_version, key.index_url), (*key.dependency, None)]


def _nothing(_key: Key) -> dict[str, Any]:
    return {}


QUESTIONS = [
    # A resolver's, for each package it comes across.
    Question("get_depends_on", _in),
    Question("get_depends_on", lambda key: {**_in(key), "extras": frozenset({None}), "marker_evaluation_result": True}),
    Question("get_depends_on", lambda key: {**_in(key), "is_missing": False}),
    Question("get_depends_on", _entity),
    Question("get_python_package_version_records", _in),
    Question("get_solved_python_package_versions_all", lambda key: {**_package(key), **_environment(key)}),
    Question("get_solved_python_package_versions_all", lambda key: {**_package(key), "count": None, "distinct": True}),
    Question("get_solved_python_package_versions_all", _in),
    Question("get_all_versions_python_package", lambda key: {**_package(key), **_environment(key)}),
    Question("has_python_solver_error", _in),
    Question("get_python_cve_records_all", _entity),
    Question("get_python_cve_records_all", _package, keys=("rare",)),
    # Of a package with more than a thousand versions, one pass over all that is vulnerable is the shorter way.
    Question(
        "get_python_cve_records_all",
        _package,
        keys=("frequent",),
        rows=60_000,
        pages=2_000,
        whole=frozenset({"has_vulnerability"}),
    ),
    Question("get_python_package_hashes_sha256", _at),
    Question("is_python_package_index_enabled", lambda key: {"url": key.index_url}),
    Question("get_python_package_version_solver_rules_all", _entity),
    Question("get_python_package_version_solver_rules_all", _at),
    Question("get_python_environment_marker", lambda key: {**_in(key), **_dependency(key)}),
    Question("get_python_package_required_symbols", _at),
    Question("get_thoth_s2i_analyzed_image_symbols_all", _image),
    Question("get_last_analysis_document_id", _image),
    Question("get_python_package_version_all", _analysis),
    Question("get_rpm_package_version_all", _analysis),
    Question("get_si_aggregated_python_package_version", _at),
    Question("get_python_package_version_trove_classifiers_all", _in),
    Question("python_package_version_exists", _at),
    Question("solved_software_environment_exists", _environment),
    Question("get_cve_timestamp", _nothing),
    Question("get_python_package_index_urls_all", _nothing),
    Question(
        "retrieve_transitive_dependencies_python_multi",
        _environment,
        rows=300,
        rows_per_row=200,  # a row is a package version with all that it requires
        pages=300,
        pages_per_row=600,
        places=lambda key: ((key.package_name, key.package_version, key.index_url),),
    ),
    # A resolver's, for a whole stack.
    *(
        Question(name, lambda key: {"packages": _stack(key)})
        for name in (
            "get_depends_on_of_packages",
            "get_python_cve_records_of_packages",
            "get_python_packages_hashes_sha256",
            "get_python_packages_version_records",
            "get_python_solver_errors",
            "get_python_solver_rules_of_packages",
        )
    ),
    # What jobs ask to see what is to be done.
    Question("get_python_package_versions_all", lambda key: {**_package(key), "count": None}),
    Question(
        "get_python_package_version_dependents_all",
        lambda key: {**_package(key), **_environment(key)},
        keys=("rare",),
    ),
    # A page of what depends on what nearly everything depends on.
    Question(
        "get_python_package_version_dependents_all",
        lambda key: {**_package(key), **_environment(key)},
        keys=("frequent",),
        rows=40_000,
        pages=50_000,
    ),
    Question("get_python_rule_all", _package),
    # Versions that were solved have to be told apart from those that were not.
    Question(
        "get_unsolved_python_package_versions_all",
        lambda key: {**_package(key), "randomize": False},
        rows=10_000,
        pages=5_000,
    ),
    # What was done before stands in the way of the first that is not done.
    Question(
        "get_si_unanalyzed_python_package_versions_all", lambda _key: {"randomize": False}, rows=8_000, pages=10_000
    ),
    Question("get_python_packages_all", _nothing, rows=5_000, pages=5_000),
    # Everything that waits is found before some of it is drawn: each table is read a few times, and no more.
    Question(
        "get_unsolved_python_package_versions_all",
        _environment,
        rows=500_000,
        pages=1_000_000,
        whole=frozenset({"python_package_version", "python_package_version_entity"}),
    ),
]


# --- What is read ----------------------------------------------------------------------------------------------------


def _faults(question: Question, plan: Plan, sizes: dict[str, int]) -> list[str]:
    """What is read that should not be; empty where all is well."""
    found = [
        f"Seq Scan on {node['Relation Name']}, which has {sizes[node['Relation Name']]:,} rows"
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and sizes[node["Relation Name"]] > SMALL
        if node["Relation Name"] not in question.whole
    ]
    returned = round(plan["Actual Rows"] * plan["Actual Loops"])
    rows, pages = question.may_read(returned)
    read = round(sum(map(rows_read, nodes(plan))))
    touched = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    if read > rows:
        found.append(f"{read:,} rows read for {returned:,}, of {rows:,} that it may read")
    if touched > pages:
        found.append(f"{touched:,} pages read for {returned:,} rows, of {pages:,} that it may read")
    return found


def _faults_of(explainer: Explainer, question: Question, statement: str, parameters: Any) -> list[str]:
    plan = explainer.plan(statement, parameters)
    found = _faults(question, plan, explainer.sizes)
    return ["; ".join(found), *described(plan)] if found else []


def _asked(adapter: GraphDatabase, question: Question, key: Key) -> list[tuple[str, Any]]:
    """The statements of a call."""
    with captured(adapter._connected_engine()) as statements, suppress(NotFoundError):
        getattr(adapter, question.name)(*question.places(key), **question.arguments(key))
    assert statements, f"{question.name} asks nothing"
    return statements


def _remember_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in REMEMBERED.values():
        monkeypatch.setenv(setting.names[0], "0")
    monkeypatch.setenv(config.GRAPH_CACHE_DISABLED.names[0], "1")
    monkeypatch.setenv(config.GRAPH_CACHE_CHECK.names[0], "3600")


def _is_here(name: str) -> bool:
    return hasattr(GraphDatabase, name)


@pytest.mark.slow
def test_no_question_reads_more_than_it_needs(server: URL, template: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    """One test for all: the graph that they are asked of takes 20 seconds to fill."""
    _remember_nothing(monkeypatch)
    faults: list[str] = []
    with copied_database(server, template, "plans") as url:
        shape = load(make_maintenance_engine(url), EDGES)
        adapter = GraphDatabase(make_engine(url))
        adapter._forget_changed()
        with explaining(url) as explainer:
            whole = Question("everything that states a range", _nothing)
            statement = "SELECT id FROM depends_on WHERE version_range = %(range)s"
            assert _faults_of(explainer, whole, statement, {"range": "nobody's"}), (
                "a table that is read whole is not seen"
            )
            for question in filter(lambda one: _is_here(one.name), QUESTIONS):
                for which in question.keys:
                    key = {"frequent": shape.frequent, "rare": shape.rare}[which]
                    for statement, parameters in _asked(adapter, question, key):
                        if found := _faults_of(explainer, question, statement, parameters):
                            faults += [f"{question.name} of what is {which}: {found[0]}", *found[1:], ""]
        adapter.disconnect()
    assert not faults, "\n" + "\n".join(faults)


def test_what_is_still_to_be_held_is_known() -> None:
    """A question that is here now leaves PENDING."""
    assert {question.name for question in QUESTIONS if not _is_here(question.name)} == PENDING


def _plan(node: str, rows: float, removed: float, pages: int) -> Plan:
    leaf = {"Node Type": node, "Relation Name": "depends_on", "Actual Rows": rows, "Actual Loops": 10}
    leaf["Rows Removed by Filter"] = removed
    root = {"Node Type": "Nested Loop", "Actual Rows": 1, "Actual Loops": 1, "Plans": [leaf]}
    return {**root, "Shared Hit Blocks": pages - 1, "Shared Read Blocks": 1}


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (_plan("Seq Scan", 1, 0, 10), "Seq Scan on depends_on"),
        (_plan("Index Scan", 30, 0, 10), "300 rows read for 1"),
        (_plan("Index Scan", 1, 29, 10), "300 rows read for 1"),
        (_plan("Index Scan", 1, 0, 1000), "1,000 pages read for 1 rows"),
    ],
)
def test_what_is_read_without_need_is_found(plan: Plan, fault: str) -> None:
    (found,) = _faults(Question("x", _nothing), plan, {"depends_on": 1_000_000})
    assert found.startswith(fault)


def test_what_is_needed_may_be_read() -> None:
    assert not _faults(Question("x", _nothing), _plan("Index Scan", 1, 1, 20), {"depends_on": 1_000_000})
    assert not _faults(Question("x", _nothing), _plan("Seq Scan", 1, 1, 20), {"depends_on": 100})
