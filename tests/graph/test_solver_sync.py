"""Solver documents into tables: what is written, what is left alone, and that the order of arrival does not matter."""

from __future__ import annotations

import copy
import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Row, Table, text
from sqlalchemy.orm import Session

from thoth.storages.exceptions import (
    DatabaseError,
    DatabaseStatementError,
    DatabaseUnavailableError,
    SchemaError,
    ThothStorageExceptionError,
)
from thoth.storages.graph import GraphDatabase, migrations
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.writers import solver as solver_writer

Document = dict[str, Any]
DocumentOf = Callable[[str], Document]
CountStatements = Callable[[GraphDatabase, Callable[[], object]], int]

PYPI = "https://pypi.org/simple"
ENVIRONMENT = ("debian", "12", "3.11")

# What may differ between two graphs that know the same: numbers that only this database gave, and moments.
_GIVEN_BY_THE_DATABASE = {"id", "synced_at", "xid", "graph_uuid"}


# --- Looking ---------------------------------------------------------------------------------------------------------


_reflected = MetaData()


def tables_of(engine: Engine) -> list[Table]:
    """Every table that is there, what is referred to before what refers to it; looked up once, since all are alike."""
    if not _reflected.tables:
        _reflected.reflect(engine)
    return _reflected.sorted_tables


def dump(engine: Engine, *, with_ids: bool = False) -> dict[str, Counter[str]]:
    """{table: rows} of every table; references are followed, so that the numbers behind them do not matter."""
    with engine.connect() as connection:
        tables = {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables_of(engine)
        }
    if with_ids:
        return {name: Counter(repr(sorted(row.items())) for row in rows) for name, rows in tables.items()}
    names: dict[tuple[str, int], str] = {}
    dumped = {}
    for table in tables_of(engine):
        references = {key.parent.name: key.column.table.name for key in table.foreign_keys}
        rows: Counter[str] = Counter()
        for row in tables[table.name]:
            values = [
                (column, names[(references[column], value)] if column in references and value is not None else value)
                for column, value in row.items()
                if column not in _GIVEN_BY_THE_DATABASE
            ]
            name = repr([(column, value if not isinstance(value, str) else value[:400]) for column, value in values])
            if "id" in row:
                names[(table.name, row["id"])] = name
            rows[name] += 1
        dumped[table.name] = rows
    return dumped


def difference(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> dict[str, tuple[list[str], list[str]]]:
    """{table: (only in one, only in the other)}, empty where both are equal."""
    return {
        name: (sorted((one[name] - other[name]).elements()), sorted((other[name] - one[name]).elements()))
        for name in one
        if one[name] != other[name]
    }


def sequences(engine: Engine) -> dict[str, int | None]:
    """{sequence: its last number}."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"))
        return {row[0]: row[1] for row in rows}


def rows_of(engine: Engine, statement: str, **parameters: Any) -> list[Row[Any]]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement), parameters).all())


def run(engine: Engine, statement: str, **parameters: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), parameters)


def edges_of(engine: Engine, name: str, version: str) -> list[tuple[Any, ...]]:
    """(dependency, its version, range, marker, extra, extras, whether the marker holds) in their order."""
    statement = """
        SELECT e.package_name, e.package_version, d.version_range, d.marker, d.extra, d.extras,
               d.marker_evaluation_result
        FROM depends_on d JOIN python_package_version v ON v.id = d.version_id
        JOIN python_package_version_entity e ON e.id = d.entity_id
        WHERE v.package_name = :name AND v.package_version = :version
        ORDER BY 1, 2, 5 NULLS FIRST, 3"""
    return [tuple(row) for row in rows_of(engine, statement, name=name, version=version)]


def needs(engine: Engine, name: str, version: str) -> list[str]:
    return [f"{edge[0]}{edge[2]}" for edge in edges_of(engine, name, version)]


def imports_of(engine: Engine, name: str) -> list[str]:
    statement = """
        SELECT i.import_package_name FROM found_import_package f JOIN import_package i ON i.id = f.import_package_id
        JOIN python_package_version v ON v.id = f.python_package_version_id
        WHERE v.package_name = :name ORDER BY 1"""
    return [row[0] for row in rows_of(engine, statement, name=name)]


def summary_of(engine: Engine, name: str) -> tuple[str | None, str | None, bool | None]:
    """(summary, licence, warning) of a package that is there once."""
    statement = """
        SELECT m.summary, l.license_name, v.package_license_warning FROM python_package_version v
        LEFT JOIN python_package_metadata m ON m.id = v.python_package_metadata_id
        LEFT JOIN python_package_license l ON l.id = v.package_license
        WHERE v.package_name = :name"""
    (row,) = rows_of(engine, statement, name=name)
    return row[0], row[1], row[2]


def count(engine: Engine, table: str) -> int:
    return int(rows_of(engine, f"SELECT count(*) FROM {table}")[0][0])


# --- Making documents ------------------------------------------------------------------------------------------------


def edge(name: str, versions: list[str], **more: Any) -> Document:
    return {
        "package_name": name,
        "resolved_versions": [{"index": PYPI, "versions": versions}],
        "specifier": None,
        "marker": None,
        "marker_evaluation_result": True,
        "extra": [],
        "extras": [],
        **more,
    }


def made(document: Document, *, days: int = 0, suffix: str | None = None) -> Document:
    """The document as another run would have written it days later, under an id of its own."""
    other = copy.deepcopy(document)
    moment = datetime.fromisoformat(document["metadata"]["datetime"]) + timedelta(days=days)
    other["metadata"]["datetime"] = moment.isoformat()
    if suffix is not None:
        other["metadata"]["document_id"] = document["metadata"]["document_id"][:-4] + suffix
    return other


def tree(document: Document) -> Document:
    item: Document = document["result"]["tree"][0]
    return item


def core(document: Document) -> Document:
    metadata: Document = tree(document)["importlib_metadata"]["metadata"]
    return metadata


def as_error(document: Document) -> Document:
    """The same package, but solving it ended in an error."""
    other = copy.deepcopy(document)
    (item,) = other["result"]["tree"]
    other["result"]["tree"] = []
    other["result"]["errors"] = [
        {
            "package_name": item["package_name"],
            "package_version": item["package_version"],
            "index_url": item["index_url"],
            "is_provided_package_version": True,
        }
    ]
    return other


def variants(document: Document) -> list[Document]:
    """Runs of one package version that contradict each other: fewer edges, other markers, other metadata, an error."""
    fewer = made(document, days=3, suffix="f00d")
    tree(fewer)["dependencies"] = tree(fewer)["dependencies"][:2]
    tree(fewer)["packages"] = tree(fewer)["packages"][:1]
    markers = made(document, days=2, suffix="beef")
    for needed in tree(markers)["dependencies"]:
        needed["marker_evaluation_result"] = not needed["marker_evaluation_result"]
        needed["marker"] = 'os_name == "posix"'
    other = made(document, days=1, suffix="cafe")
    core(other).update(Summary="Another summary", Classifier=["Framework :: Flask", "Private :: Other"])
    tree(other)["package_license"] = {
        "license": {"full_name": "Another licence", "identifier_spdx": "X"},
        "license_version": "1",
        "warning": False,
    }
    tree(other)["packages"] = ["only_here"]
    tree(other)["dependencies"].append(edge("only-there", ["1.0"], specifier="<2"))
    failed = as_error(made(document, days=9, suffix="dead"))
    same_time = made(fewer, suffix="f00e")  # as new as the newest; its id is greater
    tree(same_time)["dependencies"] = tree(same_time)["dependencies"][1:]
    return [document, fewer, markers, other, failed, same_time]


def with_dependencies(document: Document, number: int) -> Document:
    """The document with this number of dependencies, each in a version of its own."""
    large = made(document, suffix=f"{number:04d}"[:4])
    tree(large)["dependencies"] = [
        edge(f"package-{n}", [f"{n}.{m}" for m in range(1 + n % 2)], specifier=f">={n}", marker=f'a == "{n}"')
        for n in range(number)
    ]
    return large


# --- What is written -------------------------------------------------------------------------------------------------


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
    ) == [("flask", "3.0.3", PYPI, *ENVIRONMENT, False, True, True)]
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
            *ENVIRONMENT,
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
    assert new_large == new_small
    assert forced_large == forced_small
    assert changed_large == changed_small
    assert new_small <= 50
    assert seconds < 10


def test_an_error_document_costs_few_statements(
    graph: GraphDatabase, document_of: DocumentOf, count_statements: CountStatements
) -> None:
    document = document_of("futures===3.3.0")
    assert count_statements(graph, lambda: graph.sync_solver_result(document)) <= 12


# --- Newer and older -------------------------------------------------------------------------------------------------


def test_a_newer_document_corrects_an_older_one(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    old = document_of("flask==3.0.3")
    graph.sync_solver_result(old)
    new = made(old, days=1, suffix="cafe")
    tree(new)["dependencies"] = [
        edge("click", ["8.1.7"], specifier=">=8.1.3", marker_evaluation_result=False),
        edge("werkzeug", ["3.0.4"], specifier=">=3.0.1"),
    ]
    tree(new)["packages"] = ["flask", "flask.new"]
    tree(new)["package_license"]["license"]["full_name"] = "BSD"
    tree(new)["package_license"]["warning"] = False
    core(new)["Summary"] = "Newer"
    graph.sync_solver_result(new)
    assert edges_of(engine, "flask", "3.0.3") == [
        ("click", "8.1.7", ">=8.1.3", None, None, None, False),
        ("werkzeug", "3.0.4", ">=3.0.1", None, None, None, True),
    ]
    assert imports_of(engine, "flask") == ["flask", "flask.new"]
    assert summary_of(engine, "flask") == ("Newer", "BSD", False)
    assert count(engine, "solved") == 2
    assert count(engine, "python_package_version") == 1


def test_an_older_document_that_arrives_later_adds_its_run_and_its_digests_alone(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    new = document_of("flask==3.0.3")
    graph.sync_solver_result(new)
    stated = edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")
    old = made(new, days=-1, suffix="cafe")
    tree(old)["dependencies"] = [edge("never", ["1.0"]), edge("click", ["8.1.7"], specifier=">=8.1.3", marker="a")]
    tree(old)["packages"] = ["older"]
    tree(old)["sha256"] = ["e" * 64]
    tree(old)["package_license"]["warning"] = False
    core(old)["Summary"] = "Older"
    graph.sync_solver_result(old)
    assert (edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")) == stated
    assert rows_of(engine, "SELECT document_id FROM solved ORDER BY datetime") == [
        (old["metadata"]["document_id"],),
        (new["metadata"]["document_id"],),
    ]
    assert count(engine, "has_artifact") == 2


def test_of_two_documents_of_one_moment_the_greater_id_is_right(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    both = []
    for suffix in ("aaaa", "bbbb"):
        document = made(document_of("flask==3.0.3"), suffix=suffix)
        tree(document)["dependencies"] = [edge(f"needed-by-{suffix}", ["1.0"])]
        core(document)["Summary"] = suffix
        both.append(document)
    for order in (both, both[::-1]):
        for document in order:
            graph.sync_solver_result(document)
        assert needs(engine, "flask", "3.0.3") == ["needed-by-bbbb*"]
        assert summary_of(engine, "flask")[0] == "bbbb"
        empty(engine)


def test_a_zone_does_not_make_a_document_newer(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    utc = document_of("flask==3.0.3")
    utc["metadata"]["datetime"] = "2026-11-22T11:00:00"
    tree(utc)["dependencies"] = [edge("right", ["1.0"])]
    earlier = made(utc, suffix="cafe")
    earlier["metadata"]["datetime"] = "2026-11-22T12:30:00+02:00"
    tree(earlier)["dependencies"] = [edge("wrong", ["1.0"])]
    for document in (utc, earlier):
        graph.sync_solver_result(document)
    assert needs(engine, "flask", "3.0.3") == ["right*"]


def test_an_error_never_clears_what_a_success_stated(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    success = document_of("flask==3.0.3")
    graph.sync_solver_result(success)
    stated = edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")
    graph.sync_solver_result(as_error(made(success, days=1, suffix="dead")))
    graph.sync_solver_result(as_error(made(success, days=-1, suffix="daed")))
    assert (edges_of(engine, "flask", "3.0.3"), imports_of(engine, "flask"), summary_of(engine, "flask")) == stated
    assert rows_of(engine, "SELECT error FROM solved ORDER BY datetime") == [(True,), (False,), (True,)]


def test_a_success_that_is_older_than_an_error_is_the_truth(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    success = document_of("flask==3.0.3")
    graph.sync_solver_result(as_error(made(success, days=1, suffix="dead")))
    graph.sync_solver_result(success)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert imports_of(engine, "flask") == ["flask", "flask.json"]


def test_the_same_version_in_another_environment_or_from_another_index_is_left_alone(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    here = document_of("flask==3.0.3")
    graph.sync_solver_result(here)
    elsewhere = made(here, days=1)
    elsewhere["metadata"]["document_id"] = "solver-ubi-8.4-py38-261122110726-75b4f9f731100804"
    tree(elsewhere)["dependencies"] = []
    mirrored = made(here, days=2, suffix="cafe")
    tree(mirrored)["index_url"] = "https://mirror.example/simple/"
    tree(mirrored)["dependencies"] = []
    for document in (elsewhere, mirrored):
        graph.sync_solver_result(document)
    statement = """SELECT os_name, os_version, python_version, url, count(d.id) FROM python_package_version v
                   JOIN python_package_index i ON i.id = v.python_package_index_id
                   LEFT JOIN depends_on d ON d.version_id = v.id GROUP BY 1, 2, 3, 4 ORDER BY 1, 4"""
    assert rows_of(engine, statement) == [
        (*ENVIRONMENT, "https://mirror.example/simple", 0),
        (*ENVIRONMENT, PYPI, 8),
        ("rhel", "8", "3.8", PYPI, 0),
    ]


# --- The order of arrival --------------------------------------------------------------------------------------------

_UNREACHABLE = ("python_package_metadata", "python_package_license", "import_package", "has_metadata_")


def known(dumped: dict[str, Counter[str]]) -> dict[str, Counter[str]]:
    """What can be asked about packages: without values that no package version has any more."""
    return {name: rows for name, rows in dumped.items() if not name.startswith(_UNREACHABLE)}


def empty(engine: Engine) -> None:
    """Forget everything but which graph this is."""
    with engine.begin() as connection:
        for table in reversed(tables_of(engine)):
            if table.name not in ("graph_identity", migrations.VERSION_TABLE):
                connection.execute(table.delete())


def _synced_in_order(graph: GraphDatabase, engine: Engine, documents: list[Document]) -> dict[str, Counter[str]]:
    """What every table holds after these documents, and an empty graph again."""
    for document in documents:
        graph.sync_solver_result(document)
    dumped = dump(engine)
    empty(engine)
    return dumped


def test_what_is_known_does_not_depend_on_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    contradicting = variants(document_of("flask==3.0.3"))
    expected = known(_synced_in_order(graph, engine, contradicting))
    assert sum(expected["depends_on"].values()) == 1  # of the newest success with the greatest id
    orders = list(itertools.permutations(contradicting))
    chosen = [contradicting[::-1], *random.Random(1).sample(orders, 12)]
    for order in chosen:
        actual = known(_synced_in_order(graph, engine, list(order)))
        ids = [document["metadata"]["document_id"][-4:] for document in order]
        assert difference(actual, expected) == {}, ids


def test_every_table_is_the_same_whatever_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    contradicting = variants(document_of("flask==3.0.3"))
    expected = _synced_in_order(graph, engine, contradicting)
    for order in (contradicting[::-1], *random.Random(2).sample(list(itertools.permutations(contradicting)), 4)):
        ids = [document["metadata"]["document_id"][-4:] for document in order]
        assert difference(_synced_in_order(graph, engine, list(order)), expected) == {}, ids


def _silent_about(document: Document, subject: str) -> Document:
    """The document a day later, which does not say what a document of 2019's format does not."""
    silent = made(document, days=1, suffix="ffff")
    item = tree(silent)
    if subject in ("metadata", "everything"):
        del item["importlib_metadata"]["metadata"]
    if subject in ("license", "everything"):
        del item["package_license"]["license"], item["package_license"]["license_version"]
    if subject in ("warning", "everything"):
        del item["package_license"]["warning"]
    if subject in ("imports", "everything"):
        del item["packages"]
    return silent


def test_what_a_newer_document_is_silent_about_does_not_depend_on_the_order_of_arrival(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    middle = document_of("flask==3.0.3")
    oldest = made(middle, days=-1, suffix="aaaa")
    core(oldest)["Summary"] = "Oldest"
    tree(oldest)["packages"] = ["oldest"]
    tree(oldest)["package_license"] = {"license": {"full_name": "Oldest"}, "license_version": "1", "warning": False}
    contradictions = {}
    for subject in ("metadata", "license", "warning", "imports", "everything"):
        outcomes: dict[str, list[str]] = {}
        for order in itertools.permutations((oldest, middle, _silent_about(middle, subject))):
            for document in order:
                graph.sync_solver_result(document)
            outcome = repr((summary_of(engine, "flask"), imports_of(engine, "flask")))
            ids = " ".join(document["metadata"]["document_id"][-4:] for document in order)
            outcomes.setdefault(outcome, []).append(ids)
            empty(engine)
        if len(outcomes) > 1:
            contradictions[subject] = outcomes
    assert contradictions == {}


def test_all_real_documents_make_the_same_graph_in_any_order(
    graph: GraphDatabase, engine: Engine, documents: list[Document]
) -> None:
    expected = _synced_in_order(graph, engine, documents)
    shuffled = random.Random(1).sample(documents, len(documents))
    assert difference(_synced_in_order(graph, engine, shuffled), expected) == {}


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
    first, second = document_of("flask==3.0.3"), document_of("click==8.1.7")
    second["metadata"]["document_id"] = first["metadata"]["document_id"]
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
    other = document_of("click==8.1.7")
    other["metadata"]["document_id"] = first["metadata"]["document_id"]
    graph.sync_solver_result(other)
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
    withdrawn = document_of("six==1.16.0")
    withdrawn["metadata"]["document_id"] = newer["metadata"]["document_id"]
    for document in (older, newer, withdrawn):
        graph.sync_solver_result(document)
    graph.sync_solver_result(older, force=True)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert "newer*" not in needs(engine, "flask", "3.0.3")


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
    first, second = document_of("flask==3.0.3"), document_of("six==1.16.0")
    graph.sync_solver_result(first)
    before = _changes(engine)
    second["metadata"]["document_id"] = first["metadata"]["document_id"]
    graph.sync_solver_result(second)
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


# --- When it goes wrong ----------------------------------------------------------------------------------------------


def test_a_statement_that_fails_leaves_nothing_half_written(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    before = dump(engine)
    document = document_of("flask==3.0.3")
    for table in ("solved", "depends_on", "package_change", "found_import_package", "has_metadata_classifier"):
        run(engine, f"ALTER TABLE {table} ADD CONSTRAINT refuse_everything CHECK (false)")
        with pytest.raises(DatabaseStatementError) as raised:
            graph.sync_solver_result(document)
        assert raised.value.sqlstate == "23514"
        assert "refuse_everything" in str(raised.value)
        for leak in ("werkzeug", "Failing row", "parameters", "given_", "INSERT"):
            assert leak not in str(raised.value)
        assert difference(dump(engine), before) == {}, table
        run(engine, f"ALTER TABLE {table} DROP CONSTRAINT refuse_everything")
    graph.sync_solver_result(document)
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_a_failed_resync_keeps_what_was_there(graph: GraphDatabase, engine: Engine, document_of: DocumentOf) -> None:
    document = document_of("flask==3.0.3")
    graph.sync_solver_result(document)
    before = dump(engine, with_ids=True)
    run(engine, "ALTER TABLE package_change ADD CONSTRAINT refuse CHECK (false) NOT VALID")
    tree(document)["dependencies"] = []
    with pytest.raises(DatabaseStatementError):
        graph.sync_solver_result(document)
    assert dump(engine, with_ids=True) == before


def test_no_connection_is_left_inside_a_transaction(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("flask==3.0.3"))
    with pytest.raises(SchemaError):
        graph.sync_solver_result({})
    run(engine, "ALTER TABLE solved ADD CONSTRAINT refuse CHECK (false) NOT VALID")
    with pytest.raises(DatabaseStatementError):
        graph.sync_solver_result(document_of("click==8.1.7"))
    states = "SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'thoth-storages' AND pid <> :own"
    with engine.connect() as connection:
        own = connection.scalar(text("SELECT pg_backend_pid()"))
        assert connection.execute(text(states + " AND datname = current_database()"), {"own": own}).all() == [("idle",)]


@contextmanager
def locked(engine: Engine, statement: str) -> Iterator[Any]:
    """A transaction of somebody else that did this and is not over; commit it or leave."""
    with engine.connect() as connection:
        connection.execute(text(statement))
        yield connection


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def waiting_pids(engine: Engine) -> list[int]:
    """The backends of this database that wait for a lock."""
    statement = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    return [row[0] for row in rows_of(engine, statement)]


class Doing(threading.Thread):
    """Something done at the same time; result() gives its outcome or raises what it raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error

    def result(self, seconds: float = 30) -> None:
        self.join(seconds)
        assert not self.is_alive(), "still running"
        if self._error is not None:
            raise self._error


@pytest.mark.parametrize("table", ["python_package_version", "package_change"])
def test_a_backend_that_is_terminated_in_the_middle_is_replaced_and_nothing_is_lost_or_doubled(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf, table: str
) -> None:
    document = document_of("flask==3.0.3")
    with locked(engine, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE") as connection:
        syncing = Doing(lambda: graph.sync_solver_result(document))
        wait_until(lambda: bool(waiting_pids(engine)), "the sync waits")
        (pid,) = waiting_pids(engine)
        run(engine, "SELECT pg_terminate_backend(:pid)", pid=pid)
        wait_until(lambda: waiting_pids(engine) not in ([], [pid]), "the sync is tried again")
        connection.rollback()
        syncing.result()
    once = dump(engine)
    graph.sync_solver_result(document)
    assert difference(dump(engine), once) == {}
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert {name: count(engine, name) for name in ("synced_document", "solved", "python_package_version")} == {
        "synced_document": 1,
        "solved": 1,
        "python_package_version": 1,
    }


def test_an_idle_connection_that_the_server_closed_is_replaced(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    graph.sync_solver_result(document_of("six==1.16.0"))
    run(
        engine,
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()""",
    )
    graph.sync_solver_result(document_of("flask==3.0.3"))
    assert count(engine, "synced_document") == 2


def _impatient(monkeypatch: pytest.MonkeyPatch) -> GraphDatabase:
    monkeypatch.setenv("THOTH_STORAGES_LOCK_TIMEOUT", "0.2")
    adapter = GraphDatabase()
    adapter.connect()
    return adapter


def test_a_lock_that_is_soon_free_only_delays(
    database: Any, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = _impatient(monkeypatch)
    with locked(engine, "LOCK TABLE solved IN ACCESS EXCLUSIVE MODE") as connection:
        syncing = Doing(lambda: adapter.sync_solver_result(document_of("flask==3.0.3")))
        wait_until(lambda: bool(waiting_pids(engine)), "the sync waits")
        time.sleep(0.3)  # longer than the time-out
        connection.rollback()
        syncing.result()
    adapter.disconnect()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "solved") == 1


def test_a_lock_that_is_not_freed_raises_after_a_bounded_time(
    database: Any, engine: Engine, document_of: DocumentOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = _impatient(monkeypatch)
    started = time.monotonic()
    with locked(engine, "LOCK TABLE solved IN ACCESS EXCLUSIVE MODE"):
        with pytest.raises(DatabaseUnavailableError, match="lock timeout") as raised:
            adapter.sync_solver_result(document_of("flask==3.0.3"))
        assert time.monotonic() - started < 10
    assert isinstance(raised.value, DatabaseError)
    assert isinstance(raised.value, ThothStorageExceptionError)
    assert count(engine, "synced_document") == 0
    adapter.sync_solver_result(document_of("flask==3.0.3"))
    adapter.disconnect()
    assert count(engine, "synced_document") == 1


# --- Two writers at once, step by step ------------------------------------------------------------------------------


def test_a_version_that_another_writer_forgets_meanwhile_is_made_again(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """A document's new content names flask no longer, while another document about flask arrives."""
    first = document_of("flask==3.0.3")
    graph.sync_solver_result(first)
    other = document_of("six==1.16.0")
    other["metadata"]["document_id"] = first["metadata"]["document_id"]
    second = made(first, days=1, suffix="cafe")
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(other))
        syncing = Doing(lambda: graph.sync_solver_result(second))
        wait_until(lambda: bool(waiting_pids(engine)), "the second waits for the first")
        session.commit()
    syncing.result()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert rows_of(engine, "SELECT document_id FROM solved ORDER BY 1") == sorted(
        [(first["metadata"]["document_id"],), (second["metadata"]["document_id"],)]
    )


def test_forgetting_a_version_does_not_take_away_what_another_writer_says_of_it_meanwhile(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """Another document about flask is being written, while the first one's new content names flask no longer."""
    first = document_of("flask==3.0.3")
    graph.sync_solver_result(first)
    other = document_of("six==1.16.0")
    other["metadata"]["document_id"] = first["metadata"]["document_id"]
    second = made(first, days=1, suffix="cafe")
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(second))
        syncing = Doing(lambda: graph.sync_solver_result(other))
        wait_until(lambda: bool(waiting_pids(engine)), "the forgetting waits for the second")
        session.commit()
    syncing.result()
    assert ("flask", second["metadata"]["document_id"]) in rows_of(
        engine,
        "SELECT package_name, document_id FROM solved s JOIN python_package_version v ON v.id = s.version_id",
    )
    assert len(edges_of(engine, "flask", "3.0.3")) == 8


def test_clearing_a_version_does_not_take_away_what_another_writer_says_of_it_meanwhile(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    """As before, but a run that failed keeps the version itself."""
    first = document_of("flask==3.0.3")
    graph.sync_solver_result(as_error(made(first, days=-1, suffix="dead")))
    graph.sync_solver_result(first)
    other = document_of("six==1.16.0")
    other["metadata"]["document_id"] = first["metadata"]["document_id"]
    second = made(first, days=1, suffix="cafe")
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(second))
        syncing = Doing(lambda: graph.sync_solver_result(other))
        time.sleep(0.5)  # whether it waits or not
        session.commit()
    syncing.result()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert imports_of(engine, "flask") == ["flask", "flask.json"]


def test_a_document_that_is_being_written_makes_its_second_writer_wait_and_do_nothing(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    with Session(graph._connected_engine()) as session:
        assert solver_writer.write(session, parse(document)) is True
        second: list[bool] = []

        def write_again() -> None:
            with Session(graph._connected_engine()) as other, other.begin():
                second.append(solver_writer.write(other, parse(document)))

        writing = Doing(write_again)
        wait_until(lambda: bool(waiting_pids(engine)), "the second waits")
        session.commit()
    writing.result()
    assert second == [False]


def test_when_the_first_writer_of_a_document_gives_up_the_second_one_writes_it(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    document = document_of("flask==3.0.3")
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(document))
        syncing = Doing(lambda: graph.sync_solver_result(document))
        wait_until(lambda: bool(waiting_pids(engine)), "the second waits")
        session.rollback()
    syncing.result()
    assert len(edges_of(engine, "flask", "3.0.3")) == 8
    assert count(engine, "solved") == 1


def test_an_older_document_waits_for_a_newer_one_of_the_same_version_that_is_being_written(
    graph: GraphDatabase, engine: Engine, document_of: DocumentOf
) -> None:
    old = document_of("flask==3.0.3")
    graph.sync_solver_result(as_error(made(old, days=-5, suffix="dead")))  # the version is there already
    new = made(old, days=1, suffix="cafe")
    tree(new)["dependencies"] = [edge("newer", ["1.0"])]
    with Session(graph._connected_engine()) as session:
        solver_writer.write(session, parse(new))
        syncing = Doing(lambda: graph.sync_solver_result(old))
        wait_until(lambda: bool(waiting_pids(engine)), "the older waits for the newer")
        session.commit()
    syncing.result()
    assert needs(engine, "flask", "3.0.3") == ["newer*"]
