"""The parser of image analyses: what it reads, and what may be missing or has to be left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analyses import (
    ID,
    RPM,
    environment_metadata,
    real_analysis,
    set_image,
    with_rpms,
)
from support.documents import Document
from support.tables import count, rows_of

from thoth.storages.exceptions import CudaVersionDoesNotMatchError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.analysis import PythonInterpreter, PythonPackage, parse
from thoth.storages.graph.documents.environments import DESCRIPTION
from thoth.storages.graph.enums import DocumentKindEnum, EnvironmentTypeEnum
from thoth.storages.graph.models import ExternalSoftwareEnvironment, SoftwareEnvironment
from thoth.storages.graph.names import key_sha256

LONG = "x" * 257
EMPTY: tuple[str, ...] = (
    *("rpm-dependencies", "deb-dependencies", "python-files", "system-symbols", "python-packages"),
    *("python-interpreters", "cuda-version", "skopeo-inspect", "image_size"),
)


def test_everything_that_the_real_document_says_is_read() -> None:
    document = real_analysis()
    rows = parse(document)
    assert rows.document.document_id == ID
    assert rows.document.kind is DocumentKindEnum.ANALYSIS
    assert rows.document.remarks == ()
    assert rows.made_at == datetime(2026, 11, 22, 11, 35, 28, 361777, tzinfo=UTC)
    assert rows.is_external is True
    assert rows.python_interpreters == (
        PythonInterpreter("/usr/bin/python3", "/usr/bin/python3.11", "Python 3.11.2"),
        PythonInterpreter("/usr/bin/python3.11", None, "Python 3.11.2"),
    )
    assert rows.python_packages[0] == PythonPackage(
        "sqlalchemy-utils", "0.41.2", "/opt/app-root/lib/python3.11/site-packages"
    )
    assert (len(rows.python_packages), len(rows.python_files), len(rows.debs), len(rows.rpms)) == (69, 41, 271, 0)
    assert len(rows.symbols) == sum(map(len, document["result"]["system-symbols"].values()))
    assert document == real_analysis()  # the caller's document is as it was


def test_the_digest_of_an_environment_is_of_the_columns_in_their_order() -> None:
    for model in (SoftwareEnvironment, ExternalSoftwareEnvironment):
        columns = list(model.__table__.columns.keys())
        assert tuple(columns[3:]) == DESCRIPTION
        assert columns[:3] == ["id", "key_sha256", "environment_type"]
    environment = parse(real_analysis()).environment
    layer = real_analysis()["result"]["layers"][-1]
    image = "registry.example.com/team/app"
    assert environment.key == key_sha256(
        f"{image}:latest", None, image, layer, "debian", "12", None, None, None, None, None
    )


# --- Images ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "name", "tag"),
    [
        ("app", "app", "latest"),
        ("app:1.0", "app", "1.0"),
        ("app:", "app", "latest"),
        ("quay.io/team/app", "quay.io/team/app", "latest"),
        ("quay.io/team/app:v1", "quay.io/team/app", "v1"),
        ("registry:5000/team/app", "registry:5000/team/app", "latest"),
        ("registry:5000/app:v1.2-3", "registry:5000/app", "v1.2-3"),
        ("registry:5000/app@sha256:abcd", "registry:5000/app", "sha256:abcd"),
        ("registry:5000/app:v1@sha256:abcd", "registry:5000/app", "v1"),
        ("[::1]:5000/app", "[::1]:5000/app", "latest"),
    ],
)
def test_a_port_is_no_tag_and_a_digest_no_part_of_the_name(image: str, name: str, tag: str) -> None:
    rows = parse(set_image(real_analysis(), image))
    assert (rows.environment.environment_name, rows.environment.image_name, rows.run.image_tag) == (image, name, tag)


@pytest.mark.parametrize(
    ("image", "python_version"),
    [
        ("s2i-thoth-ubi8-py38:v1", "3.8"),
        ("quay.io/thoth-station/s2i-thoth-ubi8-py311", "3.11"),
        ("s2i:v1-py38", None),
        ("app", None),
        ("py38", None),
        ("app-py", None),
        ("app-py3", None),
        ("app-py38x", None),
        ("app-py38-extra", None),
        ("app-", None),
    ],
)
def test_the_name_of_an_image_of_our_own_may_end_with_its_python(image: str, python_version: str | None) -> None:
    assert parse(set_image(real_analysis(), image, external=False)).environment.python_version == python_version
    assert parse(set_image(real_analysis(), image, external=True)).environment.python_version is None


@pytest.mark.parametrize(
    ("found", "version"),
    [
        ({}, None),
        (None, None),
        ({"nvcc_version": None}, None),
        ({"nvcc_version": ""}, None),
        ({"nvcc_version": "11.2"}, "11.2"),
        ({"/usr/local/cuda/version.txt": "10.1"}, "10.1"),
        ({"nvcc_version": "11.2", "/usr/local/cuda/version.txt": " 11.2\n"}, "11.2"),
        ({"something": "else"}, None),
    ],
)
def test_the_version_of_cuda_is_found_in_two_places(found: Any, version: str | None) -> None:
    document = real_analysis()
    document["result"]["cuda-version"] = found
    assert parse(document).environment.cuda_version == version


def test_two_versions_of_cuda_are_refused(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    document["result"]["cuda-version"] = {"nvcc_version": "11.2", "/usr/local/cuda/version.txt": "10.1"}
    with pytest.raises(CudaVersionDoesNotMatchError, match="not both 11.2 and 10.1") as raised:
        graph.sync_analysis_result(document)
    assert isinstance(raised.value, SchemaError)
    assert (raised.value.document_id, raised.value.path) == (ID, "result.cuda-version")
    assert count(engine, "synced_document") == 0


@pytest.mark.parametrize(
    ("system", "os_name", "os_version"),
    [
        ({"id": "ubi", "version_id": "8.6"}, "rhel", "8"),
        ({"id": "rhel", "version_id": "9"}, "rhel", "9"),
        ({"id": "fedora", "version_id": "38"}, "fedora", "38"),
        ({"id": "ubuntu", "version_id": "22.04", "name": "Ubuntu"}, "ubuntu", "22.04"),
        ({"name": "Fedora", "version_id": "31"}, "fedora", "31"),
        ({"id": None, "name": "Fedora", "version_id": "31"}, "fedora", "31"),
    ],
)
def test_the_system_is_spelled_as_everywhere(system: Document, os_name: str, os_version: str) -> None:
    document = real_analysis()
    document["result"]["operating-system"] = system
    rows = parse(document)
    assert (rows.environment.os_name, rows.environment.os_version) == (os_name, os_version)
    assert (rows.run.os_name, rows.run.os_version_id) == (os_name, system["version_id"])
    assert rows.run.os_id == (system.get("id") or system["name"])


@pytest.mark.parametrize("written", ["runtime", "RUNTIME", "Runtime"])
def test_the_type_of_an_environment_may_be_in_any_case(written: str) -> None:
    document = real_analysis()
    environment_metadata(document)["environment_type"] = written
    assert parse(document).environment.environment_type is EnvironmentTypeEnum.RUNTIME


# --- What may be missing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["missing", "null"])
def test_nothing_need_have_been_found(graph: GraphDatabase, engine: Engine, how: str) -> None:
    document = real_analysis()
    result = document["result"]
    for key in EMPTY:
        result[key] = None
        if how == "missing":
            del result[key]
    graph.sync_analysis_result(document)
    for table in ("identified", "found_python_file", "found_deb", "found_rpm", "detected_symbol", "package_change"):
        assert count(engine, table) == 0
    assert rows_of(engine, "SELECT analysis_document_id, image_size FROM package_extract_run") == [(ID, None)]


@pytest.mark.parametrize("how", ["missing", "null"])
def test_an_item_need_not_say_everything(how: str) -> None:
    document = with_rpms(real_analysis())
    result = document["result"]
    result["deb-dependencies"] = [{"name": "a", "version": "1", "arch": "all", "depends": [{"name": "b"}]}]
    optional = {
        "rpm-dependencies": ("release", "epoch", "arch", "src", "package_identifier", "dependencies"),
        "deb-dependencies": ("epoch", "arch", "pre-depends", "replaces"),
        "python-interpreters": ("link", "version"),
        "python-packages": ("location",),
    }
    for key, names in optional.items():
        result[key] = result[key][:1]
        for name in names:
            result[key][0][name] = None
            if how == "missing":
                del result[key][0][name]
    rows = parse(document)
    assert rows.rpms[0].key == ("bash", "4.4.20", None, None, None, False, "bash")
    assert rows.rpms[0].requirements == ()
    assert rows.debs[0].key == ("a", "1", None, None)
    assert (rows.debs[0].depends, rows.debs[0].pre_depends, rows.debs[0].replaces) == ((("b", None),), (), ())
    assert rows.python_interpreters == (PythonInterpreter("/usr/bin/python3", None, None),)
    assert rows.python_packages[0].location is None
    assert rows.document.remarks == ()


@pytest.mark.parametrize(("epoch", "stored"), [("0", None), (0, None), ("", None), (None, None), ("1", "1"), (2, "2")])
def test_no_epoch_and_the_epoch_zero_are_the_same(epoch: Any, stored: str | None) -> None:
    document = with_rpms(real_analysis())
    document["result"]["rpm-dependencies"][0]["epoch"] = epoch
    document["result"]["deb-dependencies"][0]["epoch"] = epoch
    rows = parse(document)
    assert (rows.rpms[0].epoch, rows.debs[0].epoch) == (stored, stored)


def test_optional_parts_of_the_metadata_have_their_defaults() -> None:
    document = real_analysis()
    analyser = document["metadata"]["arguments"]["thoth-package-extract"]
    del analyser["verbose"], analyser["metadata"]["origin"], analyser["metadata"]["is_external"]
    del document["metadata"]["duration"]
    rows = parse(document)
    assert (rows.run.debug, rows.run.origin, rows.is_external, rows.run.duration) == (False, None, True, None)


# --- What is left out ------------------------------------------------------------------------------------------------

ITEMS: list[tuple[str, Document, str]] = [
    ("python-packages", {"package_name": LONG, "package_version": "1", "location": "/"}, "package_name"),
    ("python-packages", {"package_name": "a", "package_version": LONG, "location": "/"}, "package_version"),
    ("python-packages", {"package_name": "a", "package_version": "1", "location": "/" * 4097}, "location"),
    ("python-files", {"filepath": "/" * 4097, "sha256": "a" * 64}, "filepath"),
    ("python-interpreters", {"path": "/" * 4097}, "path"),
    ("python-interpreters", {"path": "/", "version": LONG}, "version"),
    ("rpm-dependencies", {**RPM, "name": LONG}, "name"),
    ("rpm-dependencies", {**RPM, "epoch": LONG}, "epoch"),
    ("rpm-dependencies", {**RPM, "package_identifier": LONG}, "package_identifier"),
    ("deb-dependencies", {"name": "a", "version": LONG}, "version"),
    ("deb-dependencies", {"name": "a", "version": "1", "arch": LONG}, "arch"),
]


@pytest.mark.parametrize(("key", "item", "name"), ITEMS, ids=lambda value: value if isinstance(value, str) else "")
def test_an_item_that_no_key_can_hold_is_left_out_with_a_remark_and_the_rest_kept(
    key: str, item: Document, name: str
) -> None:
    document = with_rpms(real_analysis())
    expected = parse(document)
    document["result"][key].insert(1, item)
    rows = parse(document)
    assert (rows.python_packages, rows.python_files, rows.python_interpreters) == (
        *(expected.python_packages, expected.python_files, expected.python_interpreters),
    )
    assert (rows.rpms, rows.debs) == (expected.rpms, expected.debs)
    (remark,) = rows.document.remarks
    assert remark.startswith(f"result.{key}[1].{name}: left out, at most ")


def test_parts_that_no_key_can_hold_are_left_out_alone() -> None:
    document = with_rpms(real_analysis())
    result = document["result"]
    result["rpm-dependencies"][0]["dependencies"] = ["a", "x" * 4097, "y" * 4096]
    result["deb-dependencies"][0]["depends"] = [{"name": "a", "version": LONG}, {"name": "b", "version": "> 1"}]
    result["system-symbols"] = {"libc.so": ["A", LONG, "B"], "/" * 4097: ["C"]}
    rows = parse(document)
    assert rows.rpms[0].requirements == ("a", "y" * 4096)
    assert rows.debs[0].depends == (("b", "> 1"),)
    assert rows.symbols == (("libc.so", "A"), ("libc.so", "B"))
    assert rows.document.remarks == (
        'result.system-symbols["libc.so"][1]: left out, at most 256 bytes, not 257',
        "result.system-symbols, key 1: left out, at most 4096 bytes, not 4097",
        "result.rpm-dependencies[0].dependencies[1]: left out, at most 4096 bytes, not 4097",
        "result.deb-dependencies[0].depends[0].version: left out, at most 256 bytes, not 257",
    )


def test_what_is_as_long_as_it_may_be_can_be_stored(graph: GraphDatabase, engine: Engine) -> None:
    """Random letters, which no index can compress."""
    text = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(1365)) + "x"
    assert len(text.encode()) == 4096
    name = text[:85] + "x"
    document = with_rpms(real_analysis())
    result = document["result"]
    set_image(document, text[:-4].replace(":", "") + "x")
    result["python-files"][0]["filepath"] = result["python-packages"][0]["location"] = text
    result["python-packages"][0].update(package_name=name, package_version=name)
    result["rpm-dependencies"][0] = {**dict.fromkeys(RPM, name), "src": True, "dependencies": [text]}
    relation = [{"name": text, "version": name}]
    result["deb-dependencies"][0] = {
        **dict.fromkeys(("name", "version", "epoch", "arch"), name),
        **dict.fromkeys(("depends", "pre-depends", "replaces"), relation),
    }
    result["system-symbols"] = {text: [name]}
    result["python-interpreters"] = [{"path": text, "link": text, "version": name}]
    result["layers"] = [name]
    result["skopeo-inspect"]["Env"] = [f"{key}={text}" for key in ("THOTH_S2I_NAME", "IMAGE_NAME", "IMAGE_TAG")]
    graph.sync_analysis_result(document)
    assert rows_of(engine, "SELECT remarks FROM synced_document") == [([],)]
    assert rows_of(engine, "SELECT library_name, symbol FROM versioned_symbol") == [(text, name)]


def test_an_interpreter_of_which_nothing_is_known_is_left_out() -> None:
    document = real_analysis()
    document["result"]["python-interpreters"].append({"path": "", "link": None})
    rows = parse(document)
    assert len(rows.python_interpreters) == 2
    assert rows.document.remarks == ("result.python-interpreters[2]: left out, it has no path, no link and no version",)
