"""Texts that documents about images hold: paths, texts that may be empty, items that are left out when too long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ...exceptions import SchemaError
from .reading import NAME_BYTES, Place, TooLongError

T = TypeVar("T")

PATH_BYTES = 4096
"""As long as a path can be on Linux; keyed by a digest, so that no index limits it."""


def long_name(place: Place) -> str:
    """A path, or another text that is known by its digest: not empty, and not longer than a path can be."""
    text = place.text(PATH_BYTES)
    if not text:
        raise SchemaError(place.document_id, place.path, "a text that is not empty")
    return text


def optional_text(place: Place, key: str, limit: int = NAME_BYTES) -> str | None:
    """The text under a key, None where it is empty or there is none."""
    value = place.get(key)
    return None if value is None else value.text(limit) or None


def kept(
    places: Iterable[Place], parse_item: Callable[[Place, list[str]], T | None], remarks: list[str]
) -> Iterator[T]:
    """What the items say; a remark says of which a name is too long, and those are left out."""
    for place in places:
        try:
            item = parse_item(place, remarks)
        except TooLongError as error:
            remarks.append(f"{error.path}: left out, {error.expected}")
        else:
            if item is not None:
                yield item
