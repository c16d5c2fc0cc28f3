"""Rules that keep package versions from being solved: what they are about, what makes none, who else is at work."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from support.databases import copied_database, graph_at
from support.tables import empty, rows_of
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.writers.packages import ensure_entities
from thoth.storages.graph.writers.rules_told import Rule, write_rule

PYPI, MIRROR = "https://pypi.org/simple", "https://mirror.example/simple"
VERSIONS = ("1.0rc1", "1.0", "1.5", "2.0.dev1", "2.0", "not-a-version")
SPECIFIERS = (None, "*", "", "<2", ">=1.5", "==1.*", "!=1.0,<2", "===1.0", "<1.0")

entities = st.tuples(
    st.sampled_from(("a", "b")), st.sampled_from((*VERSIONS, None)), st.sampled_from((None, PYPI, MIRROR))
)
rules = st.tuples(st.sampled_from(("A", "b")), st.sampled_from(SPECIFIERS), st.sampled_from((None, PYPI, MIRROR + "/")))


@pytest.fixture(scope="module")
def place(server: URL, template: URL) -> Iterator[URL]:
    """Of the one database of these tests."""
    with copied_database(server, template, "rules") as url:
        yield url


@pytest.fixture
def graph(place: URL) -> Iterator[GraphDatabase]:
    """An adapter to a graph with two indexes and nothing on them."""
    with graph_at(place, []) as adapter:
        yield emptied(adapter)


@pytest.fixture
def engine(graph: GraphDatabase) -> Engine:
    return graph._connected_engine()


def emptied(graph: GraphDatabase) -> GraphDatabase:
    empty(graph._connected_engine())
    for index in (PYPI, MIRROR):
        graph.register_python_package_index(index)
    graph.cache_clear()
    return graph


@pytest.fixture
def followed(graph: GraphDatabase) -> GraphDatabase:
    """A graph that follows three versions of flask on two indexes, and any version of it."""
    for url in (PYPI, MIRROR):
        for version in ("1.0", "2.0rc1", "2.0"):
            graph.create_python_package_version_entity("flask", version, url)
    graph.create_python_package_version_entity("flask")
    return graph


def waiting(graph: GraphDatabase) -> list[Any]:
    return graph.get_unsolved_python_package_versions_all("flask", randomize=False)


# --- Against a plain model -------------------------------------------------------------------------------------------


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


SUPPRESSED = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
A_RULES = [("A", "<2", None), ("A", "*", None), ("A", ">=1.5", PYPI)]
KNOWN = [("a", None, None), ("a", "1.0rc1", MIRROR), ("a", "2.0", PYPI), ("a", "2.0", MIRROR), ("b", "1.0", None)]


@settings(max_examples=15, deadline=None, suppress_health_check=SUPPRESSED)
@given(st.lists(entities, unique=True, max_size=5), st.lists(rules, max_size=4), st.lists(entities, max_size=4))
@example([], A_RULES, KNOWN)
@example(KNOWN, A_RULES[::-1], [])
def test_rules_apply_alike_to_what_was_known_before_and_to_what_came_after(
    graph: GraphDatabase, before: list[Any], made: list[Any], after: list[Any]
) -> None:
    emptied(graph)
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
    assert [rule["id"] for rule in listed] == sorted({rule_id for _, rule_id in told}, reverse=True), "newest first"
    pages = [graph.get_python_rule_all(start_offset=start, count=1) for start in range(len(listed) + 1)]
    assert pages == [*([rule] for rule in listed), []]
    assert {(rule["package_name"], rule["index_url"], rule["id"]) for rule in listed} == {
        (name.lower(), url and url.rstrip("/"), rule_id) for (name, _, url), rule_id in told
    }
    assert graph.get_python_rule_all(package_name="A") == [rule for rule in listed if rule["package_name"] == "a"]
    on_pypi = graph.get_python_rule_all(index_url=PYPI + "/")
    assert on_pypi == [rule for rule in listed if rule["index_url"] == PYPI], "none of every index"


# --- Worked out by hand ----------------------------------------------------------------------------------------------


def test_what_a_rule_is_about_does_not_wait_to_be_solved_whenever_it_came(followed: GraphDatabase) -> None:
    rule = followed.create_python_rule("Flask", version_specifier="<2", description="old")
    assert rule == {
        "id": rule["id"],
        "package_name": "flask",
        "version_range": "<2",
        "description": "old",
        "index_url": None,
    }
    assert followed.get_python_rule(rule["id"]) == rule
    left = [("flask", version, url) for version in ("2.0rc1", "2.0") for url in (MIRROR, PYPI)]
    left.append(("flask", None, None))
    assert waiting(followed) == left, "PEP 440: <2 is not about pre-releases of 2"
    followed.create_python_package_version_entity("flask", "0.9", PYPI)
    assert waiting(followed) == left
    assert followed.get_python_package_version_solver_rules_all("flask", "0.9", PYPI) == [
        (rule["id"], "<2", PYPI, "old")
    ]


def test_a_rule_told_again_is_one_rule_and_keeps_its_description(graph: GraphDatabase) -> None:
    first = graph.create_python_rule("flask", version_specifier=" >=1 , <2", description="why")
    again = graph.create_python_rule("flask", version_specifier="<2,>=1")
    assert again == first and len(graph.get_python_rule_all()) == 1
    assert graph.create_python_rule("flask", version_specifier="<2,>=1", description="so")["description"] == "so"
    everywhere = [graph.create_python_rule("flask", version_specifier=all_) for all_ in (None, "*", " ")]
    assert everywhere[0]["version_range"] is None and everywhere == [everywhere[0]] * 3


def test_a_deleted_rule_keeps_nothing_from_being_solved(followed: GraphDatabase) -> None:
    before = waiting(followed)
    rule = followed.create_python_rule("flask")
    assert waiting(followed) == [] and followed.get_python_package_version_solver_rules_all("flask")
    assert followed.delete_python_rule(rule["id"]) == 1
    assert waiting(followed) == before
    assert followed.get_python_package_version_solver_rules_all("flask") == [], "what was remembered is forgotten"
    assert followed.delete_python_rule(rule["id"]) == 0
    with pytest.raises(NotFoundError, match=f"there is no rule {rule['id']}"):
        followed.get_python_rule(rule["id"])


def test_the_longest_name_and_range_are_kept(graph: GraphDatabase) -> None:
    letters = random.Random(1).choices(string.ascii_letters + string.digits, k=256 + 2048)
    name, specifier = "".join(letters[:256]).lower(), "===" + "".join(letters[256:-3])
    rule = graph.create_python_rule(name, version_specifier=specifier)
    assert rule["version_range"] == specifier and graph.get_python_rule_all(package_name=name) == [rule]


# --- What makes none -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"version_specifier": "old"}, "version_specifier must be one of PEP 440, such as <2, not 'old'"),
        ({"version_specifier": ",".join(f"!=1.{n}" for n in range(1000))}, "version_specifier must be at most 2048"),
        ({"version_specifier": 2}, "version_specifier must be a text, not a number"),
        ({"version_specifier": "===\ud800"}, "version_specifier must be a text without lone surrogates"),
        ({"index_url": 2}, "index_url must be a text, not a number"),
        ({"index_url": "https://x.example\x00"}, "index_url must be a text without NUL"),
        ({"description": "why\x00"}, "description must be a text without NUL"),
        ({"description": "\ud800"}, "description must be a text without lone surrogates"),
        ({"package_name": "f" * 300}, "package_name must be at most 256 bytes, not 300"),
        ({"package_name": ""}, "package_name must be the name of a package, not ''"),
        ({"package_name": None}, "package_name must be a text"),
    ],
)
def test_what_makes_no_rule_is_refused_by_name_before_the_database_is_asked(
    arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        GraphDatabase().create_python_rule(**{"package_name": "flask", **arguments})


def test_a_rule_of_an_index_that_nobody_registered_is_refused_without_telling_its_password(
    graph: GraphDatabase,
) -> None:
    with pytest.raises(NotFoundError, match=r"'https://nowhere\.example/' is not registered"):
        graph.create_python_rule("flask", index_url="https://user:secret@nowhere.example/")
    assert graph.get_python_rule_all() == []
    assert len(graph.get_python_package_index_urls_all()) == 2


@pytest.mark.parametrize("wrong", ["1", None, True, 1.0])
def test_rules_are_known_by_numbers(wrong: Any) -> None:
    graph = GraphDatabase()
    for question in (graph.get_python_rule, graph.delete_python_rule):
        with pytest.raises(TypeError, match="rule_id must be the number of a rule, not "):
            question(wrong)


# --- Others at work --------------------------------------------------------------------------------------------------


def test_a_version_that_arrives_while_a_rule_is_made_follows_it_whoever_began(
    graph: GraphDatabase, engine: Engine
) -> None:
    with Session(engine) as session:
        ensure_entities(session, [("flask", "3.0", None)])
        making = Doing(lambda: graph.create_python_rule("flask", version_specifier=">=3"))
        wait_for(lambda: bool(waiting_pids(engine)), "who makes a rule waits for the writer")
        session.commit()
    making.result()
    with Session(engine) as session:
        write_rule(session, Rule.of("flask", "<3", None, None))
        arriving = Doing(lambda: graph.create_python_package_version_entity("flask", "2.0"))
        wait_for(lambda: bool(waiting_pids(engine)), "the writer waits for who makes a rule")
        session.commit()
    arriving.result()
    for version, version_range in (("3.0", ">=3"), ("2.0", "<3")):
        (rule,) = graph.get_python_package_version_solver_rules_all("flask", version)
        assert rule.version_range == version_range


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
