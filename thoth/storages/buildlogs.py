"""The logs of image builds, as services send them in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterator
from typing import Any, Unpack

from .ceph import ListedObject
from .ceph_prefetch import Wanted, documents_in_order
from .document_ids import is_document_id
from .exceptions import NotFoundError
from .result_base import DeploymentStorage, StoreSettings

_PREFIX = "buildlog-"
_ID = re.compile(rf"{_PREFIX}.+|[0-9a-f]+")


class BuildLogsStore(DeploymentStorage):
    """Build logs; the id of one is buildlog- and the SHA-256 of its bytes, so that the same log is stored once.

    In 2019 the SHA-256 alone was the id. Such logs are where they were; every log is found by either form of its id.
    """

    RESULT_TYPE = "buildlogs"

    def __init__(
        self, deployment_name: str | None = None, *, bucket_prefix: str | None = None, **settings: Unpack[StoreSettings]
    ) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too.

        bucket_prefix is what other stores call prefix, which is understood as well.
        """
        if bucket_prefix and settings.get("prefix") not in (None, "", bucket_prefix):
            raise TypeError("bucket_prefix and prefix are two names for one thing: give one of them")
        settings["prefix"] = bucket_prefix or settings.get("prefix")
        super().__init__(deployment_name, **settings)

    def store_document(self, document: dict[str, Any]) -> str:
        """The id of the log, which is stored now; a log that was stored before has the same."""
        blob = self.ceph.dict2blob(document)
        document_id = f"{_PREFIX}{hashlib.sha256(blob).hexdigest()}"
        self.ceph.store_blob(blob, document_id)
        return document_id

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A log, by either form of its id.

        Raises NotFoundError where there is none, SchemaError where the object is no JSON object.
        """
        try:
            return self.ceph.retrieve_document(document_id)
        except NotFoundError:
            other_form = _other_form(document_id)
            if not self.ceph.document_exists(other_form):
                raise
            return self.ceph.retrieve_document(other_form)

    def document_exists(self, document_id: str) -> bool:
        """Whether there is a log of this id, in either form."""
        return self.ceph.document_exists(document_id) or self.ceph.document_exists(_other_form(document_id))

    def get_document_listing(self) -> Generator[str, None, None]:
        """The ids of all logs, as they were stored, in lexical order.

        A log of 2019 that was stored again since is there in both forms.
        """
        logs = self._logs()
        return (one.document_id for one in logs)

    def get_document_count(self) -> int:
        """How many ids get_document_listing() gives; they are listed to be counted."""
        return sum(1 for _ in self.get_document_listing())

    def iterate_results(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """(id, log) for the ids that get_document_listing() gives, in its order; logs are fetched ahead."""
        return documents_in_order(
            self.ceph.retrieve_document, (Wanted(one.document_id, one.size) for one in self._logs())
        )

    def _logs(self) -> Iterator[ListedObject]:
        objects = self.ceph.iterate_listing()
        return (one for one in objects if _ID.fullmatch(one.document_id) and is_document_id(one.document_id))


def _other_form(document_id: str) -> str:
    """The id of 2019 for one of 2023, and the other way round."""
    bare = document_id.removeprefix(_PREFIX)
    return bare if bare != document_id else f"{_PREFIX}{document_id}"
