"""Documents from object storage, or from files, into the graph.

kinds      which kinds of documents there are, and which one an id is of
selection  which documents a sync looks at: listed, given, files; since a day, one share of several
fetching   documents on their way, and how many at a time
telling    a batch of them, told to the graph together
syncing    the loop
amun       inspections that Amun has finished, into both
handlers   what jobs call
verifying  whether stores and graph agree
stored     documents byte for byte, and documents that are to be stored
"""

from __future__ import annotations

from .handlers import (
    HANDLERS_MAPPING,
    sync_adviser_documents,
    sync_analysis_documents,
    sync_dependency_monkey_documents,
    sync_documents,
    sync_inspection_documents,
    sync_package_analysis_documents,
    sync_provenance_checker_documents,
    sync_revsolver_documents,
    sync_security_indicators_documents,
    sync_solver_documents,
)
from .kinds import (
    ADVISER,
    ANALYSIS,
    DEPENDENCY_MONKEY,
    INSPECTION,
    KINDS,
    PACKAGE_ANALYSIS,
    PROVENANCE_CHECKER,
    REVERSE_SOLVER,
    SECURITY_INDICATORS,
    SOLVER,
    DocumentKind,
    kind_of,
)
from .outcomes import DocumentOutcome, Outcome, SyncCounts, count_outcomes
from .selection import Shard, count_candidates, documents_in
from .syncing import iterate_sync, iterate_sync_documents
from .verifying import Agreement, VerifiedDocument, VerifyStep, verify_documents

__all__ = [
    "HANDLERS_MAPPING",
    "sync_adviser_documents",
    "sync_analysis_documents",
    "sync_dependency_monkey_documents",
    "sync_documents",
    "sync_inspection_documents",
    "sync_package_analysis_documents",
    "sync_provenance_checker_documents",
    "sync_revsolver_documents",
    "sync_security_indicators_documents",
    "sync_solver_documents",
    "ADVISER",
    "ANALYSIS",
    "DEPENDENCY_MONKEY",
    "INSPECTION",
    "KINDS",
    "PACKAGE_ANALYSIS",
    "PROVENANCE_CHECKER",
    "REVERSE_SOLVER",
    "SECURITY_INDICATORS",
    "SOLVER",
    "DocumentKind",
    "kind_of",
    "DocumentOutcome",
    "Outcome",
    "SyncCounts",
    "count_outcomes",
    "Shard",
    "count_candidates",
    "documents_in",
    "iterate_sync",
    "iterate_sync_documents",
    "Agreement",
    "VerifiedDocument",
    "VerifyStep",
    "verify_documents",
]
