"""Questions about software environments and images."""

from __future__ import annotations

from .base import Questions


class EnvironmentQueries(Questions):
    """Questions about software environments and images."""
