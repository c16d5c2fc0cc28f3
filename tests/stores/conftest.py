"""Stores and documents for their tests."""

from __future__ import annotations

import pytest
from support.documents import Document, real_documents, with_metadata_of_2019

from thoth.storages.ceph import CephStore


@pytest.fixture
def ceph(settings: pytest.MonkeyPatch, prefix: str) -> CephStore:
    """A connected store without any object."""
    store = CephStore(prefix)
    store.connect()
    return store


@pytest.fixture
def document() -> Document:
    """A document of 2023, as a real solver wrote it on Debian."""
    return real_documents()[0]


@pytest.fixture
def document_of_2019(document: Document) -> Document:
    """The same with the metadata that analyzers wrote in 2019."""
    return with_metadata_of_2019(document)
