"""Packages that are followed, flags of their versions, and files that an index no longer provides."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from support.databases import adapters
from support.documents import ANY, PYPI
from support.tables import rows_of

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase


def test_a_package_is_followed_once(graph: GraphDatabase, engine: Engine) -> None:
    first = graph.create_python_package_version_entity("Flask_X", "1.0.0-RC1", PYPI + "/")
    assert first is not None
    entity, existed = first
    assert (entity.package_name, entity.package_version, existed) == ("flask-x", "1.0.0rc1", False)
    again = graph.create_python_package_version_entity("flask.x", "1.0.0rc1", PYPI)
    assert again is not None and (again[0].id, again[1]) == (entity.id, True)
    assert rows_of(engine, "SELECT url, enabled FROM python_package_index") == [(PYPI, False)]
    assert graph.get_python_package_version_entities_names_all() == ["flask-x"] == sorted(graph.get_python_packages())
    assert graph.get_unsolved_python_package_versions_all() == [("flask-x", "1.0.0rc1", PYPI)]


def test_version_and_index_may_be_unknown_and_only_what_was_seen_may_be_followed(graph: GraphDatabase) -> None:
    assert graph.create_python_package_version_entity("flask", only_if_package_seen=True) is None
    assert graph.get_python_package_version_entities_count_all() == 0
    for _ in range(2):
        assert graph.create_python_package_version_entity("flask") is not None
    assert graph.create_python_package_version_entity("flask", "1.0", only_if_package_seen=True) is not None
    assert graph.get_unsolved_python_package_versions_all(randomize=False) == [
        ("flask", "1.0", None),
        ("flask", None, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("",), "package_name must be the name of a package"),
        (("a b!",), "package_name must be the name of a package"),
        (("a" * 257,), "package_name must be a text of 1 to 256 bytes"),
        (("flask", "1" * 257), "package_version must be a text of 1 to 256 bytes"),
        (("flask", "1.0", ""), "index_url must be a text of 1"),
        (("fl\x00ask",), "package_name must be a text that a database can hold"),
    ],
)
def test_what_cannot_be_followed_is_named(graph: GraphDatabase, arguments: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        graph.create_python_package_version_entity(*arguments)
    assert graph.get_python_package_version_entities_count_all() == 0


def test_many_who_follow_the_same_packages_leave_each_once(database: Any) -> None:
    packages = [(f"p{number}", "1.0", PYPI) for number in range(10)] * 3
    with adapters(4) as connected, ThreadPoolExecutor(4) as threads:
        told = list(
            threads.map(
                lambda each: connected[each[0] % 4].create_python_package_version_entity(*each[1]),
                enumerate(packages),
            )
        )
        assert connected[0].get_python_package_version_entities_count_all() == 10
    assert sum(not existed for _, existed in filter(None, told)) == 10


def test_flags_are_set_in_every_environment_and_remembered_answers_forgotten(filled: GraphDatabase) -> None:
    graph, flask = filled, ("Flask", "3.0.3", PYPI)
    assert graph.get_depends_on(*flask, is_missing=False)
    assert graph.is_python_package_version_is_missing(*flask) is False
    graph.update_missing_flag_package_version(*flask, value=True)
    assert graph.is_python_package_version_is_missing(*flask) is True
    assert graph.get_solved_python_package_versions_all("flask", is_missing=True) == [("flask", "3.0.3", PYPI)]
    with pytest.raises(NotFoundError):
        graph.get_depends_on(*flask, is_missing=False)
    graph.update_missing_flag_package_version(*flask, value=False)
    assert graph.get_depends_on(*flask, is_missing=False)


def test_what_has_no_source_distribution_waits_for_no_security_indicators(filled: GraphDatabase) -> None:
    graph, flask = filled, ("flask", "3.0.3", PYPI)
    graph.set_python_package_index_state(PYPI, enabled=True)
    waiting = graph.get_si_unanalyzed_python_package_versions_all(count=None, randomize=False)
    assert flask in waiting
    graph.update_provides_source_distro_package_version(*flask, value=False)
    left = graph.get_si_unanalyzed_python_package_versions_all(count=None, randomize=False)
    assert left == [place for place in waiting if place != flask]
    listed = graph.get_si_unanalyzed_python_package_versions_all(provides_source_distro=False)
    assert listed == [flask] and graph.get_si_unanalyzed_python_package_versions_count_all(
        PYPI, provides_source_distro=False
    ) == len(listed)


def test_a_flag_of_what_nobody_solved_is_an_error_that_names_it(filled: GraphDatabase) -> None:
    for tell in (
        filled.update_missing_flag_package_version,
        filled.update_provides_source_distro_package_version,
    ):
        with pytest.raises(NotFoundError, match="flask 0.1 from https://pypi.org/simple was not solved"):
            tell("flask", "0.1", PYPI, True)
        with pytest.raises(TypeError, match="value must be True or False, not 1"):
            tell("flask", "3.0.3", PYPI, 1)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="was not solved"):
        filled.is_python_package_version_is_missing("flask", "0.1", PYPI)


def test_a_file_that_an_index_no_longer_provides_is_no_hash_of_the_package(filled: GraphDatabase) -> None:
    flask = ("flask", "3.0.3", PYPI)
    gone, *left = filled.get_python_package_hashes_sha256(*flask)
    assert filled.get_all_python_package_version_hashes_sha256(*flask[:2]) == [gone, *left]
    filled.update_python_package_hash_present_flag(*flask, sha256_hash=f"sha256:{gone.upper()}")
    assert filled.get_python_package_hashes_sha256(*flask) == left
    assert filled.get_python_package_version_hashes_sha256(*flask) == left
    with pytest.raises(NotFoundError, match="flask 3.0.3 from https://pypi.org/simple has no artifact with the sha256"):
        filled.update_python_package_hash_present_flag(*flask, sha256_hash="0" * 64)


# --- What packages say of themselves ---------------------------------------------------------------------------------


def test_metadata_is_what_the_document_says(filled: GraphDatabase, document_of: Any) -> None:
    (tree,) = document_of("flask==3.0.3")["result"]["tree"]
    said = tree["importlib_metadata"]["metadata"]
    found = filled.get_python_package_version_metadata("Flask", "3.0.3", PYPI)
    assert len(found) == 24
    for key, their_key in (("name", "Name"), ("summary", "Summary"), ("requires_python", "Requires-Python")):
        assert found[key] == said[their_key]
    assert found["classifier"] == sorted(said["Classifier"])
    assert found["requires_dist"] == sorted(said["Requires-Dist"])
    assert found["provides_dist"] == found["obsolete_dist"] == []
    classifiers = filled.get_python_package_version_trove_classifiers_all("Flask", "3.0.3", PYPI, **ANY)
    assert classifiers == found["classifier"]
    with pytest.raises(NotFoundError, match="no metadata of flask 0.1"):
        filled.get_python_package_version_metadata("flask", "0.1", PYPI)


def test_what_provides_a_name_to_import_is_found_by_it(filled: GraphDatabase) -> None:
    found = filled.get_python_package_version_import_packages_all("flask", distinct=True)
    assert {"package_name": "flask", "package_version": "3.0.3", "index_url": PYPI, "import": "flask"} in found
    assert {one["import"] for one in found} == {"flask"}
    below = filled.get_python_package_version_import_packages_all("flask*", distinct=True)
    assert {one["import"] for one in below} >= {"flask"} and len(below) >= len(found)
    for nothing in ("fl_sk", "f%", "%*", "_lask*"):
        with pytest.raises(NotFoundError, match="nothing that is known provides"):
            filled.get_python_package_version_import_packages_all(nothing)
