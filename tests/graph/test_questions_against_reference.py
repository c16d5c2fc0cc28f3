"""Every question about packages against a slow and plain model of the same graph, on graphs that hypothesis draws."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from sqlalchemy import Engine
from support.facts import hexadecimal
from support.worlds import ENVIRONMENTS, MIRROR, NAMES, PYPI, VERSIONS, Place, Run, Solved, World, order, worlds, write

from thoth.storages.exceptions import NotFoundError, SortTypeQueryError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import QuerySortTypeEnum
from thoth.storages.graph.query_result_base import PythonQueryResult

ANYWHERE = [(None, None, None), *ENVIRONMENTS, ("ubi", "8.9", "py38"), ("rhel", None, None)]
PLACES = [
    *itertools.product(NAMES, ("1.0", "2.0"), (None, PYPI, MIRROR)),
    *[("B_C", "v2.0", MIRROR + "/"), ("a", "1.0RC1", None), ("a", "10.0", PYPI), ("b-c", "3", None)],
]

few = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
environments = st.sampled_from(ANYWHERE)


def holding(room: tuple[GraphDatabase, Engine], world: World) -> GraphDatabase:
    adapter, engine = room
    write(engine, world)
    adapter.cache_clear()
    return adapter


def keywords(environment: tuple[str | None, ...]) -> dict[str, Any]:
    return dict(zip(("os_name", "os_version", "python_version"), environment, strict=True))


def normal(environment: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return ("rhel", "8", "3.8") if environment[0] == "ubi" else environment


def inside(one: Solved, environment: tuple[str | None, ...]) -> bool:
    return all(want in (None, have) for want, have in zip(normal(environment), one.environment, strict=True))


def named(place: tuple[str, str | None, str | None]) -> tuple[str, str | None, str | None]:
    """A place in the graph's spelling."""
    name, version, url = place
    return (
        name.lower().replace("_", "-"),
        {"v2.0": "2.0", "1.0RC1": "1.0rc1"}.get(version, version),
        url and url.rstrip("/"),
    )


def about(one: Solved, place: tuple[str, str | None, str | None]) -> bool:
    return all(want in (None, have) for want, have in zip(named(place), one.place, strict=True))


def listed(places: list[Place], *, distinct: bool = False) -> list[Place]:
    return sorted(set(places) if distinct else places, key=order)


def asked(question: Callable[[], Any]) -> Any:
    """The answer, None for NotFoundError."""
    try:
        return question()
    except NotFoundError:
        return None


def newest(runs: list[tuple[Run, Solved]]) -> Run:
    return max((run for run, _ in runs), key=lambda run: (run.minutes, run.document_id))


# --- Listings --------------------------------------------------------------------------------------------------------


@few
@given(worlds(), environments, st.booleans(), st.sampled_from((None, True, False)))
def test_listings_of_solved_versions(room: Any, world: World, environment: Any, distinct: bool, missing: Any) -> None:
    graph, where = holding(room, world), keywords(environment)
    here = [one for one in world.solved if inside(one, environment)]
    present = [one.place for one in here if missing in (None, one.is_missing)]
    counts = Counter(one.place for one in here)
    for family in ("solved_python_package", "python_package"):

        def ask(question: str, *arguments: Any, family: str = family, **more: Any) -> Any:
            return getattr(graph, f"get_{family}{question}")(*arguments, **where, **more)

        expected = listed(present, distinct=distinct)
        flags = {"distinct": distinct, "is_missing": missing}
        assert ask("_versions_all", count=None, **flags) == expected
        assert ask("_versions_count_all", **flags) == len(expected)
        pages = [ask("_versions_all", start_offset=start, count=2, **flags) for start in range(0, 16, 2)]
        assert list(itertools.chain(*pages)) == expected
        pairs = sorted(((one.place[0], one.place[2]) for one in here), key=lambda pair: (pair[0], str(pair[1] or "~")))
        assert ask("s_all", count=None, distinct=distinct) == (list(dict.fromkeys(pairs)) if distinct else pairs)
        grouped: dict[str, list[Any]] = {}
        for name, *rest in listed([one.place for one in here], distinct=distinct):
            grouped.setdefault(name, []).append(tuple(rest))
        assert ask("s_all_versions", count=None, distinct=distinct) == grouped
        assert ask("s_count_all", distinct=distinct) == len(counts)
        assert list(ask("_versions_count", count=None).items()) == [(p, counts[p]) for p in listed([*counts])]
        on_pypi = {p[:2]: counts[p] for p in counts if p[2] == PYPI}
        assert ask("_versions_count_per_index", PYPI + "/", count=None) == ({PYPI: on_pypi} if on_pypi else {})
        of_a: dict[Any, dict[Any, int]] = {}
        for place in listed([p for p in counts if p[0] == "a"]):
            of_a.setdefault(place[1], {})[place[2]] = counts[place]
        assert ask("_versions_count_per_version", "A", count=None) == of_a


@few
@given(worlds(), environments, st.booleans(), st.integers(0, 3))
def test_how_many_versions_each_package_has(
    room: Any, world: World, environment: Any, distinct: bool, start_offset: int
) -> None:
    graph, where = holding(room, world), keywords(environment)
    versions: dict[str, list[Any]] = {}
    for one in world.solved:
        if inside(one, environment):
            versions.setdefault(one.place[0], []).append(one.place[1])
    counts = [(name, len(set(found) if distinct else found)) for name, found in sorted(versions.items())]
    answer = graph.get_python_package_versions_all_count(start_offset=start_offset, count=1, distinct=distinct, **where)
    assert (list(answer.result.items()), answer.count) == (counts[start_offset:][:1], len(counts))
    everything = graph.get_python_package_versions_all_count(
        count=None, distinct=distinct, sort_by=QuerySortTypeEnum.PACKAGE_NAME, **where
    )
    assert everything == PythonQueryResult(dict(counts), len(counts)) and list(everything.result.items()) == counts


def test_names_have_no_order_by_version(room: Any) -> None:
    for wrong in (QuerySortTypeEnum.PACKAGE_VERSION, "package_name"):
        with pytest.raises(SortTypeQueryError, match="sort_by must be QuerySortTypeEnum.PACKAGE_NAME or None, not"):
            room[0].get_python_package_versions_all_count(sort_by=wrong)


@few
@given(worlds(), st.sampled_from((">=1", "<10", "==2.*", ">=1.0rc1", "!=1.0", "")))
def test_ranges_of_versions_are_those_of_packaging(room: Any, world: World, specifier: str) -> None:
    graph = holding(room, world)
    for name in NAMES:
        mine = listed([one.place for one in world.solved if one.place[0] == name], distinct=True)
        kept = set(SpecifierSet(specifier).filter(sorted({str(place[1]) for place in mine})))
        expected = [place for place in mine if place[1] in kept]
        question = graph.get_solved_python_package_versions_all
        assert question(name, distinct=True, specifier=specifier) == expected
        assert question(name, distinct=True, specifier=specifier, start_offset=1, count=2) == expected[1:3]
        assert graph.get_all_versions_python_package(name, specifier=specifier) == [place[1:] for place in expected]
        count = graph.get_python_package_versions_count_all(name, distinct=True, specifier=specifier)
        assert count == len(expected)
        good = [one for one in world.solved if any(run.error is None for run in one.runs)]
        successes = sorted({str(one.place[1]) for one in good if one.place[0] == name})
        latest = max(map(Version, SpecifierSet(specifier).filter(successes)), default=None)
        found = asked(lambda name=name: graph.get_latest_python_package_version(name, specifier=specifier))
        assert found == (None if latest is None else str(latest))


@few
@given(worlds(), environments, st.booleans())
def test_listings_of_what_waits_for_a_solver(room: Any, world: World, environment: Any, distinct: bool) -> None:
    graph, where = holding(room, world), keywords(environment)
    here = [one.place for one in world.solved if inside(one, environment)]

    def is_solved(place: Place) -> bool:
        return any(all(want in (None, have) for want, have in zip(place, other, strict=True)) for other in here)

    expected = listed([place for place in world.entities if not is_solved(place) and place not in world.ruled])
    question = graph.get_unsolved_python_package_versions_all
    assert question(count=None, distinct=distinct, randomize=False, **where) == expected
    assert sorted(question(count=None, distinct=distinct, **where), key=order) == expected, "in random order"
    assert graph.get_unsolved_python_package_versions_count_all(distinct=distinct, **where) == len(expected)
    counts = graph.get_unsolved_python_package_versions_count(count=None, **where)
    assert list(counts.items()) == [(place, 1) for place in expected]
    pairs = graph.get_unsolved_python_packages_all(count=None, distinct=True, **where)
    assert set(pairs) == {(name, url) for name, _, url in expected} and len(pairs) == len(set(pairs))
    by_name = graph.get_unsolved_python_packages_all_versions(count=None, **where)
    assert [(name, *rest) for name, found in by_name.items() for rest in found] == expected
    on_pypi = graph.get_unsolved_python_package_versions_count_per_index(PYPI, count=None, **where)
    assert set(on_pypi.get(PYPI, {})) == {(name, version) for name, version, url in expected if url == PYPI}
    if environment == ("debian", "12", "3.11"):
        found = graph.retrieve_unsolved_python_packages("solver-debian-12-py311", randomize=False)
        assert found == list(dict.fromkeys(place[:2] for place in expected))
        assert graph.retrieve_unsolved_python_packages_count("solver-debian-12-py311") == len(found)


@few
@given(worlds(), environments, st.booleans(), st.sampled_from(("", "unsolvable", "unparseable")))
def test_listings_of_errors(room: Any, world: World, environment: Any, distinct: bool, kind: str) -> None:
    graph, where = holding(room, world), keywords(environment)
    flags: dict[str, Any] = {kind: True} if kind else {}

    def failed(run: Run) -> bool:
        return run.error is not None and kind in ("", run.error)

    here = [one for one in world.solved if inside(one, environment)]
    expected = listed([one.place for one in here if any(map(failed, one.runs))], distinct=distinct)
    options = {"distinct": distinct, **flags, **where}
    assert graph.get_error_solved_python_package_versions_all(count=None, **options) == expected
    assert graph.get_error_solved_python_package_versions_count_all(**options) == len(expected)
    documents = sorted(run.document_id for one in here for run in one.runs if failed(run))
    assert graph.get_error_solved_document_id_all(count=None, **options) == documents, "each is about one version"
    of_a = sorted(run.document_id for one in here if one.place[0] == "a" for run in one.runs if failed(run))
    assert graph.get_error_solved_document_id_all("A", limit_results=False, **options) == of_a
    all_runs = sorted(run.document_id for one in here for run in one.runs if not kind or failed(run))
    assert graph.get_solver_run_document_ids_all(count=None, **flags, **where) == all_runs
    assert graph.get_solver_documents_count_all() == sum(len(one.runs) for one in world.solved)
    everywhere = [one.place for one in world.solved if any(map(failed, one.runs))]
    assert graph.get_error_python_packages_count(**flags) == len(set(everywhere))
    if kind == "unsolvable":
        by_name: dict[str, list[str]] = {}
        for name, version, _ in listed(everywhere, distinct=True):
            if str(version) not in by_name.setdefault(name, []):
                by_name[name].append(str(version))
        assert graph.retrieve_unsolvable_python_packages() == by_name


@few
@given(worlds(), environments)
def test_names_environments_and_solvers(room: Any, world: World, environment: Any) -> None:
    graph, where = holding(room, world), keywords(environment)
    here = [one for one in world.solved if inside(one, environment)]
    names = sorted(one.place[0] for one in here)
    assert graph.get_python_package_version_names_all(count=None, **where) == names
    assert graph.get_python_package_version_names_all(distinct=True, like="b%", **where) == sorted({*names} & {"b-c"})
    assert graph.get_python_package_version_names_count_all(distinct=True, **where) == len(set(names))
    assert graph.get_python_package_version_entities_names_all() == sorted({place[0] for place in world.entities})
    assert graph.get_python_package_version_entities_count_all() == len(world.entities)
    assert graph.get_python_packages_for_index(PYPI) == {o.place[0] for o in world.solved if o.place[2] == PYPI}
    if None not in environment:
        assert graph.solved_software_environment_exists(*environment) is bool(here)
    moments = [run.minutes for one in here for run in one.runs]
    last = asked(lambda: graph.get_last_solver_datetime(**where))
    assert (last and last.minute) == max(moments, default=None)
    for place in PLACES:
        solved_in = sorted({one.environment for one in world.solved if about(one, place)})
        found = graph.get_solved_python_package_version_environments_all(*place, distinct=True)
        assert [tuple(one.values()) for one in found] == solved_in
        runs = [(run, one) for one in here if about(one, place) for run in one.runs]
        documents = graph.get_solver_document_id_all(*place, **where, sort=True)
        assert set(documents) == {run.document_id for run, _ in runs} and len(documents) == len(runs)
        if runs:
            assert documents[0] == newest(runs).document_id


# --- Stacks ----------------------------------------------------------------------------------------------------------


@few
@given(worlds(), environments)
def test_a_stack_is_answered_as_its_packages_one_by_one(room: Any, world: World, environment: Any) -> None:
    graph, where = holding(room, world), keywords(environment)
    stack = [*PLACES, PLACES[0]]
    runs = {p: [(r, o) for o in world.solved if about(o, p) and inside(o, environment) for r in o.runs] for p in PLACES}
    errors = graph.get_python_solver_errors(stack, **where)
    assert errors == {place: newest(found).error is not None for place, found in runs.items() if found}
    assert list(errors) == [place for place in PLACES if place in errors], "in the order given"
    records = graph.get_python_packages_version_records(stack, **where)
    assert list(records) == PLACES
    dependencies = graph.get_depends_on_of_packages(stack, **where, extras={None}, marker_evaluation_result=True)
    hashes = graph.get_python_packages_hashes_sha256(stack)
    cves, rules = graph.get_python_cve_records_of_packages(stack), graph.get_python_solver_rules_of_packages(stack)
    for place in PLACES:
        name, version, url = place
        assert errors.get(place) == asked(lambda p=place: graph.has_python_solver_error(*p, **where))
        assert records[place] == graph.get_python_package_version_records(*place, **where)
        one = asked(lambda p=place: graph.get_depends_on(*p, **where, extras={None}, marker_evaluation_result=True))
        assert dependencies.get(place) == one
        assert hashes[place] == graph.get_python_package_hashes_sha256(*place, distinct=True)
        here = [
            other for other in world.entities if named(place)[:2] == other[:2] and named(place)[2] in (None, other[2])
        ]
        present = {file for other in here for file, there in world.artifacts.get(other, {}).items() if there}
        assert hashes[place] == sorted(map(hexadecimal, present))
        assert [cve["cve_id"] for cve in cves[place]] == sorted(
            {cve for other in here for cve in world.vulnerable.get(other, ())}
        )
        if url is None:
            assert cves[place] == graph.get_python_cve_records_all(name, version)
        assert rules[place] == graph.get_python_package_version_solver_rules_all(*place)
        assert [rule.index_url for rule in rules[place]] == [
            o[2] for o in listed([o for o in here if o in world.ruled])
        ]


@few
@given(worlds(), environments)
def test_markers_of_many_edges(room: Any, world: World, environment: Any) -> None:
    graph, where = holding(room, world), keywords(environment)
    edges = [(*place, name, version) for place in PLACES[::4] for name in NAMES for version in VERSIONS]
    found = graph.get_python_environment_markers(edges, **where)
    for edge in edges:
        wanted = {"dependency_name": edge[3], "dependency_version": edge[4], **where}
        there = [
            (need.extra or "", need.marker or "", need.holds)
            for one in world.solved
            if about(one, edge[:3]) and inside(one, environment)
            for need in one.edges
            if (need.name, need.version) == edge[3:]
        ]
        assert (edge in found) is bool(there)
        one = asked(lambda e=edge, w=wanted: (graph.get_python_environment_marker(*e[:3], **w),))
        assert one == ((found[edge],) if there else None)
        holds = asked(lambda e=edge, w=wanted: graph.get_python_environment_marker_evaluation_result(*e[:3], **w))
        if there:
            first = min(there)[:2]
            assert holds in {hold for extra, marker, hold in there if (extra, marker) == first}
        else:
            assert holds is None


def test_nothing_asked_is_no_statement_and_nonsense_is_refused(room: Any) -> None:
    graph, _ = room
    before = graph.stats()["statements"]
    assert graph.get_python_solver_errors([]) == {} == graph.get_python_packages_hashes_sha256(iter(()))
    assert graph.stats()["statements"] == before
    for wrong in ("flask", ("flask", "1"), ("flask", None, None), (None, "1", None), ("flask", 1, None)):
        with pytest.raises((ValueError, TypeError)):
            graph.get_python_solver_errors([wrong])
    with pytest.raises(ValueError, match="an edge must be given as"):
        graph.get_python_environment_markers([("flask", "1", None)])  # type: ignore[list-item]


# --- The other way round ---------------------------------------------------------------------------------------------


@few
@given(worlds(), environments)
def test_dependents(room: Any, world: World, environment: Any) -> None:
    graph, where = holding(room, world), keywords(environment)
    here = [one for one in world.solved if inside(one, environment)]
    for name, version in itertools.product(NAMES, (None, *VERSIONS)):

        def leads(edge: Any, name: str = name, version: str | None = version) -> bool:
            return edge.name == name and version in (None, edge.version)

        edges = [(one, edge) for one in here for edge in one.edges if leads(edge)]
        found = graph.get_python_package_version_dependents_all(name, package_version=version, count=None, **where)
        assert graph.get_python_package_version_dependents_count_all(name, package_version=version, **where) == len(
            edges
        )
        assert Counter(tuple(one.values()) for one in found) == Counter(
            (*one.place, "*", edge.holds, edge.marker, edge.extra, edge.version) for one, edge in edges
        )
        places = [
            ((name, one["dependency_version"], None), (one["package_name"], one["package_version"], one["index_url"]))
            for one in found
        ]
        assert places == sorted(places, key=lambda pair: (*order(pair[0]), *order(pair[1])))
        by_name: dict[str, list[Any]] = {}
        anywhere = [one.place for one in world.solved if any(map(leads, one.edges))]
        for dependent, its_version, _ in listed(anywhere, distinct=True):
            if its_version not in by_name.setdefault(dependent, []):
                by_name[dependent].append(its_version)
        assert graph.retrieve_dependent_packages(name, version) == by_name
        above: set[Place] = set()
        targets = {(name, v) for v in VERSIONS if version in (None, v)}
        while True:
            more = {o.place for o in here if any((e.name, e.version) in targets for e in o.edges)} - above
            if not more:
                break
            above |= more
            targets |= {(place[0], str(place[1])) for place in more}
        assert graph.retrieve_transitive_dependents_python(name, version, **where) == listed([*above])
        assert graph.retrieve_transitive_dependents_python_count(name, version, **where) == len(above)
