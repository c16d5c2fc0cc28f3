"""Documents told together: many in one transaction, and what became of each.

Where a transaction fails by what may be a document's fault, its documents are divided, until the one at fault is alone:
its error is what became of it, and the others are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.orm import Session

from ..exceptions import DatabaseError, DatabaseStatementError
from .documents import adviser as adviser_documents
from .documents import analysis as analysis_documents
from .documents import dependency_monkey as dependency_monkey_documents
from .documents import inspection as inspection_documents
from .documents import package_analysis as package_analysis_documents
from .documents import provenance as provenance_documents
from .documents import revsolver as revsolver_documents
from .documents import security_indicators as security_indicators_documents
from .documents import solver as solver_documents
from .enums import DocumentKindEnum
from .writers import adviser as adviser_writer
from .writers import analysis as analysis_writer
from .writers import dependency_monkey as dependency_monkey_writer
from .writers import inspection as inspection_writer
from .writers import package_analysis as package_analysis_writer
from .writers import provenance as provenance_writer
from .writers import revsolver as revsolver_writer
from .writers import security_indicators as security_indicators_writer
from .writers import solver as solver_writer

T = TypeVar("T")

_Tell = Callable[[Callable[[Session], list[bool]]], list[bool]]
"""Does work in one transaction and gives back what the work gives; the whole is tried again after a passing fault."""

_Numbered = tuple[int, Any]
"""The place of a document among those that are told, and its rows."""

_Result = tuple[int, bool | Exception]
"""The place of a document among those that are told, and what became of it."""

# Rights, resources, the system around the server: the next document would meet them as well.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_NO_DOCUMENTS_FAULTS = frozenset(("25", "28", "42", "53", "58", "F0"))


class Told(NamedTuple):
    """A document, and the ETag of the object it was read from, without quotes; None where that is not known."""

    document: Any
    etag: str | None = None


class Kind(NamedTuple):
    """How documents of one kind are read and written; write_all is there where many are faster than one by one."""

    parse: Callable[[Any], Any]
    write: Callable[..., bool]
    write_all: Callable[..., list[bool]] | None = None

    def read(self, told: Told) -> Any:
        """The rows of a document. Raises SchemaError for one that is not what its kind promises."""
        rows = self.parse(told.document)
        return replace(rows, document=rows.document.read_from(told.etag))


KINDS: Mapping[DocumentKindEnum, Kind] = {
    DocumentKindEnum.SOLVER: Kind(solver_documents.parse, solver_writer.write, solver_writer.write_all),
    DocumentKindEnum.ADVISER: Kind(adviser_documents.parse, adviser_writer.write),
    DocumentKindEnum.ANALYSIS: Kind(analysis_documents.parse, analysis_writer.write),
    DocumentKindEnum.PACKAGE_ANALYSIS: Kind(package_analysis_documents.parse, package_analysis_writer.write),
    DocumentKindEnum.INSPECTION: Kind(inspection_documents.parse, inspection_writer.write),
    DocumentKindEnum.PROVENANCE_CHECKER: Kind(provenance_documents.parse, provenance_writer.write),
    DocumentKindEnum.DEPENDENCY_MONKEY: Kind(dependency_monkey_documents.parse, dependency_monkey_writer.write),
    DocumentKindEnum.SECURITY_INDICATORS: Kind(security_indicators_documents.parse, security_indicators_writer.write),
    DocumentKindEnum.REVERSE_SOLVER: Kind(revsolver_documents.parse, revsolver_writer.write),
}


def tell_together(tell: _Tell, kind: Kind, told: Sequence[Told], *, force: bool) -> list[bool | Exception]:
    """What became of each document, in their order: written, known (False), or the error that is its own fault.

    Raises DatabaseError for what is no document's fault; documents before it may have been written.
    """
    results: dict[int, bool | Exception] = {}
    parsed: list[_Numbered] = []
    for number, one in enumerate(told):
        try:
            parsed.append((number, kind.read(one)))
        except Exception as error:
            results[number] = error
    groups = [parsed] if kind.write_all is not None else [[numbered] for numbered in parsed]
    for group in groups:
        results.update(_write(tell, kind, group, force=force))
    return [results[number] for number in range(len(told))]


def _write(tell: _Tell, kind: Kind, group: Sequence[_Numbered], *, force: bool) -> Iterator[_Result]:
    """What became of each document of a group, which is written in one transaction unless it has to be divided."""
    if not group:
        return
    numbers = [number for number, _ in group]
    try:
        written = tell(lambda session: _work(session, kind, [rows for _, rows in group], force=force))
    except Exception as error:
        if not _may_be_a_documents_fault(error):
            raise
        if len(group) == 1:
            yield numbers[0], error
            return
    else:
        yield from zip(numbers, written, strict=True)
        return
    middle = len(group) // 2
    yield from _write(tell, kind, group[:middle], force=force)
    yield from _write(tell, kind, group[middle:], force=force)


def _work(session: Session, kind: Kind, group: Sequence[Any], *, force: bool) -> list[bool]:
    if kind.write_all is None or len(group) == 1:
        return [kind.write(session, rows, force=force) for rows in group]
    return kind.write_all(session, group, force=force)


def _may_be_a_documents_fault(error: Exception) -> bool:
    if isinstance(error, DatabaseStatementError):
        return (error.sqlstate or "")[:2] not in _NO_DOCUMENTS_FAULTS
    return not isinstance(error, DatabaseError)
