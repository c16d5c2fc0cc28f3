"""Questions about package versions that were solved: listings, counts, pages."""

from __future__ import annotations

from .base import Questions


class SolvedQueries(Questions):
    """Questions about package versions that were solved: listings, counts, pages."""
