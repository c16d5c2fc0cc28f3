"""Digests of the files that package versions are distributed as, and that an index no longer provides one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import PYPI
from support.facts import Facts, hexadecimal
from support.tables import CountStatements, rows_of, run

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m

OTHER = "https://other.example/simple"
HERE = ("Flask_X", "1.0.0", PYPI + "/")
FIRST, SECOND = sorted(map(hexadecimal, ("a", "b")))


@pytest.fixture(scope="module")
def on_two_indexes(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """A graph that no test writes to; see fill()."""
    with graph_with(server, template, "artifacts", []) as adapter:
        yield fill(adapter)


def fill(graph: GraphDatabase) -> GraphDatabase:
    """flask-x 1.0.0 has both files on one index and the first on another; without an index it has the second."""
    with graph._connected_engine().begin() as connection:
        facts = Facts(connection)
        files = [facts.put(m.PythonArtifact, artifact_hash_sha256=digest) for digest in (FIRST, SECOND)]
        for url, provided in ((PYPI, files), (OTHER, files[:1]), (None, files[1:])):
            entity = facts.entity("flask-x", "1.0.0", url and facts.index(url))
            for file in provided:
                facts.put(m.HasArtifact, python_package_version_entity_id=entity, python_artifact_id=file)
    return graph


def test_a_file_on_several_indexes_is_there_once_for_each_unless_distinct(on_two_indexes: GraphDatabase) -> None:
    graph = on_two_indexes
    assert graph.get_python_package_hashes_sha256("Flask.X", "1.0.0") == [FIRST, FIRST, SECOND, SECOND]
    assert graph.get_python_package_hashes_sha256("Flask.X", "1.0.0", distinct=True) == [FIRST, SECOND]
    assert graph.get_python_package_hashes_sha256(*HERE) == [FIRST, SECOND]
    assert graph.get_python_package_hashes_sha256(*HERE[:2], OTHER) == [FIRST]
    assert graph.get_python_package_hashes_sha256(*HERE[:2], "https://unknown.example") == []


def test_the_names_of_2019_give_each_digest_once(on_two_indexes: GraphDatabase) -> None:
    graph = on_two_indexes
    assert graph.get_python_package_version_hashes_sha256(*HERE[:2]) == [FIRST, SECOND]
    assert graph.get_python_package_version_hashes_sha256(*HERE[:2], OTHER) == [FIRST]
    assert graph.get_all_python_package_version_hashes_sha256(*HERE[:2]) == [FIRST, SECOND]


def test_a_file_that_one_index_no_longer_provides_is_still_on_the_others(graph: GraphDatabase, engine: Engine) -> None:
    fill(graph)
    for digest in (f" sha256:{FIRST.upper()}", FIRST):  # told twice it is no error
        graph.update_python_package_hash_present_flag(*HERE, digest)
    assert graph.get_python_package_hashes_sha256(*HERE) == [SECOND]
    assert graph.get_python_package_hashes_sha256(*HERE[:2], OTHER) == [FIRST]
    assert graph.get_python_package_hashes_sha256(*HERE[:2]) == [FIRST, SECOND, SECOND]
    assert rows_of(engine, "SELECT count(*) FROM has_artifact WHERE NOT present") == [(1,)]
    assert rows_of(engine, "SELECT count(*) FROM python_artifact WHERE NOT present") == [(0,)], "others provide it"
    assert rows_of(engine, "SELECT package_name FROM package_change") == [("flask-x",)]


def test_a_file_that_releases_before_flagged_as_missing_is_no_hash(graph: GraphDatabase, engine: Engine) -> None:
    fill(graph)
    run(engine, "UPDATE python_artifact SET present = false WHERE artifact_hash_sha256 = :digest", digest=FIRST)
    assert graph.get_python_package_hashes_sha256(*HERE[:2], distinct=True) == [SECOND]
    batch = graph.get_python_packages_hashes_sha256([HERE, (*HERE[:2], None)])
    assert batch == {HERE: [SECOND], (*HERE[:2], None): [SECOND]}


@pytest.mark.parametrize(
    "place",
    [
        ("other", "1.0.0", PYPI, FIRST),
        ("flask-x", "2.0.0", PYPI, FIRST),
        ("flask-x", "1.0.0", "https://unknown.example", FIRST),
        ("flask-x", "1.0.0", OTHER, SECOND),
        ("flask-x", "1.0.0", PYPI, "no digest"),
    ],
)
def test_a_file_that_was_never_there_is_an_error_that_names_all_that_was_said(
    on_two_indexes: GraphDatabase, place: tuple[str, str, str, str]
) -> None:
    engine = on_two_indexes._connected_engine()
    with pytest.raises(NotFoundError) as raised:
        on_two_indexes.update_python_package_hash_present_flag(*place)
    assert str(raised.value) == "{} {} from {} has no artifact with the sha256 {!r}".format(*place)
    assert rows_of(engine, "SELECT count(*) FROM has_artifact WHERE NOT present") == [(0,)]
    assert rows_of(engine, "SELECT count(*) FROM package_change") == [(0,)]


@pytest.mark.parametrize("missing", ["package_name", "package_version", "index_url", "sha256_hash"])
def test_what_is_left_out_does_not_stand_for_all_before_the_database_is_asked(missing: str) -> None:
    told: dict[str, Any] = dict(zip(("package_name", "package_version", "index_url"), HERE, strict=True))
    with pytest.raises(TypeError, match=f"{missing} must be a text, not None"):
        GraphDatabase().update_python_package_hash_present_flag(**{**told, "sha256_hash": FIRST, missing: None})


def test_a_batch_is_one_statement_and_answers_under_what_was_given(
    on_two_indexes: GraphDatabase, count_statements: CountStatements
) -> None:
    graph, unknown = on_two_indexes, ("unknown", "1", None)
    asked: list[Any] = [HERE, unknown, (*HERE[:2], None), HERE]
    assert graph.get_python_packages_hashes_sha256(iter(asked)) == {
        HERE: [FIRST, SECOND],
        unknown: [],
        (*HERE[:2], None): [FIRST, SECOND],
    }
    assert count_statements(graph, lambda: graph.get_python_packages_hashes_sha256(asked * 100)) == 1
