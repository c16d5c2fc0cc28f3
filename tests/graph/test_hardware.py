"""Hardware that services tell of, look at and delete."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser
from support.inspection_documents import HARDWARE
from support.tables import count, rows_of

from thoth.storages.graph import GraphDatabase

NOTHING = dict.fromkeys(HARDWARE)


@pytest.mark.parametrize("is_external", [True, False])
def test_hardware_is_stored_once_and_apart_from_the_other_kind(graph: GraphDatabase, is_external: bool) -> None:
    first = graph.create_hardware_information(HARDWARE, is_external=is_external)
    assert graph.create_hardware_information(dict(reversed(HARDWARE.items())), is_external=is_external) == first
    other = graph.create_hardware_information({"cpu_cores": 4}, is_external=is_external)
    assert graph.get_hardware_environments_all(is_external=is_external) == [HARDWARE, {**NOTHING, "cpu_cores": 4}]
    with_ids = graph.get_hardware_environments_all(is_external=is_external, start_offset=1, without_id=False)
    assert with_ids == [{"id": other, **NOTHING, "cpu_cores": 4}]
    assert graph.get_hardware_environments_all(is_external=not is_external) == []


def test_what_services_tell_is_a_users_unless_they_say_otherwise(graph: GraphDatabase) -> None:
    graph.create_hardware_information(HARDWARE)
    assert graph.get_hardware_environments_all(True) == [HARDWARE]
    assert graph.get_hardware_environments_all() == []


def test_a_key_that_nobody_knows_is_left_out_with_a_warning(
    graph: GraphDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    graph.create_hardware_information({"ram_size": 64, "colour": "red"})
    assert graph.get_hardware_environments_all(True) == [{**NOTHING, "ram_size": 64}]
    assert "no place for colour" in caplog.text


@pytest.mark.parametrize(
    ("hardware", "error", "message"),
    [
        ({}, ValueError, "hardware must say something of cpu_vendor"),
        (NOTHING, ValueError, "hardware must say something"),
        ({"colour": "red"}, ValueError, "hardware must say something"),
        ({"cpu_cores": "many"}, ValueError, "hardware.cpu_cores must be a whole number"),
        ({"cpu_cores": -1}, ValueError, "hardware.cpu_cores must be a whole number"),
        ({"gpu_vendor": "a\0b"}, ValueError, "hardware.gpu_vendor must be"),
        (None, TypeError, "hardware must be a dictionary, not None"),
    ],
)
def test_what_is_no_hardware_is_refused_by_its_key(hardware: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        GraphDatabase().create_hardware_information(hardware)


def test_deleting_hardware_leaves_the_runs_that_named_it(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_adviser_result(adviser())
    (one,) = graph.get_hardware_environments_all(True, without_id=False)
    graph.delete_hardware_information(one["id"], is_external=False)
    assert count(engine, "external_hardware_information") == 1, "the other kind has numbers of its own"
    graph.delete_hardware_information(one["id"])
    graph.delete_hardware_information(one["id"])
    graph.delete_hardware_information(2**70)
    assert count(engine, "external_hardware_information") == 0
    assert rows_of(engine, "SELECT external_hardware_information_id FROM adviser_run") == [(None,)]
    with pytest.raises(TypeError, match="hardware_information_id must be the number of a row, not 'x'"):
        graph.delete_hardware_information("x")  # type: ignore[arg-type]
