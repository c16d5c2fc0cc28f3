"""How callers write their questions, and what they get before there is anything to ask."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.call_forms import CALL_FORMS, CallForm
from support.databases import adapters, make_database
from support.documents import ANY, PYPI, real_documents

from thoth.storages.exceptions import DatabaseNotInitializedError, NotConnectedError
from thoth.storages.graph import GraphDatabase

# --- Call forms ------------------------------------------------------------------------------------------------------


def _name(form: object) -> str:
    return f"{form.service}-{form.name}" if isinstance(form, CallForm) else str(form)


@pytest.mark.parametrize("form", CALL_FORMS, ids=_name)
def test_the_callers_forms_bind(form: CallForm) -> None:
    method = inspect.getattr_static(GraphDatabase, form.name)
    itself = () if isinstance(method, staticmethod) else (None,)
    inspect.signature(getattr(GraphDatabase, form.name)).bind(*itself, *form.positional, **form.keywords)


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
