"""Aggregated security indicators as si-aggregator writes them, made up from their format."""

from __future__ import annotations

from itertools import product
from typing import Any

from support.analysers import written
from support.documents import PYPI, Document

ID = "security-indicators-261122113528-9609fe253f1fb928"
FINDINGS = [
    f"SEVERITY.{severity}__CONFIDENCE.{confidence}"
    for severity, confidence in product(("HIGH", "LOW", "MEDIUM"), ("HIGH", "LOW", "MEDIUM", "UNDEFINED"))
]
COUNTS = [
    *("number_of_analyzed_files", "number_of_files_total", "number_of_files_with_severities"),
    *("number_of_filtered_files", "Python.nFiles", "Python.comment", "Python.blank", "Python.code"),
    *("SUM.nFiles", "SUM.n_lines", "SUM.comment", "SUM.blank", "SUM.code"),
]


def security_indicators(
    *, document_id: str = ID, package: tuple[str, str, str] = ("Simple_Lib", "1.0.0", f"{PYPI}/"), more: int = 0
) -> Document:
    """Security indicators of a package: each counter another number, greater by as much as is given."""
    names = ("package_name", "package_version", "package_index")
    arguments: dict[str, Any] = {"app.py": dict(zip(names, package, strict=True))}
    result = {key: number + more for number, key in enumerate([*FINDINGS, *COUNTS], start=1)}
    return written("si-aggregator", document_id, arguments, result)


def failed_security_indicators(**arguments: Any) -> Document:
    """Those of a package that could not be analysed."""
    return {**security_indicators(**arguments), "error": True, "result": {}}
