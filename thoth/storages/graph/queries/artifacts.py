"""Questions about the files that package versions are distributed as."""

from __future__ import annotations

from .base import Questions


class ArtifactQueries(Questions):
    """Questions about the files that package versions are distributed as."""
