"""What the tables of images and environments let in: two facts are two rows, one fact is one row."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.facts import (
    ENVIRONMENT,
    HARDWARE,
    LONG_COLUMNS,
    Facts,
    hexadecimal,
    only_once,
)

from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models_base import table_of


@pytest.fixture(scope="module")
def engine(server: URL, template: URL) -> Iterator[Engine]:
    """Of a database in which nothing stays."""
    with copied_database(server, template, "facts") as url:
        yield make_maintenance_engine(url)


@pytest.fixture
def facts(engine: Engine) -> Iterator[Facts]:
    with engine.connect() as connection:
        yield Facts(connection)  # what a test writes is rolled back


def test_a_symbol_may_be_in_several_environments_of_both_kinds(facts: Facts) -> None:
    symbols = [facts.put(m.VersionedSymbol, library_name="libc", symbol=symbol) for symbol in ("GLIBC_1", "GLIBC_2")]
    ours = [facts.environment(os_name=name) for name in "ab"]
    theirs = [facts.external_environment(os_name=name) for name in "ab"]
    rows = [{"versioned_symbol_id": symbol, "software_environment_id": one} for symbol in symbols for one in ours]
    rows += [
        {"versioned_symbol_id": symbol, "external_software_environment_id": one} for symbol in symbols for one in theirs
    ]
    only_once(facts, m.HasSymbol, "has_symbol_natural_key", rows)
    check = "has_symbol_environment_check"
    assert facts.refuses(m.HasSymbol, versioned_symbol_id=symbols[0]) == check
    both = {"software_environment_id": ours[0], "external_software_environment_id": theirs[0]}
    assert facts.refuses(m.HasSymbol, versioned_symbol_id=symbols[0], **both) == check


def test_a_symbol_may_be_in_several_libraries(facts: Facts) -> None:
    rows = [{"library_name": library, "symbol": symbol} for library in ("libc", "libm") for symbol in ("A", "B")]
    only_once(facts, m.VersionedSymbol, "versioned_symbol_key_sha256_key", rows)
    assert facts.refuses(m.VersionedSymbol, library_name="", symbol="A") == "versioned_symbol_library_name_check"
    assert facts.refuses(m.VersionedSymbol, library_name="libc", symbol="") == "versioned_symbol_symbol_check"


def test_a_package_may_lie_at_several_places_of_an_image(facts: Facts) -> None:
    shared = {"package_extract_run_id": facts.analysis(), "python_package_version_entity_id": facts.entity()}
    rows = [{"location": place} for place in ("/usr/lib", "/opt/lib", "", None)]
    only_once(facts, m.Identified, "identified_pkey", rows, **shared)


@pytest.mark.parametrize("model", [m.FoundPythonFile, m.IncludedFile])
def test_a_file_may_lie_at_several_paths(facts: Facts, model: type[Any]) -> None:
    where = {"package_extract_run_id": facts.analysis()}
    if model is m.IncludedFile:
        where = {"python_artifact_id": facts.put(m.PythonArtifact, artifact_hash_sha256=hexadecimal("a"))}
    digests = [facts.put(m.PythonFileDigest, sha256=hexadecimal(text)) for text in "ab"]
    rows = [{"python_file_digest_id": one, "file": f"/{path}/__init__.py"} for one in digests for path in "abc"]
    table = table_of(model).name
    only_once(facts, model, f"{table}_pkey", rows, **where)
    assert facts.refuses(model, **where, python_file_digest_id=digests[0], file="") == f"{table}_file_check"


@pytest.mark.parametrize("model", [m.DebDepends, m.DebPreDepends, m.DebReplaces])
def test_a_debian_package_may_name_another_one_with_several_ranges(facts: Facts, model: type[Any]) -> None:
    package = facts.put(m.DebPackageVersion, package_name="bash", package_version="5")
    others = [facts.put(m.DebDependency, package_name=name) for name in ("libc6", "gpgv | gpgv2")]
    rows = [
        {"deb_dependency_id": other, "version_range": version_range}
        for other in others
        for version_range in (">= 1", "<< 2", None)
    ]
    table = table_of(model).name
    only_once(facts, model, f"{table}_natural_key", rows, deb_package_version_id=package)
    empty = {"deb_package_version_id": package, "deb_dependency_id": others[0], "version_range": ""}
    assert facts.refuses(model, **empty) == f"{table}_version_range_check"


def test_packages_of_debian_differ_by_epoch_and_architecture(facts: Facts) -> None:
    rows = [{"epoch": epoch, "arch": arch} for epoch in (None, "1", "2") for arch in (None, "amd64")]
    shared = {"package_name": "bash", "package_version": "5"}
    only_once(facts, m.DebPackageVersion, "deb_package_version_natural_key", rows, **shared)
    assert facts.refuses(m.DebPackageVersion, **shared, epoch="0") == "deb_package_version_epoch_check"


def test_rpm_packages_differ_by_each_part_of_their_version(facts: Facts) -> None:
    parts = {"epoch": "1", "release": "1", "arch": "x86_64", "src": True, "package_identifier": "other"}
    shared = {"package_name": "bash", "package_version": "5"}
    rows: list[dict[str, Any]] = [{"package_identifier": "bash"}]
    rows += [{"package_identifier": "bash", name: value} for name, value in parts.items()]
    only_once(facts, m.RPMPackageVersion, "rpm_package_version_natural_key", rows, **shared)
    assert facts.refuses(m.RPMPackageVersion, **shared, package_identifier="b", epoch="0") == (
        "rpm_package_version_epoch_check"
    )


@pytest.mark.parametrize("model", [m.SoftwareEnvironment, m.ExternalSoftwareEnvironment])
def test_environments_differ_by_each_of_their_columns(facts: Facts, model: type[Any]) -> None:
    table = table_of(model).name
    rows: list[dict[str, Any]] = [{}, *({name: "x"} for name in ENVIRONMENT), *({name: ""} for name in ENVIRONMENT)]
    both = [{**row, "environment_type": kind} for row in rows for kind in ("RUNTIME", "BUILDTIME")]
    only_once(facts, model, f"{table}_environment_type_key_sha256_key", both)
    assert {*ENVIRONMENT, "id", "key_sha256", "environment_type"} == set(table_of(model).columns.keys())


@pytest.mark.parametrize("model", [m.HardwareInformation, m.ExternalHardwareInformation])
def test_hardware_differs_by_each_of_its_columns(facts: Facts, model: type[Any]) -> None:
    table = table_of(model)
    rows: list[dict[str, Any]] = []
    for name in HARDWARE:
        rows += [{name: "x"}, {name: ""}] if table.c[name].type.python_type is str else [{name: 0}, {name: 1}]
    only_once(facts, model, f"{table.name}_key_sha256_key", rows)
    assert facts.refuses(model) == f"{table.name}_not_empty_check"
    sizes = ("cpu_cores", "cpu_physical_cpus", "gpu_cores", "gpu_memory_size", "ram_size")
    for size in sizes:
        assert facts.refuses(model, **{size: -1}) == f"{table.name}_{size}_check"
    assert {*HARDWARE, "id", "key_sha256"} == set(table.columns.keys())


def test_interpreters_differ_by_path_link_and_version(facts: Facts) -> None:
    columns = LONG_COLUMNS[m.PythonInterpreter]
    rows = [dict(zip(columns, values, strict=True)) for values in itertools.product(("x", "", None), repeat=3)]
    only_once(facts, m.PythonInterpreter, "python_interpreter_key_sha256_key", [row for row in rows if any_given(row)])
    assert facts.refuses(m.PythonInterpreter) == "python_interpreter_not_empty_check"


def any_given(row: dict[str, Any]) -> bool:
    return any(value is not None for value in row.values())
