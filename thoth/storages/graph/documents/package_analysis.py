"""Analyses of packages, as they were made until 2021: which files an artifact holds, which symbols it needs.

Of the files only those of Python (*.py) are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..enums import DocumentKindEnum
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag
from .packages import PackageOnIndex, parse_package
from .reading import Place
from .symbols import Symbol, parse_symbols
from .texts import kept, long_name

_REASON = 1000  # characters of what an analysis failed by; the rest of a traceback is in the document


@dataclass(frozen=True, slots=True)
class Run:
    """The analysis itself."""

    package_analyzer_name: str
    package_analyzer_version: str
    debug: bool
    package_analyzer_error: bool
    duration: int | None


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A Python file at a path in an artifact."""

    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that the package is distributed as: what is in it, and what has to be there where it is used."""

    sha256: str
    name: str
    files: frozenset[PythonFile]
    symbols: frozenset[Symbol]


@dataclass(frozen=True, slots=True)
class PackageAnalysisRows:
    """Everything an analysis of a package says; artifacts are distinct by digest. One that failed has none."""

    document: DocumentRow
    run: Run
    package: PackageOnIndex
    artifacts: tuple[Artifact, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> PackageAnalysisRows:
    """What an analysis of a package says.

    Raises SchemaError, with the place and what was expected, for anything that is none. Items that no key can hold are
    left out, with a remark; what an analysis failed by is a remark, too.
    """
    opened = open_document(document, "an analysis of a package")
    remarks: list[str] = []
    run = _run(opened, remarks)
    return PackageAnalysisRows(
        run=run,
        package=parse_package(opened.arguments("python"), "index_url"),
        artifacts=_artifacts(opened.result, remarks, failed=run.package_analyzer_error),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.PACKAGE_ANALYSIS, document, remarks),
    )


def _run(opened: Opened, remarks: list[str]) -> Run:
    return Run(
        package_analyzer_name=opened.analyzer_name,
        package_analyzer_version=opened.analyzer_version,
        debug=optional_flag(opened.arguments("thoth-package-analyzer"), "verbose", default=False),
        package_analyzer_error=_failed(opened.result, remarks),
        duration=opened.duration,
    )


def _failed(result: Place, remarks: list[str]) -> bool:
    """Whether there is an error: the truth value of that name, or a text that says which."""
    error = result.get("error")
    if error is None or not isinstance(error.value, str):
        return error is not None and error.flag()
    reason = error.text().strip()
    if reason:
        remarks.append(f"{error.path}: {reason[:_REASON]}")
    return bool(reason)


# --- Artifacts -------------------------------------------------------------------------------------------------------


def _artifacts(result: Place, remarks: list[str], *, failed: bool) -> tuple[Artifact, ...]:
    listed = result.items("artifacts") if failed else result["artifacts"].each()
    return _distinct(kept(listed, _artifact, remarks))


def _distinct(artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """One for each digest, with everything that is said of it; of several names the first in their order."""
    distinct: dict[str, Artifact] = {}
    for item in artifacts:
        same = distinct.setdefault(item.sha256, item)
        distinct[item.sha256] = replace(
            same, name=min(same.name, item.name), files=same.files | item.files, symbols=same.symbols | item.symbols
        )
    return tuple(distinct.values())


def _artifact(item: Place, remarks: list[str]) -> Artifact:
    return Artifact(
        sha256=item["sha256"].sha256(),
        name=long_name(item["name"]),
        files=frozenset(kept(item["digests"].each(), _python_file, remarks)),
        symbols=frozenset(parse_symbols(item["symbols"], remarks)),
    )


def _python_file(item: Place, _remarks: list[str]) -> PythonFile | None:
    path = long_name(item["filepath"])
    return PythonFile(item["sha256"].sha256(), path) if path.endswith(".py") else None
