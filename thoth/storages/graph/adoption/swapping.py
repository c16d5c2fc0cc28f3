"""The last step of an adoption: old and new tables change places in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from .place import ARCHIVE, BOOKKEEPING, WORKSHOP, enumerations_in, tables_in
from .report import StepReport
from .sql import quoted

_GRANTS = text("""
    SELECT c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
           a.privilege_type, a.is_grantable
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND c.relkind = 'r' AND a.grantee <> c.relowner
    ORDER BY 1, 2, 3""")

_COLUMN_GRANTS = text("""
    SELECT c.relname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
           a.privilege_type || ' (' || quote_ident(n.attname) || ')', a.is_grantable
    FROM pg_class c JOIN pg_attribute n ON n.attrelid = c.oid AND n.attnum > 0 AND NOT n.attisdropped
    CROSS JOIN LATERAL aclexplode(n.attacl) a
    WHERE c.relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND c.relkind = 'r'
    AND EXISTS (SELECT FROM pg_attribute k WHERE k.attname = n.attname AND NOT k.attisdropped AND k.attrelid =
                to_regclass(quote_ident(:place) || '.' || quote_ident(c.relname)))
    ORDER BY 1, 2, 3""")

_OWNERS = text("""
    SELECT relname, quote_ident(pg_get_userbyid(relowner)), pg_get_userbyid(relowner) = current_user FROM pg_class
    WHERE relnamespace = CAST(quote_ident(:schema) AS regnamespace) AND relkind = 'r'
    UNION ALL SELECT typname, quote_ident(pg_get_userbyid(typowner)), pg_get_userbyid(typowner) = current_user
    FROM pg_type WHERE typnamespace = CAST(quote_ident(:schema) AS regnamespace) AND typtype = 'e'
    ORDER BY 1""")

_LIKE = "python_package_version_entity"
"""Whoever has this table gets the tables and types that no old one becomes."""


def swap(schema: str, connection: Connection) -> StepReport:
    """Move the old tables to the archive and the new ones to their place, with the old ones' owners and grants."""
    connection.execute(text(f"CREATE SCHEMA {ARCHIVE}"))
    new = [name for name in tables_in(connection, WORKSHOP) if name not in BOOKKEEPING]
    old = [name for name in tables_in(connection, schema) if name in new]
    enumerations, there = enumerations_in(connection, WORKSHOP), enumerations_in(connection, schema)
    _move(connection, schema, ARCHIVE, old, [name for name in enumerations if name in there])
    _move(connection, WORKSHOP, schema, new, enumerations)
    _move(connection, WORKSHOP, ARCHIVE, sorted(BOOKKEEPING), [])
    connection.execute(text(f"ALTER FUNCTION {WORKSHOP}.refuse_changes() SET SCHEMA {ARCHIVE}"))
    connection.execute(text(f"DROP SCHEMA {WORKSHOP}"))
    _hand_over(connection, schema, new, enumerations)
    return StepReport("swap", written=len(new))


def _move(connection: Connection, source: str, target: str, tables: list[str], types: list[str]) -> None:
    for kind, names in (("TABLE", tables), ("TYPE", types)):
        for name in names:
            connection.execute(text(f"ALTER {kind} {quoted(source)}.{quoted(name)} SET SCHEMA {quoted(target)}"))


def _hand_over(connection: Connection, schema: str, tables: list[str], types: list[str]) -> None:
    """Give the new tables and types to those who had the old ones; those without an old one go with _LIKE."""
    on_tables = connection.execute(_GRANTS, {"schema": ARCHIVE})
    on_columns = connection.execute(_COLUMN_GRANTS, {"schema": ARCHIVE, "place": schema})
    grants = _by_name([*on_tables, *on_columns])
    owners = _by_name(connection.execute(_OWNERS, {"schema": ARCHIVE}))
    for name in tables:
        target = f"TABLE {quoted(schema)}.{quoted(name)}"
        for grantee, privilege, grantable in grants[name if name in owners else _LIKE]:
            option = "WITH GRANT OPTION" if grantable else ""
            connection.execute(text(f"GRANT {privilege} ON {target} TO {grantee} {option}"))
        _give(connection, target, *owners.get(name, owners[_LIKE]))
    for name in types:
        _give(connection, f"TYPE {quoted(schema)}.{quoted(name)}", *owners.get(name, owners[_LIKE]))


def _by_name(rows: Iterable[Any]) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for name, *rest in rows:
        found[name].append(tuple(rest))
    return found


def _give(connection: Connection, target: str, owner: tuple[str, bool]) -> None:
    name, is_ours = owner
    if not is_ours:
        connection.execute(text(f"ALTER {target} OWNER TO {name}"))
