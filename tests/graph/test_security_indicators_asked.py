"""Questions about security indicators against a slow and plain model of the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from sqlalchemy import Engine, update
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.facts import COUNTERS, NOW, Facts
from support.tables import run

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import version_order

PYPI, MIRROR, OLD = "https://pypi.org/simple", "https://mirror.example/simple", "https://old.example/simple"
ENABLED = (PYPI, MIRROR)
ENVIRONMENTS = (("rhel", "8", "3.8"), ("debian", "12", "3.11"))


class Package(NamedTuple):
    """A package version: where it was solved, whether it has a source distribution, and how its runs ended."""

    place: tuple[str, str, str | None]
    solved: list[tuple[tuple[str, str, str], bool]]
    runs: list[tuple[int, bool]]  # minutes after the first, whether it failed


places = st.tuples(
    st.sampled_from(("a", "b-c")), st.sampled_from(("1.0", "10.0", "2.0")), st.sampled_from((None, PYPI, MIRROR, OLD))
)
solved = st.lists(st.tuples(st.sampled_from(ENVIRONMENTS), st.booleans()), max_size=2, unique_by=lambda one: one[0])
runs = st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=3)
worlds = st.lists(st.builds(Package, places, solved, runs), max_size=7, unique_by=lambda one: one.place)
FAILED = [Package(("a", "1.0", PYPI), [(ENVIRONMENTS[0], True), (ENVIRONMENTS[1], True)], [(0, True), (1, True)])]
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def room(server: URL, template: URL) -> Iterator[tuple[GraphDatabase, Engine]]:
    """An adapter to a graph that each example fills anew, and an engine for doing so behind its back."""
    with copied_database(server, template, "indicators") as url:
        adapter, engine = GraphDatabase(make_engine(url), cache=GraphCache()), make_maintenance_engine(url)
        yield adapter, engine
        adapter.disconnect()
        engine.dispose()


def holding(room: tuple[GraphDatabase, Engine], world: list[Package]) -> GraphDatabase:
    adapter, engine = room
    run(engine, "TRUNCATE python_package_index, python_package_version_entity, si_aggregated_run CASCADE")
    with engine.begin() as connection:
        facts = Facts(connection)
        indexes = {url: facts.put(m.PythonPackageIndex, url=url, enabled=url in ENABLED) for url in (*ENABLED, OLD)}
        for number, package in enumerate(world):
            _write(facts, number, package, indexes)
    adapter.cache_clear()
    return adapter


def _write(facts: Facts, number: int, package: Package, indexes: dict[str, int]) -> None:
    name, version, url = package.place
    this = {"package_name": name, "package_version": version, "version_order": version_order(version)}
    this["python_package_index_id"] = None if url is None else indexes[url]
    entity = facts.put(m.PythonPackageVersionEntity, **this)
    for environment, has_sources in package.solved:
        where = dict(zip(("os_name", "os_version", "python_version"), environment, strict=True))
        values = {**this, **where, "provides_source_distro": has_sources}
        facts.put(m.PythonPackageVersion, entity_id=entity, **values)
    for which, (minutes, error) in enumerate(package.runs):
        counters = dict.fromkeys(COUNTERS, None if error else 10 * minutes + which)
        run_id = facts.security(f"si-aggregated-{number}-{which}", error=error, **counters)
        table = table_of(m.SecurityIndicatorAggregatedRun)
        moment = NOW + timedelta(minutes=minutes)
        facts.connection.execute(update(table).where(table.c.id == run_id).values(datetime=moment))
        facts.put(m.SIAggregated, si_aggregated_run_id=run_id, python_package_version_entity_id=entity)


def order(place: tuple[str, str, str | None]) -> Any:
    return place[0], Version(place[1]), place[2] is None, place[2] or ""


def listed(found: list[Any], distinct: bool) -> list[Any]:
    return sorted(set(found) if distinct else found, key=order)


@few
@given(worlds, st.booleans(), st.booleans(), st.booleans())
@example(FAILED, False, True, False)
@example(FAILED, True, True, True)
@example([*FAILED, FAILED[0]._replace(place=("a", "2.0", PYPI), runs=[(0, False), (1, True)])], False, True, True)
def test_what_waits_for_its_indicators(room: Any, world: Any, distinct: bool, sources: bool, si_error: bool) -> None:
    graph = holding(room, world)
    wanted = {"distinct": distinct, "provides_source_distro": sources, "si_error": si_error}
    expected = listed(
        [
            package.place
            for package in world
            for _, has_sources in package.solved
            if has_sources is sources and package.place[2] in ENABLED
            if (package.runs and all(error for _, error in package.runs) if si_error else not package.runs)
        ],
        distinct,
    )
    question = graph.get_si_unanalyzed_python_package_versions_all
    assert question(count=None, randomize=False, **wanted) == expected
    assert sorted(question(count=None, **wanted), key=order) == expected
    pages = [question(start, 2, randomize=False, **wanted) for start in range(0, len(expected) + 1, 2)]
    assert [place for page in pages for place in page] == expected
    total = graph.get_si_unanalyzed_python_package_versions_count_all
    assert total(**wanted) == len(expected)
    for url in (PYPI, MIRROR, OLD):
        assert total(url + "/", **wanted) == len([place for place in expected if place[2] == url])


@few
@given(worlds, st.booleans())
def test_what_has_indicators_and_which_they_are(room: Any, world: list[Package], distinct: bool) -> None:
    graph = holding(room, world)
    expected = listed([package.place for package in world for _ in package.runs], distinct)
    assert graph.get_si_analyzed_python_package_versions_all(distinct=distinct) == expected
    assert graph.get_si_analyzed_python_package_versions_count_all(distinct=distinct) == len(expected)
    for package in world:
        name, version, url = package.place
        of = [(run, other, which) for other in world for which, run in enumerate(other.runs)]
        of = [one for one in of if one[1].place[:2] == (name, version) and url in (None, one[1].place[2])]
        asked = {"package_name": name.upper().replace("-", "_"), "package_version": f"v{version}", "index_url": url}
        assert graph.si_aggregated_python_package_version_exists(**asked) is bool(of)
        if not of:
            with pytest.raises(NotFoundError, match=f"no security indicators of {name} {version}"):
                graph.get_si_aggregated_python_package_version(**asked)
            continue
        (minutes, error), _, which = max(of, key=lambda one: (one[0][0], world.index(one[1]), one[2]))
        counters = dict.fromkeys(COUNTERS, None if error else 10 * minutes + which)
        assert graph.get_si_aggregated_python_package_version(**asked) == {**counters, "error": error}
    assert graph.si_aggregated_python_package_version_exists("nothing", "1.0", None) is False
    assert len(COUNTERS) == 25
