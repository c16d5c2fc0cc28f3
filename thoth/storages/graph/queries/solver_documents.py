"""Questions about solvers and the documents of their runs."""

from __future__ import annotations

from .base import Questions


class SolverDocumentQueries(Questions):
    """Questions about solvers and the documents of their runs."""
