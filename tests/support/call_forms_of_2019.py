"""How services of October 2019 call GraphDatabase; CALLS has the form of the table in call_forms.py."""

from __future__ import annotations

_AT = "package_name package_version index_url"
_ENV = "os_name os_version python_version"

CALLS: dict[str, list[str]] = {
    "adviser of 2019": [
        "get_all_python_package_version_hashes_sha256: package_name package_version |",
        f"get_all_versions_python_package: package_name | {_ENV}",
        f"get_depends_on: {_AT} | {_ENV} without_cache",
        "get_python_cve_records: package_name package_version |",
        f"get_python_package_version_hashes_sha256: {_AT} |",
        f"get_python_package_version_records: {_AT} | {_ENV} without_cache",
        f"has_python_solver_error: {_AT} | {_ENV}",
        "is_python_package_index_enabled: index_url |",
        f"retrieve_transitive_dependencies_python: {_AT} | {_ENV} without_cache",
        f"retrieve_transitive_dependencies_python_multi: | {_ENV} without_cache",
    ],
    "cve-update-job of 2019": [
        f"create_python_cve_record: {_AT} | cve_id details link",
        "normalize_python_package_name: package_name |",
    ],
    "graph-refresh-job of 2019": [
        "get_python_package_index_urls: |",
        f"python_package_version_exists: {_AT} | solver_name",
        "retrieve_unanalyzed_python_package_versions: | start_offset count",
        "retrieve_unsolved_python_packages: solver_name |",
    ],
    "management-api of 2019": [
        "get_python_package_index_urls: |",
        "parse_python_solver_name: solver_name |",
        "register_python_package_index: url warehouse_api_url verify_ssl |",
        "retrieve_unsolvable_python_packages: solver_name |",
        "set_python_package_index_state: index_url | enabled",
    ],
    "metrics-exporter of 2019": [
        "build_software_environment_listing: |",
        "get_all_pi_per_framework_count: framework |",
        "get_analyzed_error_python_package_versions_count_all: |",
        "get_analyzed_python_package_versions_count_all: |",
        f"get_error_solved_python_package_versions_count_all: | {_ENV} unparseable",
        f"get_error_solved_python_package_versions_count_all: | {_ENV} unsolvable",
        "get_number_main_tables_records: |",
        "get_number_performance_tables_records: |",
        "get_number_relation_tables_records: |",
        "get_python_package_versions_count_all: | distinct",
        "get_python_packages_per_index: index_url | distinct",
        "get_unanalyzed_python_package_versions_count_all: |",
        f"get_unsolved_python_package_versions_count_all: | {_ENV}",
        "parse_python_solver_name: solver_name |",
        "python_software_stack_count: software_stack_type | unique",
        "run_software_environment_listing: | is_user_run",
    ],
    "package-releases-job of 2019": [
        f"create_python_package_version_entity: {_AT} | only_if_package_seen",
        "get_python_package_names_all: |",
        "python_package_index_listing: |",
    ],
    "user-api of 2019": [
        "build_software_environment_analyses_listing: environment_name | start_offset count convert_datetime",
        "build_software_environment_listing: start_offset count |",
        "get_python_package_version_metadata: | package_name package_version index_url",
        "parse_python_solver_name: solver_name |",
        "python_package_index_listing: |",
        "run_software_environment_analyses_listing: environment_name | start_offset count convert_datetime is_user_run",
        "run_software_environment_listing: start_offset count is_user_run |",
    ],
}
