"""Adviser documents: a user's software stack, and the stacks that were advised instead.

Two generations are read: that of 2023, and that of 2019, which tells the user's stack under result.input and what was
advised in a list.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, TypeVar

from ...exceptions import SchemaError
from ..enums import DocumentKindEnum, RecommendationTypeEnum, RequirementsFormatEnum, SourceTypeEnum
from ..names import is_package_name, normalize_package_name
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag, optional_signed_number
from .reading import Place
from .runtime_environments import RuntimeEnvironment, parse_runtime_environment
from .stacks import Stack, parse_stack
from .texts import PATH_BYTES, kept, optional_text

E = TypeVar("E", bound=Enum)

_SCORE = "a score: a finite number"
_PARTS_OF_2019 = 3  # of what was advised: why, the stack, the score


@dataclass(frozen=True, slots=True)
class Run:
    """The run itself, and what was asked of it."""

    adviser_name: str
    adviser_version: str
    count: int | None
    limit: int | None
    limit_latest_versions: int | None
    recommendation_type: RecommendationTypeEnum
    requirements_format: RequirementsFormatEnum
    origin: str | None
    source_type: SourceTypeEnum | None
    is_s2i: bool | None
    re_run_adviser_id: str | None
    debug: bool
    adviser_error: bool
    duration: int | None
    advised_configuration_changes: bool
    additional_stack_info: bool


class Advised(NamedTuple):
    """A stack that was advised, with its scores; None where there is none."""

    stack: Stack
    performance_score: float | None
    overall_score: float | None


class Asker(NamedTuple):
    """The repository that Kebechet asked for advice for, and in which of its runtime environments; None is any."""

    slug: str
    runtime_environment_name: str | None


@dataclass(frozen=True, slots=True)
class AdviserRows:
    """Everything an adviser document says; nothing twice. What was advised is in the order of its score, best first."""

    document: DocumentRow
    run: Run
    environment: RuntimeEnvironment
    users_stack: Stack
    advised: tuple[Advised, ...]
    unresolved: tuple[str, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at

    @property
    def asker(self) -> Asker | None:
        """Whom Kebechet asked for; None where it did not ask, or its origin names no repository."""
        software = self.environment.software
        name = None if software is None else software.environment_name
        return asker_of(self.run.source_type, self.run.origin, name)


def asker_of(source_type: SourceTypeEnum | None, origin: str | None, environment_name: str | None) -> Asker | None:
    """Whom Kebechet asked for, by what a run of the adviser says."""
    slug = slug_of(origin) if origin is not None and source_type is SourceTypeEnum.KEBECHET else None
    return None if slug is None else Asker(slug, environment_name)


def slug_of(origin: str) -> str | None:
    """owner/repository, in lower case, for https://github.com/Owner/Repository.git; None without two such parts."""
    parts = re.split(r"[/:]+", origin.strip().rstrip("/").lower().removesuffix(".git"))
    return "/".join(parts[-2:]) if len(parts) > 1 and all(parts[-2:]) else None


def parse(document: Any) -> AdviserRows:
    """What an adviser document says.

    The user's stack, its environment, the report and how many stacks were asked for may be missing. Locked packages are
    left out, with a remark, where the environment they are for is not known, and so is what was advised without a
    stack. Raises SchemaError, with the place and what was expected, for anything that is no adviser document.
    """
    opened = open_document(document, "an adviser document")
    remarks: list[str] = []
    parameters = opened.result["parameters"]
    project = parameters.get("project")
    environment = parse_runtime_environment((parameters if project is None else project).get("runtime_environment"))
    report = opened.result.get("report")
    return AdviserRows(
        run=_run(opened, remarks),
        environment=environment,
        users_stack=parse_stack(opened.result.get("input") if project is None else project, remarks),
        advised=_advised(report, environment, remarks),
        unresolved=_unresolved(report, remarks),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.ADVISER, document, remarks),
    )


# --- The run ---------------------------------------------------------------------------------------------------------


def _run(opened: Opened, remarks: list[str]) -> Run:
    arguments, parameters = opened.arguments("thoth-adviser"), opened.result["parameters"]
    asked = arguments.get("metadata") or Place(opened.document_id, f"{arguments.path}.metadata", {})
    source_type, is_s2i = asked.get("source_type"), asked.get("is_s2i")
    run = Run(
        adviser_name=opened.analyzer_name,
        adviser_version=opened.analyzer_version,
        count=optional_signed_number(parameters, "count"),
        limit=optional_signed_number(parameters, "limit"),
        limit_latest_versions=optional_signed_number(parameters, "limit_latest_versions"),
        recommendation_type=_member(parameters["recommendation_type"], RecommendationTypeEnum),
        requirements_format=_member(parameters["requirements_format"], RequirementsFormatEnum),
        origin=optional_text(asked, "origin", PATH_BYTES),
        source_type=None if source_type is None else _member(source_type, SourceTypeEnum),
        is_s2i=None if is_s2i is None else is_s2i.flag(),
        re_run_adviser_id=_repeated(asked),
        debug=optional_flag(arguments, "verbose", default=False),
        adviser_error=opened.result["error"].flag(),
        duration=opened.duration,
        advised_configuration_changes=_says_anything(opened.result, "advised_configuration"),
        additional_stack_info=_has_stack_info(opened.result),
    )
    if run.source_type is SourceTypeEnum.KEBECHET and slug_of(run.origin or "") is None:
        remarks.append(f"{asked.path}.origin: no repository to be noted as one that Kebechet looks after")
    return run


def _member(place: Place, enumeration: type[E]) -> E:
    """The member of this name, in whatever case."""
    known = enumeration.__members__
    found = known.get(place.text().upper())
    if found is None:
        raise SchemaError(place.document_id, place.path, f"one of {', '.join(known).lower()}")
    return found


def _repeated(asked: Place) -> str | None:
    """The document id of the run that this one repeats."""
    place = asked.get("re_run_adviser_id")
    if place is None or place.value == "":
        return None
    if place.name() == place.document_id:
        raise SchemaError(place.document_id, place.path, "the id of another document, not its own")
    return place.name()


def _has_stack_info(result: Place) -> bool:
    """Whether there is information about the stack beside the products, which later advisers put into the report."""
    report = result.get("report")
    in_report = report is not None and isinstance(report.value, dict) and _says_anything(report, "stack_info")
    return in_report or _says_anything(result, "stack_info")


def _says_anything(result: Place, key: str) -> bool:
    place = result.get(key)
    return place is not None and bool(place.value)


def _unresolved(report: Place | None, remarks: list[str]) -> tuple[str, ...]:
    """The names of packages that were not solved when the adviser ran."""
    if report is None or isinstance(report.value, list):
        return ()
    details = report.get("_ERROR_DETAILS")
    names = iter(()) if details is None else details.items("unresolved")
    return tuple(sorted(set(kept(names, _package_name, remarks))))


def _package_name(place: Place, _remarks: list[str]) -> str:
    name = place.name()
    if not is_package_name(name):
        raise place.refuse("the name of a package")
    return normalize_package_name(name)


# --- What was advised ------------------------------------------------------------------------------------------------


def _advised(report: Place | None, environment: RuntimeEnvironment, remarks: list[str]) -> tuple[Advised, ...]:
    if report is None:
        return ()
    told = _advised_in_2019(report, remarks) if isinstance(report.value, list) else _products(report, remarks)
    found = [advised for advised in told if advised.stack]
    if environment.solved_in is None and any(advised.stack.locked is not None for advised in found):
        remarks.append(f"{report.path}: locked packages are left out, the environment they are for is not known")
        unlocked = (advised._replace(stack=replace(advised.stack, locked=None)) for advised in found)
        found = [advised for advised in unlocked if advised.stack]
    return tuple(dict.fromkeys(sorted(found, key=_rank)))


def _rank(advised: Advised) -> float:
    return math.inf if advised.overall_score is None else -advised.overall_score


def _products(report: Place, remarks: list[str]) -> Iterator[Advised]:
    for product in report.items("products"):
        project, reasons = product.get("project"), product.get("justification")
        yield _with_scores(product, project, reasons, product.get("score"), remarks)


def _advised_in_2019(report: Place, remarks: list[str]) -> Iterator[Advised]:
    for item in report.each():
        if not isinstance(item.value, list) or len(item.value) != _PARTS_OF_2019:
            remarks.append(f"{item.path}: left out, it is no list of why, a stack and its score")
            continue
        reasons, project, score = (None if place.value is None else place for place in item.each())
        yield _with_scores(item, project, reasons, score, remarks)


def _with_scores(
    item: Place, project: Place | None, reasons: Place | None, score: Place | None, remarks: list[str]
) -> Advised:
    stack = parse_stack(project, remarks)
    if not stack:
        remarks.append(f"{item.path}: left out, it has no software stack")
    return Advised(stack, _performance_score(reasons), _score(score))


def _performance_score(reasons: Place | None) -> float | None:
    """That of the first reason that has one."""
    found = (_score(reason.get("performance_score")) for reason in (() if reasons is None else reasons.each()))
    return next((score for score in list(found) if score is not None), None)


def _score(place: Place | None) -> float | None:
    """A score; no score has a sign when it is zero, so that equal scores are one."""
    if place is None:
        return None
    if not isinstance(place.value, int | float) or isinstance(place.value, bool):
        raise place.refuse(_SCORE)
    try:
        score = float(place.value)
    except OverflowError:  # an integer of more digits than any float has
        raise place.refuse(_SCORE) from None
    if not math.isfinite(score):
        raise place.refuse(_SCORE)
    return score + 0.0
