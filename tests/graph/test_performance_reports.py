"""Reports of performance indicators that are refused, and why."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, SmallInteger, String, Table, Text
from sqlalchemy.orm import Session
from support.indicators import MATMUL, SPECIFICATION, Report, matmul, report

from thoth.storages.exceptions import (
    PerformanceIndicatorNotRegistered,
    PerformanceIndicatorNotRegisteredError,
    PerformanceIndicatorReportError,
)
from thoth.storages.graph.models_performance import PerformanceIndicatorBase, PiConv1D, PiMatmul
from thoth.storages.graph.performance_reports import read_measurements

UNSTORABLE = "a text without NUL and lone surrogates, which PostgreSQL cannot hold"


def problems_of(result: Report, model: Any = PerformanceIndicatorBase) -> tuple[str, ...]:
    """What is wrong with a report; refused before any statement is sent."""
    with Session() as unbound, pytest.raises(PerformanceIndicatorReportError) as error:
        model.create_from_report(unbound, SPECIFICATION, result, 1)
    assert all(problem in str(error.value) for problem in error.value.problems)
    return error.value.problems


# --- Reports that are refused ----------------------------------------------------------------------------------------


def test_an_unknown_name_is_named_with_those_that_are_known() -> None:
    assert PerformanceIndicatorNotRegistered is PerformanceIndicatorNotRegisteredError
    with Session() as unbound, pytest.raises(PerformanceIndicatorNotRegistered) as error:
        PerformanceIndicatorBase.create_from_report(unbound, SPECIFICATION, report("PiFoo", {}, {}), 1)
    assert str(error.value).startswith("'PiFoo' is no performance indicator; registered are PiConv1D, PiConv2D, PiMat")


def test_a_report_of_another_indicator_is_refused() -> None:
    assert problems_of(MATMUL, PiConv1D) == ("stdout.name: it is a report of 'PiMatmul'",)


@pytest.mark.parametrize(
    ("result", "problem"),
    [
        ({}, "stdout: expected an object, not nothing"),
        ({"stdout": "Illegal instruction"}, "stdout: expected an object, not a text of 19 characters"),
        ({"stdout": {}}, "stdout.name: expected the name, not nothing"),
        ({"stdout": {"name": ["PiMatmul"]}}, "stdout.name: expected the name, not a list"),
    ],
)
def test_a_report_without_a_name_is_refused(result: Report, problem: str) -> None:
    assert problems_of(result) == (problem,)


def test_parameters_and_result_have_to_be_there() -> None:
    told = matmul()
    del told["stdout"]["@parameters"]
    told["stdout"]["@result"] = [1]
    assert problems_of(told) == (
        "stdout.@parameters: expected an object, not nothing",
        "stdout.@result: expected an object, not a list",
    )


def test_keys_that_fit_no_column_are_all_named() -> None:
    told = matmul(rate=1, elapsed=2, ru_utime=3, id=4, seed=5, colour="red")
    told["stdout"]["@result"] |= {"component": "x", "flops": 6}
    assert problems_of(told) == (
        "both stdout.@parameters and stdout.@result have elapsed, rate",
        "stdout.@parameters has ru_utime, id, which every indicator has a column of its own for",
        "stdout.@parameters has seed, colour, which the indicator has no column for",
        "stdout.@result has component, which every indicator has a column of its own for",
        "stdout.@result has flops, which the indicator has no column for",
    )


def test_values_that_are_missing_are_all_named() -> None:
    told = matmul(device=None, reps=None)
    told["stdout"]["@result"]["rate"] = None
    assert problems_of(told) == (
        "neither stdout.@parameters nor stdout.@result has device, reps",
        "stdout.@result.rate: expected a value, not nothing",
    )


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("reps", "many", "a whole number from 1 to 2147483647, not a text of 4 characters"),
        ("reps", True, "a whole number from 1 to 2147483647, not a truth value"),
        ("reps", 3.5, "a whole number from 1 to 2147483647, not a number"),
        ("reps", 0, "a whole number from 1 to 2147483647, not 0"),
        ("reps", 2**31, "a whole number from 1 to 2147483647, not 2147483648"),
        ("reps", float("nan"), "a whole number from 1 to 2147483647, not nan"),
        ("device", 1, "a text, not 1"),
        ("device", ["cpu"], "a text, not a list"),
        ("device", "c\0pu", f"{UNSTORABLE}, not a text of 4 characters"),
        ("device", "\ud800", f"{UNSTORABLE}, not a text of 1 characters"),
    ],
)
def test_a_parameter_of_another_type_is_named(column: str, value: object, problem: str) -> None:
    assert problems_of(matmul(**{column: value})) == (f"stdout.@parameters.{column}: expected {problem}",)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("fast", "a text of 4 characters"),
        (False, "a truth value"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (10**400, "a number of many digits"),
    ],
)
def test_a_result_that_is_no_finite_number_is_named(value: object, kind: str) -> None:
    told = matmul()
    told["stdout"]["@result"]["rate"] = value
    assert problems_of(told) == (f"stdout.@result.rate: expected a number that is finite, not {kind}",)


def test_everything_wrong_with_what_all_indicators_have_is_named() -> None:
    told = matmul()
    told["stdout"] |= {"component": "t" * 257, "overall_score": "high"}
    told |= {"script_sha256": None, "exit_code": "0", "usage": {"ru_utime": "1", "ru_maxrss": 2**63, "ru_new": 1}}
    with Session() as unbound, pytest.raises(PerformanceIndicatorReportError) as error:
        PiMatmul.create_from_report(unbound, {}, told, 1)
    assert error.value.indicator == "PiMatmul"
    assert isinstance(error.value, ValueError)
    whole = f"a whole number from {-(2**63)} to {2**63 - 1}"
    assert error.value.problems == (
        "stdout.component: expected a text of at most 256 characters, not a text of 257 characters",
        "specification.script: expected a value, not nothing",
        "stdout.version, or else script_sha256: expected a value, not nothing",
        "stdout.overall_score: expected a number that is finite, not a text of 4 characters",
        f"exit_code: expected {whole}, not a text of 1 characters",
        "usage.ru_utime: expected a number that is finite, not a text of 1 characters",
        f"usage.ru_maxrss: expected {whole}, not {2**63}",
    )
    assert problems_of({**matmul(), "usage": [1]}) == ("usage: expected an object, not a list",)


# --- Columns that others may define ----------------------------------------------------------------------------------

_OTHERS = Table(
    "pi_other",
    MetaData(),
    Column("small", SmallInteger),
    Column("big", BigInteger),
    Column("flag", Boolean),
    Column("short", String(3)),
    Column("note", Text),
    Column("number", Integer, nullable=False, default=1),
    Column("moment", Text, nullable=False, server_default="now"),
)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({}, {}),
        ({"small": None, "flag": None}, {"small": None, "flag": None}),
        ({"small": -(2**15), "big": 2**63 - 1}, {"small": -(2**15), "big": 2**63 - 1}),
        ({"big": 3.0, "flag": False, "short": "abc"}, {"big": 3, "flag": False, "short": "abc"}),
    ],
)
def test_other_columns_are_read(values: Report, read: Report) -> None:
    assert read_measurements("PiOther", _OTHERS, report("PiOther", values, {})) == read


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("small", 2**15, "a whole number from -32768 to 32767"),
        ("big", -(2**63) - 1, "a whole number from -9223372036854775808"),
        ("flag", 1, "true or false"),
        ("short", "abcd", "a text of at most 3 characters"),
    ],
)
def test_other_columns_are_checked(name: str, value: object, expected: str) -> None:
    with pytest.raises(PerformanceIndicatorReportError, match=f"@result.{name}: expected {expected}"):
        read_measurements("PiOther", _OTHERS, report("PiOther", {}, {name: value}))


@pytest.mark.parametrize("line", ["component = Column(Integer)", "id: Mapped[int] = mapped_column(primary_key=True)"])
def test_a_column_that_every_indicator_has_already_is_refused(line: str) -> None:
    module = f"""
from sqlalchemy.orm import Mapped, mapped_column
from thoth.storages.graph.models_performance import *
from thoth.storages.graph.models_performance import Base, BaseExtension, Column, Integer
class PiOwn(Base, BaseExtension, PerformanceIndicatorBase):
    {line}
"""
    done = subprocess.run([sys.executable, "-c", module], capture_output=True, text=True, check=False)
    column = line.split()[0].strip(":")
    assert f"PiOwn has columns of its own called {column}, which every indicator has already" in done.stderr
