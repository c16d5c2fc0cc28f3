"""The reports of dependency monkeys: which stacks they had inspected."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class DependencyMonkeyReportsStore(ResultStorageBase):
    """Dependency monkey reports; their ids start with the analyzer's name, dependency-monkey."""

    RESULT_TYPE = "dependency-monkey-reports"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "dependency-monkey-"

    def iterate_inspection_ids(self) -> Generator[str, None, None]:
        """The ids of the inspections that the reports started, report by report and as they stand there."""
        reports = self.iterate_results()
        return (inspection_id for _, report in reports for inspection_id in _inspection_ids(report))


def _inspection_ids(report: dict[str, Any]) -> Iterator[str]:
    """The ids in result.report.responses, in 2019 in result.output; none where a report says that it failed."""
    result = _mapping(report.get("result"))
    responses = _mapping(result.get("report")).get("responses")
    newer = [_mapping(response).get("response") for response in responses] if isinstance(responses, list) else []
    output = result.get("output")
    older = output if isinstance(output, list) else []
    return (inspection_id for inspection_id in [*newer, *older] if isinstance(inspection_id, str))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
