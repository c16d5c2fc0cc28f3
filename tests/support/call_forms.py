"""How services call GraphDatabase. To add a call: a line in _CALLS."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from support.call_forms_of_2019 import CALLS as CALLS_OF_2019
from support.documents import ANY, PYPI, real_documents


class CallForm(NamedTuple):
    """A call as a service writes it; values have the type that the service gives."""

    service: str
    name: str
    positional: tuple[Any, ...]
    keywords: dict[str, Any]


VALUES: dict[str, Any] = {
    "adviser_version": "0.21.1",
    "component": "tensorflow",
    "convert_datetime": True,
    "count": 10,
    "cuda_version": "11.4",
    "cve_id": "CVE-2024-1",
    "dependency_name": "jinja2",
    "dependency_version": "3.1.4",
    "description": "it does not install",
    "details": "a way in",
    "distinct": True,
    "document": real_documents()[0],
    "document_id": "package-extract-261122113520-0123456789abcdef",
    "enabled": True,
    "end_datetime": datetime(2024, 1, 2),
    "environment_name": "registry.example.com/team/app:latest",
    "extras": frozenset({None}),
    "framework": "tensorflow",
    "hardware": {"cpu_model_name": "a processor"},
    "image_name": "registry.example.com/team/app:latest",
    "import_name": "flask",
    "index_url": PYPI,
    "installation_id": "1",
    "is_active": True,
    "is_external": False,
    "is_missing": False,
    "is_user_run": True,
    "kebechet_manager": "UPDATE_MANAGER",
    "library_name": "libc.so.6",
    "like": "fla",
    "link": None,
    "marker_evaluation_result": True,
    "only_if_package_seen": True,
    "os_name": "debian",
    "os_version": "12",
    "package_extract_version": "1.2",
    "package_name": "flask",
    "package_version": "3.0.3",
    "private": False,
    "provides_source_distro": True,
    "python_version": "3.11",
    "repo_name": "thoth-station/storages",
    "requirements": {"packages": {"flask": "*"}},
    "requirements_lock": {"default": {"flask": {"version": "==3.0.3", "index": PYPI}}},
    "rpm_package_name": "glibc",
    "rule_id": 1,
    "runtime_environment": "rhel-8",
    "runtime_environment_name": "rhel-8",
    "sha256_hash": "61" * 32,
    "slug": "thoth-station/storages",
    "software_stack_type": "USER",
    "solver_name": "solver-debian-12-py311",
    "sort": True,
    "source_type": "KEBECHET",
    "start_offset": 0,
    "symbol": "GLIBC_2.2.5",
    "thoth_config": {
        "runtime_environments": [
            {"name": "rhel-8", "operating_system": {"name": "debian", "version": "12"}, "python_version": "3.11"}
        ],
        "managers": [{"name": "update"}],
    },
    "thoth_image_name": "quay.io/thoth-station/s2i-thoth-ubi8-py38",
    "thoth_image_version": "v1.0.0",
    "thoth_s2i_image_name": "quay.io/thoth-station/s2i-thoth-ubi8-py38",
    "thoth_s2i_image_version": "v1.0.0",
    "timestamp": datetime(2024, 1, 2),
    "unique": True,
    "unparseable": True,
    "unsolvable": True,
    "url": PYPI,
    "value": True,
    "verify_ssl": True,
    "version_specifier": "<3",
    "warehouse_api_url": None,
    "without_id": False,
    "without_cache": True,
}
"""What services give for a parameter of this name."""

_AT = "package_name package_version index_url"
_ENV = "os_name os_version python_version"
_DEPENDENCY = "dependency_name dependency_version"
_IMAGES = f"{_ENV} cuda_version image_name is_external library_name package_name rpm_package_name symbol"

# What is given by place, and what by name: "method: places | names". Services that write a tuple with a star before
# it (adviser: *package_tuple) give name, version and index by place.
_CALLS: dict[str, list[str]] = {
    "adviser": [
        "get_cve_timestamp: |",
        f"get_depends_on: {_AT} | extras is_missing marker_evaluation_result {_ENV}",
        "get_last_analysis_document_id: thoth_image_name thoth_image_version | is_external",
        "get_python_cve_records_all: | package_name package_version",
        f"get_python_environment_marker: {_AT} | {_DEPENDENCY} marker_evaluation_result {_ENV}",
        f"get_python_package_hashes_sha256: {_AT} | distinct",
        "get_python_package_index_urls_all: | enabled",
        f"get_python_package_required_symbols: | {_AT}",
        "get_python_package_version_all: document_id |",
        f"get_python_package_version_records: | {_AT} {_ENV}",
        "get_python_package_version_solver_rules_all: package_name package_version |",
        f"get_python_package_version_solver_rules_all: {_AT} |",
        f"get_python_package_version_trove_classifiers_all: | {_AT} {_ENV}",
        "get_rpm_package_version_all: document_id |",
        "get_script_alembic_version_head: |",
        f"get_si_aggregated_python_package_version: | {_AT}",
        f"get_solved_python_package_versions_all: | {_AT} {_ENV} count distinct is_missing start_offset",
        "get_thoth_s2i_analyzed_image_symbols_all: thoth_image_name thoth_image_version | is_external",
        "get_thoth_s2i_analyzed_image_symbols_all: | thoth_s2i_image_name thoth_s2i_image_version is_external",
        f"has_python_solver_error: {_AT} | {_ENV}",
        "is_python_package_index_enabled: index_url |",
        f"python_package_version_exists: {_AT} | solver_name",
        f"solved_software_environment_exists: | {_ENV}",
    ],
    "cve-update-job": [
        f"create_python_cve_record: {_AT} | cve_id details link",
        "set_cve_timestamp: timestamp |",
    ],
    "graph-metrics-exporter": ["get_bloat_data: |", "get_index_bloat_data: |", "is_database_corrupted: |"],
    "graph-refresh-job": [
        "get_python_package_index_urls_all: |",
        "get_si_unanalyzed_python_package_versions_all: | count",
        f"get_unsolved_python_package_versions_all: | count {_ENV}",
    ],
    "init-job": [
        "create_python_rule: | package_name version_specifier index_url description",
        "initialize_schema: |",
        "register_python_package_index: url | enabled verify_ssl warehouse_api_url",
    ],
    "investigator": [
        "get_python_package_versions_all: | count index_url package_name",
        f"python_package_version_exists: | {_AT} solver_name",
        f"si_aggregated_python_package_version_exists: | {_AT}",
        f"update_missing_flag_package_version: | {_AT} value",
        f"update_provides_source_distro_package_version: | {_AT} value",
        f"update_python_package_hash_present_flag: | {_AT} sha256_hash",
    ],
    "management-api": [
        "create_hardware_information: hardware | is_external",
        "delete_adviser_result: document_id |",
        "delete_analysis_result: document_id |",
        "delete_hardware_information: rule_id | is_external",
        "delete_python_rule: | rule_id",
        "delete_solver_result: document_id |",
        f"get_error_solved_python_package_versions_all: | {_ENV} unsolvable",
        "get_hardware_environments_all: | is_external start_offset without_id",
        "get_python_package_index_all: | enabled",
        "get_python_rule: | rule_id",
        "get_python_rule_all: | count index_url package_name start_offset",
        "is_python_package_index_enabled: | url",
        "is_schema_up2date: |",
        "register_python_package_index: | url enabled only_if_package_seen verify_ssl warehouse_api_url",
        "set_python_package_index_state: index_url | enabled",
    ],
    "metrics-exporter": [
        "get_active_kebechet_github_installations_repos_count_all: |",
        "get_adviser_run_count_per_source_type: |",
        "get_alembic_version_count_all: |",
        "get_build_software_environment_all: |",
        "get_database_size: |",
        "get_ecosystem_solver_count_all: |",
        f"get_error_solved_python_package_versions_count_all: | {_ENV} unparseable",
        f"get_error_solved_python_package_versions_count_all: | {_ENV} unsolvable",
        "get_kebechet_github_installations_active_managers_count_all: | distinct kebechet_manager",
        "get_kebechet_github_installations_software_stack_count_all: | is_active",
        "get_last_analysis_datetime: |",
        f"get_last_solver_datetime: | {_ENV}",
        "get_origin_count_per_source_type: | distinct",
        "get_performance_table_count: |",
        "get_pi_component_all: |",
        "get_pi_count: | component",
        "get_python_cve_records_count: |",
        "get_python_package_versions_count_all: | distinct",
        "get_python_package_versions_per_index: | distinct index_url",
        "get_python_software_stack_count_all: | is_external software_stack_type",
        "get_run_software_environment_all: | is_external",
        "get_si_analyzed_python_package_versions_count_all: | distinct",
        "get_si_unanalyzed_python_package_versions_count_all: | distinct provides_source_distro",
        f"get_solved_python_packages_count_all: | {_ENV}",
        "get_table_alembic_version_head: |",
        f"get_unsolved_python_package_versions_count_all: | {_ENV}",
        "normalize_python_index_url: | index_url",
    ],
    "mi-scheduler": ["get_active_kebechet_github_installations_repos: |"],
    "package-releases-job": [
        f"create_python_package_version_entity: {_AT} |",
        "get_python_package_version_entities_names_all: |",
    ],
    "package-update-job": [
        f"get_python_package_hashes_sha256: {_AT} |",
        "get_python_package_versions_all: | count distinct",
        "get_python_packages_all: | count distinct",
    ],
    "prescriptions-refresh-job": [
        "get_python_cve_records_all: package_name |",
        "get_python_package_version_names_all: | distinct",
        "get_python_rule_all: | count package_name",
    ],
    "purge-job": [
        "purge_adviser_documents: | adviser_version end_datetime",
        "purge_package_extract_documents: | end_datetime package_extract_version",
        f"purge_solver_documents: | {_ENV}",
    ],
    "revsolver": [
        f"get_python_package_version_dependents_all: | count package_name start_offset {_ENV}",
    ],
    "selinon-worker": ["sync_analysis_result: document |", "sync_solver_result: document |"],
    "user-api": [
        "create_github_app_installation: | installation_id private repo_name slug",
        f"get_depends_on: {_AT} | extras is_missing marker_evaluation_result {_ENV}",
        f"get_depends_on: | {_AT} extras is_missing marker_evaluation_result {_ENV}",
        f"get_python_environment_marker: | {_AT} {_DEPENDENCY} {_ENV}",
        "get_python_package_index_all: |",
        "get_python_package_version_import_packages_all: | distinct import_name",
        f"get_python_package_version_names_all: | count distinct like sort start_offset {_ENV}",
        f"get_python_package_version_names_count_all: | distinct like {_ENV}",
        "get_python_package_version_platform_all: |",
        f"get_software_environments_all: | count start_offset {_IMAGES}",
        f"get_software_environments_count_all: | {_IMAGES}",
        f"get_solved_python_package_version_environments_all: {_AT} | count distinct start_offset",
        f"get_solved_python_package_versions_all: | count distinct is_missing package_name start_offset {_ENV}",
        f"get_solved_python_package_versions_count_all: | distinct is_missing package_name {_ENV}",
        f"get_solver_document_id_all: {_AT} | {_ENV} sort",
        "update_kebechet_github_installations_on_is_active: | slug",
    ],
    "workflow-helpers": [
        "delete_kebechet_github_app_installations: | runtime_environment slug",
        "get_kebechet_github_app_installations_all: | slug",
        f"get_kebechet_github_installation_info_with_software_environment_all: | {_ENV}",
        f"get_kebechet_github_installations_info_for_python_package_version: | {_AT} {_ENV}",
        "get_solved_python_package_versions_software_environment_all: |",
        "get_unsolved_python_packages_all_per_adviser_run: | source_type",
        f"python_package_version_exists: | {_AT}",
        "update_kebechet_installation_using_files: "
        "| installation_id requirements requirements_lock runtime_environment_name slug thoth_config",
    ],
}


def _call_form(service: str, call: str) -> CallForm:
    name, _, arguments = call.partition(":")
    places, _, names = arguments.partition("|")
    return CallForm(
        service, name, tuple(VALUES[each] for each in places.split()), {each: VALUES[each] for each in names.split()}
    )


# Calls whose values no table has: of packages by place, without an index, in environments of any kind.
_AS_WRITTEN = [
    CallForm("adviser", "get_depends_on", ("flask",), {"extras": None, **ANY}),
    CallForm("adviser of 2019", "get_all_versions_python_package", ("x", "u"), {"index_enabled": True, **ANY}),
    CallForm("adviser of 2019", "get_python_package_version_records", ("x", "1", None), {**ANY, "without_cache": True}),
    CallForm(
        "adviser of 2019",
        "retrieve_transitive_dependencies_python",
        ("x", "1", "u"),
        {"extras": None, "marker_evaluation_result": None},
    ),
    CallForm(
        "adviser of 2019",
        "retrieve_transitive_dependencies_python_multi",
        (("x", "1", "u"), ("y", "2", "u")),
        {**ANY, "without_cache": True},
    ),
    CallForm("init-job of 2019", "register_python_package_index", (PYPI, None, True, False), {}),
    CallForm("sync-job", "sync_solver_result", (VALUES["document"],), {"force": True}),
    CallForm("sync-job", "solver_document_id_exists", (), {"solver_document_id": "x"}),
    CallForm("sync-job of 2019", "solver_records_exist", (VALUES["document"],), {}),
]

CALL_FORMS: list[CallForm] = [
    *(_call_form(service, call) for service, calls in {**_CALLS, **CALLS_OF_2019}.items() for call in calls),
    *_AS_WRITTEN,
]
