"""Data access for Thoth: documents in object storage, a knowledge graph in PostgreSQL, a cache in SQLite.

Names are resolved on first use, so that importing this package loads neither SQLAlchemy nor boto3 (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ceph import CephStore
    from .graph.postgres import GraphDatabase
    from .result_schema import RESULT_SCHEMA
    from .solvers import SolverResultsStore
    from .sync import sync_solver_documents

__version__ = "1.0.0"

_HOMES = {
    "CephStore": "ceph",
    "GraphDatabase": "graph.postgres",
    "RESULT_SCHEMA": "result_schema",
    "SolverResultsStore": "solvers",
    "sync_solver_documents": "sync",
}

__all__ = [
    "RESULT_SCHEMA",
    "CephStore",
    "GraphDatabase",
    "SolverResultsStore",
    "sync_solver_documents",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
