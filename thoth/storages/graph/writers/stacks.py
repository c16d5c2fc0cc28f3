"""Software stacks: sets of requirements and of locked packages, each known by its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Row, given_rows, parameters_of
from ..documents.packages import PackageOnIndex
from ..documents.stacks import Requirement, Stack
from ..enums import SoftwareStackTypeEnum
from ..models import (
    ExternalPythonRequirements,
    ExternalPythonRequirementsLock,
    ExternalPythonSoftwareStack,
    HasExternalPythonRequirements,
    HasExternalPythonRequirementsLock,
    HasPythonRequirements,
    HasPythonRequirementsLock,
    PythonPackageRequirement,
    PythonPackageVersion,
    PythonRequirements,
    PythonRequirementsLock,
    PythonSoftwareStack,
)
from ..models_base import table_of
from ..names import key_sha256, set_sha256
from ..sql_types import AnySelect
from .packages import Entity, ensure_entities, ensure_indexes
from .upsert import distinct_sorted, ensure, ids_by_key, insert_missing, link, matches
from .waiting import Environment


class Lock(NamedTuple):
    """Locked packages in the environment they were locked for."""

    packages: tuple[PackageOnIndex, ...]
    environment: Environment


class OwnStack(NamedTuple):
    """A stack that was advised or inspected, in the environment it is for."""

    kind: SoftwareStackTypeEnum
    stack: Stack
    environment: Environment | None
    performance_score: float | None = None
    overall_score: float | None = None

    @property
    def locked(self) -> tuple[PackageOnIndex, ...] | None:
        """What it was locked to; None where the environment is not known, which belongs to it."""
        return None if self.lock is None else self.lock.packages

    @property
    def lock(self) -> Lock | None:
        """The same, with the environment."""
        if self.stack.locked is None or self.environment is None:
            return None
        return Lock(self.stack.locked, self.environment)


class Members(NamedTuple):
    """The id of each requirement, the entity's id of each package, and the names of those of which one is new."""

    requirements: dict[Requirement, int]
    packages: dict[PackageOnIndex, int]
    new_names: set[str]


class UsersStacks(NamedTuple):
    """The id of each stack, and the names of packages of which a version was not known before."""

    ids: dict[Stack, int]
    new_names: set[str]


class OwnStacks(NamedTuple):
    """The id of each stack, names as above, and the locked packages that nobody solved in a stack's environment."""

    ids: dict[OwnStack, int]
    new_names: set[str]
    not_solved: set[tuple[PackageOnIndex, Environment]]


# --- Sets ------------------------------------------------------------------------------------------------------------


class _Set(NamedTuple):
    """The table of sets with its column of hashes, and the one that says what belongs to a set with its columns."""

    model: type[DeclarativeBase]
    hash_column: str
    members: type[DeclarativeBase]
    columns: tuple[str, str]


_REQUIREMENTS = _Set(
    PythonRequirements,
    "requirements_hash",
    HasPythonRequirements,
    ("python_requirements_id", "python_package_requirement_id"),
)
_LOCKS = _Set(
    PythonRequirementsLock,
    "requirements_lock_hash",
    HasPythonRequirementsLock,
    ("python_requirements_lock_id", "python_package_version_id"),
)
_USERS_REQUIREMENTS = _Set(
    ExternalPythonRequirements,
    "requirements_hash",
    HasExternalPythonRequirements,
    ("external_python_requirements_id", "python_package_requirement_id"),
)
_USERS_LOCKS = _Set(
    ExternalPythonRequirementsLock,
    "requirements_lock_hash",
    HasExternalPythonRequirementsLock,
    ("external_python_requirements_locked_id", "python_package_version_entity_id"),
)

_REQUIREMENT_KEY = ("python_package_index_id", "develop", "key_sha256")


def ensure_requirements(session: Session, requirements: Iterable[Requirement]) -> dict[Requirement, int]:
    """The id of each requirement."""
    distinct = set(requirements)
    return _ensure_requirements(session, distinct, ensure_indexes(session, {each.index_url for each in distinct}))


def _ensure_requirements(
    session: Session, distinct: set[Requirement], indexes: Mapping[str | None, int | None]
) -> dict[Requirement, int]:
    keys: dict[Row, Requirement] = {
        (indexes[each.index_url], each.develop, key_sha256(each.package_name, each.version_range)): each
        for each in distinct
    }
    ordered = distinct_sorted(keys)
    rows = [(*key, keys[key].package_name, keys[key].version_range) for key in ordered]
    insert_missing(
        session, PythonPackageRequirement, (*_REQUIREMENT_KEY, "name", "version_range"), _REQUIREMENT_KEY, rows
    )
    ids = ids_by_key(session, PythonPackageRequirement, _REQUIREMENT_KEY, ordered)
    return {keys[key]: ids[key] for key in ordered}


def ensure_members(session: Session, stacks: Iterable[Stack], packages: Iterable[PackageOnIndex] = ()) -> Members:
    """What stacks are made of, and other packages that a document names.

    All of a document at once, and a table at a time: with a part after the other, writers of two documents would wait
    for each other in a circle.
    """
    told = set(stacks)
    requirements = {each for stack in told for each in stack.requirements or ()}
    locked = {each for stack in told for each in stack.locked or ()}.union(packages)
    urls = {each.index_url for each in requirements} | {each.index_url for each in locked}
    indexes = ensure_indexes(session, urls)
    ids = _ensure_requirements(session, requirements, indexes)
    entities: dict[PackageOnIndex, Entity] = {each: (*each[:2], indexes[each.index_url]) for each in locked}
    entity_ids, new_names = ensure_entities(session, entities.values())
    return Members(ids, {each: entity_ids[entity] for each, entity in entities.items()}, new_names)


def _ensure_sets(session: Session, table: _Set, sets: Mapping[str, Iterable[int]]) -> dict[str, int]:
    """The id of each set, by its hash; given with the ids of its members."""
    ids = ensure(session, table.model, (table.hash_column,), ((name,) for name in sets))
    pairs = ((ids[(name,)], member) for name, members in sets.items() for member in members)
    link(session, table.members, table.columns, pairs)
    return {name: row_id for (name,), row_id in ids.items()}


def _ensure_requirement_sets(
    session: Session, table: _Set, sets: Iterable[tuple[Requirement, ...] | None], ids: Mapping[Requirement, int]
) -> dict[tuple[Requirement, ...] | None, int | None]:
    hashes = {members: set_sha256(members) for members in sets if members is not None}
    set_ids = _ensure_sets(session, table, {name: [ids[each] for each in members] for members, name in hashes.items()})
    return {None: None, **{members: set_ids[name] for members, name in hashes.items()}}


# --- Users' stacks ---------------------------------------------------------------------------------------------------


def ensure_users_stacks(session: Session, stacks: Iterable[Stack], members: Members | None = None) -> UsersStacks:
    """The ids of stacks that users told of; one that says nothing has none. Members not given are ensured."""
    told = {stack for stack in stacks if stack}
    known = members or ensure_members(session, told)
    sets = {stack.requirements for stack in told}
    requirements = _ensure_requirement_sets(session, _USERS_REQUIREMENTS, sets, known.requirements)
    hashes = {stack.locked: set_sha256(stack.locked) for stack in told if stack.locked is not None}
    locked = {name: [known.packages[each] for each in packages] for packages, name in hashes.items()}
    locks = _ensure_sets(session, _USERS_LOCKS, locked)
    rows: dict[Stack, Row] = {
        stack: (requirements[stack.requirements], None if stack.locked is None else locks[hashes[stack.locked]])
        for stack in told
    }
    columns = ("external_python_requirements_id", "external_python_requirements_lock_id")
    ids = ensure(session, ExternalPythonSoftwareStack, columns, rows.values())
    return UsersStacks({stack: ids[row] for stack, row in rows.items()}, known.new_names)


# --- Stacks that were advised or inspected ---------------------------------------------------------------------------

_VERSION_KEY = ("entity_id", "os_name", "os_version", "python_version")


@cache
def _select_versions() -> AnySelect:
    versions = table_of(PythonPackageVersion)
    given = given_rows(versions, _VERSION_KEY)
    columns = (versions.c[name] for name in _VERSION_KEY)
    statement = select(versions.c.id, *columns).join(given, matches(versions, given, _VERSION_KEY))
    return statement.order_by(versions.c.id).with_for_update(of=versions, read=True, key_share=True)


def _versions_of(session: Session, keys: Sequence[Row]) -> dict[Row, int]:
    """The ids of those versions that are there, which cannot be deleted until the transaction ends."""
    if not keys:
        return {}
    found = session.execute(_select_versions(), parameters_of(_VERSION_KEY, distinct_sorted(keys)))
    return {tuple(row[1:]): row[0] for row in found}


class _Locks(NamedTuple):
    ids: dict[Lock | None, int | None]
    not_solved: set[tuple[PackageOnIndex, Environment]]


def _ensure_locks(session: Session, locks: set[Lock], entities: Mapping[PackageOnIndex, int]) -> _Locks:
    keys = {lock: [(entities[each], *lock.environment) for each in lock.packages] for lock in locks}
    versions = _versions_of(session, [key for listed in keys.values() for key in listed])
    hashes = {lock: set_sha256((*each, *lock.environment) for each in lock.packages) for lock in locks}
    members = {hashes[lock]: [versions[key] for key in listed if key in versions] for lock, listed in keys.items()}
    ids = _ensure_sets(session, _LOCKS, members)
    missing = {
        (each, lock.environment)
        for lock in locks
        for each, key in zip(lock.packages, keys[lock], strict=True)
        if key not in versions
    }
    return _Locks({None: None, **{lock: ids[name] for lock, name in hashes.items()}}, missing)


def ensure_stacks(session: Session, stacks: Iterable[OwnStack], members: Members | None = None) -> OwnStacks:
    """The ids of stacks that were advised or inspected.

    What one was locked to are package versions in its environment. What nobody solved there is missing among the
    members until the stack is told again; the set's hash names it all the same. Where the environment is not known the
    lock is left out, and so is a stack that is nothing else. Members not given are ensured.
    """
    told = {own for own in stacks if own.lock is not None or own.stack.requirements is not None}
    known = members or ensure_members(session, (Stack(own.stack.requirements, own.locked) for own in told))
    sets = {own.stack.requirements for own in told}
    requirements = _ensure_requirement_sets(session, _REQUIREMENTS, sets, known.requirements)
    locks = _ensure_locks(session, {own.lock for own in told if own.lock is not None}, known.packages)
    rows: dict[OwnStack, Row] = {
        own: (
            own.kind,
            requirements[own.stack.requirements],
            locks.ids[own.lock],
            own.performance_score,
            own.overall_score,
        )
        for own in told
    }
    columns = (
        "software_stack_type",
        "python_requirements_id",
        "python_requirements_lock_id",
        "performance_score",
        "overall_score",
    )
    ids = ensure(session, PythonSoftwareStack, columns, rows.values())
    return OwnStacks({own: ids[row] for own, row in rows.items()}, known.new_names, locks.not_solved)
