"""Core metadata and licences, as solver documents carry them.

https://packaging.python.org/specifications/core-metadata/
"""

from __future__ import annotations

from dataclasses import dataclass

from ..enums import MetadataDistutilsTypeEnum
from ..names import key_sha256
from .reading import Place

SCALARS = {
    "Author": "author",
    "Author-email": "author_email",
    "Download-URL": "download_url",
    "Home-page": "home_page",
    "Keywords": "keywords",
    "License": "license",
    "Maintainer": "maintainer",
    "Maintainer-email": "maintainer_email",
    "Metadata-Version": "metadata_version",
    "Name": "name",
    "Summary": "summary",
    "Version": "version",
    "Requires-Python": "requires_python",
    "Description": "description",
    "Description-Content-Type": "description_content_type",
}
"""Keys that hold one text, and their columns, in column order."""

_DISTUTILS = {
    "Requires-Dist": MetadataDistutilsTypeEnum.REQUIRED,
    "Provides-Dist": MetadataDistutilsTypeEnum.PROVIDED,
    "Obsoletes-Dist": MetadataDistutilsTypeEnum.OBSOLETE,
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """The core metadata of one distribution; every list is sorted and has no repeats."""

    scalars: tuple[str | None, ...]
    classifiers: tuple[str, ...]
    platforms: tuple[str, ...]
    supported_platforms: tuple[str, ...]
    requires_external: tuple[str, ...]
    provides_extras: tuple[str, ...]
    project_urls: tuple[tuple[str | None, str | None], ...]
    distutils: tuple[tuple[MetadataDistutilsTypeEnum, str], ...]

    @property
    def key(self) -> bytes:
        """What tells this metadata from any other: all of it."""
        return key_sha256(
            self.scalars,
            self.classifiers,
            self.platforms,
            self.supported_platforms,
            self.requires_external,
            self.provides_extras,
            self.project_urls,
            [(kind.name, text) for kind, text in self.distutils],
        )


@dataclass(frozen=True, slots=True)
class License:
    """A licence as a licence database names it; version is the database's."""

    name: str | None
    identifier: str | None
    version: str | None

    @property
    def key(self) -> bytes:
        """What tells this licence from any other."""
        return key_sha256(self.name, self.identifier, self.version)


def parse_metadata(place: Place) -> Metadata:
    """The metadata under importlib_metadata.metadata of a solved package; keys without a column are left out."""
    return Metadata(
        scalars=tuple(_scalar(place, key) for key in SCALARS),
        classifiers=_texts(place, "Classifier"),
        platforms=_texts(place, "Platform"),
        supported_platforms=_texts(place, "Supported-Platform"),
        requires_external=_texts(place, "Requires-External"),
        provides_extras=_texts(place, "Provides-Extra"),
        project_urls=_project_urls(place),
        distutils=tuple((kind, text) for key, kind in _DISTUTILS.items() for text in _texts(place, key)),
    )


def parse_license(place: Place) -> License | None:
    """The licence under package_license of a solved package, None where it names none."""
    detected = place.get("license")
    version = place.get("license_version")
    license_ = License(
        name=_optional(detected, "full_name"),
        identifier=_optional(detected, "identifier_spdx"),
        version=None if version is None else version.text(),
    )
    return license_ if license_ != License(None, None, None) else None


def _scalar(place: Place, key: str) -> str | None:
    value = place.get(key)
    if value is not None and isinstance(value.value, list):  # Keywords, in newer importlib.metadata
        return ",".join(item.text() for item in place.items(key))
    return None if value is None else value.text()


def _optional(place: Place | None, key: str) -> str | None:
    value = None if place is None else place.get(key)
    return None if value is None else value.text()


def _texts(place: Place, key: str) -> tuple[str, ...]:
    value = place.get(key)
    if value is None:
        return ()
    # A key that may stand several times is a list, or a text where it stands once.
    texts = {value.text()} if isinstance(value.value, str) else {item.text() for item in place.items(key)}
    return tuple(sorted(texts - {""}))


def _project_urls(place: Place) -> tuple[tuple[str | None, str | None], ...]:
    """Link and label of each 'label, link'; a text without a comma is a link without a label."""
    found: set[tuple[str | None, str | None]] = set()
    for text in _texts(place, "Project-URL"):
        label, comma, url = text.partition(",")
        if not comma:
            label, url = "", text
        found.add((url.strip() or None, label.strip() or None))
    return tuple(sorted(found - {(None, None)}, key=lambda pair: [(part is not None, part or "") for part in pair]))
