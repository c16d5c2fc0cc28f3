"""The graph that plans are tried on is the one that was asked for."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.documents import real_documents
from support.shape import Shape, load
from support.tables import Dump, count, dump, rows_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_maintenance_engine


def test_the_same_graph_is_made_again(server: URL, template: URL) -> None:
    def made() -> tuple[Shape, Dump]:
        with copied_database(server, template, "shape") as url:
            engine = make_maintenance_engine(url)
            return load(engine, 2_000), dump(engine)

    assert made() == made()


def test_a_few_packages_have_most_of_the_versions_and_of_the_dependents(database: URL, engine: Engine) -> None:
    shape = load(engine, 20_000)
    assert count(engine, "depends_on") == shape.edges == 20_000
    share = """
        SELECT sum(number) FILTER (WHERE place <= 10) / sum(number)
        FROM (SELECT count(*) AS number, row_number() OVER (ORDER BY count(*) DESC) AS place
              FROM {} GROUP BY package_name) AS counted"""
    versions = rows_of(engine, share.format("python_package_version_entity"))[0][0]
    edges = rows_of(engine, share.format("depends_on JOIN python_package_version_entity e ON e.id = entity_id"))[0][0]
    assert versions > 0.25  # of a hundred packages
    assert edges > 0.25


def test_every_table_that_is_asked_about_packages_has_rows(database: URL, engine: Engine) -> None:
    load(engine, 2_000)
    related = (
        "has_vulnerability",
        "has_artifact",
        "requires_symbol",
        "has_symbol",
        "found_rpm",
        "identified",
        "solved",
    )
    assert all(count(engine, table) > 50 for table in related)


def test_documents_can_be_told_to_it(graph: GraphDatabase, engine: Engine) -> None:
    load(engine, 2_000)
    graph.sync_solver_result(real_documents()[0])
    assert count(engine, "depends_on") > 2_000
