"""Digests and hashes of a graph's rows, computed anew from what is stored."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Engine

from support.tables import rows_of
from thoth.storages.graph.documents.metadata import SCALARS, Metadata
from thoth.storages.graph.enums import MetadataDistutilsTypeEnum
from thoth.storages.graph.names import key_sha256, set_sha256

_LISTS = {
    "classifiers": ("classifier", "v.classifier"),
    "platforms": ("platform", "v.platform"),
    "supported_platforms": ("supported_platform", "v.supported_platform"),
    "requires_external": ("requires_external", "v.dependency"),
    "provides_extras": ("provides_extra", "v.optional_feature"),
    "project_urls": ("project_url", "v.url, v.label"),
    "distutils": ("distutils", "v.distutils_type, v.distutils"),
}
_ENVIRONMENT = (
    "environment_name, python_version, image_name, image_sha, os_name, os_version, thoth_image_name,"
    " thoth_image_version, env_image_name, env_image_tag, cuda_version"
)
_HARDWARE = (
    "cpu_vendor, cpu_model, cpu_cores, cpu_model_name, cpu_family, cpu_physical_cpus, gpu_model_name, gpu_vendor,"
    " gpu_cores, gpu_memory_size, ram_size"
)
_KEYS = {
    "depends_on": "version_range, marker, extra, string_to_array(coalesce(extras, ''), ',')",
    "deb_dependency": "package_name",
    "external_hardware_information": _HARDWARE,
    "external_software_environment": _ENVIRONMENT,
    "found_python_file": "file",
    "hardware_information": _HARDWARE,
    "identified": "location",
    "included_file": "file",
    "python_interpreter": "path, link, version",
    "python_package_license": "license_name, license_identifier, license_version",
    "python_package_metadata_classifier": "classifier",
    "python_package_metadata_distutils": "distutils",
    "python_package_metadata_platform": "platform",
    "python_package_metadata_project_url": "url, label",
    "python_package_metadata_provides_extra": "optional_feature",
    "python_package_metadata_requires_external": "dependency",
    "python_package_metadata_supported_platform": "supported_platform",
    "python_package_requirement": "name, version_range",
    "rpm_requirement": "rpm_requirement_name",
    "software_environment": _ENVIRONMENT,
    "versioned_symbol": "library_name, symbol",
}
_OF_REQUIREMENTS = "p.name, p.version_range, p.develop, i.url"
_SETS = {
    "python_requirements": (
        "requirements_hash", "has_python_requirements", "python_requirements_id", "python_package_requirement",
        _OF_REQUIREMENTS,
    ),
    "external_python_requirements": (
        "requirements_hash", "has_external_python_requirement", "external_python_requirements_id",
        "python_package_requirement", _OF_REQUIREMENTS,
    ),
    "python_requirements_lock": (
        "requirements_lock_hash", "has_python_requirement_lock", "python_requirements_lock_id",
        "python_package_version", "p.package_name, p.package_version, i.url, p.os_name, p.os_version, p.python_version",
    ),
    "external_python_requirements_lock": (
        "requirements_lock_hash", "has_external_python_requirement_lock", "external_python_requirements_locked_id",
        "python_package_version_entity", "p.package_name, p.package_version, i.url",
    ),
}  # fmt: skip


def metadata_of(engine: Engine) -> dict[int, tuple[Metadata, bytes]]:
    """{id: (what the tables say, the stored digest)} of every core metadata."""
    lists: dict[int, dict[str, list[Any]]] = defaultdict(lambda: {name: [] for name in _LISTS})
    for name, (table, columns) in _LISTS.items():
        statement = f"""
            SELECT l.python_package_metadata_id, {columns} FROM has_metadata_{table} l
            JOIN python_package_metadata_{table} v ON v.id = l.python_package_metadata_{table}_id"""
        for id_, *values in rows_of(engine, statement):
            lists[id_][name].append(values[0] if len(values) == 1 else tuple(values))
    rows = rows_of(engine, f"SELECT id, key_sha256, {', '.join(SCALARS.values())} FROM python_package_metadata")
    return {id_: (_metadata(scalars, lists[id_]), bytes(key)) for id_, key, *scalars in rows}


def _nulls_first(pair: tuple[str | None, ...]) -> list[tuple[bool, str]]:
    return [(part is not None, part or "") for part in pair]


def _metadata(scalars: list[str | None], lists: dict[str, list[Any]]) -> Metadata:
    kinds = list(MetadataDistutilsTypeEnum)
    distutils = [(MetadataDistutilsTypeEnum[kind], text) for kind, text in lists.pop("distutils")]
    urls = lists.pop("project_urls")
    return Metadata(
        tuple(scalars),
        project_urls=tuple(sorted(urls, key=_nulls_first)),
        distutils=tuple(sorted(distutils, key=lambda pair: (kinds.index(pair[0]), pair[1]))),
        **{name: tuple(sorted(values)) for name, values in lists.items()},
    )


def wrong_digests(engine: Engine) -> list[tuple[str, int]]:
    """(table, id or number of the row) of every digest and every set's hash that does not fit its row."""
    wrong = [
        (table, number)
        for table, columns in _KEYS.items()
        for number, (key, *values) in enumerate(rows_of(engine, f"SELECT key_sha256, {columns} FROM {table}"))
        if bytes(key) != key_sha256(*values)
    ]
    wrong += [("python_package_metadata", id_) for id_, (row, key) in metadata_of(engine).items() if row.key != key]
    return wrong + [(table, id_) for table in _SETS for id_ in _wrong_sets(engine, table)]


def _wrong_sets(engine: Engine, table: str) -> list[int]:
    hashed, link, own, members, key = _SETS[table]
    said: dict[int, list[Any]] = defaultdict(list)
    statement = f"""
        SELECT l.{own}, {key} FROM {link} l JOIN {members} p ON p.id = l.{members}_id
        LEFT JOIN python_package_index i ON i.id = p.python_package_index_id"""
    for id_, *member in rows_of(engine, statement):
        said[id_].append(member)
    return [
        id_ for id_, value in rows_of(engine, f"SELECT id, {hashed} FROM {table}") if value != set_sha256(said[id_])
    ]
