"""What the tables of stacks and runs let in: two facts are two rows, one fact is one row, nonsense is refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.facts import (
    ADVISER,
    ANALYSIS,
    COUNTERS,
    MONKEY,
    NOW,
    Facts,
    hexadecimal,
    only_once,
)

from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models_base import table_of
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


INSTALLATION = {"repo_name": "repository", "private": False, "installation_id": "1", "is_active": True}


def test_software_stacks_differ_by_kind_content_and_scores(facts: Facts) -> None:
    requirements, locks = [facts.requirements(text) for text in "ab"], [facts.lock(text) for text in "ab"]
    rows: list[dict[str, Any]] = [
        {"software_stack_type": kind, "python_requirements_id": one, "python_requirements_lock_id": lock}
        for kind, one, lock in itertools.product(
            ("USER", "INSPECTION", "ADVISED"), (*requirements, None), (*locks, None)
        )
        if one or lock
    ]
    scores = [(0.0, None), (None, 0.0), (0.5, 0.0), (0.5, 0.25)]
    rows += [
        {**rows[-1], "performance_score": performance, "overall_score": overall} for performance, overall in scores
    ]
    only_once(facts, m.PythonSoftwareStack, "python_software_stack_natural_key", rows)


def test_a_software_stack_without_content_or_with_scores_nobody_gave_is_refused(facts: Facts) -> None:
    stack = m.PythonSoftwareStack
    assert facts.refuses(stack, software_stack_type="USER") == "python_software_stack_not_empty_check"
    content = {"python_requirements_id": facts.requirements()}
    assert facts.refuses(stack, **content) == "software_stack_type"
    for kind, score in itertools.product(("USER", "INSPECTION"), ("performance_score", "overall_score")):
        scored = {**content, "software_stack_type": kind, score: 0.0}
        assert facts.refuses(stack, **scored) == "python_software_stack_scores_check"


def test_stacks_of_users_differ_by_requirements_and_lock(facts: Facts) -> None:
    requirements = [facts.put(m.ExternalPythonRequirements, requirements_hash=hexadecimal(one)) for one in "ab"]
    locks = [facts.put(m.ExternalPythonRequirementsLock, requirements_lock_hash=hexadecimal(one)) for one in "ab"]
    rows = [
        {"external_python_requirements_id": one, "external_python_requirements_lock_id": lock}
        for one, lock in itertools.product((*requirements, None), (*locks, None))
        if one or lock
    ]
    only_once(facts, m.ExternalPythonSoftwareStack, "external_python_software_stack_natural_key", rows)
    assert facts.refuses(m.ExternalPythonSoftwareStack) == "external_python_software_stack_not_empty_check"


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (m.PythonRequirements, "requirements_hash"),
        (m.PythonRequirementsLock, "requirements_lock_hash"),
        (m.ExternalPythonRequirements, "requirements_hash"),
        (m.ExternalPythonRequirementsLock, "requirements_lock_hash"),
        (m.PythonFileDigest, "sha256"),
        (m.PythonArtifact, "artifact_hash_sha256"),
    ],
)
def test_what_is_known_by_its_content_has_a_whole_digest(facts: Facts, model: type[Any], column: str) -> None:
    table = table_of(model).name
    only_once(facts, model, f"{table}_{column}_key", [{column: hexadecimal(text)} for text in "ab"])
    for wrong in ("", "3:k:k3:n:n", hexadecimal("c").upper(), hexadecimal("c")[1:], f"{hexadecimal('c')}\n"):
        assert facts.refuses(model, **{column: wrong}) == f"{table}_{column}_check"


def test_an_installation_may_have_several_environments(facts: Facts) -> None:
    rows = [
        {"slug": slug, "runtime_environment_name": name}
        for slug in ("a/b", "a/c")
        for name in (None, "", "ubi8", "f35")
    ]
    model = m.KebechetGithubAppInstallations
    only_once(facts, model, "kebechet_github_installations_natural_key", rows, **INSTALLATION)
    check = "kebechet_github_installations_slug_check"
    assert facts.refuses(model, **INSTALLATION, slug="owner") == check
    assert facts.refuses(model, **INSTALLATION, slug="Owner/b") == "kebechet_github_installations_slug_case_check"
    nameless = {**INSTALLATION, "repo_name": ""}
    assert facts.refuses(model, **nameless, slug="x/y") == "kebechet_github_installations_repo_name_check"


def test_an_inspection_may_have_several_runs(facts: Facts) -> None:
    rows = [
        {"inspection_document_id": f"inspection-{name}", "inspection_result_number": number}
        for name in "ab"
        for number in (0, 1)
    ]
    name = "inspection_run_natural_key"
    only_once(facts, m.InspectionRun, name, rows, inspection_sync_state="PENDING")
    other = {**rows[0], "inspection_sync_state": "SYNCED", "datetime": NOW}
    assert facts.refuses(m.InspectionRun, **other) == name
    for column in ("build_requests_cpu", "build_requests_memory", "run_requests_cpu", "run_requests_memory"):
        wrong = {"inspection_document_id": "c", "inspection_result_number": 0, "inspection_sync_state": "PENDING"}
        assert facts.refuses(m.InspectionRun, **wrong, **{column: -0.5}) == f"inspection_run_{column}_check"
    wrong = {"inspection_document_id": "c", "inspection_result_number": -1, "inspection_sync_state": "PENDING"}
    assert facts.refuses(m.InspectionRun, **wrong) == "inspection_run_inspection_result_number_check"


def test_a_run_of_an_inspection_has_one_measurement_of_a_kind(facts: Facts) -> None:
    given: dict[str, Any] = {"origin": "o", "version": "1", "device": "cpu", "dtype": "f", "matrix_size": 1, "reps": 1}
    given |= {"elapsed": 0.1, "rate": 0.1}
    runs = [{"inspection_run_id": facts.inspection(number=number)} for number in (0, 1)]
    only_once(facts, PiMatmul, "pi_matmul_inspection_run_id_key", runs, **given)
    other = {**given, "inspection_run_id": facts.inspection(number=2), "reps": 0}
    assert facts.refuses(PiMatmul, **other) == "pi_matmul_reps_check"


def test_a_failed_analysis_of_security_counts_nothing_and_others_everything(facts: Facts) -> None:
    nothing = dict.fromkeys(COUNTERS)
    assert len(COUNTERS) == 25
    facts.security("failed", error=True, **nothing)
    facts.security("whole")
    shared = {"datetime": NOW, **dict.fromkeys(COUNTERS, 0)}
    model = m.SecurityIndicatorAggregatedRun
    key = "si_aggregated_run_si_aggregated_run_document_id_key"
    assert facts.refuses(model, **shared, si_aggregated_run_document_id="whole", error=True) == key
    for counter in COUNTERS:
        new = {**shared, "si_aggregated_run_document_id": "new"}
        assert facts.refuses(model, **{**new, counter: None}) == "si_aggregated_run_complete_check", counter
        assert facts.refuses(model, **{**new, counter: -1}) == "si_aggregated_run_counters_check", counter
        failed = {**new, **nothing, "error": True, counter: -1}
        assert facts.refuses(model, **failed) == "si_aggregated_run_counters_check", counter


def test_an_analysis_of_security_is_about_one_package_solved_or_not(facts: Facts) -> None:
    entity, other = facts.entity(), facts.entity("click")
    run, second = facts.security("si-1"), facts.security("si-2")
    facts.put(m.SIAggregated, si_aggregated_run_id=run, python_package_version_entity_id=entity)
    version = facts.version(entity)
    about = {"python_package_version_entity_id": entity, "python_package_version_id": version}
    facts.put(m.SIAggregated, si_aggregated_run_id=second, **about)
    again = {"si_aggregated_run_id": run, "python_package_version_entity_id": other}
    assert facts.refuses(m.SIAggregated, **again) == "si_aggregated_pkey"


def test_requirements_differ_by_range_index_and_whether_they_are_for_development(facts: Facts) -> None:
    indexes = (facts.index("a"), facts.index("b"), None)
    rows = [
        {"name": name, "version_range": version_range, "develop": develop, "python_package_index_id": index}
        for name, version_range, develop, index in itertools.product(
            ("flask", "click"), ("*", "<1"), (True, False), indexes
        )
    ]
    only_once(facts, m.PythonPackageRequirement, "python_package_requirement_natural_key", rows)
    nameless = {"name": "", "version_range": "*", "develop": False}
    assert facts.refuses(m.PythonPackageRequirement, **nameless) == "python_package_requirement_name_check"


@pytest.mark.parametrize(
    ("model", "column", "values"),
    [
        (m.PackageExtractRun, "analysis_document_id", ANALYSIS),
        (m.AdviserRun, "adviser_document_id", ADVISER),
        (m.DependencyMonkeyRun, "dependency_monkey_document_id", MONKEY),
        (
            m.ProvenanceCheckerRun,
            "provenance_checker_document_id",
            {"datetime": NOW, "provenance_checker_version": "1", "provenance_checker_name": "thoth-provenance-checker"},
        ),
        (m.PackageAnalyzerRun, "package_analysis_document_id", {"datetime": NOW}),
    ],
)
def test_a_document_is_one_run_whatever_else_it_says(
    facts: Facts, model: type[Any], column: str, values: dict[str, Any]
) -> None:
    if model is m.PackageExtractRun:
        values = {**values, "software_environment_id": facts.environment()}
    table = table_of(model).name
    only_once(facts, model, f"{table}_{column}_key", [{column: "one"}, {column: "two"}], **values)
    assert facts.refuses(model, **{**values, "debug": True, "duration": 1, column: "one"}) == f"{table}_{column}_key"
    assert facts.refuses(model, **{**values, column: "new", "duration": -1}) == f"{table}_duration_check"


def test_an_analysis_is_of_one_environment(facts: Facts) -> None:
    ours, theirs = facts.environment(), facts.external_environment()
    facts.analysis("ours", software_environment_id=ours)
    facts.analysis("theirs", external_software_environment_id=theirs)
    new = {**ANALYSIS, "analysis_document_id": "new"}
    check = "package_extract_run_environment_check"
    assert facts.refuses(m.PackageExtractRun, **new) == check
    both = {"software_environment_id": ours, "external_software_environment_id": theirs}
    assert facts.refuses(m.PackageExtractRun, **new, **both) == check
    wrong = {"software_environment_id": ours, "image_size": -1}
    assert facts.refuses(m.PackageExtractRun, **new, **wrong) == "package_extract_run_image_size_check"


def test_an_adviser_does_not_repeat_itself_and_may_consider_all_versions(facts: Facts) -> None:
    facts.adviser("adviser-1", re_run_adviser_id="adviser-0", limit_latest_versions=-1)
    itself = {**ADVISER, "adviser_document_id": "adviser-2", "re_run_adviser_id": "adviser-2"}
    assert facts.refuses(m.AdviserRun, **itself) == "adviser_run_re_run_adviser_id_check"
