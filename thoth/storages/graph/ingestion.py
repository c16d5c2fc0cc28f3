"""What one can tell the graph: documents.

Every sync_<kind>_result() stores one document, whole or not at all. One that is known with the same content changes
nothing unless forced. The ETag, without quotes, is that of the object the document was read from; the ledger keeps it.
Anything that is no such document raises SchemaError, which names the document, the path in it and what was expected
there, and nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..collecting import without_collecting
from .enums import DocumentKindEnum, checked_kind
from .queries.base import Questions
from .writers.ledger import note_etags

if TYPE_CHECKING:
    from .together import Told


class Ingestion(Questions):
    """Documents into the graph: each whole or not at all, each once."""

    def sync_solver_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store what a solver document says; one that is known with the same content changes nothing unless forced.

        Raises SchemaError for anything that is no solver document.
        """
        self._sync(DocumentKindEnum.SOLVER, document, force=force, etag=etag)

    def sync_revsolver_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store which package versions depend on a new release; a known document changes nothing unless forced.

        Dependents that were not solved yet are left out; the ledger names them, and the next sync tells the document
        again.

        Raises SchemaError for anything that is no document of the reverse solver.
        """
        self._sync(DocumentKindEnum.REVERSE_SOLVER, document, force=force, etag=etag)

    def sync_security_indicator_aggregated_result(
        self, document: dict[str, Any], *, force: bool = False, etag: str | None = None
    ) -> None:
        """Store the security indicators of a package, solved or not; a known document changes nothing unless forced.

        An analysis that failed is stored without counters.

        Raises SchemaError for anything that is no aggregated security indicators.
        """
        self._sync(DocumentKindEnum.SECURITY_INDICATORS, document, force=force, etag=etag)

    def sync_package_analysis_result(
        self, document: dict[str, Any], *, force: bool = False, etag: str | None = None
    ) -> None:
        """Store what a package's analysis says; one that is known with the same content changes nothing unless forced.

        An analysis that failed is stored as such.

        Raises SchemaError for anything that is no analysis of a package.
        """
        self._sync(DocumentKindEnum.PACKAGE_ANALYSIS, document, force=force, etag=etag)

    def sync_analysis_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store what an image analysis says; one that is known with the same content changes nothing unless forced.

        Raises SchemaError, which names the document, the path in it and what was expected there, for anything that is
        no image analysis; where it found two versions of CUDA that is a CudaVersionDoesNotMatchError as well.
        """
        self._sync(DocumentKindEnum.ANALYSIS, document, force=force, etag=etag)

    def sync_provenance_checker_result(
        self, document: dict[str, Any], *, force: bool = False, etag: str | None = None
    ) -> None:
        """Store a run of the provenance checker, and packages it missed; a known document changes nothing.

        Raises SchemaError for anything that is no provenance checker document.
        """
        self._sync(DocumentKindEnum.PROVENANCE_CHECKER, document, force=force, etag=etag)

    def sync_adviser_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store a run of the adviser and what it advised; a known document changes nothing unless forced.

        Locked packages that nobody solved in the user's environment are left out; the ledger names them, and the next
        sync tells the document again. Where Kebechet asked, this is noted in the repository's installations that are
        there.

        Raises SchemaError for anything that is no adviser document.
        """
        self._sync(DocumentKindEnum.ADVISER, document, force=force, etag=etag)

    def sync_dependency_monkey_result(
        self, document: dict[str, Any], *, force: bool = False, etag: str | None = None
    ) -> None:
        """Store a run of Dependency Monkey, and which inspections are to come; a known document changes nothing.

        A run that failed is stored as such. An inspection that was told already only gets the run that asked for it,
        the oldest one where there are several.

        Raises SchemaError for anything that is no document of Dependency Monkey.
        """
        self._sync(DocumentKindEnum.DEPENDENCY_MONKEY, document, force=force, etag=etag)

    def sync_inspection_result(self, document: dict[str, Any], *, force: bool = False, etag: str | None = None) -> None:
        """Store a result of an inspection, and what its script measured; a known document changes nothing.

        Locked packages that nobody solved where it ran are left out; the ledger names them, and the next sync tells the
        document again.

        Raises SchemaError for anything that is no result of an inspection. It is a
        PerformanceIndicatorNotRegisteredError as well where no model stands for what the script reports, and a
        PerformanceIndicatorReportError where that does not fit.
        """
        self._sync(DocumentKindEnum.INSPECTION, document, force=force, etag=etag)

    def sync_results(
        self, kind: DocumentKindEnum, told: Sequence[Told], *, force: bool = False
    ) -> list[bool | Exception]:
        """What became of each of these documents of one kind, in their order, after they were told to the graph.

        True: it was written; False: it was known with the same content, and force did not insist; or the error that is
        the document's own fault, then nothing of it was stored. Documents are written together where that is faster.

        Raises TypeError where the kind is none of DocumentKindEnum, and DatabaseError for what is no document's fault;
        some of the documents may have been written then, and are known when they are told again.
        """
        from .together import KINDS, tell_together

        try:
            with without_collecting():
                return tell_together(self._tell, KINDS[checked_kind(kind)], told, force=force)
        finally:
            self._look_again()

    def note_etags(self, unchanged: Sequence[tuple[str, bytes, str]]) -> None:
        """Note under which ETags documents are stored whose content was found unchanged: (id, content_sha256, ETag).

        What the ledger holds with another content by now is left out. One statement, however many there are.
        """
        self._tell(lambda session: note_etags(session, unchanged))

    def _sync(self, kind: DocumentKindEnum, document: Any, *, force: bool, etag: str | None) -> None:
        from .together import KINDS, Told  # late: who only asks needs no parser and no writer of documents

        with without_collecting():
            rows = KINDS[kind].read(Told(document, etag))
            self._tell(lambda session: KINDS[kind].write(session, rows, force=force))
        self._look_again()
