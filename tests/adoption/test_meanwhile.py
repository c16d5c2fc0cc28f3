"""While a database is adopted: others read, nobody writes, nobody adopts it a second time; and what time zones do."""

from __future__ import annotations

from datetime import UTC

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import DBAPIError
from support.databases import administer
from support.published import MADE, OldRows, described, load
from support.rows import all_rows
from support.tables import rows_of, run
from support.transactions import Doing, wait_for, waiting_pids

from thoth.storages.exceptions import DatabaseUnavailableError, SchemaNotOursError
from thoth.storages.graph import migrations
from thoth.storages.graph.adoption import adopt, give_up
from thoth.storages.graph.engine import make_maintenance_engine

pytestmark = pytest.mark.slow

WRITES = (
    "INSERT INTO cve_timestamp (id, timestamp) VALUES (99, now())",
    "UPDATE cve SET details = 'x'",
    "DELETE FROM advised",
    "TRUNCATE has_symbol",
    "UPDATE alembic_version SET version_num = 'x'",
    "INSERT INTO solved SELECT * FROM solved WHERE false",
)


def test_meanwhile_the_old_tables_can_be_read_and_say_why_they_cannot_be_changed(
    populated: URL, engine: Engine
) -> None:
    said: list[str] = []

    def look(_step: object) -> None:
        if len(said) < len(WRITES) and rows_of(engine, "SELECT count(*) FROM advised")[0][0] >= 0:
            with pytest.raises(DBAPIError) as caught:
                run(engine, WRITES[len(said)])
            said.append(str(caught.value))

    adopt(engine, tell=look)
    assert len(said) == len(WRITES)
    assert all("thoth-storages" in message and "adopt" in message for message in said)


def test_two_that_adopt_at_the_same_time_adopt_it_once(populated: URL, engine: Engine) -> None:
    second: list[Doing] = []

    def begin_another(_step: object) -> None:
        if not second:
            second.append(Doing(lambda: adopt(make_maintenance_engine(populated))))

    adopt(engine, tell=begin_another)
    with pytest.raises(SchemaNotOursError, match="revision"):
        second[0].result()
    old = rows_of(engine, "SELECT count(*) FROM published_0_74.python_package_version_entity")
    assert rows_of(engine, "SELECT count(*) FROM python_package_version_entity") == old


def test_a_reader_at_the_moment_of_the_swap_only_delays_it(
    unfilled: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.05)
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.2")
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM solved"))
        adopting = Doing(lambda: adopt(make_maintenance_engine(unfilled)))
        done = "SELECT 1 FROM thoth_storages_adoption.adoption_step WHERE step = 'ledger of documents'"
        began = "SELECT to_regclass('thoth_storages_adoption.adoption_step') IS NOT NULL"
        wait_for(lambda: rows_of(engine, began)[0][0] and bool(rows_of(engine, done)), "all is copied")
        wait_for(lambda: bool(waiting_pids(engine)), "the swap waits")
        assert adopting.is_alive()
        reader.rollback()
    adopting.result()
    assert rows_of(engine, "SELECT count(*) FROM published_0_74.solved") == [(0,)]


def test_a_reader_that_stays_ends_in_an_error_and_the_next_attempt_finishes(
    unfilled: URL, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "_TRIES", 2)
    monkeypatch.setattr(migrations, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.05")
    impatient = make_maintenance_engine(unfilled)
    with engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM solved"))
        with pytest.raises(DatabaseUnavailableError, match="lock"):
            adopt(impatient)
        with pytest.raises(DatabaseUnavailableError, match="lock"):
            give_up(impatient)
    seen: list[object] = []
    steps = adopt(impatient, tell=seen.append).steps
    assert len(seen) == len(steps)
    assert rows_of(engine, "SELECT to_regclass('thoth_storages_adoption.adoption_step')") == [(None,)]


def test_a_transaction_that_writes_when_it_begins_is_waited_for_and_counted(unfilled: URL, engine: Engine) -> None:
    with engine.connect() as writer:
        writer.execute(text("INSERT INTO import_package (import_package_name) VALUES ('last')"))
        adopting = Doing(lambda: adopt(make_maintenance_engine(unfilled)))
        wait_for(lambda: bool(waiting_pids(engine)), "the guard waits")
        writer.commit()
    adopting.result()
    assert rows_of(engine, "SELECT import_package_name FROM import_package") == [("last",)]


# --- Where and when --------------------------------------------------------------------------------------------------


def test_no_time_zone_shifts_a_time(old: OldRows, unfilled: URL, engine: Engine, server: URL) -> None:
    entity = old.put("python_package_version_entity", package_version="1.0")
    version = old.put("python_package_version", entity_id=entity)
    solver = old.put("ecosystem_solver")
    winter = MADE.replace(month=3, day=13, hour=2, minute=30)  # an hour that New York did not have
    for made in (MADE, winter):
        values = {"version_id": version, "ecosystem_solver_id": solver, "datetime": made}
        old.put("solved", document_id=f"solver-{made:%m}", **values)
    old.put("cve", aggregated_at=winter)
    administer(server, f"ALTER DATABASE \"{unfilled.database}\" SET TimeZone = 'America/New_York'")
    adopt(engine)
    assert rows_of(engine, "SHOW TimeZone") == [("America/New_York",)]
    times = [(MADE.replace(tzinfo=UTC),), (winter.replace(tzinfo=UTC),)]
    assert rows_of(engine, "SELECT datetime FROM solved ORDER BY 1 DESC") == times
    assert rows_of(engine, "SELECT created_at FROM synced_document ORDER BY 1 DESC") == times
    assert rows_of(engine, "SELECT aggregated_at FROM cve") == times[1:]


def test_tables_in_another_schema_are_adopted_there(missing_database: URL, server: URL) -> None:
    administer(server, f'CREATE DATABASE "{missing_database.database}"')
    administer(server, f'ALTER DATABASE "{missing_database.database}" SET search_path = "$user", "Odd schema"')
    engine = make_maintenance_engine(missing_database)
    run(engine, 'CREATE SCHEMA "Odd schema"')
    load(missing_database, schema='"Odd schema"')
    public = described(engine)
    before = len(all_rows(engine)["depends_on"])
    adopt(engine)
    assert described(engine) == public
    assert rows_of(engine, "SELECT current_schema()") == [("Odd schema",)]
    assert len(all_rows(engine)["depends_on"]) == before > 0
    assert rows_of(engine, "SELECT count(*) FROM published_0_74.depends_on") == [(before,)]
    migrations.upgrade(engine)
    assert rows_of(engine, 'SELECT version_num FROM "Odd schema".alembic_version') == [(migrations.script_head(),)]


def test_tables_that_are_not_in_the_first_schema_of_the_search_path_are_found(
    populated: URL, engine: Engine, server: URL
) -> None:
    run(engine, "CREATE SCHEMA app")
    administer(server, f'ALTER DATABASE "{populated.database}" SET search_path = app, public')
    adopt(make_maintenance_engine(populated))
    assert rows_of(engine, "SELECT count(*) FROM public.cve UNION SELECT count(*) FROM published_0_74.cve") == [(34,)]
    assert rows_of(engine, "SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace") == []
