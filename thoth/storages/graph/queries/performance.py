"""Questions about performance indicators."""

from __future__ import annotations

from .base import Questions


class PerformanceQueries(Questions):
    """Questions about performance indicators."""
