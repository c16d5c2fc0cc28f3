"""The parser of image analyses: what is none is refused, and the place that is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analyses import ID, in_the_format_of_2019, real_analysis, with_rpms
from support.documents import Document, Place, path_text, put, remove
from support.tables import count

from thoth.storages.exceptions import NoDocumentIdError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.analysis import parse

ANALYSER: Place = ("metadata", "arguments", "thoth-package-extract")
IMAGE: Place = ("metadata", "arguments", "extract-image", "image")
RPM: Place = ("result", "rpm-dependencies", 0)
DEB: Place = ("result", "deb-dependencies", 1)
FILE: Place = ("result", "python-files", 0)
PACKAGE: Place = ("result", "python-packages", 0)
INTERPRETER: Place = ("result", "python-interpreters", 0)
SYSTEM: Place = ("result", "operating-system")
DEPENDS: Place = (*DEB, "depends", 0)

TEXTS: list[Place] = [
    ("metadata", "datetime"),
    ("metadata", "analyzer"),
    ("metadata", "analyzer_version"),
    IMAGE,
    (*ANALYSER, "metadata", "environment_type"),
    (*SYSTEM, "id"),
    (*SYSTEM, "version_id"),
    (*PACKAGE, "package_name"),
    (*PACKAGE, "package_version"),
    (*FILE, "filepath"),
    (*FILE, "sha256"),
    (*RPM, "name"),
    (*RPM, "version"),
    (*DEB, "name"),
    (*DEB, "version"),
    (*DEPENDS, "name"),
]
OPTIONAL_TEXTS: list[Place] = [
    (*ANALYSER, "metadata", "origin"),
    (*PACKAGE, "location"),
    *((*INTERPRETER, key) for key in ("path", "link", "version")),
    *((*RPM, key) for key in ("release", "arch", "package_identifier")),
    (*DEB, "arch"),
    (*DEPENDS, "version"),
    ("result", "cuda-version", "nvcc_version"),
    ("result", "cuda-version", "/usr/local/cuda/version.txt"),
]
ITEMS: list[Place] = [
    ("result", "layers", 2),
    (*RPM, "dependencies", 0),
    ("result", "skopeo-inspect", "Env", 0),
]
NAMES = [place for place in TEXTS if place[-1] not in ("datetime", "environment_type", "sha256")] + ITEMS[:2]
LISTS: list[Place] = [("result", "layers")]
OPTIONAL_LISTS: list[Place] = [
    *(("result", key) for key in ("python-packages", "python-files", "python-interpreters")),
    *(("result", key) for key in ("rpm-dependencies", "deb-dependencies")),
    (*RPM, "dependencies"),
    *((*DEB, key) for key in ("depends", "pre-depends", "replaces")),
    ("result", "skopeo-inspect", "Env"),
]
OBJECTS: list[Place] = [
    ("result",),
    ("metadata", "arguments"),
    ANALYSER,
    (*ANALYSER, "metadata"),
    IMAGE[:-1],
    SYSTEM,
]
OPTIONAL_OBJECTS: list[Place] = [("result", key) for key in ("system-symbols", "skopeo-inspect", "cuda-version")]
LISTED_OBJECTS: list[Place] = [RPM, DEB, FILE, PACKAGE, INTERPRETER, DEPENDS]
FLAGS: list[Place] = [(*ANALYSER, "verbose"), (*ANALYSER, "metadata", "is_external"), (*RPM, "src")]
NUMBERS: list[Place] = [("metadata", "duration"), ("result", "image_size")]


def told() -> Document:
    document: Document = with_rpms(real_analysis())
    document["result"]["skopeo-inspect"]["Env"] = ["IMAGE_NAME=app"]
    return document


def refused(document: Document, path: Place | str) -> SchemaError:
    with pytest.raises(SchemaError) as raised:
        parse(document)
    expected = path if isinstance(path, str) else path_text(path)
    assert (raised.value.document_id, raised.value.path) == (ID, expected)
    assert str(raised.value) == f"document {ID}: at {expected}: expected {raised.value.expected}"
    return raised.value


def _wrong_values() -> Iterator[Any]:
    kinds: tuple[tuple[list[Place], str, tuple[Any, ...]], ...] = (
        (TEXTS + OPTIONAL_TEXTS + ITEMS, "a text", (5, 1.5, True, ["x"], {"a": 1})),
        (ITEMS, "a text", (None,)),
        (LISTS + OPTIONAL_LISTS, "a list", (5, False, "x", {"a": 1})),
        (OBJECTS + OPTIONAL_OBJECTS + LISTED_OBJECTS, "an object", (5, False, "x", ["x"])),
        (LISTED_OBJECTS, "an object", (None,)),
        (FLAGS, "true or false", (0, "true", [], {})),
        (NUMBERS, "a whole number", (-1, 1.5, True, "1", [], 2**63)),
        ([(*RPM, "epoch"), (*DEB, "epoch")], "a whole number", (-1, True)),
        ([(*RPM, "epoch"), (*DEB, "epoch")], "a text", (1.5, [], {})),
        ([("result", "system-symbols", "/lib/x86_64-linux-gnu/libc.so.6")], "a list", (None, 5, "x", {})),
    )
    for paths, expected, values in kinds:
        for path in paths:
            for value in values:
                yield pytest.param(path, value, expected, id=f"{path_text(path)}={json.dumps(value)}")


@pytest.mark.parametrize(("path", "value", "expected"), [*_wrong_values()])
def test_a_value_of_the_wrong_type_is_named_with_its_place(path: Place, value: Any, expected: str) -> None:
    document = told()
    put(document, path, value)
    library = path[:2] == ("result", "system-symbols") and len(path) == 3
    error = refused(document, f'result.system-symbols["{path[2]}"]' if library else path)
    assert error.expected.startswith(expected)


@pytest.mark.parametrize("how", ["missing", "null"])
@pytest.mark.parametrize("path", TEXTS + LISTS + OBJECTS, ids=path_text)
def test_a_key_that_must_be_there_is_named_where_it_is_not(path: Place, how: str) -> None:
    document = told()
    document["result"]["operating-system"].pop("name")
    if how == "missing":
        remove(document, path)
    else:
        put(document, path, None)
    assert "missing" in refused(document, path).expected


@pytest.mark.parametrize(("bad", "words"), [("a\x00b", "NUL"), ("a\ud800b", "surrogates")], ids=["NUL", "surrogate"])
@pytest.mark.parametrize("path", TEXTS + OPTIONAL_TEXTS + ITEMS[:2], ids=path_text)
def test_a_text_that_no_database_can_hold_is_refused(path: Place, bad: str, words: str) -> None:
    document = told()
    put(document, path, bad)
    assert words in refused(document, path).expected


@pytest.mark.parametrize(("bad", "words"), [("a\x00b", "NUL"), ("a\ud800b", "surrogates")], ids=["NUL", "surrogate"])
def test_symbols_and_variables_that_no_database_can_hold_are_refused(bad: str, words: str) -> None:
    document = told()
    document["result"]["system-symbols"] = {"libc.so": ["A", bad]}
    assert words in refused(document, 'result.system-symbols["libc.so"][1]').expected
    document["result"]["system-symbols"] = {"libc.so": ["A"], bad: []}
    assert words in refused(document, "result.system-symbols, key 1").expected
    document = told()
    document["result"]["skopeo-inspect"]["Env"] = [f"OTHER={bad}", f"IMAGE_TAG={bad}"]
    assert words in refused(document, "result.skopeo-inspect.Env[1]").expected


@pytest.mark.parametrize("path", NAMES, ids=path_text)
def test_an_empty_name_is_refused(path: Place) -> None:
    document = told()
    put(document, path, "")
    assert refused(document, path).expected == "a text that is not empty"


def test_empty_symbols_and_libraries_are_refused() -> None:
    document = told()
    document["result"]["system-symbols"] = {"libc.so": [""]}
    refused(document, 'result.system-symbols["libc.so"][0]')
    document["result"]["system-symbols"] = {"": ["A"]}
    refused(document, "result.system-symbols, key 0")


@pytest.mark.parametrize("image", [":latest", "@sha256:abc", " ", ":"])
def test_an_image_without_a_name_is_refused(image: str) -> None:
    document = told()
    put(document, IMAGE, image)
    assert refused(document, IMAGE).expected == "the name of an image"


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "a" * 65, "sha256:" + "a" * 64])
def test_a_digest_that_is_none_is_refused(digest: str) -> None:
    document = told()
    put(document, (*FILE, "sha256"), digest)
    assert refused(document, (*FILE, "sha256")).expected.startswith("a sha256 digest of 64 hexadecimal digits")


def test_an_image_without_layers_is_refused() -> None:
    document = told()
    document["result"]["layers"] = []
    assert refused(document, ("result", "layers")).expected == "a list with at least one layer"


@pytest.mark.parametrize("written", ["", "run", "RUNTIME "])
def test_an_environment_of_no_known_type_is_refused(written: str) -> None:
    document = told()
    put(document, (*ANALYSER, "metadata", "environment_type"), written)
    assert refused(document, (*ANALYSER, "metadata", "environment_type")).expected == "one of runtime, buildtime"


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-13-01"])
def test_a_time_that_is_none_is_refused(moment: str) -> None:
    document = told()
    put(document, ("metadata", "datetime"), moment)
    assert refused(document, ("metadata", "datetime")).expected == "a time in ISO 8601"


@pytest.mark.parametrize(
    ("item", "path", "expected"),
    [
        (5, "", "an object"),
        ({}, ".ecosystem", "a value, but the key is missing"),
        ({"ecosystem": 5}, ".ecosystem", "a text"),
        ({"ecosystem": "Python-Dist", "result": []}, ".result", "an object"),
        ({"ecosystem": "Python-Dist", "result": {"name": 5, "version": "1"}}, ".result.name", "a text"),
        ({"ecosystem": "Python-Dist", "result": {"name": "a", "version": 1}}, ".result.version", "a text"),
        ({"ecosystem": "Python-Dist", "result": {"name": "a\x00", "version": "1"}}, ".result.name", "a text without"),
    ],
)
def test_what_mercator_never_wrote_is_refused(item: Any, path: str, expected: str) -> None:
    document = in_the_format_of_2019(told())
    document["metadata"]["document_id"] = ID
    document["result"]["mercator"].insert(0, item)
    assert refused(document, f"result.mercator[0]{path}").expected.startswith(expected)


@pytest.mark.parametrize("path", [("metadata",), ("metadata", "document_id")], ids=path_text)
@pytest.mark.parametrize("value", [None, 5, "", [], {}])
def test_a_document_without_an_id_is_refused(path: Place, value: Any) -> None:
    document = told()  # its host is localhost, which names no pod
    put(document, path, value)
    with pytest.raises(NoDocumentIdError, match="<without an id>: at metadata.document_id: expected an id"):
        parse(document)


@pytest.mark.parametrize("bad", ["\x00", "\ud800", "x" * 3000], ids=["NUL", "surrogate", "long"])
def test_an_id_that_no_database_can_hold_is_refused(bad: str) -> None:
    document = told()
    document["metadata"]["document_id"] = f"package-extract-{bad}"
    with pytest.raises(SchemaError, match=r"metadata\.document_id"):
        parse(document)


@pytest.mark.parametrize("value", [None, [], "x", 5, True, 1.5])
def test_what_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(SchemaError, match=r"<without an id>: at the top: expected an image analysis: a JSON object"):
        parse(value)


def test_nothing_of_a_refused_document_is_stored(graph: GraphDatabase, engine: Engine) -> None:
    for path in (*TEXTS, *LISTS, *OBJECTS):
        document = told()
        document["result"]["operating-system"].pop("name")
        remove(document, path)
        with pytest.raises(SchemaError):
            graph.sync_analysis_result(document)
    for table in ("synced_document", "external_software_environment", "python_package_version_entity"):
        assert count(engine, table) == 0


def test_a_document_of_a_solver_is_refused(graph: GraphDatabase, document_of: Any) -> None:
    with pytest.raises(SchemaError, match=r"at metadata\.arguments\.thoth-package-extract: expected a value, but"):
        graph.sync_analysis_result(document_of("flask==3.0.3"))
