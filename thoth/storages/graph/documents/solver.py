"""Solver documents: what a package in a version depends on in one environment, or why it could not be found out.

Two generations are read: that of 2023, and that of 2019, which names some keys otherwise and has no metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from ...document_ids import document_id_of, parse_solver_name, solver_name_of
from ...exceptions import NotFoundError, SchemaError, SolverNameParseError
from ..enums import DocumentKindEnum, PlatformEnum
from ..names import (
    is_package_name,
    key_sha256,
    normalize_index_url,
    normalize_package_name,
    normalize_package_version,
    pinned_version,
)
from .ledger import DocumentRow
from .metadata import License, Metadata, parse_license, parse_metadata
from .reading import NAME_BYTES, URL_BYTES, Place, TooLongError, content_sha256, is_plain_name


class PlatformNotKnownError(SchemaError, NotFoundError):
    """A solver document is about a platform the graph does not know."""


@dataclass(frozen=True, slots=True)
class Solver:
    """The solver that made a document, and the environment it ran in."""

    name: str
    version: str
    os_name: str
    os_version: str
    python_version: str


@dataclass(frozen=True)
class Terms:
    """On what terms a version is required (PEP 508); many versions satisfy one requirement, and share them."""

    version_range: str
    marker: str | None
    extra: str | None
    extras: tuple[str, ...]

    @cached_property
    def key(self) -> bytes:
        """What tells two requirements of the same pair of packages apart."""
        return key_sha256(self.version_range, self.marker, self.extra, self.extras)

    @cached_property
    def texts(self) -> tuple[str, str | None, str | None, str | None]:
        """The same, what is asked for as PEP 508 writes extras: with commas between them, None where there are none."""
        return self.version_range, self.marker, self.extra, ",".join(self.extras) or None


class Dependency(NamedTuple):
    """A version of another package that satisfies a requirement."""

    package_name: str
    package_version: str
    terms: Terms
    marker_evaluation_result: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What only a package that was solved successfully tells."""

    dependencies: tuple[Dependency, ...]
    hashes: tuple[str, ...]
    import_packages: tuple[str, ...]
    metadata: Metadata | None
    license: License | None
    license_warning: bool | None


@dataclass(frozen=True, slots=True)
class SolvedPackage:
    """A package version and how solving it ended; there are facts exactly where it did not end in an error."""

    package_name: str
    package_version: str
    index_url: str | None
    facts: Facts | None = None
    unparseable: bool = False
    unsolvable: bool = False
    is_provided: bool | None = None

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Name, version and index: one outcome each."""
        return self.package_name, self.package_version, self.index_url


@dataclass(frozen=True, slots=True)
class SolverRows:
    """Everything a solver document says; packages are distinct by name, version and index."""

    document: DocumentRow
    solver: Solver
    duration: int | None
    packages: tuple[SolvedPackage, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made: a newer one is right about what it states."""
        return self.document.created_at


def parse(document: Any) -> SolverRows:
    """What a solver document says.

    Raises SchemaError, which names the document, the path and what was expected, for anything that is no solver
    document; what is one but has parts that no table can hold is kept without them, and the remarks say which.
    """
    if not isinstance(document, dict):
        raise SchemaError(None, "the top", "a solver document: a JSON object")
    document_id = Place(None, "metadata.document_id", document_id_of(document)).name()
    top = Place(document_id, "", document)
    remarks: list[str] = []
    metadata, result = top["metadata"], top["result"]
    _check_platform(result)
    solver = _solver(document_id, metadata)
    packages = _distinct(_packages(result, remarks), remarks)
    duration = metadata.get("duration")
    if not packages:
        remarks.append("no package version in result.tree, errors, unresolved or unparsed")
    return SolverRows(
        document=DocumentRow(
            document_id=document_id,
            kind=DocumentKindEnum.SOLVER,
            content_sha256=content_sha256(document_id, document),
            created_at=metadata["datetime"].moment(),
            remarks=tuple(remarks),
        ),
        solver=solver,
        duration=None if duration is None else duration.whole_number(),
        packages=packages,
    )


def _solver(document_id: str, metadata: Place) -> Solver:
    try:
        name = solver_name_of(document_id)
        environment = parse_solver_name(name)
    except SolverNameParseError as error:
        expected = "an id of the form solver-<os name>-<os version>-py<XY>-<...>"
        raise SchemaError(document_id, "metadata.document_id", expected) from error
    version = metadata["analyzer_version"].text(NAME_BYTES)
    return Solver(name, version, environment.os_name, environment.os_version, environment.python_version)


def _check_platform(result: Place) -> None:
    platform = result.get("platform")
    known = [member.value for member in PlatformEnum]
    if platform is not None and platform.text() not in known:
        raise PlatformNotKnownError(result.document_id, platform.path, f"one of {', '.join(known)}")


# --- Packages --------------------------------------------------------------------------------------------------------


def _packages(result: Place, remarks: list[str]) -> Iterator[SolvedPackage]:
    parsers: tuple[tuple[str, Callable[[Place, list[str]], SolvedPackage | None]], ...] = (
        ("tree", _solved),
        ("errors", _failed),
        ("unresolved", _unresolved),
        ("unparsed", _unparsed),
    )
    result["tree"]  # the one key that every solver document has
    for key, parse_item in parsers:
        for item in result.items(key):
            try:
                package = parse_item(item, remarks)
            except TooLongError as error:
                remarks.append(f"{error.path}: left out, {error.expected}")
            else:
                if package is not None:
                    yield package


def _distinct(packages: Iterable[SolvedPackage], remarks: list[str]) -> tuple[SolvedPackage, ...]:
    """One outcome for each package version: the first one; a tree comes before errors."""
    distinct: dict[tuple[str, str, str | None], SolvedPackage] = {}
    for package in packages:
        first = distinct.setdefault(package.key, package)
        if first != package:
            remarks.append(f"{package.package_name} {package.package_version}: stated more than once, first one kept")
    return tuple(distinct.values())


def _solved(item: Place, remarks: list[str]) -> SolvedPackage:
    version = item.get("package_version_requested", "package_version") or item["package_version"]
    imported = item.get("importlib_metadata")
    metadata = None if imported is None else imported.get("metadata")
    license_ = item.get("package_license")
    warning = None if license_ is None else license_.get("warning")
    return SolvedPackage(
        package_name=normalize_package_name(item["package_name"].name()),
        package_version=normalize_package_version(version.name()),
        index_url=_own_index_url(item["index_url"]),
        is_provided=True,
        facts=Facts(
            dependencies=_dependencies(item, remarks, has_metadata=metadata is not None),
            hashes=tuple(sorted({place.sha256() for place in item["sha256"].each()})),
            import_packages=_imports(item, remarks),
            metadata=None if metadata is None else parse_metadata(metadata),
            license=None if license_ is None else parse_license(license_),
            license_warning=None if warning is None else warning.flag(),
        ),
    )


def _failed(item: Place, _remarks: list[str]) -> SolvedPackage:
    name = item.get("package_name", "package") or item["package_name"]
    version = item.get("package_version", "version") or item["package_version"]
    provided = item.get("is_provided_package_version", "is_provided")
    return SolvedPackage(
        package_name=normalize_package_name(name.name()),
        package_version=normalize_package_version(version.name()),
        index_url=_index_url(item),
        is_provided=None if provided is None else provided.flag(),
    )


def _unresolved(item: Place, remarks: list[str]) -> SolvedPackage | None:
    name = normalize_package_name(item["package_name"].name())
    spec = item["version_spec"]
    version = pinned_version(spec.text(NAME_BYTES))
    provided = item.get("is_provided_package_version")
    if version is None:
        remarks.append(f"{spec.path}: {name} {spec.value!r} names no single version")
        return None
    return SolvedPackage(
        package_name=name,
        package_version=version,
        index_url=_index_url(item),
        unsolvable=True,
        is_provided=None if provided is None else provided.flag(),
    )


def _unparsed(item: Place, remarks: list[str]) -> SolvedPackage | None:
    requirement = item["requirement"]
    name, equals, specifier = requirement.text().partition("==")
    for part in (name, specifier):
        Place(requirement.document_id, requirement.path, part).text(NAME_BYTES)
    version = pinned_version(equals + specifier)
    if version is None or not is_package_name(name):
        remarks.append(f"{requirement.path}: {requirement.value!r} names no single version")
        return None
    return SolvedPackage(normalize_package_name(name), version, index_url=None, unparseable=True)


def _index_url(item: Place) -> str | None:
    place = item.get("index_url", "index")
    return normalize_index_url(place.text(URL_BYTES)) or None if place is not None else None


def _own_index_url(place: Place) -> str:
    url = normalize_index_url(place.text(URL_BYTES))
    if not url:
        raise place.refuse("the URL of an index")
    return url


def _imports(item: Place, remarks: list[str]) -> tuple[str, ...]:
    packages = item.get("packages")
    return () if packages is None else tuple(sorted(set(_names_that_fit(packages, remarks))))


def _names_that_fit(names: Place, remarks: list[str]) -> Iterator[str]:
    """The names of a list that can be keys; a remark says which cannot."""
    for number, value in enumerate(names.values()):
        if is_plain_name(value):  # thousands of versions: to know where each of them stands takes four times as long
            yield value
            continue
        try:
            yield names.item(number).name()
        except TooLongError as error:
            remarks.append(f"{error.path}: left out, {error.expected}")


# --- Dependencies ----------------------------------------------------------------------------------------------------


def _dependencies(item: Place, remarks: list[str], *, has_metadata: bool) -> tuple[Dependency, ...]:
    found: dict[tuple[str, str, bytes], Dependency] = {}
    for place in item["dependencies"].each():
        try:
            satisfied = tuple(_satisfied(place, remarks))
        except TooLongError as error:
            remarks.append(f"{error.path}: left out, {error.expected}")
            continue
        if not satisfied and not has_metadata:  # with metadata, its Requires-Dist keeps the requirement
            remarks.append(f"{place.path}: no version of {place['package_name'].value} was resolved")
        for dependency in satisfied:
            key = (dependency.package_name, dependency.package_version, dependency.terms.key)
            before = found.get(key)
            if before is not None and before.marker_evaluation_result:
                continue
            found[key] = dependency
    return tuple(found.values())


def _satisfied(place: Place, remarks: list[str]) -> Iterator[Dependency]:
    """One dependency for each version that satisfies a requirement and each extra that brings it in."""
    version_range = place.get("specifier", "required_version")
    marker = place.get("marker")
    evaluation = place.get("marker_evaluation_result")
    name = normalize_package_name(place["package_name"].name())
    limits = "*" if version_range is None else version_range.text() or "*"
    condition = None if marker is None else marker.text() or None
    extras = tuple(sorted(_names(place, "extras")))
    holds = True if evaluation is None else evaluation.flag()
    brought_in_by: list[str | None] = [*sorted(_names(place, "extra"))] or [None]
    all_terms = [Terms(limits, condition, extra, extras) for extra in brought_in_by]
    for version in _resolved_versions(place, remarks):
        for terms in all_terms:
            yield Dependency(name, version, terms, holds)


def _resolved_versions(place: Place, remarks: list[str]) -> list[str]:
    listed = (_names_that_fit(resolved["versions"], remarks) for resolved in place["resolved_versions"].each())
    return sorted({normalize_package_version(name) for names in listed for name in names})


def _names(place: Place, key: str) -> set[str]:
    value = place.get(key)
    if value is None:
        return set()
    return {value.name()} if isinstance(value.value, str) else {item.name() for item in place.items(key)}
