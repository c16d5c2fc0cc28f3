"""Questions by their earlier names."""

from __future__ import annotations

from .base import Questions


class EarlierNames(Questions):
    """Questions by their earlier names."""
