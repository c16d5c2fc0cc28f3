"""Questions about images: analyses, environments, symbols, what was found; each about that very image."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.facts import NOW, Facts, hexadecimal

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m

OURS = {"thoth_image_name": "s2i-thoth", "thoth_image_version": "v1"}
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def images(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """Three images: one of Thoth analysed twice, another one later, one that was never analysed; and a user's."""
    with graph_with(server, template, "images", []) as graph:
        write(graph._connected_engine())
        yield graph


def write(engine: Engine) -> None:
    with engine.begin() as connection:
        facts = Facts(connection)
        ours = facts.environment(
            environment_name="ours", os_name="rhel", os_version="8", python_version="3.8", cuda_version="11", **OURS
        )
        other = facts.environment(environment_name="other", os_name="debian", os_version="12", python_version="3.11")
        facts.environment(environment_name="never", os_name="rhel", os_version="9")
        facts.put(m.SoftwareEnvironment, environment_type="BUILDTIME", environment_name="build")
        theirs = facts.external_environment(environment_name="theirs", **OURS)
        first = analysis(facts, "package-extract-1", NOW, software_environment_id=ours)
        analysis(facts, "package-extract-2", LATER, software_environment_id=ours)
        later = analysis(facts, "package-extract-3", LATER + timedelta(hours=1), software_environment_id=other)
        analysis(facts, "package-extract-4", NOW, external_software_environment_id=theirs)
        for place, symbol in ((ours, "GLIBC_2.17"), (ours, "GLIBC_2.4"), (other, "GLIBC_2.34")):
            facts.put(m.HasSymbol, software_environment_id=place, versioned_symbol_id=known_symbol(facts, symbol))
        facts.put(
            m.HasSymbol, external_software_environment_id=theirs, versioned_symbol_id=known_symbol(facts, "CUDA_11")
        )
        for run, name in ((first, "bash"), (later, "dash")):
            facts.put(m.FoundRPM, package_extract_run_id=run, rpm_package_version_id=rpm(facts, name))
            found(facts, run, name + "-py")


def analysis(facts: Facts, document_id: str, moment: datetime, **values: Any) -> Any:
    run = facts.analysis(document_id, **values)
    table = m.PackageExtractRun.__table__
    facts.connection.execute(table.update().where(table.c.id == run).values(datetime=moment))
    return run


def known_symbol(facts: Facts, symbol: str) -> Any:
    return facts.put(m.VersionedSymbol, library_name="/lib/libc.so.6", symbol=symbol)


def rpm(facts: Facts, name: str) -> Any:
    return facts.put(
        m.RPMPackageVersion, package_name=name, package_version="5", package_identifier=f"{name}-5-1.x86_64"
    )


def found(facts: Facts, run: int, name: str) -> None:
    for version, location in (("10.0", "/b"), ("9.0", "/a"), ("9.0", None)):
        entities = m.PythonPackageVersionEntity.__table__
        known = entities.select().where(entities.c.package_name == name, entities.c.package_version == version)
        row = facts.connection.execute(known).first()
        order = {"9.0": b"\x09", "10.0": b"\x10"}[version]
        entity = (
            row.id
            if row
            else facts.put(
                m.PythonPackageVersionEntity, package_name=name, package_version=version, version_order=order
            )
        )
        facts.put(m.Identified, package_extract_run_id=run, python_package_version_entity_id=entity, location=location)


def test_the_last_analysis_is_the_one_of_that_image(images: GraphDatabase) -> None:
    assert images.get_last_analysis_document_id("s2i-thoth", "v1") == "package-extract-2", "a newer one is of another"
    assert images.get_last_analysis_document_id("s2i-thoth", "v1", is_external=True) == "package-extract-4"
    assert images.get_last_analysis_document_id("s2i-thoth", "v2") is None
    ids = images.get_thoth_s2i_package_extract_analysis_document_id_all("s2i-thoth", "v1")
    assert ids == ["package-extract-2", "package-extract-1"]
    assert images.get_thoth_s2i_all() == [("s2i-thoth", "v1")] == images.get_thoth_s2i_all(is_external=True)


def test_an_analysis_says_when_and_by_what_it_was_made(images: GraphDatabase) -> None:
    found = images.get_analysis_metadata("package-extract-1")
    assert found == {
        "analysis_datetime": NOW.replace(tzinfo=None),
        "analysis_document_id": "package-extract-1",
        "package_extract_name": "package-extract",
        "package_extract_version": "1",
    }
    assert images.get_last_analysis_datetime() == (LATER + timedelta(hours=1)).replace(tzinfo=None)
    assert images.get_analyzer_documents_count_all() == 4 == images.get_analyzer_documents_count()
    with pytest.raises(NotFoundError, match="there is no analysis 'nothing'"):
        images.get_analysis_metadata("nothing")


def test_without_an_analysis_there_is_no_last_one(graph: GraphDatabase) -> None:
    with pytest.raises(NotFoundError, match="no image was analysed yet"):
        graph.get_last_analysis_datetime()


def test_what_an_analysis_found(images: GraphDatabase) -> None:
    (bash,) = images.get_rpm_package_version_all("package-extract-1")
    assert (bash["package_name"], bash["package_version"], bash["epoch"], bash["src"]) == ("bash", "5", None, False)
    assert [tuple(one.values()) for one in images.get_python_package_version_all("package-extract-1")] == [
        ("bash-py", "9.0", "/a"),
        ("bash-py", "9.0", None),
        ("bash-py", "10.0", "/b"),
    ]
    assert images.get_rpm_package_version_all("nothing") == [] == images.get_python_package_version_all("nothing")


def test_symbols_are_those_of_that_image_under_both_names_of_its_arguments(images: GraphDatabase) -> None:
    ask = images.get_thoth_s2i_analyzed_image_symbols_all
    assert ask("s2i-thoth", "v1") == ["GLIBC_2.17", "GLIBC_2.4"]
    assert ask(thoth_s2i_image_name="s2i-thoth", thoth_s2i_image_version="v1", is_external=True) == ["CUDA_11"]
    assert ask("s2i-thoth", "v2") == []
    for wrong in ({}, {"thoth_image_name": "x", "thoth_s2i_image_name": "x", "thoth_image_version": "v1"}):
        with pytest.raises(TypeError, match="thoth_image_name must be given once"):
            ask(**wrong)


def test_symbols_of_an_operating_system_leave_open_what_is_not_asked(images: GraphDatabase) -> None:
    ask = images.get_analyzed_image_symbols_all
    assert ask("rhel", "8") == ask("ubi", "8.4", python_version="3.8", cuda_version="11") == ["GLIBC_2.17", "GLIBC_2.4"]
    assert ask("rhel", "8", cuda_version="12") == []


def test_symbols_that_a_package_needs(graph: GraphDatabase, engine: Engine) -> None:
    with engine.begin() as connection:
        facts = Facts(connection)
        index = facts.index()
        for version, needed in (("1.0", "GLIBC_2.17"), ("2.0", "GLIBC_2.34")):
            file = facts.put(m.PythonArtifact, artifact_hash_sha256=hexadecimal(version))
            facts.put(m.RequiresSymbol, python_artifact_id=file, versioned_symbol_id=known_symbol(facts, needed))
            entity = facts.entity("numpy", version, index)
            facts.put(m.HasArtifact, python_package_version_entity_id=entity, python_artifact_id=file)
    for _ in range(2):
        assert graph.get_python_package_required_symbols("NumPy", "1.0", "https://pypi.org/simple/") == ["GLIBC_2.17"]
    assert graph.get_python_package_required_symbols("numpy", "3.0", None) == []
    assert graph.stats()["memory_cache_info"]["get_python_package_required_symbols"]["hits"] == 1


def test_names_of_environments_are_sorted_and_given_once(images: GraphDatabase) -> None:
    assert images.get_run_software_environment_all() == ["never", "other", "ours"]
    assert images.get_run_software_environment_all(1, 1) == ["other"] == images.run_software_environment_listing(1, 1)
    assert images.get_run_software_environment_all(is_external=True) == ["theirs"]
    assert images.run_software_environment_listing(is_user_run=True) == ["theirs"]
    assert images.get_build_software_environment_all() == ["build"] == images.build_software_environment_listing()


def test_analyses_of_an_environment_newest_first(images: GraphDatabase) -> None:
    found = images.get_run_software_environment_analyses_all("ours")
    assert [one["analysis_document_id"] for one in found] == ["package-extract-2", "package-extract-1"]
    assert found[1]["analysis_datetime"] == NOW.strftime("%Y-%m-%dT%H:%M:%S.%f")
    (one,) = images.run_software_environment_analyses_listing("theirs", convert_datetime=False, is_user_run=True)
    assert one["analysis_datetime"] == NOW.replace(tzinfo=None)
    assert images.get_build_software_environment_analyses_all("ours") == []
    assert images.build_software_environment_analyses_listing("build") == []


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["other", "ours", "ours", "never", "build"]),
        ({"os_name": "ubi", "os_version": "8.4"}, ["ours", "ours"]),
        ({"symbol": "GLIBC_2.34"}, ["other"]),
        ({"library_name": "/lib/libc.so.6"}, ["other", "ours", "ours"]),
        ({"symbol": "GLIBC_2.34", "library_name": "/lib/other.so"}, []),
        ({"package_name": "BASH_py"}, ["ours", "ours"]),
        ({"rpm_package_name": "dash"}, ["other"]),
        ({"cuda_version": "11", "python_version": "py38"}, ["ours", "ours"]),
        ({"is_external": True, "symbol": "CUDA_11"}, ["theirs"]),
        ({"is_external": True, "symbol": "GLIBC_2.4"}, []),
    ],
)
def test_environments_with_something_in_them_and_their_count(
    images: GraphDatabase, wanted: dict[str, Any], names: list[str]
) -> None:
    found = images.get_software_environments_all(**wanted)
    assert [one["environment_name"] for one in found] == names
    assert images.get_software_environments_count_all(**wanted) == len(names)
    assert images.get_software_environments_all(**wanted, start_offset=1, count=1) == found[1:2]


def test_an_environment_without_an_analysis_says_so(images: GraphDatabase) -> None:
    (never,) = [o for o in images.get_software_environments_all() if o["environment_name"] == "never"]
    assert never["package_extract_document_id"] is never["datetime"] is None
    assert never["environment_type"] == "RUNTIME"
    moments = [one["datetime"] for one in images.get_software_environments_all(convert_datetime=False, count=1)]
    assert moments == [(LATER + timedelta(hours=1)).replace(tzinfo=None)]
