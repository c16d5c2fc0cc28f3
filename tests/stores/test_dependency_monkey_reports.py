"""The store of dependency monkeys' reports."""

from __future__ import annotations

from typing import Any

import pytest
from support.stores import document_of_2019, document_of_2023

from thoth.storages import DependencyMonkeyReportsStore


@pytest.fixture
def reports(settings: pytest.MonkeyPatch) -> DependencyMonkeyReportsStore:
    store = DependencyMonkeyReportsStore()
    store.connect()
    return store


def report(document_id: str, result: Any) -> dict[str, Any]:
    write = document_of_2023 if "-2105" in document_id else document_of_2019
    return write(document_id) | {"result": result}


def test_the_inspections_of_both_generations_reports_are_listed(reports: DependencyMonkeyReportsStore) -> None:
    responses = [{"response": "inspection-a-210501000000-0a", "score": 1.0}, {"response": "inspection-b-1b"}]
    reports.store_document(report("dependency-monkey-210501000000-0a", {"report": {"responses": responses}}))
    reports.store_document(report("dependency-monkey-22a89155", {"output": ["inspection-c-2c", "inspection-c-2c"]}))
    assert list(reports.iterate_inspection_ids()) == [
        "inspection-a-210501000000-0a",
        "inspection-b-1b",
        "inspection-c-2c",
        "inspection-c-2c",
    ]


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        [],
        {"report": {"ERROR": "no stack could be resolved"}},
        {"report": None, "output": None},
        {"report": {"responses": None}},
        {"report": {"responses": [None, {}, {"response": None}]}, "output": [None, 3]},
    ],
)
def test_a_report_without_inspections_adds_none(reports: DependencyMonkeyReportsStore, result: Any) -> None:
    reports.store_document(report("dependency-monkey-210501000000-0a", result))
    reports.store_document(report("dependency-monkey-22a89155", {"output": ["inspection-c-2c"]}))
    assert list(reports.iterate_inspection_ids()) == ["inspection-c-2c"]
