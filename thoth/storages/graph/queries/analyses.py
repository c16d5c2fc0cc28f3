"""Questions about analyses of images."""

from __future__ import annotations

from .base import Questions


class AnalysisQueries(Questions):
    """Questions about analyses of images."""
