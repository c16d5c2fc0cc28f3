"""Questions about packages in no environment, and telling the graph about them."""

from __future__ import annotations

from .base import Questions


class EntityQueries(Questions):
    """Questions about packages in no environment, and telling the graph about them."""
