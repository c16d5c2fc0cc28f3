"""Rules against a plain model of what they are about; what makes none; and writers who are at work meanwhile."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from support.databases import copied_database
from support.tables import rows_of, run
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.writers.packages import ensure_entities

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"
VERSIONS = ("1.0rc1", "1.0", "1.5", "2.0.dev1", "2.0", "not-a-version")
SPECIFIERS = (None, "*", "", "<2", ">=1.5", "==1.*", "!=1.0,<2", "===1.0", "<1.0")

entities = st.tuples(
    st.sampled_from(("a", "b")), st.sampled_from((*VERSIONS, None)), st.sampled_from((None, PYPI, MIRROR))
)
rules = st.tuples(st.sampled_from(("A", "b")), st.sampled_from(SPECIFIERS), st.sampled_from((None, PYPI, MIRROR + "/")))


@pytest.fixture(scope="module")
def emptied(server: URL, template: URL) -> Iterator[Callable[[], GraphDatabase]]:
    """Gives a graph with two indexes and nothing on them, each time it is called."""
    with copied_database(server, template, "rules") as url:
        engine = make_engine(url)
        adapter = GraphDatabase(engine, cache=GraphCache())

        def empty() -> GraphDatabase:
            run(engine, "TRUNCATE python_package_index, python_package_version_entity, package_change CASCADE")
            run(engine, "TRUNCATE python_package_version_entity_rule CASCADE")
            for index in (PYPI, MIRROR):
                adapter.register_python_package_index(index)
            adapter.cache_clear()
            return adapter

        yield empty
        adapter.disconnect()


def holds(specifier: str | None, version: str | None) -> bool:
    """Whether a specifier is about a version, as PEP 440 has it; what is none of its versions is in no range."""
    if specifier in (None, "", "*"):
        return True
    return version not in (None, "not-a-version") and SpecifierSet(specifier).contains(version or "", prereleases=True)


def expected(entity: tuple[Any, ...], told: list[tuple[tuple[Any, ...], int]]) -> set[tuple[int, str | None]]:
    name, version, index = entity
    return {
        (rule_id, index)
        for (of, specifier, on), rule_id in told
        if of.lower() == name and holds(specifier, version) and (on is None or on.rstrip("/") == index)
    }


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entities, unique=True, max_size=5), st.lists(rules, max_size=4), st.lists(entities, max_size=4))
def test_rules_apply_alike_to_what_was_known_before_and_to_what_came_after(
    emptied: Any, before: list[Any], made: list[Any], after: list[Any]
) -> None:
    graph = emptied()
    for entity in before:
        graph.create_python_package_version_entity(*entity)
    told = [
        (rule, graph.create_python_rule(rule[0], version_specifier=rule[1], index_url=rule[2])["id"]) for rule in made
    ]
    for entity in after:
        graph.create_python_package_version_entity(*entity)
    everything = {*before, *after}
    for name in ("a", "b"):
        applied = graph.get_python_package_version_solver_rules_all(name)
        about = [expected(entity, told) for entity in everything if entity[0] == name]
        assert {(rule.rule_id, rule.index_url) for rule in applied} == set().union(*about)
        assert len(applied) == len(set(applied)), "each once"
        assert applied == sorted(applied, key=lambda rule: (rule.rule_id, rule.index_url is None, rule.index_url))
    for entity in everything:
        if entity[1] is not None and entity[2] is not None:
            applied = graph.get_python_package_version_solver_rules_all(*entity)
            assert {(rule.rule_id, rule.index_url) for rule in applied} == expected(entity, told)
    listed = graph.get_python_rule_all(count=None)
    assert [rule["id"] for rule in listed] == sorted({rule_id for _, rule_id in told}, reverse=True)
    pages = [graph.get_python_rule_all(start_offset=start, count=1) for start in range(len(listed) + 1)]
    assert pages == [*([rule] for rule in listed), []]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"version_specifier": ",".join(f"!=1.{n}" for n in range(1000))}, "version_specifier must be at most 2048"),
        ({"version_specifier": 2}, "version_specifier must be a text, not a number"),
        ({"version_specifier": "===\ud800"}, "version_specifier must be a text without lone surrogates"),
        ({"index_url": 2}, "index_url must be a text, not a number"),
        ({"index_url": "https://x.example\x00"}, "index_url must be a text without NUL"),
        ({"description": "why\x00"}, "description must be a text without NUL"),
        ({"description": "\ud800"}, "description must be a text without lone surrogates"),
        ({"package_name": "f" * 300}, "package_name must be at most 256 bytes, not 300"),
        ({"package_name": None}, "package_name must be a text"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(graph: GraphDatabase, arguments: dict[str, Any], said: str) -> None:
    graph.register_python_package_index(PYPI)
    with pytest.raises(ValueError, match=said):
        graph.create_python_rule(**{"package_name": "flask", **arguments})
    assert graph.get_python_rule_all() == []


@pytest.mark.parametrize("wrong", ["1", None, True, 1.0])
def test_rules_are_known_by_numbers(graph: GraphDatabase, wrong: Any) -> None:
    for question in (graph.get_python_rule, graph.delete_python_rule):
        with pytest.raises(TypeError, match="rule_id must be the number of a rule, not "):
            question(wrong)


def test_the_longest_name_and_range_are_kept(graph: GraphDatabase) -> None:
    letters = random.Random(1).choices(string.ascii_letters + string.digits, k=256 + 2048)
    name, specifier = "".join(letters[:256]).lower(), "===" + "".join(letters[256:-3])
    rule = graph.create_python_rule(name, version_specifier=specifier)
    assert rule["version_range"] == specifier and graph.get_python_rule_all(package_name=name) == [rule]


def test_a_rule_may_be_deleted_while_a_package_it_is_about_arrives(graph: GraphDatabase, engine: Engine) -> None:
    rule = graph.create_python_rule("flask")
    with Session(engine) as session:
        run_before = "INSERT INTO python_package_version_entity (package_name) VALUES ('other')"
        session.connection().exec_driver_sql(run_before)
        deleting = Doing(lambda: graph.delete_python_rule(rule["id"]))
        wait_for(lambda: bool(waiting_pids(engine)), "who deletes waits for the writer")
        ensure_entities(session, [("flask", "1.0", None)])  # the rule is still there, and is linked
        session.commit()
    deleting.result()
    assert rows_of(engine, "SELECT * FROM python_package_version_entity_rules_association") == []
    assert graph.get_python_package_version_solver_rules_all("flask") == []
