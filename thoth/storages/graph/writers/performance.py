"""What an inspection's script measured: the report read as its indicator's columns say, and its row."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache, partial

from sqlalchemy import BigInteger, Select, TextClause, bindparam, column, delete, func, select, table, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...exceptions import (
    PerformanceIndicatorNotRegisteredError,
    PerformanceIndicatorReportError,
    SchemaError,
)
from ..documents.inspection import Report
from ..models_base import table_of
from ..models_performance import PERFORMANCE_MODEL_BY_NAME, PerformanceIndicatorBase
from ..performance_reports import read_name, read_shared

_OWN = ("id", "inspection_run_id")
_NAME_SHOWN = 100  # characters of a name that is no indicator's


class IndicatorNotRegisteredError(SchemaError, PerformanceIndicatorNotRegisteredError):
    """An inspection names a performance indicator that no model stands for: import the module that defines it."""


class ReportRefusedError(SchemaError, PerformanceIndicatorReportError):
    """What an inspection's script reported does not fit its indicator's columns; nothing of it was stored."""

    def __init__(
        self,
        document_id: str | None,
        path: str,
        expected: str,
        indicator: str | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        """Name the document, the place and what was expected there; then the indicator and everything that is wrong."""
        # Both bases make a message of their own; this is that of the first.
        Exception.__init__(self, str(SchemaError(document_id, path, expected)))
        self.document_id = document_id
        self.path = path
        self.expected = expected
        self.indicator = indicator
        self.problems = tuple(problems)


def read_report(report: Report) -> PerformanceIndicatorBase:
    """The row of a report, in no session and without the id of its run. Asks no database.

    Raises SchemaError, as one of the errors above.
    """
    try:
        return _read(report)
    except PerformanceIndicatorReportError as error:
        path, expected = _place(report, error)
        raise ReportRefusedError(report.document_id, path, expected, error.indicator, error.problems) from error


def _read(report: Report) -> PerformanceIndicatorBase:
    name = read_name(report.result)
    model = PERFORMANCE_MODEL_BY_NAME.get(name)
    if model is None:
        registered = ", ".join(sorted(PERFORMANCE_MODEL_BY_NAME))
        expected = f"the name of a registered performance indicator ({registered}), not {name[:_NAME_SHOWN]!r}"
        raise IndicatorNotRegisteredError(report.document_id, f"{report.path}.stdout.name", expected)
    shared = read_shared(name, table_of(model), report.specification, report.result)
    # An indicator may read its reports in a way of its own, which is not to change the caller's document.
    return model.from_report(copy.deepcopy(report.result), partial(model, **shared))


def _place(report: Report, error: PerformanceIndicatorReportError) -> tuple[str, str]:
    """Where a report is wrong, and what was expected there."""
    first, *others = error.problems
    place, _, expected = first.partition(": expected ")
    if others or not expected or " " in place:
        what = error.indicator or "a performance indicator"
        return report.path, f"a report that fits {what}: {'; '.join(error.problems)}"
    return place if place.startswith("specification.") else f"{report.path}.{place}", expected


# --- Writing ---------------------------------------------------------------------------------------------------------


def write_measured(session: Session, row: PerformanceIndicatorBase | None, run_id: int, *, is_new: bool) -> None:
    """Make this row what a run's script measured; None is nothing. A run that is new has measured nothing before."""
    row_id = None if is_new else _forget_others(session, row, run_id)
    if row is None:
        return
    columns = [each for each in table_of(type(row)).columns if each.key not in _OWN and each.computed is None]
    measured = {each.key: value for each in columns if (value := getattr(row, each.key)) is not None}
    own = {"inspection_run_id": run_id, **({} if row_id is None else {"id": row_id})}
    statement = insert(table_of(type(row))).values({**own, **measured})
    # What is not reported any more becomes what it is without a report, a default or NULL.
    now = {each.key: statement.excluded[each.key] for each in columns}
    session.execute(statement.on_conflict_do_update(index_elements=["inspection_run_id"], set_=now))


def _forget_others(session: Session, row: PerformanceIndicatorBase | None, run_id: int) -> int | None:
    """The id of the row that the run has of this indicator, after the rows of all others were deleted."""
    mine = None if row is None else table_of(type(row))
    names = [name for name in session.scalars(_TABLES) if mine is None or name != mine.name]
    if names:
        session.execute(_delete_all(tuple(names)), {"run_id": run_id})
    return None if mine is None else session.scalar(select(mine.c.id).where(mine.c.inspection_run_id == run_id))


@cache
def _delete_all(names: tuple[str, ...]) -> Select[int]:
    """What deletes the rows of a run from all of these tables in one statement."""
    tables = [table(name, column("inspection_run_id", BigInteger)) for name in names]
    run_id = bindparam("run_id", type_=BigInteger)
    gone = [
        delete(each)
        .where(each.c.inspection_run_id == run_id)
        .returning(each.c.inspection_run_id)
        .cte(f"of_{each.name}")
        for each in tables
    ]
    return select(func.count()).select_from(gone[0]).add_cte(*gone)


# The tables of indicators in this database, of those too that nobody registered in this process.
_TABLES: TextClause = text(
    """
    SELECT c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND k.confrelid = 'inspection_run'::regclass AND a.attname = 'inspection_run_id'
    AND starts_with(c.relname, 'pi_') AND pg_table_is_visible(c.oid) ORDER BY c.relname"""
)
