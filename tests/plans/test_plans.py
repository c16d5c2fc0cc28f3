"""What PostgreSQL reads to answer the questions that are asked most often, in a graph of a million dependencies."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.explaining import Captured, Explainer, Plan, captured, described, explaining, nodes, rows_read
from support.hot_questions import QUESTIONS, Question, nothing
from support.shape import Key, load

from thoth.storages import config
from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.queries.base import REMEMBERED

EDGES = 1_000_000
SMALL = 5_000
"""A table of so many rows may be read from its beginning to its end."""


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


def _faults_of(explainer: Explainer, question: Question, asked: Captured) -> list[str]:
    for plan in explainer.plans(asked):
        if found := _faults(question, plan, explainer.sizes):
            return ["; ".join(found), *described(plan)]
    return []


def _asked(adapter: GraphDatabase, question: Question, key: Key) -> list[Captured]:
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
            whole = Question("everything that states a range", nothing)
            statement = "SELECT id FROM depends_on WHERE version_range = %(range)s"
            for is_prepared in (False, True):
                asked = Captured(statement, {"range": "nobody's"}, is_prepared)
                assert _faults_of(explainer, whole, asked), "a table that is read whole is not seen"
            for question in QUESTIONS:
                for which in question.keys:
                    key = {"frequent": shape.frequent, "rare": shape.rare}[which]
                    for asked in _asked(adapter, question, key):
                        if found := _faults_of(explainer, question, asked):
                            faults += [f"{question.name} of what is {which}: {found[0]}", *found[1:], ""]
        adapter.disconnect()
    assert not faults, "\n" + "\n".join(faults)


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
    (found,) = _faults(Question("x", nothing), plan, {"depends_on": 1_000_000})
    assert found.startswith(fault)


def test_what_is_needed_may_be_read() -> None:
    assert not _faults(Question("x", nothing), _plan("Index Scan", 1, 1, 20), {"depends_on": 1_000_000})
    assert not _faults(Question("x", nothing), _plan("Seq Scan", 1, 1, 20), {"depends_on": 100})
