"""Stores and documents for their tests."""

from __future__ import annotations

import pytest
from support.documents import Document, real_documents, with_metadata_of_2019
from support.object_storage import EVERY_TIER

from thoth.storages.ceph import CephStore


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever is stored here is stored in every tier, unless the test says where."""
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "s3" in metafunc.fixturenames and "s3" not in chosen:
        metafunc.parametrize("s3", EVERY_TIER, indirect=True, scope="session")


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
