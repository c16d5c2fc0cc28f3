"""Questions about symbols: what images offer, what packages need."""

from __future__ import annotations

from .base import Questions


class SymbolQueries(Questions):
    """Questions about symbols: what images offer, what packages need."""
