"""Rules into tables, and which of the known package versions they apply to."""

from __future__ import annotations

from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...exceptions import SchemaError
from ..documents.reading import NAME_BYTES, URL_BYTES, Place
from ..models import (
    PythonPackageIndex,
    PythonPackageVersionEntity,
    PythonPackageVersionEntityRule,
    PythonPackageVersionEntityRulesAssociation,
)
from ..models_base import table_of
from ..names import is_package_name, normalize_index_url, normalize_package_name
from .ledger import record_changes
from .rules import applies
from .upsert import link

_RULES = table_of(PythonPackageVersionEntityRule)
_LINK = ("python_package_version_entity_id", "python_package_version_entity_rule_id")
_RANGE_BYTES = 2048  # it is part of a key, and entries of an index end at 2,704 bytes


class Rule(NamedTuple):
    """Versions of a package that are not to be solved; no range is all of them, no index all indexes."""

    package_name: str
    version_range: str | None
    index_url: str | None
    description: str | None

    @classmethod
    def of(
        cls, package_name: str, version_specifier: str | None, index_url: str | None, description: str | None
    ) -> Rule:
        """The rule in the graph's own spelling. Raises ValueError, which names the argument, for what is none."""
        name = _kept("package_name", package_name, NAME_BYTES)
        if not is_package_name(name):
            raise ValueError(f"package_name must be the name of a package, not {name!r}")
        return cls(
            normalize_package_name(name),
            None if version_specifier is None else _range(_kept("version_specifier", version_specifier)),
            None if index_url is None else normalize_index_url(_kept("index_url", index_url, URL_BYTES)),
            None if description is None else _kept("description", description),
        )


def _kept(parameter: str, value: object, limit: int | None = None) -> str:
    """This argument as a text that a database can hold; ValueError, which names the parameter, where it is none."""
    try:
        return Place(None, parameter, value).text(limit)
    except SchemaError as error:
        raise ValueError(f"{parameter} must be {error.expected}") from None


def _range(version_specifier: str) -> str | None:
    """The specifiers, each once and sorted; None for all versions."""
    if version_specifier.strip() in {"", "*"}:
        return None
    try:
        specifiers = SpecifierSet(version_specifier)
    except InvalidSpecifier:
        raise ValueError(f"version_specifier must be one of PEP 440, such as <2, not {version_specifier!r}") from None
    return _kept("version_specifier", ",".join(sorted(map(str, specifiers))), _RANGE_BYTES)


def write_rule(session: Session, rule: Rule) -> int | None:
    """The id of the rule, which applies from now on; None where its index is not registered."""
    _lock_entities(session)
    index_id = None
    if rule.index_url is not None:
        index_id = session.scalar(select(PythonPackageIndex.id).where(PythonPackageIndex.url == rule.index_url))
        if index_id is None:
            return None
    rule_id = _upsert(session, rule, index_id)
    entities = PythonPackageVersionEntity
    columns = (entities.package_name, entities.package_version, entities.python_package_index_id, entities.id)
    known = session.execute(select(*columns).where(entities.package_name == rule.package_name))
    pairs = [
        (entity_id, rule_id)
        for name, version, on_index, entity_id in known
        if applies(rule.version_range, index_id, (name, version, on_index))
    ]
    link(session, PythonPackageVersionEntityRulesAssociation, _LINK, pairs)
    record_changes(session, [rule.package_name])
    return rule_id


def _lock_entities(session: Session) -> None:
    """Wait until nobody inserts entities, and let nobody insert one until the transaction ends.

    What is inserted before is seen here; what comes after sees the rules as they are then.
    """
    session.execute(text(f"LOCK TABLE {PythonPackageVersionEntity.__tablename__} IN SHARE MODE"))


def _upsert(session: Session, rule: Rule, index_id: int | None) -> int:
    values = {
        "package_name": rule.package_name,
        "version_range": rule.version_range,
        "python_package_index_id": index_id,
        "description": rule.description,
    }
    statement = insert(_RULES).values(values)
    statement = statement.on_conflict_do_update(
        constraint="python_package_version_entity_rule_natural_key",
        set_={"description": func.coalesce(statement.excluded.description, _RULES.c.description)},
    )
    return int(session.execute(statement.returning(_RULES.c.id)).scalar_one())


def delete_rule(session: Session, rule_id: int) -> int:
    """How many rules were deleted; what they applied to goes with them."""
    _lock_entities(session)  # else a writer that has just read the rule links its new entities to what is gone
    deleted = session.execute(delete(_RULES).where(_RULES.c.id == rule_id).returning(_RULES.c.package_name))
    names = [name for (name,) in deleted]
    record_changes(session, names)
    return len(names)
