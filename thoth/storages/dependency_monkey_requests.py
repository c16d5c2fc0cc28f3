"""What dependency monkeys were asked to inspect."""

from __future__ import annotations

from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class DependencyMonkeyRequestsStore(ResultStorageBase):
    """Requests for dependency monkeys, under the ids of the reports to come: store_request() stores one."""

    RESULT_TYPE = "dependency-monkey-requests"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "dependency-monkey-"
