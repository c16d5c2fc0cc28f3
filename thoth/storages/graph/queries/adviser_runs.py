"""Questions about runs of the adviser."""

from __future__ import annotations

from .base import Questions


class AdviserRunQueries(Questions):
    """Questions about runs of the adviser."""
