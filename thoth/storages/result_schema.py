"""The schema of analyzers' documents, as written in 2019 and in 2023, and the one way to check a document.

What the older generation or another distribution leaves out is optional; a key that neither knows is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from voluptuous import Invalid, Maybe, MultipleInvalid, Optional, Required, Schema

from .exceptions import SchemaError


def Datetime(value: Any) -> str:
    """The value itself, which must be a time as ISO 8601 writes it, with or without a zone."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Invalid("expected a time as ISO 8601 writes it") from None
    return str(value)


PYTHON_SCHEMA = Schema(
    {
        Required("api_version"): int,
        Required("implementation_name"): str,
        Required("major"): int,
        Required("micro"): int,
        Required("minor"): int,
        Required("releaselevel"): str,
        Required("serial"): int,
    }
)

DISTRIBUTION_SCHEMA = Schema(
    {
        Required("codename"): str,
        Required("id"): str,
        Required("like"): str,
        Required("version"): str,
        Required("version_parts"): {
            Required("build_number"): str,
            Required("major"): str,
            Required("minor"): str,
        },
    }
)

# os-release(5): rolling distributions have no version, only Red Hat's have platform_id and the redhat_ keys.
OS_RELEASE_SCHEMA = Schema(
    {
        Required("id"): str,
        Required("name"): str,
        Optional("version"): str,
        Optional("version_id"): str,
        Optional("variant_id"): str,
        Optional("platform_id"): str,
        Optional("redhat_bugzilla_product"): str,
        Optional("redhat_bugzilla_product_version"): str,
        Optional("redhat_support_product"): str,
        Optional("redhat_support_product_version"): str,
    }
)

METADATA_SCHEMA = Schema(
    {
        Required("analyzer"): str,
        Required("analyzer_version"): str,
        Required("arguments"): dict,
        Required("datetime"): Datetime,
        Required("distribution"): DISTRIBUTION_SCHEMA,
        Required("hostname"): str,
        Required("python"): PYTHON_SCHEMA,
        Required("timestamp"): int,
        # Unknown to 2019; an analyzer that is run outside of a cluster writes null.
        Optional("document_id"): Maybe(str),
        Optional("duration"): Maybe(int),
        Optional("os_release"): Maybe(OS_RELEASE_SCHEMA),
        Optional("thoth_deployment_name"): Maybe(str),
    }
)

RESULT_SCHEMA = Schema({Required("metadata"): METADATA_SCHEMA, Required("result"): object})
"""What every document is: who made it when and how, and what came out."""

_EXPECTED = {
    "required key not provided": "this key, which is missing",
    "extra keys not allowed": "no such key",
}


def validate(document: object, schema: Schema, document_id: str | None) -> None:
    """Nothing, for a document that the schema accepts.

    Raises SchemaError for any other; it names the first place, in the order of paths, where the two disagree.
    """
    try:
        schema(document)
    except MultipleInvalid as error:
        first = min(error.errors, key=_path_order)
        expected = _EXPECTED.get(first.error_message, first.error_message.removeprefix("expected "))
        raise SchemaError(document_id, _path_text(first), expected) from error


def _path_order(error: Invalid) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, str(part)) for part in error.path]


def _path_text(error: Invalid) -> str:
    """The place of an error: metadata.python.major, result[3].name."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    return "".join(parts).removeprefix(".") or "the top"
