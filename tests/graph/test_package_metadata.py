"""What packages say of themselves: core metadata, trove classifiers, names to import."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from sqlalchemy import Engine
from support.documents import (
    ANY,
    DEBIAN,
    MIRROR,
    ON_RHEL,
    PYPI,
    RHEL,
    Document,
    DocumentOf,
    core,
    for_solver,
    made,
    tree,
)
from support.facts import Facts
from support.tables import CountStatements, delete_all, run

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.names import version_order

FLASK = ("Flask", "3.0.3", PYPI + "/")
SCALARS = {
    "author": "Author",
    "author_email": "Author-email",
    "download_url": "Download-URL",
    "home_page": "Home-page",
    "keywords": "Keywords",
    "license": "License",
    "maintainer": "Maintainer",
    "maintainer_email": "Maintainer-email",
    "metadata_version": "Metadata-Version",
    "name": "Name",
    "summary": "Summary",
    "version": "Version",
    "requires_python": "Requires-Python",
    "description": "Description",
    "description_content_type": "Description-Content-Type",
}
LISTS = {
    "classifier": ["Framework :: Flask", "framework :: b"],
    "platform": ["Linux", "any"],
    "supported_platform": ["RedHat 8.3", "ubuntu"],
    "requires_external": ["C", "libpng (>=1.5)"],
    "project_url": ["Docs, https://docs.example", "https://alone.example"],
    "provides_extra": ["Async", "dotenv"],
    "requires_dist": ["Werkzeug>=3", "asgiref; extra == 'async'"],
    "provides_dist": ["Other", "other (1)"],
    "obsolete_dist": ["Gorgon", "gorgon"],
}
THEIR_LISTS = dict(
    zip(
        LISTS,
        (
            *("Classifier", "Platform", "Supported-Platform", "Requires-External", "Project-URL", "Provides-Extra"),
            *("Requires-Dist", "Provides-Dist", "Obsoletes-Dist"),
        ),
        strict=True,
    )
)


def saying(document: Document, said: dict[str, Any]) -> Document:
    tree(document)["importlib_metadata"]["metadata"] = said
    return document


@pytest.fixture
def flask(document_of: DocumentOf) -> Document:
    return document_of("flask==3.0.3")


# --- Core metadata ---------------------------------------------------------------------------------------------------


def test_every_key_has_what_the_document_says_under_it(graph: GraphDatabase, flask: Document) -> None:
    said = {theirs: f"the {key}" for key, theirs in SCALARS.items()}
    graph.sync_solver_result(saying(flask, {**said, **{THEIR_LISTS[key]: texts[::-1] for key, texts in LISTS.items()}}))
    found = graph.get_python_package_version_metadata(*FLASK)
    assert found == {**{key: f"the {key}" for key in SCALARS}, **LISTS}
    found["classifier"].append("mine")
    assert graph.get_python_package_version_metadata(*FLASK)["classifier"] == LISTS["classifier"]


def test_what_a_package_does_not_say_is_none_or_empty(graph: GraphDatabase, flask: Document) -> None:
    graph.sync_solver_result(saying(flask, {"Name": "Flask"}))
    expected = {**dict.fromkeys(SCALARS), **{key: [] for key in LISTS}, "name": "Flask"}
    assert graph.get_python_package_version_metadata(*FLASK) == expected


def test_what_was_solved_last_counts_whatever_came_first(graph: GraphDatabase, flask: Document) -> None:
    newer = for_solver(made(flask, days=1), ON_RHEL, "beef")
    core(newer)["Summary"] = "what is newer"
    for document in (newer, flask):
        graph.sync_solver_result(document)
    assert graph.get_python_package_version_metadata(*FLASK)["summary"] == "what is newer"


def test_only_the_index_that_is_asked_for_counts(graph: GraphDatabase, engine: Engine, flask: Document) -> None:
    elsewhere = made(flask, days=1, suffix="beef")
    tree(elsewhere)["index_url"] = MIRROR
    core(elsewhere)["Summary"] = "on the mirror"
    for document in (flask, elsewhere):
        graph.sync_solver_result(document)

    def summary(url: str | None) -> str:
        return str(graph.get_python_package_version_metadata(*FLASK[:2], url)["summary"])

    assert (summary(PYPI), summary(MIRROR), summary(None)) == (core(flask)["Summary"], "on the mirror", "on the mirror")
    run(engine, "UPDATE python_package_version SET python_package_index_id = NULL")
    assert summary(None) == "on the mirror", "what has no index is not hidden"
    with pytest.raises(NotFoundError, match="no metadata of flask 3.0.3 from https://mirror"):
        summary(MIRROR)


def test_a_version_without_metadata_hides_no_other_and_is_not_found_alone(
    graph: GraphDatabase, engine: Engine, flask: Document
) -> None:
    for document in (flask, for_solver(made(flask, days=1), ON_RHEL, "beef")):
        graph.sync_solver_result(document)
    run(engine, "UPDATE python_package_version SET python_package_metadata_id = NULL WHERE os_name = 'rhel'")
    assert graph.get_python_package_version_metadata(*FLASK)["summary"] == core(flask)["Summary"]
    run(engine, "UPDATE python_package_version SET python_package_metadata_id = NULL")
    with pytest.raises(NotFoundError, match="no metadata of flask 3.0.3 from https://pypi.org/simple is known"):
        graph.get_python_package_version_metadata(*FLASK)


def test_metadata_takes_one_statement(filled: GraphDatabase, count_statements: CountStatements) -> None:
    assert count_statements(filled, lambda: filled.get_python_package_version_metadata(*FLASK)) == 1


# --- Trove classifiers -----------------------------------------------------------------------------------------------


def test_classifiers_are_those_of_the_environment(graph: GraphDatabase, engine: Engine, flask: Document) -> None:
    other = for_solver(made(flask), ON_RHEL, "beef")
    core(flask)["Classifier"], core(other)["Classifier"] = ["b", "A", "both"], ["only rhel", "both"]
    for document in (flask, other):
        graph.sync_solver_result(document)
    ask = graph.get_python_package_version_trove_classifiers_all
    assert ask(*FLASK, **DEBIAN) == ["A", "b", "both"]
    assert ask(*FLASK, **RHEL) == ["both", "only rhel"]
    assert ask("flask", "v3.0.3", PYPI, os_name="ubi", os_version="8.9", python_version="py38") == ["both", "only rhel"]
    assert ask(*FLASK, **ANY) == ask(*FLASK[:2], None) == ["A", "b", "both", "only rhel"]
    assert ask(*FLASK, **{**RHEL, "os_version": "9"}) == ask(*FLASK[:2], MIRROR, **ANY) == []
    run(engine, "UPDATE python_package_version SET python_package_index_id = NULL")
    assert ask(*FLASK[:2], None, **DEBIAN) == ["A", "b", "both"]


# --- Names to import -------------------------------------------------------------------------------------------------

NAMES = ("yaml", "Yaml", "yaml_ext", "yamlXext", "yaml%", "yaml/x", "a\\b", "PIL", "pil.image")
ASKED = ("yaml", "YAML", "yaml_ext", "yaml_*", "yaml%*", "yaml/*", "%", "_IL", "a\\*", "a\\b", "pil", "Pil*", "*", "")
PLACES = [
    *(("a", version, index, env) for version in ("2.0", "10.0") for index in (PYPI, None) for env in (0, 1)),
    ("b-c", "1.0rc1", MIRROR, 0),
    ("b-c", "1.0", MIRROR, 0),
]


def provide(engine: Engine, pairs: set[tuple[Any, str]]) -> None:
    """Make the graph hold that these places, of PLACES, provide these names, and nothing else."""
    with engine.begin() as connection:
        delete_all(connection)
        facts = Facts(connection)
        indexes = {None: None, **{url: facts.index(url) for url in (PYPI, MIRROR)}}
        names = {name: facts.put(m.ImportPackage, import_package_name=name) for name in NAMES}
        entities: dict[Any, int] = {}
        for name, version, url, number in PLACES:
            if (name, version, url) not in entities:
                entities[name, version, url] = facts.entity(name, version, indexes[url])
            row = facts.put(
                m.PythonPackageVersion,
                entity_id=entities[name, version, url],
                package_name=name,
                package_version=version,
                version_order=version_order(version),
                python_package_index_id=indexes[url],
                **(DEBIAN, RHEL)[number],
            )
            for place, imported in sorted(pairs, key=repr):
                if place == (name, version, url, number):
                    link = {"python_package_version_id": row, "import_package_id": names[imported]}
                    facts.put(m.FoundImportPackage, **link)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from(NAMES)), max_size=25), st.booleans())
def test_names_to_import_against_a_plain_model(room: Any, pairs: set[tuple[Any, str]], distinct: bool) -> None:
    graph, engine = room
    provide(engine, pairs)
    for asked in ASKED:
        wanted, begins = asked.removesuffix("*").lower(), asked.endswith("*")
        rows = [
            (*place[:3], name)
            for place, name in pairs
            if (name.lower().startswith(wanted) if begins else name.lower() == wanted)
        ]
        expected = sorted(
            set(rows) if distinct else rows,
            key=lambda row: (row[3], row[0], Version(row[1]), row[2] is None, row[2] or ""),
        )
        if expected:
            found = graph.get_python_package_version_import_packages_all(asked, distinct)
            assert [tuple(one.values()) for one in found] == expected, asked
            assert {tuple(one) for one in found} == {("package_name", "package_version", "index_url", "import")}
        else:
            with pytest.raises(NotFoundError, match="nothing that is known provides"):
                graph.get_python_package_version_import_packages_all(asked, distinct)


def test_upper_and_lower_case_count_as_equal_and_the_names_own_case_is_told(room: Any) -> None:
    graph, engine = room
    provide(engine, {(PLACES[0], "PIL"), (PLACES[0], "pil.image")})
    (found,) = graph.get_python_package_version_import_packages_all(import_name="pil")
    assert found == {"package_name": "a", "package_version": "2.0", "index_url": PYPI, "import": "PIL"}
    below = graph.get_python_package_version_import_packages_all(import_name="pIL*", distinct=True)
    assert [one["import"] for one in below] == ["PIL", "pil.image"]


def test_what_is_no_text_cannot_be_imported(room: Any) -> None:
    for wrong in (None, 1, b"yaml"):
        with pytest.raises(TypeError, match="import_name must be a text, not"):
            room[0].get_python_package_version_import_packages_all(wrong)
