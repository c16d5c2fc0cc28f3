"""Inspections whose scripts report an indicator that somebody defined in a module of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.documents import Document
from support.indicators import report
from support.inspection_documents import ENVIRONMENT, inspection, without_lock
from support.tables import count, rows_of

from thoth.storages.exceptions import PerformanceIndicatorNotRegisteredError
from thoth.storages.graph import GraphDatabase

SERVICE = '''
import json
import sys

from sqlalchemy import Boolean, Column, Enum, Float, Integer, JSON, Text

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.models_base import Base, BaseExtension
from thoth.storages.graph.models_performance import PerformanceIndicatorBase


class PiSort(Base, BaseExtension, PerformanceIndicatorBase):
    """A row is how fast a Python sorted numbers."""

    numbers = Column(Integer, nullable=False)
    steps = Column(JSON)
    order = Column(Enum("up", "down", name="sort_order"), nullable=False, default="up")
    stable = Column(Boolean, nullable=False, server_default="true")
    rate = Column(Float, nullable=False)

    @classmethod
    def from_report(cls, inspection_result, partial_model):
        """Its script calls the numbers by another name."""
        parameters = inspection_result["stdout"]["@parameters"]
        parameters["numbers"] = parameters.pop("how-many")
        return super().from_report(inspection_result, partial_model)


graph = GraphDatabase()
graph.connect()
PiSort.__table__.create(graph._connected_engine(), checkfirst=True)
for document in json.load(sys.stdin):
    before = json.dumps(document)
    graph.sync_inspection_result(document)
    graph.sync_inspection_result(document, force=True)
    assert json.dumps(document) == before
graph.disconnect()
'''
MEASURED = """
    SELECT inspection_result_number, numbers, steps, "order", stable, rate
    FROM pi_sort JOIN inspection_run i ON i.id = inspection_run_id ORDER BY 1"""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A program that knows the indicator, and tells the graph of the documents that it reads."""
    path = tmp_path / "service.py"
    path.write_text(SERVICE)
    return path


def told_by(service: Path, *documents: Document) -> None:
    feed = json.dumps(documents)
    done = subprocess.run([sys.executable, service], input=feed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def sorting(number: int, **result: object) -> Document:
    document = without_lock(inspection(number))
    said = report("PiSort", {"how-many": 1000}, {"rate": 2.5, **result})
    document["result"] = {**said, "runtime_environment": ENVIRONMENT}
    return document


def test_an_indicator_of_ones_own_is_stored_like_any_other(graph: GraphDatabase, engine: Engine, service: Path) -> None:
    told_by(service, sorting(0), sorting(1, steps=[1, {"a": None}], order="down", stable=False))
    assert rows_of(engine, MEASURED) == [
        (0, 1000, None, "up", True, 2.5),
        (1, 1000, [1, {"a": None}], "down", False, 2.5),
    ]
    ids = rows_of(engine, "SELECT id FROM pi_sort ORDER BY 1")
    told_by(service, sorting(1, rate=3))
    assert rows_of(engine, MEASURED)[1] == (1, 1000, None, "up", True, 3.0)
    assert rows_of(engine, "SELECT id FROM pi_sort ORDER BY 1") == ids


def test_who_does_not_know_an_indicator_stores_nothing_of_it_and_still_replaces_it(
    graph: GraphDatabase, engine: Engine, service: Path
) -> None:
    told_by(service, sorting(0), sorting(1))
    with pytest.raises(PerformanceIndicatorNotRegisteredError, match="not 'PiSort'"):
        graph.sync_inspection_result(sorting(2))
    assert count(engine, "inspection_run") == 2
    graph.sync_inspection_result(without_lock(inspection(1)))
    assert [row[0] for row in rows_of(engine, MEASURED)] == [0]
    assert count(engine, "pi_matmul") == 1
