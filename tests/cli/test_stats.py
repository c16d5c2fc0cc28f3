"""thoth-storages stats: what the graph holds, for people and for programs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from support.commands import run_command
from support.frozen import silent_port
from support.patience import within
from support.tables import rows_of, run

from thoth.storages.cli import cli, stats_figures
from thoth.storages.exceptions import DatabaseStatementError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.quarantine import DocumentFault
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.models import DependsOn


def said(*arguments: str) -> dict[str, Any]:
    done = run_command(cli, "stats", "--json", *arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_table(found: dict[str, Any], name: str) -> dict[str, Any]:
    (table,) = (one for one in found["tables"] if one["table"] == name)
    return dict(table)


def of_kind(found: dict[str, Any], name: str) -> dict[str, Any]:
    (kind,) = (one for one in found["kinds"] if one["kind"] == name)
    return dict(kind)


def test_what_is_counted_is_exact_and_what_is_not_is_close(filled: GraphDatabase, engine: Engine) -> None:
    run(engine, "ANALYZE depends_on")
    edges = filled.get_relation_table_count()["depends_on"]
    estimated, exact = of_table(said(), "depends_on"), of_table(said("--exact"), "depends_on")
    assert (exact["rows"], exact["is_exact"], estimated["is_exact"]) == (edges, True, False)
    assert estimated["rows"] == pytest.approx(edges, rel=0.05)
    for name in ("table_bytes", "index_bytes"):
        assert exact[name] == estimated[name] > 8192


def test_every_table_is_there_the_largest_first(filled: GraphDatabase) -> None:
    found = said("--exact")
    counted = {one["table"]: one["rows"] for one in found["tables"]}
    assert {**filled.get_main_table_count(), **filled.get_relation_table_count()}.items() <= counted.items()
    sizes = [one["table_bytes"] + one["index_bytes"] for one in found["tables"]]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) < found["database_bytes"]
    assert found["graph_uuid"] == filled.get_graph_uuid()


def test_each_kind_says_when_it_was_synced_and_what_remains(filled: GraphDatabase, engine: Engine) -> None:
    filled.note_quarantine(DocumentKindEnum.ADVISER, [DocumentFault("adviser-1", "broken", None, None)])
    found = said()
    assert [one["kind"] for one in found["kinds"]][:2] == ["solver", "revsolver"]
    synced = datetime.fromisoformat(of_kind(found, "solver")["last_synced"])
    assert timedelta(0) <= datetime.now(UTC) - synced < timedelta(hours=1)
    assert of_kind(found, "adviser") == {"kind": "adviser", "last_synced": None, "in_quarantine": 1, "waiting": 0}
    shown = run_command(cli, "stats").stdout
    assert "thoth-storages sync --list-quarantined" in shown and "--list-waiting" not in shown


def test_for_people_estimates_are_marked_and_empty_tables_are_counted(filled: GraphDatabase, engine: Engine) -> None:
    assert "(ANALYZE)" in run_command(cli, "stats").stdout
    run(engine, "ANALYZE")
    shown, exact = run_command(cli, "stats").stdout, run_command(cli, "stats", "--exact").stdout
    assert "~" in shown and "~" not in exact and "ANALYZE" not in shown
    edges = filled.get_relation_table_count()["depends_on"]
    assert f" {edges:,} " in next(line for line in exact.splitlines() if line.startswith("depends_on "))
    assert "tables without a row" in exact and "found_rpm" not in exact
    assert exact.splitlines()[0].startswith(f"Graph {filled.get_graph_uuid()}, ")
    assert exact.splitlines()[-1] == "Graph cache: no file is set (THOTH_STORAGES_GRAPH_CACHE)"


def test_the_cache_file_is_told_with_its_size_and_whose_it_is(
    filled: GraphDatabase, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache.sqlite3"
    versions = filled.create_graph_cache(str(path), ["flask"])["package_versions"]
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE", str(path))
    cache = said()["cache"]
    assert (cache["path"], cache["bytes"], cache["problem"]) == (str(path), path.stat().st_size, None)
    assert (cache["entries"]["cached_package_version"], cache["is_of_this_graph"]) == (versions, True)
    assert f"{versions} package versions, of this graph" in run_command(cli, "stats").stdout
    run(engine, "UPDATE graph_identity SET graph_uuid = gen_random_uuid()")
    assert said()["cache"]["is_of_this_graph"] is False
    path.write_bytes(b"broken")
    broken = said()["cache"]
    assert broken["entries"] is None and str(path) in broken["problem"]
    assert broken["problem"] in run_command(cli, "stats").stdout


def test_a_table_that_takes_too_long_to_count_is_estimated(
    filled: GraphDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def count(_graph: GraphDatabase, entity: Any) -> int:
        asked.append(entity.__tablename__)
        raise DatabaseStatementError("canceling statement due to statement timeout", "57014")

    monkeypatch.setattr(GraphDatabase, "get_entity_count", count)
    assert not any(one["is_exact"] for one in said("--exact")["tables"])
    assert "depends_on" in asked


def test_what_takes_longer_than_the_settings_allow_is_left_out_and_other_errors_are_not(
    graph: GraphDatabase, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_STATEMENT_TIMEOUT", "0.3")
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "5")
    with engine.begin() as connection, within(3):
        connection.exec_driver_sql("LOCK TABLE depends_on")
        found = said("--exact")
        shown = run_command(cli, "stats").stdout
    assert found["tables"] is None and len(found["kinds"]) == 9, "a table that is locked cannot even be measured"
    assert "not told in time" in shown
    run(engine, "ALTER TABLE depends_on RENAME TO other; CREATE TABLE depends_on (id bigint)")
    with pytest.raises(DatabaseStatementError):
        stats_figures._in_time(lambda: graph.get_entity_count(DependsOn))


# --- Where there is nothing to tell ----------------------------------------------------------------------------------


def test_without_a_server_or_tables_it_ends_as_a_sync_does(missing_database: URL) -> None:
    done = run_command(cli, "stats")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "thoth-storages schema upgrade" in done.stderr


def test_without_a_server_the_exit_code_is_4(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run_command(cli, "stats", "--json")
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (4, "", 1)
    with silent_port() as port, within(1):
        monkeypatch.setenv("KNOWLEDGE_GRAPH_PORT", str(port))
        monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "1")
        assert run_command(cli, "stats").exit_code == 4


def test_tables_of_another_package_are_told_with_5(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "UPDATE alembic_version SET version_num = 'ffffffffffff'")
    assert run_command(cli, "stats").exit_code == 0, "ahead: asking is allowed"
    tables = [
        name
        for (name,) in rows_of(
            engine, "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
    ]
    run(engine, "; ".join(f'DROP TABLE "{name}" CASCADE' for name in tables))
    run(engine, "CREATE TABLE of_somebody_else (id int)")
    assert run_command(cli, "stats").exit_code == 5
