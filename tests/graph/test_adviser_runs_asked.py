"""Questions about runs of the adviser: what they were for, who asked for them, which wait for packages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from support.adviser_documents import ORIGIN, adviser, product, project
from support.documents import MIRROR, PYPI
from support.facts import NOW, Facts, hexadecimal
from support.tables import delete_all

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.enums import SoftwareStackTypeEnum, SourceTypeEnum
from thoth.storages.graph.names import version_order

Place = tuple[str, str | None, str | None]
"""Name, version, index URL."""

SOURCES = (None, *SourceTypeEnum.__members__)
FLASK: Place = ("flask", "1.0", PYPI)
FLASK_ELSEWHERE: Place = ("flask", "1.0", MIRROR)
FLASK_ANYWHERE: Place = ("flask", "2.0", None)
CLICK: Place = ("click", "8.0", PYPI)


class Run(NamedTuple):
    """A run of the adviser, made so many hours after midnight."""

    document_id: str
    hours: int
    origin: str | None = None
    source_type: str | None = None
    locked: frozenset[Place] | None = None  # None for a user without a lock
    unresolved: frozenset[str] = frozenset()
    need_re_run: bool | None = None
    repeats: str | None = None


@contextmanager
def _anew(engine: Engine) -> Iterator[Facts]:
    """To fill a graph without runs of the adviser, and without anything that they speak of."""
    with engine.begin() as connection:
        delete_all(connection)
        yield Facts(connection)


def write(engine: Engine, runs: list[Run]) -> None:
    """Make the graph hold these runs and no others."""
    with _anew(engine) as facts:
        indexes: dict[str | None, Any] = {None: None, PYPI: facts.index(PYPI), MIRROR: facts.index(MIRROR)}
        places: set[Place] = {place for run in runs for place in run.locked or ()}
        places |= {(name, None, None) for run in runs for name in run.unresolved}
        entities = {place: _entity(facts, place, indexes) for place in places}
        stacks = {locked: _stack(facts, locked, entities) for locked in {run.locked for run in runs}}
        for run in runs:
            _write_run(facts, run, stacks[run.locked], entities)


def _entity(facts: Facts, place: Place, indexes: dict[str | None, Any]) -> Any:
    return facts.put(
        m.PythonPackageVersionEntity,
        package_name=place[0],
        package_version=place[1],
        version_order=None if place[1] is None else version_order(place[1]),
        python_package_index_id=indexes[place[2]],
    )


def _stack(facts: Facts, locked: frozenset[Place] | None, entities: dict[Place, Any]) -> Any:
    if locked is None:
        return None
    lock = facts.put(m.ExternalPythonRequirementsLock, requirements_lock_hash=hexadecimal(str(sorted(locked, key=str))))
    for place in locked:
        member = {"python_package_version_entity_id": entities[place]}
        facts.put(m.HasExternalPythonRequirementsLock, external_python_requirements_locked_id=lock, **member)
    return facts.put(m.ExternalPythonSoftwareStack, external_python_requirements_lock_id=lock)


def _write_run(facts: Facts, run: Run, stack: Any, entities: dict[Place, Any]) -> None:
    run_id = facts.put(
        m.AdviserRun,
        adviser_document_id=run.document_id,
        adviser_version="1",
        adviser_name="thoth-adviser",
        recommendation_type="STABLE",
        requirements_format="PIPENV",
        datetime=NOW + timedelta(hours=run.hours),
        origin=run.origin,
        source_type=run.source_type,
        user_software_stack_id=stack,
        need_re_run=run.need_re_run,
        re_run_adviser_id=run.repeats,
    )
    for name in run.unresolved:
        entity = {"python_package_version_entity_id": entities[name, None, None]}
        facts.put(m.HasUnresolved, adviser_run_id=run_id, **entity)


RUNS = [
    Run("adviser-3", 0, "org/one", "KEBECHET", frozenset({FLASK, FLASK_ELSEWHERE, CLICK})),
    Run("adviser-1", 23, "org/two", "KEBECHET", frozenset({FLASK_ANYWHERE})),
    Run("adviser-2", 24, "org/one", "GITHUB_APP", frozenset({CLICK})),
    Run("adviser-4", 48, None, "CLI", frozenset({FLASK})),
    Run("adviser-5", 49, "org/three", None),
]


@pytest.fixture
def advised(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """Runs of 2, 3 and 4 January 2024."""
    write(engine, RUNS)
    return graph


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), ["org/three", "org/one", "org/two", "org/one"]),
        (("Flask",), ["org/two", "org/one"]),  # once for each run, though it was locked on two indexes
        (("flask", "v1.0"), ["org/one"]),
        (("flask", None, MIRROR + "/"), ["org/one"]),
        (("flask", "2.0"), ["org/two"]),  # it has no index
        (("flask", "2.0", PYPI), []),
        ((None, None, PYPI), ["org/one", "org/one"]),
        ((None, "8.0"), ["org/one", "org/one"]),
        (("nobody",), []),
    ],
)
def test_what_runs_were_for_newest_first(advised: GraphDatabase, asked: tuple[Any, ...], expected: list[str]) -> None:
    assert advised.get_adviser_run_origins_all(*asked) == expected
    assert advised.get_adviser_run_origins_all(*asked, distinct=True) == list(dict.fromkeys(expected))


@pytest.mark.parametrize("distinct", [False, True])
def test_pages_of_origins_repeat_and_skip_nothing(advised: GraphDatabase, distinct: bool) -> None:
    whole = advised.get_adviser_run_origins_all(count=None, distinct=distinct)
    pages = [advised.get_adviser_run_origins_all(start_offset=at, count=1, distinct=distinct) for at in range(5)]
    assert [one for page in pages for one in page] == whole


def test_origins_of_the_same_moment_have_an_order(graph: GraphDatabase, engine: Engine) -> None:
    write(engine, [Run(f"adviser-{number}", 1, f"org/{9 - number}") for number in (3, 1, 2)])
    assert graph.get_adviser_run_origins_all() == ["org/6", "org/7", "org/8"], "the last document first"
    assert graph.get_adviser_run_origins_all(distinct=True) == ["org/6", "org/7", "org/8"]


def test_runs_are_counted_for_every_source_type(advised: GraphDatabase) -> None:
    none = dict.fromkeys(SourceTypeEnum.__members__, 0)
    expected = {**none, "KEBECHET": 2, "GITHUB_APP": 1}
    assert advised.get_adviser_run_count_per_source_type() == {**expected, "CLI": 1}
    assert advised.get_origin_count_per_source_type() == expected, "a run of unknown origin does not count"
    assert advised.get_origin_count_per_source_type(distinct=True) == expected


def test_distinct_origins_are_counted_once_for_each_source_type(graph: GraphDatabase, engine: Engine) -> None:
    asked = [("CLI", "a"), ("CLI", "a"), ("CLI", "b"), ("S2I", "a"), (None, "a")]
    write(engine, [Run(f"adviser-{number}", 1, origin, source) for number, (source, origin) in enumerate(asked)])
    none = dict.fromkeys(SourceTypeEnum.__members__, 0)
    assert graph.get_origin_count_per_source_type() == {**none, "CLI": 3, "S2I": 1}
    assert graph.get_origin_count_per_source_type(distinct=True) == {**none, "CLI": 2, "S2I": 1}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), ["adviser-1", "adviser-2", "adviser-3", "adviser-4", "adviser-5"]),
        (("02-01-2024", "02-01-2024"), ["adviser-1", "adviser-3"]),
        (("03-01-2024",), ["adviser-2", "adviser-4", "adviser-5"]),
        ((None, "03-01-2024"), ["adviser-1", "adviser-2", "adviser-3"]),
        ((None, None, "kebechet"), ["adviser-1", "adviser-3"]),
        (("03-01-2024", "31-12-9999", "KEBECHET"), []),
        ((None, None, None, 1, 2), ["adviser-2", "adviser-3"]),  # pages count
        ((None, None, None, 4, None), ["adviser-5"]),
    ],
)
def test_the_documents_of_some_days(advised: GraphDatabase, asked: tuple[Any, ...], expected: list[str]) -> None:
    assert advised.get_adviser_run_document_ids_all(*asked) == expected


def test_what_is_asked_wrongly_is_refused(advised: GraphDatabase) -> None:
    for name, wrong in (("source_type", "nobody"), ("initial_date", "2024-01-02"), ("final_date", ""), ("count", -1)):
        with pytest.raises(ValueError, match=f"^{name} must be"):
            advised.get_adviser_run_document_ids_all(**{name: wrong})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="start_offset"):
        advised.get_adviser_run_origins_all(start_offset=-1)
    with pytest.raises(TypeError, match="package_version"):
        advised.get_adviser_run_origins_all("flask", 1)  # type: ignore[arg-type]
    for wrong in ("nobody", "", None, ["CLI"]):
        with pytest.raises(ValueError, match="one of CLI, KEBECHET, S2I, GITHUB_APP, JUPYTER_NOTEBOOK, not "):
            advised.get_unsolved_python_packages_all_per_adviser_run(wrong)  # type: ignore[arg-type]


# --- Runs that wait for packages -------------------------------------------------------------------------------------


def test_runs_that_are_to_be_repeated_name_what_was_not_solved(graph: GraphDatabase, engine: Engine) -> None:
    unresolved = frozenset({"b-c", "a"})
    waiting = Run("adviser-2", 1, "org/one", "KEBECHET", unresolved=unresolved, need_re_run=True)
    others = [
        waiting._replace(document_id="adviser-1", unresolved=frozenset({"a"})),
        waiting._replace(document_id="adviser-3", repeats="adviser-2"),
        waiting._replace(document_id="adviser-4", need_re_run=False),
        waiting._replace(document_id="adviser-5", need_re_run=None),
        waiting._replace(document_id="adviser-6", source_type="CLI"),
    ]
    write(engine, [waiting, *others])
    found = graph.get_unsolved_python_packages_all_per_adviser_run("kebechet")
    assert list(found.items()) == [("adviser-1", ["a"]), ("adviser-2", ["a", "b-c"])]
    assert graph.get_unsolved_python_packages_all_per_adviser_run("S2I") == {}


def test_a_document_waits_until_its_repetition_solved_everything(graph: GraphDatabase) -> None:
    first, second, third = (f"adviser-26112211352{number}-9609fe253f1fb928" for number in range(3))
    graph.sync_adviser_result(adviser(document_id=first, unresolved=["Flask_RESTful", "click"], source_type="S2I"))
    expected = {first: ["click", "flask-restful"]}
    assert graph.get_unsolved_python_packages_all_per_adviser_run("S2I") == expected
    again = {"source_type": "S2I", "re_run_adviser_id": first}
    graph.sync_adviser_result(adviser(document_id=second, unresolved=["click"], **again))
    assert graph.get_unsolved_python_packages_all_per_adviser_run("S2I") == expected
    graph.sync_adviser_result(adviser(document_id=third, **again))
    assert graph.get_unsolved_python_packages_all_per_adviser_run("S2I") == {}
    assert graph.get_adviser_run_document_ids_all() == [first, second, third]


def test_what_documents_say_is_found(graph: GraphDatabase) -> None:
    graph.sync_adviser_result(adviser(users=project(["flask", "click"], ["flask==1.1.2"])))
    (origin,) = graph.get_adviser_run_origins_all("flask", "1.1.2")
    assert origin.lower() == ORIGIN.lower()
    assert graph.get_adviser_run_origins_all("click") == [], "it is required, not locked"


# --- Stacks ----------------------------------------------------------------------------------------------------------


def test_stacks_are_counted_by_type(graph: GraphDatabase, engine: Engine) -> None:
    with engine.begin() as connection:
        facts = Facts(connection)
        one, other, lock = facts.requirements("one"), facts.requirements("other"), facts.lock()
        rows: list[tuple[str, Any, Any, float | None]] = [
            ("ADVISED", one, lock, 0.5),
            ("ADVISED", one, lock, 0.7),  # the same stack with another score
            ("ADVISED", other, None, 0.7),
            ("INSPECTION", one, lock, None),
            ("USER", None, lock, None),
        ]
        for kind, requirements, locked, score in rows:
            content = {"python_requirements_id": requirements, "python_requirements_lock_id": locked}
            facts.put(m.PythonSoftwareStack, software_stack_type=kind, overall_score=score, **content)
    count = graph.get_python_software_stack_count_all
    assert [count(), count(distinct=True)] == [5, 3]
    assert [count(software_stack_type="advised"), count(software_stack_type="ADVISED", distinct=True)] == [3, 2]
    assert [count(software_stack_type=kind) for kind in ("INSPECTION", "USER")] == [1, 1]
    assert count(is_external=True) == 0


def test_stacks_of_users_are_counted_apart(graph: GraphDatabase) -> None:
    stack = product(1.0, ["flask"], ["flask==1.1.2"])
    graph.sync_adviser_result(adviser(stack))
    graph.sync_adviser_result(adviser(stack, document_id="adviser-261122113529-9609fe253f1fb928"))
    count = graph.get_python_software_stack_count_all
    assert [count(True), count(True, "USER"), count(True, distinct=True)] == [1, 1, 1]
    assert [count(True, kind) for kind in ("INSPECTION", "ADVISED")] == [0, 0]
    assert [count(False, kind) for kind in SoftwareStackTypeEnum.__members__] == [0, 0, 1]
    for is_external in (False, True):
        with pytest.raises(ValueError, match="software_stack_type must be one of USER, INSPECTION, ADVISED, not 'x'"):
            count(is_external, "x")


def test_a_graph_without_runs_has_answers(graph: GraphDatabase) -> None:
    none = dict.fromkeys(SourceTypeEnum.__members__, 0)
    assert graph.get_adviser_run_count_per_source_type() == none == graph.get_origin_count_per_source_type()
    assert graph.get_adviser_run_origins_all() == graph.get_adviser_run_document_ids_all() == []
    assert graph.get_python_software_stack_count_all() == 0


# --- Against a plain model -------------------------------------------------------------------------------------------

_places = st.sampled_from([FLASK, FLASK_ELSEWHERE, FLASK_ANYWHERE, CLICK])
_runs = st.lists(
    st.tuples(
        st.integers(0, 80),
        st.sampled_from((None, "org/a", "org/b")),
        st.sampled_from(SOURCES),
        st.one_of(st.none(), st.frozensets(_places, min_size=1)),
        st.frozensets(st.sampled_from(("x", "y"))),
        st.sampled_from((None, True, False)),
        st.booleans(),
    ),
    max_size=8,
)
_asked = st.tuples(
    st.sampled_from((None, "flask")), st.sampled_from((None, "1.0")), st.sampled_from((None, PYPI, MIRROR))
)
_days = st.one_of(st.none(), st.integers(1, 6))


def about(run: Run, asked: Place) -> bool:
    matches = [all(want in (None, have) for want, have in zip(asked, place, strict=True)) for place in run.locked or ()]
    return asked == (None, None, None) or any(matches)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_runs, _asked, _days, _days, st.sampled_from(SOURCES))
def test_runs_are_those_of_a_plain_model(
    graph: GraphDatabase, engine: Engine, drawn: Any, asked: Any, first: int | None, last: int | None, source: str
) -> None:
    runs = [
        Run(f"adviser-{number}", *each[:6], repeats="adviser-0" if each[6] and number else None)
        for number, each in enumerate(drawn)
    ]
    write(engine, runs)
    newest_first = sorted(runs, key=lambda run: (run.hours, run.document_id), reverse=True)
    origins = [run.origin for run in newest_first if run.origin is not None and about(run, asked)]
    assert graph.get_adviser_run_origins_all(*asked, count=None) == origins
    at = {origin: max(run.hours for run in runs if run.origin == origin and about(run, asked)) for origin in origins}
    once = sorted(at, key=lambda origin: (-at[origin], origin))
    assert graph.get_adviser_run_origins_all(*asked, count=None, distinct=True) == once
    made = {run.document_id: 2 + run.hours // 24 for run in runs}
    found = graph.get_adviser_run_document_ids_all(
        *(None if day is None else f"{day:02}-01-2024" for day in (first, last)), source
    )
    assert found == [
        run.document_id
        for run in runs
        if (first is None or first <= made[run.document_id])
        and (last is None or made[run.document_id] <= last)
        and source in (None, run.source_type)
    ]
    for source_type in SourceTypeEnum.__members__:
        of_it = [run for run in runs if run.source_type == source_type]
        known = [run.origin for run in of_it if run.origin is not None]
        assert graph.get_adviser_run_count_per_source_type()[source_type] == len(of_it)
        assert graph.get_origin_count_per_source_type()[source_type] == len(known)
        assert graph.get_origin_count_per_source_type(distinct=True)[source_type] == len(set(known))
        waiting = [run for run in of_it if run.need_re_run and run.repeats is None and run.unresolved]
        assert graph.get_unsolved_python_packages_all_per_adviser_run(source_type) == {
            run.document_id: sorted(run.unresolved) for run in waiting
        }
