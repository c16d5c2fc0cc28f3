"""What a database says, told through natural names, so that 0.74 and an adopted database can be compared."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, MetaData, Table

from thoth.storages.graph.filters import Environment
from thoth.storages.graph.names import normalize_index_url, normalize_package_name, normalize_package_version

Facts = dict[str, Counter[str]]
"""{table: its rows}."""

_SETS = {
    "python_requirements": ("has_python_requirements", "python_requirements_id"),
    "python_requirements_lock": ("has_python_requirement_lock", "python_requirements_lock_id"),
    "external_python_requirements": ("has_external_python_requirement", "external_python_requirements_id"),
    "external_python_requirements_lock": (
        "has_external_python_requirement_lock",
        "external_python_requirements_locked_id",
    ),
}
_PYTHON = (
    "python_package_version",
    "python_package_version_entity",
    "python_package_version_entity_rule",
    "python_package_requirement",
)
_EPOCHS = ("deb_package_version", "rpm_package_version")
_HARDWARE = ("hardware_information", "external_hardware_information")
# Numbers and digests of rows; what 0.74 had no column for.
_UNTOLD = {"id", "key_sha256", "requirements_hash", "requirements_lock_hash", "version_order"}
_NEW = {("depends_on", "extras"), ("depends_on", "stated_by_solver"), ("depends_on", "stated_by_reverse_solver")}
_NEW |= {("has_artifact", "present")}

_Row = dict[str, Any]


def _empty_is_none(value: str | None) -> str | None:
    return value or None


def _spelled(table: str, column: str) -> Callable[[Any], Any] | None:
    """How a text column of 0.74 is spelled by us, None where it stays."""
    if table in _PYTHON and column in ("package_name", "name"):
        return normalize_package_name
    if table in _PYTHON and column == "package_version":
        return normalize_package_version
    if (table, column) == ("python_package_index", "url"):
        return normalize_index_url
    if table in _EPOCHS and column == "epoch":
        return lambda value: None if value in ("", "0") else value
    if column == "version_range":
        return (lambda value: value or "*") if table in ("depends_on", "python_package_requirement") else _empty_is_none
    return None


def _as_ours(table: str, row: _Row) -> _Row:
    told = {}
    for column, value in row.items():
        spell = _spelled(table, column)
        told[column] = spell(value) if spell and value is not None else value
        if isinstance(value, datetime) and value.tzinfo is None:
            told[column] = value.replace(tzinfo=UTC)
    if {"os_name", "os_version"} <= told.keys() and table != "package_extract_run":
        environment = Environment.of(told["os_name"], told["os_version"], None)
        told |= {"os_name": environment.os_name, "os_version": environment.os_version}
    if table == "depends_on":
        told |= {"version_range": told["version_range"] or "*"}
    if table == "python_package_index":
        told["enabled"] = bool(told["enabled"])
    return told


def facts(engine: Engine, schema: str = "public") -> Facts:
    """Everything that the tables of a schema say: rows without their numbers, references as what they refer to."""
    metadata = MetaData(schema=schema)
    metadata.reflect(engine)
    by_name = {table.name: table for table in metadata.tables.values()}
    for name, (link, _) in _SETS.items():
        for key in by_name[link].foreign_keys:
            if key.column.table is not by_name[name]:
                by_name[name].add_is_dependent_on(key.column.table)
    telling = _Telling(engine)
    # A set is told by its links, which come after it.
    return {table.name: telling.rows(table, by_name) for table in metadata.sorted_tables if _is_told(table.name)}


def _is_told(table: str) -> bool:
    ours = ("alembic_version", "graph_identity", "package_change", "synced_document", "package_analyzer_run")
    bookkeeping = ("moved", "adoption_step")
    return table not in (*ours, *bookkeeping) and not table.startswith(("investigated", "spelled_"))


class _Telling:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._names: dict[tuple[str, int], str | None] = {}

    def _read(self, table: Table) -> list[_Row]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(table.select()).mappings()]

    def rows(self, table: Table, by_name: dict[str, Table]) -> Counter[str]:
        members = self._members(by_name, table.name) if table.name in _SETS else {}
        told: Counter[str] = Counter()
        for row in self._read(table):
            name = self._name(table, row, members)
            if "id" in row:
                self._names[(table.name, row["id"])] = name
            if name is not None:
                told[name] += 1
        return told

    def _members(self, by_name: dict[str, Table], table: str) -> dict[int, list[str]]:
        link, own = by_name[_SETS[table][0]], _SETS[table][1]
        (other,) = (key for key in link.foreign_keys if key.parent.name != own)
        members: dict[int, list[str]] = defaultdict(list)
        for row in self._read(link):
            members[row[own]].append(str(self._names[(other.column.table.name, row[other.parent.name])]))
        return members

    def _name(self, table: Table, row: _Row, members: dict[int, list[str]]) -> str | None:
        """What a row says, None where it says nothing."""
        references = {key.parent.name: key.column.table.name for key in table.foreign_keys}
        told: dict[str, Any] = {}
        for column, value in sorted(_as_ours(table.name, row).items()):
            if column in references and value is not None:
                told[column] = self._names[(references[column], value)]
            elif column not in _UNTOLD and (table.name, column) not in _NEW:
                told[column] = value
        if table.name in _SETS:
            told = {"members": sorted(members.get(row["id"], []))}
            if "lock" in table.name and not told["members"]:
                return None
        if table.name in _HARDWARE and not any(value is not None for value in told.values()):
            return None
        text = repr(told)
        return text if len(text) < 300 else f"{text[:200]}... {hashlib.sha256(text.encode()).hexdigest()}"
