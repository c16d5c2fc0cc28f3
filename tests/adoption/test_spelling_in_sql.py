"""What SQL computes is what Python computes, for any text that a database can hold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Connection, text

from thoth.storages.graph.adoption import sql
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.filters import Environment
from thoth.storages.graph.names import key_sha256, set_sha256

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
VALUES = st.one_of(st.none(), TEXTS, st.sampled_from(["\x01\x1f\x7f\x80", '"\\/', "😀\u2028\uffff", "null", "[]"]))


@pytest.fixture(scope="module")
def connection(server: URL) -> Iterator[Connection]:
    with make_maintenance_engine(server).connect() as connected:
        yield connected


def _computed(connection: Connection, expression: str, **values: object) -> object:
    typed = ", ".join(f"CAST(:{name} AS {'boolean' if name == 'flag' else 'text'}) AS {name}" for name in values)
    found = connection.scalar(text(f"SELECT {expression} FROM (SELECT {typed}) given"), values)
    return bytes(found) if isinstance(found, memoryview) else found


@settings(max_examples=150, deadline=None)
@given(a=VALUES, b=VALUES, flag=st.sampled_from([None, True, False]))
def test_the_digest_of_values_is_the_one_of_python(connection: Connection, a: str, b: str, flag: bool) -> None:
    computed = _computed(connection, sql.sha256(sql.json_array("a", "b", "flag")), a=a, b=b, flag=flag)
    assert computed == key_sha256(a, b, flag)


@settings(max_examples=100, deadline=None)
@given(members=st.lists(st.tuples(VALUES, VALUES), max_size=5))
def test_the_hash_of_a_set_is_the_one_of_python(connection: Connection, members: list[tuple[str, str]]) -> None:
    given = members + members[:1]
    one = sql.json_array("a", "b")
    listed = f"""string_agg(DISTINCT ({one}) COLLATE "C", ',' ORDER BY ({one}) COLLATE "C")"""
    content = sql.sha256(f"'[' || coalesce({listed}, '') || ']'")
    statement = f"SELECT encode({content}, 'hex') FROM unnest(CAST(:a AS text[]), CAST(:b AS text[])) AS given (a, b)"
    values = {"a": [a for a, _ in given], "b": [b for _, b in given]}
    assert connection.scalar(text(statement), values) == set_sha256(given)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([None, "ubi", "rhel", "fedora", "Ubi", " Debian\n", "RHEL"]),
    version=st.one_of(st.none(), st.text("0189.-", max_size=6)),
)
def test_an_operating_system_is_spelled_as_in_python(
    connection: Connection, name: str | None, version: str | None
) -> None:
    wanted = Environment.of(name, version, None)
    assert _computed(connection, sql.os_name("name"), name=name) == wanted.os_name
    assert _computed(connection, sql.os_version("name", "version"), name=name, version=version) == wanted.os_version
