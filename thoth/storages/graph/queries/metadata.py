"""Questions about what packages say of themselves."""

from __future__ import annotations

from .base import Questions


class MetadataQueries(Questions):
    """Questions about what packages say of themselves."""
