"""Documents that are wrong at one place, whichever it is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from support.documents import Document, Place, path_text, put, remove
from thoth.storages.exceptions import NoDocumentIdError, SchemaError

MISSING = object()
"""Instead of a value: there is none."""

WRONG = (MISSING, None, True, -1, 7, 1.5, 2**63, "", "a\x00b", "a\ud800b", "x" * 5000, [], ["x"], [None], {}, {"x": 1})


def places(value: Any, way: Place = ()) -> Iterator[Place]:
    """Every place in a document but its top."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*way, key)
        yield from places(each, (*way, key))


def wrong_documents(document: Document) -> Iterator[tuple[Place, Any, Document]]:
    """(place, value, the document with that value there) for every place and everything that may be wrong there."""
    for place in places(document):
        for value in WRONG:
            other = copy.deepcopy(document)
            if value is MISSING:
                remove(other, place)
            else:
                put(other, place, value)
            yield place, value, other


def names_the_place(error: SchemaError, place: Place) -> bool:
    """Whether an error says where it is: at the place, in what was put there, or at the id that is taken from there."""
    if isinstance(error, NoDocumentIdError):
        return place in (("metadata",), ("metadata", "document_id"), ("metadata", "hostname"))
    return error.path.replace('["', ".").replace('"]', "").startswith(path_text(place))


def accepted_and_refused(
    parse: Callable[[Any], Any], document: Document, *, instead: Mapping[Place, str] | None = None
) -> tuple[list[Any], dict[Place, list[Document]]]:
    """What a parser makes of every wrong document: the rows that say something else now, and what it refuses.

    Checks that errors are those of documents and say where they are: at the place, or where it says instead.
    """
    good = parse(document)
    rows: list[Any] = []
    refused: dict[Place, list[Document]] = {}
    for place, value, other in wrong_documents(document):
        try:
            parsed = parse(other)
        except SchemaError as error:
            elsewhere = error.path.startswith((instead or {}).get(place, "nowhere"))
            assert names_the_place(error, place) or elsewhere, (place, value, error)
            refused.setdefault(place, []).append(other)
        else:
            assert hash(parsed)
            if replace(parsed, document=replace(good.document, remarks=parsed.document.remarks)) != good:
                rows.append(parsed)
    return rows, refused


def check_that_rows_are_storable(engine: Engine, write: Callable[..., bool], rows: list[Any]) -> None:
    """No database refuses what a parser accepts; nothing is kept."""
    for each in rows:
        with Session(engine) as session:
            assert write(session, each) is True
            session.rollback()
