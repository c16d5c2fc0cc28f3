"""Questions about many package versions at once, a round trip each."""

from __future__ import annotations

from .base import Questions


class StackQueries(Questions):
    """Questions about many package versions at once, a round trip each."""
