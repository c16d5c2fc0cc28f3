"""Image analyses: a real one, and how to make others of it."""

from __future__ import annotations

import copy
import json
import lzma
from pathlib import Path

from support.documents import Document

PATH = Path(__file__).parents[1] / "data" / "package-extract-261122113528-9609fe253f1fb928.json.xz"
ID = "package-extract-261122113528-9609fe253f1fb928"
RPM: Document = {
    "name": "bash",
    "version": "4.4.20",
    "release": "4.el8",
    "epoch": None,
    "arch": "x86_64",
    "src": False,
    "package_identifier": "bash-4.4.20-4.el8.x86_64",
    "dependencies": ["/bin/sh", "libc.so.6()(64bit)", "(filesystem >= 3 if rpm)"],
}
OWNED = ("identified", "found_python_file", "found_python_interpreter", "found_rpm", "found_deb", "detected_symbol")
"""What belongs to a run."""

_REAL = json.loads(lzma.decompress(PATH.read_bytes()))


def real_analysis() -> Document:
    """An analysis of a Debian image; it may be changed."""
    return copy.deepcopy(_REAL)


def with_rpms(document: Document) -> Document:
    """The analysis as if the image had RPM packages, and Debian ones that replace others, as well."""
    other = copy.deepcopy(document)
    other["result"]["rpm-dependencies"] = [
        copy.deepcopy(RPM),
        {**RPM, "name": "bash-doc", "package_identifier": None, "epoch": "1", "dependencies": ["/bin/sh"]},
    ]
    other["result"]["deb-dependencies"][0]["replaces"] = [{"name": "base-passwd", "version": "<< 3.5"}]
    return other


def as_id(document: Document, document_id: str) -> Document:
    """The same, as another document."""
    other = copy.deepcopy(document)
    other["metadata"]["document_id"] = document_id
    return other


def environment_metadata(document: Document) -> Document:
    """What was told to the analysis of the image."""
    metadata: Document = document["metadata"]["arguments"]["thoth-package-extract"]["metadata"]
    return metadata


def set_image(document: Document, image: str, *, external: bool = True) -> Document:
    """The document, of another image."""
    document["metadata"]["arguments"]["extract-image"]["image"] = image
    environment_metadata(document)["is_external"] = external
    return document


def times(document: Document, number: int) -> Document:
    """An analysis that found this many times as much, nothing of it twice."""
    large = as_id(document, f"{ID[:-4]}{number:04x}")
    result = large["result"]
    for key, name in (
        ("python-packages", "package_name"),
        ("python-files", "filepath"),
        ("python-interpreters", "path"),
        ("deb-dependencies", "name"),
        ("rpm-dependencies", "name"),
    ):
        result[key] = [{**item, name: f"{item[name]}{n}"} for n in range(number) for item in result[key]]
    for n, item in enumerate(result["python-files"]):
        item["sha256"] = f"{n:064x}"
    for item in result["deb-dependencies"]:
        item["depends"] = [{**each, "name": f"{each['name']} of {item['name']}"} for each in item["depends"]]
    result["system-symbols"] = {
        f"{library}{n}": symbols for n in range(number) for library, symbols in result["system-symbols"].items()
    }
    return large


def in_the_format_of_2019(document: Document) -> Document:
    """The same findings as the analyser wrote them in 2019."""
    old = copy.deepcopy(document)
    for key in ("document_id", "duration", "os_release", "thoth_deployment_name"):
        del old["metadata"][key]
    old["metadata"]["hostname"] = "package-extract-2f6e8cd5-x1b2c"
    del environment_metadata(old)["is_external"]
    result = old["result"]
    for key in ("skopeo-inspect", "image_size", "cuda-version", "python-interpreters"):
        del result[key]
    result["mercator"] = [
        {"ecosystem": "Python-Dist", "result": {"name": item["package_name"], "version": item["package_version"]}}
        for item in result.pop("python-packages")
    ]
    return old
