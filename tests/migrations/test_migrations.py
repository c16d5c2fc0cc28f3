"""The migrations: that they make what the models say, lose no data, and can be undone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, text
from support.databases import copied_database
from support.rows import all_rows, fill, table_names
from support.tables import rows_of

from alembic import command
from thoth.storages.graph import migrations, schema_status
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.models import Base

ROOT = Path(__file__).resolve().parents[2]

_COLUMNS = """
    SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull, attidentity,
           pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
      AND attnum > 0 AND NOT attisdropped
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname::text, contype, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
"""
_INDEXES = """
    SELECT tablename::text, indexname::text, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
_ENUMS = "SELECT enumtypid::regtype::text, array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum GROUP BY 1"
_LEFT_OVER = """
    SELECT relname::text FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic_version%'
    UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
# What a constraint's or an index's name ends with.
_ENDINGS = {"p": "_pkey", "u": "_key", "f": "_fkey", "c": "_check", "x": "_excl"}


def revisions() -> list[str]:
    """Every revision, the oldest first."""
    scripts = ScriptDirectory.from_config(migrations.configuration())
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def described(engine: Engine) -> dict[str, set[str]]:
    """All that the catalogue says of our tables."""
    statements = {"columns": _COLUMNS, "constraints": _CONSTRAINTS, "indexes": _INDEXES, "enums": _ENUMS}
    return {what: {repr(tuple(row)) for row in rows_of(engine, one)} for what, one in statements.items()}


def _is_by_convention(table: str, name: str, ending: str) -> bool:
    # A name that is too long for PostgreSQL is cut by SQLAlchemy, the same way each time.
    is_cut = len(name) > 55 and re.search("_[0-9a-f]{4}$", name) is not None
    return name.startswith(f"{table}_") and (name.endswith(ending) or is_cut)


def test_there_is_exactly_one_head_and_one_way_to_it() -> None:
    scripts = ScriptDirectory.from_config(migrations.configuration())
    assert scripts.get_heads() == [migrations.script_head()]
    assert len(scripts.get_bases()) == 1
    assert all(
        script.down_revision is None or isinstance(script.down_revision, str) for script in scripts.walk_revisions()
    )
    assert [migrations.migrations_since(one) for one in reversed(revisions())] == list(range(len(revisions())))
    assert migrations.migrations_since("somethingelse") is None


def test_alembic_finds_nothing_to_add_to_the_migrations(database: URL) -> None:
    # In a process of its own: tests may have mapped tables of their own in this one.
    code = (
        "from thoth.storages.graph import migrations; from alembic import command;"
        "command.check(migrations.configuration())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected" in done.stdout + done.stderr


def test_the_migrations_make_to_the_letter_what_the_models_say(database: URL, engine: Engine) -> None:
    by_migrations = described(engine)
    made = [table for table in Base.metadata.sorted_tables if table.name in schema_status._tables()]
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        Base.metadata.create_all(connection, tables=made)
    by_models = described(engine)
    for what, rows in by_models.items():
        assert by_migrations[what] - rows == set(), f"{what} that only migrations make"
        assert rows - by_migrations[what] == set(), f"{what} that only models have"


def test_up_and_down_and_up_again_with_rows_in_every_table_loses_none(empty_database: URL, engine: Engine) -> None:
    configuration = migrations.configuration(engine=engine)
    kept = []
    for revision in revisions():
        command.upgrade(configuration, revision)
        fill(engine)
        kept.append(all_rows(engine))
        assert all(kept[-1].values()), [table for table, rows in kept[-1].items() if not rows]
    assert set(kept[-1]) == set(schema_status._tables())
    for revision, rows in reversed(list(zip(revisions()[:-1], kept[:-1], strict=True))):
        command.downgrade(configuration, revision)
        assert all_rows(engine) == rows
    command.upgrade(configuration, "head")
    after = all_rows(engine)
    for table, rows in kept[0].items():
        assert [{name: row[name] for name in rows[0]} for row in after[table]] == rows
    command.downgrade(configuration, "base")
    assert rows_of(engine, _LEFT_OVER) == []
    command.upgrade(configuration, "head")
    assert table_names(engine) == sorted(schema_status._tables())


def test_every_constraint_has_a_name_by_the_convention_and_can_be_dropped_by_it(database: URL, engine: Engine) -> None:
    constraints = [row for row in rows_of(engine, _CONSTRAINTS) if row[2] in _ENDINGS]
    assert len(constraints) >= 100
    assert [name for table, name, kind, _ in constraints if not _is_by_convention(table, name, _ENDINGS[kind])] == []
    with engine.connect() as connection:
        for table, name, *_ in constraints:
            there = connection.scalar(
                text("SELECT count(*) FROM pg_constraint WHERE conname = :name AND conrelid = CAST(:t AS regclass)"),
                {"name": name, "t": table},
            )
            if there:  # a foreign key goes with the key that it needs
                connection.execute(text(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}" CASCADE'))
        left = connection.execute(text(_CONSTRAINTS)).all()
        assert [row for row in left if row[2] in _ENDINGS] == []


def test_every_index_has_a_name_by_the_convention_and_can_be_dropped_by_it(database: URL, engine: Engine) -> None:
    keys = {name for _, name, *_ in rows_of(engine, _CONSTRAINTS)}
    indexes = [(table, name) for table, name, _ in rows_of(engine, _INDEXES) if name not in keys]
    assert indexes
    assert [name for table, name in indexes if not _is_by_convention(table, name, "_idx")] == []
    with engine.connect() as connection:
        for _, name in indexes:
            connection.execute(text(f'DROP INDEX "{name}"'))


def test_the_sql_of_the_migrations_does_what_they_do(server: URL, database: URL, engine: Engine) -> None:
    with copied_database(server, server.set(database="template0"), "offline") as url:
        other = make_maintenance_engine(url)
        raw = other.raw_connection()
        raw.driver_connection.autocommit = True
        raw.cursor().execute(migrations.upgrade_sql())
        raw.close()
        assert described(other) == described(engine)
        with other.connect() as connection:
            found = schema_status.status(lambda *one: connection.execute(*one).fetchall(), url)
        assert found.state is schema_status.SchemaStateEnum.CURRENT
    assert "CREATE TABLE" not in migrations.upgrade_sql(migrations.script_head())


@pytest.mark.slow
def test_the_commands_of_alembic_work_in_a_checkout(database: URL) -> None:
    def alembic(*arguments: str) -> str:
        command_line = [sys.executable, "-m", "alembic", *arguments]
        done = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    head = migrations.script_head()
    assert alembic("current").strip() == f"{head} (head)"
    assert f"VALUES ('{revisions()[0]}')" in alembic("upgrade", "head", "--sql")
    alembic("downgrade", "base")
    assert alembic("current").strip() == ""
    alembic("upgrade", "+1")
    assert alembic("current").split() == [revisions()[0]]
    alembic("upgrade", "head")
    assert "No new upgrade operations" in alembic("check")


def test_a_new_migration_says_the_rules_and_is_formatted(tmp_path: Path) -> None:
    shutil.copytree(migrations.location(), tmp_path / "alembic")
    configuration = migrations.configuration()
    configuration.set_main_option("script_location", str(tmp_path / "alembic"))
    made = command.revision(configuration, "What changes")
    assert made is not None and not isinstance(made, list)
    lines = Path(made.path).read_text()
    assert lines.startswith('"""What changes.\n')
    for rule in ("an older library works on this schema", "CONCURRENTLY", "enum", "naming convention", "rows"):
        assert rule in lines
    checked = ["format", "--isolated", "--line-length", "120", "--check", made.path]
    done = subprocess.run([sys.executable, "-m", "ruff", *checked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr + lines
