"""A tree of dependencies as lines of text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import click

from .asking import shown_url
from .dependency_sources import PackageTuple
from .dependency_walk import Dependencies, Requirement
from .sync_errors import printable


class _Guides(NamedTuple):
    """What leads to a line: to one of several, to the last one, past one of several, past the last one."""

    one: str
    last: str
    past_one: str
    past_last: str


_DRAWN = _Guides("├── ", "└── ", "│   ", "    ")
_PLAIN = _Guides("|-- ", "`-- ", "|   ", "    ")

REPEATED = "(...)"
"""Stands where what a package needs was shown above."""


class _Place(NamedTuple):
    """A line to be written: what leads to it, and to the lines below it."""

    requirement: Requirement
    guide: str
    below: str
    depth: int


def tree_lines(found: Dependencies) -> Iterator[str]:
    """The tree of each root, line by line, with colours, which click.echo() leaves out where there is no terminal.

    What a package needs is shown once: where it stands again, or needs itself, (...) follows its name.
    """
    guides = _guides()
    shown: dict[PackageTuple, int] = {}
    for root in found.roots:
        waiting = [_Place(Requirement(root), "", "", 0)]
        while waiting:  # not by recursion: a chain of packages may be longer than Python's stack
            place = waiting.pop()
            package = place.requirement.package
            needed = found.requirements.get(package, []) if place.depth != found.depth else []
            is_repeated = bool(needed) and _was_shown(shown, place, found)
            yield place.guide + requirement_words(found, root, place.requirement, is_repeated=is_repeated)
            if needed and not is_repeated:
                shown[package] = place.depth
                waiting.extend(reversed(list(_places(needed, place, guides))))


def _was_shown(shown: dict[PackageTuple, int], place: _Place, found: Dependencies) -> bool:
    """Whether all that is to be shown below was: above it was cut off, maybe, where that was deeper."""
    before = shown.get(place.requirement.package)
    return before is not None and (found.depth is None or before <= place.depth)


def _places(needed: list[Requirement], above: _Place, guides: _Guides) -> Iterator[_Place]:
    for requirement in needed:
        is_last = requirement is needed[-1]
        guide, below = (guides.last, guides.past_last) if is_last else (guides.one, guides.past_one)
        yield _Place(requirement, above.below + guide, above.below + below, above.depth + 1)


def requirement_words(
    found: Dependencies, root: PackageTuple, requirement: Requirement, *, is_repeated: bool = False
) -> str:
    """Name and version of what is needed, its index unless that is the root's, and what else has to be said."""
    name, version, index_url = requirement.package
    state = found.state(requirement.package)
    is_root = requirement.package == root
    is_elsewhere = index_url is not None and (index_url != root[2] or is_root)
    parts = [
        click.style(printable(name), bold=True) if is_root else printable(name),
        printable(version),
        click.style(printable(shown_url(index_url) or ""), dim=True) if is_elsewhere else "",
        click.style(state, fg="yellow") if state else "",
        click.style(f"for extra {printable(requirement.extra)}", fg="cyan") if requirement.extra else "",
        click.style(f"; {printable(requirement.marker)}", fg="magenta") if requirement.marker else "",
        click.style(_others(requirement.others), dim=True) if requirement.others else "",
        click.style(REPEATED, dim=True) if is_repeated else "",
    ]
    return " ".join(filter(None, parts))


def _others(number: int) -> str:
    return f"(or {number:,} other version{'s' if number > 1 else ''})"


def _guides() -> _Guides:
    """Lines where the terminal has letters for them."""
    try:
        "".join(_DRAWN).encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN
    return _DRAWN
