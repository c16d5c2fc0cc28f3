"""Flags of package versions: on all environments of one version on one index, and on nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine
from support.databases import graph_at
from support.documents import DEBIAN, PYPI, RHEL
from support.facts import Facts
from support.tables import rows_of, run

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.names import version_order

OTHER = "https://other.example/simple"
HERE = ("Flask_X", "1.0.0-RC1", PYPI + "/")
FLAGS = [
    ("update_missing_flag_package_version", "is_missing", True),
    ("update_provides_source_distro_package_version", "provides_source_distro", False),
]
PLACES = [
    ("flask-x", "1.0.0rc1", PYPI),
    ("flask-x", "1.0.0rc1", OTHER),
    ("flask-x", "1.0.0rc1", None),
    ("flask-x", "2.0", PYPI),
    ("flask-y", "1.0.0rc1", PYPI),
]


@pytest.fixture
def solved(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """Each place was solved in two environments."""
    with engine.begin() as connection:
        facts = Facts(connection)
        indexes = {url: facts.index(url) for url in (PYPI, OTHER)}
        for name, version, url in PLACES:
            index = indexes.get(url or "")
            entity = facts.entity(name, version, index)
            for environment in (DEBIAN, RHEL):
                facts.put(
                    m.PythonPackageVersion,
                    entity_id=entity,
                    package_name=name,
                    package_version=version,
                    version_order=version_order(version),
                    python_package_index_id=index,
                    **environment,
                )
    return graph


def flagged(engine: Engine, flag: str, value: bool) -> list[tuple[Any, ...]]:
    statement = f"""
        SELECT v.package_name, v.package_version, i.url, v.os_name FROM python_package_version v
        LEFT JOIN python_package_index i ON i.id = v.python_package_index_id
        WHERE v.{flag} = :value ORDER BY 1, 2, 3, 4"""
    return [tuple(row) for row in rows_of(engine, statement, value=value)]


@pytest.mark.parametrize(("method", "flag", "unusual"), FLAGS)
def test_a_flag_is_set_in_every_environment_of_that_version_on_that_index_alone(
    solved: GraphDatabase, engine: Engine, method: str, flag: str, unusual: bool
) -> None:
    for _ in range(2):
        getattr(solved, method)(*HERE, unusual)
        assert flagged(engine, flag, unusual) == [(*PLACES[0], "debian"), (*PLACES[0], "rhel")]
    assert rows_of(engine, "SELECT package_name FROM package_change") == [("flask-x",)]
    getattr(solved, method)(*HERE, value=not unusual)
    assert flagged(engine, flag, unusual) == []


@pytest.mark.parametrize(("method", "flag", "unusual"), FLAGS)
def test_a_flag_of_what_is_not_there_is_an_error_and_changes_nothing(
    solved: GraphDatabase, engine: Engine, method: str, flag: str, unusual: bool
) -> None:
    for place in (("flask", "1.0.0rc1", PYPI), ("flask-x", "3.0", PYPI), ("flask-y", "1.0.0rc1", OTHER)):
        with pytest.raises(NotFoundError, match="^{} {} from {} was not solved$".format(*place)):
            getattr(solved, method)(*place, unusual)
    assert flagged(engine, flag, unusual) == []
    assert rows_of(engine, "SELECT count(*) FROM package_change") == [(0,)]


@pytest.mark.parametrize("method", [method for method, *_ in FLAGS])
def test_what_is_left_out_stands_for_no_versions_and_what_is_no_truth_value_for_none(method: str) -> None:
    """Before the database is asked."""
    tell = getattr(GraphDatabase(), method)
    told: dict[str, Any] = dict(zip(("package_name", "package_version", "index_url"), HERE, strict=True))
    for missing in told:
        with pytest.raises(TypeError, match=f"{missing} must be a text, not None"):
            tell(**{**told, missing: None}, value=True)
    for wrong in (1, None, "no"):
        with pytest.raises(TypeError, match=f"value must be True or False, not {wrong!r}"):
            tell(**told, value=wrong)


def test_what_is_missing_in_one_environment_is_missing(solved: GraphDatabase, engine: Engine) -> None:
    run(
        engine, "UPDATE python_package_version SET is_missing = true WHERE os_name = 'rhel' AND package_version = '2.0'"
    )
    assert solved.is_python_package_version_is_missing("Flask.X", "v2.0", PYPI) is True
    assert solved.is_python_package_version_is_missing(*HERE) is False
    assert solved.is_python_package_version_is_missing(*HERE[:2], None) is False
    solved.update_missing_flag_package_version("flask-x", "1.0.0rc1", OTHER, True)
    assert solved.is_python_package_version_is_missing(*HERE) is False
    assert solved.is_python_package_version_is_missing(*HERE[:2], None) is True, "on any index"
    run(engine, "UPDATE python_package_version SET is_missing = python_package_index_id IS NULL")
    assert solved.is_python_package_version_is_missing(*HERE[:2], None) is True, "and on none"
    with pytest.raises(NotFoundError, match=f"^flask-y 2.0 from {PYPI} was not solved$"):
        solved.is_python_package_version_is_missing("flask-y", "2.0", PYPI)


def test_what_was_remembered_is_forgotten_by_who_tells_at_once_and_by_another_process(
    solved: GraphDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def available(graph: GraphDatabase) -> bool:
        try:
            return graph.get_depends_on(*PLACES[0], is_missing=False) == {}
        except NotFoundError:
            return False

    with graph_at(solved._connected_engine().url, []) as other:
        for graph, seconds_between_looks in ((solved, "3600"), (other, "0")):
            monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", seconds_between_looks)
            assert available(graph)
            solved.update_missing_flag_package_version(*HERE, value=True)
            assert not available(graph)
            solved.update_missing_flag_package_version(*HERE, value=False)
