"""What a document's id tells."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thoth.storages.document_ids import (
    InspectionResultId,
    SolverName,
    date_of,
    document_id_of,
    is_document_id,
    map_os_name,
    normalize_os_version,
    parse_solver_name,
    solver_name_of,
)
from thoth.storages.exceptions import NoDocumentIdError, SchemaError, SolverNameParseError

OS_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z]{2,6}){0,2}", fullmatch=True)
OS_VERSIONS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", fullmatch=True)
PYTHONS = st.tuples(st.integers(2, 3), st.integers(0, 20))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59))
HASHES = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)


def test_a_document_of_2023_names_itself(document: dict[str, Any]) -> None:
    assert document_id_of(document) == "solver-debian-12-py311-261122110655-72f10e8a80c6ea02"


def test_a_document_of_2019_is_named_after_its_pod(document_of_2019: dict[str, Any]) -> None:
    assert document_id_of(document_of_2019) == "solver-fedora-31-py37-8ad7"


@pytest.mark.parametrize("empty", ["", None, 7])
def test_without_a_usable_id_the_pod_names_the_document(empty: object) -> None:
    assert document_id_of({"metadata": {"document_id": empty, "hostname": "adviser-ab12-xyz"}}) == "adviser-ab12"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"metadata": None},
        {"metadata": {}},
        {"metadata": {"document_id": "", "hostname": "localhost"}},
        {"metadata": {"hostname": "-pod"}},
        {"metadata": {"hostname": 3}},
        [],
    ],
)
def test_a_document_that_does_not_name_itself_is_an_error_that_says_where_the_name_belongs(document: Any) -> None:
    with pytest.raises(NoDocumentIdError) as raised:
        document_id_of(document)
    assert isinstance(raised.value, SchemaError)
    assert raised.value.path == "metadata.document_id"


@pytest.mark.parametrize(
    ("document_id", "solver_name"),
    [
        ("solver-rhel-8-py38-221122110655-72f10e8a80c6ea02", "solver-rhel-8-py38"),
        ("solver-fedora-31-py37-8ad7-x1b2", "solver-fedora-31-py37"),
        ("solver-fedora-31-py37-8ad7", "solver-fedora-31-py37"),
        ("solver-rhel-8.5-py310-221122110655-py39", "solver-rhel-8.5-py310"),
        ("solver-open-suse-15-py36-1", "solver-open-suse-15-py36"),
        ("solver-rhel-8-py38", "solver-rhel-8-py38"),
    ],
)
def test_the_solver_is_the_id_up_to_its_python(document_id: str, solver_name: str) -> None:
    assert solver_name_of(document_id) == solver_name


NOT_SOLVERS = ["", "adviser-221122110655-72f1", "solver-", "solver-rhel-py38", "solver--8-py38", "solver-rhel-8-py3",
               "solver-rhel-8-38", "solver-rhel-8-py3x", " solver-rhel-8-py38", "Solver-rhel-8-py38",
               "solver-rh el-8-py38", "solver-rhel-8-py38.request", "solver-rhel-8-py38\n"]  # fmt: skip


@pytest.mark.parametrize("text", NOT_SOLVERS)
def test_what_does_not_start_with_a_solvers_name_is_an_error_that_shows_it(text: str) -> None:
    with pytest.raises(SolverNameParseError, match="expected solver-<os name>-<os version>-py<XY>") as raised:
        solver_name_of(text)
    assert repr(text) in str(raised.value)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize("text", [*NOT_SOLVERS, "solver-rhel-8-py38-221122110655-72f1", "solver-a-1-py27-2-py38"])
def test_only_a_whole_solver_name_is_parsed(text: str) -> None:
    with pytest.raises(SolverNameParseError):
        parse_solver_name(text)


@pytest.mark.parametrize(
    ("solver_name", "parsed"),
    [
        ("solver-fedora-31-py37", ("fedora", "31", "3.7")),
        ("solver-debian-12-py310", ("debian", "12", "3.10")),
        ("solver-centos-7-py27", ("centos", "7", "2.7")),
        ("solver-rhel-8.5-py36", ("rhel", "8", "3.6")),
        ("solver-ubi-8.5-py36", ("rhel", "8", "3.6")),
        ("solver-open-suse-15.3-py39", ("open-suse", "15.3", "3.9")),
    ],
)
def test_a_solver_name_tells_its_environment(solver_name: str, parsed: tuple[str, str, str]) -> None:
    assert parse_solver_name(solver_name) == SolverName(*parsed)


@given(OS_NAMES, OS_VERSIONS, PYTHONS, MOMENTS, HASHES)
def test_ids_made_from_parts_give_the_parts_back(
    os_name: str, os_version: str, python: tuple[int, int], moment: datetime, digest: str
) -> None:
    solver = f"solver-{os_name}-{os_version}-py{python[0]}{python[1]}"
    document_id = f"{solver}-{moment:%y%m%d%H%M%S}-{digest}"
    assert solver_name_of(document_id) == solver
    assert date_of(document_id) == moment.date()
    parsed = parse_solver_name(solver)
    assert parsed.python_version == f"{python[0]}.{python[1]}"
    assert parsed.os_name == map_os_name(os_name)
    assert parsed.os_version == normalize_os_version(os_name, os_version)


@given(st.sampled_from(["rhel", "ubi", "fedora", "debian"]) | OS_NAMES, OS_VERSIONS)
def test_normalising_twice_changes_nothing(os_name: str, os_version: str) -> None:
    name, version = map_os_name(os_name), normalize_os_version(os_name, os_version)
    assert (map_os_name(name), normalize_os_version(name, version)) == (name, version)


def test_only_rhel_and_ubi_lose_their_minor_version() -> None:
    assert normalize_os_version("rhel", "8.5") == normalize_os_version("ubi", "8.5") == "8"
    assert normalize_os_version("ubuntu", "22.04") == "22.04"
    assert normalize_os_version(None, "8.5") == "8.5"


def test_operating_systems_are_named_in_lower_case() -> None:
    assert map_os_name("Debian") == "debian"
    assert map_os_name(" UBI ") == "rhel"
    assert normalize_os_version("RHEL", "8.5") == "8"


def test_what_is_not_known_stays_unknown() -> None:
    assert map_os_name(None) is None
    assert normalize_os_version("rhel", None) is None


@pytest.mark.parametrize(
    ("document_id", "day"),
    [
        ("adviser-221122110655-72f10e8a80c6ea02", date(2022, 11, 22)),
        ("adviser-221122110655-72f10e8a80c6ea02.request", date(2022, 11, 22)),
        ("package-extract-200229000000-1", date(2020, 2, 29)),
        ("inspection-999999999999-221122110655-1", date(2022, 11, 22)),
        ("inspection-a-221122110655-210101000000-1", date(2022, 11, 22)),
        ("adviser-991231235959-1", date(2099, 12, 31)),
        ("adviser-210229000000-1", None),
        ("adviser-221122110655", None),
        ("solver-fedora-31-py37-8ad7-x1b2", None),
        ("sha256:0a1b", None),
        ("", None),
    ],
)
def test_the_day_of_a_document_is_read_from_its_id(document_id: str, day: date | None) -> None:
    assert date_of(document_id) == day


@given(st.text())
def test_no_text_has_a_day_by_accident_of_its_form(text: str) -> None:
    assert date_of(text) is None or "-" in text


# --- Objects and ids -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document_id",
    [
        "adviser-211123195453-bb9f6846b33a9810",
        "adviser-22a89155",
        "solver-ubuntu-20.04-py38-210501000000-0a",
        "solver-rhel-8.2-py38-8ad7",
        "chosen",
    ],
)
def test_ids_of_both_generations_are_documents(document_id: str) -> None:
    assert is_document_id(document_id)


@pytest.mark.parametrize(
    "key", ["", "/", "adviser-1/", "old/adviser-1", "adviser-1.request", "adviser-1.json", ".hidden", "notes.txt", "a."]
)
def test_folders_and_names_with_a_suffix_are_no_documents(key: str) -> None:
    assert not is_document_id(key)


def test_the_id_of_an_inspections_result_says_both() -> None:
    parsed = InspectionResultId.parse("inspection-iotf-2-fd697eb4/results/10")
    assert parsed == ("inspection-iotf-2-fd697eb4", 10)
    assert str(parsed) == "inspection-iotf-2-fd697eb4/results/10"


@pytest.mark.parametrize(
    "document_id", ["", "inspection-1", "/results/0", "a/results/", "a/results/00", "a/results/0/", "a/results/0\n"]
)
def test_other_ids_are_of_no_inspections_result(document_id: str) -> None:
    assert InspectionResultId.parse(document_id) is None
