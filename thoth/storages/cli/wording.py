"""Numbers of things, as people say them."""

from __future__ import annotations


def how_many(number: int, one: str, many: str | None = None) -> str:
    """The number and what it counts: 1 document, 2,000 documents."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
