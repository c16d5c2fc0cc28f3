"""The kinds of documents: where they are stored, and how their ids start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..advisers import AdvisersResultsStore
from ..analyses import AnalysisResultsStore
from ..dependency_monkey_reports import DependencyMonkeyReportsStore
from ..graph.enums import DocumentKindEnum
from ..inspection_documents import InspectionDocumentsStore
from ..package_analyses import PackageAnalysisResultsStore
from ..provenance import ProvenanceResultsStore
from ..result_base import ResultStorageBase
from ..revsolvers import RevSolverResultsStore
from ..security_indicators import SIAggregatedStore
from ..solvers import SolverResultsStore


class DocumentKind(NamedTuple):
    """A kind of documents.

    key: under which HANDLERS_MAPPING has it; prefixes: what ids start with, up to a dash; store: its listing gives the
    documents, and its get_document_id() the id under which the ledger holds one.
    """

    key: str
    kind: DocumentKindEnum
    prefixes: tuple[str, ...]
    store: type[ResultStorageBase]


SOLVER = DocumentKind("solver", DocumentKindEnum.SOLVER, ("solver",), SolverResultsStore)
REVERSE_SOLVER = DocumentKind("revsolver", DocumentKindEnum.REVERSE_SOLVER, ("revsolver",), RevSolverResultsStore)
SECURITY_INDICATORS = DocumentKind(
    "security",
    DocumentKindEnum.SECURITY_INDICATORS,
    ("security-indicator", "security-indicators"),  # ids of 2020 have the plural
    SIAggregatedStore,
)
PACKAGE_ANALYSIS = DocumentKind(
    "package-analyzer", DocumentKindEnum.PACKAGE_ANALYSIS, ("package-analyzer",), PackageAnalysisResultsStore
)
ANALYSIS = DocumentKind("package", DocumentKindEnum.ANALYSIS, ("package-extract",), AnalysisResultsStore)
PROVENANCE_CHECKER = DocumentKind(
    "provenance",
    DocumentKindEnum.PROVENANCE_CHECKER,
    ("provenance-checker", "provenance"),
    ProvenanceResultsStore,
)
ADVISER = DocumentKind("adviser", DocumentKindEnum.ADVISER, ("adviser",), AdvisersResultsStore)
DEPENDENCY_MONKEY = DocumentKind(
    "dependency", DocumentKindEnum.DEPENDENCY_MONKEY, ("dependency-monkey",), DependencyMonkeyReportsStore
)
INSPECTION = DocumentKind("inspection", DocumentKindEnum.INSPECTION, ("inspection",), InspectionDocumentsStore)

KINDS = (
    SOLVER,
    REVERSE_SOLVER,
    SECURITY_INDICATORS,
    PACKAGE_ANALYSIS,
    ANALYSIS,
    PROVENANCE_CHECKER,
    ADVISER,
    DEPENDENCY_MONKEY,
    INSPECTION,
)
"""In the order in which they are synced: what others speak of comes before those."""

_BY_PREFIX = {f"{prefix}-": kind for kind in KINDS for prefix in kind.prefixes}
_LONGEST_FIRST = sorted(_BY_PREFIX, key=len, reverse=True)


def prefixes_of(kinds: Iterable[DocumentKind] = KINDS) -> str:
    """What ids of these kinds start with, as messages list it."""
    return ", ".join(f"{prefix}-" for kind in kinds for prefix in kind.prefixes)


def kind_of(document_id: str) -> DocumentKind | None:
    """The kind whose prefix is the longest that an id starts with; None where there is none."""
    return next((_BY_PREFIX[prefix] for prefix in _LONGEST_FIRST if document_id.startswith(prefix)), None)
