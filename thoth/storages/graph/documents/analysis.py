"""Image analyses: which environment an image is, and what was found in it.

Two generations are read: that of 2023, and that of 2019, in which mercator found the Python packages and where nothing
tells their places, the interpreters or the image's environment variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ...document_ids import map_os_name, normalize_os_version
from ...exceptions import SchemaError
from ..enums import DocumentKindEnum
from ..names import normalize_package_name, normalize_package_version
from .environments import (
    SoftwareEnvironment,
    parse_cuda_version,
    parse_environment_type,
    parse_image,
    parse_image_variables,
    python_version_of,
)
from .ledger import DocumentRow
from .opening import Opened, ledger_row, open_document, optional_flag, optional_number
from .reading import Place
from .symbols import Symbol, parse_symbols
from .system_packages import DebPackage, RPMPackage, parse_deb, parse_rpm
from .texts import PATH_BYTES, kept, long_name, optional_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Run:
    """The analysis itself, and the image as it stands there."""

    package_extract_name: str
    package_extract_version: str
    origin: str | None
    debug: bool
    image_size: int | None
    image_tag: str
    duration: int | None
    os_name: str
    os_id: str
    os_version_id: str


@dataclass(frozen=True, slots=True)
class PythonPackage:
    """A Python package at a place in the image."""

    package_name: str
    package_version: str
    location: str | None


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A Python file at a path in the image."""

    sha256: str
    file: str


@dataclass(frozen=True, slots=True)
class PythonInterpreter:
    """A Python interpreter: its path, what that links to, what it says its version is."""

    path: str | None
    link: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class AnalysisRows:
    """Everything an image analysis says; no list repeats an item."""

    document: DocumentRow
    run: Run
    environment: SoftwareEnvironment
    is_external: bool
    python_packages: tuple[PythonPackage, ...]
    python_files: tuple[PythonFile, ...]
    python_interpreters: tuple[PythonInterpreter, ...]
    symbols: tuple[Symbol, ...]
    rpms: tuple[RPMPackage, ...]
    debs: tuple[DebPackage, ...]

    @property
    def made_at(self) -> datetime:
        """When the document was made."""
        return self.document.created_at


def parse(document: Any) -> AnalysisRows:
    """What an image analysis says.

    Raises SchemaError, with the place and what was expected, for anything that is no image analysis (it is also a
    CudaVersionDoesNotMatchError where there are two versions). Items that no key can hold are left out, with a remark.
    """
    opened = open_document(document, "an image analysis")
    metadata, result = opened.metadata, opened.result
    remarks: list[str] = []
    is_external, symbols = _is_external(metadata), result.get("system-symbols")
    return AnalysisRows(
        run=_run(opened),
        environment=_environment(metadata, result, external=is_external),
        is_external=is_external,
        python_packages=_distinct(_python_packages(result, remarks)),
        python_files=_distinct(kept(result.items("python-files"), _python_file, remarks)),
        python_interpreters=_distinct(kept(result.items("python-interpreters"), _interpreter, remarks)),
        symbols=() if symbols is None else _distinct(parse_symbols(symbols, remarks)),
        rpms=_distinct(kept(result.items("rpm-dependencies"), parse_rpm, remarks)),
        debs=_distinct(kept(result.items("deb-dependencies"), parse_deb, remarks)),
        # Last: by then all remarks are made.
        document=ledger_row(opened, DocumentKindEnum.ANALYSIS, document, remarks),
    )


def _distinct(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


# --- The run and its environment -------------------------------------------------------------------------------------


def _arguments(metadata: Place) -> Place:
    return metadata["arguments"]["thoth-package-extract"]


def _is_external(metadata: Place) -> bool:
    """Whether the image is a user's, which it is unless it says otherwise."""
    return optional_flag(_arguments(metadata)["metadata"], "is_external", default=True)


def _image(metadata: Place) -> Place:
    return metadata["arguments"]["extract-image"]["image"]


def _system_id(system: Place) -> str:
    """The ID of the operating system; documents of 2019 may know nothing but its name."""
    return (system.get("id", "name") or system["id"]).name()


def _run(opened: Opened) -> Run:
    metadata, result = opened.metadata, opened.result
    system = result["operating-system"]
    system_id = _system_id(system)
    return Run(
        package_extract_name=opened.analyzer_name,
        package_extract_version=opened.analyzer_version,
        origin=optional_text(_arguments(metadata)["metadata"], "origin", PATH_BYTES),
        debug=optional_flag(_arguments(metadata), "verbose", default=False),
        image_size=optional_number(result, "image_size"),
        image_tag=parse_image(_image(metadata))[1],
        duration=opened.duration,
        os_name=map_os_name(system_id),
        os_id=system_id,
        os_version_id=system["version_id"].name(),
    )


def _environment(metadata: Place, result: Place, *, external: bool) -> SoftwareEnvironment:
    image = _image(metadata)
    image_name, _tag = parse_image(image)
    system = result["operating-system"]
    os_name = map_os_name(_system_id(system))
    return SoftwareEnvironment(
        environment_type=parse_environment_type(_arguments(metadata)["metadata"]["environment_type"]),
        environment_name=long_name(image),
        python_version=None if external else python_version_of(image_name),  # only our own images are named so
        image_name=image_name,
        image_sha=_last_layer(result["layers"]),
        os_name=os_name,
        os_version=normalize_os_version(os_name, system["version_id"].name()),
        cuda_version=parse_cuda_version(result),
        **parse_image_variables(result),
    )


def _last_layer(place: Place) -> str:
    layers = list(place.each())
    if not layers:
        raise SchemaError(place.document_id, place.path, "a list with at least one layer")
    return layers[-1].name()


# --- What was found --------------------------------------------------------------------------------------------------


def _python_packages(result: Place, remarks: list[str]) -> Iterator[PythonPackage]:
    if result.get("python-packages") is None:
        return kept(result.items("mercator"), _python_package_of_2019, remarks)
    return kept(result.items("python-packages"), _python_package, remarks)


def _python_package(item: Place, _remarks: list[str]) -> PythonPackage:
    return PythonPackage(
        package_name=normalize_package_name(item["package_name"].name()),
        package_version=normalize_package_version(item["package_version"].name()),
        location=optional_text(item, "location", PATH_BYTES),
    )


def _python_package_of_2019(item: Place, remarks: list[str]) -> PythonPackage | None:
    """What mercator found; requirements.txt names what is wanted, not what is there."""
    ecosystem, found = item["ecosystem"].text(), item.get("result")
    if not ecosystem.startswith("Python") or ecosystem == "Python-RequirementsTXT" or found is None:
        return None
    error, name, version = found.get("error"), found.get("name"), found.get("version")
    if (error is not None and error.value) or name is None or name.value == "":
        return None
    if version is None:
        remarks.append(f"{found.path}: left out, {name.name()} has no version")
        return None
    return PythonPackage(normalize_package_name(name.name()), normalize_package_version(version.name()), location=None)


def _python_file(item: Place, _remarks: list[str]) -> PythonFile:
    return PythonFile(item["sha256"].sha256(), long_name(item["filepath"]))


def _interpreter(item: Place, remarks: list[str]) -> PythonInterpreter | None:
    interpreter = PythonInterpreter(
        path=optional_text(item, "path", PATH_BYTES),
        link=optional_text(item, "link", PATH_BYTES),
        version=optional_text(item, "version"),
    )
    if interpreter == PythonInterpreter(None, None, None):
        remarks.append(f"{item.path}: left out, it has no path, no link and no version")
        return None
    return interpreter
