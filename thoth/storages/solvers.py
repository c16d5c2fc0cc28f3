"""The documents that solvers write: what a package version depends on in one environment."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date
from typing import Protocol

from .document_ids import solver_name_of
from .result_base import Period, ResultStorageBase
from .result_schema import RESULT_SCHEMA


class SolverInfo(Protocol):
    """A parsed solver name: document_ids.SolverName, or what a service's own parser gives."""

    @property
    def os_name(self) -> str:
        """The operating system, as it stands in ids."""

    @property
    def os_version(self) -> str:
        """Its version, as it stands in ids."""

    @property
    def python_version(self) -> str:
        """With a dot: 3.8."""


class SolverResultsStore(ResultStorageBase):
    """Solver documents; their ids start with the solver's name, so no one prefix stands before the date of all."""

    RESULT_TYPE = "solver"
    SCHEMA = RESULT_SCHEMA

    @staticmethod
    def get_solver_name_from_document_id(solver_document_id: str) -> str:
        """solver-<os>-<version>-py<XY>, as the id starts. Raises SolverNameParseError where it does not."""
        return solver_name_of(solver_document_id)

    def get_document_listing(
        self,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        include_end_date: bool = False,
        only_requests: bool = False,
        solver_info: SolverInfo | Mapping[str, str] | None = None,
    ) -> Generator[str, None, None]:
        """The ids, in lexical order, that the same arguments give elsewhere; with solver_info those of one solver.

        solver_info has os_name, os_version and python_version, as attributes or as keys, and is taken as it is.
        """
        period = Period.between(start_date, end_date, include_end_date)
        prefix = "" if solver_info is None else _id_prefix(solver_info)
        return self._listing(prefix, period, only_requests)


def _id_prefix(solver: SolverInfo | Mapping[str, str]) -> str:
    """What the ids of one solver's documents start with, up to their date."""
    fields = ("os_name", "os_version", "python_version")
    values = (solver[field] if isinstance(solver, Mapping) else getattr(solver, field) for field in fields)
    os_name, os_version, python_version = values
    return f"solver-{os_name}-{os_version}-py{python_version.replace('.', '')}-"
