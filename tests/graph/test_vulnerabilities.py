"""Questions about vulnerabilities: whose they are, their order, their form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from support.facts import Facts
from support.tables import CountStatements

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"


@pytest.fixture
def vulnerable(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """Flask 1.0 has a vulnerability on two indexes and on none, flask 2.0 another, click has none."""
    with engine.begin() as connection:
        facts = Facts(connection)
        indexes = [facts.index(PYPI), facts.index(MIRROR), None]
        read = datetime(2024, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
        b = facts.put(m.CVE, cve_id="b", details="more", link="https://b.example", aggregated_at=read)
        a = facts.put(m.CVE, cve_id="a", details="less", link=None)
        upper = facts.put(m.CVE, cve_id="Z", details="", link=None, aggregated_at=read)
        links = [(facts.entity("flask", "1.0", index), b) for index in indexes]
        links += [(links[0][0], upper), (facts.entity("flask", "2.0", indexes[0]), a)]
        for entity, cve in links:
            facts.put(m.HasVulnerability, python_package_version_entity_id=entity, cve_id=cve)
        facts.entity("click", "1.0", indexes[0])
    return graph


def test_each_is_given_once_whatever_index_it_is_known_on_and_in_pythons_order(vulnerable: GraphDatabase) -> None:
    read = "2024-01-02T03:04:05.000600"
    z = {"aggregated_at": read, "cve_id": "Z", "details": "", "link": None}
    a = {"aggregated_at": None, "cve_id": "a", "details": "less", "link": None}
    b = {"aggregated_at": read, "cve_id": "b", "details": "more", "link": "https://b.example"}
    assert vulnerable.get_python_cve_records_all("Flask") == [z, a, b]
    assert vulnerable.get_python_cve_records_all("flask", "1") == [], "1 is another text than 1.0"
    assert vulnerable.get_python_cve_records_all("flask", "v1.0") == [z, b]
    assert vulnerable.get_python_cve_records_all(package_name="flask", package_version="2.0") == [a]
    assert vulnerable.get_python_cve_records_count() == 3


def test_the_form_of_2019_gives_texts_of_that_version_alone(vulnerable: GraphDatabase) -> None:
    assert vulnerable.get_python_cve_records("click", "1.0") == []
    (record,) = vulnerable.get_python_cve_records(package_name="flask", package_version="2.0")
    assert record == {"advisory": "less", "cve_name": "a", "cve_id": "a", "version_range": ""}
    assert [one["cve_id"] for one in vulnerable.get_python_cve_records("flask", "1.0")] == ["Z", "b"]


def test_what_is_remembered_is_not_the_callers_to_change(
    vulnerable: GraphDatabase, count_statements: CountStatements
) -> None:
    first = vulnerable.get_python_cve_records_all("flask", "2.0")
    assert count_statements(vulnerable, lambda: vulnerable.get_python_cve_records_all("FLASK", "2.0")) == 0
    first[0]["details"] = "changed"
    first.clear()
    assert vulnerable.get_python_cve_records_all("flask", "2.0")[0]["details"] == "less"


def test_an_index_that_goes_takes_what_only_its_packages_had(vulnerable: GraphDatabase) -> None:
    assert len(vulnerable.get_python_cve_records_all("flask")) == 3
    vulnerable.delete_python_package_index(PYPI)
    assert [one["cve_id"] for one in vulnerable.get_python_cve_records_all("flask")] == ["b"], "remembered no longer"
    assert vulnerable.get_python_cve_records_count() == 3, "they are known, of whatever package"


def test_a_stack_is_told_by_index(vulnerable: GraphDatabase) -> None:
    stack = [("Flask", "1.0", PYPI), ("flask", "1.0", MIRROR), ("flask", "1.0", None), ("click", "1.0", PYPI)]
    answers = vulnerable.get_python_cve_records_of_packages(stack)
    assert [[one["cve_id"] for one in answers[package]] for package in stack] == [["Z", "b"], ["b"], ["Z", "b"], []]


@pytest.mark.parametrize("wrong", [1, None])
def test_a_package_has_a_name(vulnerable: GraphDatabase, wrong: str) -> None:
    for question in (vulnerable.get_python_cve_records_all, vulnerable.get_python_cve_records):
        with pytest.raises(TypeError, match="package_name must be a text"):
            question(wrong, "1.0")
