"""The answers of the graph cache: what a statement says, from the records of its entries.

Each has the order of the statement that it stands for, so that nobody can tell which of the two answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..cache import CachedRecord, Entry
from ..filters import Environment, PackageAt
from ..names import normalize_extra, version_order
from .closure import Node, Requirement


def concerned(entry: Entry, package: PackageAt, environment: Environment) -> list[CachedRecord]:
    """The records of an entry on the index and in the environment asked about."""
    return [
        record
        for record in entry
        if package.index_url in (None, record.index_url)
        and environment.holds(record.os_name, record.os_version, record.python_version)
    ]


def cached_error(records: Iterable[CachedRecord]) -> bool | None:
    """Whether the newest run ended in an error; None where records differ: which was solved last is not in them."""
    errors = {record.error for record in records}
    return errors.pop() if len(errors) == 1 else None


def cached_requirements(
    records: Iterable[CachedRecord],
    extras: frozenset[str | None] | None,
    marker_evaluation_result: bool | None,
    is_missing: bool | None,
) -> tuple[tuple[str | None, str, str], ...] | None:
    """Extra, name and version of dependencies, in that order, each once; None where no record is asked about."""
    asked = [record for record in records if is_missing in (None, record.is_missing)]
    if not asked:
        return None
    requirements = {
        (edge.extra, edge.package_name, edge.package_version)
        for record in asked
        for edge in record.edges
        if (extras is None or normalize_extra(edge.extra) in extras)
        and marker_evaluation_result in (None, edge.marker_evaluation_result)
    }
    return tuple(sorted(requirements, key=_by_extra))


def cached_markers(
    records: Iterable[CachedRecord], dependency: PackageAt, marker_evaluation_result: bool | None
) -> Sequence[str | None]:
    """Markers of the edges to a dependency, those of no extra and no marker first."""
    edges = [
        edge
        for record in records
        for edge in record.edges
        if edge[:2] == (dependency.package_name, dependency.package_version)
        and marker_evaluation_result in (None, edge.marker_evaluation_result)
    ]
    edges.sort(key=lambda edge: (edge.extra is not None, edge.extra, edge.marker is not None, edge.marker))
    return [edge.marker for edge in edges]


def cached_node(records: Iterable[CachedRecord], marker_evaluation_result: bool | None) -> Node:
    """What is required on each index, by name, version and extra, whichever environment's record it stands in."""
    node: dict[str | None, set[Requirement]] = {}
    for record in records:
        requirements = node.setdefault(record.index_url, set())
        for edge in record.edges:
            if marker_evaluation_result in (None, edge.marker_evaluation_result):
                requirements.add((edge.extra, (edge.package_name, edge.package_version)))
    return {index_url: tuple(sorted(requirements, key=_by_name)) for index_url, requirements in node.items()}


def _by_name(requirement: Requirement) -> tuple[object, ...]:
    extra, (name, version) = requirement
    return name, version_order(version), version, extra is not None, extra


def _by_extra(requirement: tuple[str | None, str, str]) -> tuple[object, ...]:
    extra, name, version = requirement
    return extra is not None, extra, name, version_order(version), version
