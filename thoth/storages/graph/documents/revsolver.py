"""Documents of the reverse solver: which package versions that are known a new release satisfies a requirement of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from ...document_ids import map_os_name, normalize_os_version
from ..enums import DocumentKindEnum
from ..names import normalize_python_version
from .ledger import DocumentRow
from .opening import ledger_row, open_document, optional_flag
from .packages import PackageOnIndex, parse_name_and_version, parse_package_on_any_index
from .reading import Place
from .solver import Dependency, Terms
from .texts import kept, optional_text


class Dependent(NamedTuple):
    """A package version that depends on the release, in the environment where it was solved."""

    package: PackageOnIndex
    os_name: str
    os_version: str
    python_version: str

    @property
    def environment(self) -> tuple[str, str, str]:
        """Name and version of the operating system, version of Python."""
        return self.os_name, self.os_version, self.python_version


@dataclass(frozen=True, slots=True)
class ReverseDependency:
    """A dependent, and how it depends on the release."""

    dependent: Dependent
    dependency: Dependency


@dataclass(frozen=True, slots=True)
class ReverseSolverRows:
    """Everything that a document of the reverse solver says: a release, and what depends on it, nothing twice."""

    document: DocumentRow
    package_name: str
    package_version: str
    dependencies: tuple[ReverseDependency, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> ReverseSolverRows:
    """What a document of the reverse solver says.

    Raises SchemaError, with the place and what was expected, for anything that is none. Items with a name that no key
    can hold are left out, with a remark.
    """
    opened = open_document(document, "a document of the reverse solver")
    name, version = parse_name_and_version(opened.arguments("app.py"))
    remarks: list[str] = []
    items = kept(opened.result.each(), lambda item, _remarks: _reverse_dependency(item, name, version), remarks)
    return ReverseSolverRows(
        package_name=name,
        package_version=version,
        dependencies=_distinct(items),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.REVERSE_SOLVER, document, remarks),
    )


def _distinct(items: Iterable[ReverseDependency]) -> tuple[ReverseDependency, ...]:
    """Each requirement of a dependent once; where its marker is said to hold and not to hold, it holds."""
    distinct: dict[tuple[Dependent, bytes], ReverseDependency] = {}
    for item in items:
        key = (item.dependent, item.dependency.terms.key)
        if key not in distinct or item.dependency.marker_evaluation_result:
            distinct[key] = item
    return tuple(distinct.values())


def _reverse_dependency(item: Place, package_name: str, package_version: str) -> ReverseDependency:
    return ReverseDependency(
        dependent=_dependent(item),
        dependency=Dependency(
            package_name=package_name,
            package_version=package_version,
            terms=Terms(
                version_range=_unlimited(item, "version_range") or "*",
                marker=_unlimited(item, "marker"),
                extra=optional_text(item, "extra"),
                extras=(),  # which extras of the release are asked for is not said
            ),
            marker_evaluation_result=optional_flag(item, "marker_evaluation_result", default=True),
        ),
    )


def _dependent(item: Place) -> Dependent:
    os_name = map_os_name(item["os_name"].name())
    return Dependent(
        package=parse_package_on_any_index(item, "index_url"),
        os_name=os_name,
        os_version=normalize_os_version(os_name, item["os_version"].name()),
        python_version=normalize_python_version(item["python_version"].name()),
    )


def _unlimited(item: Place, key: str) -> str | None:
    """The text under a key, however long; None where it is empty or there is none."""
    place = item.get(key)
    return None if place is None else place.text() or None
