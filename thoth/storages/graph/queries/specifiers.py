"""Ranges of versions as PEP 440 has them: packaging decides which versions are in one, pre-releases included or not."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from ..filters import PackageAt


def specifiers_of(specifier: str, package: PackageAt) -> SpecifierSet:
    """The specifiers, such as >=2,<3; ValueError for what is none, or where no package is named."""
    if package.package_name is None:
        raise ValueError("specifier needs package_name: versions of different packages cannot be compared")
    try:
        return SpecifierSet(specifier)
    except (InvalidSpecifier, TypeError, AttributeError):
        raise ValueError(f"specifier must be one of PEP 440, such as >=2,<3, not {specifier!r}") from None


def matching(specifiers: SpecifierSet, versions: Iterable[str]) -> set[str]:
    """Those of the versions that are in the range.

    Pre-releases only if the range names one or nothing else is in it (PEP 440); what is no version of PEP 440 never.
    """
    return {str(version) for version in specifiers.filter(version for version in versions if _is_version(version))}


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
