"""How many statements each question takes, whatever there is to tell: a loop of statements would be seen here.

To add a question: a line in STATEMENTS, and, where it has a parameter of a new name, a line in _values(). It is asked
three times: with what it must be given, with everything that _values() has for it, and of a package nobody knows.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from inspect import Parameter
from typing import Any

import pytest
from sqlalchemy.engine import URL
from support.databases import copied_database
from support.shape import Key, Shape, load
from support.tables import CountStatements

from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.engine import make_engine, make_maintenance_engine
from thoth.storages.graph.enums import DocumentKindEnum, QuerySortTypeEnum
from thoth.storages.graph.models import PythonPackageIndex

EDGES = 3_000
# What is not a question: it changes something, or the adapter itself.
_TELLING = re.compile(
    r"(sync|create|delete|purge|set|update|register|note|release)_|"
    r"(connect|disconnect|offline|initialize_schema|drop_all|cache|cache_clear|stats|DEFAULT_COUNT)$"
)

# {question: its statements}; of what goes level by level, the numbers for what must be given and for everything.
STATEMENTS: dict[str, int | tuple[int, int, int]] = {
    "adviser_document_id_exist": 1,
    "analysis_document_id_exist": 1,
    "analysis_records_exist": 1,
    "build_software_environment_analyses_listing": 1,
    "build_software_environment_listing": 1,
    "construct_connection_string": 0,
    "dependency_monkey_document_id_exist": 1,
    "dependency_monkey_document_id_exists": 1,
    "get_active_kebechet_github_installations_repos": 1,
    "get_active_kebechet_github_installations_repos_count_all": 1,
    "get_adviser_run_count_per_source_type": 1,
    "get_adviser_run_document_ids_all": 1,
    "get_adviser_run_origins_all": 1,
    "get_alembic_version_count_all": 2,
    "get_all_pi_count": 1,
    "get_all_pi_per_framework_count": 1,
    "get_all_python_package_version_hashes_sha256": 1,
    "get_all_python_packages_count": 1,
    "get_all_versions_python_package": 1,
    "get_analysis_metadata": 1,
    "get_analyzed_error_python_package_versions": 1,
    "get_analyzed_error_python_package_versions_count_all": 1,
    "get_analyzed_image_symbols_all": 1,
    "get_analyzed_python_package_versions": 1,
    "get_analyzed_python_package_versions_count": 1,
    "get_analyzed_python_package_versions_count_all": 1,
    "get_analyzed_python_package_versions_count_per_index": 1,
    "get_analyzed_python_package_versions_count_per_version": 1,
    "get_analyzed_python_packages_all": 1,
    "get_analyzed_python_packages_all_versions": 1,
    "get_analyzed_python_packages_count_all": 1,
    "get_analyzer_documents_count": 1,
    "get_analyzer_documents_count_all": 1,
    "get_bloat_data": 1,
    "get_build_software_environment_all": 1,
    "get_build_software_environment_analyses_all": 1,
    "get_cve_timestamp": 1,
    "get_database_size": 1,
    "get_database_time": 1,
    "get_depends_on": 1,
    "get_depends_on_of_packages": 1,
    "get_ecosystem_solver_all": 1,
    "get_ecosystem_solver_count_all": 1,
    "get_entity_count": 1,
    "get_error_python_packages_count": 1,
    "get_error_solved_document_id_all": 1,
    "get_error_solved_python_package_versions": 1,
    "get_error_solved_python_package_versions_all": 1,
    "get_error_solved_python_package_versions_count_all": 1,
    "get_graph_uuid": 1,
    "get_hardware_environments_all": 1,
    "get_index_bloat_data": 1,
    "get_index_url_from_id": 1,
    "get_kebechet_github_app_installations_all": 1,
    "get_kebechet_github_installation_info_with_software_environment_all": 1,
    "get_kebechet_github_installations_active_managers": 1,
    "get_kebechet_github_installations_active_managers_count_all": 1,
    "get_kebechet_github_installations_info_for_python_package_version": 1,
    "get_kebechet_github_installations_software_stack_count_all": 1,
    "get_last_analysis_datetime": 1,
    "get_last_analysis_document_id": 1,
    "get_last_solver_datetime": 1,
    "get_last_synced": 1,
    "get_latest_python_package_version": 1,
    "get_main_table_count": 1,
    "get_number_main_tables_records": 1,
    "get_number_of_pi_records": 1,
    "get_number_performance_tables_records": 1,
    "get_number_relation_tables_records": 1,
    "get_origin_count_per_source_type": 1,
    "get_performance_table_count": 1,
    "get_pi_component_all": 1,
    "get_pi_count": 1,
    "get_python_cve_records": 1,
    "get_python_cve_records_all": 1,
    "get_python_cve_records_count": 1,
    "get_python_cve_records_of_packages": 1,
    "get_python_environment_marker": 1,
    "get_python_environment_marker_evaluation_result": 1,
    "get_python_environment_markers": 1,
    "get_python_package_hashes_sha256": 1,
    "get_python_package_index_all": 1,
    "get_python_package_index_urls": 1,
    "get_python_package_index_urls_all": 1,
    "get_python_package_names_all": 1,
    "get_python_package_required_symbols": 1,
    "get_python_package_version_all": 1,
    "get_python_package_version_dependents_all": 1,
    "get_python_package_version_dependents_count_all": 1,
    "get_python_package_version_entities_count_all": 1,
    "get_python_package_version_entities_names_all": 1,
    "get_python_package_version_hashes_sha256": 1,
    "get_python_package_version_import_packages_all": 1,
    "get_python_package_version_metadata": 1,
    "get_python_package_version_names_all": 1,
    "get_python_package_version_names_count_all": 1,
    "get_python_package_version_platform_all": 0,
    "get_python_package_version_records": 1,
    "get_python_package_version_solver_rules_all": 1,
    "get_python_package_version_trove_classifiers_all": 1,
    "get_python_package_versions": 1,
    "get_python_package_versions_all": 1,
    "get_python_package_versions_all_count": 1,
    "get_python_package_versions_count": 1,
    "get_python_package_versions_count_all": 1,
    "get_python_package_versions_count_per_index": 1,
    "get_python_package_versions_count_per_version": 1,
    "get_python_package_versions_per_index": 1,
    "get_python_packages": 1,
    "get_python_packages_all": 1,
    "get_python_packages_all_versions": 1,
    "get_python_packages_count_all": 1,
    "get_python_packages_for_index": 1,
    "get_python_packages_hashes_sha256": 1,
    "get_python_packages_per_index": 1,
    "get_python_packages_version_records": 1,
    "get_python_rule": 1,
    "get_python_rule_all": 1,
    "get_python_software_stack_count_all": 1,
    "get_python_solver_errors": 1,
    "get_python_solver_rules_of_packages": 1,
    "get_quarantined_documents": 1,
    "get_quarantined_documents_all": 1,
    "get_quarantined_documents_count_all": 1,
    "get_relation_table_count": 1,
    "get_rpm_package_version_all": 1,
    "get_run_software_environment_all": 1,
    "get_run_software_environment_analyses_all": 1,
    "get_script_alembic_version_head": 0,
    "get_si_aggregated_python_package_version": 1,
    "get_si_analyzed_python_package_versions_all": 1,
    "get_si_analyzed_python_package_versions_count_all": 1,
    "get_si_unanalyzed_python_package_versions_all": 1,
    "get_si_unanalyzed_python_package_versions_count_all": 1,
    "get_software_environments_all": 1,
    "get_software_environments_count_all": 1,
    "get_solved_python_package_version_environments_all": 1,
    "get_solved_python_package_versions": 1,
    "get_solved_python_package_versions_all": 1,
    "get_solved_python_package_versions_count": 1,
    "get_solved_python_package_versions_count_all": 1,
    "get_solved_python_package_versions_count_per_index": 1,
    "get_solved_python_package_versions_count_per_version": 1,
    "get_solved_python_package_versions_software_environment_all": 1,
    "get_solved_python_packages_all": 1,
    "get_solved_python_packages_all_versions": 1,
    "get_solved_python_packages_count_all": 1,
    "get_solver_document_id_all": 1,
    "get_solver_documents_count": 1,
    "get_solver_documents_count_all": 1,
    "get_solver_run_document_ids_all": 1,
    "get_table_alembic_version_head": 2,
    "get_table_sizes": 1,
    "get_thoth_s2i_all": 1,
    "get_thoth_s2i_analyzed_image_symbols_all": 1,
    "get_thoth_s2i_package_extract_analysis_document_id_all": 1,
    "get_unanalyzed_python_package_versions": 1,
    "get_unanalyzed_python_package_versions_all": 1,
    "get_unanalyzed_python_package_versions_count": 1,
    "get_unanalyzed_python_package_versions_count_all": 1,
    "get_unanalyzed_python_package_versions_count_per_index": 1,
    "get_unanalyzed_python_package_versions_count_per_version": 1,
    "get_unanalyzed_python_packages_all": 1,
    "get_unanalyzed_python_packages_all_versions": 1,
    "get_unanalyzed_python_packages_count_all": 1,
    "get_unsolved_python_package_versions": 1,
    "get_unsolved_python_package_versions_all": 1,
    "get_unsolved_python_package_versions_count": 1,
    "get_unsolved_python_package_versions_count_all": 1,
    "get_unsolved_python_package_versions_count_per_index": 1,
    "get_unsolved_python_package_versions_count_per_version": 1,
    "get_unsolved_python_packages_all": 1,
    "get_unsolved_python_packages_all_per_adviser_run": 1,
    "get_unsolved_python_packages_all_versions": 1,
    "get_unsolved_python_packages_count_all": 1,
    "get_waiting_documents_all": 1,
    "get_waiting_documents_count_all": 1,
    "get_waiting_documents_count_per_kind": 1,
    "has_python_solver_error": 1,
    "inspection_document_id_exist": 1,
    "inspection_document_id_result_number_exists": 1,
    "is_connected": 0,
    "is_database_corrupted": 1,
    "is_python_package_index_enabled": 1,
    "is_python_package_version_is_missing": 1,
    "is_schema_up2date": 2,
    "iterate_synced_documents": 1,
    "normalize_python_index_url": 0,
    "normalize_python_package_name": 0,
    "normalize_python_package_version": 0,
    "package_analysis_document_id_exist": 1,
    "parse_python_solver_name": 0,
    "provenance_checker_document_id_exist": 1,
    "python_package_exists": 1,
    "python_package_index_listing": 1,
    "python_package_version_depends_on_platform_exists": 0,
    "python_package_version_exists": 1,
    "python_software_stack_count": 1,
    "quarantined_documents": 1,
    "retrieve_dependent_packages": 1,
    "retrieve_solved_python_packages": 1,
    "retrieve_solved_python_packages_count": 1,
    "retrieve_transitive_dependencies_python": (3, 6, 1),
    "retrieve_transitive_dependencies_python_multi": (3, 5, 1),
    "retrieve_transitive_dependents_python": (4, 6, 1),
    "retrieve_transitive_dependents_python_count": (3, 5, 1),
    "retrieve_unanalyzed_python_package_versions": 1,
    "retrieve_unparseable_python_packages": 1,
    "retrieve_unsolvable_python_packages": 1,
    "retrieve_unsolvable_python_packages_per_run_software_environment": 1,
    "retrieve_unsolved_python_packages": 1,
    "retrieve_unsolved_python_packages_count": 1,
    "run_software_environment_analyses_listing": 1,
    "run_software_environment_listing": 1,
    "schema_status": 2,
    "si_aggregated_document_id_exists": 1,
    "si_aggregated_python_package_version_exists": 1,
    "solved_software_environment_exists": 1,
    "solver_document_id_exist": 1,
    "solver_document_id_exists": 1,
    "solver_records_exist": 1,
    "synced_document_ids": 1,
    "synced_documents": 1,
}

# What must be given although it has a default, which is there for an earlier name of the same.
_NEEDED = {"get_thoth_s2i_analyzed_image_symbols_all": ("thoth_image_name", "thoth_image_version")}


def _values(key: Key) -> dict[str, Any]:
    """What is given for a parameter of this name."""
    document: dict[str, Any] = {"metadata": {"document_id": "solver-1"}}
    os_name, os_version, python_version = key.environment
    return {
        "analysis_document_id": key.analysis_document_id,
        "analysis_document": document,
        "build_software_environment_name": "image-1",
        "component": "tensorflow",
        "count": 5,
        "cuda_version": "11.4",
        "dependency_name": key.dependency[0],
        "dependency_version": key.dependency[1],
        "distinct": True,
        "document_ids": ["solver-1", "solver-2"],
        "edges": [(key.package_name, key.package_version, key.index_url, *key.dependency)],
        "enabled": True,
        "entity": PythonPackageIndex,
        "extras": frozenset({None, "test"}),
        "final_date": "31-12-2023",
        "framework": "tensorflow",
        "id": 1,
        "image_name": "image-1",
        "import_name": key.package_name,
        "index_url": key.index_url,
        "initial_date": "01-01-2023",
        "inspection_document_id": "inspection-1",
        "inspection_result_number": 0,
        "is_external": True,
        "is_missing": False,
        "kebechet_manager": "UPDATE_MANAGER",
        "kind": DocumentKindEnum.SOLVER,
        "library_name": "/lib64/library-1.so",
        "like": key.package_name,
        "marker_evaluation_result": True,
        "os_name": os_name,
        "os_version": os_version,
        "package_index_id": 1,
        "package_name": key.package_name,
        "packages": [(key.package_name, key.package_version, key.index_url), ("package-1", "0.0.1", None)],
        "package_tuples": ((key.package_name, key.package_version, key.index_url),),
        "package_version": key.package_version,
        "platform": "linux-x86_64",
        "python_version": python_version,
        "rpm_package_name": "rpm-1",
        "rule_id": 1,
        "run_software_environment_name": "image-1",
        "runtime_environment_name": "rhel-8",
        "slug": "thoth-station/storages",
        "software_stack_type": "USER",
        "solver_document": document,
        "solver_name": f"solver-{os_name}-{os_version}-py{python_version.replace('.', '')}",
        "sort": True,
        "sort_by": QuerySortTypeEnum.PACKAGE_NAME,
        "source_type": "KEBECHET",
        "start_offset": 1,
        "symbol": key.symbol,
        "thoth_image_name": key.thoth_image[0],
        "thoth_image_version": key.thoth_image[1],
        "url": key.index_url,
        **{
            f"{kind}_document_id": f"{kind}-1"
            for kind in ("adviser", "dependency_monkey", "package_analysis", "provenance_checker", "solver")
        },
        "si_aggregated_run_document_id": "si-1",
        "last_run_before": datetime(2024, 1, 1),
    }


@pytest.fixture(scope="module")
def shape_url(server: URL, template: URL) -> Iterator[URL]:
    with copied_database(server, template, "statements") as url:
        yield url


@pytest.fixture(scope="module")
def shape(shape_url: URL) -> Shape:
    return load(make_maintenance_engine(shape_url), EDGES)


@pytest.fixture
def asked(shape: Shape, shape_url: URL, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphDatabase]:
    """An adapter that remembers nothing yet, and has just looked for changes."""
    monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")
    adapter = GraphDatabase(make_engine(shape_url))
    adapter._forget_changed()
    yield adapter
    adapter.disconnect()


def _questions() -> set[str]:
    return {name for name in dir(GraphDatabase) if not name.startswith("_") and not _TELLING.match(name)}


def _ask(adapter: GraphDatabase, name: str, values: dict[str, Any], *, everything: bool) -> object:
    """The answer; an iterator's whole. What is not found is an answer as well."""
    method, places, names = getattr(adapter, name), [], {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is Parameter.VAR_POSITIONAL:
            places = list(values[parameter.name])
        elif (
            parameter.default is Parameter.empty
            or parameter.name in _NEEDED.get(name, ())
            or (everything and parameter.name in values)
        ):
            names[parameter.name] = values[parameter.name]
    try:
        answer = method(*places, **names)
        return list(answer) if isinstance(answer, Iterator) else answer
    except NotFoundError:
        return None


def test_every_question_is_counted() -> None:
    assert _questions() == STATEMENTS.keys()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_question_takes_as_many_statements_as_were_agreed_on(
    asked: GraphDatabase, shape: Shape, count_statements: CountStatements, name: str
) -> None:
    nobody = shape.rare._replace(package_name="nobody", package_version="0", index_url="https://nobody.example.com")
    counted = tuple(
        count_statements(asked, lambda: _ask(asked, name, _values(key), everything=everything))  # noqa: B023
        for key, everything in ((shape.frequent, False), (shape.rare, True), (nobody, False))
    )
    expected = STATEMENTS[name]
    assert counted == (expected if isinstance(expected, tuple) else (expected,) * 3)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_flag_of_the_graph_is_true_or_false_or_none(asked: GraphDatabase, shape: Shape, name: str) -> None:
    """What only this library takes for true, such as distinct, may be anything that Python takes for it."""
    for parameter in inspect.signature(getattr(asked, name)).parameters.values():
        if "bool" in str(parameter.annotation):
            needed = dict(_values(shape.rare), **{parameter.name: "no"})
            try:
                _ask(asked, name, needed, everything=True)
            except TypeError as error:
                assert str(error) == f"{parameter.name} must be True, False or None, not 'no'"
            else:
                assert "None" not in str(parameter.annotation), "it may be None: it is asked of the graph"


def test_a_loop_of_statements_is_seen(asked: GraphDatabase, count_statements: CountStatements) -> None:
    def loop() -> None:
        for name in asked.get_python_package_index_urls_all():
            asked.is_python_package_index_enabled(name)

    assert count_statements(asked, loop) == 4
