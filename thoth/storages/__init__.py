"""Data access for Thoth: documents in object storage, a knowledge graph in PostgreSQL, a cache in SQLite.

Names are resolved on first use, so that importing this package loads neither SQLAlchemy nor boto3 (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .collecting import without_collecting

if TYPE_CHECKING:
    from .advisers import AdvisersCacheStore, AdvisersResultsStore
    from .analyses import AnalysesCacheStore, AnalysisResultsStore
    from .analyses_by_digest import AnalysisByDigest
    from .buildlogs import BuildLogsStore
    from .buildlogs_analyses import (
        BuildLogsAnalysesCacheStore,
        BuildLogsAnalysisResultsStore,
        BuildLogsParsedResultsStore,
    )
    from .ceph import CephStore
    from .dependency_monkey_reports import DependencyMonkeyReportsStore
    from .dependency_monkey_requests import DependencyMonkeyRequestsStore
    from .graph.postgres import GraphDatabase
    from .graph_backup import GraphBackupStore
    from .graph_cache import GraphCacheStore
    from .inspections import InspectionBuildsStore, InspectionResultsStore, InspectionStore
    from .logs import WorkflowLogsStore
    from .package_analyses import PackageAnalysisResultsStore
    from .provenance import ProvenanceCacheStore, ProvenanceResultsStore
    from .result_schema import RESULT_SCHEMA
    from .security_indicators import SecurityIndicatorsResultsStore, SIAggregatedStore, SIBanditStore, SIClocStore
    from .solvers import SolverResultsStore
    from .sync import (
        HANDLERS_MAPPING,
        sync_adviser_documents,
        sync_analysis_documents,
        sync_dependency_monkey_documents,
        sync_documents,
        sync_inspection_documents,
        sync_package_analysis_documents,
        sync_provenance_checker_documents,
        sync_security_indicators_documents,
        sync_solver_documents,
    )

__version__ = "1.0.0"

_HOMES = {
    "AdvisersCacheStore": "advisers",
    "AdvisersResultsStore": "advisers",
    "AnalysesCacheStore": "analyses",
    "AnalysisByDigest": "analyses_by_digest",
    "AnalysisResultsStore": "analyses",
    "BuildLogsAnalysesCacheStore": "buildlogs_analyses",
    "BuildLogsAnalysisResultsStore": "buildlogs_analyses",
    "BuildLogsParsedResultsStore": "buildlogs_analyses",
    "BuildLogsStore": "buildlogs",
    "CephStore": "ceph",
    "DependencyMonkeyReportsStore": "dependency_monkey_reports",
    "DependencyMonkeyRequestsStore": "dependency_monkey_requests",
    "GraphBackupStore": "graph_backup",
    "GraphCacheStore": "graph_cache",
    "GraphDatabase": "graph.postgres",
    "InspectionBuildsStore": "inspections",
    "InspectionResultsStore": "inspections",
    "InspectionStore": "inspections",
    "PackageAnalysisResultsStore": "package_analyses",
    "ProvenanceCacheStore": "provenance",
    "ProvenanceResultsStore": "provenance",
    "RESULT_SCHEMA": "result_schema",
    "SIAggregatedStore": "security_indicators",
    "SIBanditStore": "security_indicators",
    "SIClocStore": "security_indicators",
    "SecurityIndicatorsResultsStore": "security_indicators",
    "SolverResultsStore": "solvers",
    "WorkflowLogsStore": "logs",
    "HANDLERS_MAPPING": "sync",
    "sync_adviser_documents": "sync",
    "sync_analysis_documents": "sync",
    "sync_dependency_monkey_documents": "sync",
    "sync_documents": "sync",
    "sync_inspection_documents": "sync",
    "sync_package_analysis_documents": "sync",
    "sync_provenance_checker_documents": "sync",
    "sync_security_indicators_documents": "sync",
    "sync_solver_documents": "sync",
}

__all__ = [
    "RESULT_SCHEMA",
    "AdvisersCacheStore",
    "AdvisersResultsStore",
    "AnalysesCacheStore",
    "AnalysisByDigest",
    "AnalysisResultsStore",
    "BuildLogsAnalysesCacheStore",
    "BuildLogsAnalysisResultsStore",
    "BuildLogsParsedResultsStore",
    "BuildLogsStore",
    "CephStore",
    "DependencyMonkeyReportsStore",
    "DependencyMonkeyRequestsStore",
    "GraphBackupStore",
    "GraphCacheStore",
    "GraphDatabase",
    "InspectionBuildsStore",
    "InspectionResultsStore",
    "InspectionStore",
    "PackageAnalysisResultsStore",
    "ProvenanceCacheStore",
    "ProvenanceResultsStore",
    "SIAggregatedStore",
    "SIBanditStore",
    "SIClocStore",
    "SecurityIndicatorsResultsStore",
    "SolverResultsStore",
    "WorkflowLogsStore",
    "HANDLERS_MAPPING",
    "sync_adviser_documents",
    "sync_analysis_documents",
    "sync_dependency_monkey_documents",
    "sync_documents",
    "sync_inspection_documents",
    "sync_package_analysis_documents",
    "sync_provenance_checker_documents",
    "sync_security_indicators_documents",
    "sync_solver_documents",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with without_collecting():  # a tenth of the time: what modules define stays
        value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
