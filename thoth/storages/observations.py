"""The documents that tell what was observed of software where it ran."""

from __future__ import annotations

from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class ObservationResultsStore(ResultStorageBase):
    """Observations."""

    RESULT_TYPE = "observations"
    SCHEMA = RESULT_SCHEMA
