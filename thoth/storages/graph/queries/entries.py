"""Everything the graph knows of some package versions, as the graph cache keeps it. Two statements for any number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, select

from ..arrays import given_rows, is_one_of, parameters_of
from ..cache import CachedEdge, CachedRecord, Entry, PackageVersion
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..sql_types import AnyRow, AnySelect
from .versions import newest_error

Ask = Callable[[Executable, Mapping[str, Any]], Sequence[AnyRow]]


@cache
def _records() -> AnySelect:
    """Every record of the package versions given, by index and environment."""
    versions = PythonPackageVersion
    given = given_rows(table_of(versions), ("package_name", "package_version"))
    same = (versions.package_name == given.c.package_name) & (versions.package_version == given.c.package_version)
    return (
        select(
            versions.id,
            versions.package_name,
            versions.package_version,
            PythonPackageIndex.url,
            versions.os_name,
            versions.os_version,
            versions.python_version,
            versions.is_missing,
            newest_error(),
        )
        .join(given, same)
        .outerjoin(PythonPackageIndex, PythonPackageIndex.id == versions.python_package_index_id)
        .order_by(PythonPackageIndex.url, versions.os_name, versions.os_version, versions.python_version)
    )


@cache
def _edges() -> AnySelect:
    """Every edge of the versions given by id, in the order of names and versions."""
    entities = PythonPackageVersionEntity
    return (
        select(
            DependsOn.version_id,
            entities.package_name,
            entities.package_version,
            DependsOn.version_range,
            DependsOn.marker,
            DependsOn.extra,
            DependsOn.marker_evaluation_result,
        )
        .join(entities, entities.id == DependsOn.entity_id)
        .where(is_one_of(table_of(DependsOn).c.version_id, "version_ids"))
        .order_by(
            entities.package_name,
            entities.version_order,
            entities.package_version,
            DependsOn.extra.nulls_first(),
            DependsOn.marker.nulls_first(),
            DependsOn.id,
        )
    )


def read_entries(ask: Ask, package_versions: Sequence[PackageVersion]) -> dict[PackageVersion, Entry]:
    """The entry of each package version; an empty one where it was not solved."""
    if not package_versions:
        return {}
    records = ask(_records(), parameters_of(("package_name", "package_version"), package_versions))
    edges: dict[int, list[CachedEdge]] = defaultdict(list)
    for version_id, *edge in ask(_edges(), {"version_ids": [record[0] for record in records]}):
        edges[version_id].append(CachedEdge._make(edge))
    entries: dict[PackageVersion, list[CachedRecord]] = {pair: [] for pair in package_versions}
    for version_id, name, version, *record in records:
        entries[(name, version)].append(CachedRecord._make((*record, tuple(edges[version_id]))))
    return {pair: tuple(records) for pair, records in entries.items()}
