"""Spelling names and ordering versions."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.filters import Environment, PackageAt, Page
from thoth.storages.graph.names import (
    key_sha256,
    normalize_index_url,
    normalize_package_name,
    normalize_package_version,
    normalize_python_version,
    version_order,
)

_numbers = st.integers(min_value=0, max_value=10**30) | st.sampled_from([0, 1, 9, 10, 255, 256, 65535, 65536])
_local_parts = st.from_regex(r"[a-z0-9]{1,5}", fullmatch=True)


@st.composite
def versions(draw: st.DrawFn) -> str:
    """Any version that PEP 440 knows."""
    text = f"{draw(_numbers)}!" if draw(st.booleans()) else ""
    text += ".".join(map(str, draw(st.lists(_numbers, min_size=1, max_size=4))))
    if draw(st.booleans()):
        text += f"{draw(st.sampled_from(['a', 'b', 'rc']))}{draw(_numbers)}"
    if draw(st.booleans()):
        text += f".post{draw(_numbers)}"
    if draw(st.booleans()):
        text += f".dev{draw(_numbers)}"
    if draw(st.booleans()):
        text += "+" + ".".join(draw(st.lists(_local_parts, min_size=1, max_size=3)))
    return text


@given(versions(), versions())
def test_keys_of_versions_compare_as_pep_440_compares_the_versions(first: str, second: str) -> None:
    keys, parsed = (version_order(first), version_order(second)), (Version(first), Version(second))
    assert (keys[0] < keys[1]) == (parsed[0] < parsed[1])
    assert (keys[0] == keys[1]) == (parsed[0] == parsed[1])


def test_the_order_of_pep_440s_own_example_holds() -> None:
    ordered = "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 "
    ordered += "1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 "
    ordered += "1.0.15 1.1.dev1 1!0.1"
    keys = [version_order(version) for version in ordered.split()]
    assert all(before < after for before, after in itertools.pairwise(keys))


def test_what_is_no_version_sorts_before_all_that_are() -> None:
    assert version_order("latest") < version_order("0.dev0")
    assert version_order("2004d") < version_order("2005a1.dev0")


def test_keys_are_small() -> None:
    assert len(version_order("2024.8.30")) < 20


@example("0\r/")
@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    for normalize in (normalize_package_name, normalize_package_version, normalize_index_url):
        assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    ("given_name", "expected"), [("Flask", "flask"), ("ruamel.yaml", "ruamel-yaml"), ("a-_.B", "a-b"), (" six ", "six")]
)
def test_names_are_spelled_by_pep_503(given_name: str, expected: str) -> None:
    assert normalize_package_name(given_name) == expected


@pytest.mark.parametrize(
    ("given_version", "expected"),
    [("1.0.0-RC1", "1.0.0rc1"), ("v1.2", "1.2"), ("1.0-1", "1.0.post1"), ("2004d", "2004d"), ("1.0.0", "1.0.0")],
)
def test_versions_are_spelled_by_pep_440(given_version: str, expected: str) -> None:
    assert normalize_package_version(given_version) == expected


@pytest.mark.parametrize(("given_python", "expected"), [("3.11", "3.11"), ("py311", "3.11"), ("310", "3.10")])
def test_python_versions_have_a_dot(given_python: str, expected: str) -> None:
    assert normalize_python_version(given_python) == expected


def test_index_urls_lose_their_last_slash_and_the_retired_host() -> None:
    assert normalize_index_url("https://example.com/simple/") == "https://example.com/simple"
    assert normalize_index_url("https://pypi.python.org/simple/") == "https://pypi.org/simple"


def test_digests_tell_none_from_nothing() -> None:
    assert len({key_sha256(None), key_sha256(""), key_sha256(), key_sha256(None, None), key_sha256("null")}) == 5


def test_an_environment_is_spelled_as_the_graph_spells_it() -> None:
    assert Environment.of("ubi", "8.4", "py38") == Environment("rhel", "8", "3.8")
    assert Environment.of("fedora", "31.1", None) == Environment("fedora", "31.1", None)


def test_equal_packages_are_equal_however_they_are_spelled() -> None:
    assert PackageAt.of("Flask", "1.0.0-RC1", "https://pypi.org/simple/") == PackageAt.of(
        "flask", "1.0.0rc1", "https://pypi.org/simple"
    )


@pytest.mark.parametrize("wrong", [{"start_offset": -1}, {"count": -1}, {"count": "10"}, {"start_offset": True}])
def test_a_page_is_a_number_of_items(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be a number of items that is not negative"):
        Page(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [None, 3.11, b"flask"])
def test_only_texts_have_a_spelling(wrong: Any) -> None:
    with pytest.raises(TypeError, match="package_name must be a text, not"):
        GraphDatabase.normalize_python_package_name(wrong)
    with pytest.raises(TypeError, match="package_version must be a text, not"):
        GraphDatabase.normalize_python_package_version(wrong)
    if wrong is not None:
        with pytest.raises(TypeError, match="index_url must be a text, not"):
            GraphDatabase.normalize_python_index_url(wrong)


@pytest.mark.parametrize("given", [("Debian", "12", "3.11.7"), (" debian", "12", "py311"), ("DEBIAN", "12", "311")])
def test_an_environment_has_one_spelling(given: tuple[str, str, str]) -> None:
    assert Environment.of(*given) == Environment("debian", "12", "3.11")
