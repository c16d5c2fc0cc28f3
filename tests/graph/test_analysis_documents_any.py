"""The parser of image analyses: documents of 2019, and documents with any value at any place."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from support.analyses import in_the_format_of_2019, real_analysis, with_rpms
from support.tables import rows_of

from thoth.storages.document_ids import document_id_of
from thoth.storages.exceptions import NoDocumentIdError, SchemaError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.analysis import PythonPackage, parse

LONG = "x" * 257


# --- The format of 2019 ----------------------------------------------------------------------------------------------


def test_a_document_of_2019_says_the_same_without_what_it_did_not_know_yet(
    graph: GraphDatabase, engine: Engine
) -> None:
    new, document = parse(real_analysis()), in_the_format_of_2019(real_analysis())
    old = parse(document)
    assert old.document.document_id == document_id_of(document) == "package-extract-2f6e8cd5"
    assert (old.python_files, old.debs, old.symbols) == (new.python_files, new.debs, new.symbols)
    assert {(item.package_name, item.package_version, None) for item in new.python_packages} == {
        (item.package_name, item.package_version, item.location) for item in old.python_packages
    }
    assert old.environment == new.environment
    assert (old.python_interpreters, old.run.image_size, old.run.duration, old.is_external) == ((), None, None, True)
    graph.sync_analysis_result(document)
    assert graph.analysis_records_exist(document)
    assert rows_of(engine, "SELECT count(*), count(location) FROM identified") == [(69, 0)]
    statement = "SELECT analysis_document_id, duration, image_size FROM package_extract_run"
    assert rows_of(engine, statement) == [("package-extract-2f6e8cd5", None, None)]


def test_what_mercator_did_not_find_out_is_left_out() -> None:
    document = in_the_format_of_2019(real_analysis())
    document["result"]["mercator"] = [
        {"ecosystem": "Python-RequirementsTXT", "result": {"dependencies": ["flask"]}},
        {"ecosystem": "Java-Maven", "result": {"name": "junit", "version": "4"}},
        {"ecosystem": "Python-Dist", "result": {"error": True, "name": "a", "version": "1"}},
        {"ecosystem": "Python-Dist", "result": {"error": "it broke"}},
        {"ecosystem": "Python-Dist", "result": {"version": "1"}},
        {"ecosystem": "Python-Dist", "result": {"name": "", "version": "1"}},
        {"ecosystem": "Python-Dist", "result": None},
        {"ecosystem": "Python-Dist"},
        {"ecosystem": "Python-Dist", "result": {"name": "no-version"}},
        {"ecosystem": "Python-Dist", "result": {"name": "Flask_X", "version": "1.0.0-RC1", "error": False}},
        {"ecosystem": "Python", "result": {"name": LONG, "version": "1"}},
    ]
    rows = parse(document)
    assert rows.python_packages == (PythonPackage("flask-x", "1.0.0rc1", None),)
    assert rows.document.remarks == (
        "result.mercator[8].result: left out, no-version has no version",
        "result.mercator[10].result.name: left out, at most 256 bytes, not 257",
    )


@pytest.mark.parametrize("hostname", [None, "", "localhost", 5])
def test_a_document_of_2019_whose_host_is_no_pod_has_no_id(graph: GraphDatabase, hostname: Any) -> None:
    document = in_the_format_of_2019(real_analysis())
    document["metadata"]["hostname"] = hostname
    with pytest.raises(NoDocumentIdError):
        parse(document)
    with pytest.raises(NoDocumentIdError):
        graph.analysis_records_exist(document)


# --- Whatever else ---------------------------------------------------------------------------------------------------

_SMALL = with_rpms(real_analysis())
for _key in ("python-packages", "python-files", "deb-dependencies", "deb"):
    _SMALL["result"][_key] = _SMALL["result"][_key][:2]
_SMALL["result"]["system-symbols"] = {"libc.so": ["A"]}
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\x00", "\ud800", LONG]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return [way, *itertools.chain.from_iterable(_places(each, (*way, key)) for key, each in inner)]
    return [way]


@given(place=st.sampled_from(_places(_SMALL)[1:]), value=_ANY)
def test_any_value_at_any_place_is_read_or_refused_by_the_right_error(place: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(_SMALL)
    inner = document
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    try:
        rows = parse(document)
    except SchemaError as error:
        assert error.path
    else:
        hash(rows)
