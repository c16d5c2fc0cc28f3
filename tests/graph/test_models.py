"""The models: that none is forgotten, what they are called, their rows as dictionaries, making and dropping all."""

from __future__ import annotations

import lzma
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from support.rows import all_rows, fill
from support.tables import rows_of, run

from thoth.storages.graph import GraphDatabase, models
from thoth.storages.graph.models import ALL_MAIN_MODELS, ALL_PERFORMANCE_MODELS, ALL_RELATION_MODELS, Base
from thoth.storages.graph.models_base import table_of

_BOOKKEEPING = {models.SyncedDocument, models.QuarantinedDocument, models.PackageChange, models.GraphIdentity}
_SENTENCE = re.compile(r"(A row|The one row) ((?!\. ).)*[^.]\.")

_RELEASE_0_74 = Path(__file__).parents[1] / "data" / "published-0.74.sql.xz"
"""A dump of a database of release 0.74."""

_TABLES_WE_ADD = {
    # What the graph knows about itself.
    "graph_identity",
    "package_change",
    "quarantined_document",
    "synced_document",
    # Releases before 0.74 had them.
    "investigated",
    "investigated_file",
    "package_analyzer_run",
}
_KEYED_BY_A_DIGEST = (
    "deb_dependency",
    "external_hardware_information",
    "external_software_environment",
    "found_python_file",
    "hardware_information",
    "identified",
    "included_file",
    "python_interpreter",
    "python_package_license",
    "python_package_metadata",
    "python_package_metadata_classifier",
    "python_package_metadata_distutils",
    "python_package_metadata_platform",
    "python_package_metadata_project_url",
    "python_package_metadata_provides_extra",
    "python_package_metadata_requires_external",
    "python_package_metadata_supported_platform",
    "python_package_requirement",
    "rpm_requirement",
    "software_environment",
    "versioned_symbol",
)
"""Their natural keys are too long for an index."""

_COLUMNS_WE_ADD = {
    **{table: {"key_sha256"} for table in _KEYED_BY_A_DIGEST},
    # The columns of the published primary key could not tell all the facts apart.
    **{table: {"id"} for table in ("deb_pre_depends", "deb_replaces", "has_symbol", "solved")},
    # Who said so, and which extras are asked of the dependency.
    "depends_on": {"id", "key_sha256", "extras", "stated_by_solver", "stated_by_reverse_solver"},
    # An index may miss a file that another one has.
    "has_artifact": {"present"},
    # Versions in their order.
    **{table: {"version_order"} for table in ("python_package_version", "python_package_version_entity")},
}
_COLUMNS_WE_DROP = {
    # It says nothing but that two rows belong together; so do these two rows' ids.
    "python_dependency_monkey_requirements": {"id"},
}

_LEFT = """
    SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def our_models() -> set[type[Any]]:
    """Every mapped class of this library; tests may have mapped classes of their own."""
    classes = {mapper.class_ for mapper in Base.registry.mappers}
    return {model for model in classes if model.__module__.startswith("thoth.storages.")}


# --- Which models there are ------------------------------------------------------------------------------------------


def test_every_model_is_one_of_main_relation_performance_or_bookkeeping() -> None:
    assert isinstance(ALL_MAIN_MODELS, frozenset)
    assert isinstance(ALL_RELATION_MODELS, frozenset)
    measured = set(ALL_PERFORMANCE_MODELS) & our_models()
    groups = [ALL_MAIN_MODELS, ALL_RELATION_MODELS, measured, _BOOKKEEPING]
    assert sum(len(group) for group in groups) == len(set().union(*groups)), "a model is in two groups"
    assert set().union(*groups) == our_models()
    assert {model.__name__ for model in measured} == {"PiMatmul", "PiConv1D", "PiConv2D", "PiPyBench"}
    assert len({table_of(model).name for model in our_models()}) == len(our_models())


def test_a_relation_refers_to_other_tables_and_says_little_else() -> None:
    for model in ALL_RELATION_MODELS:
        assert len(table_of(model).foreign_keys) >= 2, model
    for model in ALL_MAIN_MODELS:
        assert list(table_of(model).primary_key.columns.keys()) == ["id"], model


def test_every_model_can_be_imported_from_one_place() -> None:
    by_name = {model.__name__: model for model in our_models() - set(ALL_PERFORMANCE_MODELS)}
    assert {name: getattr(models, name, None) for name in by_name} == by_name
    others = {"ALL_MAIN_MODELS", "ALL_PERFORMANCE_MODELS", "ALL_RELATION_MODELS", "Base", "BaseExtension"}
    assert sorted(models.__all__) == sorted({*by_name, *others}), "each once"
    assert all(hasattr(models, name) for name in models.__all__)


def test_every_model_says_in_one_sentence_what_a_row_is() -> None:
    for model in our_models():
        first, _, rest = (vars(model).get("__doc__") or "").strip().partition("\n")
        assert _SENTENCE.fullmatch(first), f"{model.__name__}: {first!r}"
        assert rest == "" or rest.startswith("\n"), f"{model.__name__}: the first sentence takes one line"
        assert table_of(model).comment == first


# --- Names of release 0.74 -------------------------------------------------------------------------------------------


def published() -> dict[str, list[str]]:
    """{table: its columns} of release 0.74."""
    dump = lzma.decompress(_RELEASE_0_74.read_bytes()).decode()
    tables = re.findall(r"^CREATE TABLE public\.(\w+) \(\n(.*?)\n\);$", dump, re.MULTILINE | re.DOTALL)
    return {
        name: re.findall(r'^ +"?(\w+)"? ', columns, re.MULTILINE)
        for name, columns in tables
        if name != "alembic_version"
    }


def published_labels() -> dict[str, list[str]]:
    """{enumeration: its labels} of release 0.74."""
    dump = lzma.decompress(_RELEASE_0_74.read_bytes()).decode()
    types = re.findall(r"^CREATE TYPE public\.(\w+) AS ENUM \((.*?)\);$", dump, re.MULTILINE | re.DOTALL)
    return {name: re.findall(r"'(\w+)'", labels) for name, labels in types}


def test_tables_and_columns_have_the_names_that_they_had_in_release_0_74() -> None:
    ours = {table_of(model).name: set(table_of(model).columns.keys()) for model in our_models()}
    theirs = {name: set(columns) for name, columns in published().items()}
    assert len(theirs) == 81
    assert theirs.keys() - ours.keys() == set()
    assert ours.keys() - theirs.keys() == _TABLES_WE_ADD
    dropped = {name: columns - ours[name] for name, columns in theirs.items() if columns - ours[name]}
    added = {name: ours[name] - columns for name, columns in theirs.items() if ours[name] - columns}
    assert dropped == _COLUMNS_WE_DROP
    assert added == _COLUMNS_WE_ADD


def test_enumerations_have_the_names_and_labels_of_release_0_74(database: URL, engine: Engine) -> None:
    labels = "SELECT enumtypid::regtype::text, enumlabel::text FROM pg_enum ORDER BY enumtypid, enumsortorder"
    ours: dict[str, list[str]] = {}
    for name, label in rows_of(engine, labels):
        ours.setdefault(name, []).append(label)
    theirs = published_labels()
    assert len(theirs) == 7
    assert {name: set(found) - set(ours[name]) for name, found in theirs.items() if set(found) - set(ours[name])} == {}
    assert ours.keys() - theirs.keys() == {"document_kind"}


# --- Rows as dictionaries --------------------------------------------------------------------------------------------


def test_a_row_of_every_table_keeps_each_none_as_none(database: URL, engine: Engine) -> None:
    fill(engine)
    emptied = {table_of(model).name: _leave_out_what_can_be(engine, model) for model in our_models()}
    assert sum(len(columns) for columns in emptied.values()) >= 200
    with Session(engine) as session:
        for model in our_models():
            row = session.query(model).one()
            told = row.to_dict(without_id=False)
            assert list(told) == list(table_of(model).columns.keys())
            assert {name for name, value in told.items() if value is None} == emptied[table_of(model).name], model
            assert row.to_dict() == {name: value for name, value in told.items() if name != "id"}


def _leave_out_what_can_be(engine: Engine, model: type[Any]) -> set[str]:
    """Make every column NULL that may be, one after the other; says which are."""
    table = table_of(model)
    for column in table.columns:
        if column.nullable:
            try:
                run(engine, f'UPDATE {table.name} SET "{column.name}" = NULL')
            except IntegrityError as error:
                assert "violates check constraint" in str(error)
    (row,) = rows_of(engine, f"SELECT * FROM {table.name}")
    return {name for name, value in row._mapping.items() if value is None}


@pytest.mark.parametrize(
    "row",
    [
        models.PythonPackageVersionEntity(package_name="flask"),
        models.SoftwareEnvironment(key_sha256=b"k" * 32, environment_type="RUNTIME"),
        models.HardwareInformation(key_sha256=b"k" * 32, cpu_cores=0),
        models.CVE(cve_id="CVE-1", details=""),
    ],
    ids=lambda row: type(row).__name__,
)
def test_a_row_that_is_read_back_tells_none_from_zero_and_from_an_empty_text(
    database: URL, engine: Engine, row: Any
) -> None:
    model = type(row)
    given = {name: getattr(row, name) for name in model.attribute_names()}
    with Session(engine) as session:
        session.add(model(**{name: value for name, value in given.items() if value is not None}))
        session.commit()
        session.expire_all()
        assert session.query(model).one().to_dict() == {name: value for name, value in given.items() if name != "id"}


# --- All of it -------------------------------------------------------------------------------------------------------


def test_dropping_all_leaves_nothing_of_ours_and_the_schema_can_be_made_again(
    graph: GraphDatabase, engine: Engine
) -> None:
    fill(engine)
    assert rows_of(engine, _LEFT)
    graph.drop_all()
    assert rows_of(engine, _LEFT) == []
    graph.initialize_schema()
    assert graph.is_schema_up2date() is True
    made = all_rows(engine)
    assert set(made) == {table_of(model).name for model in our_models()}
    assert {name for name, rows in made.items() if rows} == {"graph_identity"}
    fill(engine)


def test_dropping_all_leaves_what_is_not_ours(graph: GraphDatabase, engine: Engine) -> None:
    run(engine, "CREATE TYPE mood AS ENUM ('GOOD')")
    run(engine, "CREATE TABLE diary (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood)")
    run(engine, "INSERT INTO diary (mood) VALUES ('GOOD')")
    graph.drop_all()
    assert rows_of(engine, "SELECT id, mood::text FROM diary") == [(1, "GOOD")]


def test_dropping_all_twice_is_no_error(graph: GraphDatabase, engine: Engine) -> None:
    graph.drop_all()
    graph.drop_all()
    assert rows_of(engine, _LEFT) == []
