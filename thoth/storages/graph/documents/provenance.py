"""Provenance checker documents: whether the packages of a user's stack come from where they should.

Two generations are read: that of 2023, and that of 2019, which tells the user's stack under result.input.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..enums import DocumentKindEnum
from ..names import is_package_name, normalize_index_url, normalize_package_name, pinned_version
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag
from .packages import PackageOnIndex
from .reading import URL_BYTES, Place
from .stacks import Stack, parse_stack
from .texts import PATH_BYTES, kept, optional_text

_MISSING = "MISSING-PACKAGE"


@dataclass(frozen=True, slots=True)
class Run:
    """The run itself."""

    provenance_checker_name: str
    provenance_checker_version: str
    origin: str | None
    debug: bool
    provenance_checker_error: bool
    duration: int | None


@dataclass(frozen=True, slots=True)
class ProvenanceRows:
    """Everything a provenance checker document says; nothing twice. Missing packages are not on the index they name."""

    document: DocumentRow
    run: Run
    users_stack: Stack
    missing: tuple[PackageOnIndex, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> ProvenanceRows:
    """What a provenance checker document says.

    The user's stack and, where the check failed, the report may be missing. Raises SchemaError, with the place and what
    was expected, for anything that is no provenance checker document.
    """
    opened = open_document(document, "a provenance checker document")
    remarks: list[str] = []
    run = _run(opened)
    return ProvenanceRows(
        run=run,
        users_stack=parse_stack(_project(opened.result), remarks),
        missing=_missing(opened.result, remarks, failed=run.provenance_checker_error),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.PROVENANCE_CHECKER, document, remarks),
    )


def _project(result: Place) -> Place | None:
    parameters = result.get("parameters")
    return (None if parameters is None else parameters.get("project")) or result.get("input")


def _run(opened: Opened) -> Run:
    arguments = opened.arguments("thoth-adviser")
    asked = arguments.get("metadata")
    return Run(
        provenance_checker_name=opened.analyzer_name,
        provenance_checker_version=opened.analyzer_version,
        origin=None if asked is None else optional_text(asked, "origin", PATH_BYTES),
        debug=optional_flag(arguments, "verbose", default=False),
        provenance_checker_error=opened.result["error"].flag(),
        duration=opened.duration,
    )


# --- Missing packages ------------------------------------------------------------------------------------------------


def _missing(result: Place, remarks: list[str], *, failed: bool) -> tuple[PackageOnIndex, ...]:
    report = result.get("report") if failed else result["report"]
    if report is None or (failed and not isinstance(report.value, list)):  # it then says why
        return ()
    return tuple(dict.fromkeys(kept(_of_missing(report), _package, remarks)))


def _of_missing(report: Place) -> Iterator[Place]:
    for item in report.each():
        finding = item.get("id")
        if finding is not None and finding.text() == _MISSING:
            yield item


def _package(item: Place, remarks: list[str]) -> PackageOnIndex | None:
    name, stated, source = item["package_name"], item["package_version"], item.get("source")
    if not is_package_name(name.name()):
        raise name.refuse("the name of a package")
    specifier = stated.name()
    version = pinned_version(specifier if specifier.lstrip().startswith("=") else f"=={specifier}")
    if version is None or version == "*":
        remarks.append(f"{item.path}: left out, {stated.value!r} names no single version")
        return None
    url = None if source is None else source.get("url")
    index_url = None if url is None else normalize_index_url(url.text(URL_BYTES)) or None
    return PackageOnIndex(normalize_package_name(name.name()), version, index_url)
