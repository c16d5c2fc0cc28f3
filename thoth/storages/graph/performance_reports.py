"""What an inspection's script reported, checked against the columns of its table. Nothing here asks a database."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Enum, Float, Integer, Numeric, SmallInteger, String, Table

from ..exceptions import PerformanceIndicatorReportError

USAGE_COLUMNS = (
    "ru_utime",
    "ru_stime",
    "ru_maxrss",
    "ru_ixrss",
    "ru_idrss",
    "ru_isrss",
    "ru_minflt",
    "ru_majflt",
    "ru_nswap",
    "ru_inblock",
    "ru_oublock",
    "ru_msgsnd",
    "ru_msgrcv",
    "ru_nsignals",
    "ru_nvcsw",
    "ru_nivcsw",
)
"""What getrusage(2) says of the script."""

SHARED_COLUMNS = (
    "id",
    "inspection_run_id",
    "component",
    "origin",
    "version",
    "overall_score",
    "exit_code",
    *USAGE_COLUMNS,
)
"""What every indicator has; no parameter and no result can be called like this."""

_TOO_LONG_TO_SHOW = 10**24

_PARAMETERS, _RESULT = "@parameters", "@result"


class _Expected(Exception):
    """A value is not what its column takes; the message says what it takes."""


# --- The parts of a report -------------------------------------------------------------------------------------------


def read_name(inspection_result: Mapping[str, Any]) -> str:
    """The name of the indicator that a report is of. Raises PerformanceIndicatorReportError where there is none."""
    stdout = inspection_result.get("stdout")
    if not isinstance(stdout, Mapping):
        raise PerformanceIndicatorReportError(None, [f"stdout: expected an object, not {_kind(stdout)}"])
    name = stdout.get("name")
    if not isinstance(name, str):
        raise PerformanceIndicatorReportError(None, [f"stdout.name: expected the name, not {_kind(name)}"])
    return name


def read_shared(
    indicator: str, table: Table, inspection_specification: Mapping[str, Any], inspection_result: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of the columns that every indicator has, without the ids.

    Raises PerformanceIndicatorReportError, which names everything that is wrong.
    """
    places = _shared_places(inspection_specification, inspection_result)
    problems = list(_usage_problems(inspection_result))
    values: dict[str, Any] = {}
    for name, (place, value) in places.items():
        try:
            values[name] = _read(table.c[name], value)
        except _Expected as expected:
            problems.append(f"{place}: expected {expected}, not {_kind(value)}")
    if problems:
        raise PerformanceIndicatorReportError(indicator, problems)
    return values


def _shared_places(specification: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """{column: (where its value stands, the value)}."""
    stdout, usage = result["stdout"], result.get("usage")
    used = usage if isinstance(usage, Mapping) else {}
    # Scripts of 2019 call the component a framework.
    component = "component" if stdout.get("component") is not None else "framework"
    versioned = stdout.get("version") is not None
    return {
        "component": (f"stdout.{component}", stdout.get(component)),
        "origin": ("specification.script", specification.get("script")),
        "version": (
            "stdout.version" if versioned else "stdout.version, or else script_sha256",
            stdout["version"] if versioned else result.get("script_sha256"),
        ),
        "overall_score": ("stdout.overall_score", stdout.get("overall_score")),
        "exit_code": ("exit_code", result.get("exit_code")),
        **{name: (f"usage.{name}", used.get(name)) for name in USAGE_COLUMNS},
    }


def _usage_problems(result: Mapping[str, Any]) -> Iterable[str]:
    usage = result.get("usage")
    if usage is not None and not isinstance(usage, Mapping):
        yield f"usage: expected an object, not {_kind(usage)}"


def read_measurements(indicator: str, table: Table, inspection_result: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the columns of one indicator: what its script says under @parameters and @result.

    Raises PerformanceIndicatorReportError, which names everything that is wrong.
    """
    read_name(inspection_result)
    parts = {part: inspection_result["stdout"].get(part) for part in (_PARAMETERS, _RESULT)}
    problems = [
        f"stdout.{part}: expected an object, not {_kind(said)}"
        for part, said in parts.items()
        if not isinstance(said, Mapping)
    ]
    if problems:
        raise PerformanceIndicatorReportError(indicator, problems)
    own = {name: column for name, column in table.columns.items() if name not in SHARED_COLUMNS}
    problems = [*_key_problems(own, parts), *_missing(own, parts)]
    values: dict[str, Any] = {}
    for part, said in parts.items():
        for name in own.keys() & said.keys():
            try:
                values[name] = _read(own[name], said[name])
            except _Expected as expected:
                problems.append(f"stdout.{part}.{name}: expected {expected}, not {_kind(said[name])}")
    if problems:
        raise PerformanceIndicatorReportError(indicator, sorted(problems))
    return values


def _key_problems(own: Mapping[str, Any], parts: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    if both := sorted(map(str, parts[_PARAMETERS].keys() & parts[_RESULT].keys())):
        yield f"both stdout.{_PARAMETERS} and stdout.{_RESULT} have {', '.join(both)}"
    for part, said in parts.items():
        if reserved := [str(name) for name in said if name in SHARED_COLUMNS]:
            yield f"stdout.{part} has {', '.join(reserved)}, which every indicator has a column of its own for"
        if unknown := [str(name) for name in said if name not in own and name not in SHARED_COLUMNS]:
            yield f"stdout.{part} has {', '.join(unknown)}, which the indicator has no column for"


def _missing(own: Mapping[str, Column[Any]], parts: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    said = {name for part in parts.values() for name in part}
    missing = [name for name, column in own.items() if name not in said and not _may_be_missing(column)]
    if missing:
        yield f"neither stdout.{_PARAMETERS} nor stdout.{_RESULT} has {', '.join(missing)}"


def _may_be_missing(column: Column[Any]) -> bool:
    return bool(column.nullable) or column.default is not None or column.server_default is not None


# --- One value -------------------------------------------------------------------------------------------------------


def _kind(value: Any) -> str:
    """What a value is, without the value: it may be long."""
    kinds = {bool: "a truth value", float: "a number", dict: "an object"}
    if value is None:
        return "nothing"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _TOO_LONG_TO_SHOW else "a number of many digits"
    return kinds.get(type(value), f"a {type(value).__name__}")


def _read(column: Column[Any], value: Any) -> Any:
    """The value as the column takes it. Raises _Expected; types that JSON does not have are left to PostgreSQL."""
    if value is None:
        if not column.nullable:
            raise _Expected("a value")
        return None
    if isinstance(column.type, Boolean):
        return _boolean(value)
    if isinstance(column.type, Integer):
        return _whole_number(column, value)
    if isinstance(column.type, Float | Numeric):
        return _number(value)
    if isinstance(column.type, String) and not isinstance(column.type, Enum):
        return _text(column, value)
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Expected("true or false")
    return value


def _whole_number(column: Column[Any], value: Any) -> int:
    bits = 63 if isinstance(column.type, BigInteger) else 15 if isinstance(column.type, SmallInteger) else 31
    smallest = column.info.get("smallest", -(2**bits))
    # JSON knows one kind of number: 3.0 is 3.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value < 2**bits:
        raise _Expected(f"a whole number from {smallest} to {2**bits - 1}")
    return value


def _number(value: Any) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(number := float(value)):
            return number
    except OverflowError:
        pass
    raise _Expected("a number that is finite")


def _text(column: Column[Any], value: Any) -> str:
    if column.info.get("numbers") and isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise _Expected("a text")
    longest = column.info.get("longest") or getattr(column.type, "length", None)
    if longest and len(value) > longest:
        raise _Expected(f"a text of at most {longest} characters")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Expected("a text without NUL and lone surrogates, which PostgreSQL cannot hold")
    return value
