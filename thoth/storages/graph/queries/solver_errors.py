"""Questions about solver runs that ended in an error."""

from __future__ import annotations

from .base import Questions


class SolverErrorQueries(Questions):
    """Questions about solver runs that ended in an error."""
