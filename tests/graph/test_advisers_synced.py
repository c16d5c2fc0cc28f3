"""Runs of the adviser into tables."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import ADVISER, ORIGIN, adviser, adviser_of_2019, product, project
from support.digests import wrong_digests
from support.documents import ON_RHEL, PYPI, Document, for_solver, put, real_document
from support.inspection_documents import HARDWARE
from support.tables import CountStatements, count, difference, dump, empty, rows_of, sequences

from thoth.storages.graph import GraphDatabase

STATEMENTS = 37
"""What a document costs when all of it is new."""

AGAIN = 32
"""What it costs to write it again."""

FLASK = "flask==3.0.3"

RUN = """
    SELECT adviser_document_id, datetime, adviser_name, adviser_version, count, "limit", limit_latest_versions,
           recommendation_type, requirements_format, origin, source_type, is_s2i, debug, adviser_error,
           need_re_run, re_run_adviser_id, advised_configuration_changes, additional_stack_info
    FROM adviser_run ORDER BY 1"""
ENVIRONMENT = """
    SELECT environment_type, environment_name, os_name, os_version, python_version, cuda_version
    FROM adviser_run LEFT JOIN external_software_environment e ON e.id = external_run_software_environment_id"""
HARDWARE_OF = """
    SELECT {columns} FROM adviser_run LEFT JOIN external_hardware_information h
    ON h.id = external_hardware_information_id"""
REQUIRED = """
    SELECT q.name, version_range, develop, x.url FROM adviser_run r
    JOIN external_python_software_stack s ON s.id = user_software_stack_id
    JOIN has_external_python_requirement h ON h.external_python_requirements_id = s.external_python_requirements_id
    JOIN python_package_requirement q ON q.id = python_package_requirement_id
    LEFT JOIN python_package_index x ON x.id = q.python_package_index_id ORDER BY 1"""
LOCKED = """
    SELECT e.package_name, e.package_version, x.url FROM adviser_run r
    JOIN external_python_software_stack s ON s.id = user_software_stack_id
    JOIN has_external_python_requirement_lock h
        ON external_python_requirements_locked_id = s.external_python_requirements_lock_id
    JOIN python_package_version_entity e ON e.id = python_package_version_entity_id
    LEFT JOIN python_package_index x ON x.id = e.python_package_index_id ORDER BY 1"""
ADVISED = """
    SELECT adviser_document_id, software_stack_type, performance_score, overall_score,
           (SELECT array_agg(q.name ORDER BY 1) FROM has_python_requirements h
            JOIN python_package_requirement q ON q.id = python_package_requirement_id
            WHERE h.python_requirements_id = s.python_requirements_id),
           (SELECT array_agg(p.package_name || '==' || p.package_version ORDER BY 1) FROM has_python_requirement_lock h
            JOIN python_package_version p ON p.id = python_package_version_id
            WHERE h.python_requirements_lock_id = s.python_requirements_lock_id)
    FROM advised JOIN adviser_run r ON r.id = adviser_run_id
    JOIN python_software_stack s ON s.id = python_software_stack_id
    ORDER BY 1, 4 DESC NULLS LAST, 3"""
UNRESOLVED = """
    SELECT adviser_document_id, package_name, package_version, python_package_index_id
    FROM has_unresolved JOIN adviser_run r ON r.id = adviser_run_id
    JOIN python_package_version_entity e ON e.id = python_package_version_entity_id ORDER BY 1, 2"""
LEDGER = "SELECT document_id, kind, created_at, to_sync_again, remarks FROM synced_document"


def solved(graph: GraphDatabase, requirement: str) -> None:
    """Have a package version solved in the environment that the documents are about."""
    suffix = requirement.encode().hex()[:16]
    graph.sync_solver_result(for_solver(real_document(requirement), ON_RHEL, suffix))


def own_ledger(engine: Engine) -> list[Any]:
    return rows_of(engine, f"{LEDGER} WHERE kind = 'ADVISER' ORDER BY 1")


# --- What is written -------------------------------------------------------------------------------------------------


def test_information_about_the_stack_counts_where_later_advisers_put_it(graph: GraphDatabase, engine: Engine) -> None:
    document = adviser()
    document["result"]["report"]["stack_info"] = [{"type": "WARNING"}]
    graph.sync_adviser_result(document)
    assert rows_of(engine, "SELECT additional_stack_info FROM adviser_run") == [(True,)]


@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
def test_a_run_says_what_the_document_says(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    solved(graph, FLASK)
    document = make(product(0.5, ["flask"], [FLASK], performance=-2), product(1.5, ["flask"], [FLASK]))
    document["result"]["stack_info"] = [{"type": "WARNING"}]
    document["result"]["advised_configuration"] = {}
    before = copy.deepcopy(document)
    graph.sync_adviser_result(document)
    assert document == before
    made = datetime(2026, 11, 22, 11, 35, 28, 361777, tzinfo=UTC)
    assert rows_of(engine, RUN) == [
        (
            *(ADVISER, made, "thoth-adviser", "1.2.3", 3, 60, -1, "LATEST", "PIPENV", ORIGIN),
            *("CLI" if make is adviser else None, None, True, False, False, None, False, True),
        )
    ]
    durations = rows_of(engine, "SELECT duration FROM adviser_run")
    assert durations == [(document["metadata"].get("duration"),)]
    assert rows_of(engine, ENVIRONMENT) == [("RUNTIME", "rhel:8", "rhel", "8", "3.8", "11.2")]
    assert rows_of(engine, HARDWARE_OF.format(columns=", ".join(HARDWARE))) == [tuple(HARDWARE.values())]
    assert rows_of(engine, REQUIRED) == [("click", "*", False, PYPI), ("flask", "*", False, PYPI)]
    assert rows_of(engine, LOCKED) == [("flask", "1.1.2", PYPI)]
    advised = (ADVISER, "ADVISED")
    assert rows_of(engine, ADVISED) == [
        (*advised, None, 1.5, ["flask"], [FLASK]),
        (*advised, -2.0, 0.5, ["flask"], [FLASK]),
    ]
    assert own_ledger(engine) == [(ADVISER, "ADVISER", made, False, [])]
    assert graph.adviser_document_id_exist(ADVISER)
    assert count(engine, "software_environment") == count(engine, "hardware_information") == 0
    assert wrong_digests(engine) == []


@pytest.mark.parametrize("flag", [True, False])
def test_who_asked_is_known(graph: GraphDatabase, engine: Engine, flag: bool) -> None:
    graph.sync_adviser_result(adviser(is_s2i=flag, source_type="Jupyter_Notebook", origin=None))
    asked = "SELECT source_type, is_s2i, origin FROM adviser_run"
    assert rows_of(engine, asked) == [("JUPYTER_NOTEBOOK", flag, None)]


@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
def test_a_run_may_say_hardly_anything(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    document = make()
    parameters = {"recommendation_type": "STABLE", "requirements_format": "PIPENV"}
    document["result"] = {"error": True, "parameters": parameters}
    document["metadata"]["arguments"] = {"thoth-adviser": {}}
    graph.sync_adviser_result(document)
    ((_, _, _, _, *said),) = rows_of(engine, RUN)
    assert said == [*(None, None, None, "STABLE", "PIPENV", None, None, None, False, True, False, None, False, False)]
    assert rows_of(engine, ENVIRONMENT) == [(None,) * 6]
    links = "SELECT user_software_stack_id, external_hardware_information_id FROM adviser_run"
    assert rows_of(engine, links) == [(None, None)]
    for table in ("external_python_software_stack", "external_python_requirements", "external_software_environment"):
        assert count(engine, table) == 0


@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
@pytest.mark.parametrize("value", [None, -1, 7])
def test_how_many_of_the_latest_versions_count_may_be_unknown(
    graph: GraphDatabase, engine: Engine, make: Any, value: int | None
) -> None:
    document = make()
    document["result"]["parameters"]["limit_latest_versions"] = value
    graph.sync_adviser_result(document)
    assert rows_of(engine, "SELECT limit_latest_versions FROM adviser_run") == [(value,)]


@pytest.mark.parametrize("lost", ["requirements", "requirements_locked", "both"])
@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
def test_a_users_stack_may_lack_what_it_requires_or_what_it_was_locked_to(
    graph: GraphDatabase, engine: Engine, make: Any, lost: str
) -> None:
    document = make()
    result = document["result"]
    told = result["parameters"]["project"] if make is adviser else result["input"]
    for key in ("requirements", "requirements_locked"):
        if lost in (key, "both"):
            del told[key]
    graph.sync_adviser_result(document)
    assert bool(rows_of(engine, REQUIRED)) == (lost == "requirements_locked")
    assert bool(rows_of(engine, LOCKED)) == (lost == "requirements")
    assert count(engine, "external_python_software_stack") == (lost != "both")


# --- What was advised ------------------------------------------------------------------------------------------------


def test_items_of_2019_of_other_shapes_are_left_out(graph: GraphDatabase, engine: Engine) -> None:
    solved(graph, FLASK)
    document = adviser_of_2019(product(0.5, ["flask"], [FLASK]))
    report = document["result"]["report"]
    report[:0] = [[], [None, None], {"x": 1}, None, "text", [None, None, None], [None, {}, 3.0]]
    graph.sync_adviser_result(document)
    assert rows_of(engine, ADVISED) == [(ADVISER, "ADVISED", None, 0.5, ["flask"], [FLASK])]
    ((*_, remarks),) = own_ledger(engine)
    assert remarks == [
        *(f"result.report[{n}]: left out, it is no list of why, a stack and its score" for n in range(5)),
        *(f"result.report[{n}]: left out, it has no software stack" for n in (5, 6)),
    ]


@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
def test_nothing_advised_is_nothing_stored(graph: GraphDatabase, engine: Engine, make: Any) -> None:
    document = make()
    for number, report in enumerate((None, {}, {"products": None}, {"products": []}, [])):
        document["result"]["report"] = report
        key = "document_id" if make is adviser else "hostname"
        document["metadata"][key] = f"adviser-{number}-x"
        graph.sync_adviser_result(document)
    assert (count(engine, "adviser_run"), count(engine, "advised")) == (5, 0)


def test_equal_stacks_with_equal_scores_are_one(graph: GraphDatabase, engine: Engine) -> None:
    same = product(0, ["flask"], []), product(-0.0, ["Flask"], []), product(0.0, ["flask"], [])
    graph.sync_adviser_result(adviser(*same))
    graph.sync_adviser_result(adviser(same[1], document_id="adviser-other"))
    assert (count(engine, "python_software_stack"), count(engine, "advised")) == (1, 2)
    graph.sync_adviser_result(adviser(product(0, ["flask"], [], performance=1), document_id="adviser-third"))
    assert (count(engine, "python_software_stack"), count(engine, "advised")) == (2, 3)


def test_no_score_is_less_than_zero_by_its_sign_alone(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_adviser_result(adviser(product(-0.0, ["flask"], [])))
    assert rows_of(engine, "SELECT overall_score::text FROM python_software_stack") == [("0",)]


def test_locked_packages_that_nobody_solved_are_awaited(graph: GraphDatabase, engine: Engine) -> None:
    document = adviser(product(2, ["flask"], [FLASK, "six==1.16.0"]), product(1, ["flask"], [FLASK]))
    waits = f"left out until it is solved: {{}} on {PYPI} in rhel 8, Python 3.8"
    expected = [
        (["flask 3.0.3", "six 1.16.0"], [None, None]),
        (["six 1.16.0"], [[FLASK], [FLASK]]),
        ([], [[FLASK, "six==1.16.0"], [FLASK]]),
    ]
    for (missing, members), requirement in zip(expected, [None, FLASK, "six==1.16.0"], strict=True):
        if requirement:
            solved(graph, requirement)
        graph.sync_adviser_result(document)
        ((*_, again, remarks),) = own_ledger(engine)
        assert (again, remarks) == (bool(missing), [waits.format(each) for each in missing])
        assert [row[-1] for row in rows_of(engine, ADVISED)] == members
        assert (count(engine, "python_software_stack"), count(engine, "python_requirements_lock")) == (2, 2)
    assert wrong_digests(engine) == []


@pytest.mark.parametrize("lost", ["operating_system", "python_version", None])
def test_locks_for_an_environment_that_is_not_known_are_left_out(
    graph: GraphDatabase, engine: Engine, lost: str | None
) -> None:
    document = adviser(product(2, ["flask"], [FLASK]), product(1, [], ["six==1.16.0"]))
    told = document["result"]["parameters"]["project"]
    if lost:
        del told["runtime_environment"][lost]
    else:
        told["runtime_environment"] = None
    del document["result"]["report"]["products"][1]["project"]["requirements"]
    graph.sync_adviser_result(document)
    assert rows_of(engine, ADVISED) == [(ADVISER, "ADVISED", None, 2.0, ["flask"], None)]
    assert count(engine, "python_requirements_lock") == 0
    assert "six" not in {name for (name,) in rows_of(engine, "SELECT package_name FROM python_package_version_entity")}
    expected = "result.report: locked packages are left out, the environment they are for is not known"
    assert [row[3:] for row in own_ledger(engine)] == [(False, [expected])]
    assert rows_of(engine, LOCKED) == [("flask", "1.1.2", PYPI)]


def test_packages_that_were_not_solved_are_known_without_a_version(graph: GraphDatabase, engine: Engine) -> None:
    document = adviser(unresolved=["Some_Package", "other", "some-package", "x" * 300])
    document["result"]["error"] = True
    graph.sync_adviser_result(document)
    expected = [(ADVISER, name, None, None) for name in ("other", "some-package")]
    assert rows_of(engine, UNRESOLVED) == expected
    assert rows_of(engine, "SELECT need_re_run, adviser_error FROM adviser_run") == [(True, True)]
    entities = "SELECT package_name FROM python_package_version_entity WHERE package_version IS NULL ORDER BY 1"
    assert rows_of(engine, entities) == [("other",), ("some-package",)]
    ((*_, remarks),) = own_ledger(engine)
    assert remarks == ["result.report._ERROR_DETAILS.unresolved[3]: left out, at most 256 bytes, not 300"]
    graph.sync_adviser_result(adviser(unresolved=["other"], document_id="adviser-other"))
    assert rows_of(engine, entities) == [("other",), ("some-package",)]


# --- Again -----------------------------------------------------------------------------------------------------------


def large(products: int, packages: int) -> Document:
    """A run that advised so many stacks of so many packages each."""
    names = [f"package-{products}-{n}" for n in range(packages)]
    locks = [[f"{name}=={k % 7}.{n}" for n, name in enumerate(names)] for k in range(products)]
    made = [product(float(k), names, locked, performance=k / 7) for k, locked in enumerate(locks)]
    users = project(names, locks[0])
    return adviser(*made, document_id=f"adviser-{products}-{packages}", users=users, unresolved=names)


def test_the_number_of_statements_does_not_depend_on_the_size(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    sync = graph.sync_adviser_result
    sync(adviser())  # so that the environment is known to both
    few, many = large(1, 1), large(100, 100)
    new = {count_statements(graph, lambda told=document: sync(told)) for document in (few, many)}
    again = {count_statements(graph, lambda told=document: sync(told, force=True)) for document in (few, many)}
    assert (len(new), len(again)) == (1, 1)
    assert (new.pop(), again.pop()) == (STATEMENTS, AGAIN)
    assert (count(engine, "advised"), count(engine, "has_unresolved")) == (101, 101)


@pytest.mark.parametrize("make", [adviser, adviser_of_2019], ids=["2023", "2019"])
def test_telling_it_twice_changes_nothing(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements, make: Any
) -> None:
    solved(graph, FLASK)
    document = make(product(1, ["flask"], [FLASK]), product(2, ["flask", "six"], []), unresolved=["other"])
    graph.sync_adviser_result(document)
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert count_statements(graph, lambda: graph.sync_adviser_result(document)) <= 2
    assert difference(dump(engine, with_ids=True), before) == {}
    graph.sync_adviser_result(document, force=True)
    assert difference(dump(engine, with_ids=True), before).keys() <= {"synced_document"}
    assert sequences(engine) == numbers


def test_a_content_that_changed_corrects_everything(graph: GraphDatabase, engine: Engine) -> None:
    solved(graph, FLASK)
    first = adviser(product(1, ["flask"], [FLASK]), product(2, ["six"], []), unresolved=["other", "third"])
    changed = adviser(
        product(2, ["six"], []), day=24, users=project(["numpy"]), unresolved=["third", "fourth"], origin="elsewhere"
    )
    put(changed, ("result", "parameters", "project", "runtime_environment"), {"python_version": "3.9"})
    put(changed, ("result", "parameters", "count"), None)
    for document in (first, changed):
        graph.sync_adviser_result(document)
    tables = ("adviser_run", "advised", "has_unresolved")
    corrected = {name: rows for name, rows in dump(engine).items() if name in tables}
    assert [row[1:] for row in rows_of(engine, UNRESOLVED)] == [("fourth", None, None), ("third", None, None)]
    assert [row[4] for row in rows_of(engine, ADVISED)] == [["six"]]
    empty(engine)
    graph.sync_adviser_result(changed)
    assert difference(corrected, {name: rows for name, rows in dump(engine).items() if name in tables}) == {}


def test_the_order_of_arrival_does_not_matter(graph: GraphDatabase, engine: Engine) -> None:
    told = [
        adviser(product(1, ["flask"], [FLASK]), document_id="adviser-1", day=1),
        adviser(product(1, ["flask"], [FLASK, "six==1.16.0"]), document_id="adviser-2", day=2, unresolved=["other"]),
        adviser_of_2019(product(1, ["flask"], [FLASK]), document_id="adviser-3", day=3),
    ]
    dumps = []
    for order in itertools.permutations(told):
        solved(graph, FLASK)
        for document in order:
            graph.sync_adviser_result(document)
        dumps.append(dump(engine))
        empty(engine)
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 6


def test_caches_learn_of_packages_that_became_known(graph: GraphDatabase, engine: Engine) -> None:
    document = adviser(product(1, ["numpy"], ["six==1.16.0"]), unresolved=["tensorflow"])
    changes = "SELECT package_name, xid FROM package_change ORDER BY 1"
    graph.sync_adviser_result(document)
    first = rows_of(engine, changes)
    assert [name for name, _ in first] == ["flask", "six", "tensorflow"]
    graph.sync_adviser_result(document, force=True)
    assert rows_of(engine, changes) == first


def test_an_etag_is_kept(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_adviser_result(adviser(), etag="0123")
    assert rows_of(engine, "SELECT etag FROM synced_document") == [("0123",)]
