"""Rules that keep package versions from being solved: made, found again, deleted; and indexes that go."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import Engine
from support.tables import rows_of

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"


@pytest.fixture
def followed(graph: GraphDatabase) -> GraphDatabase:
    """A graph that follows three versions of flask on two indexes, and any version of it."""
    for url in (PYPI, MIRROR):
        graph.register_python_package_index(url, enabled=True)
        for version in ("1.0", "2.0rc1", "2.0"):
            graph.create_python_package_version_entity("flask", version, url)
    graph.create_python_package_version_entity("flask")
    return graph


def waiting(graph: GraphDatabase) -> list[Any]:
    return graph.get_unsolved_python_package_versions_all("flask", randomize=False)


def test_a_rule_applies_to_what_is_known_and_to_what_comes(followed: GraphDatabase) -> None:
    rule = followed.create_python_rule("Flask", version_specifier="<2", description="old")
    assert rule == {
        "id": rule["id"],
        "package_name": "flask",
        "version_range": "<2",
        "description": "old",
        "index_url": None,
    }
    assert followed.get_python_rule(rule["id"]) == rule
    left = [("flask", version, url) for version in ("2.0rc1", "2.0") for url in (MIRROR, PYPI)]
    left.append(("flask", None, None))
    assert waiting(followed) == left, "PEP 440: <2 is not about pre-releases of 2"
    followed.create_python_package_version_entity("flask", "0.9", PYPI)
    assert waiting(followed) == left
    assert followed.get_python_package_version_solver_rules_all("flask", "0.9", PYPI) == [
        (rule["id"], "<2", PYPI, "old")
    ]


def test_rules_of_one_package_add_to_each_other(followed: GraphDatabase) -> None:
    first = followed.create_python_rule("flask", version_specifier="<1.5")
    second = followed.create_python_rule("flask", version_specifier=">=2.0")
    assert first["id"] != second["id"]
    assert {place[1] for place in waiting(followed)} == {"2.0rc1", None}
    assert [rule["id"] for rule in followed.get_python_rule_all(package_name="FLASK")] == [second["id"], first["id"]]
    assert followed.get_python_rule_all(start_offset=1, count=1) == [first]


def test_a_rule_told_again_is_one_rule_and_keeps_its_description(followed: GraphDatabase) -> None:
    first = followed.create_python_rule("flask", version_specifier=" >=1 , <2", description="why")
    again = followed.create_python_rule("flask", version_specifier="<2,>=1")
    assert again == first and len(followed.get_python_rule_all()) == 1
    assert followed.create_python_rule("flask", version_specifier="<2,>=1", description="so")["description"] == "so"


def test_a_rule_of_an_index_leaves_other_indexes_alone(followed: GraphDatabase) -> None:
    rule = followed.create_python_rule("flask", version_specifier="*", index_url=PYPI + "/")
    assert (rule["version_range"], rule["index_url"]) == (None, PYPI)
    assert {place[2] for place in waiting(followed)} == {MIRROR, None}
    assert followed.get_python_rule_all(index_url=PYPI) == [rule]
    assert followed.get_python_rule_all(index_url=MIRROR) == []


def test_a_deleted_rule_keeps_nothing_from_being_solved(followed: GraphDatabase) -> None:
    before = waiting(followed)
    rule = followed.create_python_rule("flask")
    assert waiting(followed) == [] and followed.get_python_package_version_solver_rules_all("flask")
    assert followed.delete_python_rule(rule["id"]) == 1
    assert waiting(followed) == before
    assert followed.get_python_package_version_solver_rules_all("flask") == [], "what was remembered is forgotten"
    assert followed.delete_python_rule(rule["id"]) == 0
    with pytest.raises(NotFoundError, match=f"there is no rule {rule['id']}"):
        followed.get_python_rule(rule["id"])


def test_what_makes_no_rule_is_refused_and_nothing_is_written(followed: GraphDatabase) -> None:
    with pytest.raises(NotFoundError, match=r"'https://nowhere\.example/' is not registered"):
        followed.create_python_rule("flask", index_url="https://user:secret@nowhere.example/")
    with pytest.raises(ValueError, match="version_specifier must be one of PEP 440, such as <2, not 'old'"):
        followed.create_python_rule("flask", version_specifier="old")
    with pytest.raises(ValueError, match="package_name must be the name of a package, not ''"):
        followed.create_python_rule("")
    assert followed.get_python_rule_all() == []


def test_versions_that_arrive_while_a_rule_is_made_follow_it(followed: GraphDatabase) -> None:
    numbers = range(30)

    def arrive() -> None:
        for number in numbers:
            followed.create_python_package_version_entity("flask", f"3.{number}", PYPI)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    followed.create_python_rule("flask", version_specifier=">=3")
    arriving.join()
    assert followed.get_python_package_version_entities_count_all() == 7 + len(numbers)
    assert not [place for place in waiting(followed) if str(place[1]).startswith("3.")]


# --- Indexes ---------------------------------------------------------------------------------------------------------


def test_an_index_goes_with_all_that_is_on_it(filled: GraphDatabase, engine: Engine) -> None:
    graph = filled
    dependencies = graph.get_depends_on("flask", "3.0.3", PYPI)
    assert dependencies and "flask" in graph.get_python_packages_for_index(PYPI)
    (index_id,) = rows_of(engine, f"SELECT id FROM python_package_index WHERE url = '{PYPI}'")[0]
    assert graph.get_index_url_from_id(index_id) == PYPI
    assert graph.delete_python_package_index(PYPI + "/") == 1
    with pytest.raises(NotFoundError):
        graph.get_depends_on("flask", "3.0.3", PYPI)
    assert graph.get_python_packages_for_index(PYPI) == set()
    assert graph.delete_python_package_index(PYPI) == 0
    with pytest.raises(NotFoundError, match="no Python package index with the id"):
        graph.get_index_url_from_id(index_id)


def test_indexes_by_their_names_of_2019(graph: GraphDatabase) -> None:
    graph.register_python_package_index(PYPI, "https://pypi.org/pypi", enabled=True)
    graph.register_python_package_index(MIRROR)
    assert graph.get_python_package_index_urls() == {PYPI, MIRROR}
    assert graph.get_python_package_index_urls(enabled=False) == {MIRROR}
    assert graph.python_package_index_listing(True) == [
        {"url": PYPI, "warehouse_api_url": "https://pypi.org/pypi", "verify_ssl": True}
    ]
