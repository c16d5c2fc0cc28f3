"""Solver documents: the real ones, and how to make others of them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from thoth.storages.graph.documents.solver import Dependency, SolverRows, Terms

Document = dict[str, Any]
DocumentOf = Callable[[str], Document]
Place = tuple[str | int, ...]
"""The keys and indexes that lead to a value of a document."""

PYPI = "https://pypi.org/simple"
MIRROR = "https://mirror.example.org/simple"
DEBIAN = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}
RHEL = {"os_name": "rhel", "os_version": "8", "python_version": "3.8"}
ANY: dict[str, Any] = dict.fromkeys(DEBIAN)
ON_DEBIAN, ON_RHEL = "solver-debian-12-py311", "solver-rhel-8-py38"


# --- The real ones ---------------------------------------------------------------------------------------------------

BUNDLE = Path(__file__).resolve().parents[2] / "thoth" / "storages" / "data" / "solver"
PATHS = sorted(BUNDLE.glob("*.json"))
_REAL = [json.loads(path.read_bytes()) for path in PATHS]


def real_documents() -> list[Document]:
    """All of them, oldest first; they may be changed."""
    return copy.deepcopy(_REAL)


def real_document(requirement: str) -> Document:
    """The one made for a requirement such as flask==3.0.3; it may be changed."""
    (found,) = (one for one in _REAL if one["metadata"]["arguments"]["python"]["requirements"] == requirement)
    return copy.deepcopy(found)


# --- Places in them --------------------------------------------------------------------------------------------------


TREE: Place = ("result", "tree", 0)
EDGE: Place = (*TREE, "dependencies", 0)
CORE_METADATA: Place = (*TREE, "importlib_metadata", "metadata")


def path_text(path: Place) -> str:
    """result.tree[0].sha256, as errors write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def put(document: Document, place: Place, value: Any) -> None:
    _inner(document, place)[place[-1]] = value


def remove(document: Document, place: Place) -> None:
    del _inner(document, place)[place[-1]]


def _inner(document: Document, place: Place) -> Any:
    inner: Any = document
    for part in place[:-1]:
        inner = inner[part]
    return inner


def id_of(document: Document) -> str:
    document_id: str = document["metadata"]["document_id"]
    return document_id


def tree(document: Document) -> Document:
    item: Document = document["result"]["tree"][0]
    return item


def core(document: Document) -> Document:
    metadata: Document = tree(document)["importlib_metadata"]["metadata"]
    return metadata


def needed(document: Document, name: str) -> Document:
    """The requirement that names this package."""
    found: Document
    (found,) = (one for one in tree(document)["dependencies"] if one["package_name"] == name)
    return found


# --- Making others ---------------------------------------------------------------------------------------------------


def edge(name: str, versions: list[str], *, index: str = PYPI, **more: Any) -> Document:
    """A dependency as solvers write it."""
    return {
        "package_name": name,
        "resolved_versions": [{"index": index, "versions": versions}],
        "specifier": None,
        "marker": None,
        "marker_evaluation_result": True,
        "extra": [],
        "extras": [],
        **more,
    }


def made(document: Document, *, days: int = 0, suffix: str | None = None) -> Document:
    """The document as another run would have written it days later, under an id of its own."""
    other = copy.deepcopy(document)
    moment = datetime.fromisoformat(document["metadata"]["datetime"]) + timedelta(days=days)
    other["metadata"]["datetime"] = moment.isoformat()
    if suffix is not None:
        other["metadata"]["document_id"] = id_of(document)[:-4] + suffix
    return other


def for_solver(document: Document, solver: str, suffix: str) -> Document:
    """The document as this solver would have written it, under an id of its own."""
    other = copy.deepcopy(document)
    other["metadata"]["document_id"] = f"{solver}-261123120000-{suffix}"
    return other


def under_the_id_of(first: Document, other: Document) -> Document:
    """The other one as new content of the first one."""
    return {**other, "metadata": {**other["metadata"], "document_id": id_of(first)}}


def as_error(document: Document) -> Document:
    """The same package, but solving it ended in an error."""
    other = copy.deepcopy(document)
    (item,) = other["result"]["tree"]
    other["result"]["tree"] = []
    other["result"]["errors"] = [
        {
            "package_name": item["package_name"],
            "package_version": item["package_version"],
            "index_url": item["index_url"],
            "is_provided_package_version": True,
        }
    ]
    return other


def variants(document: Document) -> list[Document]:
    """Runs of one package version that contradict each other: fewer edges, other markers, other metadata, an error."""
    fewer = made(document, days=3, suffix="f00d")
    tree(fewer)["dependencies"] = tree(fewer)["dependencies"][:2]
    tree(fewer)["packages"] = tree(fewer)["packages"][:1]
    markers = made(document, days=2, suffix="beef")
    for each in tree(markers)["dependencies"]:
        each["marker_evaluation_result"] = not each["marker_evaluation_result"]
        each["marker"] = 'os_name == "posix"'
    other = made(document, days=1, suffix="cafe")
    core(other).update(Summary="Another summary", Classifier=["Framework :: Flask", "Private :: Other"])
    tree(other)["package_license"] = {
        "license": {"full_name": "Another licence", "identifier_spdx": "X"},
        "license_version": "1",
        "warning": False,
    }
    tree(other)["packages"] = ["only_here"]
    tree(other)["dependencies"].append(edge("only-there", ["1.0"], specifier="<2"))
    failed = as_error(made(document, days=9, suffix="dead"))
    same_time = made(fewer, suffix="f00e")  # as new as the newest; its id is greater
    tree(same_time)["dependencies"] = tree(same_time)["dependencies"][1:]
    return [document, fewer, markers, other, failed, same_time]


def with_dependencies(document: Document, number: int) -> Document:
    """The document with this number of dependencies, each in a version of its own."""
    large = made(document, suffix=f"{number:04d}"[:4])
    tree(large)["dependencies"] = [
        edge(f"package-{n}", [f"{n}.{m}" for m in range(1 + n % 2)], specifier=f">={n}", marker=f'a == "{n}"')
        for n in range(number)
    ]
    return large


# --- The format of 2019 ----------------------------------------------------------------------------------------------


def with_metadata_of_2019(document: Document) -> Document:
    """The same with the metadata that analyzers wrote in 2019."""
    old = copy.deepcopy(document)
    for key in ("document_id", "duration", "os_release", "thoth_deployment_name"):
        del old["metadata"][key]
    old["metadata"]["hostname"] = "solver-fedora-31-py37-8ad7-x1b2"
    return old


def in_the_format_of_2019(document: Document) -> Document:
    """The same findings as solvers wrote them in 2019."""
    old = with_metadata_of_2019(document)
    result = old["result"]
    del result["platform"]
    for item in result["tree"]:
        for key in ("importlib_metadata", "packages", "package_license", "package_version_requested"):
            del item[key]
        for each in item["dependencies"]:
            each["required_version"] = each.pop("specifier")
            for key in ("extra", "extras", "marker", "marker_evaluated", "marker_evaluation_error"):
                del each[key]
            del each["marker_evaluation_result"]
    for item in result["errors"]:
        item["package"], item["version"] = item.pop("package_name"), item.pop("package_version")
        item["index"] = item.pop("index_url")
        item["is_provided"] = item.pop("is_provided_package_version")
    for item in result["unresolved"]:
        item["index"] = item.pop("index_url")
    return old


# --- What the parser makes of them ------------------------------------------------------------------------------------


def dependency(
    name: str,
    version: str,
    *,
    version_range: str = "*",
    marker: str | None = None,
    extra: str | None = None,
    extras: tuple[str, ...] = (),
    marker_evaluation_result: bool = True,
) -> Dependency:
    """The row of such a dependency."""
    return Dependency(name, version, Terms(version_range, marker, extra, extras), marker_evaluation_result)


def dependencies_of(rows: SolverRows) -> tuple[Dependency, ...]:
    (package,) = rows.packages
    assert package.facts is not None
    return package.facts.dependencies
