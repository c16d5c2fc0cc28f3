"""Whether the marker holds under which one package version depends on another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from support.databases import copied_database, graph_with
from support.documents import ANY, DEBIAN, ON_RHEL, PYPI, RHEL, for_solver, needed, real_document
from support.random_edges import ENVIRONMENT_ARGUMENTS, INDEXES, Edge, Solved, World, none_first, worlds, write

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FLASK = ("flask", "3.0.3", PYPI)
IMPORTLIB = {"dependency_name": "importlib-metadata", "dependency_version": "6.8.0"}


@pytest.fixture(scope="module")
def asked(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that every example fills anew."""
    with copied_database(server, template, "markers") as url:
        adapter = GraphDatabase(make_engine(url), cache=GraphCache())
        yield adapter
        adapter.disconnect()


@pytest.fixture(scope="module")
def told(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """The real documents, and flask in an environment where it needs importlib-metadata."""
    flask = for_solver(real_document("flask==3.0.3"), ON_RHEL, "flask")
    needed(flask, "importlib-metadata")["marker_evaluation_result"] = True
    with graph_with(server, filled_template, "markers", [flask]) as adapter:
        yield adapter


def in_full(environment: dict[str, str]) -> dict[str, Any]:
    return {**ANY, **environment}


def test_the_environment_decides(told: GraphDatabase) -> None:
    evaluated = told.get_python_environment_marker_evaluation_result
    assert evaluated(*FLASK, **IMPORTLIB, **RHEL) is True
    assert evaluated(*FLASK, **IMPORTLIB, **DEBIAN) is False
    assert evaluated(*FLASK, **IMPORTLIB, **ANY) is True, "in any environment it holds where it holds in one"


def test_every_spelling_gives_the_same_answer(told: GraphDatabase) -> None:
    """The published question found nothing for a dependency that was not spelled as it is stored."""
    odd = {"dependency_name": "Importlib_Metadata", "dependency_version": " v6.8.0"}
    where = {"os_name": "ubi", "os_version": "8.9", "python_version": "py38"}
    assert told.get_python_environment_marker_evaluation_result(" Flask", "v3.0.3", PYPI + "/", **odd, **where) is True


@pytest.mark.parametrize(
    "changed",
    [
        {"package_name": "nobody"},
        {"package_version": "1.0"},
        {"index_url": "https://example.org/simple"},
        {"dependency_name": "nobody"},
        {"dependency_version": "0.1"},
        {"os_name": "fedora"},
    ],
)
def test_what_is_not_there_is_not_found(told: GraphDatabase, changed: dict[str, str]) -> None:
    there = dict(zip(("package_name", "package_version", "index_url"), FLASK, strict=True)) | IMPORTLIB | DEBIAN
    with pytest.raises(NotFoundError):
        told.get_python_environment_marker_evaluation_result(**{**there, **changed})


def test_a_name_and_a_dependency_are_needed(told: GraphDatabase) -> None:
    with pytest.raises(TypeError):
        told.get_python_environment_marker_evaluation_result(*FLASK, **{**IMPORTLIB, "dependency_name": None}, **ANY)
    with pytest.raises(TypeError):
        told.get_python_environment_marker_evaluation_result(*FLASK, **DEBIAN)  # type: ignore[call-arg]


def expected(world: World, package: Any, pair: tuple[str, str], environment: dict[str, str]) -> list[Any]:
    """Extra, marker, and whether it does not hold, of each edge: the first one counts."""
    there = set(world.of(package, environment))
    return sorted(
        (none_first(edge.extra), none_first(edge.marker), not edge.holds)
        for edge in world.edges
        if edge.source in there and edge.pair == pair
    )


@few
@given(worlds(), st.sampled_from(ENVIRONMENT_ARGUMENTS))
def test_the_result_is_that_of_the_marker_that_is_given(
    asked: GraphDatabase, world: World, environment: dict[str, str]
) -> None:
    write(asked._connected_engine(), world)
    asked.cache_clear()
    where = in_full(environment)
    pairs = {(edge.source[:2], edge.pair) for edge in world.edges}
    for (source, pair), index in itertools.product(pairs, INDEXES):
        edges = expected(world, (*source, index), pair, environment)
        wanted = {"dependency_name": pair[0], "dependency_version": pair[1], **where}
        if not edges:
            with pytest.raises(NotFoundError):
                asked.get_python_environment_marker_evaluation_result(*source, index, **wanted)
            continue
        _extra, (_, marker), fails = edges[0]
        assert asked.get_python_environment_marker_evaluation_result(*source, index, **wanted) is not fails
        assert asked.get_python_environment_marker(*source, index, **wanted) == (marker or None)


def test_where_environments_differ_it_holds_in_one(asked: GraphDatabase) -> None:
    """Whichever row is stored first."""
    for first, second in itertools.permutations((True, False)):
        here, there = (Solved("a", "1.9", None, (name, "1", "3.11")) for name in ("debian", "rhel"))
        edges = [Edge(here, "b", "1.9", None, "m", None, first), Edge(there, "b", "1.9", None, "m", None, second)]
        write(asked._connected_engine(), World({here: False, there: False}, edges))
        wanted = {"dependency_name": "b", "dependency_version": "1.9"}
        assert asked.get_python_environment_marker_evaluation_result("a", "1.9", None, **wanted, **ANY) is True
