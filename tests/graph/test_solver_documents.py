"""The parser of solver documents: every kind of real document, both generations, and everything that is none."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from thoth.storages.exceptions import NoDocumentIdError, NotFoundError, SchemaError, ThothStorageExceptionError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.metadata import License
from thoth.storages.graph.documents.solver import Dependency, SolvedPackage, Solver, SolverRows, parse
from thoth.storages.graph.enums import MetadataDistutilsTypeEnum

Document = dict[str, Any]
DocumentOf = Callable[[str], Document]
Path_ = tuple[str | int, ...]

PYPI = "https://pypi.org/simple"
FLASK_ID = "solver-debian-12-py311-261122110726-75b4f9f731100804"
TREE: Path_ = ("result", "tree", 0)
EDGE: Path_ = (*TREE, "dependencies", 0)
CORE_METADATA: Path_ = (*TREE, "importlib_metadata", "metadata")


def path_text(path: Path_) -> str:
    """result.tree[0].sha256, as errors write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def put(document: Document, path: Path_, value: Any) -> None:
    inner: Any = document
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value


def remove(document: Document, path: Path_) -> None:
    inner: Any = document
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]


def edge(name: str, versions: list[str], **more: Any) -> Document:
    """A dependency as solvers write it."""
    return {
        "package_name": name,
        "resolved_versions": [{"index": PYPI, "versions": versions}],
        "specifier": None,
        "marker": None,
        "marker_evaluation_result": True,
        "extra": [],
        "extras": [],
        **more,
    }


def dependency(name: str, version: str, **more: Any) -> Dependency:
    """The row of such a dependency."""
    fields: dict[str, Any] = {
        "version_range": "*",
        "marker": None,
        "extra": None,
        "extras": (),
        "marker_evaluation_result": True,
        **more,
    }
    return Dependency(package_name=name, package_version=version, **fields)


def edges_of(rows: SolverRows) -> tuple[Dependency, ...]:
    (package,) = rows.packages
    assert package.facts is not None
    return package.facts.dependencies


def in_the_format_of_2019(document: Document) -> Document:
    """The same findings as solvers wrote them in 2019 (contract/api.md, 4.1)."""
    old = copy.deepcopy(document)
    for key in ("document_id", "duration", "os_release", "thoth_deployment_name"):
        del old["metadata"][key]
    old["metadata"]["hostname"] = "solver-fedora-31-py37-8ad7-x1b2"
    result = old["result"]
    del result["platform"]
    for item in result["tree"]:
        for key in ("importlib_metadata", "packages", "package_license", "package_version_requested"):
            del item[key]
        for needed in item["dependencies"]:
            needed["required_version"] = needed.pop("specifier")
            for key in ("extra", "extras", "marker", "marker_evaluated", "marker_evaluation_error"):
                del needed[key]
            del needed["marker_evaluation_result"]
    for item in result["errors"]:
        item["package"], item["version"] = item.pop("package_name"), item.pop("package_version")
        item["index"] = item.pop("index_url")
        item["is_provided"] = item.pop("is_provided_package_version")
    for item in result["unresolved"]:
        item["index"] = item.pop("index_url")
    return old


# --- Every kind of document ------------------------------------------------------------------------------------------


def test_every_real_document_names_the_package_it_was_made_for(documents: list[Document]) -> None:
    assert len(documents) == 53
    for document in documents:
        rows = parse(document)
        name, _, version = document["metadata"]["arguments"]["python"]["requirements"].partition("==")
        (package,) = rows.packages
        assert package.package_name == name
        assert package.package_version == version.lstrip("=")
        assert rows.document.document_id == document["metadata"]["document_id"]
        assert rows.document.remarks == ()
        assert rows.solver == Solver("solver-debian-12-py311", "1.15.0", "debian", "12", "3.11")


def test_a_solved_package_is_read_with_all_that_is_said_of_it(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    rows = parse(document)
    assert rows.made_at == datetime(2026, 11, 22, 11, 7, 32, 377688, tzinfo=UTC)
    assert rows.duration == document["metadata"]["duration"]
    (flask,) = rows.packages
    assert flask.key == ("flask", "3.0.3", PYPI)
    assert (flask.unparseable, flask.unsolvable, flask.is_provided) == (False, False, True)
    facts = flask.facts
    assert facts is not None
    assert facts.hashes == ("34e815dfaa43340d1d15a5c3a02b8476004037eb4840b34910c6e21679d288f3",)
    assert facts.import_packages == ("flask", "flask.json")
    assert facts.license == License("UNDETECTED", "UNDETECTED", "UNDETECTED")
    assert facts.license_warning is True
    assert facts.dependencies == (
        dependency("werkzeug", "3.0.4", version_range=">=3.0.0"),
        dependency("jinja2", "3.1.4", version_range=">=3.1.2"),
        dependency("itsdangerous", "2.2.0", version_range=">=2.1.2"),
        dependency("click", "8.1.7", version_range=">=8.1.3"),
        dependency("blinker", "1.6.3", version_range=">=1.6.2"),
        dependency("blinker", "1.8.2", version_range=">=1.6.2"),
        dependency(
            "importlib-metadata",
            "6.8.0",
            version_range=">=3.6.0",
            marker='python_version < "3.10"',
            marker_evaluation_result=False,
        ),
        dependency(
            "importlib-metadata",
            "8.5.0",
            version_range=">=3.6.0",
            marker='python_version < "3.10"',
            marker_evaluation_result=False,
        ),
    )


def test_core_metadata_is_read_with_its_lists_sorted(document_of: DocumentOf) -> None:
    (attrs,) = parse(document_of("attrs==22.2.0")).packages
    assert attrs.facts is not None
    metadata = attrs.facts.metadata
    assert metadata is not None
    assert metadata.scalars[:4] == ("Hynek Schlawack", "hs@ox.cx", None, "https://www.attrs.org/")
    assert metadata.scalars[8:10] == ("2.1", "attrs")
    assert metadata.provides_extras == ("cov", "dev", "docs", "tests", "tests-no-zope", "tests_no_zope")
    assert ("https://www.attrs.org/en/stable/changelog.html", "Changelog") in metadata.project_urls
    assert "License :: OSI Approved :: MIT License" in metadata.classifiers
    assert list(metadata.classifiers) == sorted(metadata.classifiers)
    assert (MetadataDistutilsTypeEnum.REQUIRED, "attrs[docs,tests] ; extra == 'dev'") in metadata.distutils


def test_the_order_of_a_list_in_metadata_makes_no_other_metadata(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    before = parse(document).packages[0].facts
    core = document["result"]["tree"][0]["importlib_metadata"]["metadata"]
    for key in ("Classifier", "Requires-Dist", "Project-URL"):
        core[key] = core[key][::-1] + core[key][:1]
    after = parse(document).packages[0].facts
    assert before is not None and after is not None
    assert before.metadata is not None and after.metadata is not None
    assert after.metadata.key == before.metadata.key


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        (
            "futures===3.3.0",
            SolvedPackage("futures", "3.3.0", PYPI, is_provided=True),
        ),
        (
            "markupsafe==2.0.1",
            SolvedPackage("markupsafe", "2.0.1", PYPI, unsolvable=True, is_provided=False),
        ),
        (
            "flask===99.0.0",
            SolvedPackage("flask", "99.0.0", PYPI, unsolvable=True, is_provided=False),
        ),
        (
            "ipython doctest plugin==0.1",
            SolvedPackage("ipython doctest plugin", "0.1", None, unparseable=True),
        ),
    ],
    ids=["error", "unresolved ==", "unresolved ===", "unparsed"],
)
def test_a_package_that_was_not_solved_is_read_without_facts(
    document_of: DocumentOf, requirement: str, expected: SolvedPackage
) -> None:
    rows = parse(document_of(requirement))
    assert rows.packages == (expected,)
    assert rows.document.remarks == ()


@pytest.mark.parametrize("version_spec", [">=2.0", "==2.*", "", "==1.0,<2", "!=1", "~=1.4", "===", "=="])
def test_an_unresolved_requirement_that_names_no_single_version_leaves_a_remark(
    document_of: DocumentOf, version_spec: str
) -> None:
    document = document_of("markupsafe==2.0.1")
    document["result"]["unresolved"][0]["version_spec"] = version_spec
    rows = parse(document)
    assert rows.packages == ()
    first, second = rows.document.remarks
    assert first == f"result.unresolved[0].version_spec: markupsafe {version_spec!r} names no single version"
    assert second == "no package version in result.tree, errors, unresolved or unparsed"


@pytest.mark.parametrize("requirement", ["no version here", "==1.0", "foo>=1", "foo==1.*", ""])
def test_an_unparsed_requirement_that_names_no_single_version_leaves_a_remark(
    document_of: DocumentOf, requirement: str
) -> None:
    document = document_of("ipython doctest plugin==0.1")
    document["result"]["unparsed"][0]["requirement"] = requirement
    rows = parse(document)
    assert rows.packages == ()
    assert rows.document.remarks[0] == f"result.unparsed[0].requirement: {requirement!r} names no single version"


def test_an_unparsed_requirement_may_pin_with_three_equal_signs(document_of: DocumentOf) -> None:
    document = document_of("ipython doctest plugin==0.1")
    document["result"]["unparsed"][0]["requirement"] = "Foo_Bar baz === 1.0.0-RC1 "
    (package,) = parse(document).packages
    assert package.key == ("foo-bar baz", "1.0.0rc1", None)


def test_the_digest_of_a_document_does_not_depend_on_the_order_of_keys(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    digest = parse(document).document.content_sha256
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    assert digest == hashlib.sha256(canonical.encode()).digest()
    assert parse(dict(reversed(document.items()))).document.content_sha256 == digest
    document["result"]["environment"]["anything"] = 1
    assert parse(document).document.content_sha256 != digest


# --- The format of 2019 ----------------------------------------------------------------------------------------------


def test_a_document_of_2019_says_the_same_without_what_it_did_not_know_yet(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    rows = parse(in_the_format_of_2019(document))
    assert rows.document.document_id == "solver-fedora-31-py37-8ad7"
    assert rows.solver == Solver("solver-fedora-31-py37", "1.15.0", "fedora", "31", "3.7")
    assert rows.duration is None
    (flask,) = rows.packages
    assert flask.key == ("flask", "3.0.3", PYPI)
    facts = flask.facts
    assert facts is not None
    assert (facts.metadata, facts.import_packages, facts.license, facts.license_warning) == (None, (), None, None)
    assert facts.hashes == ("34e815dfaa43340d1d15a5c3a02b8476004037eb4840b34910c6e21679d288f3",)
    assert facts.dependencies == (
        dependency("werkzeug", "3.0.4", version_range=">=3.0.0"),
        dependency("jinja2", "3.1.4", version_range=">=3.1.2"),
        dependency("itsdangerous", "2.2.0", version_range=">=2.1.2"),
        dependency("click", "8.1.7", version_range=">=8.1.3"),
        dependency("blinker", "1.6.3", version_range=">=1.6.2"),
        dependency("blinker", "1.8.2", version_range=">=1.6.2"),
        dependency("importlib-metadata", "6.8.0", version_range=">=3.6.0"),
        dependency("importlib-metadata", "8.5.0", version_range=">=3.6.0"),
    )


def test_requirements_of_2019_without_a_resolved_version_leave_remarks(document_of: DocumentOf) -> None:
    rows = parse(in_the_format_of_2019(document_of("flask==3.0.3")))
    assert rows.document.remarks == (
        "result.tree[0].dependencies[6]: no version of asgiref was resolved",
        "result.tree[0].dependencies[7]: no version of python-dotenv was resolved",
    )


@pytest.mark.parametrize("provided", [True, False, None])
def test_an_error_of_2019_is_read_by_its_own_keys(document_of: DocumentOf, provided: bool | None) -> None:
    old = in_the_format_of_2019(document_of("futures===3.3.0"))
    if provided is None:
        del old["result"]["errors"][0]["is_provided"]
    else:
        old["result"]["errors"][0]["is_provided"] = provided
    (package,) = parse(old).packages
    assert package == SolvedPackage("futures", "3.3.0", PYPI, is_provided=provided)


def test_what_was_unresolved_in_2019_is_read_by_its_own_keys(document_of: DocumentOf) -> None:
    (package,) = parse(in_the_format_of_2019(document_of("markupsafe==2.0.1"))).packages
    assert package.key == ("markupsafe", "2.0.1", PYPI)
    assert package.unsolvable


@pytest.mark.parametrize("hostname", [None, "localhost", "", 5, ["a-b"]])
def test_a_document_of_2019_whose_host_is_no_pod_has_no_id(document_of: DocumentOf, hostname: Any) -> None:
    old = in_the_format_of_2019(document_of("flask==3.0.3"))
    old["metadata"]["hostname"] = hostname
    with pytest.raises(NoDocumentIdError) as raised:
        parse(old)
    assert raised.value.document_id is None
    assert raised.value.path == "metadata.document_id"


# --- What is kept of dependencies ------------------------------------------------------------------------------------


def test_a_package_that_needs_itself_with_different_extras_keeps_them_all(document_of: DocumentOf) -> None:
    edges = edges_of(parse(document_of("attrs==22.2.0")))
    assert [(each.package_version, each.extra, each.extras, each.marker) for each in edges] == [
        (version, extra, extras, f'extra == "{extra}"')
        for extra, extras in (("cov", ("tests",)), ("dev", ("docs", "tests")), ("tests", ("tests-no-zope",)))
        for version in ("22.2.0", "23.2.0")
    ]
    assert {each.package_name for each in edges} == {"attrs"}
    assert len({each.key for each in edges}) == 3


def test_several_ranges_markers_and_extras_of_one_pair_are_all_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [
        edge("Click", ["8.1.7"], specifier=">=8"),
        edge("click", ["8.1.7"], specifier="<9"),
        edge("click", ["8.1.7"], specifier="<9", marker='os_name == "nt"', marker_evaluation_result=False),
        edge("click", ["8.1.7"], specifier="<9", marker='extra == "a"', extra=["b", "a"], extras=["z", "y", "z"]),
        edge("click", ["8.1.7"], specifier="<9", extras=["y,z"]),
    ]
    assert edges_of(parse(document)) == (
        dependency("click", "8.1.7", version_range=">=8"),
        dependency("click", "8.1.7", version_range="<9"),
        dependency("click", "8.1.7", version_range="<9", marker='os_name == "nt"', marker_evaluation_result=False),
        dependency("click", "8.1.7", version_range="<9", marker='extra == "a"', extra="a", extras=("y", "z")),
        dependency("click", "8.1.7", version_range="<9", marker='extra == "a"', extra="b", extras=("y", "z")),
        dependency("click", "8.1.7", version_range="<9", extras=("y,z",)),
    )


def test_a_requirement_stated_twice_is_one_edge_that_holds_if_one_of_them_does(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [
        edge("click", ["8.1.7", "8.1.7.0", " 8.1.7"], marker_evaluation_result=False),
        edge("CLICK", ["8.1.7"], marker_evaluation_result=True),
        edge("click", ["8.1.7"], marker_evaluation_result=False),
    ]
    assert set(edges_of(parse(document))) == {
        dependency("click", "8.1.7"),
        dependency("click", "8.1.7.0", marker_evaluation_result=False),
    }


@pytest.mark.parametrize("specifier", [None, "", "*"])
def test_a_requirement_of_any_version_is_a_star(document_of: DocumentOf, specifier: str | None) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("click", ["8.1.7"], specifier=specifier)]
    assert edges_of(parse(document)) == (dependency("click", "8.1.7"),)


def test_names_versions_and_indexes_are_normalised(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    item = document["result"]["tree"][0]
    item.update(
        package_name="Zope._-Interface",
        package_version="9",
        package_version_requested="v1.0.0-RC1",
        index_url=" https://pypi.python.org/simple/ ",
        sha256=["A" * 64, "a" * 64],
        dependencies=[edge("Ruamel_Yaml", ["1.0-Post1", "not a version"])],
    )
    (package,) = parse(document).packages
    assert package.key == ("zope-interface", "1.0.0rc1", PYPI)
    assert package.facts is not None
    assert package.facts.hashes == ("a" * 64,)
    assert [(each.package_name, each.package_version) for each in package.facts.dependencies] == [
        ("ruamel-yaml", "1.0.post1"),
        ("ruamel-yaml", "not a version"),
    ]


def test_one_version_has_one_outcome_and_success_comes_first(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    result = document["result"]
    result["errors"] = [
        {"package_name": "Flask", "package_version": "3.0.3", "index_url": f"{PYPI}/"},
        {"package_name": "flask", "package_version": "3.0.2", "index_url": PYPI},
    ]
    result["unparsed"] = [{"requirement": "flask==3.0.3"}]
    rows = parse(document)
    assert [(package.key, package.facts is None) for package in rows.packages] == [
        (("flask", "3.0.3", PYPI), False),
        (("flask", "3.0.2", PYPI), True),
        (("flask", "3.0.3", None), True),
    ]
    assert rows.document.remarks == ("flask 3.0.3: stated more than once, first one kept",)


# --- What is no solver document --------------------------------------------------------------------------------------

TEXTS: list[Path_] = [
    ("metadata", "datetime"),
    ("metadata", "analyzer_version"),
    (*TREE, "package_name"),
    (*TREE, "index_url"),
    (*EDGE, "package_name"),
]
LISTS: list[Path_] = [
    ("result", "tree"),
    (*TREE, "sha256"),
    (*TREE, "dependencies"),
    (*EDGE, "resolved_versions"),
    (*EDGE, "resolved_versions", 0, "versions"),
]
OBJECTS: list[Path_] = [("result",)]
OPTIONAL_TEXTS: list[Path_] = [
    ("result", "platform"),
    (*TREE, "package_version_requested"),
    (*TREE, "package_license", "license_version"),
    (*TREE, "package_license", "license", "full_name"),
    (*CORE_METADATA, "Description"),
    (*EDGE, "specifier"),
    (*EDGE, "marker"),
]
OPTIONAL_FLAGS: list[Path_] = [(*EDGE, "marker_evaluation_result"), (*TREE, "package_license", "warning")]
OPTIONAL_LISTS: list[Path_] = [
    (*TREE, "packages"),
    ("result", "errors"),
    ("result", "unresolved"),
    ("result", "unparsed"),
    (*CORE_METADATA, "Classifier"),
    (*CORE_METADATA, "Project-URL"),
    (*EDGE, "extra"),
    (*EDGE, "extras"),
]
ITEMS: list[Path_] = [
    (*TREE, "sha256", 0),
    (*TREE, "packages", 0),
    (*EDGE, "resolved_versions", 0, "versions", 0),
    (*CORE_METADATA, "Classifier", 0),
]


def _wrong_values() -> Iterator[Any]:
    kinds: tuple[tuple[list[Path_], str, tuple[Any, ...]], ...] = (
        (TEXTS + OPTIONAL_TEXTS + ITEMS, "a text", (5, 1.5, True, {"a": 1})),
        ([path for path in TEXTS if path[-1] != "datetime"], "a text", (["x"],)),
        (LISTS + OPTIONAL_LISTS, "a list", (5, False, {"a": 1})),
        (LISTS, "a list", ("x",)),
        (OBJECTS, "an object", (5, False, "x", ["x"])),
        ([(*TREE,), (*EDGE,), (*EDGE, "resolved_versions", 0)], "an object", (5, None, "x", ["x"])),
        (OPTIONAL_FLAGS, "true or false", (0, "true", [], {})),
        ([("metadata", "duration")], "a whole number", (-1, 1.5, True, "1", [])),
    )
    for paths, expected, values in kinds:
        for path in paths:
            for value in values:
                yield pytest.param(path, value, expected, id=f"{path_text(path)}={json.dumps(value)}")


@pytest.mark.parametrize(("path", "value", "expected"), [*_wrong_values()])
def test_a_value_of_the_wrong_type_is_named_with_its_place(
    document_of: DocumentOf, path: Path_, value: Any, expected: str
) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    error = raised.value
    assert error.document_id == FLASK_ID
    # A key that may hold a text or a list is refused where its first item would stand, too.
    assert error.path == path_text(path)
    assert error.expected.startswith(expected)
    assert str(error) == f"document {FLASK_ID}: at {path_text(path)}: expected {error.expected}"


@pytest.mark.parametrize("how", ["missing", "null"])
@pytest.mark.parametrize("path", TEXTS + LISTS + OBJECTS, ids=path_text)
def test_a_key_that_must_be_there_is_named_where_it_is_not(document_of: DocumentOf, path: Path_, how: str) -> None:
    document = document_of("flask==3.0.3")
    if how == "missing":
        remove(document, path)
    else:
        put(document, path, None)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert (raised.value.document_id, raised.value.path) == (FLASK_ID, path_text(path))
    assert "missing" in raised.value.expected


@pytest.mark.parametrize(
    ("requirement", "paths", "named"),
    [
        ("flask==3.0.3", [(*TREE, "package_version"), (*TREE, "package_version_requested")], "package_version"),
        ("futures===3.3.0", [("result", "errors", 0, "package_name")], "package_name"),
        ("futures===3.3.0", [("result", "errors", 0, "package_version")], "package_version"),
        ("markupsafe==2.0.1", [("result", "unresolved", 0, "package_name")], "package_name"),
        ("markupsafe==2.0.1", [("result", "unresolved", 0, "version_spec")], "version_spec"),
        ("ipython doctest plugin==0.1", [("result", "unparsed", 0, "requirement")], "requirement"),
    ],
)
def test_an_entry_that_does_not_say_what_it_is_about_is_refused(
    document_of: DocumentOf, requirement: str, paths: list[Path_], named: str
) -> None:
    document = document_of(requirement)
    for path in paths:
        remove(document, path)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert raised.value.path == path_text((*paths[0][:-1], named))


@pytest.mark.parametrize("path", [("metadata",), ("metadata", "document_id")], ids=path_text)
@pytest.mark.parametrize("value", [None, 5, "", [], {}])
def test_a_document_without_an_id_is_refused(document_of: DocumentOf, path: Path_, value: Any) -> None:
    document = document_of("flask==3.0.3")  # its host is localhost, which names no pod
    put(document, path, value)
    with pytest.raises(NoDocumentIdError, match="<without an id>: at metadata.document_id: expected an id"):
        parse(document)


@pytest.mark.parametrize("value", [None, [], "x", 5, True, 1.5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match=r"<without an id>: at \$: expected a solver document: a JSON object"):
        parse(value)


@pytest.mark.parametrize("value", [{}, {"metadata": {}}, {"result": {}}, {"metadata": []}])
def test_an_object_that_names_no_document_is_refused(value: Any) -> None:
    with pytest.raises(NoDocumentIdError):
        parse(value)


@pytest.mark.parametrize(
    "document_id",
    [
        "adviser-261122110726-75b4",
        "solver-debian-py311-1-a",
        "solver",
        "solver-debian-12-311-x",
        "Solver-debian-12-py311",
    ],
)
def test_an_id_that_names_no_solver_is_refused(document_of: DocumentOf, document_id: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["document_id"] = document_id
    with pytest.raises(SchemaError, match="at metadata.document_id: expected an id of the form solver-") as raised:
        parse(document)
    assert raised.value.document_id == document_id


@pytest.mark.parametrize("platform", ["linux-aarch64", "LINUX_X86_64", ""])
def test_an_unknown_platform_is_refused_as_not_found_too(document_of: DocumentOf, platform: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["platform"] = platform
    with pytest.raises(NotFoundError) as raised:
        parse(document)
    assert isinstance(raised.value, SchemaError)
    assert (raised.value.document_id, raised.value.path) == (FLASK_ID, "result.platform")
    assert raised.value.expected == "one of linux-x86_64"


@pytest.mark.parametrize(
    "moment", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"]
)
def test_a_time_that_is_none_is_refused(document_of: DocumentOf, moment: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["datetime"] = moment
    with pytest.raises(SchemaError, match="at metadata.datetime: expected a time in ISO 8601"):
        parse(document)


def test_a_time_with_a_zone_is_the_same_moment_in_utc(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["datetime"] = "2026-11-22T13:07:32+02:00"
    assert parse(document).made_at == datetime(2026, 11, 22, 11, 7, 32, tzinfo=UTC)
    assert parse(document).made_at.tzinfo is UTC


# --- What no table can hold ------------------------------------------------------------------------------------------

UNSTORABLE_TEXTS: list[Path_] = [
    ("metadata", "analyzer_version"),
    (*TREE, "package_name"),
    (*TREE, "package_version_requested"),
    (*TREE, "index_url"),
    (*TREE, "packages", 0),
    (*TREE, "package_license", "license", "full_name"),
    (*CORE_METADATA, "Description"),
    (*CORE_METADATA, "Classifier", 0),
    (*EDGE, "package_name"),
    (*EDGE, "specifier"),
    (*EDGE, "marker"),
    (*EDGE, "extra"),
    (*EDGE, "resolved_versions", 0, "versions", 0),
]


@pytest.mark.parametrize(("bad", "words"), [("a\x00b", "NUL"), ("a\ud800b", "surrogates")], ids=["NUL", "surrogate"])
@pytest.mark.parametrize("path", UNSTORABLE_TEXTS, ids=path_text)
def test_a_text_that_no_database_can_hold_is_refused(
    document_of: DocumentOf, path: Path_, bad: str, words: str
) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, bad)
    with pytest.raises(SchemaError, match=words) as raised:
        parse(document)
    assert raised.value.path == path_text(path)


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "x" * 3000], ids=["NUL", "surrogate", "long"])
@pytest.mark.parametrize("where", ["suffix", "system"])
def test_an_id_that_no_database_can_hold_is_refused(document_of: DocumentOf, bad: str, where: str) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["document_id"] = (
        f"solver-debian-12-py311-{bad}" if where == "suffix" else f"solver-debian{bad}-12-py311-261122110726-75b4"
    )
    with pytest.raises(SchemaError, match=r"metadata\.document_id"):
        parse(document)


def test_texts_in_places_that_nobody_reads_may_be_anything(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = {"a\x00": "\ud800"}
    assert parse(document).document.remarks == ()


def test_a_duration_that_no_column_can_hold_is_refused(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["metadata"]["duration"] = 2**63
    with pytest.raises(SchemaError, match=r"at metadata\.duration"):
        parse(document)


@pytest.mark.parametrize("index_url", ["", "/", "  ", "///"])
def test_a_solved_package_from_no_index_is_refused(document_of: DocumentOf, index_url: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["index_url"] = index_url
    with pytest.raises(SchemaError, match=r"at result\.tree\[0\]\.index_url"):
        parse(document)


@pytest.mark.parametrize("name", ["", "  ", "\t\n"])
@pytest.mark.parametrize(
    "path", [(*TREE, "package_name"), (*EDGE, "package_name"), (*TREE, "packages", 0)], ids=path_text
)
def test_an_empty_name_is_refused(document_of: DocumentOf, path: Path_, name: str) -> None:
    document = document_of("flask==3.0.3")
    put(document, path, name)
    with pytest.raises(SchemaError, match="a text that is not empty") as raised:
        parse(document)
    assert raised.value.path == path_text(path)


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "a" * 65, "sha256:" + "a" * 64])
def test_a_digest_that_is_none_is_refused(document_of: DocumentOf, digest: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["sha256"] = [digest]
    with pytest.raises(SchemaError, match=r"at result\.tree\[0\]\.sha256\[0\]: expected a sha256 digest"):
        parse(document)


@pytest.mark.parametrize("url", [",", " , ", "Home,", ",https://a", " ", "https://a"])
def test_a_project_url_of_nothing_is_left_out(document_of: DocumentOf, url: str) -> None:
    document = document_of("flask==3.0.3")
    put(document, (*CORE_METADATA, "Project-URL"), [url])
    facts = parse(document).packages[0].facts
    assert facts is not None and facts.metadata is not None
    expected = {"Home,": ((None, "Home"),), ",https://a": (("https://a", None),), "https://a": (("https://a", None),)}
    assert facts.metadata.project_urls == expected.get(url, ())


LONG = "x" * 257


def test_an_over_long_dependency_is_left_out_with_a_remark_and_the_rest_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [
        edge(LONG, ["1.0"]),
        edge("click", ["8.1.7"]),
        edge("jinja2", ["3.1.4"], extra=[LONG]),
        edge("a" * 256, ["1" * 256]),
    ]
    rows = parse(document)
    assert edges_of(rows) == (dependency("click", "8.1.7"), dependency("a" * 256, "1" * 256))
    assert rows.document.remarks == (
        "result.tree[0].dependencies[0].package_name: left out, at most 256 bytes, not 257",
        "result.tree[0].dependencies[2].extra[0]: left out, at most 256 bytes, not 257",
    )


def test_the_limit_of_a_name_counts_bytes_not_characters(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("ž" * 129, ["1.0"])]
    rows = parse(document)
    assert edges_of(rows) == ()
    assert rows.document.remarks == (
        "result.tree[0].dependencies[0].package_name: left out, at most 256 bytes, not 258",
    )


@pytest.mark.parametrize("key", ["package_name", "package_version_requested"])
def test_an_over_long_package_is_left_out_with_a_remark_and_the_rest_kept(document_of: DocumentOf, key: str) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["errors"] = document_of("futures===3.3.0")["result"]["errors"]
    document["result"]["tree"][0][key] = LONG
    rows = parse(document)
    assert [package.package_name for package in rows.packages] == ["futures"]
    assert rows.document.remarks == (f"result.tree[0].{key}: left out, at most 256 bytes, not 257",)


def test_an_over_long_import_is_left_out_with_a_remark_and_its_package_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["packages"] = ["flask", LONG, "flask.json"]
    rows = parse(document)
    (flask,) = rows.packages
    assert flask.facts is not None
    assert flask.facts.import_packages == ("flask", "flask.json")
    assert rows.document.remarks == ("result.tree[0].packages[1]: left out, at most 256 bytes, not 257",)


def test_an_over_long_resolved_version_is_left_out_with_a_remark_and_the_others_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("click", ["8.1.6", LONG, "8.1.7"])]
    rows = parse(document)
    assert edges_of(rows) == (dependency("click", "8.1.6"), dependency("click", "8.1.7"))
    (remark,) = rows.document.remarks
    assert remark.startswith("result.tree[0].dependencies[0].resolved_versions[0].versions[1]: left out, at most 256")


@pytest.mark.parametrize("requirement", [f"{LONG}==1.0", f"foo=={LONG}"], ids=["name", "version"])
def test_an_over_long_unparsed_requirement_is_left_out_with_a_remark(document_of: DocumentOf, requirement: str) -> None:
    document = document_of("ipython doctest plugin==0.1")
    document["result"]["unparsed"][0]["requirement"] = requirement
    rows = parse(document)
    assert rows.packages == ()
    assert rows.document.remarks[0].startswith("result.unparsed[0].requirement: left out, at most 256 bytes")


def test_a_document_nested_deeper_than_python_can_follow_is_refused(document_of: DocumentOf) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = nested
    try:
        with pytest.raises(SchemaError):
            parse(document)
    finally:  # freed from the outside in: pytest must neither compare nor print it
        document["result"]["environment"] = None


@pytest.mark.parametrize(
    "value", [{1, 2}, b"bytes", datetime(2026, 1, 1), object()], ids=["set", "bytes", "time", "object"]
)
def test_a_value_that_json_cannot_hold_is_refused(document_of: DocumentOf, value: Any) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["environment"] = value
    with pytest.raises(SchemaError):
        parse(document)


def test_nothing_of_a_refused_document_is_stored(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    refused = 0
    for path in TEXTS + LISTS + OBJECTS + [("metadata",)]:
        document = document_of("flask==3.0.3")
        remove(document, path)
        with pytest.raises(SchemaError):
            graph.sync_solver_result(document)
        refused += 1
    for other in (None, [], "x", 5, {}):
        with pytest.raises(SchemaError):
            graph.sync_solver_result(other)  # type: ignore[arg-type]
    assert refused == 12
    with engine.connect() as connection:
        for table in ("synced_document", "python_package_version_entity", "python_package_index", "package_change"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


# --- Anything at all -------------------------------------------------------------------------------------------------

_BUNDLE = Path(__file__).resolve().parents[2] / "thoth" / "storages" / "data" / "solver"


@cache
def _small_documents() -> tuple[Document, ...]:
    """Real documents without the parts that nobody reads."""
    small = []
    for name in ("75b4f9f731100804", "d8ac0ef369f4d289", "7dc7628e82909bd6", "c605b799ef7ac8f0", "df174ccc2e01e552"):
        (path,) = _BUNDLE.glob(f"*{name}.json")
        document = json.loads(path.read_bytes())
        document["result"]["environment"] = {}
        document["result"]["environment_packages"] = []
        for item in document["result"]["tree"]:
            item["importlib_metadata"]["files"] = []
            item["dependencies"] = item["dependencies"][:5]
        small.append(document)
    return (*small, in_the_format_of_2019(small[0]))


def _places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*path, key))


_NASTY_TEXTS = st.sampled_from(
    [
        "",
        " ",
        ",",
        "/",
        "*",
        "==",
        "==1.*",
        "\x00",
        "\ud800",
        "x" * 257,
        "x" * 3000,
        "ž" * 200,
        "1" * 256,
        "9" * 5000,
        "1!0.dev0+a.1",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "solver-debian-12-py311-\x00",
        "solver-\ud800-12-py311",
    ]
)
_ANY_TEXT = _NASTY_TEXTS | st.text(st.characters(exclude_categories=()), max_size=20)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, 2**70, -1, float("nan"), float("inf")])
    | st.floats()
    | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def _mutated(draw: st.DrawFn) -> Document:
    document = copy.deepcopy(draw(st.sampled_from(_small_documents())))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        read = [path for path in places if path[0] == "metadata" and len(path) == 2] + [
            path for path in places if path[:2] == ("result", "tree") and "files" not in path
        ]
        # Half of the changes are where somebody reads.
        path = draw(st.sampled_from(read or places) | st.sampled_from(places))
        put(document, path, draw(_NASTY_TEXTS | _JSON))
    return document


def _with(path: Path_, value: Any) -> Document:
    document = copy.deepcopy(_small_documents()[0])
    put(document, path, value)
    return document


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=_mutated())
def test_whatever_a_document_holds_it_is_parsed_or_refused(document: Document) -> None:
    try:
        rows = parse(document)
    except SchemaError as error:
        assert error.path
        assert error.expected
        return
    assert rows.document.created_at.tzinfo is UTC
    names = [text for package in rows.packages for text in (package.package_name, package.package_version)]
    names += [
        text
        for package in rows.packages
        if package.facts
        for each in package.facts.dependencies
        for text in (each.package_name, each.package_version)
    ]
    for name in names:
        assert name
        assert "\x00" not in name
        assert len(name.encode()) <= 300  # normalising may add a few bytes to the 256


@settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(document=_mutated())
@example(document=_with((*CORE_METADATA, "Classifier"), [" ", "\t"]))
@example(document=_with((*CORE_METADATA, "Description"), "x" * 1_000_000))
@example(document=_with((*EDGE, "specifier"), "x" * 100_000))
@example(document=_with((*EDGE, "package_name"), "a" * 256))
@example(
    document=_with((*EDGE, "resolved_versions"), [{"versions": ["9" * 256, "1." * 127 + "1", "1+" + "a1." * 84 + "a"]}])
)
@example(document=_with(("metadata", "datetime"), "0001-01-01"))
@example(document=_with((*TREE, "index_url"), "h" * 2048))
@example(document=_with((*TREE, "package_name"), "İ" * 128))
def test_what_is_parsed_can_be_stored(graph: GraphDatabase, document: Document) -> None:
    try:
        rows = parse(document)
    except ThothStorageExceptionError:
        return
    graph.sync_solver_result(document, force=True)
    assert graph.solver_document_id_exists(rows.document.document_id)
