"""Runs of Dependency Monkey into tables, and the inspections that are to come."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.digests import wrong_digests
from support.documents import PYPI, Document
from support.inspection_documents import (
    HARDWARE,
    INSPECTION,
    MONKEY,
    failed_monkey,
    inspection,
    inspection_of_2019,
    monkey,
    monkey_of_2019,
    without_lock,
)
from support.tables import CountStatements, count, difference, dump, empty, rows_of, sequences

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents import dependency_monkey as documents

STATEMENTS = 16
"""What a run costs at most when it is new."""

AGAIN = 21
"""What it costs to write it again."""

RUN = """
    SELECT dependency_monkey_document_id, datetime, dependency_monkey_name, dependency_monkey_version, seed, decision,
           count, limit_latest_versions, debug, dependency_monkey_error, duration
    FROM dependency_monkey_run"""
RESULTS = """
    SELECT inspection_document_id, inspection_result_number, inspection_sync_state, dependency_monkey_document_id
    FROM inspection_run LEFT JOIN dependency_monkey_run m ON m.id = dependency_monkey_run_id ORDER BY 1, 2"""
REQUIRED = """
    SELECT name, version_range, develop, x.url FROM python_dependency_monkey_requirements
    JOIN python_package_requirement q ON q.id = python_package_requirement_id
    LEFT JOIN python_package_index x ON x.id = q.python_package_index_id ORDER BY 1"""
ENVIRONMENTS = """
    SELECT r.environment_type, r.environment_name, r.os_name, r.os_version, r.python_version, r.cuda_version,
           b.environment_type, b.environment_name, b.os_name, b.os_version, b.python_version, b.cuda_version
    FROM dependency_monkey_run i LEFT JOIN software_environment r ON r.id = run_software_environment_id
    LEFT JOIN software_environment b ON b.id = build_software_environment_id"""
AGAIN_ASKED = "SELECT document_id FROM synced_document WHERE to_sync_again"
OLDER, NEWER = "dependency-monkey-older", "dependency-monkey-newer"


def tell(graph: GraphDatabase, *told: Document) -> None:
    """Tell the graph of each of these."""
    for document in told:
        if "metadata" in document:
            graph.sync_dependency_monkey_result(document)
        else:
            graph.sync_inspection_result(document)


# --- The run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [monkey, monkey_of_2019], ids=["2023", "2019"])
def test_a_run_says_what_the_document_says(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    document = make("inspection-a", "inspection-b")
    before = copy.deepcopy(document)
    tell(graph, document)
    assert document == before
    made = datetime(2026, 11, 22, 11, 35, 28, 361777, tzinfo=UTC)
    duration = document["metadata"].get("duration")
    assert (duration is None) == (make is monkey_of_2019)
    assert rows_of(engine, RUN) == [
        (MONKEY, made, "thoth-dependency-monkey", "1.2.3", -42, "all", 2, -1, True, False, duration)
    ]
    assert rows_of(engine, REQUIRED) == [("flask", ">=1", False, PYPI), ("tensorflow", "*", False, None)]
    software = ("rhel:8", "rhel", "8", "3.8", "11.2")
    assert rows_of(engine, ENVIRONMENTS) == [("RUNTIME", *software, "BUILDTIME", *software)]
    columns = ", ".join(HARDWARE)
    for stage in ("run", "build"):
        statement = (
            f"SELECT {columns} FROM dependency_monkey_run JOIN hardware_information h "
            f"ON h.id = {stage}_hardware_information_id"
        )
        assert rows_of(engine, statement) == [tuple(HARDWARE.values())]
    for table in ("external_software_environment", "external_hardware_information", "python_package_version_entity"):
        assert count(engine, table) == 0
    ledger = "SELECT document_id, kind, created_at, to_sync_again, remarks FROM synced_document"
    assert rows_of(engine, ledger) == [(MONKEY, "DEPENDENCY_MONKEY", made, False, [])]
    assert wrong_digests(engine) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (monkey("b", "a", "b", count=2), [("a", 0), ("a", 1), ("b", 0), ("b", 1)]),
        (monkey("a", count=None), [("a", 0)]),
        (monkey("a", count=0), []),
        (monkey(count=5), []),
        (monkey_of_2019("b", "a", "b"), [("a", 0), ("b", 0)]),
    ],
    ids=["2023", "no count", "none of each", "nothing", "2019"],
)
def test_every_result_that_is_to_come_is_awaited(
    graph: GraphDatabase, engine: Engine, document: Document, expected: list[tuple[str, int]]
) -> None:
    tell(graph, document)
    assert rows_of(engine, RESULTS) == [(*each, "PENDING", MONKEY) for each in expected]
    assert {row for (row,) in rows_of(engine, "SELECT datetime FROM inspection_run")} <= {None}


def test_a_run_that_failed_is_stored_as_such(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, failed_monkey())
    assert [row[-2] for row in rows_of(engine, RUN)] == [True]
    assert count(engine, "inspection_run") == 0
    expected = ["result.report.ERROR: No resolution found\nTraceback ..."]
    assert rows_of(engine, "SELECT remarks FROM synced_document") == [(expected,)]
    assert graph.dependency_monkey_document_id_exists(MONKEY)


@pytest.mark.parametrize(("error", "failed"), [(True, True), ("  ", False), ("Out of memory", True), (None, False)])
@pytest.mark.parametrize("make", [monkey, monkey_of_2019], ids=["2023", "2019"])
def test_an_error_is_a_truth_value_or_a_text(
    graph: GraphDatabase, engine: Engine, make: Any, error: Any, failed: bool
) -> None:
    document = make("inspection-a")
    document["result"]["error"] = error
    tell(graph, document)
    assert [row[-2] for row in rows_of(engine, RUN)] == [failed]
    assert {row[0] for row in rows_of(engine, RESULTS)} == {"inspection-a"}


@pytest.mark.parametrize("make", [monkey, monkey_of_2019], ids=["2023", "2019"])
def test_a_run_that_failed_need_not_say_what_it_did(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    document = make()
    document["result"] = {"error": True, "parameters": {}}
    tell(graph, document)
    assert [row[4:] for row in rows_of(engine, RUN)] == [
        (None, "unknown", None, None, True, True, document["metadata"].get("duration"))
    ]
    assert rows_of(engine, ENVIRONMENTS) == [(None,) * 12]


# --- Inspections that were told --------------------------------------------------------------------------------------


def test_an_inspection_that_was_told_stays_told_and_gets_the_run(graph: GraphDatabase, engine: Engine) -> None:
    tell(graph, inspection(0))
    before = rows_of(engine, "SELECT id, datetime, inspection_software_stack_id FROM inspection_run")
    tell(graph, monkey(INSPECTION))
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "SYNCED", MONKEY), (INSPECTION, 1, "PENDING", MONKEY)]
    after = "SELECT id, datetime, inspection_software_stack_id FROM inspection_run WHERE inspection_result_number = 0"
    assert rows_of(engine, after) == before
    tell(graph, inspection(1))
    assert rows_of(engine, RESULTS) == [(INSPECTION, number, "SYNCED", MONKEY) for number in (0, 1)]
    assert count(engine, "pi_matmul") == 2


def test_a_result_of_one_inspection_is_never_written_over_that_of_another(graph: GraphDatabase, engine: Engine) -> None:
    """Numbers of runs and of results are not mixed up."""
    tell(graph, inspection(0, inspection_id="inspection-of-nobody", name="PiConv1D"))
    tell(graph, monkey("inspection-a", "inspection-b", count=3), monkey("inspection-c", document_id=NEWER, day=23))
    for inspection_id in ("inspection-c", "inspection-b"):
        for number in (1, 0):
            tell(graph, inspection(number, inspection_id=inspection_id))
    states = {row[:2]: (row[2], row[3]) for row in rows_of(engine, RESULTS)}
    assert states == {
        **{("inspection-a", number): ("PENDING", MONKEY) for number in range(3)},
        **{("inspection-b", number): ("SYNCED", MONKEY) for number in range(2)},
        ("inspection-b", 2): ("PENDING", MONKEY),
        **{("inspection-c", number): ("SYNCED", NEWER) for number in range(2)},
        ("inspection-of-nobody", 0): ("SYNCED", None),
    }
    assert (count(engine, "pi_matmul"), count(engine, "pi_conv1d")) == (4, 1)


def _told_in_any_order() -> list[Document]:
    """Two runs that ask for one inspection, of which a result was told; each asks for another one as well."""
    return [
        monkey(INSPECTION, "inspection-a", document_id=OLDER, day=21, count=2),
        monkey(INSPECTION, "inspection-b", document_id=NEWER, day=22, count=3),
        without_lock(inspection(1)),
        without_lock(inspection(0, inspection_id="inspection-b")),
    ]


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    dumps = []
    for order in itertools.permutations(_told_in_any_order()):
        tell(graph, *order)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 24
    tell(graph, *_told_in_any_order())
    asked = {row[:2]: row[3] for row in rows_of(engine, RESULTS)}
    assert {number: asked[(INSPECTION, number)] for number in range(3)} == {0: OLDER, 1: OLDER, 2: NEWER}


def test_of_two_runs_of_the_same_moment_the_first_by_its_id_counts(graph: GraphDatabase, engine: Engine) -> None:
    runs = [monkey(INSPECTION, document_id=f"dependency-monkey-{name}", count=1) for name in ("B", "a")]
    for order in (runs, runs[::-1]):
        tell(graph, *order)
        assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "PENDING", "dependency-monkey-B")]
        empty(engine)


def test_the_order_of_arrival_does_not_matter_in_2019(graph: GraphDatabase, engine: Engine) -> None:
    told = [monkey_of_2019(INSPECTION), without_lock(inspection_of_2019())]
    tell(graph, *told)
    expected = dump(engine)
    assert rows_of(engine, RESULTS) == [(INSPECTION, 0, "SYNCED", MONKEY)]
    empty(engine)
    tell(graph, *told[::-1])
    assert difference(dump(engine), expected) == {}


# --- Again -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [monkey, monkey_of_2019], ids=["2023", "2019"])
def test_telling_it_twice_changes_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, make: Any
) -> None:
    document = make(INSPECTION, "inspection-a")
    tell(graph, document, inspection(0), monkey("inspection-a", document_id=NEWER, day=23))
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_dependency_monkey_result(document)) <= 3
    assert difference(dump(engine, with_ids=True), before) == {}
    graph.sync_dependency_monkey_result(document, force=True)
    assert difference(dump(engine, with_ids=True), before).keys() <= {"synced_document"}
    assert sequences(engine) == numbers
    assert MONKEY not in {row for (row,) in rows_of(engine, AGAIN_ASKED)}


def large(number: int) -> Document:
    """A run with so many requirements that asked for so many inspections."""
    document = monkey(*(f"inspection-{number}-{n}" for n in range(number)), document_id=f"dependency-monkey-{number}")
    packages = {f"package-{number}-{n}": {"version": ">=1", "index": "pypi"} for n in range(number)}
    document["result"]["parameters"]["project"]["requirements"]["packages"] = packages
    return document


def test_the_number_of_statements_does_not_depend_on_the_size(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    sync = graph.sync_dependency_monkey_result
    for document in (large(1), large(2000)):
        assert count_statements(graph, lambda told=document: sync(told)) <= STATEMENTS
        assert count_statements(graph, lambda told=document: sync(told, force=True)) <= AGAIN
    assert (count(engine, "inspection_run"), count(engine, "python_package_requirement")) == (4002, 2001)


def test_a_content_that_changed_gives_up_what_it_does_not_ask_for_any_more(
    graph: GraphDatabase, engine: Engine
) -> None:
    tell(graph, monkey(INSPECTION, "inspection-a", count=3), inspection(1))
    changed = monkey("inspection-a", "inspection-b", count=1)
    project = changed["result"]["parameters"]["project"]
    project["requirements"]["packages"] = {"numpy": "*"}
    project["runtime_environment"] = None
    changed["result"]["parameters"]["seed"] = None
    tell(graph, changed)
    assert rows_of(engine, RESULTS) == [
        (INSPECTION, 1, "SYNCED", None),
        ("inspection-a", 0, "PENDING", MONKEY),
        ("inspection-b", 0, "PENDING", MONKEY),
    ]
    assert rows_of(engine, REQUIRED) == [("numpy", "*", False, None)]
    assert rows_of(engine, ENVIRONMENTS) == [(None,) * 12]
    assert [row[4] for row in rows_of(engine, RUN)] == [None]
    tell(graph, failed_monkey())
    assert rows_of(engine, RESULTS) == [(INSPECTION, 1, "SYNCED", None)]


def _runs_of(result: list[tuple[Any, ...]]) -> list[Any]:
    return [row[3] for row in result]


@pytest.mark.parametrize("told", [[], [without_lock(inspection())]], ids=["to come", "told"])
def test_what_a_run_gives_up_goes_to_a_newer_one_that_asked_for_it_as_well(
    graph: GraphDatabase, engine: Engine, told: list[Document]
) -> None:
    older, newer = (
        monkey(INSPECTION, document_id=document_id, day=day, count=1) for document_id, day in ((OLDER, 21), (NEWER, 22))
    )
    oldest = monkey("inspection-z", document_id="dependency-monkey-oldest", day=20, count=1)
    tell(graph, oldest, newer, older, *told)
    assert _runs_of(rows_of(engine, RESULTS)) == [OLDER, "dependency-monkey-oldest"]
    tell(graph, monkey(document_id=OLDER, day=21, count=1))
    assert rows_of(engine, AGAIN_ASKED) == [(NEWER,)]
    tell(graph, newer)
    assert _runs_of(rows_of(engine, RESULTS)) == [NEWER, "dependency-monkey-oldest"]
    assert rows_of(engine, AGAIN_ASKED) == []


def test_a_run_that_turns_out_to_be_newer_gives_way(graph: GraphDatabase, engine: Engine) -> None:
    def told(document_id: str, day: int) -> Document:
        return monkey(INSPECTION, document_id=document_id, day=day, count=1)

    tell(graph, told(OLDER, 20), told(NEWER, 22))
    tell(graph, told(OLDER, 23))
    assert rows_of(engine, AGAIN_ASKED) == [(NEWER,)]
    tell(graph, told(NEWER, 22))
    assert _runs_of(rows_of(engine, RESULTS)) == [NEWER]
    tell(graph, told(OLDER, 21))
    assert _runs_of(rows_of(engine, RESULTS)) == [OLDER]
    assert rows_of(engine, AGAIN_ASKED) == []


# --- What is no such document ----------------------------------------------------------------------------------------


def test_a_run_may_not_ask_for_more_results_than_can_be_awaited(graph: GraphDatabase, engine: Engine) -> None:
    most = documents.MOST_RESULTS
    documents.parse(monkey("a", "b", count=most // 2))
    documents.parse(monkey(count=2**63 - 1))
    with pytest.raises(documents.SchemaError, match=r"at result\.parameters\.count: expected at most 1000000 results"):
        graph.sync_dependency_monkey_result(monkey("a", "b", count=most // 2 + 1))
    assert count(engine, "synced_document") == 0


def test_ids_that_no_key_can_hold_are_left_out_with_a_remark() -> None:
    rows = documents.parse(monkey("x" * 300, "a"))
    assert rows.inspections == ("a",)
    remark = "result.report.responses[0].response: left out, at most 256 bytes, not 300"
    assert rows.document.remarks == (remark,)
    assert documents.parse(monkey_of_2019("a", "x" * 300)).inspections == ("a",)
