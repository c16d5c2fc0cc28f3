"""Documents one by one, as they are stored: their bytes, and documents that are to be put there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from ..ceph import CephStore
from ..document_ids import document_id_of
from ..exceptions import NoDocumentIdError, NotFoundError, SchemaError, ThothStorageExceptionError
from ..graph.together import KINDS as READERS
from ..graph.together import Told
from ..inspection_documents import InspectionDocumentsStore
from ..inspection_schema import INSPECTION_RESULT_SCHEMA, INSPECTION_SCHEMA
from ..inspections import InspectionBuildsStore
from ..provenance import ProvenanceResultsStore
from ..result_base import REQUEST_SUFFIX, ResultStorageBase
from ..result_schema import validate
from .fetching import check_name
from .kinds import DocumentKind, kind_of


class Put(Enum):
    """What became of a document that was put into its store."""

    STORED = auto()
    REPLACED = auto()
    UNCHANGED = auto()
    """It was there, with this content; nothing was written."""


class DocumentExistsError(ThothStorageExceptionError):
    """Something else is stored under a document's id; nothing was written."""


class CheckedDocument(NamedTuple):
    """A document that is what its kind promises, and its id."""

    kind: DocumentKind
    document_id: str
    document: dict[str, Any]


def stored_bytes(store: ResultStorageBase, document_id: str) -> bytes:
    """A document as it is stored, byte for byte, even where that is no JSON; with .request at its end, a request.

    What several objects hold (a result of an inspection) is put together, in the form in which documents are stored.
    Raises NotFoundError where there is none.
    """
    check_name(document_id)
    if document_id.endswith(REQUEST_SUFFIX):
        return store.ceph.retrieve_blob(document_id)
    if isinstance(store, InspectionDocumentsStore):
        return CephStore.dict2blob(store.retrieve_document(document_id))
    try:
        return store.ceph.retrieve_blob(store._object_key(document_id))
    except NotFoundError:
        if not isinstance(store, ProvenanceResultsStore):
            raise
        return store._former.ceph.retrieve_blob(document_id)


def read_json(content: bytes) -> dict[str, Any]:
    """The JSON object that this is, in UTF-8. Raises SchemaError for anything else, NaN for example."""
    try:
        document = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SchemaError(None, "the top", f"JSON in UTF-8 ({error})") from error
    if not isinstance(document, dict):
        raise SchemaError(None, "the top", f"a JSON object, not {type(document).__name__}")
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def kind_of_document(document: Mapping[str, Any]) -> DocumentKind | None:
    """The kind that a document's own id tells; None where it has none, or one of no kind."""
    try:
        return kind_of(document_id_of(document))
    except NoDocumentIdError:
        inspection_id = document.get("document_id", document.get("inspection_id"))
        return kind_of(inspection_id) if isinstance(inspection_id, str) else None


def check_document(kind: DocumentKind, document: dict[str, Any]) -> CheckedDocument:
    """The document with its id, if it can be stored and then be synced.

    It must be what its store demands, and what the graph reads from a document of its kind. Raises SchemaError, which
    names the place in it and what was expected there.
    """
    document_id = kind.store.get_document_id(document)
    schema = kind.store.SCHEMA
    if kind.store is InspectionDocumentsStore:
        schema = INSPECTION_RESULT_SCHEMA if "result_number" in document else INSPECTION_SCHEMA
    if schema is not None:
        validate(document, schema, document_id)
    READERS[kind.kind].read(Told(document))
    return CheckedDocument(kind, document_id, document)


def put_document(store: ResultStorageBase, checked: CheckedDocument, *, force: bool = False) -> Put:
    """What became of a document, after it was stored unless it was there with the same content.

    Raises DocumentExistsError where something else is there, unless forced; then it is replaced.
    """
    there = _there(store, checked)
    if there is _Is.SAME or (there is _Is.SPELLED_OTHERWISE and not force):
        return Put.UNCHANGED
    if there is _Is.ANOTHER and not force:
        raise DocumentExistsError(f"{checked.document_id} is stored already, with other content; it was left as it is")
    store.store_document(checked.document)
    return Put.STORED if there is _Is.NOTHING else Put.REPLACED


class _Is(Enum):
    """What is under a document's id, compared with it."""

    NOTHING = auto()
    SAME = auto()
    SPELLED_OTHERWISE = auto()
    ANOTHER = auto()


def _there(store: ResultStorageBase, checked: CheckedDocument) -> _Is:
    blob = CephStore.dict2blob(checked.document)
    try:
        stored = stored_bytes(store, checked.document_id)
    except NotFoundError:
        return _Is.ANOTHER if _is_there_in_part(store, checked) else _Is.NOTHING
    except SchemaError:  # one of several objects is no JSON
        return _Is.ANOTHER
    if stored == blob:
        return _Is.SAME
    try:
        return _Is.SPELLED_OTHERWISE if CephStore.dict2blob(json.loads(stored)) == blob else _Is.ANOTHER
    except (ValueError, RecursionError):
        return _Is.ANOTHER


def _is_there_in_part(store: ResultStorageBase, checked: CheckedDocument) -> bool:
    """Whether an inspection's result is there without its specification, or the inspection with another one."""
    if not isinstance(store, InspectionDocumentsStore) or "result_number" not in checked.document:
        return False
    builds = InspectionBuildsStore(checked.document["document_id"])
    builds.connect()
    try:
        return bool(builds.retrieve_specification() != checked.document["specification"])
    except NotFoundError:
        return store.document_exists(checked.document_id)
    except SchemaError:
        return True
