"""The resolver's questions against a reference: a Python model built straight from the documents."""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version
from sqlalchemy import text
from sqlalchemy.engine import URL

from thoth.storages.exceptions import DatabaseNotInitializedError, NotConnectedError, NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine

BUNDLE = Path(__file__).resolve().parents[2] / "thoth" / "storages" / "data" / "solver"
PYPI = "https://pypi.org/simple"
MIRROR = "https://mirror.example.org/simple"
DEBIAN = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}
RHEL = {"os_name": "rhel", "os_version": "8", "python_version": "3.8"}
ANY: dict[str, str | None] = {"os_name": None, "os_version": None, "python_version": None}
SOLVERS = {
    "solver-debian-12-py311": ("debian", "12", "3.11"),
    "solver-rhel-8-py38": ("rhel", "8", "3.8"),
    "solver-ubi-8.5-py38": ("rhel", "8", "3.8"),
}

Pair = tuple[str, str]
Edge = tuple[str, str, str | None, str | None, bool]
"""Name and version of a dependency, its extra, its marker, whether the marker holds."""


# --- Documents -------------------------------------------------------------------------------------------------------


def _bundle() -> dict[str, dict[str, Any]]:
    documents = [json.loads(path.read_bytes()) for path in sorted(BUNDLE.glob("*.json"))]
    return {document["metadata"]["arguments"]["python"]["requirements"]: document for document in documents}


def _for_solver(document: dict[str, Any], solver: str, suffix: str) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    changed["metadata"]["document_id"] = f"{solver}-261123120000-{suffix}"
    return changed


def _dependency(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in document["result"]["tree"][0]["dependencies"] if one["package_name"] == name)
    return found


def _documents() -> list[dict[str, Any]]:
    """The real ones; flask, click and requests of other environments; flask and werkzeug of another index."""
    bundle = _bundle()
    documents = list(bundle.values())

    flask = _for_solver(bundle["flask==3.0.3"], "solver-rhel-8-py38", "flask")
    _dependency(flask, "importlib-metadata")["marker_evaluation_result"] = True
    # In this environment only a part is needed, and something that sorts before what is needed elsewhere.
    tree = flask["result"]["tree"][0]
    tree["dependencies"] = [one for one in tree["dependencies"] if one["package_name"] not in ("blinker", "click")]
    _dependency(flask, "asgiref")["resolved_versions"] = [{"index": PYPI, "versions": ["3.2", "3.10"]}]
    click = _for_solver(bundle["click==8.1.7"], "solver-rhel-8-py38", "click")
    _dependency(click, "importlib-metadata")["marker_evaluation_result"] = True
    requests = _for_solver(bundle["requests==2.32.3"], "solver-ubi-8.5-py38", "requests")

    mirrored = _for_solver(bundle["flask==3.0.3"], "solver-debian-12-py311", "mirrored-flask")
    mirrored["result"]["tree"][0]["index_url"] = MIRROR + "/"
    kept = [one for one in mirrored["result"]["tree"][0]["dependencies"] if one["package_name"] != "importlib-metadata"]
    mirrored["result"]["tree"][0]["dependencies"] = kept
    werkzeug = _for_solver(bundle["werkzeug==3.0.4"], "solver-debian-12-py311", "mirrored-werkzeug")
    werkzeug["result"]["tree"][0]["index_url"] = MIRROR
    failed = copy.deepcopy(bundle["futures===3.3.0"])
    return [*documents, flask, click, requests, mirrored, werkzeug, failed]


# --- The reference ---------------------------------------------------------------------------------------------------


def _order(version: str) -> tuple[Version, str]:
    return Version(version), version


class Reference:
    """What the documents say, each version on each index in each environment stated by one of them."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.solved: dict[tuple[str, str, str | None, str, str, str], list[Edge]] = {}
        for document in documents:
            document_id = document["metadata"]["document_id"]
            (environment,) = (found for solver, found in SOLVERS.items() if document_id.startswith(solver))
            result = document["result"]
            for tree in result["tree"]:
                at = (canonicalize_name(tree["package_name"]), tree["package_version"], tree["index_url"].rstrip("/"))
                self.solved[(*at, *environment)] = self._edges(tree)
            for error in result["errors"]:
                at = (canonicalize_name(error["package_name"]), error["package_version"], error["index_url"])
                self.solved[(*at, *environment)] = []
            for unresolved in result["unresolved"]:
                version = unresolved["version_spec"].lstrip("=")
                at = (canonicalize_name(unresolved["package_name"]), version, unresolved.get("index_url") or None)
                self.solved[(*at, *environment)] = []

    @staticmethod
    def _edges(tree: dict[str, Any]) -> list[Edge]:
        return [
            (canonicalize_name(one["package_name"]), version, extra, one["marker"], one["marker_evaluation_result"])
            for one in tree["dependencies"]
            for resolved in one["resolved_versions"]
            for version in resolved["versions"]
            for extra in one["extra"] or [None]
        ]

    def matching(self, name: str, version: str | None, index: str | None, env: dict[str, Any]) -> list[Any]:
        wanted = (name, version, index, env["os_name"], env["os_version"], env["python_version"])
        return [
            key
            for key in self.solved
            if all(want is None or want == have for want, have in zip(wanted, key, strict=True))
        ]

    def records(self, name: str, version: str, index: str | None, env: dict[str, Any]) -> list[dict[str, Any]]:
        keys = ("package_name", "package_version", "index_url", "os_name", "os_version", "python_version")
        found = sorted(self.matching(name, version, index, env), key=lambda key: (key[2] is None, key[2:]))
        return [dict(zip(keys, key, strict=True)) for key in found]

    def depends_on(
        self,
        name: str,
        version: str | None,
        index: str | None,
        env: dict[str, Any],
        extras: Any = None,
        marker: bool | None = None,
    ) -> dict[str | None, list[Pair]] | None:
        found = self.matching(name, version, index, env)
        if not found:
            return None
        edges = {
            (edge[2], edge[0], edge[1])
            for key in found
            for edge in self.solved[key]
            if (extras is None or edge[2] in extras) and marker in (None, edge[4])
        }
        answer: dict[str | None, list[Pair]] = {}
        for extra in sorted({edge[0] for edge in edges}, key=lambda extra: (extra is not None, extra or "")):
            pairs = [edge[1:] for edge in edges if edge[0] == extra]
            answer[extra] = sorted(pairs, key=lambda pair: (pair[0], _order(pair[1])))
        return answer

    def closure(
        self, root: tuple[str, str, str | None], env: dict[str, Any], extras: Any = None, marker: bool | None = None
    ) -> tuple[dict[tuple[Any, Any], int], int]:
        """Each edge with the distance of its source from the root, and how many levels have to be asked for."""
        edges: dict[tuple[Any, Any], int] = {}
        frontier = [(root[0], root[1], key[2]) for key in self.matching(*root, env)]
        frontier = list(dict.fromkeys(frontier))
        seen, asked, levels, distance = set(frontier), {root[:2]}, 1, 0
        while frontier:
            following: list[tuple[str, str, str | None]] = []
            needed: set[Pair] = set()
            for package in frontier:
                own = extras if package[:2] == root[:2] else None
                pairs = itertools.chain.from_iterable((self.depends_on(*package, env, own, marker) or {}).values())
                for pair in pairs:
                    needed.add(pair)
                    indexes = {key[2] for key in self.matching(*pair, None, env)}
                    for index in indexes or {None}:
                        edges.setdefault((package, (*pair, index)), distance)
                        if indexes and (*pair, index) not in seen:
                            seen.add((*pair, index))
                            following.append((*pair, index))
            levels += bool(needed - asked)
            asked |= needed
            frontier, distance = following, distance + 1
        return edges, levels


DOCUMENTS = _documents()
REFERENCE = Reference(DOCUMENTS)
PAIRS = sorted({key[:2] for key in REFERENCE.solved})
ENVIRONMENTS = [ANY, DEBIAN, RHEL, {**ANY, "os_name": "rhel"}, {**ANY, "python_version": "3.11"}]


@pytest.fixture(scope="module")
def world(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph with all of these documents; the tests of this module only ask."""
    url = server.set(database=f"dependencies_{os.getpid()}")
    admin = make_maintenance_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{url.database}" TEMPLATE "{template.database}"'))
    adapter = GraphDatabase(make_engine(url))
    for document in DOCUMENTS:
        adapter.sync_solver_result(document)
    yield adapter
    adapter.disconnect()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{url.database}" WITH (FORCE)'))


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


@pytest.mark.parametrize("extras", [frozenset(), {None}, {"tests"}, {None, "dev"}, {"no-such-extra"}], ids=str)
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
    other = _for_solver(flask, "solver-rhel-8-py38", "other")
    other["result"]["tree"][0]["dependencies"] = [_dependency(other, "click")]
    graph.sync_solver_result(flask)
    graph.sync_solver_result(other)
    with engine.begin() as connection:
        connection.execute(text("UPDATE python_package_version SET is_missing = (os_name = 'rhel')"))
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


# --- Call forms ------------------------------------------------------------------------------------------------------

ENV = dict.fromkeys(("os_name", "os_version", "python_version"))
AT = dict.fromkeys(("package_name", "package_version", "index_url"), "x")
CALL_FORMS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    # adviser and user-api of 2023
    ("get_depends_on", ("x",), {"extras": None, "is_missing": None, "marker_evaluation_result": None, **ENV}),
    ("get_depends_on", (), {**AT, "extras": None, "is_missing": None, "marker_evaluation_result": None, **ENV}),
    ("get_depends_on", ("x", "1", "u"), ENV),
    (
        "get_python_environment_marker",
        ("x",),
        {
            "package_version": "1",
            "index_url": "u",
            "dependency_name": "y",
            "dependency_version": "2",
            "marker_evaluation_result": None,
            **ENV,
        },
    ),
    ("get_python_environment_marker", (), {**AT, "dependency_name": "y", "dependency_version": "2", **ENV}),
    ("get_python_package_version_records", (), {**AT, **ENV}),
    # adviser of 2019
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", "u"), ("y", "2", "u")), ENV),
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", "u"),), {**ENV, "without_cache": True}),
    ("get_depends_on", ("x", "1", "u"), {**ENV, "without_cache": True}),
    ("get_python_package_version_records", ("x", "1", None), {**ENV, "without_cache": True}),
    ("retrieve_transitive_dependencies_python", ("x", "1", "u"), {**ENV, "without_cache": True}),
    ("retrieve_transitive_dependencies_python", ("x", "1", "u"), {"extras": None, "marker_evaluation_result": None}),
]


@pytest.mark.parametrize(("name", "positional", "keywords"), CALL_FORMS)
def test_the_callers_forms_bind(name: str, positional: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    inspect.signature(getattr(GraphDatabase, name)).bind(None, *positional, **keywords)


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


# --- Before there is anything to ask ---------------------------------------------------------------------------------

EVERYTHING: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("get_python_package_version_records", ("x", "1", None), ENV),
    ("get_depends_on", ("x",), {}),
    ("retrieve_transitive_dependencies_python", ("x", "1", None), {}),
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", None),), {}),
    ("retrieve_transitive_dependencies_python_multi", (), {}),
    (
        "get_python_environment_marker",
        ("x", "1", None),
        {"dependency_name": "y", "dependency_version": "2", **ENV},
    ),
    ("has_python_solver_error", ("x", "1", None), ENV),
    ("python_package_exists", ("x",), {}),
    ("python_package_version_exists", ("x", "1"), {}),
    ("get_solved_python_package_versions_all", (), {}),
    ("get_all_versions_python_package", ("x",), {}),
    ("get_python_package_hashes_sha256", ("x", "1"), {}),
    ("get_python_package_index_all", (), {}),
    ("get_python_package_index_urls_all", (), {}),
    ("is_python_package_index_enabled", (PYPI,), {}),
    ("set_python_package_index_state", (PYPI,), {"enabled": True}),
    ("register_python_package_index", (PYPI,), {}),
    ("solver_document_id_exists", ("solver-x",), {}),
    ("solver_records_exist", ({"metadata": {"document_id": "solver-x"}},), {}),
    ("sync_solver_result", (DOCUMENTS[0],), {}),
    ("get_table_alembic_version_head", (), {}),
    ("is_schema_up2date", (), {}),
    ("create_graph_cache", ("graph_cache.sqlite3", ["x"]), {}),
]


@pytest.mark.parametrize(("name", "positional", "keywords"), EVERYTHING)
def test_everything_needs_a_connection(
    name: str, positional: tuple[Any, ...], keywords: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotConnectedError):
        getattr(GraphDatabase(), name)(*positional, **keywords)
    assert not list(tmp_path.iterdir())


def test_nothing_can_be_asked_of_an_empty_database(
    missing_database: URL, server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    admin = make_maintenance_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{missing_database.database}"'))
    adapter = GraphDatabase()
    adapter.connect()
    for name, positional, keywords in EVERYTHING:
        with pytest.raises(DatabaseNotInitializedError):
            getattr(adapter, name)(*positional, **keywords)
            pytest.fail(f"{name} was answered")
    adapter.disconnect()
    assert not list(tmp_path.iterdir())
