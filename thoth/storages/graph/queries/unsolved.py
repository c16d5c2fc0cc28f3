"""Questions about package versions that wait for a solver."""

from __future__ import annotations

from .base import Questions


class UnsolvedQueries(Questions):
    """Questions about package versions that wait for a solver."""
