"""What the tables of packages let in: two facts are two rows, one fact is one row, nonsense is refused."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.facts import (
    NOW,
    Facts,
    only_once,
)

from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import key_sha256


@pytest.fixture(scope="module")
def engine(server: URL, template: URL) -> Iterator[Engine]:
    """Of a database in which nothing stays."""
    with copied_database(server, template, "facts") as url:
        yield make_maintenance_engine(url)


@pytest.fixture
def facts(engine: Engine) -> Iterator[Facts]:
    with engine.connect() as connection:
        yield Facts(connection)  # what a test writes is rolled back


def test_a_dependency_may_have_several_ranges_markers_and_extras(facts: Facts) -> None:
    version, entity = facts.version(facts.entity()), facts.entity("click")
    texts = [{}, {"version_range": ">=8"}, {"marker": "m"}, {"extra": "e"}, {"version_range": ">=8", "extra": "e"}]
    texts += [{"version_range": ""}, {"marker": ""}, {"extra": ""}, {"marker": "e"}]
    shared = {"version_id": version, "entity_id": entity, "marker_evaluation_result": True, "stated_by_solver": True}
    only_once(facts, m.DependsOn, "depends_on_natural_key", texts, **shared)
    assert (
        facts.refuses(m.DependsOn, **{**shared, "marker": "new", "stated_by_solver": False})
        == "depends_on_stated_check"
    )


def test_what_is_no_part_of_the_key_makes_no_second_dependency(facts: Facts) -> None:
    version, entity = facts.version(facts.entity()), facts.entity("click")
    shared = {"version_id": version, "entity_id": entity, "stated_by_solver": True}
    facts.put(m.DependsOn, **shared, marker_evaluation_result=True)
    again = {**shared, "marker_evaluation_result": False, "extras": "x", "stated_by_reverse_solver": True}
    assert facts.refuses(m.DependsOn, **again) == "depends_on_natural_key"


def test_a_package_may_have_no_version_or_no_index_and_is_one_row_then_too(facts: Facts) -> None:
    indexes = (facts.index("a"), facts.index("b"), None)
    for version, index in itertools.product(("1", "2", None), indexes):
        facts.entity("flask", version, index)
    key = "python_package_version_entity_natural_key"
    for version, index in itertools.product(("1", None), indexes):
        order = version and b"1"
        row = {"package_version": version, "version_order": order, "python_package_index_id": index}
        assert facts.refuses(m.PythonPackageVersionEntity, package_name="flask", **row) == key
    check = "python_package_version_entity_version_order_check"
    assert facts.refuses(m.PythonPackageVersionEntity, package_name="x", package_version="1") == check
    assert facts.refuses(m.PythonPackageVersionEntity, package_name="x", version_order=b"1") == check
    name = "python_package_version_entity_package_name_check"
    assert facts.refuses(m.PythonPackageVersionEntity, package_name="") == name


def test_rules_differ_by_package_range_and_index(facts: Facts) -> None:
    indexes = (facts.index("a"), facts.index("b"), None)
    rows = [
        {"package_name": name, "version_range": version_range, "python_package_index_id": index}
        for name, version_range, index in itertools.product(("flask", "click"), ("<1", ">2", None), indexes)
    ]
    model, key = m.PythonPackageVersionEntityRule, "python_package_version_entity_rule_natural_key"
    only_once(facts, model, key, rows)
    assert facts.refuses(model, **rows[0], description="another reason") == key
    assert facts.refuses(model, package_name="") == "python_package_version_entity_rule_package_name_check"


def test_there_is_one_moment_of_looking_for_vulnerabilities(facts: Facts) -> None:
    facts.put(m.CVETimestamp, timestamp=NOW)
    assert facts.refuses(m.CVETimestamp, timestamp=datetime(2025, 1, 1, tzinfo=UTC)) == "cve_timestamp_single_idx"


def test_there_is_one_identity_of_the_graph(facts: Facts) -> None:
    assert facts.count(m.GraphIdentity) == 1
    assert facts.refuses(m.GraphIdentity, graph_uuid=uuid.uuid4()) == "graph_identity_single_idx"


def test_a_vulnerability_is_one_row_whatever_is_told_of_it(facts: Facts) -> None:
    rows = [{"cve_id": "CVE-1", "details": ""}, {"cve_id": "CVE-2", "details": ""}]
    only_once(facts, m.CVE, "cve_cve_id_key", rows)
    assert facts.refuses(m.CVE, cve_id="CVE-1", details="d", link="l", aggregated_at=NOW) == "cve_cve_id_key"
    assert facts.refuses(m.CVE, cve_id="", details="") == "cve_cve_id_check"


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (m.DebDependency, "package_name"),
        (m.RPMRequirement, "rpm_requirement_name"),
        (m.PythonPackageMetadataClassifier, "classifier"),
        (m.PythonPackageMetadataPlatform, "platform"),
        (m.PythonPackageMetadataSupportedPlatform, "supported_platform"),
        (m.PythonPackageMetadataRequiresExternal, "dependency"),
        (m.PythonPackageMetadataProvidesExtra, "optional_feature"),
        (m.ImportPackage, "import_package_name"),
        (m.PythonPackageIndex, "url"),
    ],
)
def test_what_is_known_by_its_text_is_one_row_and_not_empty(facts: Facts, model: type[Any], column: str) -> None:
    table, has_digest = table_of(model).name, "key_sha256" in table_of(model).c

    def digest(text: str) -> dict[str, bytes]:
        return digest_of(text) if has_digest else {}

    key = "key_sha256" if has_digest else column
    only_once(facts, model, f"{table}_{key}_key", [{column: text, **digest(text)} for text in ("a", "A", "a ")])
    refused = facts.refuses(model, **{column: "", **digest("")})
    assert refused.startswith(f"{table}_{column}"[:50])
    assert refused != f"{table}_{key}_key"
    assert facts.refuses(model, **{column: None, **digest("")}) == column


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (m.PythonPackageLicense, ("license_name", "license_identifier", "license_version")),
        (m.PythonPackageMetadataProjectUrl, ("url", "label")),
    ],
)
def test_what_is_known_by_several_texts_has_one_of_them_at_least(
    facts: Facts, model: type[Any], columns: tuple[str, ...]
) -> None:
    texts = itertools.product(("a", "", None), repeat=len(columns))
    rows = [{**dict(zip(columns, of, strict=True)), "key_sha256": key_sha256(*of)} for of in texts]
    table = table_of(model).name
    only_once(facts, model, f"{table}_key_sha256_key", rows[:-1])
    assert facts.refuses(model, **rows[-1]) == f"{table}_not_empty_check"


def test_a_text_may_be_required_provided_and_obsoleted(facts: Facts) -> None:
    model, key = m.PythonPackageMetadataDistutils, "python_package_metadata_distutils_distutils_type_key_sha256_key"
    kinds = ("REQUIRED", "PROVIDED", "OBSOLETE")
    only_once(
        facts, model, key, [{"distutils": "flask", "distutils_type": kind} for kind in kinds], **digest_of("flask")
    )
    empty = {"distutils": "", "distutils_type": "REQUIRED", **digest_of("")}
    assert facts.refuses(model, **empty) == "python_package_metadata_distutils_distutils_check"


def digest_of(text: str) -> dict[str, bytes]:
    return {"key_sha256": key_sha256(text)}


def test_a_package_version_is_one_row_in_each_environment(facts: Facts) -> None:
    entity = facts.entity()
    first, _second = facts.version(entity), facts.version(entity, "9")
    facts.delete(m.PythonPackageVersion, first)
    facts.version(entity)
    row = {"entity_id": entity, "os_name": "rhel", "os_version": "8", "python_version": "3.11"}
    row |= {"package_name": "another", "package_version": "2", "version_order": b"2", "is_missing": True}
    assert facts.refuses(m.PythonPackageVersion, **row) == "python_package_version_natural_key"
    for column in ("os_name", "os_version", "python_version", "package_version"):
        assert facts.refuses(m.PythonPackageVersion, **{**row, column: None}) == column


def test_a_solver_is_one_row_in_each_environment(facts: Facts) -> None:
    whole = {"ecosystem": "python", "solver_name": "s", "solver_version": "1"}
    whole |= {"os_name": "rhel", "os_version": "8", "python_version": "3.11"}
    rows = [whole, *({**whole, column: "other"} for column in whole)]
    only_once(facts, m.EcosystemSolver, "ecosystem_solver_natural_key", rows)


def test_a_digest_that_is_cut_is_refused(facts: Facts) -> None:
    cut = key_sha256("a")[:31]
    refused = facts.refuses(m.RPMRequirement, rpm_requirement_name="bash", key_sha256=cut)
    assert refused == "rpm_requirement_key_sha256_check"
