"""Which documents a sync looks at: those of a store, those that are given by id, files; all of them or one share."""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from .. import config
from ..ceph import ListedObject
from ..document_ids import InspectionResultId
from ..graph.documents.ledger import LedgerEntry
from ..graph.documents.quarantine import QuarantineEntry, storable
from ..inspection_documents import InspectionDocumentsStore
from ..result_base import REQUEST_SUFFIX, ResultStorageBase
from .kinds import DocumentKind, kind_of

_SHARD = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal shares of all documents: Shard(3, 8) is the third of eight.

    Which share a document belongs to depends on its id alone, so that as many jobs divide a listing without talking to
    each other. Raises ValueError for what is no share.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        whole = all(isinstance(value, int) and not isinstance(value, bool) for value in (self.number, self.count))
        if not whole or not 1 <= self.number <= self.count:
            raise ValueError(f"a shard is one of 1/1, 1/2, 2/2, 1/3 ..., not {self.number!r}/{self.count!r}")

    @classmethod
    def of(cls, shard: Shard | str | None) -> Shard | None:
        """The shard that a text such as 3/8 names; a Shard and None as they are. Raises ValueError for others."""
        if shard is None or isinstance(shard, Shard):
            return shard
        match = _SHARD.fullmatch(shard) if isinstance(shard, str) else None
        if match is None:
            raise ValueError(f"a shard is written <number>/<count>, 3/8 being the third of eight, not {shard!r}")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        """As it is written: 3/8."""
        return f"{self.number}/{self.count}"

    def holds(self, document_id: str) -> bool:
        """Whether a document belongs to this share."""
        digest = hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8]) % self.count == self.number - 1


class Candidate(NamedTuple):
    """A document that may have to be synced: how it was given, and what the store and the graph say of it."""

    given: str  # an id, or a path
    document_id: str  # under which the ledger would hold it
    etag: str | None = None  # None where it was not listed
    size: int | None = None  # bytes; None where nobody said
    entry: LedgerEntry | None = None
    quarantine: QuarantineEntry | None = None


@dataclass(frozen=True)
class Selection:
    """Which documents of a kind a sync looks at."""

    document_ids: Iterable[str] | None = None
    is_local: bool = False
    since: date | None = None
    shard: Shard | None = None

    @classmethod
    def of(
        cls, document_ids: Iterable[str] | None, is_local: bool, since: date | None, shard: Shard | str | None
    ) -> Selection:
        """The selection that arguments of a sync mean. Raises TypeError and ValueError where they mean none."""
        if isinstance(document_ids, str):
            raise TypeError(f"document_ids must be a list of ids, not the text {document_ids!r}")
        if is_local and document_ids is None:
            raise ValueError("local documents need document_ids: the paths of their files")
        if since is not None and document_ids is not None:
            raise ValueError("since narrows a listing: either since or document_ids")
        return cls(document_ids, is_local, since, Shard.of(shard))

    def candidates(self, store: ResultStorageBase | None) -> Iterator[Candidate]:
        """The documents in their order; a store is asked for its listing when the first one is wanted."""
        found: Iterator[Candidate]
        if store is None:
            found = map(_file, map(os.fspath, self.document_ids or ()))
        elif self.document_ids is None:
            found = map(_listed, _maybe_shuffled(store.iterate_listing(start_date=self.since)))
        else:
            found = chain.from_iterable(_named(store, document_id) for document_id in self.document_ids)
        return (one for one in found if self.shard is None or self.shard.holds(one.document_id))


def _file(path: str) -> Candidate:
    return Candidate(path, storable(file_id(path)), size=_file_size(path))


def _listed(listed: ListedObject) -> Candidate:
    return Candidate(listed.document_id, storable(listed.document_id), listed.etag, listed.size)


def _named(store: ResultStorageBase, document_id: str) -> list[Candidate]:
    """The document of an id; the id of an inspection means all of its results."""
    named = Candidate(document_id, storable(document_id))
    if not isinstance(store, InspectionDocumentsStore) or not document_id or InspectionResultId.parse(document_id):
        return [named]
    return [_listed(result) for result in store.iterate_inspection(document_id)] or [named]


def _maybe_shuffled(listing: Iterator[ListedObject]) -> Iterator[ListedObject]:
    if not config.RANDOMIZE_LISTING.read():
        return listing
    shuffled = list(listing)
    random.shuffle(shuffled)
    return iter(shuffled)


def count_candidates(
    kind: DocumentKind,
    document_ids: Iterable[str] | None = None,
    *,
    is_local: bool = False,
    since: date | None = None,
    shard: Shard | str | None = None,
) -> int:
    """How many documents a sync with these arguments looks at; those of a store are listed to be counted."""
    selection = Selection.of(document_ids, is_local, since, shard)
    store = None if is_local else kind.store()
    if store is not None:
        store.connect()
    return sum(1 for _ in selection.candidates(store))


def documents_in(directory: str | os.PathLike[str], kind: DocumentKind | None = None) -> list[str]:
    """The paths, sorted, of the files in a directory, however deep, whose names are those of documents.

    Such a name is an id with or without .json; with a kind those of this kind alone. Raises NotADirectoryError.
    """
    root = Path(directory)
    if not root.is_dir():
        raise NotADirectoryError(f"{root}: expected a directory of documents")
    return sorted(str(path) for path in root.rglob("*") if _is_document(path, kind))


def file_id(path: str) -> str:
    """The id that the name of a file stands for."""
    return Path(path).name.removesuffix(_SUFFIX)


def _is_document(path: Path, kind: DocumentKind | None) -> bool:
    document_id = file_id(str(path))
    if document_id.endswith(REQUEST_SUFFIX) or not path.is_file():
        return False
    found = kind_of(document_id)
    return found is not None and found is (kind or found)


def _file_size(path: str) -> int | None:
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return None  # what is wrong with it is told when it is read
