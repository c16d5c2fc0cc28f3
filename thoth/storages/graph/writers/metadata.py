"""Core metadata and licences.

Metadata never changes: where its digest is known, its lists are too, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import DeclarativeBase

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
from .upsert import DIGEST, Ensured, Links, Wanted, distinct_sorted, wanted_by_digest


class _List(NamedTuple):
    """A list of metadata: the table of what may be in it, its columns, that which links them, and what is in it."""

    values: type[DeclarativeBase]
    columns: tuple[str, ...]
    links: type[DeclarativeBase]
    items: Callable[[Metadata], Iterable[Row]]
    key: tuple[str, ...] = DIGEST
    keyed: Callable[[Row], Row] = lambda item: (key_sha256(*item), *item)


def _texts(attribute: str) -> Callable[[Metadata], Iterable[Row]]:
    return lambda metadata: ((text,) for text in getattr(metadata, attribute))


_LISTS = (
    _List(PythonPackageMetadataClassifier, ("classifier",), HasMetadataClassifier, _texts("classifiers")),
    _List(PythonPackageMetadataPlatform, ("platform",), HasMetadataPlatform, _texts("platforms")),
    _List(
        PythonPackageMetadataSupportedPlatform,
        ("supported_platform",),
        HasMetadataSupportedPlatform,
        _texts("supported_platforms"),
    ),
    _List(
        PythonPackageMetadataRequiresExternal,
        ("dependency",),
        HasMetadataRequiresExternal,
        _texts("requires_external"),
    ),
    _List(
        PythonPackageMetadataProvidesExtra,
        ("optional_feature",),
        HasMetadataProvidesExtra,
        _texts("provides_extras"),
    ),
    _List(
        PythonPackageMetadataProjectUrl, ("url", "label"), HasMetadataProjectUrl, lambda metadata: metadata.project_urls
    ),
    _List(
        PythonPackageMetadataDistutils,
        ("distutils",),
        HasMetadataDistutils,
        lambda metadata: metadata.distutils,
        key=("distutils_type", *DIGEST),
        keyed=lambda item: (item[0], key_sha256(item[1]), item[1]),
    ),
)


class MetadataNodes:
    """Metadata, and what is in its lists: rows that are to be there, then the ids and links."""

    def __init__(self, metadata: Iterable[Metadata]) -> None:
        """Of these, of which some may be equal."""
        self._by_key = {(item.key,): item for item in metadata}
        self._owners = [self._owners_of(each) for each in _LISTS]

    def _owners_of(self, list_: _List) -> dict[Row, list[Row]]:
        """{item: keys of the metadata that lists it}."""
        owners: dict[Row, list[Row]] = {}
        for key, metadata in self._by_key.items():
            for item in list_.items(metadata):
                owners.setdefault(item, []).append(key)
        return {list_.keyed(item): keys for item, keys in owners.items()}

    def wanted(self) -> list[Wanted]:
        """What is to be there; the metadata itself first."""
        rows = [(*key, *self._by_key[key].scalars) for key in sorted(self._by_key)]
        return [
            Wanted(PythonPackageMetadata, (*DIGEST, *SCALARS.values()), DIGEST, rows),
            *(
                Wanted(each.values, (*each.key, *each.columns), each.key, distinct_sorted(owners))
                for each, owners in zip(_LISTS, self._owners, strict=True)
            ),
        ]

    def ids(self, ensured: Sequence[dict[Row, Ensured]]) -> dict[Metadata, int]:
        """The id of each metadata, after what is wanted was ensured."""
        return {item: ensured[0][key].id for key, item in self._by_key.items()}

    def links(self, ensured: Sequence[dict[Row, Ensured]]) -> Iterator[Links]:
        """What links metadata that is new to what it lists; nobody else knows it yet."""
        rows, *values = ensured
        for each, owners, ids in zip(_LISTS, self._owners, values, strict=True):
            size = len(each.key)
            pairs = [
                (rows[key].id, ids[item[:size]].id) for item, keys in owners.items() for key in keys if rows[key].is_new
            ]
            yield Links(each.links, ("python_package_metadata_id", f"{each.values.__tablename__}_id"), pairs)


def digested_licenses(licenses: Iterable[License]) -> dict[Row, License]:
    """{(digest,): licence}, in the order of the digests."""
    by_key = {(item.key,): item for item in licenses}
    return {key: by_key[key] for key in sorted(by_key)}


def wanted_licenses(licenses: Mapping[Row, License]) -> Wanted:
    """Licences that are to be there, as digested_licenses() gives them."""
    columns = ("license_name", "license_identifier", "license_version")
    rows = {key: (item.name, item.identifier, item.version) for key, item in licenses.items()}
    return wanted_by_digest(PythonPackageLicense, columns, rows)
