"""The documents that reverse solvers write: which releases accept a new release of a dependency."""

from __future__ import annotations

from .result_base import ResultStorageBase
from .result_schema import RESULT_SCHEMA


class RevSolverResultsStore(ResultStorageBase):
    """Reverse solver documents."""

    RESULT_TYPE = "revsolver"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "revsolver-"
