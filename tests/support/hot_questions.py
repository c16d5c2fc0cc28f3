"""The questions that services ask most often, with what they are asked about, and what each may read.

Tests explain their statements in a graph of a million dependencies; benchmarks measure them. To add a question: a line
in QUESTIONS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support.shape import Key


@dataclass(frozen=True)
class Question:
    """A call, and what each of its statements may read: so much in any case, and so much for each row of its result."""

    name: str
    arguments: Callable[[Key], dict[str, Any]]
    rows: int = 100
    rows_per_row: int = 10
    pages: int = 100
    pages_per_row: int = 12
    """8 KiB each, in memory or on disk; an index is three pages deep at this size."""
    places: Callable[[Key], tuple[Any, ...]] = lambda _key: ()
    keys: tuple[str, ...] = ("frequent", "rare")
    whole: frozenset[str] = frozenset()
    """Tables that may be read from their beginning to their end, however large."""

    def may_read(self, returned: int) -> tuple[int, int]:
        """(rows, pages)."""
        return max(self.rows, self.rows_per_row * returned), self.pages + self.pages_per_row * returned


def _environment(key: Key) -> dict[str, Any]:
    return dict(zip(("os_name", "os_version", "python_version"), key.environment, strict=True))


def _package(key: Key) -> dict[str, Any]:
    return {"package_name": key.package_name}


def _entity(key: Key) -> dict[str, Any]:
    return {"package_name": key.package_name, "package_version": key.package_version}


def _at(key: Key) -> dict[str, Any]:
    return {**_entity(key), "index_url": key.index_url}


def _in(key: Key) -> dict[str, Any]:
    return {**_at(key), **_environment(key)}


def _dependency(key: Key) -> dict[str, Any]:
    name, version = key.dependency
    return {"dependency_name": name, "dependency_version": version}


def _image(key: Key) -> dict[str, Any]:
    name, version = key.thoth_image
    return {"thoth_image_name": name, "thoth_image_version": version}


def _analysis(key: Key) -> dict[str, Any]:
    return {"analysis_document_id": key.analysis_document_id}


def _stack(key: Key) -> list[tuple[str, str, str | None]]:
    """Two package versions, one of them on an index."""
    return [(key.package_name, key.package_version, key.index_url), (*key.dependency, None)]


def nothing(_key: Key) -> dict[str, Any]:
    return {}


QUESTIONS = [
    # A resolver's, for each package it comes across.
    Question("get_depends_on", _in),
    Question("get_depends_on", lambda key: {**_in(key), "extras": frozenset({None}), "marker_evaluation_result": True}),
    Question("get_depends_on", lambda key: {**_in(key), "is_missing": False}),
    Question("get_depends_on", _entity),
    Question("get_python_package_version_records", _in),
    Question("get_solved_python_package_versions_all", lambda key: {**_package(key), **_environment(key)}),
    Question("get_solved_python_package_versions_all", lambda key: {**_package(key), "count": None, "distinct": True}),
    Question("get_solved_python_package_versions_all", _in),
    Question("get_all_versions_python_package", lambda key: {**_package(key), **_environment(key)}),
    Question("has_python_solver_error", _in),
    Question("get_python_cve_records_all", _entity),
    Question("get_python_cve_records_all", _package, keys=("rare",)),
    # Of a package with more than a thousand versions, one pass over all that is vulnerable is the shorter way.
    Question(
        "get_python_cve_records_all",
        _package,
        keys=("frequent",),
        rows=60_000,
        pages=2_000,
        whole=frozenset({"has_vulnerability"}),
    ),
    Question("get_python_package_hashes_sha256", _at),
    Question("is_python_package_index_enabled", lambda key: {"url": key.index_url}),
    Question("get_python_package_version_solver_rules_all", _entity),
    Question("get_python_package_version_solver_rules_all", _at),
    Question("get_python_environment_marker", lambda key: {**_in(key), **_dependency(key)}),
    Question("get_python_package_required_symbols", _at),
    Question("get_thoth_s2i_analyzed_image_symbols_all", _image),
    Question("get_last_analysis_document_id", _image),
    Question("get_python_package_version_all", _analysis),
    Question("get_rpm_package_version_all", _analysis),
    Question("get_si_aggregated_python_package_version", _at),
    Question("get_python_package_version_trove_classifiers_all", _in),
    Question("python_package_version_exists", _at),
    Question("solved_software_environment_exists", _environment),
    Question("get_cve_timestamp", nothing),
    Question("get_python_package_index_urls_all", nothing),
    Question(
        "retrieve_transitive_dependencies_python_multi",
        _environment,
        rows=300,
        rows_per_row=200,  # a row is a package version with all that it requires
        pages=300,
        pages_per_row=600,
        places=lambda key: ((key.package_name, key.package_version, key.index_url),),
    ),
    # A resolver's, for a whole stack.
    *(
        Question(name, lambda key: {"packages": _stack(key)})
        for name in (
            "get_depends_on_of_packages",
            "get_python_cve_records_of_packages",
            "get_python_packages_hashes_sha256",
            "get_python_packages_version_records",
            "get_python_solver_errors",
            "get_python_solver_rules_of_packages",
        )
    ),
    # What jobs ask to see what is to be done.
    Question("get_python_package_versions_all", lambda key: {**_package(key), "count": None}),
    Question(
        "get_python_package_version_dependents_all",
        lambda key: {**_package(key), **_environment(key)},
        keys=("rare",),
    ),
    # A page of what depends on what nearly everything depends on.
    Question(
        "get_python_package_version_dependents_all",
        lambda key: {**_package(key), **_environment(key)},
        keys=("frequent",),
        rows=40_000,
        pages=50_000,
    ),
    Question("get_python_rule_all", _package),
    # Versions that were solved have to be told apart from those that were not.
    Question(
        "get_unsolved_python_package_versions_all",
        lambda key: {**_package(key), "randomize": False},
        rows=10_000,
        pages=5_000,
    ),
    # What was done before stands in the way of the first that is not done.
    Question(
        "get_si_unanalyzed_python_package_versions_all", lambda _key: {"randomize": False}, rows=8_000, pages=10_000
    ),
    Question("get_python_packages_all", nothing, rows=5_000, pages=5_000),
    # Everything that waits is found before some of it is drawn: each table is read a few times, and no more.
    Question(
        "get_unsolved_python_package_versions_all",
        _environment,
        rows=500_000,
        pages=1_000_000,
        whole=frozenset({"python_package_version", "python_package_version_entity"}),
    ),
]
