"""Stores and documents for their tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from thoth.storages.ceph import CephStore


@pytest.fixture
def ceph(settings: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """A connected store without any object."""
    store = CephStore(prefix)
    store.connect()
    return store


@pytest.fixture
def document() -> dict[str, Any]:
    """A document of 2023, as a real solver wrote it on Debian."""
    real = Path(__file__).parents[2] / "thoth/storages/data/solver"
    content: dict[str, Any] = json.loads(min(real.glob("*.json")).read_bytes())
    return content


@pytest.fixture
def document_of_2019(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the metadata that analyzers wrote in 2019."""
    for key in ("document_id", "duration", "os_release", "thoth_deployment_name"):
        del document["metadata"][key]
    document["metadata"]["hostname"] = "solver-fedora-31-py37-8ad7-x1b2"
    return document
