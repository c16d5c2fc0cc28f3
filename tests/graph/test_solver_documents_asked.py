"""Questions about the documents of solver runs: of a package, of some days, of those that failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import graph_with
from support.documents import Document
from support.facts import NOW
from support.worlds import ENVIRONMENTS, MIRROR, PYPI, Place, Run, Solved, World, write

from thoth.storages.graph import GraphDatabase

DEBIAN, RHEL = ENVIRONMENTS
DAY = 24 * 60
RUNS = [
    Solved(("a", "1.0", PYPI), DEBIAN, [Run("s-9", 0, None), Run("s-2", DAY, "")]),
    Solved(("a", "10.0", MIRROR), RHEL, [Run("s-3", 2 * DAY - 1, "unsolvable")]),
    Solved(("a", "2.0", None), RHEL, [Run("s-4", 2 * DAY, "unparseable")]),
    Solved(("b-c", "1.0", PYPI), DEBIAN, [Run("s-2", DAY, None), Run("s-1", 5 * DAY, None)]),
]
ON_UBI = {"os_name": "ubi", "os_version": "8.9", "python_version": "py38"}


@pytest.fixture(scope="module")
def ran(server: URL, template: URL) -> Iterator[GraphDatabase]:
    """Runs of 2, 3, 4 and 7 January 2024; s-2 is about two packages."""
    with graph_with(server, template, "runs", []) as graph:
        write(graph._connected_engine(), World({one.place for one in RUNS}, set(), {}, {}, RUNS))
        yield graph


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("A",), ["s-2", "s-3", "s-4", "s-9"]),
        (("a", "v1.0"), ["s-2", "s-9"]),
        (("a", None, MIRROR + "/"), ["s-3"]),
        (("a", "1.0", MIRROR), []),
        (("B_C",), ["s-1", "s-2"]),
        (("nobody",), []),
    ],
)
def test_the_documents_of_a_package(ran: GraphDatabase, asked: tuple[Any, ...], expected: list[str]) -> None:
    assert ran.get_solver_document_id_all(*asked) == expected


def test_the_documents_of_a_package_newest_first(ran: GraphDatabase) -> None:
    assert ran.get_solver_document_id_all("a", sort=True) == ["s-4", "s-3", "s-2", "s-9"]
    assert ran.get_solver_document_id_all("a", sort=True, **ON_UBI) == ["s-4", "s-3"]
    assert ran.get_solver_document_id_all("a", "2.0", os_name="debian") == []
    with pytest.raises(TypeError, match="package_name"):
        ran.get_solver_document_id_all(None)  # type: ignore[arg-type]


def test_the_documents_of_real_runs(filled: GraphDatabase, documents: list[Document]) -> None:
    ids = sorted(document["metadata"]["document_id"] for document in documents)
    assert filled.get_solver_run_document_ids_all(count=None) == ids
    assert filled.get_solver_documents_count_all() == len(ids)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), ["s-1", "s-2", "s-3", "s-4", "s-9"]),
        (("02-01-2024", "02-01-2024"), ["s-9"]),
        (("03-01-2024", "03-01-2024"), ["s-2", "s-3"]),  # at midnight, and in the day's last minute
        (("04-01-2024",), ["s-1", "s-4"]),
        ((None, "03-01-2024"), ["s-2", "s-3", "s-9"]),
        (("08-01-2024", "31-12-9999"), []),
        (("01-01-0001", "31-12-9999"), ["s-1", "s-2", "s-3", "s-4", "s-9"]),
        (("04-01-2024", "03-01-2024"), []),
        ((None, None, "ubi", "8.4", "3.8"), ["s-3", "s-4"]),
        ((None, "03-01-2024", None, None, "3.8"), ["s-3"]),
    ],
)
def test_the_documents_of_some_days(ran: GraphDatabase, asked: tuple[Any, ...], expected: list[str]) -> None:
    assert ran.get_solver_run_document_ids_all(*asked) == expected


def test_the_last_microsecond_of_a_day_belongs_to_it(graph: GraphDatabase, engine: Engine) -> None:
    last = datetime(2024, 1, 3, 23, 59, 59, 999_999, tzinfo=UTC)
    for minutes, expected in ((last - NOW, ["s-5"]), (last - NOW + timedelta.resolution, [])):
        run = Run("s-5", minutes / timedelta(minutes=1), None)  # type: ignore[arg-type]
        write(engine, World({("a", "1.0", PYPI)}, set(), {}, {}, [Solved(("a", "1.0", PYPI), DEBIAN, [run])]))
        assert graph.get_solver_run_document_ids_all("03-01-2024", "03-01-2024") == expected


@pytest.mark.parametrize(
    ("flags", "expected", "on_rhel"),
    [
        ({"has_error": True}, ["s-2", "s-3", "s-4"], ["s-3", "s-4"]),
        ({"unsolvable": True}, ["s-3"], ["s-3"]),
        ({"unparseable": True}, ["s-4"], ["s-4"]),
        ({"has_error": True, "unparseable": True}, ["s-4"], ["s-4"]),
    ],
)
def test_the_documents_of_failures_in_any_environment_and_in_one(
    ran: GraphDatabase, flags: dict[str, bool], expected: list[str], on_rhel: list[str]
) -> None:
    assert ran.get_solver_run_document_ids_all(**flags) == expected
    assert ran.get_solver_run_document_ids_all(**flags, **ON_UBI) == on_rhel
    if "has_error" not in flags:
        assert ran.get_solver_run_document_ids_all(**flags, os_name="debian") == []


def test_pages_of_documents_repeat_and_skip_nothing(ran: GraphDatabase) -> None:
    pages = [ran.get_solver_run_document_ids_all(start_offset=at, count=2) for at in (0, 2, 4, 6)]
    assert pages == [["s-1", "s-2"], ["s-3", "s-4"], ["s-9"], []]
    assert ran.get_solver_documents_count_all() == 5, "each once"


def test_a_page_has_a_hundred_documents_and_a_count_of_none_is_all(graph: GraphDatabase, engine: Engine) -> None:
    many = Solved(("a", "1.0", PYPI), DEBIAN, [Run(f"s-{number:03}", number, None) for number in range(101)])
    write(engine, World({many.place}, set(), {}, {}, [many]))
    assert len(graph.get_solver_run_document_ids_all()) == 100
    assert len(graph.get_solver_run_document_ids_all(count=None)) == 101


@pytest.mark.parametrize("argument", ["initial_date", "final_date"])
@pytest.mark.parametrize("wrong", ["2024-01-02", "32-01-2024", "29-02-2023", "", "02-01-2024 10:00", 2024, NOW])
def test_what_is_no_day_is_refused(argument: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"{argument} must be a day such as 31-12-2023"):
        GraphDatabase().get_solver_run_document_ids_all(**{argument: wrong})


def test_other_wrong_arguments_are_refused(ran: GraphDatabase) -> None:
    with pytest.raises(ValueError, match="unsolvable and unparseable"):
        ran.get_solver_run_document_ids_all(unsolvable=True, unparseable=True)
    for wrong in ({"start_offset": -1}, {"count": True}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ran.get_solver_run_document_ids_all(**wrong)
    with pytest.raises(TypeError, match="python_version"):
        ran.get_solver_run_document_ids_all(python_version=3.11)  # type: ignore[arg-type]


# --- Against a plain model -------------------------------------------------------------------------------------------

_DOCUMENTS = [f"s-{number}" for number in range(6)]
_keys = st.lists(
    st.tuples(
        st.sampled_from([("a", "1.0", PYPI), ("a", "10.0", None), ("b-c", "1.0", MIRROR)]),
        st.sampled_from(ENVIRONMENTS),
        st.sets(st.sampled_from(_DOCUMENTS), min_size=1),
        st.sampled_from((None, "", "unparseable", "unsolvable")),
    ),
    unique_by=lambda key: key[:2],
    max_size=5,
)
_days = st.one_of(st.none(), st.integers(1, 5))


def made_on(document_id: str) -> int:
    """The day of January 2024, for a document is made once; two of them on the same day."""
    return 2 + int(document_id[2:]) // 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    _keys,
    _days,
    _days,
    st.sampled_from((None, *ENVIRONMENTS)),
    st.sampled_from((None, "", "unparseable", "unsolvable")),
)
def test_documents_are_those_of_a_plain_model(
    graph: GraphDatabase, engine: Engine, keys: Any, first: int | None, last: int | None, environment: Any, kind: Any
) -> None:
    facts: list[tuple[Place, Any, str, str | None]] = []
    solved = []
    for place, where, documents, error in keys:
        runs = [Run(one, (made_on(one) - 2) * DAY + 600, error) for one in sorted(documents)]
        solved.append(Solved(place, where, runs))
        facts += [(place, where, one, error) for one in documents]
    write(engine, World({place for place, *_ in keys}, set(), {}, {}, solved))
    expected = {
        document_id
        for _, where, document_id, error in facts
        if (first is None or first <= made_on(document_id))
        and (last is None or made_on(document_id) <= last)
        and environment in (None, where)
        and (kind is None or (kind == "" and error is not None) or kind == error)
    }
    days = [None if day is None else f"{day:02}-01-2024" for day in (first, last)]
    flags = {} if kind is None else {kind or "has_error": True}
    found = graph.get_solver_run_document_ids_all(*days, *(environment or ()), **flags)
    assert found == sorted(expected)
    of_a = {one for place, where, one, _ in facts if place[0] == "a" and environment in (None, where)}
    narrowed = dict(zip(("os_name", "os_version", "python_version"), environment or (), strict=False))
    assert graph.get_solver_document_id_all("a", **narrowed) == sorted(of_a)
    newest_first = sorted(of_a, key=lambda one: (made_on(one), one), reverse=True)
    assert graph.get_solver_document_id_all("a", sort=True, **narrowed) == newest_first
