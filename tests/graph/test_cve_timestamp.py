"""When vulnerabilities were last looked up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine
from support.databases import adapters
from support.tables import CountStatements, count, rows_of, run
from support.transactions import Doing

from thoth.storages.exceptions import NotConnectedError
from thoth.storages.graph import GraphDatabase

NOON = datetime(2026, 7, 1, 12, 0, 0, 123456)


def test_nobody_knows_before_it_is_said(graph: GraphDatabase) -> None:
    assert graph.get_cve_timestamp() is None


def test_the_moment_comes_back_in_utc_without_a_zone(graph: GraphDatabase, engine: Engine) -> None:
    graph.set_cve_timestamp(NOON)
    assert graph.get_cve_timestamp() == NOON
    assert rows_of(engine, "SELECT timestamp FROM cve_timestamp") == [(NOON.replace(tzinfo=UTC),)]
    graph.set_cve_timestamp(timestamp=datetime(2026, 7, 1, 23, 0, tzinfo=timezone(timedelta(hours=-5))))
    assert graph.get_cve_timestamp() == datetime(2026, 7, 2, 4, 0)


def test_there_is_one_row_and_the_last_word_counts(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    for days in (0, 2, -3):
        assert count_statements(graph, lambda days=days: graph.set_cve_timestamp(NOON + timedelta(days))) == 1  # type: ignore[misc]
        assert graph.get_cve_timestamp() == NOON + timedelta(days)
    assert count(engine, "cve_timestamp") == 1
    assert count_statements(graph, graph.get_cve_timestamp) == 1


def test_the_zone_of_the_server_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, f"ALTER DATABASE \"{engine.url.database}\" SET timezone = 'Pacific/Auckland'")
    with adapters(1) as (adapter,):
        assert rows_of(adapter._connected_engine(), "SHOW timezone") == [("Pacific/Auckland",)]
        adapter.set_cve_timestamp(NOON)
        assert adapter.get_cve_timestamp() == graph.get_cve_timestamp() == NOON


def test_many_at_once_leave_one_row(graph: GraphDatabase, engine: Engine) -> None:
    with adapters(8) as connected:
        doing = [
            Doing(lambda days=days, each=each: each.set_cve_timestamp(NOON + timedelta(days)))  # type: ignore[misc]
            for days, each in enumerate(connected)
        ]
        for each in doing:
            each.result()
    assert count(engine, "cve_timestamp") == 1
    found = graph.get_cve_timestamp()
    assert found is not None and found - NOON in {timedelta(days) for days in range(8)}


@pytest.mark.parametrize("timestamp", [None, "2026-07-01", 0, date(2026, 7, 1)])
def test_what_is_no_moment_is_refused(graph: GraphDatabase, timestamp: Any) -> None:
    graph.set_cve_timestamp(NOON)
    with pytest.raises(TypeError, match="timestamp must be a datetime"):
        graph.set_cve_timestamp(timestamp)
    assert graph.get_cve_timestamp() == NOON


@pytest.mark.parametrize("moment", [datetime.min, datetime.max, datetime(1970, 1, 1)])
def test_moments_far_away_come_back(graph: GraphDatabase, moment: datetime) -> None:
    graph.set_cve_timestamp(moment)
    assert graph.get_cve_timestamp() == moment


def test_nothing_is_said_before_connecting() -> None:
    for call in (lambda: GraphDatabase().set_cve_timestamp(NOON), lambda: GraphDatabase().get_cve_timestamp()):
        with pytest.raises(NotConnectedError):
            call()
