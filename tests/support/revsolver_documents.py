"""Documents of the reverse solver, made up from their format."""

from __future__ import annotations

from typing import Any

from support.analysers import written
from support.documents import DEBIAN, PYPI, Document

ID = "revsolver-261123080000-5c1d7c3f2f4f1e0a"
RELEASE = ("Werkzeug", "3.99.0")


def dependent(name: str = "flask", version: str = "3.0.3", **more: Any) -> Document:
    """A dependent as the reverse solver writes it: what the graph said about it, and where it was solved."""
    return {
        **DEBIAN,
        "package_name": name,
        "package_version": version,
        "index_url": PYPI,
        "version_range": ">=3.0.0",
        "marker": None,
        "extra": None,
        "marker_evaluation_result": True,
        **more,
    }


def reverse_solved(
    dependents: list[Document] | None = None, *, document_id: str = ID, release: tuple[str, str] = RELEASE
) -> Document:
    """What depends on a release: a version of flask, unless others are given."""
    arguments = {"app.py": dict(zip(("package_name", "package_version"), release, strict=True))}
    return written("revsolver", document_id, arguments, [dependent()] if dependents is None else dependents)
