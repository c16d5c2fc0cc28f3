"""Versioned symbols, as documents list them by library."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .reading import Place
from .texts import kept, long_name

Symbol = tuple[str, str]
"""A library, and a symbol that it provides."""


def parse_symbols(place: Place, remarks: list[str]) -> Iterator[Symbol]:
    """Each library with each of the symbols that an object lists under it; a remark says which names are too long."""
    if not isinstance(place.value, dict):
        raise place.refuse("an object")
    for library in kept(_keys(place), lambda key, _remarks: long_name(key), remarks):
        symbols = Place(place.document_id, f"{place.path}[{json.dumps(library)}]", place.value[library])
        for symbol in kept(symbols.each(), lambda item, _remarks: item.name(), remarks):
            yield library, symbol


def _keys(place: Place) -> Iterator[Place]:
    """The keys of an object, which are told apart by their number: they may be too long to be shown, or unprintable."""
    for number, key in enumerate(place.value):
        yield Place(place.document_id, f"{place.path}, key {number}", key)
