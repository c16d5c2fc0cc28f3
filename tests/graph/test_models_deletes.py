"""What else goes when a row is deleted, and that long texts fit."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.facts import (
    NOW,
    Facts,
    hexadecimal,
    only_once,
)

from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models_performance import PiMatmul


@pytest.fixture(scope="module")
def engine(server: URL, template: URL) -> Iterator[Engine]:
    """Of a database in which nothing stays."""
    with copied_database(server, template, "facts") as url:
        yield make_maintenance_engine(url)


@pytest.fixture
def facts(engine: Engine) -> Iterator[Facts]:
    with engine.connect() as connection:
        yield Facts(connection)  # what a test writes is rolled back


# --- What goes with a row --------------------------------------------------------------------------------------------


def test_what_an_analysis_found_goes_with_it_and_what_it_is_does_not(facts: Facts) -> None:
    run, entity = facts.analysis(), facts.entity()
    digest = facts.put(m.PythonFileDigest, sha256=hexadecimal("a"))
    symbol = facts.put(m.VersionedSymbol, library_name="libc", symbol="A")
    rpm = facts.put(m.RPMPackageVersion, package_name="bash", package_version="5", package_identifier="bash")
    deb = facts.put(m.DebPackageVersion, package_name="bash", package_version="5")
    interpreter = facts.put(m.PythonInterpreter, path="/usr/bin/python3")
    found: dict[type[Any], dict[str, Any]] = {
        m.Identified: {"python_package_version_entity_id": entity, "location": "/usr"},
        m.FoundPythonFile: {"python_file_digest_id": digest, "file": "/a.py"},
        m.DetectedSymbol: {"versioned_symbol_id": symbol},
        m.FoundRPM: {"rpm_package_version_id": rpm},
        m.FoundDeb: {"deb_package_version_id": deb},
        m.FoundPythonInterpreter: {"python_interpreter_id": interpreter},
    }
    other = facts.analysis("package-extract-2")
    for model, row in found.items():
        facts.put(model, package_extract_run_id=run, **row)
        facts.put(model, package_extract_run_id=other, **row)
    facts.delete(m.PackageExtractRun, run)
    assert {model: facts.count(model) for model in found} == dict.fromkeys(found, 1)
    kept = (m.PythonFileDigest, m.VersionedSymbol, m.RPMPackageVersion, m.DebPackageVersion, m.PythonInterpreter)
    assert [facts.count(model) for model in (*kept, m.PythonPackageVersionEntity)] == [1] * 6
    assert facts.count(m.SoftwareEnvironment) == 2


def test_what_an_adviser_said_goes_with_its_run(facts: Facts) -> None:
    run = facts.adviser()
    stack = facts.put(m.PythonSoftwareStack, software_stack_type="ADVISED", python_requirements_id=facts.requirements())
    facts.put(m.Advised, adviser_run_id=run, python_software_stack_id=stack)
    facts.put(m.HasUnresolved, adviser_run_id=run, python_package_version_entity_id=facts.entity())
    facts.delete(m.AdviserRun, run)
    left = (m.Advised, m.HasUnresolved, m.PythonSoftwareStack, m.PythonPackageVersionEntity)
    assert [facts.count(model) for model in left] == [0, 0, 1, 1]


def test_an_inspection_outlives_the_run_that_asked_for_it_and_its_measurements_do_not_outlive_it(facts: Facts) -> None:
    monkey = facts.monkey()
    inspection = facts.inspection(dependency_monkey_run_id=monkey)
    requirement = facts.put(m.PythonPackageRequirement, name="flask", version_range="*", develop=False)
    link = {"dependency_monkey_run_id": monkey, "python_package_requirement_id": requirement}
    facts.put(m.PythonDependencyMonkeyRequirements, **link)
    given: dict[str, Any] = {"origin": "o", "version": "1", "device": "cpu", "dtype": "f", "matrix_size": 1, "reps": 1}
    facts.put(PiMatmul, inspection_run_id=inspection, elapsed=0.1, rate=0.1, **given)
    facts.delete(m.DependencyMonkeyRun, monkey)
    assert facts.value(m.InspectionRun, "dependency_monkey_run_id") is None
    assert facts.count(m.PythonDependencyMonkeyRequirements) == 0
    assert facts.count(m.PythonPackageRequirement) == facts.count(PiMatmul) == 1
    facts.delete(m.InspectionRun, inspection)
    assert facts.count(PiMatmul) == 0


def test_a_package_version_outlives_its_metadata_and_its_licence(facts: Facts) -> None:
    metadata = facts.put(m.PythonPackageMetadata, name="flask")
    licence = facts.put(m.PythonPackageLicense, license_name="BSD")
    facts.version(facts.entity(), python_package_metadata_id=metadata, package_license=licence)
    facts.delete(m.PythonPackageMetadata, metadata)
    facts.delete(m.PythonPackageLicense, licence)
    assert facts.value(m.PythonPackageVersion, "python_package_metadata_id") is None
    assert facts.value(m.PythonPackageVersion, "package_license") is None


def test_an_analysis_of_security_outlives_the_environment_its_package_was_solved_in(facts: Facts) -> None:
    entity, run = facts.entity(), facts.security()
    version = facts.version(entity)
    about = {"python_package_version_entity_id": entity, "python_package_version_id": version}
    facts.put(m.SIAggregated, si_aggregated_run_id=run, **about)
    facts.delete(m.PythonPackageVersion, version)
    assert facts.value(m.SIAggregated, "python_package_version_id") is None
    facts.delete(m.SecurityIndicatorAggregatedRun, run)
    assert facts.count(m.SIAggregated) == 0


def test_all_that_is_said_of_a_package_goes_with_its_index(facts: Facts) -> None:
    index = facts.index()
    entity = facts.entity(index=index)
    version = facts.version(entity, python_package_index_id=index)
    needs = {"version_id": version, "entity_id": facts.entity("click"), "marker_evaluation_result": True}
    facts.put(m.DependsOn, **needs, stated_by_solver=True)
    artifact = facts.put(m.PythonArtifact, artifact_hash_sha256=hexadecimal("a"))
    facts.put(m.HasArtifact, python_package_version_entity_id=entity, python_artifact_id=artifact)
    vulnerability = facts.put(m.CVE, cve_id="CVE-1", details="")
    facts.put(m.HasVulnerability, python_package_version_entity_id=entity, cve_id=vulnerability)
    rule = facts.put(m.PythonPackageVersionEntityRule, package_name="flask", python_package_index_id=index)
    applies = {"python_package_version_entity_id": entity, "python_package_version_entity_rule_id": rule}
    facts.put(m.PythonPackageVersionEntityRulesAssociation, **applies)
    facts.delete(m.PythonPackageIndex, index)
    gone = (m.PythonPackageVersion, m.DependsOn, m.HasArtifact, m.HasVulnerability, m.PythonPackageVersionEntityRule)
    assert [facts.count(model) for model in gone] == [0] * 5
    assert facts.count(m.PythonPackageVersionEntityRulesAssociation) == 0
    assert [facts.count(model) for model in (m.PythonArtifact, m.CVE, m.PythonPackageVersionEntity)] == [1, 1, 1]


def test_a_solver_takes_its_runs_along_and_leaves_the_package_versions(facts: Facts) -> None:
    env = {"os_name": "rhel", "os_version": "8", "python_version": "3.11"}
    solver = facts.put(m.EcosystemSolver, ecosystem="python", solver_name="s", solver_version="1", **env)
    run = {"ecosystem_solver_id": solver, "version_id": facts.version(facts.entity()), "datetime": NOW}
    only_once(facts, m.Solved, "solved_document_id_version_id_key", [{"document_id": one} for one in "ab"], **run)
    unparseable = {**run, "document_id": "c", "error_unparseable": True}
    assert facts.refuses(m.Solved, **unparseable) == "solved_error_check"
    both = {**unparseable, "error": True, "error_unsolvable": True}
    assert facts.refuses(m.Solved, **both) == "solved_error_kind_check"
    facts.delete(m.EcosystemSolver, solver)
    assert (facts.count(m.Solved), facts.count(m.PythonPackageVersion)) == (0, 1)


# --- Long texts ------------------------------------------------------------------------------------------------------


def long_text() -> str:
    """A path or a name of the longest that there is; no compression makes it fit into an index."""
    return "/" + "".join(random.choices(string.ascii_letters + string.digits, k=4095))


@pytest.mark.parametrize(
    "write",
    [
        lambda facts: facts.environment(image_name=long_text(), environment_name=long_text()),
        lambda facts: facts.external_environment(image_name=long_text(), image_sha=long_text()),
        lambda facts: facts.put(m.HardwareInformation, cpu_model_name=long_text()),
        lambda facts: facts.put(m.VersionedSymbol, library_name=long_text(), symbol=long_text()),
        lambda facts: facts.put(m.PythonInterpreter, path=long_text(), link=long_text(), version=long_text()),
        lambda facts: facts.put(m.RPMRequirement, rpm_requirement_name=long_text()),
        lambda facts: facts.put(m.DebDependency, package_name=long_text()),
        lambda facts: facts.put(m.PythonPackageLicense, license_name=long_text(), license_identifier=long_text()),
        lambda facts: facts.put(m.PythonPackageMetadata, description=long_text() * 10),
        lambda facts: facts.put(m.CVE, cve_id="CVE-1", details=long_text() * 10, link=long_text()),
        lambda facts: facts.adviser(origin=long_text()),
        lambda facts: facts.put(m.PythonPackageRequirement, name="flask", version_range=long_text(), develop=False),
        lambda facts: facts.put(
            m.Identified,
            package_extract_run_id=facts.analysis(),
            python_package_version_entity_id=facts.entity(),
            location=long_text(),
        ),
        lambda facts: facts.put(
            m.FoundPythonFile,
            package_extract_run_id=facts.analysis(),
            python_file_digest_id=facts.put(m.PythonFileDigest, sha256=hexadecimal("a")),
            file=long_text(),
        ),
        lambda facts: facts.put(
            m.DependsOn,
            version_id=facts.version(facts.entity()),
            entity_id=facts.entity("click"),
            version_range=long_text(),
            marker=long_text(),
            extra=long_text(),
            extras=long_text(),
            marker_evaluation_result=True,
            stated_by_solver=True,
        ),
    ],
)
def test_texts_of_any_length_fit(facts: Facts, write: Callable[[Facts], Any]) -> None:
    write(facts)
