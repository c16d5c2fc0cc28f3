"""What a row of the published package becomes where it does not simply stay as it is.

In these expressions `o` is the old row, its references already pointing to new rows; {old} and {new} are the schemas.
Everything else follows from the new tables themselves: types, keys, checks, references (copying.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from .place import Table
from .spelling import spelled_as
from .sql import json_array, os_name, os_version, quoted, sha256


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the rows of one table are made."""

    columns: dict[str, str] = field(default_factory=dict)
    """{column: expression}; a column that is not here keeps its value."""
    joins: str = ""
    helpers: dict[str, str] = field(default_factory=dict)
    """{name: expression} for the digest, which no column holds."""
    digest: str | None = None
    """The JSON text that key_sha256 is of, made of the new row's columns and of what is joined."""
    after: tuple[str, ...] = ()
    """The new tables that are read, besides those that the rows refer to."""
    refused: dict[str, str] = field(default_factory=dict)
    """{why: condition on the new row} under which it is left out."""
    latest: str = "place"
    """By what it is told which of several rows that say the same was told last: the greatest."""


def _digest_of(*columns: str) -> str:
    return json_array(*(f"n.{quoted(column)}" for column in columns))


def _kept(table: str, old_id: str) -> str:
    """The id of the row that an old row was merged into, or its own."""
    moved = f"SELECT m.new_id FROM {{new}}.moved m WHERE m.table_name = '{table}' AND m.old_id = {old_id}"
    return f"coalesce(({moved}), {old_id})"


# --- Sets, known by their content -----------------------------------------------------------------------------------

_EMPTY = "encode(" + sha256("'[]'") + ", 'hex')"


def _set_of(hashed: str, link: str, own: str, table: str, other: str, member: str) -> Conversion:
    """A set's hash is computed from its members; the published one is the same for different sets."""
    text = f'{member} COLLATE "C"'
    joins = f"""
        LEFT JOIN (
            SELECT l.{own} AS id, string_agg(DISTINCT {text}, ',' ORDER BY {text}) AS members
            FROM {{old}}.{link} l
            JOIN {{new}}.{table} p ON p.id = {_kept(table, "l." + other)}
            LEFT JOIN {{new}}.python_package_index i ON i.id = p.python_package_index_id
            GROUP BY l.{own}
        ) s ON s.id = o.id"""
    content = sha256("'[' || coalesce(s.members, '') || ']'")
    # A set without locked packages stood for "not locked", which is NULL where a stack names its sets.
    refused = {"no locked packages: the stack is not locked": f"{hashed} = {_EMPTY}"} if "lock" in hashed else {}
    return Conversion({hashed: f"encode({content}, 'hex')"}, joins, after=(table,), refused=refused)


_REQUIREMENT = f"({json_array('p.name', 'p.version_range', 'p.develop', 'i.url')})"
_ENTITY = f"({json_array('p.package_name', 'p.package_version', 'i.url')})"
_VERSION = "({})".format(
    json_array("p.package_name", "p.package_version", "i.url", "p.os_name", "p.os_version", "p.python_version")
)


# --- Core metadata, known by its content ----------------------------------------------------------------------------

_SCALARS = (
    "author",
    "author_email",
    "download_url",
    "home_page",
    "keywords",
    "license",
    "maintainer",
    "maintainer_email",
    "metadata_version",
    "name",
    "summary",
    "version",
    "requires_python",
    "description",
    "description_content_type",
)

_LISTS = {
    "classifier": ("classifier",),
    "platform": ("platform",),
    "supported_platform": ("supported_platform",),
    "requires_external": ("dependency",),
    "provides_extra": ("optional_feature",),
    "project_url": ("url", "label"),
    "distutils": ("distutils_type", "distutils"),
}
"""{list: columns of its values}, in the order of documents.metadata.Metadata."""


def _list_of(name: str, columns: tuple[str, ...]) -> str:
    """The values of a list of each metadata row as JSON, in the order that the parser of documents gives them."""
    typed = "distutils_type" in columns
    texts = [column for column in columns if column != "distutils_type"]
    values = ", ".join(
        f"nullif(v.{column}, '') AS {column}" if column in texts else f"v.{column}" for column in columns
    )
    order = ", ".join(f'{column} COLLATE "C" NULLS FIRST' if column in texts else column for column in columns)
    member = json_array(*columns) if len(columns) > 1 else f"to_json({columns[0]})::text"
    return f"""
        LEFT JOIN (
            SELECT id, string_agg({member}, ',' ORDER BY {order}) AS members
            FROM (SELECT DISTINCT l.python_package_metadata_id AS id, {values}
                  FROM {{old}}.has_metadata_{name} l
                  JOIN {{old}}.python_package_metadata_{name} v ON v.id = l.python_package_metadata_{name}_id) listed
            WHERE num_nonnulls({", ".join(texts)}) >= 1 {"AND distutils_type IS NOT NULL" if typed else ""}
            GROUP BY id
        ) {name} ON {name}.id = o.id"""


_METADATA = Conversion(
    joins="".join(_list_of(name, columns) for name, columns in _LISTS.items()),
    helpers={f"{name}_list": f"'[' || coalesce({name}.members, '') || ']'" for name in _LISTS},
    digest="'[' || " + " || ',' || ".join([_digest_of(*_SCALARS), *(f"n.{name}_list" for name in _LISTS)]) + " || ']'",
)


def _value(*columns: str) -> Conversion:
    return Conversion({column: f"nullif(o.{column}, '')" for column in columns}, digest=_digest_of(*columns))


# --- Environments ----------------------------------------------------------------------------------------------------

_OS = {"os_name": os_name("o.os_name"), "os_version": os_version("o.os_name", "o.os_version")}

_ENVIRONMENT = Conversion(
    _OS,
    digest=_digest_of(
        "environment_name",
        "python_version",
        "image_name",
        "image_sha",
        "os_name",
        "os_version",
        "thoth_image_name",
        "thoth_image_version",
        "env_image_name",
        "env_image_tag",
        "cuda_version",
    ),
)

_HARDWARE = Conversion(
    digest=_digest_of(
        "cpu_vendor",
        "cpu_model",
        "cpu_cores",
        "cpu_model_name",
        "cpu_family",
        "cpu_physical_cpus",
        "gpu_model_name",
        "gpu_vendor",
        "gpu_cores",
        "gpu_memory_size",
        "ram_size",
    )
)

_DEB_RELATION = Conversion({"version_range": "nullif(o.version_range, '')"})
_FILE = Conversion(digest=_digest_of("file"))
_EPOCH = "nullif(nullif(o.epoch, ''), '0')"

# --- Every table that needs a word -----------------------------------------------------------------------------------

CONVERSIONS: dict[str, Conversion] = {
    "adviser_run": Conversion({"re_run_adviser_id": "nullif(o.re_run_adviser_id, o.adviser_document_id)"}),
    "cve_timestamp": Conversion(latest="(timestamp, place)"),
    "deb_dependency": Conversion(digest=_digest_of("package_name")),
    "deb_depends": _DEB_RELATION,
    "deb_package_version": Conversion({"epoch": _EPOCH}),
    "deb_pre_depends": _DEB_RELATION,
    "deb_replaces": _DEB_RELATION,
    # Whether a solver or the reverse solver stated an edge is not known; the reverse solver's are always synced again.
    "depends_on": Conversion(
        {
            "version_range": "coalesce(nullif(o.version_range, ''), '*')",
            "marker": "nullif(o.marker, '')",
            "extra": "nullif(o.extra, '')",
            "extras": "NULL",
            "stated_by_solver": "true",
            "stated_by_reverse_solver": "false",
        },
        # As documents.solver.Dependency.key, of a dependency that no extras are asked of.
        digest=json_array("n.version_range", "n.marker", "n.extra", "CAST('{}' AS text[])"),
    ),
    "dependency_monkey_run": Conversion(
        {flag: f"coalesce(o.{flag}, false)" for flag in ("debug", "dependency_monkey_error")}
    ),
    "ecosystem_solver": Conversion(_OS),
    "external_hardware_information": _HARDWARE,
    "external_python_requirements": _set_of(
        "requirements_hash",
        "has_external_python_requirement",
        "external_python_requirements_id",
        "python_package_requirement",
        "python_package_requirement_id",
        _REQUIREMENT,
    ),
    "external_python_requirements_lock": _set_of(
        "requirements_lock_hash",
        "has_external_python_requirement_lock",
        "external_python_requirements_locked_id",
        "python_package_version_entity",
        "python_package_version_entity_id",
        _ENTITY,
    ),
    "external_software_environment": _ENVIRONMENT,
    "found_python_file": _FILE,
    "hardware_information": _HARDWARE,
    # Whether an index still has a file was kept with the file, for all indexes at once.
    "has_artifact": Conversion(
        {"present": "a.present"}, "LEFT JOIN {new}.python_artifact a ON a.id = o.python_artifact_id"
    ),
    "identified": Conversion(digest=_digest_of("location")),
    "included_file": _FILE,
    "kebechet_github_installations": Conversion({"slug": "lower(o.slug)"}),
    # A file whose name was learned later was entered a second time.
    "python_artifact": Conversion(
        {"artifact_hash_sha256": "lower(o.artifact_hash_sha256)"},
        latest="(artifact_name IS NOT NULL, place)",
    ),
    "python_file_digest": Conversion({"sha256": "lower(o.sha256)"}),
    "python_interpreter": Conversion(digest=_digest_of("path", "link", "version")),
    "python_package_index": Conversion(
        {"url": "u.spelled", "enabled": "coalesce(o.enabled, false)"}, spelled_as("url", "o.url", "u")
    ),
    "python_package_license": _value("license_name", "license_identifier", "license_version"),
    "python_package_metadata": _METADATA,
    "python_package_metadata_classifier": _value("classifier"),
    "python_package_metadata_distutils": Conversion(digest=_digest_of("distutils")),
    "python_package_metadata_platform": _value("platform"),
    "python_package_metadata_project_url": _value("url", "label"),
    "python_package_metadata_provides_extra": _value("optional_feature"),
    "python_package_metadata_requires_external": _value("dependency"),
    "python_package_metadata_supported_platform": _value("supported_platform"),
    "python_package_requirement": Conversion(
        {"name": "s.spelled", "version_range": "coalesce(nullif(o.version_range, ''), '*')"},
        spelled_as("name", "o.name", "s"),
        digest=_digest_of("name", "version_range"),
    ),
    # Name, version and index are the entity's, whatever stood here.
    "python_package_version": Conversion(
        {
            "package_name": "e.package_name",
            "package_version": "e.package_version",
            "version_order": "e.version_order",
            "python_package_index_id": "e.python_package_index_id",
            **_OS,
        },
        "LEFT JOIN {new}.python_package_version_entity e ON e.id = o.entity_id",
    ),
    "python_package_version_entity": Conversion(
        {
            "package_name": "s.spelled",
            "package_version": "v.spelled",
            "version_order": "v.version_order",
        },
        f"{spelled_as('name', 'o.package_name', 's')} {spelled_as('version', 'o.package_version', 'v')}",
    ),
    "python_package_version_entity_rule": Conversion(
        {
            "package_name": "s.spelled",
            "version_range": "nullif(nullif(o.version_range, ''), '*')",
        },
        spelled_as("name", "o.package_name", "s"),
    ),
    "python_requirements": _set_of(
        "requirements_hash",
        "has_python_requirements",
        "python_requirements_id",
        "python_package_requirement",
        "python_package_requirement_id",
        _REQUIREMENT,
    ),
    "python_requirements_lock": _set_of(
        "requirements_lock_hash",
        "has_python_requirement_lock",
        "python_requirements_lock_id",
        "python_package_version",
        "python_package_version_id",
        _VERSION,
    ),
    "python_software_stack": Conversion(
        {
            score: f"CASE WHEN o.software_stack_type = 'ADVISED' THEN o.{score} END"
            for score in ("performance_score", "overall_score")
        }
    ),
    "rpm_package_version": Conversion({"epoch": _EPOCH, "src": "coalesce(o.src, false)"}),
    "rpm_requirement": Conversion(digest=_digest_of("rpm_requirement_name")),
    "software_environment": _ENVIRONMENT,
    "solved": Conversion(
        {
            "error": "o.error OR o.error_unparseable OR o.error_unsolvable",
            "error_unsolvable": "o.error_unsolvable AND NOT o.error_unparseable",
        },
        latest="(datetime, place)",
    ),
    "versioned_symbol": Conversion(digest=_digest_of("library_name", "symbol")),
}


def columns_read(table: str, new_columns: Iterable[str]) -> set[str]:
    """The columns of an old table that its new rows are made from."""
    conversion = CONVERSIONS.get(table, Conversion())
    kept = set(new_columns) - conversion.columns.keys() - {"id", "key_sha256"}
    return kept | {name for value in conversion.columns.values() for name in re.findall(r"\bo\.(\w+)", value)}


def in_order(tables: dict[str, Table]) -> list[str]:
    """The names of the new tables, each after those that its rows are made from."""
    needs = {
        name: (set(tables[name].references.values()) | set(CONVERSIONS.get(name, Conversion()).after)) - {name}
        for name in sorted(tables)
    }
    return list(TopologicalSorter({name: sorted(before) for name, before in needs.items()}).static_order())
