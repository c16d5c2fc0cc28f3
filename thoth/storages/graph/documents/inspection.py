"""Results of inspections: a software stack was built and run, and a script in it measured something.

Two generations are read: that of 2023, a document for each result of an inspection, and that of 2019, one for the whole
inspection, which has one result, or none where it was built and not run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any

from ...document_ids import InspectionResultId, date_of
from ...exceptions import NoDocumentIdError, SchemaError
from ..enums import DocumentKindEnum, EnvironmentTypeEnum
from .dependency_monkey import parse_inspection_id
from .ledger import DocumentRow
from .quantities import parse_cores, parse_gibibytes
from .reading import NAME_BYTES, Place, content_sha256
from .runtime_environments import RuntimeEnvironment, parse_hardware, parse_runtime_environment
from .stacks import Stack, parse_stack

MOST_RESULT_NUMBER = 10**9 - 1
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """The run itself, with the cores and GiB that were asked for."""

    inspection_document_id: str
    inspection_result_number: int
    datetime: datetime | None
    amun_version: str | None
    build_requests_cpu: float | None
    build_requests_memory: float | None
    run_requests_cpu: float | None
    run_requests_memory: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """What the script reported, as it stands in the document; an indicator's columns say what it has to look like."""

    document_id: str
    path: str
    specification: Mapping[str, Any] = field(hash=False)
    result: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class InspectionRows:
    """Everything a result of an inspection says, but for its report, which is not read yet; None without a script."""

    document: DocumentRow
    run: Run
    run_environment: RuntimeEnvironment
    build_environment: RuntimeEnvironment
    stack: Stack
    report: Report | None

    @property
    def made_at(self) -> datetime:
        """When the inspection was made; where that is not known, when its id says, else long ago."""
        return self.document.created_at


def document_id_of_result(document: Any) -> str:
    """The id of a result of an inspection, <inspection id>/results/<number>; those of 2019 have the number 0.

    Raises SchemaError for a document that does not say which inspection it is of, or which of its results.
    """
    return str(_result_id(document))


def parse(document: Any) -> InspectionRows:
    """What a result of an inspection says.

    What was asked of processor and memory, the environment and the stack may be missing. Locked packages are left out,
    with a remark, where the environment they are for is not known. Raises SchemaError, with the place and what was
    expected, for anything that is no result of an inspection.
    """
    result_id = _result_id(document)
    top = Place(str(result_id), "", document)
    specification = top["specification"]
    if _is_of_2019(document):
        result, environments = top.get("job_log"), _environments_of_2019(specification)
    else:
        result, environments = top["result"], _environments(specification, top["result"])
    remarks: list[str] = []
    run = _run(result_id, top)
    return InspectionRows(
        run=run,
        run_environment=environments[0],
        build_environment=environments[1],
        stack=_stack(specification, environments[0], remarks),
        report=_report(specification, result),
        # Last: by then all remarks are made.
        document=_ledger_row(document, result_id, run, remarks),
    )


# --- Which result ----------------------------------------------------------------------------------------------------


def _is_of_2019(document: Mapping[str, Any]) -> bool:
    return "inspection_id" in document


def _result_id(document: Any) -> InspectionResultId:
    if not isinstance(document, dict):
        raise SchemaError(None, "the top", "a result of an inspection: a JSON object")
    key = "inspection_id" if _is_of_2019(document) else "document_id"
    if not isinstance(document.get(key), str) or not document[key]:
        raise NoDocumentIdError(None, key, "the id of an inspection")
    inspection_id = parse_inspection_id(Place(None, key, document[key]))
    if _is_of_2019(document):
        return InspectionResultId(inspection_id, 0)
    number = Place(inspection_id, "", document)["result_number"]
    if number.whole_number() > MOST_RESULT_NUMBER:
        raise number.refuse(f"at most {MOST_RESULT_NUMBER}")
    return InspectionResultId(inspection_id, number.whole_number())


def _created(top: Place) -> datetime | None:
    """When the inspection was made, or else its result; documents of 2019 say it outside of the specification."""
    is_of_2019 = _is_of_2019(top.value)
    place = top.get("created") if is_of_2019 else None
    place = place or top["specification"].get("@created")
    place = place or (None if is_of_2019 else top["result"].get("datetime"))
    return None if place is None else place.moment()


def _ledger_row(document: Any, result_id: InspectionResultId, run: Run, remarks: list[str]) -> DocumentRow:
    day = date_of(result_id.inspection_id)
    named = _LONG_AGO if day is None else datetime.combine(day, time(), UTC)
    return DocumentRow(
        document_id=str(result_id),
        kind=DocumentKindEnum.INSPECTION,
        content_sha256=content_sha256(str(result_id), document),
        created_at=run.datetime or named,
        remarks=tuple(remarks),
    )


# --- What it says ----------------------------------------------------------------------------------------------------


def _requests(specification: Place, stage: str) -> Place | None:
    """What was asked of the machine for a stage, build or run."""
    place = specification.get(stage)
    return None if place is None else place.get("requests")


def _run(result_id: InspectionResultId, top: Place) -> Run:
    specification, amun_version = top["specification"], top.get("amun_version")
    build, run = _requests(specification, "build"), _requests(specification, "run")
    return Run(
        inspection_document_id=result_id.inspection_id,
        inspection_result_number=result_id.number,
        datetime=_created(top),
        amun_version=None if amun_version is None else amun_version.text(NAME_BYTES),
        build_requests_cpu=parse_cores(build and build.get("cpu")),
        build_requests_memory=parse_gibibytes(build and build.get("memory")),
        run_requests_cpu=parse_cores(run and run.get("cpu")),
        run_requests_memory=parse_gibibytes(run and run.get("memory")),
    )


def _environments(specification: Place, result: Place) -> tuple[RuntimeEnvironment, RuntimeEnvironment]:
    """Where it ran and where it was built: the same software, each on the hardware that was asked for.

    What the result says of the hardware it ran on counts more than what was asked for.
    """
    found = parse_runtime_environment(result.get("runtime_environment"))
    build, run = _requests(specification, "build"), _requests(specification, "run")
    ran_on = found.hardware or parse_hardware(run and run.get("hardware"))
    built_on = parse_hardware(build and build.get("hardware"))
    return (
        replace(found, hardware=ran_on),
        replace(found.as_type(EnvironmentTypeEnum.BUILDTIME), hardware=built_on),
    )


def _environments_of_2019(specification: Place) -> tuple[RuntimeEnvironment, RuntimeEnvironment]:
    """Where it ran and where it was built; what was asked of the machine says it."""
    return (
        parse_runtime_environment(_requests(specification, "run")),
        parse_runtime_environment(_requests(specification, "build"), EnvironmentTypeEnum.BUILDTIME),
    )


def _stack(specification: Place, environment: RuntimeEnvironment, remarks: list[str]) -> Stack:
    python = specification.get("python")
    stack = parse_stack(python, remarks)
    if stack.locked is None or environment.solved_in is not None:
        return stack
    remarks.append("specification.python.requirements_locked: left out, the environment it is for is not known")
    return replace(stack, locked=None)


def _report(specification: Place, result: Place | None) -> Report | None:
    script = specification.get("script")
    if result is not None and not isinstance(result.value, dict):
        raise result.refuse("an object")
    if script is None or not script.text().strip() or result is None:
        return None
    return Report(str(specification.document_id), result.path, specification.value, result.value)
