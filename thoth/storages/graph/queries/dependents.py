"""Questions the other way round: what depends on a package."""

from __future__ import annotations

from .base import Questions


class DependentQueries(Questions):
    """Questions the other way round: what depends on a package."""
