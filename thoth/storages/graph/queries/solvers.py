"""Questions about solver runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from ...document_ids import document_id_of
from ...exceptions import NotFoundError
from ..arrays import is_one_of
from ..documents.ledger import LedgerEntry
from ..enums import DocumentKindEnum
from ..filters import Environment, PackageAt
from ..models import PythonPackageVersion, Solved, SyncedDocument
from ..models_base import table_of
from ..sql_types import AnySelect
from .base import Questions
from .cached import cached_error
from .versions import select_versions


def _runs(package: PackageAt, environment: Environment) -> AnySelect:
    """Whether runs ended in an error, newest first."""
    return (
        select_versions(package, environment, Solved.error)
        .join(Solved, Solved.version_id == PythonPackageVersion.id)
        .order_by(Solved.datetime.desc(), Solved.document_id.desc())
    )


class SolverQueries(Questions):
    """Solver runs: how they ended, which documents are known."""

    def has_python_solver_error(
        self,
        package_name: str,
        package_version: str,
        index_url: str | None,
        *,
        os_name: str | None,
        os_version: str | None,
        python_version: str | None,
    ) -> bool:
        """Whether the newest solver run of a package version ended in an error.

        An index or a part of the environment that is None means any. Raises NotFoundError where nothing was solved.
        """
        package = PackageAt.of(package_name, package_version, index_url)
        environment = Environment.of(os_name, os_version, python_version)

        def ask() -> bool:
            cached = cached_error(self._cached_records(package, environment))
            if cached is not None:
                return cached
            error: bool | None = self._ask_value(_runs(package, environment).limit(1))
            if error is None:
                raise NotFoundError(f"no solver run of {package} in {environment}")
            self._fill_cache_with(package)
            return error

        return self._remembered("has_python_solver_error", package, environment, ask)

    def solver_document_id_exists(self, solver_document_id: str) -> bool:
        """Whether the solver document with this id was synced."""
        return bool(self.synced_document_ids([solver_document_id], DocumentKindEnum.SOLVER))

    def solver_records_exist(self, solver_document: dict[str, Any]) -> bool:
        """Whether this solver document was synced, by its id. Raises NoDocumentIdError where it has none."""
        return self.solver_document_id_exists(document_id_of(solver_document))

    def synced_document_ids(self, document_ids: Iterable[str], kind: DocumentKindEnum) -> set[str]:
        """Those of the ids under which a document of this kind was synced and need not be again. One statement."""
        ledger = table_of(SyncedDocument)
        settled = (ledger.c.kind == kind) & ~ledger.c.to_sync_again
        known = select(ledger.c.document_id).where(is_one_of(ledger.c.document_id, "ids"), settled)
        return {document_id for (document_id,) in self._ask(known, {"ids": list(document_ids)})}

    def synced_documents(self, document_ids: Iterable[str], kind: DocumentKindEnum) -> dict[str, LedgerEntry]:
        """{id: what the ledger holds} of those of the ids under which a document of this kind was synced.

        One statement, however many there are.
        """
        ledger = table_of(SyncedDocument)
        entry = (ledger.c.content_sha256, ledger.c.etag, ledger.c.to_sync_again)
        known = select(ledger.c.document_id, *entry).where(
            is_one_of(ledger.c.document_id, "ids"), ledger.c.kind == kind
        )
        return {row[0]: LedgerEntry(*row[1:]) for row in self._ask(known, {"ids": list(document_ids)})}
