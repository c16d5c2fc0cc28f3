"""A stack at once is answered as its packages one by one, in one statement."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import DEBIAN, MIRROR, PYPI
from support.random_edges import (
    ENVIRONMENT_ARGUMENTS,
    INDEXES,
    NAMES,
    VERSIONS,
    World,
    by_version,
    none_first,
    none_last,
    worlds,
    write,
)
from support.tables import CountStatements

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase

few = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
environments = st.sampled_from(ENVIRONMENT_ARGUMENTS)
truth = st.sampled_from([None, True, False])
some_extras = st.sampled_from([None, frozenset(), frozenset({None}), frozenset({None, "x"}), ("X-Y",), {"x", "x_y"}])
PLACES = list(itertools.product(NAMES, VERSIONS, INDEXES))
UNKNOWN = ("nobody", "1.0", None)


@pytest.fixture(scope="module")
def filled(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that was told all the real solver documents; no test writes to it."""
    with graph_with(server, filled_template, "stacks", []) as adapter:
        yield adapter


@pytest.fixture(scope="module")
def asked(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph that every example fills anew."""
    with graph_with(server, template, "stacks", []) as adapter:
        yield adapter


def in_full(environment: dict[str, str]) -> dict[str, Any]:
    return {"os_name": None, "os_version": None, "python_version": None, **environment}


def one_by_one(question: Callable[..., Any], packages: list[Any], **keywords: Any) -> dict[Any, Any]:
    """The answers of the single question, by package; what is not found is left out."""
    answers = {}
    for package in packages:
        try:
            answers[package] = question(*package, **keywords)
        except NotFoundError:
            continue
    return answers


# --- Against the single questions, and plain Python ------------------------------------------------------------------


@few
@given(worlds(), environments)
def test_records_are_those_of_each_package(asked: GraphDatabase, world: World, environment: dict[str, str]) -> None:
    write(asked._connected_engine(), world)
    asked.cache_clear()
    together = asked.get_python_packages_version_records([*PLACES, UNKNOWN], **environment)
    assert list(together) == [*PLACES, UNKNOWN]
    single = one_by_one(asked.get_python_package_version_records, [*PLACES, UNKNOWN], **in_full(environment))
    assert together == single
    for place in PLACES:
        found = sorted(world.of(place, environment), key=lambda one: (none_last(one.index), one.environment))
        assert [tuple(record.values()) for record in together[place]] == [
            (*one.place, *one.environment) for one in found
        ]


@few
@given(worlds(), environments, some_extras, truth, truth)
def test_dependencies_are_those_of_each_package(
    asked: GraphDatabase, world: World, environment: dict[str, str], extras: Any, holds: Any, is_missing: Any
) -> None:
    write(asked._connected_engine(), world)
    asked.cache_clear()
    wanted = {"extras": extras, "marker_evaluation_result": holds, "is_missing": is_missing, **environment}
    together = asked.get_depends_on_of_packages([*PLACES, UNKNOWN], **wanted)
    single = one_by_one(asked.get_depends_on, [*PLACES, UNKNOWN], **wanted)
    assert together == single
    assert list(together) == list(single)
    named = None if extras is None else {extra and extra.lower().replace("_", "-") for extra in extras}
    for place in PLACES:
        there = [one for one in world.of(place, environment) if is_missing in (None, world.solved[one])]
        assert (place in together) is bool(there)
        edges = {
            (edge.extra, *edge.pair)
            for edge in world.edges
            if edge.source in there
            and holds in (None, edge.holds)
            and (named is None or (edge.extra and edge.extra.lower().replace("_", "-")) in named)
        }
        expected: dict[Any, Any] = {}
        for extra, name, version in sorted(edges, key=lambda one: (none_first(one[0]), one[1], by_version(one[2]))):
            expected.setdefault(extra, []).append((name, version))
        assert together.get(place, {}) == expected
        assert list(together.get(place, {})) == list(expected)


@few
@given(worlds(), environments, truth)
def test_markers_are_those_of_each_edge(
    asked: GraphDatabase, world: World, environment: dict[str, str], holds: Any
) -> None:
    write(asked._connected_engine(), world)
    asked.cache_clear()
    pairs = {(*edge.source[:2], *edge.pair) for edge in world.edges} | {("a", "1.9", "b", "1.10")}
    edges = [(name, version, index, *pair) for name, version, *pair in sorted(pairs) for index in INDEXES]

    def single(*edge: Any) -> str | None:
        wanted = {"dependency_name": edge[3], "dependency_version": edge[4], "marker_evaluation_result": holds}
        return asked.get_python_environment_marker(*edge[:3], **wanted, **in_full(environment))

    together = asked.get_python_environment_markers(edges, marker_evaluation_result=holds, **environment)
    assert together == one_by_one(single, edges)
    assert list(together) == [edge for edge in edges if edge in together]
    for asked_edge in edges:
        there = set(world.of(asked_edge[:3], environment))
        markers = sorted(
            (none_first(edge.extra), none_first(edge.marker))
            for edge in world.edges
            if edge.source in there and edge.pair == asked_edge[3:] and holds in (None, edge.holds)
        )
        assert (asked_edge in together) is bool(markers)
        assert together.get(asked_edge) == (markers[0][1][1] or None if markers else None)


# --- Worked out by hand ----------------------------------------------------------------------------------------------

FLASK = ("flask", "3.0.3", PYPI)
ODD_FLASK = (" Flask", "v3.0.3", PYPI + "/")


def test_answers_are_by_what_was_given_each_once_and_in_its_order(filled: GraphDatabase) -> None:
    given_ = [ODD_FLASK, FLASK, ("flask", "3.0.3", None), FLASK, ("flask", "3.0.3", MIRROR), ("jinja2", "3.1.4", PYPI)]
    records = filled.get_python_packages_version_records(iter(given_), **DEBIAN)
    assert list(records) == [ODD_FLASK, FLASK, ("flask", "3.0.3", None), ("flask", "3.0.3", MIRROR), given_[-1]]
    assert records[ODD_FLASK] == records[FLASK] == records[("flask", "3.0.3", None)]
    assert records[FLASK] == [{"package_name": "flask", "package_version": "3.0.3", "index_url": PYPI, **DEBIAN}]
    assert records[("flask", "3.0.3", MIRROR)] == []
    dependencies = filled.get_depends_on_of_packages(iter(given_), **DEBIAN)
    assert list(dependencies) == [ODD_FLASK, FLASK, ("flask", "3.0.3", None), given_[-1]]
    assert dependencies[ODD_FLASK] == filled.get_depends_on(*FLASK, **DEBIAN)


def test_what_was_given_twice_is_answered_by_lists_of_its_own(filled: GraphDatabase) -> None:
    dependencies = filled.get_depends_on_of_packages([ODD_FLASK, FLASK])
    dependencies[ODD_FLASK].clear()
    assert dependencies[FLASK]
    assert filled.get_depends_on_of_packages([FLASK]) == {FLASK: dependencies[FLASK]}


def test_what_depends_on_nothing_is_told_from_what_was_not_solved(filled: GraphDatabase) -> None:
    nothing, failed = ("markupsafe", "2.1.5", PYPI), ("flask", "99.0.0", None)
    assert filled.get_depends_on_of_packages([UNKNOWN, nothing, failed]) == {nothing: {}, failed: {}}
    assert filled.get_depends_on_of_packages([FLASK], extras=()) == {FLASK: {}}
    assert filled.get_depends_on_of_packages([FLASK], is_missing=True) == {}


def test_edges_that_always_hold_are_told_from_those_that_are_not_there(filled: GraphDatabase) -> None:
    always, sometimes = (*FLASK, "click", "8.1.7"), (*ODD_FLASK, "Importlib_Metadata", "v6.8.0")
    never = (*FLASK, "nobody", "1.0")
    markers = filled.get_python_environment_markers([never, sometimes, always, always])
    assert markers == {sometimes: 'python_version < "3.10"', always: None}
    assert filled.get_python_environment_markers([sometimes], marker_evaluation_result=True, **DEBIAN) == {}


def test_any_collection_of_sequences_will_do(filled: GraphDatabase) -> None:
    for packages in ([list(FLASK)], {FLASK}, (FLASK for _ in range(2)), {FLASK: "a key"}):
        assert list(filled.get_python_packages_version_records(packages)) == [FLASK]  # type: ignore[arg-type]


# --- Statements ------------------------------------------------------------------------------------------------------


def test_a_stack_is_one_statement_and_nothing_is_none(filled: GraphDatabase, count_statements: CountStatements) -> None:
    stack = [(name, "3.0.3", PYPI) for name in ("flask", *(f"package-{number}" for number in range(300)))]
    edges = [(*package, "click", "8.1.7") for package in stack]
    for question, given_ in (
        (filled.get_python_packages_version_records, stack),
        (filled.get_depends_on_of_packages, stack),
        (filled.get_python_environment_markers, edges),
    ):
        assert count_statements(filled, lambda q=question, g=given_: q(g)) == 1  # type: ignore[misc]
        assert count_statements(filled, lambda q=question: q([])) == 0  # type: ignore[misc]
        assert question(iter(())) == {}  # type: ignore[operator]


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        "flask",
        ("flask",),
        ("flask", "3.0.3"),
        ("flask", "3.0.3", PYPI, "more"),
        ("flask", None, PYPI),
        (None, "3.0.3", PYPI),
        ("flask", 3, PYPI),
        ("flask", "3.0.3\x00", PYPI),
        5,
        None,
    ],
)
def test_what_is_no_package_is_refused(filled: GraphDatabase, count_statements: CountStatements, wrong: Any) -> None:
    def ask() -> None:
        for question in (filled.get_python_packages_version_records, filled.get_depends_on_of_packages):
            with pytest.raises((ValueError, TypeError)):
                question([FLASK, wrong])

    assert count_statements(filled, ask) == 0


@pytest.mark.parametrize("wrong", [FLASK, (*FLASK, "click"), (*FLASK, "click", None), (*FLASK, None, "1"), "flask"])
def test_what_is_no_edge_is_refused(filled: GraphDatabase, wrong: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        filled.get_python_environment_markers([wrong])


def test_messages_keep_the_password_of_an_index(filled: GraphDatabase) -> None:
    secret = "https://user:pa55word@example.org/simple"
    for question, wrong in (
        (filled.get_depends_on_of_packages, ("flask", None, secret)),
        (filled.get_depends_on_of_packages, ("flask", "1", secret, "more")),
        (filled.get_python_environment_markers, ("flask", "1", secret)),
        (filled.get_python_environment_markers, ("flask", "1", secret, "click", None)),
    ):
        with pytest.raises(ValueError, match=r"must be given .* not \('(flask|click)'") as raised:
            question([wrong])  # type: ignore[operator]
        assert "pa55word" not in str(raised.value)


def test_extras_given_as_a_text_are_refused(filled: GraphDatabase) -> None:
    with pytest.raises(TypeError):
        filled.get_depends_on_of_packages([FLASK], extras="async")
