"""Questions about names of packages."""

from __future__ import annotations

from .base import Questions


class PackageNameQueries(Questions):
    """Questions about names of packages."""
