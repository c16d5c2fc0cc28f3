"""What security indicators found in a release: Bandit's report, cloc's, and the two of them aggregated.

The objects of one analysis lie in a folder: security-indicators/<id>/{bandit,cloc,aggregated}.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, ClassVar, Unpack

from .base import StorageBase
from .ceph import ListedObject
from .result_base import REQUEST_SUFFIX, ResultStorageBase, StoreSettings


class _SecurityIndicatorBase(ResultStorageBase):
    """The documents of one type of all analyses; made for one of them, documents need not be named."""

    RESULT_TYPE = "security-indicators"
    security_indicator_type: ClassVar[str]

    def __init__(
        self,
        security_indicator_id: str | None = None,
        *,
        deployment_name: str | None = None,
        **settings: Unpack[StoreSettings],
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        super().__init__(deployment_name, **settings)
        self.security_indicator_id = security_indicator_id

    def store_document(self, document: dict[str, Any], document_id: str | None = None) -> str:
        """The id under which the document is stored now: the one given, else the store's, else the document's own."""
        return super().store_document(document, self.security_indicator_id if document_id is None else document_id)

    def retrieve_document(self, document_id: str | None = None) -> dict[str, Any]:
        """The document of this id, else the one that the store was made for.

        Raises NotFoundError where there is none, SchemaError where the object is no JSON object.
        """
        return super().retrieve_document(self._id(document_id))

    def document_exists(self, document_id: str | None = None) -> bool:
        """Whether there is a document of this id, else of the one that the store was made for."""
        return super().document_exists(self._id(document_id))

    def _id(self, document_id: str | None) -> str:
        chosen = self.security_indicator_id if document_id is None else document_id
        if not chosen:
            raise ValueError(f"{type(self).__name__} was made for no security indicator: say which one")
        return chosen

    def _object_key(self, document_id: str) -> str:
        if not document_id:
            raise ValueError("the id of a document must not be empty")
        return f"{document_id}/{self.security_indicator_type}"

    def _objects(self, id_prefix: str) -> Iterator[ListedObject]:
        # The folders come one after the other, and in each of them at most one object has this name.
        end, objects = f"/{self.security_indicator_type}", super()._objects(id_prefix)
        return (
            listed._replace(document_id=listed.document_id.removesuffix(end))
            for listed in objects
            if listed.document_id.endswith((end, REQUEST_SUFFIX))
        )


class SIBanditStore(_SecurityIndicatorBase):
    """What Bandit reported."""

    security_indicator_type = "bandit"


class SIClocStore(_SecurityIndicatorBase):
    """What cloc counted."""

    security_indicator_type = "cloc"


class SIAggregatedStore(_SecurityIndicatorBase):
    """The counters that are made of both and synced into the graph."""

    security_indicator_type = "aggregated"


class SecurityIndicatorsResultsStore(StorageBase):
    """All that one analysis left, as three stores: bandit, cloc and aggregated."""

    def __init__(
        self,
        security_indicator_id: str,
        *,
        deployment_name: str | None = None,
        **settings: Unpack[StoreSettings],
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        self.bandit = SIBanditStore(security_indicator_id, deployment_name=deployment_name, **settings)
        self.cloc = SIClocStore(security_indicator_id, deployment_name=deployment_name, **settings)
        self.aggregated = SIAggregatedStore(security_indicator_id, deployment_name=deployment_name, **settings)

    def connect(self) -> None:
        """Make the stores usable; no request is sent."""
        for store in (self.bandit, self.cloc, self.aggregated):
            store.connect()

    def is_connected(self) -> bool:
        """Whether all of them are connected; nothing is asked of the server."""
        return all(store.is_connected() for store in (self.bandit, self.cloc, self.aggregated))

    def check_connection(self) -> None:
        """Nothing, where the bucket can be used; else the StorageError that tells why not."""
        self.aggregated.check_connection()

    @classmethod
    def iter_security_indicators(cls) -> Iterator[str]:
        """The ids of all analyses of which there is anything, each once, as the server sorts their folders."""
        store = SIAggregatedStore()
        store.connect()
        keys = store.ceph.get_document_listing()
        return (folder for folder, _ in groupby(key.partition("/")[0] for key in keys if "/" in key))

    @classmethod
    def get_security_indicators_count(cls) -> int:
        """How many ids iter_security_indicators() gives; they are listed to be counted."""
        return sum(1 for _ in cls.iter_security_indicators())
