"""Runtime environments and hardware, as users and inspections describe them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from support.digests import wrong_digests
from support.documents import Document
from support.every_place import WRONG, places
from support.inspection_documents import ENVIRONMENT, HARDWARE
from support.tables import count, dump, rows_of, sequences

from thoth.storages.exceptions import SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.environments import SoftwareEnvironment
from thoth.storages.graph.documents.reading import Place
from thoth.storages.graph.documents.runtime_environments import (
    HARDWARE as COLUMNS,
)
from thoth.storages.graph.documents.runtime_environments import (
    Hardware,
    RuntimeEnvironment,
    parse_runtime_environment,
)
from thoth.storages.graph.enums import EnvironmentTypeEnum
from thoth.storages.graph.writers.environments import ensure_runtime_environments

FLAT: Document = {
    "environment_name": "rhel:8",
    "python_version": "3.8",
    "cuda_version": "11.2",
    "os_name": "rhel",
    "os_version": "8.4",
    "hardware": HARDWARE,
}
NUMBERS = [name for name, value in HARDWARE.items() if isinstance(value, int)]


def read(value: Any) -> RuntimeEnvironment:
    return parse_runtime_environment(None if value is None else Place("adviser-1", "environment", value))


def software(**values: Any) -> SoftwareEnvironment:
    return SoftwareEnvironment(environment_type=EnvironmentTypeEnum.RUNTIME, **values)


# --- Reading ---------------------------------------------------------------------------------------------------------


def test_both_generations_say_the_same() -> None:
    expected = RuntimeEnvironment(
        software(environment_name="rhel:8", python_version="3.8", os_name="rhel", os_version="8", cuda_version="11.2"),
        Hardware(**HARDWARE),
    )
    assert read(ENVIRONMENT) == read(FLAT) == expected
    assert expected.solved_in == ("rhel", "8", "3.8")
    assert tuple(HARDWARE) == COLUMNS


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"hardware": {}, "operating_system": {}},
        dict.fromkeys([*ENVIRONMENT, *FLAT]),
        {"name": "", "python_version": "", "operating_system": {"name": "", "version": " "}, "hardware": None},
        {"hardware": {"cpu_model_name": "", "cpu_cores": None}, "platform": "linux-x86_64", "labels": {}},
    ],
    ids=["none", "empty", "empty parts", "nulls", "empty texts", "nothing that is known"],
)
def test_where_nothing_is_said_nothing_is_known(value: Any) -> None:
    assert read(value) == RuntimeEnvironment(None, None)
    assert read(value).solved_in is None
    assert read(value).as_type(EnvironmentTypeEnum.BUILDTIME) == RuntimeEnvironment(None, None)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ({"name": "ubi", "version": "8.10"}, ("rhel", "8")),
        ({"name": "rhel", "version": 8.4}, ("rhel", "8")),
        ({"name": "rhel", "version": 8}, ("rhel", "8")),
        ({"name": "ubuntu", "version": "20.04"}, ("ubuntu", "20.04")),
        ({"name": "fedora", "version": 34}, ("fedora", "34")),
        ({"name": "fedora"}, ("fedora", None)),
        ({"version": "8.4"}, (None, "8.4")),
    ],
)
def test_systems_are_called_as_solvers_call_them(system: Document, expected: tuple[str | None, str | None]) -> None:
    flat = {f"os_{key}": value for key, value in system.items()}
    for value in ({"operating_system": system}, flat):
        found = read(value).software
        assert found is not None
        assert (found.os_name, found.os_version) == expected


@pytest.mark.parametrize("lost", ["python_version", "operating_system"])
def test_an_environment_that_is_not_fully_known_is_none_that_was_solved_in(lost: str) -> None:
    assert read({key: value for key, value in ENVIRONMENT.items() if key != lost}).solved_in is None


def test_an_environment_to_build_in_is_another_one() -> None:
    runtime = read(ENVIRONMENT)
    built = runtime.as_type(EnvironmentTypeEnum.BUILDTIME)
    assert built.hardware == runtime.hardware
    assert built.software is not None and runtime.software is not None
    assert built.software.environment_type is EnvironmentTypeEnum.BUILDTIME
    assert built.software.description == runtime.software.description


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    ("value", "expected"), [("6", 6), (6.0, 6), (0, 0), ("0" * 18 + "6", 6), (2**63 - 1, 2**63 - 1)]
)
def test_numbers_are_read_however_they_are_spelled(name: str, value: Any, expected: int) -> None:
    assert read({"hardware": {name: value}}).hardware == Hardware(**{name: expected})


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "value",
    [
        -1,
        "-1",
        1.5,
        "1.5",
        "",
        "six",
        float("nan"),
        float("inf"),
        1e300,
        2**63,
        "9" * 20,
        "9" * 5000,
        True,
        [],
        "٣",
        "1\n",
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(SchemaError) as raised:
        read({"hardware": {name: value}})
    assert (raised.value.document_id, raised.value.path) == ("adviser-1", f"environment.hardware.{name}")


@pytest.mark.parametrize(
    "value",
    [-1, -0.1, float("nan"), float("inf"), 10**4000, 1e22, True, [], {}, "a\x00", "a\ud800", "x" * 300],
    ids=lambda value: repr(value)[:12],
)
@pytest.mark.parametrize("key", ["python_version", "cuda_version", "os_version"])
def test_what_is_no_version_is_refused(key: str, value: Any) -> None:
    with pytest.raises(SchemaError) as raised:
        read({key: value})
    assert raised.value.path == f"environment.{key}"


def test_whatever_is_wrong_is_refused_by_its_place_or_is_known(graph: GraphDatabase, engine: Engine) -> None:
    for environment in (ENVIRONMENT, FLAT):
        wrong = {"environment": environment}
        found = set()
        for place in places(wrong):
            for value in WRONG[1:]:
                changed = _put(wrong, place, value)
                try:
                    found.add(read(changed["environment"]))
                except SchemaError as error:
                    assert error.path.startswith(".".join(map(str, place))), (place, value, error)
        assert len(found) > 30
        with Session(graph._connected_engine()) as session:
            for external in (True, False):
                assert ensure_runtime_environments(session, found, external=external).keys() == found
            session.rollback()


def _put(value: Any, place: tuple[str | int, ...], changed: Any) -> Any:
    if not place:
        return changed
    first, *rest = place
    return {**value, first: _put(value[first], tuple(rest), changed)}


# --- Writing ---------------------------------------------------------------------------------------------------------


def tell(graph: GraphDatabase, *told: RuntimeEnvironment, external: bool = False) -> Any:
    return graph._tell(lambda session: ensure_runtime_environments(session, told, external=external))


@pytest.mark.parametrize("external", [False, True], ids=["own", "users'"])
def test_equal_environments_are_one_row_each(graph: GraphDatabase, engine: Engine, external: bool) -> None:
    prefix = "external_" if external else ""
    first = tell(graph, read(ENVIRONMENT), read(FLAT), external=external)
    before, numbers = dump(engine, with_ids=True), sequences(engine)
    assert tell(graph, read(FLAT), external=external) == first
    assert dump(engine, with_ids=True) == before and sequences(engine) == numbers
    for table in ("software_environment", "hardware_information"):
        assert count(engine, f"{prefix}{table}") == 1
        assert count(engine, table if external else f"external_{table}") == 0
    described = f"SELECT {', '.join(HARDWARE)} FROM {prefix}hardware_information"
    assert rows_of(engine, described) == [tuple(HARDWARE.values())]
    assert wrong_digests(engine) == []


def test_environments_that_differ_in_anything_are_rows_of_their_own(graph: GraphDatabase, engine: Engine) -> None:
    whole = read(ENVIRONMENT)
    fewer = [read({"hardware": {key: value for key, value in HARDWARE.items() if key != lost}}) for lost in HARDWARE]
    told = [whole, whole.as_type(EnvironmentTypeEnum.BUILDTIME), read({}), *fewer, read({**FLAT, "os_version": "7"})]
    ids = tell(graph, *told)
    assert ids[RuntimeEnvironment()] == (None, None)
    assert (count(engine, "software_environment"), count(engine, "hardware_information")) == (3, 1 + len(HARDWARE))
    assert len(set(ids.values())) == len(told)
    assert {software_id for software_id, _ in ids.values()} == {
        None,
        *(row for (row,) in rows_of(engine, "SELECT id FROM software_environment")),
    }


def test_that_nothing_is_known_and_that_it_is_empty_are_told_apart(graph: GraphDatabase, engine: Engine) -> None:
    """Digests of (None, 'x') and ('x', None) differ."""
    names = [RuntimeEnvironment(hardware=Hardware(**{name: "x"})) for name in ("cpu_model_name", "gpu_model_name")]
    zero, one = RuntimeEnvironment(hardware=Hardware(cpu_cores=0)), RuntimeEnvironment(hardware=Hardware(cpu_model=0))
    tell(graph, *names, zero, one)
    assert count(engine, "hardware_information") == 4
