"""The documents that provenance checkers write: whether the packages of a stack come from where it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Any, Unpack

from .ceph import ListedObject
from .ceph_cache import CephCache
from .exceptions import NotFoundError
from .result_base import ResultStorageBase, StoreSettings
from .result_schema import RESULT_SCHEMA


class _ResultsStoreOf2019(ResultStorageBase):
    """Where the documents lay in 2019."""

    RESULT_TYPE = "provenance"


class ProvenanceResultsStore(ResultStorageBase):
    """Provenance checks, also those below the prefix of 2019, where nothing is stored any more.

    Of two documents with one id, the one below the newer prefix counts.
    """

    RESULT_TYPE = "provenance-checker"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "provenance-checker-"

    def __init__(self, deployment_name: str | None = None, **settings: Unpack[StoreSettings]) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        super().__init__(deployment_name, **settings)
        self._former = _ResultsStoreOf2019(deployment_name, **settings)

    def connect(self) -> None:
        """Make the store usable; no request is sent."""
        super().connect()
        self._former.connect()

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A document. Raises NotFoundError where there is none, SchemaError where the object is no JSON object."""
        try:
            return super().retrieve_document(document_id)
        except NotFoundError:
            return self._former.retrieve_document(document_id)

    def document_exists(self, document_id: str) -> bool:
        """Whether there is a document of this id."""
        return super().document_exists(document_id) or self._former.document_exists(document_id)

    def _objects(self, id_prefix: str) -> Iterator[ListedObject]:
        places = super()._objects(id_prefix), self._former._objects(id_prefix)
        # Where the contents of a folder stand differs between servers; names without one are in the order of bytes.
        sorted_places = ((one for one in place if "/" not in one.document_id) for place in places)
        return _first_of_each(merge(*sorted_places, key=attrgetter("document_id")))


class ProvenanceCacheStore(CephCache):
    """Which provenance check a request that is made again already has, under the digest of the request."""

    RESULT_TYPE = "provenance-cache"


def _first_of_each(objects: Iterable[ListedObject]) -> Iterator[ListedObject]:
    """The first of those that follow each other under one id."""
    return (next(same) for _, same in groupby(objects, key=attrgetter("document_id")))
