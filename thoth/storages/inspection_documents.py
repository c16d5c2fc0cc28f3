"""Inspections as they are synced: a document for each result, made of what several objects hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Unpack

from .ceph import ListedObject
from .document_ids import InspectionResultId, is_document_id
from .exceptions import NoDocumentIdError, NotFoundError
from .inspection_schema import INSPECTION_RESULT_SCHEMA, INSPECTION_SCHEMA
from .inspections import INSPECTIONS, InspectionResultsStore
from .result_base import Period, ResultStorageBase, StoreSettings
from .result_schema import validate

_RESULT = re.compile(r"(?P<inspection_id>[^/]+)/results/(?P<number>0|[1-9][0-9]{0,8})/result")


class InspectionDocumentsStore(ResultStorageBase):
    """{document_id, result_number, specification, result} for each result of each inspection.

    A document's id is <inspection id>/results/<number>. A document of 2019 holds a whole inspection; it has number 0
    and is given as it is. Listings are in the order in which the server lists the inspections' folders, then of the
    numbers; the documents of 2019 come last. An ETag is made of those of the specification and of the result.
    """

    RESULT_TYPE = INSPECTIONS

    def __init__(self, deployment_name: str | None = None, **settings: Unpack[StoreSettings]) -> None:
        """Take what is not given from the environment; SettingMissingError (a KeyError) where that lacks it too."""
        super().__init__(deployment_name, **settings)
        self.former = InspectionResultsStore(deployment_name=deployment_name, **settings)

    @classmethod
    def get_document_id(cls, document: dict[str, Any]) -> str:
        """<inspection id>/results/<number>. Raises NoDocumentIdError where the document does not say both."""
        if _is_of_2019(document):
            return str(InspectionResultId(InspectionResultsStore.get_document_id(document), 0))
        document_id = f"{document.get('document_id')}/results/{document.get('result_number')}"
        if not isinstance(document.get("document_id"), str) or InspectionResultId.parse(document_id) is None:
            raise NoDocumentIdError(None, "document_id", "an inspection's id, and the number of its result beside it")
        return document_id

    def connect(self) -> None:
        """Make the store usable; no request is sent."""
        super().connect()
        self.former.connect()

    def iterate_inspection(self, inspection_id: str) -> Iterator[ListedObject]:
        """The documents of one inspection, in the order of their numbers."""
        if not inspection_id:
            raise ValueError("the id of an inspection must not be empty")
        listing = self._objects(inspection_id)
        return (listed for listed in listing if listed.document_id.startswith(f"{inspection_id}/"))

    def store_document(self, document: dict[str, Any], document_id: str | None = None) -> str:
        """The id that the document gives itself, after its objects were stored; one of 2019 is stored as it is.

        Raises SchemaError where it is not what a document must look like, ValueError where another id is given.
        """
        own_id = self.get_document_id(document)
        if document_id not in (None, own_id):
            raise ValueError(f"the document is {own_id!r} and cannot be stored as {document_id!r}")
        validate(document, INSPECTION_SCHEMA if _is_of_2019(document) else INSPECTION_RESULT_SCHEMA, own_id)
        if _is_of_2019(document):
            self.former.store_document(document)
        else:
            # The specification first: what is listed once the result is there can be retrieved.
            self.ceph.store_document(document["specification"], f"{document['document_id']}/build/specification")
            self.ceph.store_document(document["result"], f"{own_id}/result")
        return own_id

    def retrieve_document(self, document_id: str) -> dict[str, Any]:
        """A document. Raises NotFoundError where its result, or its inspection's specification, is not there.

        Raises SchemaError where one of them is no JSON object.
        """
        inspection_id, number = _parsed(document_id)
        try:
            result = self.ceph.retrieve_document(f"{document_id}/result")
        except NotFoundError:
            if number:
                raise
            return self.former.retrieve_document(inspection_id)
        specification = self.ceph.retrieve_document(f"{inspection_id}/build/specification")
        return {
            "document_id": inspection_id,
            "result_number": number,
            "specification": specification,
            "result": result,
        }

    def document_exists(self, document_id: str) -> bool:
        """Whether there is such a result."""
        wanted = InspectionResultId.parse(document_id)
        if wanted is None:
            return False
        if self.ceph.document_exists(f"{document_id}/result"):
            return True
        return wanted.number == 0 and self.former.document_exists(wanted.inspection_id)

    def _objects(self, id_prefix: str) -> Iterator[ListedObject]:
        """The documents, each with what its objects say together."""
        newer, former = self.ceph.iterate_listing(id_prefix), self.former._objects(id_prefix)
        return _all_of(_results(newer), former)

    def _iterate(self, id_prefix: str, period: Period | None, only_requests: bool) -> Iterator[ListedObject]:
        """The documents of a period; there are no requests beside them."""
        objects = self._objects(id_prefix)
        return (
            listed
            for listed in objects
            if not only_requests and (period is None or period.contains(listed.document_id))
        )


def _is_of_2019(document: dict[str, Any]) -> bool:
    return "result_number" not in document


def _all_of(newer: Iterable[ListedObject], former: Iterable[ListedObject]) -> Iterator[ListedObject]:
    """The newer documents, then those of 2019 whose id none of them has."""
    # Which folder comes first, a/ or a-1/, differs between servers: nothing can be merged here. No more documents of
    # 2019 are made, so that they fit into memory.
    remaining = {
        str(InspectionResultId(listed.document_id, 0)): listed
        for listed in former
        if is_document_id(listed.document_id)
    }
    for listed in newer:
        remaining.pop(listed.document_id, None)
        yield listed
    yield from (listed._replace(document_id=document_id) for document_id, listed in remaining.items())


def _results(objects: Iterable[ListedObject]) -> Iterator[ListedObject]:
    """Inspection after inspection its results, in the order of their numbers."""
    for inspection_id, files in groupby(objects, key=lambda listed: listed.document_id.partition("/")[0]):
        by_key = {listed.document_id: listed for listed in files}
        specification = by_key.get(f"{inspection_id}/build/specification")
        results = [
            (int(match["number"]), listed) for key, listed in by_key.items() if (match := _RESULT.fullmatch(key))
        ]
        for number, result in sorted(results):
            yield _together(str(InspectionResultId(inspection_id, number)), specification, result)


def _together(document_id: str, *objects: ListedObject | None) -> ListedObject:
    """What a listing says of a document that is made of these objects; None for one that is not there."""
    there = [one for one in objects if one is not None]
    etag = "+".join("" if one is None else one.etag for one in objects)
    return ListedObject(document_id, etag, max(one.last_modified for one in there), sum(one.size for one in there))


def _parsed(document_id: str) -> InspectionResultId:
    parsed = InspectionResultId.parse(document_id)
    if parsed is None:
        raise NotFoundError(f"there is no document {document_id!r}: expected <inspection id>/results/<number>")
    return parsed
