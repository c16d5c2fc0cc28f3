"""What is not a database of 0.74 that can be adopted is refused: what was found, what was expected, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, text
from support.databases import administer, drop_database, make_database, unused
from support.published import described, make_published
from support.rows import all_rows
from support.tables import run

from thoth.storages.exceptions import SchemaNotOursError
from thoth.storages.graph import migrations
from thoth.storages.graph.adoption import adopt
from thoth.storages.graph.adoption.place import ADOPTED_REVISION, PUBLISHED_REVISION
from thoth.storages.graph.adoption.setting_up import set_up
from thoth.storages.graph.engine import make_maintenance_engine

pytestmark = pytest.mark.slow  # many databases are made

TRIGGER = """
    CREATE FUNCTION follow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER follower BEFORE INSERT ON cve FOR EACH ROW EXECUTE FUNCTION follow()"""

# What was done to the database, and what the message says was found.
ODDITIES = {
    "another revision": ("UPDATE alembic_version SET version_num = 'abc123'", "revision abc123"),
    "no revision": ("DELETE FROM alembic_version", "no revision"),
    "no table of revisions": ("DROP TABLE alembic_version", "no revision"),
    "a table of revisions without any": ("ALTER TABLE alembic_version RENAME version_num TO other", "no revision"),
    "a column of another type": (
        "ALTER TABLE adviser_run ALTER COLUMN count TYPE text",
        "column adviser_run.count of type text",
    ),
    "several revisions": ("INSERT INTO alembic_version VALUES ('more')", f"revision {PUBLISHED_REVISION}, more"),
    "a missing table": ("DROP TABLE has_symbol", "no table has_symbol"),
    "a missing column": ("ALTER TABLE cve DROP COLUMN link", "no column cve.link"),
    "a column more": ("ALTER TABLE cve ADD COLUMN severity text", "an unknown column cve.severity"),
    "a table of ours": ("CREATE TABLE synced_document (id integer)", "synced_document"),
    "a view of our table's name": ("CREATE VIEW synced_document AS SELECT 1 AS id", "synced_document"),
    "a sequence of our table's name": ("CREATE SEQUENCE package_change", "package_change"),
    "a view": ("CREATE VIEW newest AS SELECT max(datetime) FROM solved", "newest reads solved"),
    "a materialised view": ("CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM solved", "kept reads solved"),
    "a foreign key": ("CREATE TABLE notes (cve integer REFERENCES cve)", "notes refers to cve"),
    "a trigger": (TRIGGER, "trigger follower on cve"),
    "a publication": ("CREATE PUBLICATION news FOR TABLE cve", "publication news"),
    "a publication of all": ("CREATE PUBLICATION news FOR ALL TABLES", "publication news"),
    "a publication of the schema": ("CREATE PUBLICATION news FOR TABLES IN SCHEMA public", "publication news"),
    "a rule": ("CREATE RULE loud AS ON INSERT TO cve DO ALSO NOTIFY news", "rule loud"),
    "a policy": ("CREATE POLICY hidden ON cve USING (false)", "polic"),
    "row security": ("ALTER TABLE cve ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", "row.* cve"),
    "a heir": ("CREATE TABLE heir () INHERITS (cve)", "heir"),
    "a function": (
        "CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM cve; END",
        "function .*counted",
    ),
    "the archive": ("CREATE SCHEMA published_0_74", "a schema published_0_74"),
}


@pytest.fixture(scope="module")
def shared(server: URL) -> Iterator[Engine]:
    """A database of 0.74 without rows, for tests that leave it as it is."""
    url = unused(server, "shared")
    make_published(server, url, rows=False)
    yield make_maintenance_engine(url)
    drop_database(server, url)


@pytest.mark.parametrize("oddity", ODDITIES)
def test_a_database_that_is_not_quite_one_of_0_74_is_refused(shared: Engine, oddity: str) -> None:
    statement, found = ODDITIES[oddity]
    with shared.connect() as connection:  # and nothing is committed
        connection.execute(text(statement))
        with pytest.raises(SchemaNotOursError, match=found) as caught:
            set_up(connection, "public")
    assert PUBLISHED_REVISION in str(caught.value)
    assert str(shared.url.database) in str(caught.value)
    assert caught.value.advice


def _refused(engine: Engine, found: str) -> None:
    """Make sure that neither an adoption nor a dry run begins, and that nothing is changed."""
    before = (described(engine), all_rows(engine))
    for dry_run in (True, False):
        with pytest.raises(SchemaNotOursError, match=found):
            adopt(engine, dry_run=dry_run)
    assert (described(engine), all_rows(engine)) == before


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE VIEW newest AS SELECT max(datetime) FROM solved", "newest reads solved"),
        ("CREATE SCHEMA thoth_storages_adoption", "a schema thoth_storages_adoption"),
    ],
)
def test_a_refusal_changes_nothing(unfilled: URL, engine: Engine, statement: str, found: str) -> None:
    run(engine, statement)
    _refused(engine, found)


def test_a_database_of_ours_is_refused(database: URL, engine: Engine) -> None:
    _refused(engine, f"revision {migrations.script_head()}")


def test_an_adopted_database_is_refused(unfilled: URL, engine: Engine) -> None:
    adopt(engine)
    _refused(engine, f"revision {ADOPTED_REVISION}")


def test_an_empty_database_is_refused(missing_database: URL, engine: Engine, server: URL) -> None:
    make_database(server, missing_database)
    _refused(engine, "no revision")


def test_a_database_without_a_schema_on_the_search_path_is_refused(unfilled: URL, engine: Engine, server: URL) -> None:
    administer(server, f'ALTER DATABASE "{unfilled.database}" SET search_path = nowhere')
    with pytest.raises(SchemaNotOursError, match="no schema that the search path finds"):
        adopt(make_maintenance_engine(unfilled))
