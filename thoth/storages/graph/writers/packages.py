"""Packages: indexes, entities, versions in an environment, artifacts, imports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Delete, Select, delete, select, union
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from ..arrays import given_rows, is_one_of, parameters_of
from ..faults import LostRaceError
from ..models import (
    FoundImportPackage,
    HasArtifact,
    ImportPackage,
    PythonArtifact,
    PythonPackageIndex,
    PythonPackageVersion,
    PythonPackageVersionEntity,
)
from ..models_base import table_of
from ..names import version_order
from ..sql_types import AnySelect
from .upsert import distinct_sorted, ensure, ids_by_key, insert_missing, link, matches

Entity = tuple[str, str, int | None]
"""A package's name, its version, the id of its index."""

Environment = tuple[str, str, str]

_ENTITY_KEY = ("package_name", "package_version", "python_package_index_id")
_VERSION_KEY = ("entity_id", "os_name", "os_version", "python_version")


def ensure_indexes(session: Session, urls: Iterable[str | None]) -> dict[str | None, int | None]:
    """The id of each index; one that nobody registered becomes known, disabled. None stays None."""
    ids = ensure(session, PythonPackageIndex, ("url",), ((url,) for url in urls if url is not None))
    return {None: None, **{url: index_id for (url,), index_id in ids.items()}}


def ensure_entities(session: Session, entities: Iterable[Entity]) -> tuple[dict[Entity, int], set[str]]:
    """The id of each entity, and the names of those packages of which one is new."""
    keys = distinct_sorted(entities)
    rows = [(name, version, index_id, version_order(version)) for name, version, index_id in keys]
    inserted = insert_missing(session, PythonPackageVersionEntity, (*_ENTITY_KEY, "version_order"), _ENTITY_KEY, rows)
    ids: dict[Any, int] = ids_by_key(session, PythonPackageVersionEntity, _ENTITY_KEY, keys)
    return ids, {name for name, _version, _index_id in inserted}


@cache
def _insert_versions() -> Insert:
    versions, entities = table_of(PythonPackageVersion), table_of(PythonPackageVersionEntity)
    given = given_rows(versions, _VERSION_KEY)
    there = versions.alias("there")
    same = matches(there, given, _VERSION_KEY)
    copied = ("package_name", "package_version", "version_order", "python_package_index_id")
    missing = (
        select(*given.c, *(entities.c[name] for name in copied))
        .join(entities, entities.c.id == given.c.entity_id)
        .where(~select(1).select_from(there).where(same).exists())
        .order_by(given.c.entity_id)
    )
    names = [*(name for name in given.c.keys()), *copied]  # noqa: SIM118 (a column collection iterates columns)
    return insert(versions).from_select(names, missing).on_conflict_do_nothing()


@cache
def _lock_versions(*, to_delete: bool) -> AnySelect:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, _VERSION_KEY)
    same = matches(versions, given, _VERSION_KEY)
    wanted: CompoundSelect[int] | Select[int] = select(versions.c.id).join(given, same)
    if to_delete:
        others = select(versions.c.id).where(is_one_of(versions.c.id, "others"))
        wanted = union(wanted, others)
    locked = select(versions.c.entity_id, versions.c.id).where(versions.c.id.in_(wanted)).order_by(versions.c.id)
    return locked.with_for_update(of=versions, key_share=not to_delete)


def ensure_versions(
    session: Session, entity_ids: Iterable[int], environment: Environment, *, to_delete: Sequence[int] = ()
) -> dict[int, int]:
    """The version id of each entity in an environment, locked until the transaction ends.

    The lock makes writers of one version take turns: who comes second sees what the first one wrote. Versions that may
    have to be deleted (ids) are locked in the same statement: two steps would let writers wait for each other in a
    circle. Raises LostRaceError where another writer deleted a version between the insert and the lock.
    """
    entities = sorted(set(entity_ids))
    parameters = parameters_of(_VERSION_KEY, [(entity_id, *environment) for entity_id in entities])
    if entities:
        session.execute(_insert_versions(), parameters)
    if not entities and not to_delete:
        return {}
    others = {"others": sorted(to_delete)} if to_delete else {}
    rows = session.execute(_lock_versions(to_delete=bool(to_delete)), {**parameters, **others})
    locked = {row[0]: row[1] for row in rows}
    if not locked.keys() >= set(entities):
        raise LostRaceError
    return {entity_id: locked[entity_id] for entity_id in entities}


def write_artifacts(session: Session, hashes: Mapping[int, Iterable[str]]) -> None:
    """Link entities (by id) to the artifacts with these sha256 digests."""
    digests = {digest for digests in hashes.values() for digest in digests}
    ids = ensure(session, PythonArtifact, ("artifact_hash_sha256",), ((digest,) for digest in digests))
    pairs = ((entity_id, ids[(digest,)]) for entity_id, digests in hashes.items() for digest in digests)
    link(session, HasArtifact, ("python_package_version_entity_id", "python_artifact_id"), pairs)


@cache
def _delete_stale_imports() -> Delete:
    found = table_of(FoundImportPackage)
    columns = ("python_package_version_id", "import_package_id")
    stated = given_rows(found, columns)
    still = matches(found, stated, columns)
    return delete(found).where(
        is_one_of(found.c.python_package_version_id, "version_ids"),
        ~select(1).select_from(stated).where(still).exists(),
    )


def ensure_imports(session: Session, names: Iterable[str]) -> dict[str, int]:
    """The id of each name that can be imported."""
    ids = ensure(session, ImportPackage, ("import_package_name",), ((name,) for name in names))
    return {name: import_id for (name,), import_id in ids.items()}


def write_imports(session: Session, imports: Mapping[int, Iterable[int]]) -> None:
    """Make these names (by id) what can be imported from versions (by id); what they no longer provide is removed."""
    pairs = [(version_id, import_id) for version_id, ids in imports.items() for import_id in ids]
    columns = ("python_package_version_id", "import_package_id")
    link(session, FoundImportPackage, columns, pairs)
    if imports:
        session.execute(_delete_stale_imports(), {**parameters_of(columns, pairs), "version_ids": list(imports)})
