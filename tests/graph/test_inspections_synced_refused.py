"""Results of inspections: what is none is refused, and so is a report that does not fit its indicator."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import Engine
from support.documents import PYPI, Document, DocumentOf, Place, path_text, put, remove
from support.every_place import accepted_and_refused, check_that_rows_are_storable, wrong_documents
from support.inspection_documents import INSPECTION, inspection, inspection_of_2019, without_lock
from support.tables import count, difference, dump

from thoth.storages.exceptions import (
    NoDocumentIdError,
    PerformanceIndicatorNotRegistered,
    PerformanceIndicatorNotRegisteredError,
    PerformanceIndicatorReportError,
    SchemaError,
)
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.inspection import InspectionRows, document_id_of_result, parse
from thoth.storages.graph.together import Kind, Told, tell_together
from thoth.storages.graph.writers.inspection import write
from thoth.storages.graph.writers.performance import read_report

ID = f"{INSPECTION}/results/0"
SPECIFICATION: Place = ("specification",)
BUILD: Place = (*SPECIFICATION, "build", "requests")
RUN: Place = (*SPECIFICATION, "run", "requests")
INSTEAD = {("document_id",): "document_id", ("inspection_id",): ""}


def small(document: Document) -> Document:
    """The document with less of everything, and indexes that are named by their URLs."""
    python = document["specification"]["python"]
    python["requirements"] = {"packages": {"flask": {"version": ">=1", "index": PYPI}}}
    python["requirements_locked"] = {"default": {"flask": {"version": "==1.1.2", "index": PYPI}}}
    for place in (document.get("result", {}).get("runtime_environment"), document["specification"]["run"]["requests"]):
        if place is not None:
            place["hardware"] = {"cpu_model_name": "Intel", "ram_size": 64}
    report = document["result" if "result" in document else "job_log"]
    report["usage"] = {"ru_utime": 41.5, "ru_maxrss": 7}
    return document


SMALL = [pytest.param(small(inspection()), id="2023"), pytest.param(small(inspection_of_2019()), id="2019")]


@pytest.mark.parametrize("document", SMALL)
def test_whatever_is_wrong_is_refused_by_its_place_or_can_be_stored(
    graph: GraphDatabase, engine: Engine, document: Document
) -> None:
    before = dump(engine)
    rows, refused = accepted_and_refused(parse, document, instead=INSTEAD)
    assert len(refused) > 25 and rows
    storable = [each for each in rows if not has_a_wrong_report(each)]
    assert 30 < len(storable) < len(rows) - 100
    check_that_rows_are_storable(engine, write, storable)
    for others in refused.values():
        with pytest.raises(SchemaError):
            graph.sync_inspection_result(others[0])
    assert difference(dump(engine), before) == {}


def has_a_wrong_report(rows: InspectionRows) -> bool:
    if rows.report is None:
        return False
    try:
        read_report(rows.report)
    except SchemaError as error:
        assert error.document_id == rows.document.document_id
        assert error.path.startswith(rows.report.path)
        assert isinstance(error, PerformanceIndicatorReportError | PerformanceIndicatorNotRegisteredError)
        return True
    return False


@pytest.mark.parametrize("document", SMALL)
def test_nothing_of_a_document_with_a_wrong_report_is_stored(
    graph: GraphDatabase, engine: Engine, document: Document
) -> None:
    part = "result" if "result" in document else "job_log"
    wrong = {}
    for place, value, other in wrong_documents({part: document[part]["stdout"]}):
        told = {**document, part: {**document[part], "stdout": other.get(part)}}
        try:
            rows = parse(told)
        except SchemaError:
            continue
        if has_a_wrong_report(rows):
            wrong[place, str(value)] = told
    assert len(wrong) > 100
    for told in list(wrong.values())[::10]:
        with pytest.raises(ValueError, match=f"document {ID}: at {part}") as raised:
            graph.sync_inspection_result(told)
        assert isinstance(raised.value, SchemaError)
    assert count(engine, "synced_document") == count(engine, "inspection_run") == 0


# --- The report ------------------------------------------------------------------------------------------------------


def refused(document: Document) -> SchemaError:
    with pytest.raises(SchemaError) as raised:
        read_report(parse(document).report)  # type: ignore[arg-type]
    return raised.value


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("stdout",), "Traceback", "an object, not a text of 9 characters"),
        (("stdout", "name"), 5, "the name, not 5"),
        (("stdout", "@parameters"), [], "an object, not a list"),
        (("stdout", "@parameters", "reps"), 0, "a whole number from 1 to 2147483647, not 0"),
        (("stdout", "@parameters", "device"), "a\x00", "a text without NUL"),
        (("stdout", "@result", "rate"), float("nan"), "a number that is finite, not nan"),
        (("stdout", "@result", "rate"), 10**400, "a number that is finite, not a number of many digits"),
        (("stdout", "overall_score"), float("inf"), "a number that is finite, not inf"),
        (("exit_code",), "0", "a whole number from"),
        (("usage",), [], "an object, not a list"),
        (("usage", "ru_utime"), "x", "a number that is finite, not a text of 1 characters"),
    ],
    ids=str,
)
@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
def test_a_value_that_does_not_fit_is_named_with_its_place(make: Any, path: Place, value: Any, expected: str) -> None:
    document = make()
    part = "result" if make is inspection else "job_log"
    put(document, (part, *path), value)
    error = refused(document)
    assert (error.document_id, error.path) == (ID, path_text((part, *path)))
    assert error.expected.startswith(expected)
    assert str(error) == f"document {ID}: at {error.path}: expected {error.expected}"
    assert isinstance(error, PerformanceIndicatorReportError)


def test_everything_that_is_wrong_with_a_report_is_named() -> None:
    document = inspection()
    stdout = document["result"]["stdout"]
    del stdout["@parameters"]["reps"]
    stdout["@result"]["weather"] = "fine"
    error = refused(document)
    assert error.path == "result"
    assert error.expected == (
        "a report that fits PiMatmul: neither stdout.@parameters nor stdout.@result has reps; "
        "stdout.@result has weather, which the indicator has no column for"
    )
    assert isinstance(error, PerformanceIndicatorReportError)
    assert (error.indicator, len(error.problems)) == ("PiMatmul", 2)


@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
@pytest.mark.parametrize("place", [("stdout",), ("stdout", "name")], ids=path_text)
def test_a_script_that_reported_nothing_is_a_value_error(make: Any, place: Place) -> None:
    document = make()
    remove(document, ("result" if make is inspection else "job_log", *place))
    assert isinstance(refused(document), ValueError)


def test_an_indicator_that_nobody_registered_is_named(graph: GraphDatabase, engine: Engine) -> None:
    document = inspection()
    document["result"]["stdout"]["name"] = "PiNobody" * 100
    with pytest.raises(PerformanceIndicatorNotRegistered) as raised:
        graph.sync_inspection_result(document)
    assert isinstance(raised.value, SchemaError)
    assert (raised.value.document_id, raised.value.path) == (ID, "result.stdout.name")
    expected = raised.value.expected
    assert expected.startswith("the name of a registered performance indicator (") and "PiMatmul, " in expected
    assert len(expected) < 1000
    assert count(engine, "synced_document") == 0


def test_a_wrong_report_is_its_documents_own_fault(graph: GraphDatabase, engine: Engine) -> None:
    wrong, unknown = inspection(1), inspection(2)
    del wrong["result"]["stdout"]["@result"]
    unknown["result"]["stdout"]["name"] = "PiNobody"
    told = [Told(each) for each in (without_lock(inspection(0)), wrong, unknown, without_lock(inspection(3)))]
    first, second, third, fourth = tell_together(graph._tell, Kind(parse, write), told, force=False)
    assert first is True and fourth is True
    assert isinstance(second, PerformanceIndicatorReportError)
    assert isinstance(third, PerformanceIndicatorNotRegisteredError)
    assert count(engine, "inspection_run") == 2


# --- The document ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [(*BUILD, "cpu"), (*RUN, "cpu"), (*BUILD, "memory"), (*RUN, "memory")], ids=path_text)
@pytest.mark.parametrize(
    "value",
    [
        *(
            "lots",
            "",
            "-1",
            -1,
            -0.5,
            "8Xi",
            "1 Gi Gi",
            "nan",
            "inf",
            "1e400",
            "1e308Ei",
            "0x10",
            "1_000",
            "٣",
            "1.2.3",
        ),
        *(float("nan"), float("inf"), 10**400, True, [], {}, "9" * 5000, "1\x00", "m", "Gi", "."),
    ],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.parametrize("make", [inspection, inspection_of_2019], ids=["2023", "2019"])
def test_processor_and_memory_are_quantities(make: Any, place: Place, value: Any) -> None:
    document = make()
    put(document, place, value)
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert (raised.value.document_id, raised.value.path) == (ID, path_text(place))
    assert raised.value.expected.startswith("a finite number of ")


@pytest.mark.parametrize(
    ("cpu", "cores"),
    [("500m", 0.5), ("1500m", 1.5), ("2", 2), (" 0.25 ", 0.25), (4, 4), (0.1, 0.1), (0, 0), ("1e-1", 0.1), (".5", 0.5)],
)
def test_a_processor_is_so_many_cores(cpu: Any, cores: float) -> None:
    requests = {"requests": {"cpu": cpu}}
    run = parse(inspection(build=requests, run=requests)).run
    assert run.build_requests_cpu == run.run_requests_cpu == pytest.approx(cores)


@pytest.mark.parametrize(
    ("memory", "gibibytes"),
    [
        ("8Gi", 8),
        ("512Mi", 0.5),
        ("1048576Ki", 1),
        ("1Ti", 1024),
        ("0.5Gi", 0.5),
        (2**30, 1),
        (str(2**31), 2),
        (1.5 * 2**30, 1.5),
        ("1G", 1e9 / 2**30),
        ("256M", 256e6 / 2**30),
        ("1000000K", 1e9 / 2**30),
        ("1000000k", 1e9 / 2**30),
        ("1T", 1e12 / 2**30),
        ("1P", 1e15 / 2**30),
        ("1Pi", 2**20),
        ("1E", 1e18 / 2**30),
        ("1Ei", 2**30),
        ("1e9", 1e9 / 2**30),
        (0, 0),
    ],
)
def test_memory_is_so_many_gibibytes(memory: Any, gibibytes: float) -> None:
    requests = {"requests": {"memory": memory}}
    run = parse(inspection(build=requests, run=requests)).run
    assert run.build_requests_memory == run.run_requests_memory == pytest.approx(gibibytes)


@pytest.mark.parametrize("value", [-1, 1.0, "1", None, True, 10**9, 2**63])
def test_a_result_has_a_number(value: Any) -> None:
    document = {**inspection(), "result_number": value}
    with pytest.raises(SchemaError) as raised:
        parse(document)
    assert (raised.value.document_id, raised.value.path) == (INSPECTION, "result_number")


@pytest.mark.parametrize("value", [None, "", 5, []])
@pytest.mark.parametrize(("make", "key"), [(inspection, "document_id"), (inspection_of_2019, "inspection_id")])
def test_an_inspection_without_an_id_is_refused(make: Any, key: str, value: Any) -> None:
    with pytest.raises(NoDocumentIdError, match=f"<without an id>: at {key}: expected the id of an inspection"):
        parse({**make(), key: value})


@pytest.mark.parametrize("value", ["a/results/0", "x" * 300, "a\x00", " "])
@pytest.mark.parametrize(("make", "key"), [(inspection, "document_id"), (inspection_of_2019, "inspection_id")])
def test_an_id_that_is_none_is_refused(make: Any, key: str, value: str) -> None:
    with pytest.raises(SchemaError, match=f"<without an id>: at {key}: expected"):
        parse({**make(), key: value})


def test_the_id_of_a_document_is_that_of_its_result() -> None:
    assert document_id_of_result(inspection(7)) == f"{INSPECTION}/results/7"
    assert document_id_of_result(inspection_of_2019()) == ID
    with pytest.raises(NoDocumentIdError):
        document_id_of_result({"metadata": {}})


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match="at the top: expected a result of an inspection: a JSON object"):
        parse(value)


@pytest.mark.parametrize("key", ["specification", "result"])
def test_what_the_format_requires_is_required(key: str) -> None:
    document = inspection()
    del document[key]
    with pytest.raises(SchemaError, match=f"document {ID}: at {key}: expected a value, but the key is missing"):
        parse(document)


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: DocumentOf) -> None:
    with pytest.raises(NoDocumentIdError, match="at document_id: expected the id of an inspection"):
        graph.sync_inspection_result(document_of("flask==3.0.3"))


def test_the_callers_document_is_never_changed() -> None:
    for document in (inspection(), inspection_of_2019()):
        before = copy.deepcopy(document)
        report = parse(document).report
        assert report is not None
        read_report(report)
        assert document == before
