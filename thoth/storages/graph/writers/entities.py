"""Entities of packages that documents name with their index."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from ..documents.packages import PackageOnIndex
from .packages import ensure_entities, ensure_indexes


def ensure_packages(session: Session, packages: Iterable[PackageOnIndex]) -> tuple[dict[PackageOnIndex, int], set[str]]:
    """The entity's id of each package, and the names of those packages of which one is new.

    An index that nobody registered becomes known, disabled.
    """
    distinct = set(packages)
    indexes = ensure_indexes(session, {package.index_url for package in distinct})
    entities = {package: (*package[:2], indexes[package.index_url]) for package in distinct}
    ids, new_names = ensure_entities(session, entities.values())
    return {package: ids[entity] for package, entity in entities.items()}, new_names
