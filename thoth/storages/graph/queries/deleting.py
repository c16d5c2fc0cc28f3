"""What one can have the graph forget: documents, one by one or by what their runs have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ...exceptions import FilterMissingError
from ..enums import DocumentKindEnum
from ..filters import Environment, checked_text
from ..models import AdviserRun, EcosystemSolver, PackageExtractRun, Solved
from ..sql_types import AnySelect
from ..writers.deletions import delete_adviser_documents, delete_analysis_documents, delete_solver_documents
from .base import Questions
from .solver_documents import day, solved_in
from .versions import as_python

_Delete = Callable[[Session, Sequence[str]], int]

BATCH = 50  # documents that are deleted in one transaction: one that is large would outlast the time for a statement


@dataclass(frozen=True, slots=True)
class Doomed:
    """Documents of one kind that are to be deleted: their ids (one for each run) and what deletes some of them."""

    kind: DocumentKindEnum
    runs: AnySelect
    delete: _Delete


def _run_ids(column: Any, conditions: list[ColumnElement[bool]]) -> AnySelect:
    """The document id of each run for which the conditions hold, by it."""
    return select(column).where(*conditions).order_by(as_python(column))


def _solver_run_ids(environment: Environment) -> AnySelect:
    """The document id of each run of a solver in an environment, by it."""
    solvers = solved_in(select(EcosystemSolver.id), environment)
    return _run_ids(Solved.document_id, [Solved.ecosystem_solver_id.in_(solvers)])


def doomed_solver_documents(os_name: str | None, os_version: str | None, python_version: str | None) -> Doomed:
    """The solver documents of an environment; what is None means any. Raises FilterMissingError where all are."""
    environment = Environment.of(os_name, os_version, python_version)
    if environment == Environment():
        raise FilterMissingError("runs of solvers", ("os_name", "os_version", "python_version"))
    return Doomed(DocumentKindEnum.SOLVER, _solver_run_ids(environment), delete_solver_documents)


def doomed_adviser_documents(end_datetime: datetime | str | None, adviser_version: str | None) -> Doomed:
    """The adviser's documents from before a moment, of a version. Raises FilterMissingError where both are None."""
    conditions = _conditions(AdviserRun, end_datetime, "adviser_version", adviser_version)
    runs = _run_ids(AdviserRun.adviser_document_id, conditions)
    return Doomed(DocumentKindEnum.ADVISER, runs, delete_adviser_documents)


def doomed_analysis_documents(end_datetime: datetime | str | None, package_extract_version: str | None) -> Doomed:
    """The same of image analyses."""
    conditions = _conditions(PackageExtractRun, end_datetime, "package_extract_version", package_extract_version)
    runs = _run_ids(PackageExtractRun.analysis_document_id, conditions)
    return Doomed(DocumentKindEnum.ANALYSIS, runs, delete_analysis_documents)


def _conditions(
    runs: type[AdviserRun] | type[PackageExtractRun],
    end_datetime: datetime | str | None,
    parameter: str,
    version: str | None,
) -> list[ColumnElement[bool]]:
    end = moment_of(end_datetime)
    conditions: list[ColumnElement[bool]] = [] if end is None else [runs.datetime < end]
    if checked_text(parameter, version) is not None:
        conditions.append(getattr(runs, parameter) == version)
    if not conditions:
        raise FilterMissingError(f"rows of {runs.__tablename__}", ("end_datetime", parameter))
    return conditions


def batches(document_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids, so many at a time as are deleted in one transaction."""
    return (document_ids[start : start + BATCH] for start in range(0, len(document_ids), BATCH))


def moment_of(end_datetime: datetime | str | None) -> datetime | None:
    """An end in UTC: one without a zone is in UTC, of a day (DD-MM-YYYY) its beginning.

    Raises ValueError for a text that is no day, TypeError for what is neither.
    """
    if end_datetime is None or isinstance(end_datetime, str):
        return day("end_datetime", end_datetime)
    if not isinstance(end_datetime, datetime):
        raise TypeError(f"end_datetime must be a datetime or a day such as 31-12-2023, not {end_datetime!r}")
    return end_datetime.replace(tzinfo=UTC) if end_datetime.tzinfo is None else end_datetime.astimezone(UTC)


class DeletionQueries(Questions):
    """Deleting what documents said. The documents themselves stay where they are stored; a sync tells them again.

    Nothing goes that another document says as well, and what is shared by all stays. Documents that spoke of what goes
    are told again by the next sync. Many documents are deleted in batches, each as a whole or not at all: after an
    error, call again.
    """

    def delete_solved(self, *, os_name: str, os_version: str, python_version: str) -> int:
        """How many runs of solvers in an environment were deleted, with the package versions that nobody else solved.

        What is None means any. Raises FilterMissingError, a ValueError, where everything is.
        """
        return self._delete_all(doomed_solver_documents(os_name, os_version, python_version))

    def delete_solver_result(self, solver_document_id: str) -> int:
        """How many runs of a solver document were deleted, one for each package version it tells of.

        A package version goes that no other document solved in its environment, with all it depends on; documents of
        advisers, inspections and reverse solvers that name it wait for it from then on. Where an older document solved
        it as well, the next sync tells that one again: until then the version stays as it was described.
        """
        return self._delete(delete_solver_documents, "solver_document_id", solver_document_id)

    def delete_adviser_run(
        self, *, end_datetime: datetime | str | None = None, adviser_version: str | None = None
    ) -> int:
        """How many runs of the adviser were deleted that were made before a moment, by a version, or both.

        A moment without a zone is in UTC; a text is a day, DD-MM-YYYY, and stands for its beginning. Raises
        FilterMissingError, a ValueError, without any filter, and ValueError for what is no day.
        """
        return self._delete_all(doomed_adviser_documents(end_datetime, adviser_version))

    def delete_adviser_result(self, adviser_document_id: str) -> int:
        """How many runs of an adviser document were deleted, 1 or 0, with what was advised.

        A run that it repeated is to be repeated again; what Kebechet was told is what a document says that is left.
        """
        return self._delete(delete_adviser_documents, "adviser_document_id", adviser_document_id)

    def delete_package_extract_run(
        self, *, end_datetime: datetime | str | None = None, package_extract_version: str | None = None
    ) -> int:
        """How many image analyses were deleted that were made before a moment, by a version, or both.

        The filters are those of delete_adviser_run(), and so are the errors.
        """
        return self._delete_all(doomed_analysis_documents(end_datetime, package_extract_version))

    def delete_analysis_result(self, analysis_document_id: str) -> int:
        """How many image analyses of a document were deleted, 1 or 0, with what was found in the image."""
        return self._delete(delete_analysis_documents, "analysis_document_id", analysis_document_id)

    def _doomed_ids(self, doomed: Doomed) -> list[str]:
        """The ids of documents that are to be deleted, sorted, each once."""
        return list(dict.fromkeys(document_id for (document_id,) in self._ask(doomed.runs)))

    def _delete_all(self, doomed: Doomed) -> int:
        return sum(self._delete_some(doomed.delete, batch) for batch in batches(self._doomed_ids(doomed)))

    def _delete(self, delete: _Delete, parameter: str, document_id: str) -> int:
        if checked_text(parameter, document_id) is None:
            raise TypeError(f"{parameter} must be a text, not None")
        return self._delete_some(delete, [document_id])

    def _delete_some(self, delete: _Delete, document_ids: Sequence[str]) -> int:
        try:
            return self._tell(lambda session: delete(session, document_ids))
        finally:
            self._look_again()
