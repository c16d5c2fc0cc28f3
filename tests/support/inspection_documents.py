"""Documents of Dependency Monkey and of inspections as both generations wrote them, made up: none was kept."""

from __future__ import annotations

import copy
from typing import Any

from support.analysers import as_of_2019, written
from support.documents import PYPI, Document
from support.indicators import CONVOLUTION, MATMUL, Report, report
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.models_performance import PiPyBench
from thoth.storages.graph.performance_reports import SHARED_COLUMNS

MONKEY = "dependency-monkey-261122113528-9609fe253f1fb928"
INSPECTION = "inspection-261122120000-0a1b2c3d"

HARDWARE: Document = {
    "cpu_vendor": 1,
    "cpu_model": 94,
    "cpu_cores": 32,
    "cpu_model_name": "Intel Core Processor (Skylake, IBRS)",
    "cpu_family": 6,
    "cpu_physical_cpus": 32,
    "gpu_model_name": "GeForce RTX 3090",
    "gpu_vendor": "NVIDIA",
    "gpu_cores": 10496,
    "gpu_memory_size": 24576,
    "ram_size": 64,
}
ENVIRONMENT: Document = {
    "name": "rhel:8",
    "python_version": "3.8",
    "cuda_version": "11.2",
    "operating_system": {"name": "rhel", "version": "8.4"},
    "hardware": HARDWARE,
}
SOURCES = [{"name": "pypi", "url": PYPI, "verify_ssl": True}]
REQUIREMENTS: Document = {
    "packages": {"tensorflow": "*", "Flask": {"version": ">=1", "index": "pypi"}},
    "source": SOURCES,
}
LOCKED: Document = {
    "_meta": {"sources": SOURCES, "requires": {"python_version": "3.8"}},
    "default": {
        "tensorflow": {"version": "==2.4.0", "index": "pypi", "hashes": []},
        "flask": {"version": "==1.1.2", "index": "pypi", "hashes": []},
    },
    "develop": {},
}

REPORTS: dict[str, Report] = {
    "PiMatmul": MATMUL,
    "PiConv1D": report("PiConv1D", CONVOLUTION, {"elapsed": 1.5, "rate": 2}),
    "PiConv2D": report(
        "PiConv2D", {**CONVOLUTION, "input_height": 32, "filter_height": 3}, {"elapsed": 1.5, "rate": 2}
    ),
    "PiPyBench": report(
        "PiPyBench",
        {"rounds": 10},
        dict.fromkeys({each.key for each in table_of(PiPyBench).columns} - {*SHARED_COLUMNS, "rounds"}, 0.5),
    ),
}


# --- Dependency Monkey -----------------------------------------------------------------------------------------------


def monkey(*inspections: str, document_id: str = MONKEY, count: int | None = 2, day: int = 22) -> Document:
    """A run that asked for these inspections, each of which has so many results to come."""
    result: Document = {
        "error": False,
        "parameters": {
            "count": count,
            "decision_type": "all",
            "limit_latest_versions": -1,
            "seed": -42,
            "project": {
                "requirements": copy.deepcopy(REQUIREMENTS),
                "requirements_locked": None,
                "runtime_environment": copy.deepcopy(ENVIRONMENT),
            },
        },
        "report": {"responses": [{"response": each, "message": None} for each in inspections]},
    }
    document = written("thoth-dependency-monkey", document_id, {"thoth-adviser": {"verbose": True}}, result)
    document["metadata"]["datetime"] = f"2026-11-{day:02d}T11:35:28.361777"
    return document


def failed_monkey(**more: Any) -> Document:
    """A run that could not make any stack."""
    document = monkey(**more)
    document["result"]["report"] = {"ERROR": "No resolution found\nTraceback ..."}
    return document


def monkey_of_2019(*inspections: str, document_id: str = MONKEY, day: int = 22) -> Document:
    """The same run as its document was in 2019."""
    document = monkey(*inspections, document_id=document_id, day=day)
    result = document["result"]
    project = result["parameters"].pop("project")
    result["parameters"] |= {
        "requirements": project["requirements"],
        "runtime_environment": {
            **{key: ENVIRONMENT[key] for key in ("python_version", "cuda_version", "hardware")},
            "environment_name": "rhel:8",
            "os_name": "rhel",
            "os_version": "8.4",
        },
    }
    del result["report"]
    result["output"] = list(inspections)
    return as_of_2019(copy.deepcopy(document))


# --- Inspections -----------------------------------------------------------------------------------------------------


def specification(**more: Any) -> Document:
    requests = {"cpu": "500m", "memory": "2Gi", "hardware": {"cpu_family": 6, "cpu_model": 85}}
    return copy.deepcopy(
        {
            "@created": "2026-11-22T12:00:01.000001",
            "build": {"requests": requests},
            "run": {"requests": {"cpu": 2, "memory": 1610612736, "hardware": {"cpu_family": 7}}},
            "python": {"requirements": REQUIREMENTS, "requirements_locked": LOCKED},
            "script": "https://example.com/matmul.py",
            **more,
        }
    )


def inspection(number: int = 0, *, inspection_id: str = INSPECTION, name: str = "PiMatmul", **more: Any) -> Document:
    """A result of an inspection, whose script reports this indicator."""
    result = {**copy.deepcopy(REPORTS[name]), "runtime_environment": copy.deepcopy(ENVIRONMENT)}
    document = {"document_id": inspection_id, "result_number": number, "specification": specification(**more)}
    return {**document, "result": result}


def inspection_of_2019(*, inspection_id: str = INSPECTION, name: str = "PiMatmul", **more: Any) -> Document:
    """A whole inspection as its document was in 2019."""
    told = specification(**more)
    created = told.pop("@created", None)
    told["run"]["requests"] |= {"os_name": "rhel", "os_version": "8.4", "python_version": "3.8", "hardware": HARDWARE}
    job_log = copy.deepcopy(REPORTS[name])
    job_log["stdout"]["framework"] = job_log["stdout"].pop("component")
    return {
        "inspection_id": inspection_id,
        "specification": copy.deepcopy(told),
        "created": created,
        "build_log": "Step 1/12 ...",
        "job_log": job_log,
        "status": {"build": {"exit_code": 0}, "job": {"exit_code": 0}},
    }


def without_script(document: Document) -> Document:
    """The same, of a stack that was only built and run."""
    document["specification"]["script"] = None
    return document


def without_lock(document: Document) -> Document:
    """The same, without locked packages, which would have to be solved."""
    document["specification"]["python"]["requirements_locked"] = None
    return document
