"""The database itself: how large it is, how much of that is waste, whether it is damaged."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL, make_url
from support.documents import PYPI

from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph import models as m
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.models_performance import PiMatmul
from thoth.storages.graph.queries.database_health import TableSize

PAGE = 8192
ROWS = 20_000


def _run(engine: Engine, *statements: str) -> None:
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def half_empty(graph: GraphDatabase, engine: Engine) -> GraphDatabase:
    """A graph with a table three quarters of whose rows were deleted, those that remain spread over all pages."""
    _run(
        engine,
        "ALTER TABLE import_package SET (autovacuum_enabled = off)",
        f"INSERT INTO import_package (import_package_name) SELECT 'package-' || n FROM generate_series(1, {ROWS}) AS n",
        "VACUUM (ANALYZE) import_package",
    )
    full = _bloat_of(graph, "import_package")
    assert full["pct_bloat"] < 5
    assert full["est_rows"] == ROWS
    _run(
        engine,
        "DELETE FROM import_package WHERE id % 4 > 0",
        "VACUUM (ANALYZE) import_package",
    )
    return graph


def _bloat_of(graph: GraphDatabase, table: str) -> Any:
    (found,) = (one for one in graph.get_bloat_data() if one["tablename"] == table)
    return found


# --- Size ------------------------------------------------------------------------------------------------------------


def test_the_size_is_that_of_the_database_in_bytes(graph: GraphDatabase, engine: Engine) -> None:
    before = graph.get_database_size()
    _run(engine, f"CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, {ROWS})")
    assert 1000 * ROWS < graph.get_database_size() - before < 1500 * ROWS


def _size_of(graph: GraphDatabase, table: str) -> TableSize:
    (found,) = (one for one in graph.get_table_sizes() if one.table == table)
    return found


def test_tables_are_measured_and_their_rows_estimated_by_the_pages_there_are_by_now(
    graph: GraphDatabase, engine: Engine
) -> None:
    assert _size_of(graph, "import_package").estimated_rows == 0
    insert = "INSERT INTO import_package (import_package_name) SELECT '{}-' || n FROM generate_series(1, {}) AS n"
    _run(engine, "ALTER TABLE import_package SET (autovacuum_enabled = off)")
    _run(engine, insert.format("first", ROWS), "ANALYZE import_package")
    first = _size_of(graph, "import_package")
    assert first.estimated_rows == ROWS
    assert 20 * ROWS < first.table_bytes < 100 * ROWS and first.index_bytes > 20 * ROWS
    _run(engine, insert.format("other", ROWS))
    twice = _size_of(graph, "import_package")
    assert twice.estimated_rows == pytest.approx(2 * ROWS, rel=0.02)
    assert twice.table_bytes > 1.9 * first.table_bytes
    assert graph.get_table_sizes()[0].table == "import_package", "the largest comes first"


def test_every_table_of_the_graph_is_measured_and_none_of_others(graph: GraphDatabase, engine: Engine) -> None:
    _run(engine, "CREATE TABLE of_somebody_else (id int)")
    measured = {one.table for one in graph.get_table_sizes()}
    assert {table_of(model).name for model in m.ALL_MAIN_MODELS | m.ALL_RELATION_MODELS} <= measured
    assert "synced_document" in measured and "of_somebody_else" not in measured


def test_a_graph_is_told_by_its_uuid(graph: GraphDatabase, engine: Engine) -> None:
    with engine.connect() as connection:
        (uuid,) = connection.execute(text("SELECT graph_uuid::text FROM graph_identity")).one()
    assert graph.get_graph_uuid() == uuid
    _run(engine, "DELETE FROM graph_identity")
    assert graph.get_graph_uuid() is None


# --- Waste -----------------------------------------------------------------------------------------------------------


def test_a_table_wastes_what_deleted_rows_left(half_empty: GraphDatabase) -> None:
    worst = half_empty.get_bloat_data()[0]
    assert worst["tablename"] == "import_package"
    assert worst["pct_bloat"] == pytest.approx(75, abs=5)
    assert worst["est_rows"] == ROWS / 4
    assert worst["table_bytes"] % PAGE == 0
    assert worst["mb_bloat"] == pytest.approx(worst["table_mb"] - worst["expected_mb"])
    assert worst["table_mb"] == worst["table_bytes"] / 2**20


def test_the_waste_of_indexes_is_found_and_gone_when_they_are_made_anew(
    half_empty: GraphDatabase, engine: Engine
) -> None:
    worst = half_empty.get_index_bloat_data()[0]
    assert worst["table_name"] == "import_package"
    assert worst["bloat_pct"] == pytest.approx(75, abs=10)
    _run(engine, "REINDEX TABLE import_package", "ANALYZE import_package")
    again = [one for one in half_empty.get_index_bloat_data() if one["table_name"] == "import_package"]
    assert len(again) >= 2
    assert all(one["bloat_pct"] < 15 for one in again)


def test_every_table_and_index_is_there_once_with_numbers(filled: GraphDatabase, engine: Engine) -> None:
    _run(engine, "ANALYZE")
    tables, indexes = filled.get_bloat_data(), filled.get_index_bloat_data()
    names = [one["tablename"] for one in tables]
    assert {table.name for table in m.Base.metadata.tables.values()} <= set(names)
    assert len(set(names)) == len(names)
    assert len({one["index_name"] for one in indexes}) == len(indexes) > len(tables)
    for one in (*tables, *indexes):
        for name, value in one.items():
            assert isinstance(value, bool if name == "can_estimate" else str if name.endswith("name") else float), name
    assert all(0 <= one["pct_bloat"] <= 100 for one in tables)
    assert all(0 <= one["bloat_pct"] <= 100 for one in indexes)


def test_what_was_never_analysed_is_not_estimated(graph: GraphDatabase, engine: Engine) -> None:
    _run(
        engine,
        "ALTER TABLE import_package SET (autovacuum_enabled = off)",
        "INSERT INTO import_package (import_package_name) VALUES ('flask')",
    )
    found = _bloat_of(graph, "import_package")
    assert found["can_estimate"] is False
    assert (found["expected_bytes"], found["pct_bloat"], found["est_rows"]) == (None, None, -1)
    assert found["table_bytes"] == PAGE
    empty = _bloat_of(graph, "cve")
    assert (empty["can_estimate"], empty["expected_bytes"], empty["pct_bloat"], empty["mb_bloat"]) == (True, 0, 0, 0)


def test_an_index_that_is_used_says_how_often(filled: GraphDatabase, engine: Engine) -> None:
    def scans() -> float:
        _run(engine, "SELECT pg_stat_force_next_flush()")
        return sum(one["index_scans"] for one in filled.get_index_bloat_data())

    before = scans()
    _run(engine, "SET enable_seqscan = off; SELECT * FROM python_package_index WHERE url = 'x'")
    assert scans() > before


# --- Damage ----------------------------------------------------------------------------------------------------------


def test_without_the_extension_nothing_is_checked_and_a_warning_says_so(
    filled: GraphDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    assert filled.is_database_corrupted() is False
    assert "CREATE EXTENSION amcheck" in caplog.text


def test_a_sound_database_is_not_damaged(
    filled: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    _run(engine, 'CREATE SCHEMA "Of others"', 'CREATE EXTENSION amcheck SCHEMA "Of others"')
    assert filled.is_database_corrupted() is False
    assert caplog.records == []


def test_an_index_out_of_order_is_damage_and_the_log_names_it(
    filled: GraphDatabase, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    order = "CREATE OR REPLACE FUNCTION fickle(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS"
    _run(
        engine,
        "CREATE EXTENSION amcheck",
        f"{order} 'SELECT btint4cmp(a, b)'",
        "CREATE OPERATOR CLASS fickle_order FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =,"
        " OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 fickle(int, int)",
        "CREATE TABLE numbered AS SELECT n FROM generate_series(1, 100) AS n",
        "CREATE INDEX numbered_by_fickle_order ON numbered (n fickle_order)",
    )
    assert filled.is_database_corrupted() is False
    _run(engine, f"{order} 'SELECT btint4cmp(b, a)'")
    filled._connected_engine().dispose()  # a session remembers what it inlined
    assert filled.is_database_corrupted() is True
    (error,) = (record.message for record in caplog.records if record.levelname == "ERROR")
    assert "numbered_by_fickle_order" in error
    assert "REINDEX" in error


def test_who_may_not_check_is_told_so_and_not_that_the_database_is_damaged(
    filled: GraphDatabase, engine: Engine, missing_database: URL
) -> None:
    role = f"reader_{missing_database.database}"
    _run(engine, "CREATE EXTENSION amcheck", f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    _run(engine, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        reader = make_engine(make_url(missing_database).set(username=role, password="x"))
        with pytest.raises(DatabaseStatementError, match="permission denied"):
            GraphDatabase(reader).is_database_corrupted()
        reader.dispose()
    finally:
        _run(engine, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


# --- Counts ----------------------------------------------------------------------------------------------------------


def test_rows_are_counted_by_table_main_and_relation_apart(filled: GraphDatabase, engine: Engine) -> None:
    main, relations = filled.get_main_table_count(), filled.get_relation_table_count()
    assert list(main) == sorted(main)
    assert list(relations) == sorted(relations)
    assert main.keys() == {model.__tablename__ for model in m.ALL_MAIN_MODELS}
    assert relations.keys() == {model.__tablename__ for model in m.ALL_RELATION_MODELS}
    with engine.connect() as connection:
        for table, number in {**main, **relations}.items():
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == number
    assert main["python_package_version"] > 40
    assert relations["depends_on"] > 90


def test_all_models_are_counted_somewhere(filled: GraphDatabase) -> None:
    counted = {
        **filled.get_main_table_count(),
        **filled.get_relation_table_count(),
        **filled.get_performance_table_count(),
    }
    bookkeeping = {"synced_document", "quarantined_document", "package_change", "graph_identity"}
    assert {table.name for table in m.Base.metadata.tables.values()} - set(counted) <= bookkeeping


def test_an_entity_is_any_model_with_an_id_or_without(filled: GraphDatabase) -> None:
    filled.register_python_package_index("https://mirror.example/simple")
    assert filled.get_entity_count(m.PythonPackageIndex) == 2
    assert filled.get_entity_count(m.Solved) == filled.get_relation_table_count()["solved"]
    assert "id" not in table_of(m.HasArtifact).c
    assert filled.get_entity_count(m.HasArtifact) == filled.get_relation_table_count()["has_artifact"]
    assert filled.get_entity_count(PiMatmul) == 0
    assert PYPI in filled.get_python_package_index_urls_all()


@pytest.mark.parametrize("odd", [None, "python_package_version", m.PythonPackageIndex(), int])
def test_what_is_no_model_is_refused_by_name(graph: GraphDatabase, odd: Any) -> None:
    with pytest.raises(TypeError, match="entity must be a model"):
        graph.get_entity_count(odd)
