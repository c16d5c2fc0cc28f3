"""Packages as documents name them: in a version, on an index."""

from __future__ import annotations

from typing import NamedTuple

from ..names import normalize_index_url, normalize_package_name, normalize_package_version
from .reading import URL_BYTES, Place


class PackageOnIndex(NamedTuple):
    """A package in a version on an index; None where the index is not known."""

    package_name: str
    package_version: str
    index_url: str | None


def parse_package(place: Place, index_key: str) -> PackageOnIndex:
    """What package_name, package_version and this key for the URL of the index say; all of them have to be there."""
    return PackageOnIndex(*parse_name_and_version(place), _index_url(place[index_key]))


def parse_package_on_any_index(place: Place, index_key: str) -> PackageOnIndex:
    """The same where the index need not be known."""
    index = place.get(index_key)
    return PackageOnIndex(*parse_name_and_version(place), None if index is None else _index_url(index))


def parse_name_and_version(place: Place) -> tuple[str, str]:
    """What package_name and package_version say."""
    return (
        normalize_package_name(place["package_name"].name()),
        normalize_package_version(place["package_version"].name()),
    )


def _index_url(place: Place) -> str:
    url = normalize_index_url(place.text(URL_BYTES))
    if not url:
        raise place.refuse("the URL of an index")
    return url
