"""Analyses of packages as package-analyzer wrote them, made up: none was kept."""

from __future__ import annotations

from typing import Any

from support.analysers import as_of_2019, written
from support.documents import PYPI, Document
from thoth.storages.graph.names import key_sha256

ID = "package-analyzer-8f3c5d6e"
CHILDREN = ("investigated", "investigated_file")
"""What belongs to a run."""
SHARED = ("python_artifact", "python_file_digest", "included_file", "versioned_symbol", "requires_symbol")
"""What every document adds to."""


def digest(text: str) -> str:
    return key_sha256(text).hex()


def artifact(name: str, files: list[str], symbols: dict[str, list[str]] | None = None) -> Document:
    """An artifact that holds files at these paths; what a path is told by names its content, too."""
    digests = [{"filepath": path, "sha256": digest(path.rpartition("/")[2])} for path in files]
    return {"sha256": digest(name), "name": name, "digests": digests, "symbols": symbols or {}}


def package_analysis(
    artifacts: list[Document] | None = None,
    *,
    document_id: str = ID,
    package: tuple[str, str, str] = ("Simple_Lib", "1.0.0-RC1", f"{PYPI}/"),
) -> Document:
    """An analysis of a package: a wheel with a library in it and a source distribution, unless others are given."""
    wheel = artifact(
        "simple_lib-1.0.0rc1-cp36-cp36m-manylinux1_x86_64.whl",
        ["simple_lib/__init__.py", "simple_lib/core.py", "simple_lib/_fast.so", "simple_lib-1.0.0rc1.dist-info/RECORD"],
        {"libc.so.6": ["GLIBC_2.2.5", "GLIBC_2.4"], "libpthread.so.0": ["GLIBC_2.2.5"]},
    )
    sdist = artifact("simple_lib-1.0.0rc1.tar.gz", ["setup.py", "simple_lib/__init__.py", "other/__init__.py"])
    arguments: dict[str, Any] = {
        "python": dict(zip(("package_name", "package_version", "index_url"), package, strict=True)),
        "thoth-package-analyzer": {"verbose": False},
    }
    arguments["python"].update(no_pretty=False, output="http://result-api/api/v1/package-analysis-result")
    result = {"artifacts": [wheel, sdist] if artifacts is None else artifacts}
    return as_of_2019(written("thoth-package-analyzer", document_id, arguments, result))


def failed_package_analysis(**more: Any) -> Document:
    """One that could not be done."""
    document = package_analysis(**more)
    document["result"] = {"error": "Failed to download simple_lib: 404"}
    return document


def large_package_analysis(number: int) -> Document:
    """An analysis of this many artifacts, with as many files and symbols each."""
    artifacts = [
        artifact(
            f"{number}-{n}.whl",
            [f"{number}/{n}/{m}.py" for m in range(number)],
            {f"lib{n}.so": [f"SYMBOL_{number}_{m}" for m in range(number)]},
        )
        for n in range(number)
    ]
    return package_analysis(artifacts, document_id=f"package-analyzer-{number}", package=(f"large-{number}", "1", PYPI))
