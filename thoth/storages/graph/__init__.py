"""The knowledge graph in PostgreSQL; names are resolved on first use (PEP 562)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cache import GraphCache
    from .postgres import GraphDatabase

__all__ = ["GraphCache", "GraphDatabase"]


def __getattr__(name: str) -> object:
    if name == "GraphDatabase":
        from .postgres import GraphDatabase

        return GraphDatabase
    if name == "GraphCache":
        from .cache import GraphCache

        return GraphCache
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
