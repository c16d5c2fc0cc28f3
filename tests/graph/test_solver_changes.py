"""Solver documents into a graph that says something else already: what stays, what goes, what is noted as changed."""

from __future__ import annotations

import copy

from sqlalchemy import Engine
from support.documents import DocumentOf, as_error, edge, made, tree, under_the_id_of
from support.tables import count, edges_of, imports_of, needs, rows_of, run, summary_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse

# --- What the reverse solver stated ----------------------------------------------------------------------------------


def test_edges_of_the_reverse_solver_survive(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    run(engine, "UPDATE depends_on SET stated_by_reverse_solver = true WHERE version_range IN ('>=1.6.2', '>=3.0.0')")
    run(
        engine,
        "UPDATE depends_on SET stated_by_solver = false WHERE version_range = '>=3.0.0'",
    )
    newer = made(document, days=1, suffix="cafe")
    tree(newer)["dependencies"] = [edge("click", ["8.1.7"], specifier=">=8.1.3")]
    graph.sync_solver_result(newer)
    graph.sync_solver_result(newer, force=True)
    stated = """SELECT e.package_name, e.package_version, stated_by_solver, stated_by_reverse_solver
                FROM depends_on d JOIN python_package_version_entity e ON e.id = d.entity_id ORDER BY 1, 2"""
    assert rows_of(engine, stated) == [
        ("blinker", "1.6.3", False, True),
        ("blinker", "1.8.2", False, True),
        ("click", "8.1.7", True, False),
        ("werkzeug", "3.0.4", False, True),
    ]
    again = made(document, days=2, suffix="caff")
    graph.sync_solver_result(again)
    assert rows_of(engine, stated)[:3] == [
        ("blinker", "1.6.3", True, True),
        ("blinker", "1.8.2", True, True),
        ("click", "8.1.7", True, False),
    ]
    assert len(rows_of(engine, stated)) == 8


# --- The same document with other content ----------------------------------------------------------------------------


def test_new_content_of_a_document_replaces_what_the_old_one_alone_said(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    document["result"]["errors"] = document_of("futures===3.3.0")["result"]["errors"]
    graph.sync_solver_result(document)
    corrected = copy.deepcopy(document)
    corrected["result"]["errors"] = []
    tree(corrected)["dependencies"] = tree(corrected)["dependencies"][:1]
    tree(corrected)["packages"] = ["flask"]
    graph.sync_solver_result(corrected)
    assert needs(engine, "flask", "3.0.3") == ["werkzeug>=3.0.0"]
    assert imports_of(engine, "flask") == ["flask"]
    assert rows_of(engine, "SELECT package_name FROM python_package_version") == [("flask",)]
    assert count(engine, "solved") == 1
    assert count(engine, "synced_document") == 1
    (content,) = rows_of(engine, "SELECT content_sha256 FROM synced_document")
    assert bytes(content[0]) == parse(corrected).document.content_sha256


def test_new_content_about_another_package_forgets_the_first_one(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    first = document_of("flask==3.0.3")
    second = under_the_id_of(first, document_of("click==8.1.7"))
    graph.sync_solver_result(first)
    graph.sync_solver_result(second)
    assert rows_of(engine, "SELECT package_name FROM python_package_version") == [("click",)]
    assert needs(engine, "flask", "3.0.3") == []
    assert count(engine, "solved") == 1


def test_new_content_keeps_the_history_that_other_documents_made(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    first = document_of("flask==3.0.3")
    failed = as_error(made(first, days=-1, suffix="dead"))
    graph.sync_solver_result(failed)
    graph.sync_solver_result(first)
    graph.sync_solver_result(under_the_id_of(first, document_of("click==8.1.7")))
    # flask is still known, from the run that failed, but nobody says any more what it needs, provides or is.
    runs = """SELECT package_name, document_id, error FROM solved s JOIN python_package_version v ON v.id = version_id
              ORDER BY 1"""
    assert rows_of(engine, runs) == [
        ("click", first["metadata"]["document_id"], False),
        ("flask", failed["metadata"]["document_id"], True),
    ]
    assert needs(engine, "flask", "3.0.3") == []
    assert imports_of(engine, "flask") == []
    assert summary_of(engine, "flask") == (None, None, None)


def test_what_only_the_withdrawn_newest_document_said_gives_way_to_an_older_one_that_is_synced_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    older = document_of("flask==3.0.3")
    newer = made(older, days=1, suffix="cafe")
    tree(newer)["dependencies"] = [edge("newer", ["1.0"])]
    withdrawn = under_the_id_of(newer, document_of("six==1.16.0"))
    graph.sync_solver_result(older)
    graph.sync_solver_result(newer)
    assert graph.solver_records_exist(older)
    graph.sync_solver_result(withdrawn)
    assert not graph.solver_records_exist(older), "it is asked for again"
    graph.sync_solver_result(older)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert "newer*" not in needs(engine, "flask", "3.0.3")
    assert graph.solver_records_exist(older)


def test_forcing_documents_that_are_right_asks_for_none_of_them_again(
    graph: GraphDatabase, document_of: DocumentOf
) -> None:
    older = document_of("flask==3.0.3")
    newer = made(older, days=1, suffix="cafe")
    for force in (False, True):
        for document in (older, newer):
            graph.sync_solver_result(document, force=force)
    assert graph.solver_records_exist(older) and graph.solver_records_exist(newer)


def test_a_success_that_turns_out_to_be_an_error_states_nothing_any_more(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    graph.sync_solver_result(as_error(document))
    assert needs(engine, "flask", "3.0.3") == []
    assert imports_of(engine, "flask") == []
    assert summary_of(engine, "flask") == (None, None, None)
    assert rows_of(engine, "SELECT error FROM solved") == [(True,)]


def test_new_content_that_names_no_package_forgets_them_all(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    document["result"]["tree"] = []
    graph.sync_solver_result(document)
    for table in ("solved", "python_package_version", "depends_on", "found_import_package"):
        assert count(engine, table) == 0
    ((remarks,),) = rows_of(engine, "SELECT remarks FROM synced_document")
    assert remarks == ["no package version in result.tree, errors, unresolved or unparsed"]
    assert rows_of(engine, "SELECT DISTINCT xid FROM package_change WHERE package_name = 'flask'") != []


# --- What changed ----------------------------------------------------------------------------------------------------


def _changes(engine: Engine) -> dict[str, int]:
    return {row[0]: row[1] for row in rows_of(engine, "SELECT package_name, xid FROM package_change")}


def test_what_a_document_touches_is_recorded_with_its_transaction(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    first = _changes(engine)
    assert set(first) == {
        *("flask", "werkzeug", "jinja2", "itsdangerous", "click", "blinker", "importlib-metadata"),
    }
    ((xmin,),) = rows_of(engine, "SELECT xmin::text::bigint FROM synced_document")
    assert set(first.values()) == {xmin}
    graph.sync_solver_result(document_of("click==8.1.7"))
    second = _changes(engine)
    # click became known on its index, and what it needs with it; nothing else changed.
    changed = {name for name in second if second[name] != first.get(name)}
    assert {"click"} <= changed <= {"click", "colorama", "importlib-metadata"}
    assert second["flask"] == xmin


def test_an_unchanged_document_records_no_change(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    before = _changes(engine)
    graph.sync_solver_result(document)
    assert _changes(engine) == before


def test_forgetting_what_a_document_said_is_a_change_of_those_packages_too(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    first = document_of("flask==3.0.3")
    graph.sync_solver_result(first)
    before = _changes(engine)
    graph.sync_solver_result(under_the_id_of(first, document_of("six==1.16.0")))
    after = _changes(engine)
    assert {name for name in after if after[name] != before.get(name)} == {"flask", "six"}


def test_a_reader_with_a_snapshot_sees_every_later_change(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    ((snapshot,),) = rows_of(engine, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    graph.sync_solver_result(document_of("toml==0.10.2"))
    statement = "SELECT package_name FROM package_change WHERE xid >= :since"
    assert rows_of(engine, statement, since=snapshot) == [("toml",)]
