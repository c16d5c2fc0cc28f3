"""What all stores of documents promise alike: where documents lie, what a listing gives, which days are in it."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from support.analyses import real_analysis
from support.stores import CASES, PLACES, StoreCase

import thoth.storages
from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import (
    BucketNotFoundError,
    NoDocumentIdError,
    NotConnectedError,
    NotFoundError,
    SchemaError,
)
from thoth.storages.result_base import DeploymentStorage, ResultStorageBase
from thoth.storages.result_schema import RESULT_SCHEMA

DAYS = ["210430235959", "210501000000", "210502120000"]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.store.__name__)
every_place = pytest.mark.parametrize(("kind", "folder"), PLACES, ids=lambda value: getattr(value, "__name__", None))


class Connected(NamedTuple):
    """A store, and what is to know of it."""

    case: StoreCase
    store: ResultStorageBase


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.store.__name__)
def connected(request: pytest.FixtureRequest, s3: dict[str, str]) -> Connected:
    """Connected once, for that takes longer than all else here."""
    case: StoreCase = request.param
    store = case.store(deployment_name="tests", prefix=f"empty-{case.store.__name__}", **s3)
    store.connect()
    return Connected(case, store)


@pytest.fixture
def empty(connected: Connected) -> Connected:
    """Without any object."""
    for key in list(connected.store.ceph.get_document_listing()):
        connected.store.ceph.delete(key)
    return connected


def fill(store: ResultStorageBase, case: StoreCase) -> list[str]:
    """Store a document of each of the days and one without a day, and give their ids in order."""
    for day in DAYS:
        store.store_document(case.write(case.dated.format(day=day)))
    store.store_document(case.write_undated(case.undated))
    return sorted([*(case.dated.format(day=day) for day in DAYS), case.undated])


class Filled(NamedTuple):
    """A filled store with what is no document beside the documents. Only read it."""

    case: StoreCase
    store: ResultStorageBase
    document_ids: list[str]
    asked_for: list[str]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.store.__name__)
def filled(request: pytest.FixtureRequest, s3: dict[str, str]) -> Filled:
    case: StoreCase = request.param
    store = case.store(deployment_name="tests", prefix=f"filled-{case.store.__name__}", **s3)
    store.connect()
    document_ids, asked_for = fill(store, case), []
    for name in ("notes.txt", ".hidden", f"{document_ids[0]}.json", "old/backup", "old/backup/result"):
        store.ceph.store_blob(b"no document", name)
    for name in ("a/results/x/result", "a/results/1/result/old", "a/results/01/result", "a/b/aggregated"):
        store.ceph.store_blob(b"no document", name)
    if case.folder != "inspections":  # nobody asks for one result
        asked_for = sorted([case.dated.format(day=DAYS[1]), case.undated])
        for document_id in asked_for:
            store.store_request(document_id, {"asked": document_id})
    return Filled(case, store, document_ids, asked_for)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("advisers", "AdvisersCacheStore"),
        ("advisers", "AdvisersResultsStore"),
        ("analyses", "AnalysesCacheStore"),
        ("analyses", "AnalysisResultsStore"),
        ("analyses_by_digest", "AnalysisByDigest"),
        ("buildlogs", "BuildLogsStore"),
        ("buildlogs_analyses", "BuildLogsAnalysesCacheStore"),
        ("buildlogs_analyses", "BuildLogsAnalysisResultsStore"),
        ("buildlogs_analyses", "BuildLogsParsedResultsStore"),
        ("ceph", "CephStore"),
        ("dependency_monkey_reports", "DependencyMonkeyReportsStore"),
        ("dependency_monkey_requests", "DependencyMonkeyRequestsStore"),
        ("inspections", "InspectionBuildsStore"),
        ("inspections", "InspectionResultsStore"),
        ("inspections", "InspectionStore"),
        ("logs", "WorkflowLogsStore"),
        ("package_analyses", "PackageAnalysisResultsStore"),
        ("provenance", "ProvenanceCacheStore"),
        ("provenance", "ProvenanceResultsStore"),
        ("security_indicators", "SIAggregatedStore"),
        ("security_indicators", "SIBanditStore"),
        ("security_indicators", "SIClocStore"),
        ("security_indicators", "SecurityIndicatorsResultsStore"),
        ("solvers", "SolverResultsStore"),
    ],
)
def test_a_store_can_be_imported_from_its_module_and_from_the_top(module: str, name: str) -> None:
    assert getattr(importlib.import_module(f"thoth.storages.{module}"), name) is getattr(thoth.storages, name)
    assert name in thoth.storages.__all__


@pytest.mark.parametrize("name", ["CephCache", "ObservationResultsStore", "RevSolverResultsStore"])
def test_what_was_never_at_the_top_is_not(name: str) -> None:
    assert name not in thoth.storages.__all__


@every_case
def test_objects_lie_below_prefix_deployment_and_type_as_the_environment_says(
    case: StoreCase, settings: pytest.MonkeyPatch, prefix: str
) -> None:
    store = case.store()
    store.connect()
    assert (store.deployment_name, store.prefix) == ("tests", f"{prefix}/tests/{case.folder}")
    document_ids = fill(store, case)
    whole = CephStore(f"{prefix}/tests")
    whole.connect()
    keys = {f"{case.folder}/{case.key_of(document_id)}" for document_id in document_ids}
    assert keys <= set(whole.get_document_listing())
    if case.folder != "inspections":  # its objects hold a part of a document each
        text = json.dumps(case.write_undated(case.undated), sort_keys=True, indent=2, separators=(",", ": "))
        assert whole.retrieve_blob(f"{case.folder}/{case.key_of(case.undated)}") == text.encode("ascii")


def test_documents_of_both_generations_come_back_as_they_were_stored(empty: Connected) -> None:
    case, store = empty
    for document_id, write in ((case.dated.format(day=DAYS[0]), case.write), (case.undated, case.write_undated)):
        assert not store.document_exists(document_id)
        assert store.store_document(write(document_id)) == document_id == store.get_document_id(write(document_id))
        assert store.document_exists(document_id)
        assert store.retrieve_document(document_id) == write(document_id)


def test_a_listing_has_every_document_once_in_order_and_nothing_else(filled: Filled) -> None:
    _, store, document_ids, _ = filled
    assert list(store.get_document_listing()) == document_ids
    assert [listed.document_id for listed in store.iterate_listing()] == document_ids
    assert [document_id for document_id, _ in store.iterate_results()] == document_ids
    assert store.get_document_count() == len(document_ids)
    assert all(listed.size > 0 and listed.last_modified.tzinfo is UTC for listed in store.iterate_listing())


def test_requests_are_listed_on_demand_alone(filled: Filled) -> None:
    case, store, _, asked_for = filled
    requests = [f"{document_id}.request" for document_id in asked_for]
    assert list(store.get_document_listing(only_requests=True)) == requests
    assert [store.retrieve_request(request) for request in requests] == [{"asked": each} for each in asked_for]
    dated = [request for request in requests if request.startswith(case.dated.format(day=DAYS[1]))]
    assert list(store.get_document_listing(only_requests=True, start_date=date(2021, 5, 1))) == dated
    assert store.get_document_count(only_requests=True, start_date=date(2021, 5, 2)) == 0


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ({"start_date": date(2021, 5, 1)}, DAYS[1:]),
        ({"start_date": date(2021, 4, 30), "end_date": date(2021, 5, 1)}, DAYS[:1]),
        ({"end_date": date(2021, 5, 1), "include_end_date": True}, DAYS[:2]),
        ({"start_date": date(2021, 5, 2), "end_date": date(2021, 5, 2), "include_end_date": True}, DAYS[2:]),
        ({"start_date": date(2021, 5, 3)}, []),
    ],
)
def test_a_period_selects_by_the_day_in_the_id(filled: Filled, period: dict[str, Any], days: list[str]) -> None:
    wanted = [filled.case.dated.format(day=day) for day in days]
    assert list(filled.store.get_document_listing(**period)) == wanted
    assert [listed.document_id for listed in filled.store.iterate_listing(**period)] == wanted
    assert [document_id for document_id, _ in filled.store.iterate_results(**period)] == wanted


def test_without_an_end_today_is_included(empty: Connected) -> None:
    case, store = empty
    now = datetime.now(UTC)
    today, later = (case.dated.format(day=f"{now + timedelta(days=days):%y%m%d%H%M%S}") for days in (0, 2))
    for document_id in (today, later):
        store.store_document(case.write(document_id))
    assert list(store.get_document_listing(start_date=now.date())) == [today]
    with pytest.raises(ValueError, match="no day is left"):
        store.iterate_listing(start_date=now.date(), end_date=now.date())


def test_an_etag_changes_with_its_document_alone(empty: Connected) -> None:
    case, store = empty
    document_ids = fill(store, case)
    before = {listed.document_id: listed.etag for listed in store.iterate_listing()}
    assert len(set(before.values())) == len(before)
    changed = case.write(document_ids[0])
    changed["result" if "result" in changed else "job_log"] = {"another": "content"}
    store.store_document(changed)
    after = {listed.document_id: listed.etag for listed in store.iterate_listing()}
    assert {document_id for document_id in after if after[document_id] != before[document_id]} == {document_ids[0]}


def test_a_missing_document_is_not_found(empty: Connected) -> None:
    case, store = empty
    for document_id in (case.dated.format(day=DAYS[0]), case.undated, "anything"):
        assert not store.document_exists(document_id)
        with pytest.raises(NotFoundError):
            store.retrieve_document(document_id)


def test_an_object_that_is_no_json_object_is_a_schema_error(empty: Connected) -> None:
    case, store = empty
    document_id = store.store_document(case.write(case.dated.format(day=DAYS[0])))
    for blob in (b"", b"{", b"[]", b"\xff"):
        store.ceph.store_blob(blob, case.key_of(document_id))
        with pytest.raises(SchemaError, match="at the top of object .*: expected a JSON object"):
            store.retrieve_document(document_id)


def test_a_document_without_an_id_is_refused(empty: Connected) -> None:
    _, store = empty
    for document in ({}, {"metadata": {"hostname": "localhost"}, "result": {}}, {"inspection_id": ""}):
        with pytest.raises(NoDocumentIdError):
            store.store_document(document)
    assert store.get_document_count() == 0


def test_an_id_that_no_listing_would_show_is_refused(empty: Connected) -> None:
    case, store = empty
    document = case.write(case.dated.format(day=DAYS[0]))
    for document_id in ("", "a/b", "adviser-1.json", "adviser-1.request", "/"):
        with pytest.raises(ValueError, match=r"must not be empty|is no id of a document|cannot be stored as"):
            store.store_document(document, document_id)
    assert list(store.ceph.get_document_listing()) == []


def test_a_document_that_breaks_the_schema_is_not_stored(empty: Connected) -> None:
    case, store = empty
    document = case.write(case.dated.format(day=DAYS[0]))
    if case.store.SCHEMA is None and case.folder != "inspections":
        return  # anything may be stored there
    key = "result" if case.store.SCHEMA is RESULT_SCHEMA else "specification"
    del document[key]
    with pytest.raises(SchemaError, match=f"at {key}: expected this key, which is missing"):
        store.store_document(document)
    assert store.get_document_count() == 0


@every_case
def test_a_store_of_documents_says_at_once_that_it_is_not_connected(
    case: StoreCase, settings: pytest.MonkeyPatch
) -> None:
    store = case.store()
    for use in (store.get_document_listing, store.iterate_listing, store.iterate_results, store.get_document_count):
        with pytest.raises(NotConnectedError):
            use()
    for ask in (store.retrieve_document, store.document_exists):
        with pytest.raises(NotConnectedError):
            ask(case.undated)


@every_place
def test_a_store_is_not_connected_until_it_is(
    kind: type[DeploymentStorage], folder: str, settings: pytest.MonkeyPatch
) -> None:
    store = kind()
    assert not store.is_connected()
    with pytest.raises(NotConnectedError):
        store.check_connection()
    store.connect()
    assert store.is_connected()
    store.check_connection()
    store.ceph.check_connection()


@every_place
def test_arguments_come_before_the_environment(
    kind: type[DeploymentStorage], folder: str, settings: pytest.MonkeyPatch
) -> None:
    where = {"host": "http://h", "key_id": "k", "secret_key": "s", "bucket": "bbb", "region": "north"}
    store = kind(deployment_name="other", prefix="data", **where)
    assert (store.deployment_name, store.prefix, store.ceph.prefix) == (
        "other", f"data/other/{folder}", f"data/other/{folder}/",
    )  # fmt: skip
    assert {name: getattr(store.ceph, name) for name in where} == where
    first = next(iter(inspect.signature(kind).parameters))
    assert first in ("deployment_name", "inspection_id", "security_indicator_id"), "what callers give by position"


@every_place
def test_a_missing_setting_is_a_key_error_that_names_it(
    kind: type[DeploymentStorage], folder: str, settings: pytest.MonkeyPatch
) -> None:
    for variable in ("THOTH_DEPLOYMENT_NAME", "THOTH_CEPH_BUCKET_PREFIX", "THOTH_CEPH_BUCKET"):
        with settings.context() as without:
            without.delenv(variable)
            with pytest.raises(KeyError, match=variable):
                kind()


@every_case
def test_a_missing_bucket_is_no_missing_document(case: StoreCase, settings: pytest.MonkeyPatch) -> None:
    store: Any = case.store(bucket="no-such-bucket")
    store.connect()
    uses: list[Callable[[], object]] = [  # storing is left out: SeaweedFS then makes the bucket
        store.check_connection,
        lambda: store.retrieve_document(case.undated),
        lambda: store.document_exists(case.undated),
        lambda: store.retrieve_request(case.undated),
        store.get_document_count,
        lambda: list(store.iterate_results()),
    ]
    for use in uses:
        with pytest.raises(BucketNotFoundError, match="no-such-bucket"):
            use()


def test_a_real_image_analysis_is_stored_in_its_place(settings: pytest.MonkeyPatch) -> None:
    store, document = thoth.storages.AnalysisResultsStore(), real_analysis()
    store.connect()
    assert store.store_document(document) == "package-extract-261122113528-9609fe253f1fb928"
    assert list(store.iterate_results(start_date=date(2026, 11, 22), end_date=date(2026, 11, 23))) == [
        ("package-extract-261122113528-9609fe253f1fb928", document)
    ]
