"""What runs of the adviser tell of the repositories that Kebechet looks after."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine
from support.adviser_documents import adviser, product
from support.at_once import tell_at_once
from support.documents import Document, put
from support.tables import CountStatements, count, difference, dump, empty, rows_of, run

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.adviser import slug_of

SLUG = "thoth-station/example"
INSTALLATIONS = """
    SELECT slug, runtime_environment_name, last_run, thoth_advise_manager, overall_score
    FROM kebechet_github_installations i LEFT JOIN python_software_stack s ON s.id = advised_python_software_stack_id
    ORDER BY 1, 2 NULLS FIRST"""
AGAIN_ASKED = "SELECT document_id FROM synced_document WHERE to_sync_again ORDER BY 1"


def install(engine: Engine, slug: str = SLUG, environment: str | None = "rhel:8") -> None:
    """Register a repository in one of its runtime environments."""
    run(
        engine,
        """
        INSERT INTO kebechet_github_installations
            (slug, repo_name, private, installation_id, is_active, runtime_environment_name)
        VALUES (:slug, 'example', false, '1', true, :environment)""",
        slug=slug,
        environment=environment,
    )


def asked(number: int, *, day: int | None = None, best: float | None = -1, **more: Any) -> Document:
    """A run that Kebechet asked for on a day, which advised a stack of this score, or of its number; None is none."""
    products = [] if best is None else [product(number if best == -1 else best, ["flask"], [])]
    document_id = f"adviser-26112211352{number}-0123456789abcdef"
    return adviser(*products, document_id=document_id, day=day or number, **{"source_type": "kebechet", **more})


def environment_of(document: Document, name: str | None) -> Document:
    put(document, ("result", "parameters", "project", "runtime_environment", "name"), name)
    return document


def made(day: int) -> datetime:
    return datetime(2026, 11, day, 11, 35, 28, 361777, tzinfo=UTC)


def tell(graph: GraphDatabase, *documents: Document) -> None:
    for document in documents:
        graph.sync_adviser_result(document)


# --- Which repository ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "slug"),
    [
        ("https://github.com/Thoth-Station/Example", SLUG),
        ("https://github.com/thoth-station/example/", SLUG),
        ("https://github.com/thoth-station/example.git", SLUG),
        ("https://github.com/thoth-station/Example.GIT//", SLUG),
        (" git@github.com:thoth-station/example.git ", SLUG),
        ("ssh://git@github.com:22/thoth-station/example", SLUG),
        ("thoth-station//example", SLUG),
        ("thoth-station/example.github.io", "thoth-station/example.github.io"),
        ("https://gitlab.com/group/sub/project", "sub/project"),
        ("example", None),
        ("", None),
        ("/", None),
        (".git", None),
        ("owner/.git", None),
    ],
)
def test_a_repository_is_known_by_the_last_two_parts_of_the_origin(origin: str, slug: str | None) -> None:
    assert slug_of(origin) == slug


def test_advice_that_kebechet_asked_for_is_noted(graph: GraphDatabase, engine: Engine) -> None:
    for slug in (SLUG, "thoth-station/other"):
        install(engine, slug)
    tell(graph, asked(3))
    assert rows_of(engine, INSTALLATIONS) == [
        (SLUG, "rhel:8", made(3), True, 3.0),
        ("thoth-station/other", "rhel:8", None, False, None),
    ]


@pytest.mark.parametrize("source_type", ["CLI", None, "GITHUB_APP"])
def test_what_others_asked_for_is_not_noted(graph: GraphDatabase, engine: Engine, source_type: str | None) -> None:
    install(engine)
    tell(graph, asked(3, source_type=source_type))
    assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", None, False, None)]


def test_nothing_is_made_for_a_repository_that_nobody_registered(graph: GraphDatabase, engine: Engine) -> None:
    install(engine, "thoth-station/other")
    tell(graph, asked(3), asked(4, origin="example"), asked(5, origin=None))
    assert rows_of(engine, INSTALLATIONS) == [("thoth-station/other", "rhel:8", None, False, None)]
    remark = (
        "metadata.arguments.thoth-adviser.metadata.origin: no repository to be noted as one that Kebechet looks after"
    )
    remarks = rows_of(engine, "SELECT remarks FROM synced_document ORDER BY document_id")
    assert remarks == [([],), ([remark],), ([remark],)]


@pytest.mark.parametrize(
    ("named", "concerned"),
    [("rhel:8", {"rhel:8", None}), ("ubi:9", {"ubi:9", None}), (None, {None, "rhel:8", "ubi:9"}), ("x", {None})],
)
def test_the_runtime_environment_that_is_named_is_the_one_that_counts(
    graph: GraphDatabase, engine: Engine, named: str | None, concerned: set[str | None]
) -> None:
    for environment in ("rhel:8", "ubi:9", None):
        install(engine, environment=environment)
    tell(graph, environment_of(asked(3), named))
    assert {row[1] for row in rows_of(engine, INSTALLATIONS) if row[2] == made(3)} == concerned


# --- Which stack -----------------------------------------------------------------------------------------------------


def test_the_stack_of_the_best_score_is_the_one_that_was_advised(graph: GraphDatabase, engine: Engine) -> None:
    install(engine)
    tell(graph, adviser(product(2.0, ["flask"], [])))
    document = asked(3, best=None)
    scores = [(2.0, ["flask"]), (7.0, ["click"]), (7.0, ["six"]), (3.0, ["numpy"])]
    document["result"]["report"]["products"] = [product(score, required, []) for score, required in scores]
    tell(graph, document)
    required = """
        SELECT q.name FROM kebechet_github_installations JOIN python_software_stack s
        ON s.id = advised_python_software_stack_id JOIN has_python_requirements h USING (python_requirements_id)
        JOIN python_package_requirement q ON q.id = python_package_requirement_id"""
    assert rows_of(engine, required) == [("click",)]


def test_the_newest_advice_counts_in_whatever_order_it_arrives(graph: GraphDatabase, engine: Engine) -> None:
    told = [asked(1), asked(2), asked(3, best=None), asked(4, source_type="CLI"), environment_of(asked(5), "ubi:9")]
    dumps = []
    for order in itertools.permutations(told):
        for environment in ("rhel:8", "ubi:9"):
            install(engine, environment=environment)
        tell(graph, *order)
        assert rows_of(engine, INSTALLATIONS) == [
            (SLUG, "rhel:8", made(3), True, None),
            (SLUG, "ubi:9", made(5), True, 5.0),
        ]
        dumps.append(dump(engine))
        empty(engine)
        if len(dumps) == 40:
            break
    assert [difference(each, dumps[0]) for each in dumps] == [{}] * 40


@pytest.mark.parametrize("environment", ["rhel:8", None])
def test_of_two_of_the_same_moment_the_last_one_by_its_id_counts(
    graph: GraphDatabase, engine: Engine, environment: str | None
) -> None:
    told = [
        asked(7, day=20),
        environment_of(asked(8, day=20), environment),
        asked(9, day=20, origin="https://github.com/not-thoth-station/example"),
        environment_of(asked(91, day=20), "ubi:9"),
    ]
    for order in itertools.permutations(told):
        install(engine)
        tell(graph, *order)
        assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", made(20), True, 8.0)]
        empty(engine)


# --- Again -----------------------------------------------------------------------------------------------------------


def test_noting_advice_costs_two_statements(
    graph: GraphDatabase, engine: Engine, count_statements: CountStatements
) -> None:
    install(engine)
    tell(graph, asked(1))
    told = [asked(2, source_type="CLI"), asked(3), asked(4, origin="https://github.com/not/registered")]
    others, known, unknown = (count_statements(graph, lambda one=one: tell(graph, one)) for one in told)
    assert (known, unknown) == (others + 2, others + 1)


def test_telling_it_twice_changes_nothing(graph: GraphDatabase, engine: Engine) -> None:
    install(engine)
    tell(graph, asked(3))
    before = dump(engine, with_ids=True)
    tell(graph, asked(3))
    assert difference(dump(engine, with_ids=True), before) == {}
    graph.sync_adviser_result(asked(3), force=True)
    assert difference(dump(engine, with_ids=True), before).keys() <= {"synced_document"}


def test_a_newer_content_corrects_what_was_noted(graph: GraphDatabase, engine: Engine) -> None:
    install(engine)
    tell(graph, asked(2), asked(3), asked(3, best=9))
    assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", made(3), True, 9.0)]
    tell(graph, asked(3, day=5))
    assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", made(5), True, 3.0)]
    assert rows_of(engine, AGAIN_ASKED) == []


@pytest.mark.parametrize(
    "changed",
    [
        asked(3, day=1),
        asked(3, source_type="CLI"),
        asked(3, origin="https://github.com/thoth-station/other"),
        environment_of(asked(3), "ubi:9"),
    ],
    ids=["older", "others asked", "another repository", "another environment"],
)
def test_advice_that_is_withdrawn_gives_way_to_that_before(
    graph: GraphDatabase, engine: Engine, changed: Document
) -> None:
    install(engine)
    others = [asked(2), asked(4, source_type="S2I"), asked(5, origin="https://github.com/x/y")]
    tell(graph, *others, asked(3), changed)
    assert rows_of(engine, AGAIN_ASKED) == [(asked(2)["metadata"]["document_id"],)]
    tell(graph, *others)
    assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", made(2), True, 2.0)]
    assert rows_of(engine, AGAIN_ASKED) == []


def test_advice_that_never_counted_is_withdrawn_without_a_trace(graph: GraphDatabase, engine: Engine) -> None:
    install(engine)
    tell(graph, asked(3), asked(2), asked(2, source_type="CLI"))
    assert rows_of(engine, INSTALLATIONS) == [(SLUG, "rhel:8", made(3), True, 3.0)]
    assert rows_of(engine, AGAIN_ASKED) == []


@pytest.mark.slow
def test_advice_may_be_told_at_the_same_time(graph: GraphDatabase, engine: Engine) -> None:
    for _ in range(10):
        for environment in (None, "rhel:8", "ubi:9"):
            install(engine, environment=environment)
        told = [environment_of(asked(number), None) for number in (1, 2, 3, 4)]
        tell_at_once([lambda adapter, one=one: adapter.sync_adviser_result(one) for one in told])  # type: ignore[misc]
        assert {row[2:] for row in rows_of(engine, INSTALLATIONS)} == {(made(4), True, 4.0)}
        assert count(engine, "adviser_run") == 4
        empty(engine)
