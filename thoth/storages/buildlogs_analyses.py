"""What analyzers found in the logs of image builds."""

from __future__ import annotations

from .ceph_cache import CephCache
from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class BuildLogsAnalysisResultsStore(ResultStorageBase):
    """Analyses of build logs, as they were made until 2021."""

    RESULT_TYPE = "buildlogs-analysis"
    SCHEMA = RESULT_SCHEMA


class BuildLogsParsedResultsStore(ResultStorageBase):
    """Parsed build logs, which took the place of their analyses."""

    RESULT_TYPE = "buildlogs-parsed"
    SCHEMA = RESULT_SCHEMA


class BuildLogsAnalysesCacheStore(CephCache):
    """Which analysis a build log that is sent in again already has."""

    RESULT_TYPE = "buildlogs-analysis-cache"
