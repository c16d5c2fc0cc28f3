"""How callers write their questions, and what they get before there is anything to ask."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.databases import adapters, make_database
from support.documents import ANY, PYPI, real_documents

from thoth.storages.exceptions import DatabaseNotInitializedError, NotConnectedError
from thoth.storages.graph import GraphDatabase

# --- Call forms ------------------------------------------------------------------------------------------------------

AT = dict.fromkeys(("package_name", "package_version", "index_url"), "x")
LISTING = {"count": None, "distinct": True, "is_missing": None, "start_offset": 0, **ANY}
CALL_FORMS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    # adviser and user-api of 2023
    ("get_depends_on", ("x",), {"extras": None, "is_missing": None, "marker_evaluation_result": None, **ANY}),
    ("get_depends_on", (), {**AT, "extras": None, "is_missing": None, "marker_evaluation_result": None, **ANY}),
    ("get_depends_on", ("x", "1", "u"), ANY),
    (
        "get_python_environment_marker",
        ("x",),
        {
            "package_version": "1",
            "index_url": "u",
            "dependency_name": "y",
            "dependency_version": "2",
            "marker_evaluation_result": None,
            **ANY,
        },
    ),
    ("get_python_environment_marker", (), {**AT, "dependency_name": "y", "dependency_version": "2", **ANY}),
    ("get_python_package_version_records", (), {**AT, **ANY}),
    # adviser of 2019
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", "u"), ("y", "2", "u")), ANY),
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", "u"),), {**ANY, "without_cache": True}),
    ("get_depends_on", ("x", "1", "u"), {**ANY, "without_cache": True}),
    ("get_python_package_version_records", ("x", "1", None), {**ANY, "without_cache": True}),
    ("retrieve_transitive_dependencies_python", ("x", "1", "u"), {**ANY, "without_cache": True}),
    ("retrieve_transitive_dependencies_python", ("x", "1", "u"), {"extras": None, "marker_evaluation_result": None}),
    # packages and their versions
    ("get_solved_python_package_versions_all", (), {**AT, **LISTING}),
    ("get_solved_python_package_versions_all", (), {"package_name": "x", **LISTING}),
    ("python_package_version_exists", ("x", "1", "u"), {"solver_name": "s"}),
    ("python_package_version_exists", (), {**AT, "solver_name": "s"}),
    ("get_python_package_hashes_sha256", (("x", "1", "u")), {"distinct": True}),
    ("get_python_package_hashes_sha256", ("x",), {"package_version": "1", "index_url": "u", "distinct": True}),
    ("get_all_versions_python_package", ("x",), ANY),
    ("get_all_versions_python_package", ("x", "u"), {"index_enabled": True, **ANY}),
    # indexes
    ("get_python_package_index_all", (), {"enabled": True}),
    ("get_python_package_index_urls_all", (), {"enabled": True}),
    ("is_python_package_index_enabled", (), {"url": PYPI}),
    ("is_python_package_index_enabled", (PYPI,), {}),
    ("set_python_package_index_state", (PYPI,), {"enabled": True}),
    ("register_python_package_index", (PYPI,), {"enabled": True, "verify_ssl": True, "warehouse_api_url": None}),
    ("register_python_package_index", (PYPI, None, True, False), {}),
    (
        "register_python_package_index",
        (),
        {
            "url": PYPI,
            "enabled": True,
            "only_if_package_seen": True,
            "verify_ssl": True,
            "warehouse_api_url": None,
        },
    ),
    # solver runs
    ("has_python_solver_error", ("x", "1", "u"), ANY),
    ("solver_document_id_exists", (), {"solver_document_id": "x"}),
    ("solver_records_exist", ({},), {}),
    ("sync_solver_result", ({},), {"force": True}),
]


@pytest.mark.parametrize(("name", "positional", "keywords"), CALL_FORMS)
def test_the_callers_forms_bind(name: str, positional: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    inspect.signature(getattr(GraphDatabase, name)).bind(None, *positional, **keywords)


# --- Before there is anything to ask ---------------------------------------------------------------------------------

EVERYTHING: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("get_python_package_version_records", ("x", "1", None), ANY),
    ("get_depends_on", ("x",), {}),
    ("retrieve_transitive_dependencies_python", ("x", "1", None), {}),
    ("retrieve_transitive_dependencies_python_multi", (("x", "1", None),), {}),
    ("retrieve_transitive_dependencies_python_multi", (), {}),
    (
        "get_python_environment_marker",
        ("x", "1", None),
        {"dependency_name": "y", "dependency_version": "2", **ANY},
    ),
    ("has_python_solver_error", ("x", "1", None), ANY),
    ("python_package_exists", ("x",), {}),
    ("python_package_version_exists", ("x", "1"), {}),
    ("get_solved_python_package_versions_all", (), {}),
    ("get_all_versions_python_package", ("x",), {}),
    ("get_python_package_hashes_sha256", ("x", "1"), {}),
    ("get_python_package_index_all", (), {}),
    ("get_python_package_index_urls_all", (), {}),
    ("is_python_package_index_enabled", (PYPI,), {}),
    ("set_python_package_index_state", (PYPI,), {"enabled": True}),
    ("register_python_package_index", (PYPI,), {}),
    ("solver_document_id_exists", ("solver-x",), {}),
    ("solver_records_exist", ({"metadata": {"document_id": "solver-x"}},), {}),
    ("sync_solver_result", (real_documents()[0],), {}),
    ("get_table_alembic_version_head", (), {}),
    ("is_schema_up2date", (), {}),
    ("create_graph_cache", ("graph_cache.sqlite3", ["x"]), {}),
]


@pytest.mark.parametrize(("name", "positional", "keywords"), EVERYTHING)
def test_everything_needs_a_connection(
    name: str, positional: tuple[Any, ...], keywords: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotConnectedError):
        getattr(GraphDatabase(), name)(*positional, **keywords)
    assert not list(tmp_path.iterdir())


def test_nothing_can_be_asked_of_an_empty_database(
    missing_database: URL, server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_database(server, missing_database)
    with adapters(1) as (adapter,):
        for name, positional, keywords in EVERYTHING:
            with pytest.raises(DatabaseNotInitializedError):
                getattr(adapter, name)(*positional, **keywords)
                pytest.fail(f"{name} was answered")
    assert not list(tmp_path.iterdir())
