"""Every name, version and URL of an index in our spelling, computed as the parsers of documents do, in Python."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ARRAY, Connection, LargeBinary, Text, bindparam, text

from ..names import normalize_index_url, normalize_package_name, normalize_package_version, version_order
from .place import WORKSHOP
from .report import StepReport
from .sql import quoted

_AT_ONCE = 20_000

_KINDS: dict[str, tuple[Callable[[str], str], dict[str, str]]] = {
    "name": (
        normalize_package_name,
        {
            "python_package_version_entity": "package_name",
            "python_package_version_entity_rule": "package_name",
            "python_package_requirement": "name",
        },
    ),
    "version": (normalize_package_version, {"python_package_version_entity": "package_version"}),
    "url": (normalize_index_url, {"python_package_index": "url"}),
}
"""{kind: (spelling, {table: column})}."""

_INSERT = text(f"""
    INSERT INTO {WORKSHOP}.spelled (kind, given, spelled, version_order)
    SELECT :kind, * FROM unnest(:given, :spelled, :orders)""").bindparams(
    bindparam("given", type_=ARRAY(Text)),
    bindparam("spelled", type_=ARRAY(Text)),
    bindparam("orders", type_=ARRAY(LargeBinary)),
)


def spell(connection: Connection, old_schema: str) -> StepReport:
    """Enter what the old tables hold, once for each spelling, and the key that a version sorts by."""
    written = changed = 0
    for kind, (normalize, columns) in _KINDS.items():
        union = " UNION ".join(
            f"SELECT DISTINCT {column} FROM {quoted(old_schema)}.{table} WHERE {column} IS NOT NULL"
            for table, column in columns.items()
        )
        rows = connection.scalars(text(union), execution_options={"yield_per": _AT_ONCE})
        for given in rows.partitions():
            spelled = [normalize(one) for one in given]
            orders = [version_order(one) if kind == "version" else None for one in spelled]
            connection.execute(_INSERT, {"kind": kind, "given": list(given), "spelled": spelled, "orders": orders})
            written += len(spelled)
            changed += sum(map(str.__ne__, given, spelled))
    connection.execute(text(f"ANALYZE {WORKSHOP}.spelled"))
    return StepReport("spelling", written=written, changed=changed)


def spelled_as(kind: str, given: str, alias: str) -> str:
    """The join that finds the spelling of an old value."""
    return f"LEFT JOIN {{new}}.spelled {alias} ON {alias}.kind = '{kind}' AND {alias}.given = {given}"
