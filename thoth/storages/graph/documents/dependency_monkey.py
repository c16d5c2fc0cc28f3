"""Documents of Dependency Monkey: which software stacks it made, and which inspections it asked for.

Two generations are read: that of 2023, in which each inspection is run several times, and that of 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...exceptions import SchemaError
from ..enums import DocumentKindEnum
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag, optional_number, optional_signed_number
from .reading import Place
from .runtime_environments import RuntimeEnvironment, parse_runtime_environment
from .stacks import Requirement, parse_requirements
from .texts import kept, optional_text

MOST_RESULTS = 1_000_000
"""That one document may ask for: every one is a row that waits."""

_REASON = 1000  # characters of what a run failed by; the rest of a traceback is in the document


@dataclass(frozen=True, slots=True)
class Run:
    """The run itself."""

    dependency_monkey_name: str
    dependency_monkey_version: str
    seed: int | None
    decision: str
    count: int | None
    limit_latest_versions: int | None
    debug: bool
    dependency_monkey_error: bool
    duration: int | None


@dataclass(frozen=True, slots=True)
class DependencyMonkeyRows:
    """Everything a document of Dependency Monkey says; nothing twice. Of each inspection so many results are to come.

    Stacks are built in the environment in which they run.
    """

    document: DocumentRow
    run: Run
    environment: RuntimeEnvironment
    requirements: tuple[Requirement, ...]
    inspections: tuple[str, ...]
    results_of_each: int

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> DependencyMonkeyRows:
    """What a document of Dependency Monkey says.

    A run that failed, by its error or by ERROR in its report, need not say what it did; a remark says what it failed
    by. Where nothing says how stacks were chosen, the decision is unknown; without a count, each inspection has one
    result to come. Raises SchemaError, with the place and what was expected, for anything that is no such document.
    """
    opened = open_document(document, "a document of Dependency Monkey")
    remarks: list[str] = []
    parameters = opened.result["parameters"]
    project = parameters.get("project")
    stack = parameters if project is None else project
    run = _run(opened, remarks)
    inspections = _inspections(opened.result, remarks, failed=run.dependency_monkey_error)
    return DependencyMonkeyRows(
        run=run,
        environment=parse_runtime_environment(stack.get("runtime_environment")),
        requirements=_requirements(stack, remarks, failed=run.dependency_monkey_error),
        inspections=inspections,
        results_of_each=_results_of_each(opened.result, inspections),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.DEPENDENCY_MONKEY, document, remarks),
    )


# --- The run ---------------------------------------------------------------------------------------------------------


def _run(opened: Opened, remarks: list[str]) -> Run:
    parameters = opened.result["parameters"]
    return Run(
        dependency_monkey_name=opened.analyzer_name,
        dependency_monkey_version=opened.analyzer_version,
        seed=optional_signed_number(parameters, "seed"),
        decision=optional_text(parameters, "decision_type") or "unknown",
        count=optional_number(parameters, "count"),
        limit_latest_versions=optional_signed_number(parameters, "limit_latest_versions"),
        debug=optional_flag(opened.arguments("thoth-adviser"), "verbose", default=False),
        dependency_monkey_error=_failed(opened.result, remarks),
        duration=opened.duration,
    )


def _failed(result: Place, remarks: list[str]) -> bool:
    """Whether the result has an error, a truth value or a text that says which, or its report has an ERROR."""
    report = result.get("report")
    errors = (result.get("error"), None if report is None else report.get("ERROR"))
    return True in [_is_error(place, remarks) for place in errors if place is not None]


def _is_error(place: Place, remarks: list[str]) -> bool:
    if not isinstance(place.value, str):
        return place.flag()
    reason = place.text().strip()
    if reason:
        remarks.append(f"{place.path}: {reason[:_REASON]}")
    return bool(reason)


# --- What it made ----------------------------------------------------------------------------------------------------


def _requirements(stack: Place, remarks: list[str], *, failed: bool) -> tuple[Requirement, ...]:
    pipfile = stack.get("requirements") if failed else stack["requirements"]
    return () if pipfile is None else tuple(dict.fromkeys(parse_requirements(pipfile, remarks)))


def _inspections(result: Place, remarks: list[str], *, failed: bool) -> tuple[str, ...]:
    return tuple(sorted(set(kept(_named(result, failed=failed), parse_inspection_id, remarks))))


def _named(result: Place, *, failed: bool) -> Iterator[Place]:
    """The ids of the inspections: result.report.responses[].response, in 2019 result.output[]."""
    output = result.get("output")
    report = result.get("report") if failed or output is not None else result["report"]
    for response in () if report is None else report.items("responses"):
        yield response["response"]
    yield from () if output is None else output.each()


def parse_inspection_id(place: Place, _remarks: list[str] | None = None) -> str:
    """The id of an inspection; no slash is in it, since the number of a result follows one."""
    inspection_id = place.name()
    if "/" in inspection_id:
        raise SchemaError(place.document_id, place.path, "the id of an inspection, without a slash")
    return inspection_id


def _results_of_each(result: Place, inspections: tuple[str, ...]) -> int:
    """How many results of each inspection are to come; in 2019, when the ids stand in result.output, it was one."""
    count = result["parameters"].get("count")
    if count is None or result.get("report") is None:
        return 1
    number = count.whole_number()
    if number * len(inspections) > MOST_RESULTS:
        raise SchemaError(count.document_id, count.path, f"at most {MOST_RESULTS} results of all inspections together")
    return number
