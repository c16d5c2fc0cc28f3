"""The answers of the graph cache: what a statement says, from the records of its entries.

Each has the order of the statement that it stands for, so that nobody can tell which of the two answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat

from ..cache_entries import CachedRecord, Edges, Entry, Pinned, pinned, unpinned
from ..filters import Environment, PackageAt
from ..names import normalize_extra, version_order
from .closure import Extras, Node

Found = Sequence[tuple[CachedRecord, Edges]]
"""Records and their edges; records of one package version whose edges are equal share them."""


Requirement = tuple[str | None, str, str]
"""The extra that brings a dependency in, its name and its version."""


def concerned(entry: Entry, package: PackageAt, environment: Environment) -> Found:
    """The records of an entry on the index and in the environment asked about."""
    return [
        (record, entry.edges[record.edges])
        for record in entry.records
        if package.index_url in (None, record.index_url)
        and environment.holds(record.os_name, record.os_version, record.python_version)
    ]


def cached_error(found: Found) -> bool | None:
    """Whether the newest run ended in an error; None where records differ: which was solved last is not in them."""
    errors = {record.error for record, _edges in found}
    return errors.pop() if len(errors) == 1 else None


def cached_requirements(
    found: Found,
    extras: frozenset[str | None] | None,
    marker_evaluation_result: bool | None,
    is_missing: bool | None,
) -> tuple[Requirement, ...] | None:
    """Extra, name and version of dependencies, in that order, each once; None where no record is asked about."""
    sets = _distinct(edges for record, edges in found if is_missing in (None, record.is_missing))
    if not sets:
        return None
    rows = dict.fromkeys(
        [
            (extra, *unpinned(dependency))
            for edges in sets
            for dependency, extra in _wanted(edges, extras, marker_evaluation_result)
        ]
    )
    if len(sets) == 1:  # in the order of names and versions
        return tuple(rows if sets[0].extras is None else sorted(rows, key=lambda row: (row[0] is not None, row[0])))
    return tuple(sorted(rows, key=_by_extra))


def cached_markers(found: Found, dependency: PackageAt, marker_evaluation_result: bool | None) -> Sequence[str | None]:
    """Markers of the edges to a dependency, those of no extra and no marker first."""
    wanted = pinned(dependency.package_name or "", dependency.package_version or "")
    markers = [
        (extra, marker)
        for edges in _distinct(edges for _record, edges in found)
        if wanted in edges.dependencies
        for required, extra, marker, result in edges.rows()
        if required == wanted and marker_evaluation_result in (None, result)
    ]
    markers.sort(key=lambda edge: (edge[0] is not None, edge[0], edge[1] is not None, edge[1]))
    return [marker for _extra, marker in markers]


def cached_node(found: Found, extras: Extras, marker_evaluation_result: bool | None) -> Node:
    """What is required on each index, by name and version, whichever environment's record it stands in."""
    sets: dict[str | None, list[Edges]] = {}
    for record, edges in found:
        sets.setdefault(record.index_url, []).append(edges)
    return {index_url: _required(each, extras, marker_evaluation_result) for index_url, each in sets.items()}


def _required(sets: list[Edges], extras: Extras, marker_evaluation_result: bool | None) -> Sequence[Pinned]:
    first, *others = sets
    if others:
        sets = _distinct(sets)
    if len(sets) == 1 and extras is None and (marker_evaluation_result is None or first.results is None):
        return first.dependencies if marker_evaluation_result is not False else ()
    found = dict.fromkeys(
        dependency for edges in sets for dependency, _extra in _wanted(edges, extras, marker_evaluation_result)
    )
    return tuple(found) if len(sets) == 1 else tuple(sorted(found, key=_by_name))


def _wanted(edges: Edges, extras: Extras, marker_evaluation_result: bool | None) -> Iterable[tuple[Pinned, str | None]]:
    """Dependency and extra of each requirement that counts."""
    if extras is None and marker_evaluation_result is None:
        return zip(edges.required(), edges.extras or repeat(None), strict=False)
    return [
        (dependency, extra)
        for dependency, extra, _marker, result in edges.rows()
        if marker_evaluation_result in (None, result) and (extras is None or normalize_extra(extra) in extras)
    ]


def _distinct(sets: Iterable[Edges]) -> list[Edges]:
    return list({id(edges): edges for edges in sets}.values())


def _by_name(dependency: Pinned) -> tuple[object, ...]:
    name, version = unpinned(dependency)
    return name, version_order(version), version


def _by_extra(requirement: Requirement) -> tuple[object, ...]:
    extra, name, version = requirement
    return extra is not None, extra, name, version_order(version), version
