"""Questions about solvers, the environments they run in, and when they last ran."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, insert
from support.facts import NOW
from support.worlds import ENVIRONMENTS, PYPI, Run, Solved, World, write

from thoth.storages.exceptions import NotFoundError, SolverNameParseError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of

DEBIAN, RHEL = ENVIRONMENTS
RUNS = [
    Solved(("a", "1.0", PYPI), DEBIAN, [Run("s-1", 1, None), Run("s-2", 2, "")]),
    Solved(("a", "2.0", None), RHEL, [Run("s-3", 9, "unparseable")]),
]
FIRST = datetime(2024, 1, 2)


@pytest.fixture
def ran(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    write(engine, World({one.place for one in RUNS}, set(), {}, {}, RUNS))
    return graph


def register(engine: Engine, name: str, version: str, environment: tuple[str, str, str]) -> None:
    """A solver that did not run."""
    os_name, os_version, python_version = environment
    with engine.begin() as connection:
        connection.execute(
            insert(table_of(m.EcosystemSolver)),
            {
                "ecosystem": "python",
                "solver_name": name,
                "solver_version": version,
                "os_name": os_name,
                "os_version": os_version,
                "python_version": python_version,
            },
        )


def test_the_newest_run_is_told_in_utc_without_a_zone(ran: GraphDatabase) -> None:
    assert NOW.replace(tzinfo=None) == FIRST
    assert ran.get_last_solver_datetime() == FIRST + timedelta(minutes=9)
    assert ran.get_last_solver_datetime(*DEBIAN) == FIRST + timedelta(minutes=2)
    assert ran.get_last_solver_datetime(python_version="py311") == FIRST + timedelta(minutes=2)
    assert ran.get_last_solver_datetime("ubi", "8.9", "3.8") == FIRST + timedelta(minutes=9)
    assert ran.get_last_solver_datetime(os_name="rhel").tzinfo is None


def test_the_zone_of_the_server_does_not_matter(ran: GraphDatabase, engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE \"{engine.url.database}\" SET timezone TO 'Asia/Kolkata'")
    ran.disconnect()
    ran.connect()
    assert ran.get_last_solver_datetime() == FIRST + timedelta(minutes=9)


def test_where_nothing_ran_there_is_no_newest_run(ran: GraphDatabase, engine: Engine) -> None:
    register(engine, "solver-fedora-31-py37", "1", ("fedora", "31", "3.7"))
    with pytest.raises(NotFoundError, match=r"nothing was solved in fedora 31 Python 3\.7"):
        ran.get_last_solver_datetime("fedora", "31", "3.7")
    with engine.begin() as connection:
        connection.execute(delete(table_of(m.Solved)))
    with pytest.raises(NotFoundError, match="nothing was solved in any environment"):
        ran.get_last_solver_datetime()


def test_whether_anything_ran_in_an_environment(ran: GraphDatabase, engine: Engine) -> None:
    register(engine, "solver-fedora-31-py37", "1", ("fedora", "31", "3.7"))
    assert ran.solved_software_environment_exists(*DEBIAN) is True
    assert ran.solved_software_environment_exists(os_name="ubi", os_version="8.4", python_version="py38") is True
    assert ran.solved_software_environment_exists("debian", "12", "3.8") is False, "parts of two environments"
    assert ran.solved_software_environment_exists("fedora", "31", "3.7") is False, "nothing was solved there"
    with engine.begin() as connection:
        connection.execute(delete(table_of(m.Solved)))
    assert ran.solved_software_environment_exists(*DEBIAN) is False, "the runs are gone, though the version is there"


def test_environments_and_solvers_are_listed_once_each(ran: GraphDatabase, engine: Engine) -> None:
    register(engine, "solver-debian", "2", DEBIAN)  # a newer one of the same name
    register(engine, "solver-Fedora", "1", ("Fedora", "31", "3.7"))
    found = ran.get_solved_python_package_versions_software_environment_all()
    assert [tuple(one.values()) for one in found] == list(ENVIRONMENTS), "nothing was solved on Fedora"
    assert found[0] == {"os_name": "debian", "os_version": "12", "python_version": "3.11"}
    assert ran.get_ecosystem_solver_all() == ["solver-Fedora", "solver-debian", "solver-rhel"]
    assert ran.get_ecosystem_solver_count_all() == 3


def test_an_empty_graph_has_no_solvers(graph: GraphDatabase) -> None:
    assert graph.get_ecosystem_solver_all() == []
    assert graph.get_ecosystem_solver_count_all() == 0
    assert graph.get_solved_python_package_versions_software_environment_all() == []
    assert graph.solved_software_environment_exists(*DEBIAN) is False


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("solver-fedora-31-py37", ("fedora", "31", "3.7")),
        ("solver-debian-12-py310", ("debian", "12", "3.10")),  # not 3.1.0
        ("solver-rhel-8.9-py38", ("rhel", "8", "3.8")),
        ("solver-ubi-9-py39", ("rhel", "9", "3.9")),
    ],
)
def test_the_name_of_a_solver_tells_its_environment(name: str, expected: tuple[str, str, str]) -> None:
    parsed = GraphDatabase.parse_python_solver_name(name)
    assert parsed == dict(zip(("os_name", "os_version", "python_version"), expected, strict=True))


@pytest.mark.parametrize("name", ["", "fedora-31-py37", "solver-fedora-py37", "solver-fedora-31-37", "solver-fedora"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(SolverNameParseError, match="expected solver-"):
        GraphDatabase.parse_python_solver_name(name)
    assert issubclass(SolverNameParseError, ValueError)
