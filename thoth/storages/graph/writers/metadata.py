"""Core metadata and licences.

Metadata never changes: where its digest is known, its lists are too, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Session

from ..arrays import Row
from ..documents.metadata import SCALARS, License, Metadata
from ..models import (
    HasMetadataClassifier,
    HasMetadataDistutils,
    HasMetadataPlatform,
    HasMetadataProjectUrl,
    HasMetadataProvidesExtra,
    HasMetadataRequiresExternal,
    HasMetadataSupportedPlatform,
    PythonPackageLicense,
    PythonPackageMetadata,
    PythonPackageMetadataClassifier,
    PythonPackageMetadataDistutils,
    PythonPackageMetadataPlatform,
    PythonPackageMetadataProjectUrl,
    PythonPackageMetadataProvidesExtra,
    PythonPackageMetadataRequiresExternal,
    PythonPackageMetadataSupportedPlatform,
)
from ..names import key_sha256
from .upsert import distinct_sorted, ids_by_key, insert_missing, link

_KEY = ("key_sha256",)

# Attribute of Metadata whose items are texts, the table of the texts with its column, the table that links them.
_LISTS: tuple[tuple[str, type[DeclarativeBase], str, type[DeclarativeBase]], ...] = (
    ("classifiers", PythonPackageMetadataClassifier, "classifier", HasMetadataClassifier),
    ("platforms", PythonPackageMetadataPlatform, "platform", HasMetadataPlatform),
    (
        "supported_platforms",
        PythonPackageMetadataSupportedPlatform,
        "supported_platform",
        HasMetadataSupportedPlatform,
    ),
    ("requires_external", PythonPackageMetadataRequiresExternal, "dependency", HasMetadataRequiresExternal),
    ("provides_extras", PythonPackageMetadataProvidesExtra, "optional_feature", HasMetadataProvidesExtra),
)


def ensure_licenses(session: Session, licenses: Iterable[License]) -> dict[License, int]:
    """The id of each licence."""
    by_key = {license_.key: license_ for license_ in licenses}
    rows = distinct_sorted((key, item.name, item.identifier, item.version) for key, item in by_key.items())
    columns = (*_KEY, "license_name", "license_identifier", "license_version")
    insert_missing(session, PythonPackageLicense, columns, _KEY, rows)
    ids = ids_by_key(session, PythonPackageLicense, _KEY, [(key,) for key in sorted(by_key)])
    return {by_key[key]: license_id for (key,), license_id in ids.items()}


def ensure_metadata(session: Session, metadata: Iterable[Metadata]) -> dict[Metadata, int]:
    """The id of each metadata."""
    by_key = {item.key: item for item in metadata}
    rows = distinct_sorted((key, *item.scalars) for key, item in by_key.items())
    inserted = insert_missing(session, PythonPackageMetadata, (*_KEY, *SCALARS.values()), _KEY, rows)
    ids = ids_by_key(session, PythonPackageMetadata, _KEY, [(key,) for key in sorted(by_key)])
    _write_lists(session, {ids[key]: by_key[key[0]] for key in inserted})
    return {by_key[key]: metadata_id for (key,), metadata_id in ids.items()}


def _write_lists(session: Session, new: dict[int, Metadata]) -> None:
    for attribute, values, column, links in _LISTS:
        texts = {item: [(text,) for text in getattr(metadata, attribute)] for item, metadata in new.items()}
        _write_list(session, values, (column,), links, texts)
    _write_list(
        session,
        PythonPackageMetadataProjectUrl,
        ("url", "label"),
        HasMetadataProjectUrl,
        {item: list(metadata.project_urls) for item, metadata in new.items()},
    )
    _write_distutils(session, new)


def _write_list(
    session: Session,
    values: type[DeclarativeBase],
    columns: tuple[str, ...],
    links: type[DeclarativeBase],
    items: dict[int, list[Any]],
) -> None:
    keys = {item: [key_sha256(*texts) for texts in listed] for item, listed in items.items()}
    rows: Iterable[Row] = ((key_sha256(*texts), *texts) for listed in items.values() for texts in listed)
    insert_missing(session, values, (*_KEY, *columns), _KEY, distinct_sorted(rows))
    ids = ids_by_key(session, values, _KEY, distinct_sorted((key,) for listed in keys.values() for key in listed))
    pairs = ((item, ids[(key,)]) for item, listed in keys.items() for key in listed)
    link(session, links, ("python_package_metadata_id", f"{values.__tablename__}_id"), pairs)


def _write_distutils(session: Session, new: dict[int, Metadata]) -> None:
    table = PythonPackageMetadataDistutils
    key = ("distutils_type", *_KEY)
    texts = {(kind, key_sha256(text)): text for metadata in new.values() for kind, text in metadata.distutils}
    keys = sorted(texts, key=lambda pair: (pair[0].name, pair[1]))
    insert_missing(session, table, (*key, "distutils"), key, [(*pair, texts[pair]) for pair in keys])
    ids = ids_by_key(session, table, key, keys)
    pairs = (
        (item, ids[(kind, key_sha256(text))]) for item, metadata in new.items() for kind, text in metadata.distutils
    )
    link(session, HasMetadataDistutils, ("python_package_metadata_id", "python_package_metadata_distutils_id"), pairs)
