"""Documents of advisers and provenance checkers as both generations wrote them, made up: none was kept."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from support.analysers import as_of_2019, on_day, written
from support.documents import PYPI, Document
from support.inspection_documents import ENVIRONMENT

ADVISER = "adviser-261122113528-9609fe253f1fb928"
PROVENANCE = "provenance-checker-261122113528-9609fe253f1fb928"
ORIGIN = "https://github.com/Thoth-Station/Example.git"

SOURCES = [{"name": "pypi", "url": PYPI, "verify_ssl": True}]


def project(required: Iterable[str], locked: Iterable[str] = ()) -> Document:
    """A Pipfile that requires packages in any version, and a lock of name==version; all from PyPI."""
    pinned = {name: {"version": f"=={version}", "index": "pypi"} for name, version in (p.split("==") for p in locked)}
    return {
        "requirements": {
            "packages": {name: {"version": "*", "index": "pypi"} for name in required},
            "dev-packages": {"pytest": "*"},
            "source": copy.deepcopy(SOURCES),
        },
        "requirements_locked": {"_meta": {"sources": copy.deepcopy(SOURCES)}, "default": pinned, "develop": {}},
    }


def product(
    score: float, required: Iterable[str], locked: Iterable[str], *, performance: float | None = None
) -> Document:
    """A stack that was advised."""
    reasons: list[Document] = [{"type": "INFO", "message": "The newest versions"}]
    if performance is not None:
        reasons.append({"type": "INFO", "message": "Measured", "performance_score": performance})
    return {
        "score": score,
        "justification": reasons,
        "project": project(required, locked),
        "advised_runtime_environment": None,
    }


def adviser(
    *products: Document,
    document_id: str = ADVISER,
    day: int = 22,
    users: Document | None = None,
    unresolved: Iterable[str] = (),
    **asked: Any,
) -> Document:
    """A run that advised these stacks and came across packages that nobody solved; asked says who asked for it."""
    result: Document = {
        "error": False,
        "error_msg": None,
        "parameters": {
            "count": 3,
            "limit": 60,
            "limit_latest_versions": -1,
            "recommendation_type": "latest",
            "requirements_format": "pipenv",
            "project": {
                **(users or project(["flask", "click"], ["flask==1.1.2"])),
                "runtime_environment": copy.deepcopy(ENVIRONMENT),
            },
        },
        "report": {"products": list(products), "stack_info": []},
    }
    if unresolved:
        result["report"]["_ERROR_DETAILS"] = {"unresolved": list(unresolved)}
    arguments = {"thoth-adviser": {"verbose": True, "metadata": {"origin": ORIGIN, "source_type": "cli", **asked}}}
    return on_day(written("thoth-adviser", document_id, arguments, result), day)


def adviser_of_2019(*products: Document, document_id: str = ADVISER, day: int = 22, **more: Any) -> Document:
    """The same run as its document was in 2019, when nobody said what asked for it."""
    document = adviser(*products, document_id=document_id, day=day, **more)
    result = document["result"]
    told = result["parameters"].pop("project")
    told.pop("runtime_environment")
    result["input"] = told
    result["parameters"]["runtime_environment"] = {
        **{key: copy.deepcopy(ENVIRONMENT[key]) for key in ("python_version", "cuda_version", "hardware")},
        "environment_name": "rhel:8",
        "os_name": "rhel",
        "os_version": "8.4",
    }
    result["report"] = [[each["justification"], each["project"], each["score"]] for each in products]
    del document["metadata"]["arguments"]["thoth-adviser"]["metadata"]["source_type"]
    return as_of_2019(document)


# --- Provenance checkers ---------------------------------------------------------------------------------------------


def finding(name: str, version: str, *, kind: str = "MISSING-PACKAGE", url: str | None = PYPI) -> Document:
    """What a provenance checker found of a package."""
    return {
        "type": "ERROR",
        "id": kind,
        "justification": "Package was not found on the index",
        "package_name": name,
        "package_version": version,
        "source": None if url is None else {"name": "pypi", "url": url, "verify_ssl": True},
    }


def provenance(
    *findings: Document, document_id: str = PROVENANCE, day: int = 22, users: Document | None = None
) -> Document:
    """A run that checked a user's stack."""
    told = users or project(["flask", "click"], ["flask==1.1.2", "click==7.0"])
    result: Document = {"error": False, "parameters": {"project": told}, "report": list(findings)}
    arguments = {"thoth-adviser": {"verbose": True, "metadata": {"origin": ORIGIN}}}
    return on_day(written("thoth-adviser", document_id, arguments, result), day)


def provenance_of_2019(*findings: Document, document_id: str = PROVENANCE, **more: Any) -> Document:
    """The same run as its document was in 2019."""
    document = provenance(*findings, document_id=document_id, **more)
    document["result"]["input"] = document["result"].pop("parameters")["project"]
    return as_of_2019(document)


# --- Contents that follow each other ---------------------------------------------------------------------------------


def adviser_contents() -> list[list[Document]]:
    """Runs that share stacks; one is repeated by another one, one speaks of a package that nobody solved."""
    first, second, third, fourth = (f"{ADVISER[:-1]}{number}" for number in range(4))
    flask, both = ["flask==3.0.3"], ["flask==3.0.3", "six==1.16.0"]
    users = project(["flask", "numpy"], ["flask==1.1.2", "numpy==1.19.0", "six==1.15.0"])
    best, other = product(2, ["flask"], flask, performance=1), product(1, ["flask", "six"], both)
    return [
        [adviser(other, document_id=first), adviser(best, document_id=first, unresolved=["tensorflow", "numpy"])],
        [
            adviser(document_id=second, re_run_adviser_id=third, unresolved=["numpy"]),
            adviser(best, other, document_id=second, day=23, users=users, re_run_adviser_id=first),
        ],
        [
            adviser(best, document_id=third, unresolved=["tensorflow"], source_type="kebechet"),
            adviser(other, document_id=third, unresolved=["six"], source_type="kebechet"),
        ],
        [adviser_of_2019(other, best, document_id=fourth, users=users)],
    ]


def provenance_contents() -> list[list[Document]]:
    """Checks of stacks that share packages, of which some were missing; one failed in the end."""
    first, second, third = (f"{PROVENANCE[:-1]}{number}" for number in range(3))
    users = project(["flask", "six"], ["six==1.16.0", "flask==3.0.3"])
    return [
        [provenance(finding("six", "==1.16.0"), document_id=first), provenance(document_id=first, users=users)],
        [provenance(finding("flask", "==1.1.2"), document_id=second, users=users), failed_provenance(second)],
        [provenance(finding("six", "==1.16.0"), finding("click", "==7.0"), document_id=third)],
    ]


def failed_provenance(document_id: str) -> Document:
    """A check that failed."""
    document = provenance(document_id=document_id)
    document["result"].update(error=True, report={}, parameters={})
    return document
