"""Everything the graph knows of some package versions, as the graph cache keeps it. Two statements for any number."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Executable, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ..arrays import given_rows, is_one_of, parameters_of
from ..cache_entries import CachedRecord, Edges, Entry, Pinned, edges_of, pinned, unpinned
from ..models import DependsOn, PythonPackageIndex, PythonPackageVersion, PythonPackageVersionEntity
from ..models_base import table_of
from ..sql_types import AnyRow, AnySelect
from .versions import as_python, newest_error

Ask = Callable[[Executable, Mapping[str, Any]], Sequence[AnyRow]]


def pinned_column() -> ColumnElement[str]:
    """A package version as one text, as pinned() makes it."""
    entities = PythonPackageVersionEntity
    return entities.package_name + "==" + entities.package_version


def packed_column(values: Any, *order: Any) -> ColumnElement[str]:
    """All values of a group as one JSON array, in this order.

    As a text: the driver would make an object of each value, one by one.
    """
    return cast(func.json_agg(aggregate_order_by(values, *order)), Text)


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
    """The edges of the versions given by id: a row for each, with a JSON array for each column of Edges."""
    entities = PythonPackageVersionEntity
    order = (
        as_python(entities.package_name),
        entities.version_order,
        as_python(entities.package_version),
        as_python(DependsOn.extra).nulls_first(),
        as_python(DependsOn.marker).nulls_first(),
        DependsOn.id,
    )
    columns = (pinned_column(), DependsOn.extra, DependsOn.marker, DependsOn.marker_evaluation_result)
    return (
        select(DependsOn.version_id, *(packed_column(column, *order) for column in columns))
        .join(entities, entities.id == DependsOn.entity_id)
        .where(is_one_of(table_of(DependsOn).c.version_id, "version_ids"))
        .group_by(DependsOn.version_id)
    )


def read_entries(ask: Ask, package_versions: Sequence[Pinned]) -> dict[Pinned, Entry]:
    """The entry of each package version; an empty one where it was not solved."""
    if not package_versions:
        return {}
    records = ask(_records(), parameters_of(("package_name", "package_version"), list(map(unpinned, package_versions))))
    edges = {
        version_id: edges_of(*map(json.loads, columns))
        for version_id, *columns in ask(_edges(), {"version_ids": [record[0] for record in records]})
    }
    solved: dict[Pinned, list[tuple[list[Any], Edges]]] = {version: [] for version in package_versions}
    for version_id, name, version, *record in records:
        solved[pinned(name, version)].append((record, edges.get(version_id, Edges())))
    return {version: _entry(found) for version, found in solved.items()}


def _entry(found: list[tuple[list[Any], Edges]]) -> Entry:
    distinct: list[Edges] = []
    for _record, edges in found:
        if edges not in distinct:
            distinct.append(edges)
    return Entry([CachedRecord._make((*record, distinct.index(edges))) for record, edges in found], distinct)
