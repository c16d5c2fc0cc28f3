"""Which documents are accepted, and what is said of the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import voluptuous
from support.documents import PATHS, remove

from thoth.storages import RESULT_SCHEMA
from thoth.storages.exceptions import SchemaError
from thoth.storages.result_schema import (
    DISTRIBUTION_SCHEMA,
    METADATA_SCHEMA,
    OS_RELEASE_SCHEMA,
    PYTHON_SCHEMA,
    Datetime,
    validate,
)

RED_HAT = {
    "id": "rhel",
    "name": "Red Hat Enterprise Linux",
    "platform_id": "platform:el8",
    "redhat_bugzilla_product": "Red Hat Enterprise Linux 8",
    "redhat_bugzilla_product_version": "8.5",
    "redhat_support_product": "Red Hat Enterprise Linux",
    "redhat_support_product_version": "8.5",
    "variant_id": "container",
    "version": "8.5 (Ootpa)",
    "version_id": "8.5",
}


def refusal(document: object) -> SchemaError:
    with pytest.raises(SchemaError) as raised:
        validate(document, RESULT_SCHEMA, "solver-1")
    assert isinstance(raised.value.__cause__, voluptuous.MultipleInvalid)
    return raised.value


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_real_document_is_accepted(path: Path) -> None:
    validate(json.loads(path.read_bytes()), RESULT_SCHEMA, path.stem)


def test_a_document_of_2019_is_accepted(document_of_2019: dict[str, Any]) -> None:
    validate(document_of_2019, RESULT_SCHEMA, None)


def test_what_only_red_hat_writes_is_accepted(document: dict[str, Any]) -> None:
    document["metadata"]["os_release"] = RED_HAT
    validate(document, RESULT_SCHEMA, None)


def test_a_distribution_without_versions_is_accepted(document: dict[str, Any]) -> None:
    document["metadata"]["os_release"] = {"id": "arch", "name": "Arch Linux"}
    validate(document, RESULT_SCHEMA, None)


def places(schema: voluptuous.Schema, *above: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """(place, whether a document may lack it) for every key that the schema knows."""
    for key, value in schema.items():
        yield (*above, str(key)), isinstance(key, voluptuous.Optional)
        inner = getattr(value, "schema", value)
        if isinstance(inner, dict):
            yield from places(inner, *above, str(key))


RESULT_PLACES = [
    *places(RESULT_SCHEMA.schema),
    *places(OS_RELEASE_SCHEMA.schema, "metadata", "os_release"),
]


@pytest.mark.parametrize(("place", "may_lack"), RESULT_PLACES, ids=[".".join(place) for place, _ in RESULT_PLACES])
def test_a_key_is_optional_where_one_generation_or_distribution_lacks_it(
    document: dict[str, Any], place: tuple[str, ...], may_lack: bool
) -> None:
    document["metadata"]["os_release"] = dict(RED_HAT)
    remove(document, place)
    if may_lack:
        validate(document, RESULT_SCHEMA, None)
    else:
        assert refusal(document).path == ".".join(place)


def test_what_may_be_lacking_is_known_by_name() -> None:
    assert {".".join(place) for place, may_lack in RESULT_PLACES if may_lack} == {
        *(f"metadata.{key}" for key in ("document_id", "duration", "os_release", "thoth_deployment_name")),
        *(f"metadata.os_release.{key}" for key in RED_HAT if key not in ("id", "name")),
    }


@pytest.mark.parametrize("key", ["document_id", "duration", "os_release", "thoth_deployment_name"])
def test_what_2019_did_not_know_may_be_null(document: dict[str, Any], key: str) -> None:
    document["metadata"][key] = None
    validate(document, RESULT_SCHEMA, None)


@pytest.mark.parametrize("result", [None, [], {}, "text", 3])
def test_the_result_may_be_anything(document: dict[str, Any], result: object) -> None:
    document["result"] = result
    validate(document, RESULT_SCHEMA, None)


def test_validating_gives_the_document_unchanged(document: dict[str, Any]) -> None:
    assert RESULT_SCHEMA(document) == document


def test_the_published_names_are_schemas() -> None:
    for schema in (RESULT_SCHEMA, METADATA_SCHEMA, PYTHON_SCHEMA, DISTRIBUTION_SCHEMA, OS_RELEASE_SCHEMA):
        assert isinstance(schema, voluptuous.Schema)


def test_a_wrong_type_is_named_with_its_path(document: dict[str, Any]) -> None:
    document["metadata"]["python"]["major"] = "3"
    error = refusal(document)
    assert (error.document_id, error.path, error.expected) == ("solver-1", "metadata.python.major", "int")
    assert str(error) == "document solver-1: at metadata.python.major: expected int"


def test_a_missing_key_is_named_with_its_path(document: dict[str, Any]) -> None:
    del document["metadata"]["distribution"]["version_parts"]["minor"]
    error = refusal(document)
    assert (error.path, error.expected) == (
        "metadata.distribution.version_parts.minor",
        "this key, which is missing",
    )


@pytest.mark.parametrize("path", ["extra", "metadata.extra", "metadata.python.extra", "metadata.os_release.extra"])
def test_a_key_too_many_is_named_with_its_path(document: dict[str, Any], path: str) -> None:
    *parents, key = path.split(".")
    place = document
    for parent in parents:
        place = place[parent]
    place[key] = 1
    error = refusal(document)
    assert (error.path, error.expected) == (path, "no such key")


def test_of_several_errors_the_first_by_path_is_named(document: dict[str, Any]) -> None:
    del document["result"]
    document["metadata"]["timestamp"] = "now"
    document["metadata"]["analyzer"] = None
    assert refusal(document).path == "metadata.analyzer"


@pytest.mark.parametrize("document", [None, [], "text"])
def test_what_is_no_object_is_refused_at_the_top(document: object) -> None:
    assert (refusal(document).path, refusal(document).expected) == ("the top", "a dictionary")


def test_a_place_in_a_list_is_shown_as_an_index() -> None:
    with pytest.raises(SchemaError) as raised:
        validate({"tree": [{"a": 1}, {"a": "x"}]}, voluptuous.Schema({"tree": [{"a": int}]}), None)
    assert raised.value.path == "tree[1].a"


@pytest.mark.parametrize("text", ["2019-09-20T08:12:33.123456", "2021-05-05T10:00:00", "2021-05-05T10:00:00+00:00"])
def test_a_time_is_accepted_as_it_is(text: str) -> None:
    assert Datetime(text) == text


@pytest.mark.parametrize("value", ["", "yesterday", "2021-13-01T00:00:00", None, 1620208800])
def test_what_is_no_time_is_refused(document: dict[str, Any], value: object) -> None:
    document["metadata"]["datetime"] = value
    error = refusal(document)
    assert (error.path, error.expected) == ("metadata.datetime", "a time as ISO 8601 writes it")
