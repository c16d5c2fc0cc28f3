"""The schemas of inspections' documents: one of 2019 holds a whole inspection, one of 2023 a single result of it."""

from __future__ import annotations

from voluptuous import ALLOW_EXTRA, All, Any, Length, Maybe, Optional, Range, Required, Schema

_ID = All(str, Length(min=1))

# A build without a run has no job_log.
INSPECTION_SCHEMA = Schema(
    {
        Required("inspection_id"): _ID,
        Required("specification"): dict,
        Optional("created"): Maybe(str),
        Optional("build_log"): Maybe(Any(str, dict)),
        Optional("job_log"): Maybe(dict),
        Optional("status"): Maybe(dict),
        Optional("amun_version"): Maybe(str),
    },
    extra=ALLOW_EXTRA,
)

INSPECTION_RESULT_SCHEMA = Schema(
    {
        Required("document_id"): _ID,
        Required("result_number"): All(int, Range(min=0)),
        Required("specification"): dict,
        Required("result"): dict,
    }
)
