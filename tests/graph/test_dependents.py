"""What depends on a package, directly and all the way up: against plain Python, and against the way down."""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import DEBIAN, MIRROR, PYPI, RHEL
from support.facts import Facts
from support.random_edges import (
    ENVIRONMENT_ARGUMENTS,
    ENVIRONMENTS,
    INDEXES,
    NAMES,
    VERSIONS,
    Edge,
    Solved,
    World,
    by_place,
    by_version,
    none_first,
    worlds,
    write,
)
from support.tables import CountStatements

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m

few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
environments = st.sampled_from(ENVIRONMENT_ARGUMENTS)
some_versions = st.sampled_from([None, *VERSIONS])
MARKUPSAFE = "markupsafe"


@pytest.fixture(scope="module")
def filled(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that was told all the real solver documents; no test writes to it."""
    with graph_with(server, filled_template, "dependents", []) as adapter:
        yield adapter


@pytest.fixture(scope="module")
def asked(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that every example fills anew."""
    with graph_with(server, template, "dependents", []) as adapter:
        yield adapter


@pytest.fixture
def facts(graph: GraphDatabase, engine: Engine) -> Iterator[Facts]:
    with engine.connect() as connection, connection.begin():
        yield Facts(connection)


# --- Plain Python ----------------------------------------------------------------------------------------------------


def edges_to(world: World, name: str, version: str | None, environment: dict[str, str]) -> list[Edge]:
    there = set(world.within(environment))
    return [
        edge for edge in world.edges if edge.source in there and edge.name == name and version in (None, edge.version)
    ]


def in_order(edge: Edge) -> Any:
    source = edge.source
    texts = (none_first(edge.extra), none_first(edge.marker), none_first(edge.version_range))
    return by_version(edge.version), by_place(source.place), source.environment, texts


def as_record(edge: Edge) -> dict[str, Any]:
    return {
        "package_name": edge.source.name,
        "package_version": edge.source.version,
        "index_url": edge.source.index,
        "version_range": edge.version_range,
        "marker_evaluation_result": edge.holds,
        "marker": edge.marker,
        "extra": edge.extra,
        "dependency_version": edge.version,
    }


def all_above(world: World, name: str, version: str | None, environment: dict[str, str]) -> list[Any]:
    """Whatever leads there, edge by edge, until nothing more is found."""
    found = {edge.source.place for edge in edges_to(world, name, version, environment)}
    while True:
        more = {
            edge.source.place for pair in {place[:2] for place in found} for edge in edges_to(world, *pair, environment)
        } - found
        if not more:
            return sorted(found, key=by_place)
        found |= more


# --- Against it ------------------------------------------------------------------------------------------------------


@few
@given(worlds(), environments, some_versions)
def test_dependents_are_the_edges_that_lead_there(
    asked: GraphDatabase, world: World, environment: dict[str, str], version: str | None
) -> None:
    write(asked._connected_engine(), world)
    for name in NAMES:
        expected = [as_record(edge) for edge in sorted(edges_to(world, name, version, environment), key=in_order)]
        given_ = {"package_version": version, **environment}
        assert asked.get_python_package_version_dependents_all(name, **given_) == expected
        assert asked.get_python_package_version_dependents_count_all(name, **given_) == len(expected)
        pages = [
            asked.get_python_package_version_dependents_all(name, start_offset=start, count=3, **given_)
            for start in range(0, len(expected) + 3, 3)
        ]
        assert [one for page in pages for one in page] == expected


@few
@given(worlds(), some_versions)
def test_dependent_packages_are_named_once(asked: GraphDatabase, world: World, version: str | None) -> None:
    write(asked._connected_engine(), world)
    for name in NAMES:
        pairs = {edge.source[:2] for edge in edges_to(world, name, version, {})}
        found = asked.retrieve_dependent_packages(name, version)
        assert list(found) == sorted({dependent for dependent, _ in pairs})
        for dependent, versions in found.items():
            assert versions == sorted((v for n, v in pairs if n == dependent), key=by_version)


@few
@given(worlds(), environments, some_versions)
def test_all_that_depends_is_what_leads_there_edge_by_edge(
    asked: GraphDatabase, world: World, environment: dict[str, str], version: str | None
) -> None:
    write(asked._connected_engine(), world)
    for name in NAMES:
        expected = all_above(world, name, version, environment)
        assert asked.retrieve_transitive_dependents_python(name, version, **environment) == expected
        assert asked.retrieve_transitive_dependents_python_count(name, version, **environment) == len(expected)


@few
@given(worlds(), environments)
def test_the_way_up_is_the_way_down_read_backwards(
    asked: GraphDatabase, world: World, environment: dict[str, str]
) -> None:
    write(asked._connected_engine(), world)
    asked.cache_clear()
    # An index of None in a question is any index, so what was solved on none is left out on both sides.
    places = {one.place for one in world.within(environment) if one.index}
    down = asked.retrieve_transitive_dependencies_python_multi(*places, **environment)
    for pair in {edge.pair for edge in world.edges}:
        leading = {place for place in places if any(target[:2] == pair for _, target in down[place])}
        up = asked.retrieve_transitive_dependents_python(*pair, **environment)
        assert [place for place in up if place[2]] == sorted(leading, key=by_place)


def test_every_answer_is_in_its_order(asked: GraphDatabase) -> None:
    """All there is of everything that the order goes by, stored in none."""
    stated = [(None, None, None), (None, "m", None), (None, None, "X"), (None, None, "x_y"), (">=1", None, None)]
    places = itertools.product(("a", "d-e"), VERSIONS, INDEXES, ENVIRONMENTS[:2])
    solved = {Solved(*place): False for place in places}
    edges = [Edge(one, "b", version, *how, True) for one in solved for version in VERSIONS for how in stated]
    random.Random(0).shuffle(edges)
    write(asked._connected_engine(), World(dict(random.Random(1).sample([*solved.items()], len(solved))), edges))
    found = asked.get_python_package_version_dependents_all("b", count=None)
    assert found == [as_record(edge) for edge in sorted(edges, key=in_order)]
    assert asked.retrieve_dependent_packages("b") == {name: list(VERSIONS) for name in ("a", "d-e")}
    above = asked.retrieve_transitive_dependents_python("b")
    assert above == sorted({one.place for one in solved}, key=by_place)


# --- Worked out by hand ----------------------------------------------------------------------------------------------


def test_each_version_of_the_dependency_is_told(filled: GraphDatabase) -> None:
    """The published answer repeats an edge for each version that satisfies it, without saying which."""
    found = filled.get_python_package_version_dependents_all("urllib3", **DEBIAN)
    of_requests = [one for one in found if one["package_version"] == "2.32.3"]
    assert [one["dependency_version"] for one in of_requests] == ["1.26.20", "2.2.3"]
    assert of_requests[0] == {
        "package_name": "requests",
        "package_version": "2.32.3",
        "index_url": PYPI,
        "version_range": of_requests[1]["version_range"],
        "marker_evaluation_result": True,
        "marker": None,
        "extra": None,
        "dependency_version": "1.26.20",
    }


def test_dependents_of_any_version_are_found(filled: GraphDatabase) -> None:
    """The published question never answered anything unless a version was given."""
    expected = {"jinja2": ["3.0.3", "3.1.4"], "werkzeug": ["2.2.3", "2.3.8", "3.0.4"]}
    assert filled.retrieve_dependent_packages(MARKUPSAFE) == expected
    assert filled.retrieve_dependent_packages(" MarkupSafe ", "v2.1.5") == expected
    assert filled.retrieve_dependent_packages(MARKUPSAFE, "0.1") == {}
    assert filled.retrieve_dependent_packages("nobody") == {}


def test_all_the_way_up(filled: GraphDatabase) -> None:
    found = filled.retrieve_transitive_dependents_python("MarkupSafe", "2.1.5")
    assert ("jinja2", "3.1.4", PYPI) in found and ("flask", "3.0.3", PYPI) in found
    assert found == sorted(found, key=by_place)
    assert filled.retrieve_transitive_dependents_python(MARKUPSAFE, "2.1.5", **RHEL) == []
    assert filled.retrieve_transitive_dependents_python("nobody") == []
    assert filled.retrieve_transitive_dependents_python_count("nobody") == 0


def test_what_is_solved_on_no_index_depends_and_is_depended_on(graph: GraphDatabase, facts: Facts) -> None:
    low, middle, mirror = facts.entity("low", "1"), facts.entity("middle", "1"), facts.index(MIRROR)
    for name, index, needs in (("middle", mirror, low), ("high", None, middle)):
        about = {"package_name": name, "package_version": "1", "version_order": b"1", "python_package_index_id": index}
        version = facts.put(m.PythonPackageVersion, entity_id=facts.entity(name, "1", index), **about, **RHEL)
        stated = {"marker_evaluation_result": True, "stated_by_solver": True}
        facts.put(m.DependsOn, version_id=version, entity_id=needs, **stated)
    facts.connection.commit()
    (one,) = graph.get_python_package_version_dependents_all("middle")
    assert (one["package_name"], one["index_url"]) == ("high", None)
    # What high needs is middle 1 of whatever index: it was solved on the mirror alone.
    assert graph.retrieve_transitive_dependents_python("low") == [("high", "1", None), ("middle", "1", MIRROR)]


def test_a_package_that_depends_on_itself_is_among_its_dependents(filled: GraphDatabase) -> None:
    attrs = ("attrs", "23.2.0", PYPI)
    assert attrs in filled.retrieve_transitive_dependents_python("attrs", "23.2.0", **DEBIAN)
    assert ("idna", "3.10", PYPI) not in filled.retrieve_transitive_dependents_python("idna", "3.10", **DEBIAN)


def test_every_spelling_gives_the_same_answers(filled: GraphDatabase) -> None:
    for question in (
        filled.get_python_package_version_dependents_all,
        filled.get_python_package_version_dependents_count_all,
    ):
        assert question("MarkupSafe", package_version="2.1.5 ", **{**DEBIAN, "python_version": "py311"}) == question(
            MARKUPSAFE, package_version="2.1.5", **DEBIAN
        )
        assert question(MARKUPSAFE)


# --- Statements ------------------------------------------------------------------------------------------------------


def test_each_level_is_one_statement(asked: GraphDatabase, count_statements: CountStatements) -> None:
    """A chain of four in two environments, with a cycle at its end, and one more for the names."""
    engine = asked._connected_engine()
    chain = [("d-e", "1.9"), ("a", "1.9"), ("b", "1.9"), ("c", "1.9")]
    where = (("debian", "12", "3.11"), ("rhel", "8", "3.8"))
    solved = {_solved(*pair, environment): False for pair in chain for environment in where}
    edges = [
        Edge(_solved(*source, environment), *target, None, None, None, True)
        for target, source in [*itertools.pairwise(chain), (chain[-1], chain[1])]
        for environment in where
    ]
    write(engine, World(solved, edges))
    found: list[Any] = []
    # Levels: a, b, c, a again; then the names.
    assert count_statements(asked, lambda: found.extend(asked.retrieve_transitive_dependents_python("d-e"))) == 5
    assert [place[0] for place in found] == ["a", "b", "c"]
    assert count_statements(asked, lambda: asked.retrieve_transitive_dependents_python_count("d-e")) == 4
    assert count_statements(asked, lambda: asked.retrieve_transitive_dependents_python("nobody")) == 1


def _solved(name: str, version: str, environment: tuple[str, str, str]) -> Solved:
    return Solved(name, version, None, environment)


# --- What is refused, and platforms ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "error"),
    [
        ({"package_name": None}, TypeError),
        ({"package_name": 3}, TypeError),
        ({"package_name": "a\x00"}, ValueError),
        ({"package_name": "a", "python_version": 3.11}, TypeError),
        ({"package_name": "a", "start_offset": -1}, ValueError),
        ({"package_name": "a", "count": -1}, ValueError),
        ({"package_name": "a", "count": "5"}, ValueError),
    ],
)
def test_wrong_arguments_are_refused(keywords: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=[*keywords][-1]):
        GraphDatabase().get_python_package_version_dependents_all(**keywords)


def test_a_page_is_as_long_as_published() -> None:
    signature = inspect.signature(GraphDatabase().get_python_package_version_dependents_all)
    assert signature.parameters["count"].default == GraphDatabase.DEFAULT_COUNT == 100
    assert next(iter(signature.parameters)) == "package_name"


def test_platforms_need_no_connection() -> None:
    assert GraphDatabase.get_python_package_version_platform_all() == ["linux-x86_64"]
    assert GraphDatabase().get_python_package_version_platform_all() == ["linux-x86_64"]
    assert GraphDatabase.python_package_version_depends_on_platform_exists("linux-x86_64")
    for unknown in ("", "linux", "LINUX_X86_64", "win32"):
        assert not GraphDatabase.python_package_version_depends_on_platform_exists(unknown)
