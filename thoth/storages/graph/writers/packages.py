"""Packages: indexes, entities, versions in an environment, artifacts, imports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Delete, Select, Update, delete, or_, select, union, update
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
from .rules import Entity as Entity
from .rules import apply_rules
from .upsert import Ensured, Links, Wanted, distinct_sorted, ensure, ensure_many, insert_missing, link, matches

Version = tuple[int, str, str, str]
"""The id of an entity, and an environment: name and version of the operating system, version of Python."""

Description = tuple[int | None, int | None, bool | None]
"""The ids of the metadata and of the licence of a version, and whether to be warned of the licence."""

NOTHING: Description = (None, None, None)

_ENTITY_KEY = ("package_name", "package_version", "python_package_index_id")
_VERSION_KEY = ("entity_id", "os_name", "os_version", "python_version")
_DESCRIPTION = ("python_package_metadata_id", "package_license", "package_license_warning")
_IMPORT = ("python_package_version_id", "import_package_id")
_VERSION = (*_VERSION_KEY, *_ENTITY_KEY, "version_order", *_DESCRIPTION)


def ensure_indexes(session: Session, urls: Iterable[str | None]) -> dict[str | None, int | None]:
    """The id of each index; one that nobody registered becomes known, disabled. None stays None."""
    ids = ensure(session, PythonPackageIndex, ("url",), ((url,) for url in urls if url is not None))
    return {None: None, **{url: index_id for (url,), index_id in ids.items()}}


def wanted_entities(entities: Iterable[Entity]) -> Wanted:
    """Entities that are to be there."""
    keys = distinct_sorted(entities)
    rows = [(*key, None if key[1] is None else version_order(key[1])) for key in keys]
    return Wanted(PythonPackageVersionEntity, (*_ENTITY_KEY, "version_order"), _ENTITY_KEY, rows)


def new_entities(session: Session, ensured: Mapping[Entity, Ensured]) -> set[str]:
    """The names of those packages of which an entity is new; the rules that apply to it are linked."""
    new = {entity: item.id for entity, item in ensured.items() if item.is_new}
    apply_rules(session, new)
    return {name for name, _, _ in new}


def ensure_entities(session: Session, entities: Iterable[Entity]) -> tuple[dict[Entity, int], set[str]]:
    """The id of each entity, and the names of those packages of which one is new; rules that apply to it are linked."""
    found: dict[Any, Ensured]
    (found,) = ensure_many(session, [wanted_entities(entities)])
    return {entity: item.id for entity, item in found.items()}, new_entities(session, found)


# --- Versions in environments ----------------------------------------------------------------------------------------


@cache
def _lock_versions(*, to_delete: bool) -> AnySelect:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, _VERSION_KEY)
    same = matches(versions, given, _VERSION_KEY)
    wanted: CompoundSelect[int] | Select[int] = select(versions.c.id).join(given, same)
    if to_delete:
        others = select(versions.c.id).where(is_one_of(versions.c.id, "others"))
        wanted = union(wanted, others)
    columns = (versions.c.id, *(versions.c[name] for name in _VERSION_KEY))
    locked = select(*columns).where(versions.c.id.in_(wanted)).order_by(versions.c.id)
    return locked.with_for_update(of=versions, key_share=not to_delete)


def ensure_versions(
    session: Session, versions: Mapping[Version, tuple[Entity, Description]], *, to_delete: Sequence[int] = ()
) -> dict[Version, Ensured]:
    """Id of each version, and whether it is new; locked until the transaction ends. New ones are as described.

    The lock makes writers of one version take turns: who comes second sees what the first one wrote. Versions that may
    have to be deleted (ids) are locked in the same statement: two steps would let writers wait for each other in a
    circle. Raises LostRaceError where another writer deleted a version between the insert and the lock.
    """
    keys: list[Version] = distinct_sorted(versions)
    rows = []
    for key in keys:
        entity, description = versions[key]
        rows.append((*key, *entity, version_order(entity[1] or ""), *description))
    inserted = insert_missing(session, PythonPackageVersion, _VERSION, _VERSION_KEY, rows, with_ids=True)
    found: dict[Version, Ensured] = {(*named,): Ensured(row_id, True) for row_id, *named in inserted}
    if to_delete or len(found) < len(keys):
        parameters = parameters_of(_VERSION_KEY, keys)
        others = {"others": sorted(to_delete)} if to_delete else {}
        for row_id, *named in session.execute(_lock_versions(to_delete=bool(to_delete)), {**parameters, **others}):
            found.setdefault((*named,), Ensured(row_id, False))
    if not found.keys() >= versions.keys():
        raise LostRaceError
    return found


def lock_versions(session: Session, version_ids: Iterable[int]) -> None:
    """Lock versions (ids) that may have to be deleted until the transaction ends, as ensure_versions() does."""
    ensure_versions(session, {}, to_delete=sorted(version_ids))


@cache
def _describe_versions() -> Update:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, ("id", *_DESCRIPTION))
    values = {name: given.c[name] for name in _DESCRIPTION}
    changed = or_(*(versions.c[name].is_distinct_from(value) for name, value in values.items()))
    return update(versions).where(versions.c.id == given.c.id, changed).values(values)


def describe_versions(session: Session, descriptions: Mapping[int, Description]) -> None:
    """Point versions (by id) to their metadata and licences."""
    rows = [(version_id, *description) for version_id, description in sorted(descriptions.items())]
    if rows:
        session.execute(_describe_versions(), parameters_of(("id", *_DESCRIPTION), rows))


# --- Artifacts and imports -------------------------------------------------------------------------------------------


def wanted_artifacts(digests: Iterable[str]) -> Wanted:
    """Artifacts that are to be there, by their sha256 digests."""
    columns = ("artifact_hash_sha256",)
    return Wanted(PythonArtifact, columns, columns, distinct_sorted((digest,) for digest in digests))


def artifact_links(pairs: Iterable[tuple[int, int]]) -> Links:
    """What says which entities are distributed as which artifacts (ids)."""
    return Links(HasArtifact, ("python_package_version_entity_id", "python_artifact_id"), pairs)


def wanted_imports(names: Iterable[str]) -> Wanted:
    """Names that are to be known as such that can be imported."""
    columns = ("import_package_name",)
    return Wanted(ImportPackage, columns, columns, distinct_sorted((name,) for name in names))


@cache
def _delete_stale_imports() -> Delete:
    found = table_of(FoundImportPackage)
    stated = given_rows(found, _IMPORT)
    still = select(1).select_from(stated).where(matches(found, stated, _IMPORT)).correlate(found)
    return delete(found).where(is_one_of(found.c.python_package_version_id, "version_ids"), ~still.exists())


def write_imports(session: Session, imports: Mapping[int, Iterable[int]], *, new: Collection[int] = ()) -> None:
    """Make these names (ids) what can be imported from versions (ids); what they no longer provide is removed.

    New versions provide nothing so far.
    """
    pairs = [(version_id, import_id) for version_id, ids in imports.items() for import_id in ids]
    link(session, FoundImportPackage, _IMPORT, pairs)
    replaced = sorted(set(imports).difference(new))
    if replaced:
        stated = [pair for pair in pairs if pair[0] not in new]
        session.execute(_delete_stale_imports(), {**parameters_of(_IMPORT, stated), "version_ids": replaced})
