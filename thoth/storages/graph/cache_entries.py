"""What the graph cache keeps of a package version, and how it is packed.

An entry is packed as JSON: its records, and apart from them each set of edges once, since most environments have the
same. A set of edges is columns, and a package version in it is one text: closures read thousands of them. Measured in a
closure of 17,584 edges: 57 ms with an object for each edge, 9 with columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

PackageVersion = tuple[str, str]
"""A package's name and its version, both normalised."""

Pinned = str
"""A package version as one text, name==version (PEP 508)."""


def pinned(package_name: str, package_version: str) -> Pinned:
    """The package version as one text."""
    return f"{package_name}=={package_version}"


def unpinned(text: Pinned) -> PackageVersion:
    """The name and the version; no name has a = in it."""
    name, _, version = text.partition("==")
    return name, version


class Edges(NamedTuple):
    """The dependencies of a record, each once, and the requirements that lead to them, in the order of edges_of()."""

    dependencies: Sequence[Pinned] = ()
    places: Sequence[int] | None = None
    """Which dependency each requirement leads to; None where there is one for each."""
    extras: Sequence[str | None] | None = None
    """The extra of each requirement; None where none has any."""
    markers: Sequence[str | None] | None = None
    """The marker of each requirement; None where none has any."""
    results: Sequence[bool] | None = None
    """What each marker evaluates to; None where all hold."""

    def required(self) -> Iterable[Pinned]:
        """What each requirement leads to."""
        return self.dependencies if self.places is None else map(self.dependencies.__getitem__, self.places)

    def rows(self) -> Iterator[tuple[Pinned, str | None, str | None, bool]]:
        """Dependency, extra, marker and what that evaluates to, of each requirement."""
        return zip(
            self.required(),
            repeat(None) if self.extras is None else self.extras,
            repeat(None) if self.markers is None else self.markers,
            repeat(True) if self.results is None else self.results,
            strict=False,
        )


def edges_of(
    required: Sequence[Pinned],
    extras: Sequence[str | None],
    markers: Sequence[str | None],
    results: Sequence[bool],
) -> Edges:
    """Edges from columns, which are in the order of names, versions (PEP 440), extras and markers, None first."""
    numbers = {dependency: number for number, dependency in enumerate(dict.fromkeys(required))}
    return Edges(
        list(numbers),
        None if len(numbers) == len(required) else [numbers[dependency] for dependency in required],
        None if extras.count(None) == len(extras) else extras,
        None if markers.count(None) == len(markers) else markers,
        None if all(results) else results,
    )


class CachedRecord(NamedTuple):
    """A package version on an index in an environment; error is that of its newest solver run."""

    index_url: str | None
    os_name: str
    os_version: str
    python_version: str
    is_missing: bool
    error: bool | None
    edges: int
    """Which of the entry's edges are this record's."""


class Entry(NamedTuple):
    """Everything the graph knows of a package version, by index and environment; empty where it was not solved."""

    records: Sequence[CachedRecord] = ()
    edges: Sequence[Edges] = ()


class PackedEntry(NamedTuple):
    """An entry as two texts of JSON."""

    records: str
    edges: str


_pack = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_unpack = json.JSONDecoder().raw_decode


def pack(entry: Entry) -> PackedEntry:
    """An entry as texts; what is None at the end of edges is left out."""
    return PackedEntry(_pack(entry.records), _pack(list(map(_without_end, entry.edges))))


def unpack(packed: PackedEntry) -> Entry:
    """The entry that pack() made these texts from."""
    return Entry(_records(packed.records), [Edges(*columns) for columns in _unpack(packed.edges)[0]])


# Most package versions were solved in the same environments: a closure of 400 has a handful of these texts.
@lru_cache(maxsize=1024)
def _records(packed: str) -> tuple[CachedRecord, ...]:
    return tuple(map(CachedRecord._make, _unpack(packed)[0]))


def _without_end(edges: Edges) -> Sequence[object]:
    length = len(edges)
    while length and edges[length - 1] is None:
        length -= 1
    return edges[:length]
