"""Questions about security indicators, vulnerabilities, performance indicators and analyses of packages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from support.documents import PYPI
from support.facts import COUNTERS, NOW, Facts

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.models_performance import PiMatmul

FLASK = ("flask", "3.0.3", PYPI)


@pytest.fixture
def on_pypi(filled: GraphDatabase) -> GraphDatabase:
    """A graph of real documents whose index is enabled."""
    filled.set_python_package_index_state(PYPI, enabled=True)
    return filled


def flask_of(facts: Facts) -> Any:
    """The id of flask 3.0.3 on its index."""
    entities, indexes = table_of(m.PythonPackageVersionEntity), table_of(m.PythonPackageIndex)
    wanted = select(entities.c.id).join(indexes, entities.c.python_package_index_id == indexes.c.id)
    wanted = wanted.where(entities.c.package_name == "flask", entities.c.package_version == "3.0.3")
    return facts.connection.execute(wanted.where(indexes.c.url == PYPI)).scalar_one()


def ran(engine: Engine, document_id: str, minutes: int, *, error: bool = False) -> None:
    with engine.begin() as connection:
        facts = Facts(connection)
        counters = dict.fromkeys(COUNTERS, None if error else minutes)
        run = facts.security(document_id, error=error, **counters)
        runs = table_of(m.SecurityIndicatorAggregatedRun)
        moment = NOW + timedelta(minutes=minutes)
        connection.execute(runs.update().where(runs.c.id == run).values(datetime=moment))
        facts.put(m.SIAggregated, si_aggregated_run_id=run, python_package_version_entity_id=flask_of(facts))


def waiting(graph: GraphDatabase, **wanted: Any) -> list[Any]:
    return graph.get_si_unanalyzed_python_package_versions_all(count=None, randomize=False, **wanted)


def test_before_the_first_run_everything_waits(on_pypi: GraphDatabase, engine: Engine) -> None:
    everything = waiting(on_pypi)
    assert FLASK in everything and len(everything) == len(set(everything)) > 20
    assert on_pypi.get_si_unanalyzed_python_package_versions_count_all(distinct=True) == len(everything)
    assert on_pypi.get_si_unanalyzed_python_package_versions_count_all("https://nowhere.example") == 0
    shuffled = on_pypi.get_si_unanalyzed_python_package_versions_all(count=None)
    assert sorted(shuffled) == sorted(everything)
    on_pypi.set_python_package_index_state(PYPI, enabled=False)
    assert waiting(on_pypi) == []


def test_a_run_ends_the_wait_and_only_failed_ones_are_asked_for_by_their_error(
    on_pypi: GraphDatabase, engine: Engine
) -> None:
    everything = waiting(on_pypi)
    assert on_pypi.si_aggregated_python_package_version_exists(*FLASK) is False
    ran(engine, "si-aggregated-1", 1, error=True)
    assert waiting(on_pypi) == [place for place in everything if place != FLASK]
    assert waiting(on_pypi, si_error=True) == [FLASK]
    ran(engine, "si-aggregated-2", 0)
    assert waiting(on_pypi, si_error=True) == []
    assert on_pypi.si_aggregated_python_package_version_exists("Flask", "3.0.3", PYPI) is True
    assert on_pypi.si_aggregated_python_package_version_exists("flask", "3.0.3", "https://nowhere.example") is False
    assert on_pypi.get_si_analyzed_python_package_versions_all() == [FLASK, FLASK]
    assert on_pypi.get_si_analyzed_python_package_versions_all(distinct=True) == [FLASK]
    assert on_pypi.get_si_analyzed_python_package_versions_count_all() == 2


def test_the_counters_are_those_of_the_newest_run(on_pypi: GraphDatabase, engine: Engine) -> None:
    with pytest.raises(NotFoundError, match="no security indicators of flask 3.0.3"):
        on_pypi.get_si_aggregated_python_package_version(*FLASK)
    ran(engine, "si-aggregated-2", 2)
    ran(engine, "si-aggregated-1", 1)
    found = on_pypi.get_si_aggregated_python_package_version("Flask", "3.0.3", PYPI + "/")
    assert found == {**dict.fromkeys(COUNTERS, 2), "error": False}
    found["error"] = True
    assert on_pypi.get_si_aggregated_python_package_version(*FLASK)["error"] is False, "what is remembered is not ours"


# --- Vulnerabilities -------------------------------------------------------------------------------------------------


def test_vulnerabilities_are_those_of_the_package_and_forgotten_when_one_is_told(filled: GraphDatabase) -> None:
    assert filled.get_python_cve_records_all("flask", "3.0.3") == []
    filled.create_python_cve_record(*FLASK, cve_id="PYSEC-2", details="bad", link="https://x.example")
    filled.create_python_cve_record(*FLASK, cve_id="PYSEC-1", details="worse", link=None)
    filled.create_python_cve_record("click", "8.1.7", PYPI, cve_id="PYSEC-3", details="other", link=None)
    found = filled.get_python_cve_records_all(package_name="Flask", package_version="3.0.3")
    assert [(one["cve_id"], one["details"], one["link"]) for one in found] == [
        ("PYSEC-1", "worse", None),
        ("PYSEC-2", "bad", "https://x.example"),
    ]
    assert all(isinstance(one["aggregated_at"], str) for one in found)
    assert filled.get_python_cve_records_all("flask") == found
    assert filled.get_python_cve_records("flask", "2.2.5") == [], "not those of any other version"
    assert filled.get_python_cve_records("flask", "3.0.3")[0] == {
        "advisory": "worse",
        "cve_name": "PYSEC-1",
        "cve_id": "PYSEC-1",
        "version_range": "",
    }
    assert filled.get_python_cve_records_count() == 3


# --- Performance -----------------------------------------------------------------------------------------------------


def test_rows_of_indicators_are_counted_by_table_and_component(graph: GraphDatabase, engine: Engine) -> None:
    with engine.begin() as connection:
        facts = Facts(connection)
        for number, component in enumerate(("tensorflow", "tensorflow", "pytorch")):
            run = facts.inspection(f"inspection-{number}", inspection_sync_state="SYNCED")
            matmul = {"matrix_size": 8 + number, "dtype": "float32", "device": "cpu", "reps": 1, "rate": 1.0}
            columns = {key: value for key, value in matmul.items() if key in table_of(PiMatmul).columns}
            needed = {c.name: 1 for c in table_of(PiMatmul).columns if not c.nullable and c.server_default is None}
            values = {**needed, **columns, "component": component, "inspection_run_id": run}
            values.pop("id", None)
            facts.put(PiMatmul, **values)
    counts = graph.get_performance_table_count()
    assert counts["pi_matmul"] == 3 and list(counts) == sorted(counts) and graph.get_number_of_pi_records() == counts
    assert graph.get_pi_component_all() == ["pytorch", "tensorflow"]
    assert graph.get_pi_count("tensorflow")["pi_matmul"] == 2
    assert graph.get_all_pi_per_framework_count("nothing")["pi_matmul"] == 0
    assert "pi_pybench" not in graph.get_pi_count("tensorflow")
    assert graph.get_all_pi_count() == {"pytorch": 1, "tensorflow": 2}


# --- Analyses of packages --------------------------------------------------------------------------------------------


def test_what_no_analysis_looked_into_is_listed_in_pages(on_pypi: GraphDatabase, engine: Engine) -> None:
    everything = on_pypi.retrieve_unanalyzed_python_package_versions(count=None)
    flask = dict(zip(("package_name", "package_version", "index_url"), FLASK, strict=True))
    assert flask in everything
    with engine.begin() as connection:
        facts = Facts(connection)
        about = {"input_python_package_version_entity_id": flask_of(facts)}
        facts.put(m.PackageAnalyzerRun, package_analysis_document_id="package-analyzer-1", datetime=NOW, **about)
    left = [one for one in everything if one != flask]
    assert on_pypi.retrieve_unanalyzed_python_package_versions(count=None) == left
    assert on_pypi.retrieve_unanalyzed_python_package_versions(2, 3) == left[2:5]
