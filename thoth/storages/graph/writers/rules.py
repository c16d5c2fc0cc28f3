"""Which rules apply to package versions that were not known before.

Whoever adds a rule has to lock the table of entities in SHARE mode first: an entity that is being inserted at that time
is either seen by it or sees the rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from sqlalchemy import select
from sqlalchemy.orm import Session

from ..arrays import is_one_of
from ..models import PythonPackageVersionEntityRule, PythonPackageVersionEntityRulesAssociation
from ..models_base import table_of
from ..prepared import Prepared
from .upsert import link

Entity = tuple[str, str | None, int | None]
"""A package's name, its version, the id of its index; version and index may be unknown."""

_LINK = ("python_package_version_entity_id", "python_package_version_entity_rule_id")


@cache
def _select_rules() -> Prepared:
    rules = table_of(PythonPackageVersionEntityRule)
    columns = (rules.c.id, rules.c.package_name, rules.c.version_range, rules.c.python_package_index_id)
    return Prepared(select(*columns).where(is_one_of(rules.c.package_name, "names")))


def apply_rules(session: Session, entities: Mapping[Entity, int]) -> None:
    """Link entities (with their ids) to the rules that apply to them. One statement where there are none."""
    ids: dict[str, list[tuple[Entity, int]]] = {}
    for entity, entity_id in entities.items():
        ids.setdefault(entity[0], []).append((entity, entity_id))
    if not ids:
        return
    pairs = [
        (entity_id, rule_id)
        for rule_id, name, version_range, index_id in _select_rules().execute(session, {"names": sorted(ids)})
        for entity, entity_id in ids[name]
        if applies(version_range, index_id, entity)
    ]
    link(session, PythonPackageVersionEntityRulesAssociation, _LINK, pairs)


def applies(version_range: str | None, index_id: int | None, entity: Entity) -> bool:
    """Whether a rule of an entity's package applies to it.

    A rule without a range is about all versions, one without an index about all indexes. Where version or index of
    the entity are unknown, only such rules apply. Pre-releases are versions as any other (PEP 440).
    """
    _, version, index = entity
    if index_id is not None and index_id != index:
        return False
    return version_range is None or (version is not None and _contains(version_range, version))


def _contains(version_range: str, version: str) -> bool:
    specifiers = _specifiers(version_range)
    try:
        return specifiers is not None and specifiers.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False


@lru_cache(maxsize=1024)
def _specifiers(version_range: str) -> SpecifierSet | None:
    """The range, None where it is none of PEP 440's: then it holds no version."""
    try:
        return SpecifierSet(version_range)
    except InvalidSpecifier:
        return None
