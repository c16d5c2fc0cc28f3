"""The documents that package analyzers of 2019 wrote: the files and symbols of a package's artifacts."""

from __future__ import annotations

from .result_base import ResultStorageBase


class PackageAnalysisResultsStore(ResultStorageBase):
    """Package analyses; no schema was ever demanded of them, and their ids name no day."""

    RESULT_TYPE = "package-analysis"
