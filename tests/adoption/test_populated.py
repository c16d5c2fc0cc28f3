"""The populated database of 0.74: every fact of it is there afterwards, and the result is a database of ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from support.databases import drop_database, graph_at, make_database, unused
from support.digests import wrong_digests
from support.documents import PATHS, Document, id_of
from support.published import REVISION, Adopted, described, make_published
from support.rows import all_rows, table_names
from support.tables import count, rows_of, run
from support.told import facts

from thoth.storages import sync_solver_documents
from thoth.storages.graph import GraphDatabase, migrations
from thoth.storages.graph.adoption import adopt
from thoth.storages.graph.adoption.place import ADOPTED_REVISION
from thoth.storages.graph.engine import make_maintenance_engine

ARCHIVE = "published_0_74"


@pytest.fixture(scope="module")
def adopted(server: URL) -> Iterator[Adopted]:
    """The populated database, adopted; not to be changed."""
    url = unused(server, "adopted")
    make_published(server, url)
    engine = make_maintenance_engine(url)
    yield Adopted(engine, adopt(engine))
    drop_database(server, url)


@pytest.fixture(scope="module")
def published(server: URL) -> Iterator[Engine]:
    """The populated database as it was; not to be changed."""
    url = unused(server, "published")
    make_published(server, url)
    yield make_maintenance_engine(url)
    drop_database(server, url)


@pytest.fixture
def adopted_database(adopted: Adopted, missing_database: URL, server: URL) -> URL:
    """The populated database, adopted; the settings name it."""
    make_database(server, missing_database, adopted.engine.url)
    return missing_database


# --- The schema ------------------------------------------------------------------------------------------------------


def test_it_is_at_the_adopted_revision_and_upgrades_to_the_newest(adopted_database: URL, engine: Engine) -> None:
    assert rows_of(engine, "SELECT version_num FROM alembic_version") == [(ADOPTED_REVISION,)]
    migrations.upgrade(engine)
    assert rows_of(engine, "SELECT version_num FROM alembic_version") == [(migrations.script_head(),)]
    graph = GraphDatabase()
    graph.connect()
    assert graph.is_schema_up2date()
    graph.disconnect()
    code = (
        "from thoth.storages.graph import migrations; from alembic import command;"
        "command.check(migrations.configuration())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_catalogue_is_that_of_a_database_which_migrations_made(adopted: Adopted, server: URL) -> None:
    url = unused(server, "migrated")
    make_database(server, url)
    by_migrations = make_maintenance_engine(url)
    migrations.upgrade(by_migrations, ADOPTED_REVISION)
    wanted, found = described(by_migrations), described(adopted.engine)
    drop_database(server, url)
    assert (sorted((wanted - found).elements()), sorted((found - wanted).elements())) == ([], [])


# --- The facts -------------------------------------------------------------------------------------------------------


def test_everything_it_said_is_said_and_nothing_else(adopted: Adopted, published: Engine) -> None:
    before, after = facts(published), facts(adopted.engine)
    assert sum(map(len, before.values())) > 9_000
    for table in after.keys() | before.keys():
        assert before[table] - after[table] == {}, f"lost from {table}"
        assert after[table] - before[table] == {}, f"invented in {table}"


def test_what_is_left_out_is_what_the_report_says(adopted: Adopted, published: Engine) -> None:
    before = {table: len(rows) for table, rows in all_rows(published).items()}
    after = {table: len(rows) for table, rows in all_rows(adopted.engine).items()}
    told = {step.step: step for step in adopted.report.steps if step.step in before}
    assert {table: step.read for table, step in told.items()} == before
    assert {table: step.written for table, step in told.items()} == {table: after[table] for table in told}
    assert {table: step.left_out for table, step in told.items() if step.left_out} == {
        "external_hardware_information": {"breaks external_hardware_information_not_empty_check": 1},
        "external_python_requirements_lock": {"no locked packages: the stack is not locked": 1},
    }
    assert all(step.merged == 0 for step in told.values())


def test_every_digest_is_that_of_its_row(adopted: Adopted) -> None:
    assert wrong_digests(adopted.engine) == []


# --- The old tables --------------------------------------------------------------------------------------------------


def test_the_old_tables_are_in_the_archive_complete_and_refuse_changes(adopted: Adopted, published: Engine) -> None:
    engine = adopted.engine
    for table in [*table_names(published), "alembic_version"]:
        rows = f"SELECT to_jsonb(one) FROM {{}}.{table} AS one ORDER BY CAST(to_jsonb(one) AS text)"
        assert rows_of(engine, rows.format(ARCHIVE)) == rows_of(published, rows.format("public")), table
        for change in (f"DELETE FROM {ARCHIVE}.{table}", f"TRUNCATE {ARCHIVE}.{table} CASCADE"):
            with pytest.raises(DBAPIError, match="no changes to table"):
                run(engine, change)
    assert rows_of(engine, f"SELECT version_num FROM {ARCHIVE}.alembic_version") == [(REVISION,)]


def test_the_archive_can_be_dropped_and_nothing_needs_it(adopted_database: URL, engine: Engine) -> None:
    before = (described(engine), all_rows(engine))
    run(engine, f"DROP SCHEMA {ARCHIVE} CASCADE")
    assert (described(engine), all_rows(engine)) == before


def test_new_ids_go_on_above_every_old_one(adopted_database: URL, engine: Engine) -> None:
    statement = f"""
        SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = '{ARCHIVE}'::regnamespace AND a.attname = 'id' AND c.relkind = 'r'
          AND EXISTS (SELECT FROM pg_attribute n WHERE n.attrelid = to_regclass('public.' || c.relname)
                      AND n.attname = 'id')"""
    tables = [table for (table,) in rows_of(engine, statement)]
    assert len(tables) > 30
    for table in tables:
        next_id = f"SELECT nextval(pg_get_serial_sequence('public.{table}', 'id'))"
        greatest = f"SELECT coalesce(max(id), 0) FROM {ARCHIVE}.{table}"
        assert rows_of(engine, next_id)[0][0] > rows_of(engine, greatest)[0][0], table


# --- Going on with it ------------------------------------------------------------------------------------------------


def _counted(engine: Engine) -> dict[str, int]:
    tables = (
        "python_package_metadata",
        "python_package_license",
        "python_package_version",
        "python_package_version_entity",
        "python_artifact",
        "import_package",
        "ecosystem_solver",
        "solved",
        "python_package_index",
        "python_package_metadata_classifier",
        "python_package_metadata_distutils",
        "python_package_metadata_project_url",
        "has_metadata_classifier",
        "has_metadata_distutils",
        "synced_document",
    )
    return {table: count(engine, table) for table in tables}


def test_documents_that_it_was_told_are_known_and_not_synced_again(
    adopted_database: URL, engine: Engine, documents: list[Document]
) -> None:
    migrations.upgrade(engine)
    graph = GraphDatabase()
    graph.connect()
    known = {id_ for (id_,) in rows_of(engine, f"SELECT document_id FROM {ARCHIVE}.solved")}
    assert all(graph.solver_document_id_exists(id_) for id_ in known)
    told = [path for path in PATHS if path.stem in known or any(id_ in path.name for id_ in known)]
    before = all_rows(engine)
    if told:
        sync_solver_documents([str(path) for path in told], graph=graph, is_local=True)
    assert all_rows(engine) == before
    graph.disconnect()


def test_documents_that_are_synced_again_by_force_find_everything_that_is_there(
    adopted_database: URL, engine: Engine, documents: list[Document]
) -> None:
    migrations.upgrade(engine)
    known = {id_ for (id_,) in rows_of(engine, f"SELECT document_id FROM {ARCHIVE}.solved")}
    told = [document for document in documents if id_of(document) in known]
    assert len(told) > 40
    before = _counted(engine)
    ranges = "SELECT count(*) FROM depends_on WHERE version_range <> '*'"
    assert rows_of(engine, ranges) == [(0,)]
    with graph_at(adopted_database, []) as graph:
        for document in told:
            graph.sync_solver_result(document, force=True)
    assert _counted(engine) == before
    assert wrong_digests(engine) == []
    assert rows_of(engine, ranges)[0][0] > 50
