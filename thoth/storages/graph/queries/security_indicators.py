"""Questions about security indicators of packages."""

from __future__ import annotations

from .base import Questions


class SecurityIndicatorQueries(Questions):
    """Questions about security indicators of packages."""
