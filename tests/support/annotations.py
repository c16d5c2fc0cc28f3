"""Whether a value is what an annotation says, all the way down."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Union, get_args, get_origin

_EACH = (list, set, frozenset)


def misfits(value: object, hint: Any, place: str = "answer") -> Iterator[str]:
    """What is not as the annotation says, by its place; nothing where all is."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return
    if origin in (Union, types.UnionType):
        if not any(not list(misfits(value, one, place)) for one in arguments):
            yield _said(value, hint, place)
    elif origin in _EACH or origin is dict or origin is tuple:
        yield from _misfits_inside(value, hint, origin, arguments, place)
    elif typing.is_typeddict(hint):
        yield from _misfits_of_keys(value, hint, place)
    elif not _is(value, hint):
        yield _said(value, hint, place)
    elif issubclass(hint, tuple) and hasattr(hint, "_fields"):
        for name, inner in typing.get_type_hints(hint).items():
            yield from misfits(getattr(value, name), inner, f"{place}.{name}")


def _misfits_inside(value: Any, hint: Any, origin: Any, arguments: Collection[Any], place: str) -> Iterator[str]:
    if not isinstance(value, origin):
        yield _said(value, hint, place)
    elif origin is dict:
        of_key, of_value = arguments
        for key, inner in value.items():
            yield from misfits(key, of_key, f"key of {place}")
            yield from misfits(inner, of_value, f"{place}[{key!r}]")
    elif origin is tuple and Ellipsis not in arguments:
        if len(value) != len(arguments):
            yield _said(value, hint, place)
            return
        for number, (inner, one) in enumerate(zip(value, arguments, strict=True)):
            yield from misfits(inner, one, f"{place}[{number}]")
    else:
        (one, *_) = arguments
        for number, inner in enumerate(value):
            yield from misfits(inner, one, f"{place}[{number}]")


def _misfits_of_keys(value: object, hint: Any, place: str) -> Iterator[str]:
    """What is wrong with a dictionary whose keys are known."""
    hints = typing.get_type_hints(hint)
    if not isinstance(value, Mapping) or not hint.__required_keys__ <= value.keys() <= hints.keys():
        yield _said(value, hint, place)
        return
    for key, inner in value.items():
        yield from misfits(inner, hints[key], f"{place}[{key!r}]")


def _is(value: object, hint: Any) -> bool:
    """Whether a value is of a class; True is no number here, and a whole number is a float."""
    if hint is None or hint is type(None):
        return value is None
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _said(value: object, hint: Any, place: str) -> str:
    shown = repr(value)
    return f"{place} is {shown[:100]}, not {hint}"
