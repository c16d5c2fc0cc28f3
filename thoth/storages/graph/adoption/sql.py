"""Pieces of SQL: names in quotes, digests as names.key_sha256 computes them, the operating systems' spelling."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """The name of a column, table or schema, safe in a statement."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Names of columns, with commas between them."""
    return ", ".join(quoted(name) for name in names)


def json_array(*values: str) -> str:
    """A compact JSON array of SQL values, NULL as null: what json.dumps gives for the same values."""
    return "'[' || " + " || ',' || ".join(f"coalesce(to_json({value})::text, 'null')" for value in values) + " || ']'"


def sha256(text: str) -> str:
    """The digest of a text."""
    return f"sha256(convert_to({text}, 'UTF8'))"


def os_name(value: str) -> str:
    """filters.Environment: in lower case, and ubi counts as rhel."""
    name = f"lower(btrim({value}, E' \\t\\n\\r'))"
    return f"CASE {name} WHEN 'ubi' THEN 'rhel' ELSE {name} END"


def os_version(name: str, value: str) -> str:
    """filters.Environment: RHEL without its minor version."""
    return f"CASE WHEN {os_name(name)} = 'rhel' THEN split_part({value}, '.', 1) ELSE {value} END"
