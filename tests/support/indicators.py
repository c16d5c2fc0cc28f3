"""Reports of performance indicators, as inspections hold them."""

from __future__ import annotations

import copy
from typing import Any

Report = dict[str, Any]

SPECIFICATION = {"script": "https://example.com/matmul.py", "python": {"requirements": {}}}

MATMUL: Report = {
    "stdout": {
        "name": "PiMatmul",
        "component": "tensorflow",
        "overall_score": 12,
        "@parameters": {"device": "cpu", "matrix_size": 512, "dtype": "float32", "reps": 20000},
        "@result": {"rate": 0.0096, "elapsed": 13973.6},
    },
    "script_sha256": "0f1e" * 16,
    "exit_code": 0,
    "usage": {"ru_utime": 41.5, "ru_stime": 2, "ru_maxrss": 3 * 2**31, "ru_nivcsw": 7},
}

CONVOLUTION: Report = {
    "device": "cpu",
    "dtype": "float32",
    "reps": 5,
    "data_format": "NHWC",
    "batch": 1,
    "input_width": 32,
    "input_channels": 3,
    "filter_width": 3,
    "output_channels": 8,
    "strides": 1,
    "padding": "SAME",
}


def report(name: str, parameters: Report, result: Report) -> Report:
    stdout = {**MATMUL["stdout"], "name": name, "@parameters": parameters, "@result": result}
    return {**copy.deepcopy(MATMUL), "stdout": copy.deepcopy(stdout)}


def matmul(**changes: Any) -> Report:
    """A report of PiMatmul with other parameters; None takes one away."""
    changed = {**MATMUL["stdout"]["@parameters"], **changes}
    kept = {name: value for name, value in changed.items() if value is not None}
    return report("PiMatmul", kept, MATMUL["stdout"]["@result"])
