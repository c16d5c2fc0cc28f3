"""Solver documents into tables: what is written, and that nothing is written twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from support.documents import DEBIAN, PYPI, Document, DocumentOf, core, with_dependencies
from support.tables import CountStatements, count, difference, dump, edges_of, imports_of, rows_of, run, sequences

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.enums import DocumentKindEnum


def test_a_solved_package_is_in_every_table_that_it_belongs_to(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    assert rows_of(engine, "SELECT url, enabled FROM python_package_index") == [(PYPI, False)]
    assert rows_of(
        engine,
        """SELECT package_name, package_version, url, os_name, os_version, python_version, is_missing,
                  provides_source_distro, package_license_warning
           FROM python_package_version JOIN python_package_index i ON i.id = python_package_index_id""",
    ) == [("flask", "3.0.3", PYPI, *DEBIAN.values(), False, True, True)]
    entities = rows_of(
        engine,
        """SELECT package_name, package_version, python_package_index_id IS NULL
           FROM python_package_version_entity ORDER BY 1, version_order""",
    )
    assert entities == [
        ("blinker", "1.6.3", True),
        ("blinker", "1.8.2", True),
        ("click", "8.1.7", True),
        ("flask", "3.0.3", False),
        ("importlib-metadata", "6.8.0", True),
        ("importlib-metadata", "8.5.0", True),
        ("itsdangerous", "2.2.0", True),
        ("jinja2", "3.1.4", True),
        ("werkzeug", "3.0.4", True),
    ]
    old_python = 'python_version < "3.10"'
    assert edges_of(engine, "flask", "3.0.3") == [
        ("blinker", "1.6.3", ">=1.6.2", None, None, None, True),
        ("blinker", "1.8.2", ">=1.6.2", None, None, None, True),
        ("click", "8.1.7", ">=8.1.3", None, None, None, True),
        ("importlib-metadata", "6.8.0", ">=3.6.0", old_python, None, None, False),
        ("importlib-metadata", "8.5.0", ">=3.6.0", old_python, None, None, False),
        ("itsdangerous", "2.2.0", ">=2.1.2", None, None, None, True),
        ("jinja2", "3.1.4", ">=3.1.2", None, None, None, True),
        ("werkzeug", "3.0.4", ">=3.0.0", None, None, None, True),
    ]
    stated = "SELECT DISTINCT stated_by_solver, stated_by_reverse_solver FROM depends_on"
    assert rows_of(engine, stated) == [(True, False)]
    assert imports_of(engine, "flask") == ["flask", "flask.json"]
    artifacts = """SELECT e.package_name, a.artifact_hash_sha256, a.artifact_name, a.present, h.present
                   FROM has_artifact h JOIN python_artifact a ON a.id = h.python_artifact_id
                   JOIN python_package_version_entity e ON e.id = h.python_package_version_entity_id"""
    digest = "34e815dfaa43340d1d15a5c3a02b8476004037eb4840b34910c6e21679d288f3"
    assert rows_of(engine, artifacts) == [("flask", digest, None, True, True)]
    assert rows_of(engine, "SELECT license_name, license_identifier, license_version FROM python_package_license") == [
        ("UNDETECTED", "UNDETECTED", "UNDETECTED")
    ]


def test_a_run_is_recorded_with_its_solver(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    duration = document_of("flask==3.0.3")["metadata"]["duration"]
    statement = """SELECT document_id, datetime, duration, error, error_unparseable, error_unsolvable, is_provided,
                          ecosystem, solver_name, solver_version, os_name, os_version, python_version
                   FROM solved JOIN ecosystem_solver s ON s.id = ecosystem_solver_id"""
    assert rows_of(engine, statement) == [
        (
            "solver-debian-12-py311-261122110726-75b4f9f731100804",
            datetime(2026, 11, 22, 11, 7, 32, 377688, tzinfo=UTC),
            duration,
            False,
            False,
            False,
            True,
            "python",
            "solver-debian-12-py311",
            "1.15.0",
            *DEBIAN.values(),
        )
    ]


def test_the_ledger_knows_the_document(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    before = datetime.now(UTC)
    graph.sync_solver_result(document)
    ((document_id, kind, content, etag, created_at, synced_at, remarks),) = rows_of(
        engine, "SELECT document_id, kind, content_sha256, etag, created_at, synced_at, remarks FROM synced_document"
    )
    assert (document_id, kind, etag, remarks) == (document["metadata"]["document_id"], "SOLVER", None, [])
    assert bytes(content) == parse(document).document.content_sha256
    assert created_at == datetime(2026, 11, 22, 11, 7, 32, 377688, tzinfo=UTC)
    assert before - timedelta(seconds=5) < synced_at < datetime.now(UTC) + timedelta(seconds=5)


def test_core_metadata_is_written_with_all_its_lists(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("attrs==22.2.0")
    core(document).update(
        {
            "Platform": ["any", "linux"],
            "Supported-Platform": ["RedHat 7.2"],
            "Requires-External": ["C"],
            "Provides-Dist": ["attrs (22.2)"],
            "Obsoletes-Dist": ["attrs (22.2)"],
        }
    )
    graph.sync_solver_result(document)
    (row,) = rows_of(engine, "SELECT author, name, version, summary, description FROM python_package_metadata")
    stated = core(document)
    assert row == ("Hynek Schlawack", "attrs", "22.2.0", stated["Summary"], stated["Description"])

    def linked(table: str, columns: str) -> set[tuple[Any, ...]]:
        statement = f"""SELECT {columns} FROM has_metadata_{table} h JOIN python_package_metadata_{table} t
                        ON t.id = h.python_package_metadata_{table}_id"""
        return {tuple(each) for each in rows_of(engine, statement)}

    assert linked("classifier", "classifier") == {(each,) for each in stated["Classifier"]}
    assert linked("platform", "platform") == {("any",), ("linux",)}
    assert linked("supported_platform", "supported_platform") == {("RedHat 7.2",)}
    assert linked("requires_external", "dependency") == {("C",)}
    assert linked("provides_extra", "optional_feature") == {(each,) for each in stated["Provides-Extra"]}
    assert ("https://www.attrs.org/", "Documentation") in linked("project_url", "url, label")
    assert linked("distutils", "distutils_type::text, distutils") == {
        ("PROVIDED", "attrs (22.2)"),
        ("OBSOLETE", "attrs (22.2)"),
        *(("REQUIRED", each) for each in stated["Requires-Dist"]),
    }


def test_a_package_that_needs_itself_with_extras_keeps_every_edge(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("attrs==22.2.0"))
    assert edges_of(engine, "attrs", "22.2.0") == [
        ("attrs", version, "*", f'extra == "{extra}"', extra, extras, True)
        for version in ("22.2.0", "23.2.0")
        for extra, extras in (("cov", "tests"), ("dev", "docs,tests"), ("tests", "tests-no-zope"))
    ]
    # The package on its index is one entity, the package that is needed, from no index, another one.
    entities = rows_of(
        engine,
        """SELECT package_version, python_package_index_id IS NULL FROM python_package_version_entity ORDER BY 1, 2""",
    )
    assert entities == [("22.2.0", False), ("22.2.0", True), ("23.2.0", True)]


def test_runs_that_failed_are_recorded_and_say_nothing_else(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    for requirement in ("futures===3.3.0", "markupsafe==2.0.1", "flask===99.0.0", "ipython doctest plugin==0.1"):
        graph.sync_solver_result(document_of(requirement))
    statement = """SELECT v.package_name, v.package_version, i.url, error, error_unparseable, error_unsolvable,
                          is_provided
                   FROM solved s JOIN python_package_version v ON v.id = s.version_id
                   LEFT JOIN python_package_index i ON i.id = v.python_package_index_id ORDER BY 1"""
    assert rows_of(engine, statement) == [
        ("flask", "99.0.0", PYPI, True, False, True, False),
        ("futures", "3.3.0", PYPI, True, False, False, True),
        ("ipython doctest plugin", "0.1", None, True, True, False, None),
        ("markupsafe", "2.0.1", PYPI, True, False, True, False),
    ]
    nothing = (
        *("depends_on", "has_artifact", "python_artifact", "found_import_package", "import_package"),
        *("python_package_metadata", "python_package_license"),
    )
    assert {table: count(engine, table) for table in nothing} == dict.fromkeys(nothing, 0)


def test_a_document_without_a_usable_package_is_in_the_ledger_with_its_reason(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("markupsafe==2.0.1")
    document["result"]["unresolved"][0]["version_spec"] = ">=2"
    graph.sync_solver_result(document)
    ((remarks,),) = rows_of(engine, "SELECT remarks FROM synced_document")
    assert remarks == [
        "result.unresolved[0].version_spec: markupsafe '>=2' names no single version",
        "no package version in result.tree, errors, unresolved or unparsed",
    ]
    assert graph.solver_records_exist(document)
    for table in ("solved", "python_package_version", "python_package_version_entity", "package_change"):
        assert count(engine, table) == 0


def test_all_real_documents_are_in_the_graph(filled: GraphDatabase, engine: Engine, documents: list[Document]) -> None:
    # flask 99.0.0 and no-such-thing-accept 1.0 were asked for twice.
    assert {table: count(engine, table) for table in ("synced_document", "solved", "python_package_version")} == {
        "synced_document": 53,
        "solved": 53,
        "python_package_version": 51,
    }
    ids = {document["metadata"]["document_id"] for document in documents}
    assert filled.synced_document_ids(ids, DocumentKindEnum.SOLVER) == ids


# --- Again -----------------------------------------------------------------------------------------------------------


def test_syncing_twice_changes_nothing(filled: GraphDatabase, engine: Engine, documents: list[Document]) -> None:
    tables, numbers = dump(engine, with_ids=True), sequences(engine)
    for document in documents:
        filled.sync_solver_result(document)
    assert dump(engine, with_ids=True) == tables
    assert sequences(engine) == numbers


def test_forcing_writes_the_same_and_burns_no_ids(
    filled: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    tables, numbers = dump(engine), sequences(engine)
    for document in documents:
        filled.sync_solver_result(document, force=True)
    assert difference(dump(engine), tables) == {}
    assert sequences(engine) == numbers


def test_forcing_repairs_what_was_lost(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    before = dump(engine)
    run(engine, "DELETE FROM depends_on WHERE version_range = '>=8.1.3'")
    run(engine, "DELETE FROM found_import_package")
    run(engine, "UPDATE python_package_version SET python_package_metadata_id = NULL")
    graph.sync_solver_result(document)
    assert difference(dump(engine), before) != {}
    graph.sync_solver_result(document, force=True)
    assert difference(dump(engine), before) == {}


def test_an_unchanged_document_costs_two_statements(
    graph: GraphDatabase, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    for document in (document_of("flask==3.0.3"), with_dependencies(document_of("flask==3.0.3"), 500)):
        graph.sync_solver_result(document)
        assert count_statements(graph, lambda document=document: graph.sync_solver_result(document)) == 2  # type: ignore[misc]


def test_statements_do_not_grow_with_the_document(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    small, large = document_of("flask==3.0.3"), with_dependencies(document_of("werkzeug==3.0.4"), 3000)
    new_small = count_statements(graph, lambda: graph.sync_solver_result(small))
    started = time.monotonic()
    new_large = count_statements(graph, lambda: graph.sync_solver_result(large))
    seconds = time.monotonic() - started
    forced_small = count_statements(graph, lambda: graph.sync_solver_result(small, force=True))
    started = time.monotonic()
    forced_large = count_statements(graph, lambda: graph.sync_solver_result(large, force=True))
    forced_seconds = time.monotonic() - started
    for document in (small, large):
        document["result"]["environment"]["changed"] = True
    changed_small = count_statements(graph, lambda: graph.sync_solver_result(small))
    changed_large = count_statements(graph, lambda: graph.sync_solver_result(large))
    print(
        f"\nstatements: small {new_small}, 3,000 dependencies {new_large} ({seconds:.2f} s); "
        f"forced: small {forced_small}, large {forced_large} ({forced_seconds:.2f} s); "
        f"other content: small {changed_small}, large {changed_large}"
    )
    assert count(engine, "depends_on") == 8 + 4500
    assert new_large <= new_small  # what is new with the first one need not be inserted with the second one
    assert forced_large == forced_small
    assert changed_large == changed_small
    assert new_small <= 22
    assert changed_small <= forced_small <= 23
    assert seconds < 10


def test_an_error_document_costs_few_statements(
    graph: GraphDatabase, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    document = document_of("futures===3.3.0")
    assert count_statements(graph, lambda: graph.sync_solver_result(document)) <= 12
