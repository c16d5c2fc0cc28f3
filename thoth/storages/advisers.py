"""The documents that advisers write: the stacks they recommend, and why."""

from __future__ import annotations

from .ceph_cache import CephCache
from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class AdvisersResultsStore(ResultStorageBase):
    """Adviser documents, with the requests for advice beside them."""

    RESULT_TYPE = "adviser"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "adviser-"


class AdvisersCacheStore(CephCache):
    """Which adviser run a request that is made again already has, under the digest of the request."""

    RESULT_TYPE = "adviser-cache"
