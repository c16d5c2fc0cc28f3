"""Security indicators: what bandit found in a package's sources, by severity and confidence, and what cloc counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from ..enums import DocumentKindEnum
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag, optional_number
from .packages import PackageOnIndex, parse_package
from .reading import Place

_FINDINGS = {
    f"severity_{severity}_confidence_{confidence}".lower(): f"SEVERITY.{severity}__CONFIDENCE.{confidence}"
    for severity, confidence in product(("HIGH", "LOW", "MEDIUM"), ("HIGH", "LOW", "MEDIUM", "UNDEFINED"))
}
"""{column: key}; a key that is not there stands for no finding."""

_FILES = (
    "number_of_analyzed_files",
    "number_of_files_total",
    "number_of_files_with_severities",
    "number_of_filtered_files",
)

_SIZES = {
    "number_of_python_files": ("Python", "nFiles"),
    "number_of_lines_with_comments_in_python_files": ("Python", "comment"),
    "number_of_blank_lines_in_python_files": ("Python", "blank"),
    "number_of_lines_with_code_in_python_files": ("Python", "code"),
    "total_number_of_files": ("SUM", "nFiles"),
    "total_number_of_lines": ("SUM", "n_lines"),
    "total_number_of_lines_with_comments": ("SUM", "comment"),
    "total_number_of_blank_lines": ("SUM", "blank"),
    "total_number_of_lines_with_code": ("SUM", "code"),
}
"""{column: key}; a key with a dot in it, Python.nFiles, or an object under the first part."""

COUNTERS = (*_FINDINGS, *_FILES, *_SIZES)
"""The columns that count something."""


@dataclass(frozen=True, slots=True)
class SecurityIndicatorsRows:
    """Everything that security indicators say; counters stand in the order of COUNTERS, all None where it failed."""

    document: DocumentRow
    package: PackageOnIndex
    error: bool
    counters: tuple[int | None, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> SecurityIndicatorsRows:
    """What security indicators of a package say.

    Raises SchemaError, with the place and what was expected, for anything that is none. A document that says of itself
    that there was an error counts nothing; where it has counters all the same a remark says so.
    """
    opened = open_document(document, "security indicators")
    error = optional_flag(Place(opened.document_id, "", document), "error", default=False)
    remarks = [f"{opened.result.path}: left out, the analysis failed"] if error and opened.result.value else []
    return SecurityIndicatorsRows(
        package=_package(opened),
        error=error,
        counters=(None,) * len(COUNTERS) if error else _counters(opened.result),
        document=ledger_row(opened, DocumentKindEnum.SECURITY_INDICATORS, document, remarks),
    )


def _package(opened: Opened) -> PackageOnIndex:
    return parse_package(opened.arguments("app.py"), "package_index")


def _counters(result: Place) -> tuple[int, ...]:
    counted: Mapping[str, int] = {
        **{column: optional_number(result, key) or 0 for column, key in _FINDINGS.items()},
        **{key: result[key].whole_number() for key in _FILES},
        **{column: _size(result, *key).whole_number() for column, key in _SIZES.items()},
    }
    return tuple(counted[column] for column in COUNTERS)


def _size(result: Place, language: str, what: str) -> Place:
    flat, nested = result.get(f"{language}.{what}"), result.get(language)
    if flat is not None or nested is None:
        return flat or result[f"{language}.{what}"]
    return nested[what]
