"""Questions about analyses of packages: what was analysed and how often, what failed, what waits."""

from __future__ import annotations

from collections import Counter

import pytest
from support.documents import PYPI
from support.package_analysis_documents import failed_package_analysis, package_analysis

from thoth.storages.graph import GraphDatabase

MIRROR = "https://mirror.example/simple"
OLD, NEW = ("lib", "9.0", PYPI), ("lib", "10.0", PYPI)
OTHER, BROKEN = ("lib", "10.0", MIRROR), ("broken", "1.0", PYPI)
WAITING = [("waits", "1.0", MIRROR), ("waits", "2.0", PYPI), ("waits", "10.0", PYPI)]
ONCE = [BROKEN, OLD, OTHER, NEW]


@pytest.fixture
def analyzed(emptied: GraphDatabase) -> GraphDatabase:
    """A graph of four analysed package versions, one of them twice, one without success, and of three that wait."""
    graph = emptied
    for number, package in enumerate((NEW, OLD, OTHER, NEW)):
        graph.sync_package_analysis_result(package_analysis(document_id=f"package-analyzer-{number}", package=package))
    graph.sync_package_analysis_result(failed_package_analysis(document_id="package-analyzer-9", package=BROKEN))
    for package in WAITING:
        graph.create_python_package_version_entity(*package)
    graph.create_python_package_version_entity("any", None, PYPI)
    graph.create_python_package_version_entity("nowhere", "1.0", None)
    return graph


def sorted_each() -> list[tuple[str, str, str]]:
    return [BROKEN, OLD, OTHER, NEW, NEW]


def test_every_analysis_is_listed_or_each_package_version_once(analyzed: GraphDatabase) -> None:
    question = analyzed.get_analyzed_python_package_versions
    assert question() == sorted_each()
    assert question(distinct=True) == ONCE
    assert question(start_offset=1, count=2) == sorted_each()[1:3]
    assert question(package_name="Lib", index_url=PYPI) == [OLD, NEW, NEW]
    assert question(package_version="10.0", distinct=True) == [OTHER, NEW]
    assert question(package_name="waits") == []


def test_what_is_counted_is_what_is_listed(analyzed: GraphDatabase) -> None:
    for narrowed in ({}, {"package_name": "lib"}, {"package_version": "10.0"}, {"index_url": MIRROR}):
        for distinct in (False, True):
            asked = {**narrowed, "distinct": distinct}
            for what in ("analyzed", "analyzed_error", "unanalyzed"):
                listed = getattr(analyzed, f"get_{what}_python_package_versions")(count=None, **asked)
                assert getattr(analyzed, f"get_{what}_python_package_versions_count_all")(**asked) == len(listed)
    for what in ("analyzed", "unanalyzed"):
        for distinct in (False, True):
            listed = getattr(analyzed, f"get_{what}_python_packages_all")(count=None, distinct=distinct)
            assert getattr(analyzed, f"get_{what}_python_packages_count_all")(distinct=distinct) == len(listed) > 1


def test_analyses_are_counted_per_package_version(analyzed: GraphDatabase) -> None:
    counted = analyzed.get_analyzed_python_package_versions_count()
    assert (counted, list(counted)) == (Counter(sorted_each()), ONCE)
    assert analyzed.get_analyzed_python_package_versions_count(distinct=True) == dict.fromkeys(ONCE, 1)
    assert list(analyzed.get_analyzed_python_package_versions_count(start_offset=3, count=5)) == [NEW]
    per_index = analyzed.get_analyzed_python_package_versions_count_per_index
    assert per_index(PYPI) == {PYPI: {("broken", "1.0"): 1, ("lib", "9.0"): 1, ("lib", "10.0"): 2}}
    assert per_index("https://nowhere.example") == {}
    per_version = analyzed.get_analyzed_python_package_versions_count_per_version
    assert per_version("lib") == {"9.0": {PYPI: 1}, "10.0": {MIRROR: 1, PYPI: 2}}
    assert per_version("lib", distinct=True) == {"9.0": {PYPI: 1}, "10.0": {MIRROR: 1, PYPI: 1}}
    assert per_version("waits") == {}


def test_packages_that_were_analysed_are_listed_with_their_indexes_and_versions(analyzed: GraphDatabase) -> None:
    names = analyzed.get_analyzed_python_packages_all
    assert names() == [("broken", PYPI), ("lib", MIRROR), ("lib", PYPI), ("lib", PYPI), ("lib", PYPI)]
    assert names(distinct=True) == [("broken", PYPI), ("lib", MIRROR), ("lib", PYPI)]
    versions = analyzed.get_analyzed_python_packages_all_versions
    assert versions(distinct=True) == {
        "broken": [("1.0", PYPI)],
        "lib": [("9.0", PYPI), ("10.0", MIRROR), ("10.0", PYPI)],
    }
    assert versions()["lib"][-2:] == [("10.0", PYPI)] * 2


def test_analyses_that_failed_are_told_apart(analyzed: GraphDatabase) -> None:
    analyzed.sync_package_analysis_result(failed_package_analysis(document_id="package-analyzer-8", package=BROKEN))
    assert analyzed.get_analyzed_error_python_package_versions() == [BROKEN, BROKEN]
    assert analyzed.get_analyzed_error_python_package_versions(distinct=True) == [BROKEN]
    assert analyzed.get_analyzed_error_python_package_versions(package_name="lib") == []


def test_what_has_a_version_and_an_index_waits_until_it_is_analysed(analyzed: GraphDatabase) -> None:
    question = analyzed.get_unanalyzed_python_package_versions
    assert question() == question(distinct=True) == analyzed.get_unanalyzed_python_package_versions_all() == WAITING
    assert question(index_url=PYPI, count=1) == WAITING[1:2]
    assert question(package_name="waits", package_version="10.0") == WAITING[2:]
    counted = analyzed.get_unanalyzed_python_package_versions_count()
    assert list(counted.items()) == [(package, 1) for package in WAITING]
    assert analyzed.get_unanalyzed_python_package_versions_count_per_index(PYPI) == {
        PYPI: {("waits", "2.0"): 1, ("waits", "10.0"): 1}
    }
    assert analyzed.get_unanalyzed_python_package_versions_count_per_version("waits") == {
        version: {url: 1} for _name, version, url in WAITING
    }
    assert analyzed.get_unanalyzed_python_packages_all() == [("waits", MIRROR), ("waits", PYPI), ("waits", PYPI)]
    assert analyzed.get_unanalyzed_python_packages_all(distinct=True) == [("waits", MIRROR), ("waits", PYPI)]
    assert analyzed.get_unanalyzed_python_packages_all_versions() == {
        "waits": [(version, url) for _name, version, url in WAITING]
    }
    analyzed.sync_package_analysis_result(package_analysis(document_id="package-analyzer-7", package=WAITING[1]))
    assert question() == [WAITING[0], WAITING[2]]
