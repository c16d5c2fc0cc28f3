"""Image analyses into tables: what is written, and that nothing is written twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.analyses import ID, OWNED, RPM, as_id, environment_metadata, real_analysis, set_image, times, with_rpms
from support.digests import wrong_digests
from support.documents import Document
from support.tables import CountStatements, count, difference, dump, rows_of, run, sequences

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.names import normalize_package_name

STATEMENTS = 22
"""What the real document costs when it is new; it lacks RPM packages and Replaces."""

AGAIN = 23
"""What it costs to write it again: what it owns is compared with what is there, but no package becomes known."""


def counts_of(document: Document) -> dict[str, int]:
    """How many rows each table has to have after this document alone, counted without the library."""
    result = document["result"]
    debs, rpms, files = result["deb-dependencies"], result["rpm-dependencies"], result["python-files"]
    packages = {(normalize_package_name(p["package_name"]), p["package_version"]) for p in result["python-packages"]}
    symbols = {(library, symbol) for library, listed in result["system-symbols"].items() for symbol in listed}
    deb_keys = {(deb["name"], deb["version"], deb.get("epoch"), deb["arch"]) for deb in debs}
    relations = {
        key: {(d["name"], d["version"], d["arch"], r["name"], r["version"]) for d in debs for r in d[key]}
        for key in ("depends", "pre-depends", "replaces")
    }
    requirements = {(rpm["name"], requirement) for rpm in rpms for requirement in rpm["dependencies"]}
    return {
        "synced_document": 1,
        "package_extract_run": 1,
        "external_software_environment": 1,
        "software_environment": 0,
        "python_package_version_entity": len(packages),
        "package_change": len({name for name, _ in packages}),
        "identified": len(
            {(normalize_package_name(p["package_name"]), p["location"]) for p in result["python-packages"]}
        ),
        "python_file_digest": len({file["sha256"] for file in files}),
        "found_python_file": len({(file["sha256"], file["filepath"]) for file in files}),
        "python_interpreter": len(result["python-interpreters"]),
        "found_python_interpreter": len(result["python-interpreters"]),
        "versioned_symbol": len(symbols),
        "has_symbol": len(symbols),
        "detected_symbol": len(symbols),
        "deb_package_version": len(deb_keys),
        "found_deb": len(deb_keys),
        "deb_dependency": len({row[3] for rows in relations.values() for row in rows}),
        "deb_depends": len(relations["depends"]),
        "deb_pre_depends": len(relations["pre-depends"]),
        "deb_replaces": len(relations["replaces"]),
        "rpm_package_version": len(rpms),
        "found_rpm": len(rpms),
        "rpm_requirement": len({requirement for _, requirement in requirements}),
        "rpm_requires": len(requirements),
        "python_package_version": 0,
        "python_package_index": 0,
    }


def rows_in(engine: Engine, tables: Iterator[str] | dict[str, int]) -> dict[str, int]:
    return {table: count(engine, table) for table in tables}


@pytest.mark.parametrize("make", [real_analysis, lambda: with_rpms(real_analysis())], ids=["Debian", "with RPM"])
def test_every_table_has_as_many_rows_as_the_document_has_facts(
    graph: GraphDatabase, engine: Engine, make: Any
) -> None:
    document = make()
    expected = counts_of(document)
    assert expected["deb_depends"] > 700 and expected["has_symbol"] > 160
    for _ in range(2):
        graph.sync_analysis_result(document)
        assert rows_in(engine, expected) == expected
    other_tables = {name: rows for name, rows in dump(engine).items() if name not in expected and rows}
    assert other_tables.keys() == {"alembic_version", "graph_identity"}
    assert wrong_digests(engine) == []


def test_a_run_says_what_the_document_says(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    graph.sync_analysis_result(document)
    statement = """
        SELECT analysis_document_id, package_extract_name, package_extract_version, datetime, r.environment_type,
               origin, debug, package_extract_error, image_size, image_tag, duration, r.os_name, os_id, os_version_id,
               software_environment_id, e.environment_type, environment_name, python_version, image_name, image_sha,
               e.os_name, os_version, thoth_image_name, thoth_image_version, env_image_name, env_image_tag, cuda_version
        FROM package_extract_run r JOIN external_software_environment e ON e.id = r.external_software_environment_id"""
    (row,) = rows_of(engine, statement)
    assert tuple(row) == (
        *(ID, "thoth-package-extract", "1.5.0", datetime(2026, 11, 22, 11, 35, 28, 361777, tzinfo=UTC), "RUNTIME"),
        *("https://github.com/thoth-station/s2i-thoth", False, False, 123456789, "latest", 42, "debian", "debian"),
        *("12", None, "RUNTIME", "registry.example.com/team/app:latest", None, "registry.example.com/team/app"),
        *(document["result"]["layers"][-1], "debian", "12", None, None, None, None, None),
    )
    ledger = "SELECT document_id, kind, created_at = datetime, remarks FROM synced_document, package_extract_run"
    assert rows_of(engine, ledger) == [(ID, "ANALYSIS", True, [])]


def test_an_image_of_our_own_is_another_kind_of_environment(graph: GraphDatabase, engine: Engine) -> None:
    document = set_image(real_analysis(), "quay.io/thoth-station/s2i-thoth-ubi8-py311:v0.1.0", external=False)
    environment_metadata(document)["environment_type"] = "BuildTime"
    document["result"]["operating-system"].update(id="ubi", version_id="8.6")
    document["result"]["cuda-version"] = {"nvcc_version": "11.2", "/usr/local/cuda/version.txt": "11.2"}
    document["result"]["skopeo-inspect"]["Env"] = [
        *("PATH=/bin", "THOTH_S2I_NAME=old", "THOTH_S2I_NAME=quay.io/s2i", "THOTH_S2I_VERSION=0.1=0"),
        *("IMAGE_NAME=app", "IMAGE_TAG="),
    ]
    graph.sync_analysis_result(document)
    assert count(engine, "external_software_environment") == 0
    statement = """
        SELECT e.environment_type, environment_name, python_version, image_name, e.os_name, os_version,
               thoth_image_name, thoth_image_version, env_image_name, env_image_tag, cuda_version,
               r.os_name, os_id, os_version_id, image_tag, external_software_environment_id
        FROM package_extract_run r JOIN software_environment e ON e.id = r.software_environment_id"""
    name = "quay.io/thoth-station/s2i-thoth-ubi8-py311"
    assert rows_of(engine, statement) == [
        (
            *("BUILDTIME", f"{name}:v0.1.0", "3.11", name, "rhel", "8", "quay.io/s2i", "0.1=0", "app", None, "11.2"),
            *("rhel", "ubi", "8.6", "v0.1.0", None),
        )
    ]
    owners = "SELECT count(software_environment_id), count(external_software_environment_id) FROM has_symbol"
    assert rows_of(engine, owners) == [(count(engine, "detected_symbol"), 0)]


def test_packages_of_the_operating_system_are_written_with_what_they_need(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_analysis_result(with_rpms(real_analysis()))
    rpms = """
        SELECT package_name, package_version, epoch, release, arch, src, package_identifier,
               array_agg(rpm_requirement_name ORDER BY rpm_requirement_name COLLATE "C")
        FROM rpm_package_version v JOIN rpm_requires r ON r.rpm_package_version_id = v.id
        JOIN rpm_requirement q ON q.id = r.rpm_requirement_id GROUP BY v.id ORDER BY 1"""
    assert rows_of(engine, rpms) == [
        ("bash", "4.4.20", None, "4.el8", "x86_64", False, RPM["package_identifier"], sorted(RPM["dependencies"])),
        ("bash-doc", "4.4.20", "1", "4.el8", "x86_64", False, "bash-doc", ["/bin/sh"]),
    ]
    relations: dict[str, list[tuple[str | None, ...]]] = {
        "deb_depends": [("g++", "4", "cpp", "= 4:12.2.0-3"), ("g++", "4", "gcc", "= 4:12.2.0-3")],
        "deb_pre_depends": [("base-files", None, "awk", None)],
        "deb_replaces": [("adduser", None, "base-passwd", "<< 3.5")],
    }
    for table, expected in relations.items():
        statement = f"""
            SELECT v.package_name, epoch, d.package_name, version_range FROM {table} r
            JOIN deb_package_version v ON v.id = r.deb_package_version_id
            JOIN deb_dependency d ON d.id = r.deb_dependency_id"""
        assert set(expected) <= {tuple(row) for row in rows_of(engine, statement)}, table


def test_one_file_at_several_paths_and_one_package_in_several_places_are_all_there(
    graph: GraphDatabase, engine: Engine
) -> None:
    document = real_analysis()
    result = document["result"]
    first, package = result["python-files"][0], result["python-packages"][0]
    result["python-files"] = [first, {**first, "filepath": "/elsewhere.py"}, first]
    result["python-packages"] = [
        package,
        {**package, "location": "/elsewhere", "package_name": package["package_name"].upper()},
        {**package, "location": None},
        dict(package),
    ]
    graph.sync_analysis_result(document)
    files = rows_of(
        engine, "SELECT sha256, file FROM found_python_file JOIN python_file_digest d ON d.id = python_file_digest_id"
    )
    assert sorted(files) == sorted((first["sha256"], path) for path in (first["filepath"], "/elsewhere.py"))
    places = rows_of(engine, "SELECT location FROM identified ORDER BY location NULLS FIRST")
    assert [location for (location,) in places] == [None, "/elsewhere", package["location"]]
    assert count(engine, "python_package_version_entity") == 1


def test_documents_of_two_images_share_what_they_have_in_common(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    graph.sync_analysis_result(document)
    before = rows_in(engine, counts_of(document))
    other = set_image(as_id(document, "package-extract-261123000000-0000000000000000"), "another")
    graph.sync_analysis_result(other)
    doubled = {"synced_document", "package_extract_run", "external_software_environment", "has_symbol", *OWNED}
    assert rows_in(engine, before) == {table: n * 2 if table in doubled else n for table, n in before.items()}


# --- Again -----------------------------------------------------------------------------------------------------------


def test_telling_it_twice_changes_nothing_and_costs_two_statements(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    for document in (real_analysis(), times(real_analysis(), 10)):
        graph.sync_analysis_result(document)
        tables, numbers = dump(engine, with_ids=True), sequences(engine)
        assert count_statements(graph, lambda document=document: graph.sync_analysis_result(document)) == 2  # type: ignore[misc]
        assert dump(engine, with_ids=True) == tables
        assert sequences(engine) == numbers


def test_forcing_writes_the_same_burns_no_ids_and_repairs_what_was_lost(graph: GraphDatabase, engine: Engine) -> None:
    document = with_rpms(real_analysis())
    graph.sync_analysis_result(document)
    tables, numbers = dump(engine), sequences(engine)
    graph.sync_analysis_result(document, force=True)
    assert difference(dump(engine), tables) == {}
    assert sequences(engine) == numbers
    for table in (*OWNED, "rpm_requires", "deb_depends", "deb_pre_depends", "deb_replaces", "has_symbol"):
        run(engine, f"DELETE FROM {table}")
    run(engine, "UPDATE package_extract_run SET image_tag = 'lost', duration = NULL")
    graph.sync_analysis_result(document, force=True)
    assert difference(dump(engine), tables) == {}


def test_statements_do_not_grow_with_the_document(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    small = real_analysis()
    large = times(small, 10)
    seconds = {}
    numbers = {}
    for name, document in (("small", small), ("large", large)):
        started = time.monotonic()
        new = count_statements(graph, lambda document=document: graph.sync_analysis_result(document))  # type: ignore[misc]
        seconds[name] = time.monotonic() - started
        forced = count_statements(graph, lambda document=document: graph.sync_analysis_result(document, force=True))  # type: ignore[misc]
        document["result"]["aicoe-ci"] = {"changed": True}
        changed = count_statements(graph, lambda document=document: graph.sync_analysis_result(document))  # type: ignore[misc]
        numbers[name] = (new, forced, changed)
    print(f"\nstatements: new, forced, changed {numbers}; seconds {seconds}")
    assert count(engine, "deb_depends") > 7000
    assert numbers == dict.fromkeys(("small", "large"), (STATEMENTS, AGAIN, AGAIN))


# --- Questions of the ledger -----------------------------------------------------------------------------------------


def test_the_ledger_knows_which_analyses_were_told(graph: GraphDatabase, engine: Engine) -> None:
    document = real_analysis()
    assert not graph.analysis_records_exist(document)
    graph.sync_analysis_result(document, etag="abc")
    assert graph.analysis_records_exist(document) is True
    assert graph.analysis_document_id_exist(ID) is True
    assert graph.analysis_document_id_exist(ID[:-1]) is False
    assert rows_of(engine, "SELECT etag FROM synced_document") == [("abc",)]
    run(engine, "UPDATE synced_document SET kind = 'SOLVER'")
    assert graph.analysis_document_id_exist(ID) is False
    run(engine, "UPDATE synced_document SET kind = 'ANALYSIS', to_sync_again = true")
    assert graph.analysis_document_id_exist(ID) is False


def test_packages_that_became_known_are_recorded_as_changed(graph: GraphDatabase, engine: Engine) -> None:
    graph.sync_analysis_result(real_analysis())
    names = {row[0] for row in rows_of(engine, "SELECT package_name FROM package_change")}
    assert names == {row[0] for row in rows_of(engine, "SELECT package_name FROM python_package_version_entity")}
    run(engine, "DELETE FROM package_change")
    graph.sync_analysis_result(real_analysis(), force=True)
    assert count(engine, "package_change") == 0  # of packages that were known nothing changed
