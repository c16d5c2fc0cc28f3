"""Questions about indicators and analyses of packages: what is known, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from sqlalchemy import Engine, select, update
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.facts import COUNTERS, NOW, Facts
from support.tables import empty

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.models_performance import PiMatmul
from thoth.storages.graph.names import version_order

PYPI, MIRROR, OLD = "https://pypi.org/simple", "https://mirror.example/simple", "https://old.example/simple"
ENABLED, UNKNOWN = (PYPI, MIRROR), "https://nowhere.example"
ENVIRONMENTS = (("rhel", "8", "3.8"), ("debian", "12", "3.11"))
FLASK = ("flask", "3.0.3", PYPI)


# --- Security indicators, against a slow and plain model of the same rows --------------------------------------------


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
def room(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that each example fills anew."""
    with graph_with(server, template, "indicators", []) as adapter:
        yield adapter


def holding(room: GraphDatabase, world: list[Package]) -> GraphDatabase:
    """The adapter, to a graph that holds this and nothing else."""
    engine = room._connected_engine()
    empty(engine)
    with engine.begin() as connection:
        facts = Facts(connection)
        indexes = {url: facts.put(m.PythonPackageIndex, url=url, enabled=url in ENABLED) for url in (*ENABLED, OLD)}
        for number, package in enumerate(world):
            _write(facts, number, package, indexes)
    room.cache_clear()
    return room


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
def test_what_waits_for_its_security_indicators(
    room: GraphDatabase, world: list[Package], distinct: bool, sources: bool, si_error: bool
) -> None:
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
    for url in (PYPI, MIRROR, OLD, UNKNOWN):
        assert total(url + "/", **wanted) == len([place for place in expected if place[2] == url])


@few
@given(worlds, st.booleans())
@example([*FAILED, Package(("b-c", "1.0", MIRROR), [], [(1, False), (0, False)])], False)
def test_what_has_security_indicators_and_which_they_are(
    room: GraphDatabase, world: list[Package], distinct: bool
) -> None:
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
        assert graph.si_aggregated_python_package_version_exists(name, version, UNKNOWN) is False
        if not of:
            with pytest.raises(NotFoundError, match=f"no security indicators of {name} {version}"):
                graph.get_si_aggregated_python_package_version(**asked)
            continue
        (minutes, error), _, which = max(of, key=lambda one: (one[0][0], world.index(one[1]), one[2]))
        counters = dict.fromkeys(COUNTERS, None if error else 10 * minutes + which)
        found = graph.get_si_aggregated_python_package_version(**asked)
        assert found == {**counters, "error": error}
        found.clear()
        again = graph.get_si_aggregated_python_package_version(**asked)
        assert again == {**counters, "error": error}, "what is remembered is not ours"
    assert graph.si_aggregated_python_package_version_exists("nothing", "1.0", None) is False
    assert len(COUNTERS) == 25


# --- What real documents say -----------------------------------------------------------------------------------------


def test_what_was_solved_waits_in_random_order_until_it_is_told_to_have_no_sources(filled: GraphDatabase) -> None:
    filled.set_python_package_index_state(PYPI, enabled=True)
    question = filled.get_si_unanalyzed_python_package_versions_all
    everything = question(count=None, randomize=False)
    assert FLASK in everything and len(everything) > 20
    shuffled = question(count=None)
    assert shuffled != everything and sorted(shuffled) == sorted(everything)
    filled.update_provides_source_distro_package_version(*FLASK, value=False)
    assert question(count=None, randomize=False) == [place for place in everything if place != FLASK]
    assert question(provides_source_distro=False) == [FLASK]
    filled.set_python_package_index_state(PYPI, enabled=False)
    assert question() == []


def test_what_no_analysis_looked_into_is_listed_in_pages(filled: GraphDatabase, engine: Engine) -> None:
    everything = filled.retrieve_unanalyzed_python_package_versions(count=None)
    flask = dict(zip(("package_name", "package_version", "index_url"), FLASK, strict=True))
    assert flask in everything
    entities, indexes = table_of(m.PythonPackageVersionEntity), table_of(m.PythonPackageIndex)
    wanted = select(entities.c.id).join(indexes).where(entities.c.package_name == "flask", indexes.c.url == PYPI)
    with engine.begin() as connection:
        about = {
            "input_python_package_version_entity_id": connection.execute(
                wanted.where(entities.c.package_version == FLASK[1])
            ).scalar_one()
        }
        run = {"package_analysis_document_id": "package-analyzer-1", "datetime": NOW}
        Facts(connection).put(m.PackageAnalyzerRun, **run, **about)
    left = [one for one in everything if one != flask]
    assert filled.retrieve_unanalyzed_python_package_versions(count=None) == left
    assert filled.retrieve_unanalyzed_python_package_versions(2, 3) == left[2:5]


# --- Performance indicators ------------------------------------------------------------------------------------------


def test_rows_of_performance_indicators_are_counted_by_table_and_component(room: GraphDatabase) -> None:
    graph = holding(room, [])
    measured = {"origin": "o", "version": "1", "elapsed": 1.0, "rate": 1.0}
    measured |= {"device": "cpu", "matrix_size": 8, "dtype": "float32", "reps": 1}
    with graph._connected_engine().begin() as connection:
        facts = Facts(connection)
        for number, component in enumerate(("tensorflow", "tensorflow", "pytorch")):
            run = facts.inspection(f"inspection-{number}", inspection_sync_state="SYNCED")
            facts.put(PiMatmul, component=component, inspection_run_id=run, **measured)
    counts = graph.get_performance_table_count()
    assert counts["pi_matmul"] == 3 and list(counts) == sorted(counts) and graph.get_number_of_pi_records() == counts
    assert graph.get_pi_component_all() == ["pytorch", "tensorflow"]
    assert graph.get_pi_count("tensorflow")["pi_matmul"] == 2
    assert graph.get_all_pi_per_framework_count("nothing")["pi_matmul"] == 0
    assert "pi_pybench" not in graph.get_pi_count("tensorflow")
    assert graph.get_all_pi_count() == {"pytorch": 1, "tensorflow": 2}
