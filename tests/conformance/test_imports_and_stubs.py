"""What services import is there, and what their tests replace can be replaced."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any
from unittest import mock

import pytest

import thoth.storages
from thoth.storages.exceptions import CacheMissError, DatabaseNotInitializedError, NotFoundError
from thoth.storages.graph import GraphDatabase
from thoth.storages.sync import HANDLERS_MAPPING

# "module: names", of both generations; the first line is what the package itself gives.
IMPORTS = [
    "thoth.storages: AdvisersCacheStore AdvisersResultsStore AnalysesCacheStore AnalysisByDigest AnalysisResultsStore "
    "BuildLogsAnalysesCacheStore BuildLogsAnalysisResultsStore BuildLogsParsedResultsStore BuildLogsStore CephStore "
    "DependencyMonkeyReportsStore DependencyMonkeyRequestsStore GraphBackupStore GraphCacheStore GraphDatabase "
    "HANDLERS_MAPPING InspectionBuildsStore InspectionResultsStore InspectionStore PackageAnalysisResultsStore "
    "ProvenanceCacheStore ProvenanceResultsStore RESULT_SCHEMA SIAggregatedStore SIBanditStore SIClocStore "
    "SecurityIndicatorsResultsStore SolverResultsStore WorkflowLogsStore sync_adviser_documents "
    "sync_analysis_documents sync_dependency_monkey_documents sync_documents sync_inspection_documents "
    "sync_package_analysis_documents sync_provenance_checker_documents sync_security_indicators_documents "
    "sync_solver_documents __version__",
    "thoth.storages.advisers: AdvisersResultsStore",
    "thoth.storages.analyses: AnalysisResultsStore",
    "thoth.storages.base: StorageBase",
    "thoth.storages.ceph: CephStore",
    "thoth.storages.ceph_cache: CephCache",
    "thoth.storages.exceptions: NotFoundError CacheMissError CacheMiss DatabaseNotInitializedError NotConnected "
    "ThothStorageException PythonIndexNotRegistered SolverNotRun",
    "thoth.storages.graph: GraphCache GraphDatabase",
    "thoth.storages.graph.enums: KebechetManagerEnum RecommendationTypeEnum SoftwareStackTypeEnum",
    "thoth.storages.graph.models: ALL_MAIN_MODELS ALL_RELATION_MODELS",
    "thoth.storages.graph.models_base: Base BaseExtension",
    "thoth.storages.graph.models_performance: ALL_PERFORMANCE_MODELS PERFORMANCE_MODEL_BY_NAME "
    "PERFORMANCE_MODELS_ML_FRAMEWORKS",
    "thoth.storages.graph.query_result_base: PythonQueryResult",
    "thoth.storages.graph.sql_base: SQLBase",
    "thoth.storages.inspections: InspectionStore",
    "thoth.storages.observations: ObservationResultsStore",
    "thoth.storages.provenance: ProvenanceResultsStore",
    "thoth.storages.result_base: ResultStorageBase",
    "thoth.storages.result_schema: RESULT_SCHEMA METADATA_SCHEMA PYTHON_SCHEMA DISTRIBUTION_SCHEMA Datetime "
    "OS_RELEASE_SCHEMA",
    "thoth.storages.revsolvers: RevSolverResultsStore",
    "thoth.storages.security_indicators: SIAggregatedStore SIBanditStore SIClocStore SecurityIndicatorsResultsStore",
    "thoth.storages.solvers: SolverResultsStore",
    "thoth.storages.sync: HANDLERS_MAPPING sync_adviser_documents sync_analysis_documents sync_inspection_documents "
    "sync_provenance_checker_documents sync_revsolver_documents sync_solver_documents",
]


@pytest.mark.parametrize("line", IMPORTS, ids=lambda line: line.partition(":")[0])
def test_what_services_import_is_there(line: str) -> None:
    module, _, names = line.partition(":")
    there = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(there, name)] == []


def test_a_name_is_the_same_thing_wherever_it_is_imported_from() -> None:
    for line in IMPORTS[1:]:
        module, _, names = line.partition(":")
        for name in set(names.split()) & set(IMPORTS[0].split()):
            assert getattr(importlib.import_module(module), name) is getattr(thoth.storages, name)


@pytest.mark.parametrize(
    ("enum", "members"),
    [
        ("SoftwareStackTypeEnum", "USER INSPECTION ADVISED"),
        ("RecommendationTypeEnum", "STABLE TESTING LATEST PERFORMANCE SECURITY"),
    ],
)
def test_enums_have_the_members_that_services_name(enum: str, members: str) -> None:
    found: type[Enum] = getattr(importlib.import_module("thoth.storages.graph.enums"), enum)
    assert [name for name in members.split() if name not in found.__members__] == []
    assert issubclass(found, Enum)


def test_collections_of_models_hold_models() -> None:
    models = importlib.import_module("thoth.storages.graph.models")
    performance = importlib.import_module("thoth.storages.graph.models_performance")
    for collection in (models.ALL_MAIN_MODELS, models.ALL_RELATION_MODELS, performance.ALL_PERFORMANCE_MODELS):
        assert collection and all(model.__tablename__ for model in collection)
    by_name = performance.PERFORMANCE_MODEL_BY_NAME
    assert by_name["PiMatmul"] is performance.PiMatmul
    assert set(by_name.values()) == set(performance.ALL_PERFORMANCE_MODELS)


def test_a_page_has_as_many_items_as_services_read_from_the_class() -> None:
    assert GraphDatabase.DEFAULT_COUNT == GraphDatabase().DEFAULT_COUNT == 100


def test_services_catch_errors_by_their_names() -> None:
    assert issubclass(CacheMissError, NotFoundError)
    assert not issubclass(DatabaseNotInitializedError, NotFoundError)


def test_a_job_chooses_a_handler_by_its_key() -> None:
    keys = ["adviser", "dependency", "inspection", "package", "provenance", "solver", "revsolver", "security"]
    assert [key for key in keys if not callable(HANDLERS_MAPPING.get(key))] == []


def test_a_service_may_make_a_graph_while_it_is_imported_where_no_server_is() -> None:
    program = (
        "from thoth.storages import GraphDatabase\n"
        "graph = GraphDatabase()\n"
        "print(graph.is_connected(), bool(graph.get_script_alembic_version_head()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "True"]


# --- Stubs -----------------------------------------------------------------------------------------------------------

RECORDS = [{"package_name": "flask"}]


def _in_the_class(monkeypatch: pytest.MonkeyPatch) -> GraphDatabase:
    monkeypatch.setattr(GraphDatabase, "get_python_package_version_records", lambda *_, **__: RECORDS)
    return GraphDatabase()


def _in_an_instance(monkeypatch: pytest.MonkeyPatch) -> GraphDatabase:
    graph = GraphDatabase()
    monkeypatch.setattr(graph, "get_python_package_version_records", lambda *_, **__: RECORDS)
    return graph


def _in_a_subclass(_: pytest.MonkeyPatch) -> GraphDatabase:
    class Stubbed(GraphDatabase):
        def get_python_package_version_records(self, *_: Any, **__: Any) -> Any:
            return RECORDS

    return Stubbed()


def _by_autospec(monkeypatch: pytest.MonkeyPatch) -> GraphDatabase:
    stub = mock.create_autospec(GraphDatabase.get_python_package_version_records, return_value=RECORDS)
    monkeypatch.setattr(GraphDatabase, "get_python_package_version_records", stub)
    return GraphDatabase()


def _as_a_double(_: pytest.MonkeyPatch) -> Any:
    double = mock.create_autospec(GraphDatabase, instance=True)
    double.get_python_package_version_records.return_value = RECORDS
    return double


@pytest.mark.parametrize("stub", [_in_the_class, _in_an_instance, _in_a_subclass, _by_autospec, _as_a_double])
def test_a_question_can_be_stubbed(stub: Callable[[pytest.MonkeyPatch], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    graph = stub(monkeypatch)
    asked = {"os_name": None, "os_version": None, "python_version": None}
    assert graph.get_python_package_version_records("flask", "1", None, **asked) is RECORDS


def test_every_public_method_can_be_replaced_in_the_class_and_in_an_instance() -> None:
    """As flexmock does it: the attribute is set, and what was there before is set back or deleted."""
    stub = object()
    for name in (name for name in dir(GraphDatabase) if not name.startswith("_")):
        if isinstance(getattr(GraphDatabase, name), property) or name == "DEFAULT_COUNT":
            continue
        with mock.patch.object(GraphDatabase, name, stub):
            assert getattr(GraphDatabase(), name) is stub
        graph = GraphDatabase()
        before = getattr(graph, name)
        with mock.patch.object(graph, name, stub):
            assert getattr(graph, name) is stub
        assert getattr(graph, name) == before


def test_an_autospec_refuses_what_the_method_would_refuse() -> None:
    double = mock.create_autospec(GraphDatabase, instance=True)
    with pytest.raises(TypeError):
        double.get_depends_on("flask", nothing=True)


def test_what_a_stub_stands_for_is_not_asked_of_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = GraphDatabase()
    monkeypatch.setattr(graph, "get_python_package_version_entities_names_all", lambda: ["flask", "flask"])
    assert graph.get_python_packages() == {"flask"}
