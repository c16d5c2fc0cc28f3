"""The documents that image analyses write: what was found in a container image."""

from __future__ import annotations

from .ceph_cache import CephCache
from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class AnalysisResultsStore(ResultStorageBase):
    """Image analyses; their ids start with the analyzer's name, package-extract, not with the store's."""

    RESULT_TYPE = "analysis"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "package-extract-"


class AnalysesCacheStore(CephCache):
    """Which analysis an image that is to be analyzed again already has, under the digest of the request."""

    RESULT_TYPE = "analysis-cache"
