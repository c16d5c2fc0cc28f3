"""Every store of documents, and documents for it as analyzers of both generations wrote them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

from thoth.storages.advisers import AdvisersCacheStore, AdvisersResultsStore
from thoth.storages.analyses import AnalysesCacheStore, AnalysisResultsStore
from thoth.storages.analyses_by_digest import AnalysisByDigest
from thoth.storages.buildlogs import BuildLogsStore
from thoth.storages.buildlogs_analyses import (
    BuildLogsAnalysesCacheStore,
    BuildLogsAnalysisResultsStore,
    BuildLogsParsedResultsStore,
)
from thoth.storages.ceph_cache import CephCache
from thoth.storages.dependency_monkey_reports import DependencyMonkeyReportsStore
from thoth.storages.dependency_monkey_requests import DependencyMonkeyRequestsStore
from thoth.storages.inspection_documents import InspectionDocumentsStore
from thoth.storages.inspections import InspectionResultsStore
from thoth.storages.logs import WorkflowLogsStore
from thoth.storages.observations import ObservationResultsStore
from thoth.storages.package_analyses import PackageAnalysisResultsStore
from thoth.storages.provenance import ProvenanceCacheStore, ProvenanceResultsStore
from thoth.storages.result_base import DeploymentStorage, ResultStorageBase
from thoth.storages.revsolvers import RevSolverResultsStore
from thoth.storages.security_indicators import SIAggregatedStore, SIBanditStore, SIClocStore
from thoth.storages.solvers import SolverResultsStore

from .documents import Document, real_documents, with_metadata_of_2019

Write = Callable[[str], Document]
"""Writes a document of an id."""


def document_of_2023(document_id: str) -> Document:
    """What a service of 2023 wrote on Red Hat's UBI, which names its platform."""
    document = real_documents()[0]
    document["metadata"] |= {"document_id": document_id, "hostname": f"{document_id}-2768147984", "duration": 28}
    document["metadata"]["thoth_deployment_name"] = "production"
    document["metadata"]["os_release"] = {"id": "rhel", "name": "Red Hat", "platform_id": "platform:el8"}
    document["result"] = {"error": False, "of": document_id}
    return document


def document_of_2019(document_id: str) -> Document:
    """What a pod of 2019 wrote."""
    document = with_metadata_of_2019(document_of_2023(document_id))
    document["metadata"]["hostname"] = f"{document_id}-x1b2"
    return document


def inspection_result(document_id: str) -> Document:
    """A result of an inspection of 2023."""
    inspection_id, _, number = document_id.split("/")
    return copy.deepcopy(
        {
            "document_id": inspection_id,
            "result_number": int(number),
            "specification": {"identifier": inspection_id, "build": {"requests": {"cpu": "1", "memory": "4Gi"}}},
            "result": {"exit_code": 0, "script_sha256": "5c" * 32, "of": document_id},
        }
    )


def inspection_of_2019(document_id: str) -> Document:
    """A whole inspection of 2019, under its own id or that of its result."""
    return {
        "inspection_id": document_id.partition("/")[0],
        "specification": {"build": {"requests": {"cpu": "1", "memory": "4Gi"}}},
        "created": "2019-09-20T08:12:33.123456",
        "build_log": "Step 1/8",
        "job_log": {"exit_code": 0, "stdout": {"name": "PiMatmul"}, "script_sha256": "5c" * 32},
        "status": {"build": {"exit_code": 0}, "job": None},
    }


class StoreCase(NamedTuple):
    """A store: its class, where its objects lie, an id with a day left open and one without, what is written."""

    store: type[ResultStorageBase]
    folder: str
    dated: str
    undated: str
    write: Write = document_of_2023
    write_undated: Write = document_of_2019
    key: str = "{id}"

    def key_of(self, document_id: str) -> str:
        """Below the folder, where the object of a document is."""
        return self.key.format(id=document_id)


CACHES: list[type[CephCache]] = [
    AdvisersCacheStore,
    AnalysesCacheStore,
    BuildLogsAnalysesCacheStore,
    ProvenanceCacheStore,
]

CASES = [
    StoreCase(SolverResultsStore, "solver", "solver-ubuntu-20.04-py38-{day}-0a", "solver-fedora-31-py37-8ad7"),
    StoreCase(AdvisersResultsStore, "adviser", "adviser-{day}-0a", "adviser-22a89155"),
    StoreCase(AnalysisResultsStore, "analysis", "package-extract-{day}-0a", "package-extract-8ad7"),
    StoreCase(PackageAnalysisResultsStore, "package-analysis", "package-analyzer-{day}-0a", "package-analyzer-8ad7"),
    StoreCase(ProvenanceResultsStore, "provenance-checker", "provenance-checker-{day}-0a", "provenance-checker-8ad7"),
    StoreCase(
        DependencyMonkeyReportsStore,
        "dependency-monkey-reports",
        "dependency-monkey-{day}-0a",
        "dependency-monkey-8ad7",
    ),
    StoreCase(
        DependencyMonkeyRequestsStore,
        "dependency-monkey-requests",
        "dependency-monkey-{day}-0a",
        "dependency-monkey-8ad7",
    ),
    StoreCase(
        BuildLogsAnalysisResultsStore, "buildlogs-analysis", "buildlog-analyzer-{day}-0a", "build-log-analyzer-8ad7"
    ),
    StoreCase(BuildLogsParsedResultsStore, "buildlogs-parsed", "buildlog-parser-{day}-0a", "build-log-parser-8ad7"),
    StoreCase(ObservationResultsStore, "observations", "observation-{day}-0a", "observation-8ad7"),
    StoreCase(AnalysisByDigest, "analysis-by-digest", "sha256:{day}-{day}-0a", "sha256:8ad7"),
    StoreCase(AdvisersCacheStore, "adviser-cache", "adviser-{day}-0a", "8ad7"),
    StoreCase(AnalysesCacheStore, "analysis-cache", "analysis-{day}-0a", "8ad7"),
    StoreCase(BuildLogsAnalysesCacheStore, "buildlogs-analysis-cache", "buildlog-{day}-0a", "8ad7"),
    StoreCase(ProvenanceCacheStore, "provenance-cache", "provenance-{day}-0a", "8ad7"),
    StoreCase(RevSolverResultsStore, "revsolver", "revsolver-{day}-0a", "revsolver-8ad7"),
    *(
        StoreCase(
            store,
            "security-indicators",
            "security-indicator-{day}-0a",
            "security-indicators-54c6daf9",
            key=f"{{id}}/{store.security_indicator_type}",
        )
        for store in (SIAggregatedStore, SIBanditStore, SIClocStore)
    ),
    StoreCase(
        InspectionDocumentsStore,
        "inspections",
        "inspection-iotf-2-{day}-0a/results/10",
        "inspection-iotf-2-fd697eb4/results/2",
        inspection_result,
        inspection_result,
        "{id}/result",
    ),
    StoreCase(
        InspectionResultsStore,
        "inspection",
        "inspection-tf-{day}-0a",
        "inspection-tf-8ad7",
        inspection_of_2019,
        inspection_of_2019,
    ),
]

PLACES: list[tuple[type[DeploymentStorage], str]] = [
    *((case.store, case.folder) for case in CASES),
    (BuildLogsStore, "buildlogs"),
    (WorkflowLogsStore, "argo/artifacts"),
]
"""Every store of a deployment, those of documents and those of logs, and where its objects lie."""
