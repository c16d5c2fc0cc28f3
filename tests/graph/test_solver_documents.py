"""The parser of solver documents: every kind of real document, both generations."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from support.documents import PYPI, Document, DocumentOf, dependencies_of, dependency, edge, in_the_format_of_2019

from thoth.storages.exceptions import NoDocumentIdError
from thoth.storages.graph.documents.metadata import License
from thoth.storages.graph.documents.solver import SolvedPackage, Solver, parse
from thoth.storages.graph.enums import MetadataDistutilsTypeEnum

FLASK_NEEDS = (
    dependency("werkzeug", "3.0.4", version_range=">=3.0.0"),
    dependency("jinja2", "3.1.4", version_range=">=3.1.2"),
    dependency("itsdangerous", "2.2.0", version_range=">=2.1.2"),
    dependency("click", "8.1.7", version_range=">=8.1.3"),
    dependency("blinker", "1.6.3", version_range=">=1.6.2"),
    dependency("blinker", "1.8.2", version_range=">=1.6.2"),
)
"""Whatever the Python is."""


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
        *FLASK_NEEDS,
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
        *FLASK_NEEDS,
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
    edges = dependencies_of(parse(document_of("attrs==22.2.0")))
    assert [(each.package_version, each.terms.extra, each.terms.extras, each.terms.marker) for each in edges] == [
        (version, extra, extras, f'extra == "{extra}"')
        for extra, extras in (("cov", ("tests",)), ("dev", ("docs", "tests")), ("tests", ("tests-no-zope",)))
        for version in ("22.2.0", "23.2.0")
    ]
    assert {each.package_name for each in edges} == {"attrs"}
    assert len({each.terms.key for each in edges}) == 3


def test_several_ranges_markers_and_extras_of_one_pair_are_all_kept(document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [
        edge("Click", ["8.1.7"], specifier=">=8"),
        edge("click", ["8.1.7"], specifier="<9"),
        edge("click", ["8.1.7"], specifier="<9", marker='os_name == "nt"', marker_evaluation_result=False),
        edge("click", ["8.1.7"], specifier="<9", marker='extra == "a"', extra=["b", "a"], extras=["z", "y", "z"]),
        edge("click", ["8.1.7"], specifier="<9", extras=["y,z"]),
    ]
    assert dependencies_of(parse(document)) == (
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
    assert set(dependencies_of(parse(document))) == {
        dependency("click", "8.1.7"),
        dependency("click", "8.1.7.0", marker_evaluation_result=False),
    }


@pytest.mark.parametrize("specifier", [None, "", "*"])
def test_a_requirement_of_any_version_is_a_star(document_of: DocumentOf, specifier: str | None) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["tree"][0]["dependencies"] = [edge("click", ["8.1.7"], specifier=specifier)]
    assert dependencies_of(parse(document)) == (dependency("click", "8.1.7"),)


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
