"""Results of inspections into tables."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.digests import wrong_digests
from support.documents import PYPI, Document
from support.inspection_documents import (
    HARDWARE,
    INSPECTION,
    LOCKED,
    REPORTS,
    inspection,
    inspection_of_2019,
    without_lock,
    without_script,
)
from support.tables import CountStatements, count, difference, dump, rows_of, run, sequences

from thoth.storages.graph import GraphDatabase

INDICATORS = {"PiMatmul": "pi_matmul", "PiConv1D": "pi_conv1d", "PiConv2D": "pi_conv2d", "PiPyBench": "pi_pybench"}
STATEMENTS = 25
"""What a result costs at most when it is new, and all that it names."""

AGAIN = 23
"""What it costs to write it again."""

RUN = """
    SELECT inspection_document_id, inspection_result_number, datetime, amun_version, build_requests_cpu,
           build_requests_memory, run_requests_cpu, run_requests_memory, inspection_sync_state, dependency_monkey_run_id
    FROM inspection_run"""
ENVIRONMENTS = """
    SELECT r.environment_type, r.environment_name, r.os_name, r.os_version, r.python_version, r.cuda_version,
           b.environment_type, b.environment_name, b.os_name, b.os_version, b.python_version, b.cuda_version
    FROM inspection_run i LEFT JOIN software_environment r ON r.id = run_software_environment_id
    LEFT JOIN software_environment b ON b.id = build_software_environment_id"""
HARDWARE_OF = (
    "SELECT {columns} FROM inspection_run LEFT JOIN hardware_information h ON h.id = {stage}_hardware_information_id"
)
MEMBERS = """
    SELECT p.package_name, p.package_version, x.url, p.os_name, p.os_version, p.python_version
    FROM inspection_run i JOIN python_software_stack s ON s.id = inspection_software_stack_id
    JOIN has_python_requirement_lock h ON h.python_requirements_lock_id = s.python_requirements_lock_id
    JOIN python_package_version p ON p.id = h.python_package_version_id
    LEFT JOIN python_package_index x ON x.id = p.python_package_index_id ORDER BY 1"""
REQUIRED = """
    SELECT q.name, version_range, x.url FROM inspection_run i
    JOIN python_software_stack s ON s.id = inspection_software_stack_id
    JOIN has_python_requirements h ON h.python_requirements_id = s.python_requirements_id
    JOIN python_package_requirement q ON q.id = python_package_requirement_id
    LEFT JOIN python_package_index x ON x.id = q.python_package_index_id ORDER BY 1"""
LEDGER = "SELECT document_id, kind, created_at, to_sync_again, remarks FROM synced_document ORDER BY 1"


def solve(engine: Engine, name: str, version: str) -> None:
    """Have a package version in the environment of the inspections, as if a solver had been there."""
    run(
        engine,
        """
        INSERT INTO python_package_version
            (entity_id, package_name, package_version, version_order, python_package_index_id, os_name, os_version,
             python_version)
        SELECT id, package_name, package_version, version_order, python_package_index_id, 'rhel', '8', '3.8'
        FROM python_package_version_entity WHERE package_name = :name AND package_version = :version""",
        name=name,
        version=version,
    )


def measured(engine: Engine) -> dict[str, int]:
    """How many rows each indicator has."""
    return {name: count(engine, table) for name, table in INDICATORS.items() if count(engine, table)}


# --- What is written -------------------------------------------------------------------------------------------------


def test_a_run_says_what_the_document_says(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection(3)
    before = copy.deepcopy(document)
    graph.sync_inspection_result(document)
    assert document == before
    made = datetime(2026, 11, 22, 12, 0, 1, 1, tzinfo=UTC)
    assert rows_of(engine, RUN) == [(INSPECTION, 3, made, None, 0.5, 2.0, 2.0, 1.5, "SYNCED", None)]
    software = ("rhel:8", "rhel", "8", "3.8", "11.2")
    assert rows_of(engine, ENVIRONMENTS) == [("RUNTIME", *software, "BUILDTIME", *software)]
    columns = ", ".join(f"h.{name}" for name in HARDWARE)
    assert rows_of(engine, HARDWARE_OF.format(columns=columns, stage="run")) == [tuple(HARDWARE.values())]
    built_on = rows_of(engine, HARDWARE_OF.format(columns="cpu_family, cpu_model, cpu_cores", stage="build"))
    assert built_on == [(6, 85, None)]
    assert rows_of(engine, REQUIRED) == [("flask", ">=1", PYPI), ("tensorflow", "*", None)]
    assert rows_of(engine, "SELECT software_stack_type FROM python_software_stack") == [("INSPECTION",)]
    assert count(engine, "external_software_environment") == count(engine, "external_hardware_information") == 0


def test_a_document_of_2019_says_the_same_where_it_can(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection_of_2019()
    before = copy.deepcopy(document)
    graph.sync_inspection_result(document)
    assert document == before
    made = datetime(2026, 11, 22, 12, 0, 1, 1, tzinfo=UTC)
    assert rows_of(engine, RUN) == [(INSPECTION, 0, made, None, 0.5, 2.0, 2.0, 1.5, "SYNCED", None)]
    nothing = (None,) * 6
    assert rows_of(engine, ENVIRONMENTS) == [("RUNTIME", None, "rhel", "8", "3.8", None, *nothing)]
    assert rows_of(engine, HARDWARE_OF.format(columns="cpu_family, cpu_cores", stage="run")) == [(6, 32)]
    assert rows_of(engine, REQUIRED) == [("flask", ">=1", PYPI), ("tensorflow", "*", None)]
    assert rows_of(engine, "SELECT component, origin FROM pi_matmul") == [
        ("tensorflow", "https://example.com/matmul.py")
    ]
    ((document_id, kind, created_at, _, _),) = rows_of(engine, LEDGER)
    assert (document_id, kind, created_at) == (f"{INSPECTION}/results/0", "INSPECTION", made)


@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
@pytest.mark.parametrize("name", INDICATORS)
def test_what_the_script_measured_is_in_the_table_of_its_indicator(
    graph: GraphDatabase, engine: Engine, name: str, make: Any
) -> None:
    graph.sync_inspection_result(make(name=name))
    assert measured(engine) == {name: 1}
    (row,) = rows_of(engine, f"SELECT * FROM {INDICATORS[name]}")
    said = REPORTS[name]["stdout"]
    expected = {**said["@parameters"], **said["@result"], "component": "tensorflow", "exit_code": 0, "ru_utime": 41.5}
    stored = row._mapping
    assert {key: stored[key] for key in expected} == expected
    assert stored["version"] == "0f1e" * 16 and stored["overall_score"] == 12
    assert rows_of(
        engine, f"SELECT inspection_result_number FROM inspection_run WHERE id = {stored['inspection_run_id']}"
    )


@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
def test_an_inspection_without_a_script_is_a_run_alone(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    graph.sync_inspection_result(without_script(make()))
    assert (count(engine, "inspection_run"), measured(engine)) == (1, {})


def test_an_inspection_that_was_only_built_is_a_run_alone(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection_of_2019()
    document["job_log"] = None
    graph.sync_inspection_result(document)
    assert (count(engine, "inspection_run"), measured(engine)) == (1, {})


def test_an_inspection_that_says_hardly_anything_is_stored(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_inspection_result(
        {"document_id": "inspection-bare", "result_number": 0, "specification": {}, "result": {}}
    )
    graph.sync_inspection_result({"inspection_id": "inspection-older", "specification": {}})
    assert {row[2:] for row in rows_of(engine, RUN)} == {(*(None,) * 6, "SYNCED", None)}
    assert rows_of(engine, ENVIRONMENTS) == [(None,) * 12] * 2
    for table in ("software_environment", "hardware_information", "python_software_stack", "python_requirements"):
        assert count(engine, table) == 0
    made = {row[0]: row[2] for row in rows_of(engine, LEDGER)}
    assert set(made.values()) == {datetime(1970, 1, 1, tzinfo=UTC)}


def test_when_an_inspection_was_made_is_taken_from_its_id_where_nothing_says_it(
    graph: GraphDatabase, engine: Engine
) -> None:
    document = inspection(inspection_id="inspection-210504101112-abc")
    del document["specification"]["@created"]
    graph.sync_inspection_result(document)
    assert rows_of(engine, "SELECT created_at FROM synced_document") == [(datetime(2021, 5, 4, tzinfo=UTC),)]
    assert rows_of(engine, "SELECT datetime FROM inspection_run") == [(None,)]


def test_when_an_inspection_was_made_is_else_when_its_result_was(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection(inspection_id="inspection-210504101112-abc")
    del document["specification"]["@created"]
    document["result"]["datetime"] = "2021-05-04T10:20:30.5"
    graph.sync_inspection_result(document)
    moment = datetime(2021, 5, 4, 10, 20, 30, 500_000, tzinfo=UTC)
    assert rows_of(engine, "SELECT created_at FROM synced_document") == [(moment,)]
    assert rows_of(engine, "SELECT datetime FROM inspection_run") == [(moment,)]


def test_what_was_asked_of_the_hardware_counts_where_the_result_does_not_say_what_it_was(
    graph: GraphDatabase, engine: Engine
) -> None:
    document = inspection()
    del document["result"]["runtime_environment"]["hardware"]
    graph.sync_inspection_result(document)
    assert rows_of(engine, HARDWARE_OF.format(columns="cpu_family, cpu_cores", stage="run")) == [(7, None)]


def test_results_of_one_inspection_are_documents_of_their_own_and_share_their_stack(
    graph: GraphDatabase, engine: Engine
) -> None:
    for number in (2, 0, 1):
        graph.sync_inspection_result(without_lock(inspection(number)))
    assert [row[0] for row in rows_of(engine, LEDGER)] == [f"{INSPECTION}/results/{number}" for number in range(3)]
    assert (count(engine, "inspection_run"), count(engine, "python_software_stack")) == (3, 1)
    assert (count(engine, "software_environment"), count(engine, "hardware_information")) == (2, 2)
    assert measured(engine) == {"PiMatmul": 3}
    assert graph.inspection_document_id_exist(INSPECTION)
    assert graph.inspection_document_id_result_number_exists(INSPECTION, 2)
    assert not graph.inspection_document_id_result_number_exists(INSPECTION, 3)


# --- Locked packages -------------------------------------------------------------------------------------------------


def test_locked_packages_that_nobody_solved_are_awaited(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection()
    graph.sync_inspection_result(document)
    assert rows_of(engine, MEMBERS) == []
    waits = f"left out until it is solved: {{}} on {PYPI} in rhel 8, Python 3.8"
    ((_, _, _, again, remarks),) = rows_of(engine, LEDGER)
    assert (again, remarks) == (True, [waits.format("flask 1.1.2"), waits.format("tensorflow 2.4.0")])
    solve(engine, "flask", "1.1.2")
    graph.sync_inspection_result(document)
    flask = ("flask", "1.1.2", PYPI, "rhel", "8", "3.8")
    assert rows_of(engine, MEMBERS) == [flask]
    ((_, _, _, again, remarks),) = rows_of(engine, LEDGER)
    assert (again, remarks) == (True, [waits.format("tensorflow 2.4.0")])
    solve(engine, "tensorflow", "2.4.0")
    graph.sync_inspection_result(document)
    assert rows_of(engine, MEMBERS) == [flask, ("tensorflow", "2.4.0", PYPI, "rhel", "8", "3.8")]
    assert [row[3:] for row in rows_of(engine, LEDGER)] == [(False, [])]
    assert count(engine, "python_requirements_lock") == 1
    assert wrong_digests(engine) == []


def test_a_password_in_the_url_of_an_index_is_in_no_remark(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection()
    lock = document["specification"]["python"]["requirements_locked"]
    lock["_meta"]["sources"][0]["url"] = "https://me:secret@index.example.com/simple"
    graph.sync_inspection_result(document)
    ((_, _, _, _, remarks),) = rows_of(engine, LEDGER)
    assert len(remarks) == 2 and "secret" not in str(remarks)


@pytest.mark.parametrize("lost", ["operating_system", "python_version", None])
def test_a_lock_for_an_environment_that_is_not_known_is_left_out(
    graph: GraphDatabase, engine: Engine, lost: str | None
) -> None:
    document = inspection()
    if lost:
        del document["result"]["runtime_environment"][lost]
    else:
        document["result"]["runtime_environment"] = None
    graph.sync_inspection_result(document)
    assert count(engine, "python_requirements_lock") == 0
    assert len(rows_of(engine, REQUIRED)) == 2
    expected = "specification.python.requirements_locked: left out, the environment it is for is not known"
    assert [row[3:] for row in rows_of(engine, LEDGER)] == [(False, [expected])]


def test_requirements_beside_the_python_part_are_none_of_the_stack(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection_of_2019(python=None, requirements={"packages": {"numpy": "*"}})
    graph.sync_inspection_result(document)
    assert count(engine, "python_software_stack") == count(engine, "python_package_requirement") == 0


# --- Again -----------------------------------------------------------------------------------------------------------


def large(number: int) -> Document:
    """An inspection of a stack of so many packages."""
    packages = {f"package-{number}-{n}": {"version": "*", "index": "pypi"} for n in range(number)}
    locked = {name: {"version": "==1.0", "index": "pypi"} for name in packages}
    python = {
        "requirements": {"packages": packages, "source": LOCKED["_meta"]["sources"]},
        "requirements_locked": {**LOCKED, "default": locked},
    }
    return inspection(inspection_id=f"inspection-large-{number}", python=python)


def test_the_number_of_statements_does_not_depend_on_the_size(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    for document in (inspection(), large(1), large(1000)):
        assert count_statements(graph, lambda told=document: graph.sync_inspection_result(told)) <= STATEMENTS
        assert count_statements(graph, lambda told=document: graph.sync_inspection_result(told, force=True)) <= AGAIN
    assert count(engine, "python_package_requirement") == 1 + 1 + 1001


@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
def test_telling_it_twice_changes_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, make: Any
) -> None:
    document = without_lock(make())
    graph.sync_inspection_result(document)
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_inspection_result(document)) <= 2
    assert difference(dump(engine, with_ids=True), before) == {}
    graph.sync_inspection_result(document, force=True)
    changed = difference(dump(engine, with_ids=True), before)
    assert changed.keys() <= {"synced_document"}
    assert sequences(engine) == numbers


def test_a_content_that_changed_corrects_everything_but_who_asked_for_it(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_inspection_result(inspection(name="PiMatmul"))
    changed = inspection(name="PiConv1D", python={"requirements": {"packages": {"numpy": "*"}}})
    changed["specification"]["run"] = {"requests": {"cpu": "1", "memory": None}}
    changed["result"]["runtime_environment"] = {"python_version": "3.9"}
    graph.sync_inspection_result(changed)
    corrected = {
        name: rows for name, rows in dump(engine).items() if name == "inspection_run" or name.startswith("pi_")
    }
    assert measured(engine) == {"PiConv1D": 1}
    assert rows_of(engine, REQUIRED) == [("numpy", "*", None)]
    assert rows_of(engine, "SELECT run_requests_cpu, run_requests_memory FROM inspection_run") == [(1.0, None)]
    run(engine, "DELETE FROM inspection_run")
    run(engine, "DELETE FROM synced_document")
    graph.sync_inspection_result(changed)
    alone = {name: rows for name, rows in dump(engine).items() if name in corrected}
    assert difference(corrected, alone) == {}


def test_what_a_report_does_not_say_any_more_is_forgotten(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_inspection_result(inspection())
    changed = inspection()
    del changed["result"]["stdout"]["overall_score"], changed["result"]["usage"], changed["result"]["exit_code"]
    graph.sync_inspection_result(changed)
    said = "SELECT overall_score, exit_code, ru_utime, component, reps FROM pi_matmul"
    assert rows_of(engine, said) == [(None, None, None, "tensorflow", 20000)]


def test_a_script_that_is_gone_leaves_no_measurement(graph: GraphDatabase, engine: Engine) -> None:
    for document in (inspection(0), inspection(1), without_script(inspection(1))):
        graph.sync_inspection_result(document)
    assert rows_of(
        engine, "SELECT inspection_result_number FROM pi_matmul JOIN inspection_run i ON i.id = inspection_run_id"
    ) == [(0,)]


def test_a_result_of_another_inspection_keeps_what_it_measured(graph: GraphDatabase, engine: Engine) -> None:
    other = inspection(inspection_id="inspection-other", name="PiConv2D")
    graph.sync_inspection_result(other)
    graph.sync_inspection_result(inspection(name="PiConv2D"))
    graph.sync_inspection_result(inspection(name="PiPyBench"))
    assert measured(engine) == {"PiConv2D": 1, "PiPyBench": 1}


def test_an_etag_is_kept(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_inspection_result(inspection(), etag="0123")
    assert rows_of(engine, "SELECT etag FROM synced_document") == [("0123",)]
    assert re.fullmatch(r"inspection-\S+/results/0", rows_of(engine, LEDGER)[0][0])
