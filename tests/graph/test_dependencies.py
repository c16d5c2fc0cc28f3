"""The resolver's questions against a reference: a Python model built straight from the documents."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import (
    ANY,
    DEBIAN,
    MIRROR,
    ON_DEBIAN,
    ON_RHEL,
    PYPI,
    RHEL,
    Document,
    for_solver,
    needed,
    real_document,
    real_documents,
    tree,
)
from support.reference import Reference
from support.tables import run

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase


def _more() -> list[Document]:
    """Flask, click and requests of other environments; flask and werkzeug of another index."""
    flask = for_solver(real_document("flask==3.0.3"), ON_RHEL, "flask")
    needed(flask, "importlib-metadata")["marker_evaluation_result"] = True
    # In this environment only a part is needed, and something that sorts before what is needed elsewhere.
    tree(flask)["dependencies"] = [
        one for one in tree(flask)["dependencies"] if one["package_name"] not in ("blinker", "click")
    ]
    needed(flask, "asgiref")["resolved_versions"] = [{"index": PYPI, "versions": ["3.2", "3.10"]}]
    click = for_solver(real_document("click==8.1.7"), ON_RHEL, "click")
    needed(click, "importlib-metadata")["marker_evaluation_result"] = True
    requests = for_solver(real_document("requests==2.32.3"), "solver-ubi-8.5-py38", "requests")

    mirrored = for_solver(real_document("flask==3.0.3"), ON_DEBIAN, "mirrored-flask")
    tree(mirrored)["index_url"] = MIRROR + "/"
    kept = [one for one in tree(mirrored)["dependencies"] if one["package_name"] != "importlib-metadata"]
    tree(mirrored)["dependencies"] = kept
    werkzeug = for_solver(real_document("werkzeug==3.0.4"), ON_DEBIAN, "mirrored-werkzeug")
    tree(werkzeug)["index_url"] = MIRROR
    failed = real_document("futures===3.3.0")
    return [flask, click, requests, mirrored, werkzeug, failed]


MORE = _more()
REFERENCE = Reference([*real_documents(), *MORE])
PAIRS = sorted({key[:2] for key in REFERENCE.solved})
ENVIRONMENTS = [ANY, DEBIAN, RHEL, {**ANY, "os_name": "rhel"}, {**ANY, "python_version": "3.11"}]


@pytest.fixture(scope="module")
def world(server: URL, filled_template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph with all of these documents; the tests of this module only ask."""
    with graph_with(server, filled_template, "dependencies", MORE) as adapter:
        yield adapter


def asked(question: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """The answer, None for NotFoundError."""
    try:
        return question(*arguments, **keywords)
    except NotFoundError:
        return None


# --- Against the reference -------------------------------------------------------------------------------------------


def test_the_reference_knows_what_is_tested() -> None:
    indexes = {key[2] for key in REFERENCE.solved}
    assert {PYPI, MIRROR} <= indexes
    assert len(PAIRS) == 50  # 53 documents: two versions were asked for twice, one requirement could not be parsed
    assert not REFERENCE.matching("asgiref", "3.2", None, ANY)
    assert {len(REFERENCE.matching("flask", "3.0.3", None, env)) for env in (ANY, DEBIAN, RHEL)} == {3, 2, 1}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_records_are_those_of_the_documents(world: GraphDatabase, environment: dict[str, Any]) -> None:
    for (name, version), index in itertools.product(PAIRS, (None, PYPI, MIRROR)):
        answer = world.get_python_package_version_records(name, version, index, **environment)
        assert answer == REFERENCE.records(name, version, index, environment), (name, version, index)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=str)
def test_dependencies_are_those_of_the_documents(world: GraphDatabase, environment: dict[str, Any]) -> None:
    for (name, version), index in itertools.product(PAIRS, (None, PYPI, MIRROR)):
        answer = asked(world.get_depends_on, name, version, index, **environment)
        expected = REFERENCE.depends_on(name, version, index, environment)
        assert answer == expected, (name, version, index)
        assert answer is None or list(answer) == list(expected or {})  # the order of the extras


@pytest.mark.parametrize("name", ["flask", "attrs", "requests", "click", "idna", "zipp", "importlib-metadata"])
def test_dependencies_of_all_versions_at_once_are_those_of_the_documents(world: GraphDatabase, name: str) -> None:
    extras = [None, frozenset(), {None}, {None, "async"}, {"tests", "cov"}, {None, "all", "socks"}, {"no-such-extra"}]
    for env, wanted, marker in itertools.product(ENVIRONMENTS, extras, (None, True, False)):
        answer = asked(world.get_depends_on, name, extras=wanted, marker_evaluation_result=marker, **env)
        assert answer == REFERENCE.depends_on(name, None, None, env, wanted, marker), (env, wanted, marker)


@pytest.mark.parametrize("environment", [ANY, DEBIAN, RHEL], ids=str)
def test_transitive_dependencies_are_those_of_the_documents(world: GraphDatabase, environment: dict[str, Any]) -> None:
    for (name, version), index in itertools.product(PAIRS, (None, PYPI, MIRROR)):
        answer = world.retrieve_transitive_dependencies_python(name, version, index, **environment)
        expected, _levels = REFERENCE.closure((name, version, index), environment)
        assert set(answer) == set(expected), (name, version, index)
        assert len(answer) == len(set(answer)), "each edge once"
        distances = [expected[edge] for edge in answer]
        assert distances == sorted(distances), "nearest first"


@pytest.mark.parametrize(
    "extras",
    [frozenset(), {None}, {"tests"}, {None, "dev"}, {"no-such-extra"}],
    ids=lambda extras: str(sorted(map(str, extras))),  # every process calls them the same
)
@pytest.mark.parametrize("marker", [None, True, False])
def test_extras_narrow_the_root_and_markers_every_edge(world: GraphDatabase, extras: Any, marker: bool | None) -> None:
    for root in (("attrs", "23.2.0", None), ("flask", "3.0.3", PYPI), ("packaging", "21.3", None)):
        answer = world.retrieve_transitive_dependencies_python(
            *root, **DEBIAN, extras=extras, marker_evaluation_result=marker
        )
        expected, _levels = REFERENCE.closure(root, DEBIAN, extras, marker)
        assert set(answer) == set(expected), root


@pytest.mark.parametrize("environment", [ANY, DEBIAN, RHEL], ids=str)
def test_many_roots_are_answered_as_one_by_one(world: GraphDatabase, environment: dict[str, Any]) -> None:
    roots = [(name, version, index) for name, version in PAIRS for index in (None, PYPI)]
    roots.append(("no-such-package", "1.0", None))
    together = world.retrieve_transitive_dependencies_python_multi(*roots, **environment)
    assert list(together) == roots
    for root in roots:
        assert together[root] == world.retrieve_transitive_dependencies_python(*root, **environment), root


def test_every_marker_is_the_first_of_those_in_the_documents(world: GraphDatabase) -> None:
    for key, edges in REFERENCE.solved.items():
        env = dict(zip(("os_name", "os_version", "python_version"), key[3:], strict=True))
        for (name, version), marker in itertools.product({edge[:2] for edge in edges}, (None, True, False)):
            markers = sorted(
                (
                    (edge[2] is not None, edge[2] or "", edge[3] is not None, edge[3] or "")
                    for edge in edges
                    if edge[:2] == (name, version) and marker in (None, edge[4])
                ),
            )
            expected: Any = (markers[0][3] or None) if markers else "not found"
            try:
                answer: Any = world.get_python_environment_marker(
                    *key[:3],
                    dependency_name=name,
                    dependency_version=version,
                    marker_evaluation_result=marker,
                    **env,
                )
            except NotFoundError:
                answer = "not found"
            assert answer == expected, (key, name, version, marker)


# --- Worked out by hand ----------------------------------------------------------------------------------------------


def test_direct_dependencies_are_in_the_order_of_versions(world: GraphDatabase) -> None:
    answer = world.get_depends_on("requests", "2.32.3", PYPI, **DEBIAN)
    assert answer == {
        None: [
            ("certifi", "2022.12.7"),
            ("certifi", "2024.8.30"),
            ("charset-normalizer", "2.1.1"),
            ("charset-normalizer", "3.3.2"),
            ("idna", "3.6"),
            ("idna", "3.10"),
            ("urllib3", "1.26.20"),
            ("urllib3", "2.2.3"),
        ]
    }


def test_an_unresolved_dependency_is_kept_without_an_index(world: GraphDatabase) -> None:
    edges = world.retrieve_transitive_dependencies_python("flask", "3.0.3", PYPI, **RHEL, extras={"async"})
    root = ("flask", "3.0.3", PYPI)
    assert edges == [(root, ("asgiref", "3.2", None)), (root, ("asgiref", "3.10", None))]


def test_a_dependency_that_was_solved_on_two_indexes_is_followed_on_both(world: GraphDatabase) -> None:
    edges = world.retrieve_transitive_dependencies_python(
        "flask", "3.0.3", MIRROR, **DEBIAN, marker_evaluation_result=True
    )
    targets = [target for source, target in edges if source == ("flask", "3.0.3", MIRROR)]
    assert [target for target in targets if target[0] == "werkzeug"] == [
        ("werkzeug", "3.0.4", MIRROR),
        ("werkzeug", "3.0.4", PYPI),
    ]
    for index in (MIRROR, PYPI):
        assert (("werkzeug", "3.0.4", index), ("markupsafe", "2.1.5", PYPI)) in edges


def test_a_package_that_depends_on_itself_ends_the_walk(world: GraphDatabase) -> None:
    attrs = ("attrs", "23.2.0", PYPI)
    edges = world.retrieve_transitive_dependencies_python(*attrs, **DEBIAN, extras={"cov"})
    assert (attrs, attrs) in edges
    assert (attrs, ("attrs", "22.2.0", PYPI)) in edges
    assert (("attrs", "22.2.0", PYPI), attrs) not in edges or len(edges) == len(set(edges))


def test_the_environment_decides_which_markers_hold(world: GraphDatabase) -> None:
    def needs(environment: dict[str, str]) -> bool:
        answer = world.get_depends_on("flask", "3.0.3", PYPI, **environment, marker_evaluation_result=True)
        return ("importlib-metadata", "6.8.0") in answer[None]

    assert needs(RHEL)
    assert not needs(DEBIAN)


@pytest.mark.parametrize(
    ("name", "version", "index", "environment"),
    [
        ("Flask", "3.0.3", PYPI + "/", DEBIAN),
        (" FLASK ", "v3.0.3", "https://pypi.python.org/simple/", {**DEBIAN, "python_version": "py311"}),
        ("flask", " 3.0.3 ", PYPI + "//", {**DEBIAN, "python_version": "311"}),
    ],
)
def test_every_spelling_gives_the_same_answers(
    world: GraphDatabase, name: str, version: str, index: str, environment: dict[str, str]
) -> None:
    plain = ("flask", "3.0.3", PYPI)
    for question in (
        world.get_python_package_version_records,
        world.get_depends_on,
        world.retrieve_transitive_dependencies_python,
    ):
        assert question(name, version, index, **environment) == question(*plain, **DEBIAN)  # type: ignore[operator]
    given = (name, version, index)
    answer = world.retrieve_transitive_dependencies_python_multi(given, **environment)
    assert answer == {given: world.retrieve_transitive_dependencies_python(*plain, **DEBIAN)}
    marker = world.get_python_environment_marker(
        *given, dependency_name="Importlib_Metadata", dependency_version="6.8.0 ", **environment
    )
    assert marker == 'python_version < "3.10"'


@pytest.mark.parametrize("os_name", ["ubi", "rhel"])
@pytest.mark.parametrize("os_version", ["8", "8.5", "8.10"])
def test_ubi_is_rhel_and_has_no_minor_version(world: GraphDatabase, os_name: str, os_version: str) -> None:
    environment = {"os_name": os_name, "os_version": os_version, "python_version": "py38"}
    answer = world.get_python_package_version_records("requests", "2.32.3", None, **environment)
    assert answer == [{"package_name": "requests", "package_version": "2.32.3", "index_url": PYPI, **RHEL}]


def test_an_unresolved_requirement_and_a_failed_run_have_records_and_no_dependencies(world: GraphDatabase) -> None:
    for name, version in (("futures", "3.3.0"), ("flask", "99.0.0")):
        assert len(world.get_python_package_version_records(name, version, None, **ANY)) == 1
        assert world.get_depends_on(name, version) == {}
        assert world.retrieve_transitive_dependencies_python(name, version, None) == []


@pytest.mark.parametrize(
    "keywords",
    [
        {"package_name": "no-such-package"},
        {"package_name": "flask", "package_version": "1.0"},
        {"package_name": "flask", "index_url": "https://example.org/other"},
        {"package_name": "flask", "os_name": "fedora"},
        {"package_name": "flask", "os_name": "debian", "python_version": "3.8"},
        {"package_name": "flask", "is_missing": True},
    ],
)
def test_dependencies_of_what_was_not_solved_are_not_found(world: GraphDatabase, keywords: dict[str, Any]) -> None:
    for without_cache in (False, True, False):
        with pytest.raises(NotFoundError):
            world.get_depends_on(**keywords, without_cache=without_cache)


def test_a_dependency_that_is_not_there_has_no_marker(world: GraphDatabase) -> None:
    for dependency in (("werkzeug", "2.2.3"), ("no-such-package", "1"), ("asgiref", "3.2")):
        with pytest.raises(NotFoundError):
            world.get_python_environment_marker(
                "flask", "3.0.3", PYPI, dependency_name=dependency[0], dependency_version=dependency[1], **DEBIAN
            )


def test_extras_may_be_any_collection(world: GraphDatabase) -> None:
    expected = REFERENCE.depends_on("attrs", "23.2.0", None, ANY, {None, "tests"})
    for extras in ({None, "tests"}, frozenset({None, "tests"}), [None, "tests"], ("tests", None, "tests")):
        assert world.get_depends_on("attrs", "23.2.0", extras=extras) == expected
    walked = [
        world.retrieve_transitive_dependencies_python("attrs", "23.2.0", None, extras=extras)
        for extras in ({None, "tests"}, [None, "tests"])
    ]
    assert walked[0] == walked[1]


def test_a_text_instead_of_extras_is_refused(world: GraphDatabase) -> None:
    with pytest.raises((TypeError, ValueError)):
        world.get_depends_on("attrs", "23.2.0", extras="tests")
    with pytest.raises((TypeError, ValueError)):
        world.retrieve_transitive_dependencies_python("attrs", "23.2.0", None, extras="tests")


def test_what_is_missing_is_told_apart(graph: GraphDatabase, document_of: Any, engine: Any) -> None:
    flask = document_of("flask==3.0.3")
    other = for_solver(flask, ON_RHEL, "other")
    tree(other)["dependencies"] = [needed(other, "click")]
    graph.sync_solver_result(flask)
    graph.sync_solver_result(other)
    run(engine, "UPDATE python_package_version SET is_missing = (os_name = 'rhel')")
    assert graph.get_depends_on("flask", is_missing=True) == {None: [("click", "8.1.7")]}
    assert len(graph.get_depends_on("flask", is_missing=False)[None]) == 8
    assert len(graph.get_depends_on("flask", is_missing=None)[None]) == 8
    with pytest.raises(NotFoundError):
        graph.get_depends_on("flask", is_missing=True, **DEBIAN)


# --- How many statements ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [("flask", "3.0.3", PYPI), ("attrs", "23.2.0", None), ("six", "1.16.0", None)])
def test_a_closure_takes_one_statement_for_each_level(
    world: GraphDatabase, count_statements: Any, monkeypatch: pytest.MonkeyPatch, root: Any
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "600")
    world.get_depends_on("six")  # has looked for changes
    world.cache_clear()
    _edges, levels = REFERENCE.closure(root, DEBIAN)
    statements = count_statements(world, lambda: world.retrieve_transitive_dependencies_python(*root, **DEBIAN))
    assert statements == levels
    assert count_statements(world, lambda: world.retrieve_transitive_dependencies_python(*root, **DEBIAN)) == 0


def test_many_roots_take_no_more_statements_than_the_deepest(
    world: GraphDatabase, count_statements: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "600")
    world.get_depends_on("six")
    world.cache_clear()
    roots = [(*pair, None) for pair in PAIRS]
    deepest = max(REFERENCE.closure(root, DEBIAN)[1] for root in roots)
    ask = lambda: world.retrieve_transitive_dependencies_python_multi(*roots, **DEBIAN)  # noqa: E731
    assert count_statements(world, ask) <= deepest


def test_without_the_cache_the_answers_are_the_same(world: GraphDatabase) -> None:
    at = ("flask", "3.0.3", PYPI)
    for name in (
        "get_depends_on",
        "get_python_package_version_records",
        "retrieve_transitive_dependencies_python",
    ):
        question = getattr(world, name)
        assert question(*at, **DEBIAN, without_cache=True) == question(*at, **DEBIAN)
    multi = world.retrieve_transitive_dependencies_python_multi
    assert multi(at, **DEBIAN, without_cache=True) == multi(at, **DEBIAN)


@pytest.mark.parametrize("spelled", ["tests-no-zope", "tests_no_zope", "Tests.No_Zope"])
def test_extras_are_found_however_they_are_spelled(world: GraphDatabase, spelled: str) -> None:
    """As PEP 685 compares them; the answer spells them as the package does."""
    attrs = ("attrs", "23.2.0", PYPI)
    answer = world.get_depends_on(*attrs, extras={spelled}, **DEBIAN)
    stated = [extra for extra in world.get_depends_on(*attrs, **DEBIAN) if extra and extra.startswith("tests")]
    assert list(answer) == [extra for extra in stated if extra.replace("_", "-") == "tests-no-zope"] != []
    edges = world.retrieve_transitive_dependencies_python(*attrs, extras={spelled}, **DEBIAN)
    direct = {target[:2] for source, target in edges if source[:2] == attrs[:2]}
    assert direct == {pair for pairs in answer.values() for pair in pairs}
