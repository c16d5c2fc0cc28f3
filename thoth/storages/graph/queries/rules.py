"""Rules that keep package versions from being solved."""

from __future__ import annotations

from .base import Questions


class RuleQueries(Questions):
    """Rules that keep package versions from being solved."""
