"""What every store of documents does: ids, schemas, requests, dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import NoDocumentIdError, NotConnectedError, NotFoundError, SchemaError
from thoth.storages.result_base import Period, ResultStorageBase
from thoth.storages.result_schema import RESULT_SCHEMA


class Reports(ResultStorageBase):
    """Any documents, of which nothing is known."""

    RESULT_TYPE = "reports"


class Analyses(ResultStorageBase):
    """Documents whose ids do not start with the store's type, yet all alike."""

    RESULT_TYPE = "analysis"
    SCHEMA = RESULT_SCHEMA
    ID_PREFIX = "package-extract-"


DAYS = ["210430", "210501", "210502", "210531", "210601"]
DATED = [f"package-extract-{day}235959-{digest}" for day in DAYS for digest in ("0a", "1b")]
UNDATED = "package-extract-8ad7"


@pytest.fixture
def analyses(settings: pytest.MonkeyPatch) -> Analyses:
    store = Analyses()
    store.connect()
    return store


@pytest.fixture(scope="module", params=[Reports, Analyses])
def dated(request: pytest.FixtureRequest, s3: dict[str, str]) -> ResultStorageBase:
    """A store that cannot narrow its listings by prefix, and one that can, with the same ids. Only read it."""
    store: ResultStorageBase = request.param("tests", prefix="dated", **s3)
    store.connect()
    for document_id in (*DATED, UNDATED):
        store.ceph.store_document({"id": document_id}, document_id)
    store.store_request(DATED[4], {"asked": 4})
    store.store_request(UNDATED, {"asked": 0})
    return store


def on(*days: str) -> list[str]:
    return [document_id for document_id in DATED if document_id.split("-")[2][:6] in days]


def test_a_store_without_a_type_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="ResultStorageBase needs a RESULT_TYPE"):
        ResultStorageBase("deployment")


def test_keys_are_made_of_prefix_deployment_and_type(settings: pytest.MonkeyPatch, prefix: str) -> None:
    store = Reports()
    assert (store.deployment_name, store.prefix) == ("tests", f"{prefix}/tests/reports")
    assert isinstance(store.ceph, CephStore)
    assert store.ceph.prefix == f"{prefix}/tests/reports/"


def test_arguments_come_before_the_environment(settings: pytest.MonkeyPatch) -> None:
    store = Reports("other", host="http://h", key_id="k", secret_key="s", bucket="bbb", region="north", prefix="data")
    assert store.prefix == "data/other/reports"
    ceph = store.ceph
    assert (ceph.host, ceph.key_id, ceph.secret_key, ceph.bucket, ceph.region) == ("http://h", "k", "s", "bbb", "north")


@pytest.mark.parametrize("variable", ["THOTH_DEPLOYMENT_NAME", "THOTH_CEPH_BUCKET_PREFIX", "THOTH_CEPH_BUCKET"])
def test_a_missing_setting_is_a_key_error_that_names_it(settings: pytest.MonkeyPatch, variable: str) -> None:
    settings.delenv(variable)
    with pytest.raises(KeyError, match=variable):
        Reports()


def test_a_store_is_not_connected_until_it_is(settings: pytest.MonkeyPatch) -> None:
    store = Reports()
    assert not store.is_connected()
    for use in (store.get_document_listing, store.iterate_listing, store.iterate_results, store.get_document_count):
        with pytest.raises(NotConnectedError):
            use()
    store.connect()
    assert store.is_connected()


def test_a_listing_with_etags_is_of_the_same_documents_and_changes_with_their_content(analyses: Analyses) -> None:
    for document_id in (*DATED, UNDATED):
        analyses.ceph.store_document({"id": document_id}, document_id)
    analyses.store_request(DATED[0], {"asked": 0})
    before = {listed.document_id: listed.etag for listed in analyses.iterate_listing()}
    assert list(before) == list(analyses.get_document_listing())
    assert [len(etag.strip('"')) for etag in before.values()] == [32] * len(before), "MD5 of what is stored in one part"
    analyses.ceph.store_document({"id": "another"}, DATED[3])
    after = {listed.document_id: listed.etag for listed in analyses.iterate_listing()}
    assert {document_id for document_id in after if after[document_id] != before[document_id]} == {DATED[3]}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"only_requests": True},
        {"start_date": date(2021, 5, 1), "end_date": date(2021, 5, 31)},
        {"start_date": date(2021, 5, 1), "end_date": date(2021, 5, 31), "include_end_date": True},
        {"end_date": date(2021, 5, 2)},
        {"end_date": date(2021, 5, 31), "only_requests": True, "include_end_date": True},
    ],
)
def test_a_listing_with_etags_takes_the_same_arguments(dated: ResultStorageBase, arguments: dict[str, Any]) -> None:
    listed = [one.document_id for one in dated.iterate_listing(**arguments)]
    assert listed == list(dated.get_document_listing(**arguments))
    assert listed


def test_a_document_is_stored_under_its_own_id(analyses: Analyses, document: dict[str, Any], prefix: str) -> None:
    document_id = analyses.store_document(document)
    assert document_id == Analyses.get_document_id(document) == document["metadata"]["document_id"]
    assert analyses.document_exists(document_id)
    assert analyses.retrieve_document(document_id) == document
    whole = CephStore(f"{prefix}/tests")
    whole.connect()
    assert list(whole.get_document_listing()) == [f"analysis/{document_id}"]
    assert whole.retrieve_blob(f"analysis/{document_id}") == CephStore.dict2blob(document)


def test_a_document_of_2019_is_stored_under_its_pods_id(analyses: Analyses, document_of_2019: dict[str, Any]) -> None:
    assert analyses.store_document(document_of_2019) == "solver-fedora-31-py37-8ad7"
    assert list(analyses.get_document_listing()) == ["solver-fedora-31-py37-8ad7"]


def test_an_id_that_is_given_comes_before_the_documents_own(analyses: Analyses, document: dict[str, Any]) -> None:
    assert analyses.store_document(document, "chosen") == "chosen"
    assert list(analyses.iterate_results()) == [("chosen", document)]


def test_a_document_that_is_not_valid_is_not_stored(analyses: Analyses, document: dict[str, Any]) -> None:
    document["metadata"]["python"]["major"] = "3"
    with pytest.raises(SchemaError, match=r"document solver-debian-12-\S+: at metadata.python.major: expected int"):
        analyses.store_document(document)
    del document["metadata"]["document_id"]
    with pytest.raises(NoDocumentIdError):
        analyses.store_document(document)
    assert analyses.get_document_count() == 0


def test_a_store_without_a_schema_takes_anything(settings: pytest.MonkeyPatch) -> None:
    store = Reports()
    store.connect()
    store.store_document({"any": "thing"}, "one")
    assert store.retrieve_document("one") == {"any": "thing"}


def test_an_empty_id_is_refused(analyses: Analyses, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        analyses.store_document(document, "")
    with pytest.raises(ValueError, match="must not be empty"):
        analyses.store_request("", {})


def test_a_missing_document_is_not_found(analyses: Analyses) -> None:
    assert not analyses.document_exists("gone")
    with pytest.raises(NotFoundError):
        analyses.retrieve_document("gone")


def test_a_file_is_stored_under_the_id_given(analyses: Analyses, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"\x00\x01")
    assert analyses.store_file(str(tmp_path / "log"), "log-1") == "log-1"
    assert analyses.ceph.retrieve_blob("log-1") == b"\x00\x01"


def test_a_request_lies_beside_its_document(analyses: Analyses) -> None:
    assert not analyses.request_exists("one")
    with pytest.raises(NotFoundError):
        analyses.retrieve_request("one")
    assert analyses.store_request("one", {"asked": True}) == "one"
    assert analyses.request_exists("one")
    assert analyses.retrieve_request("one") == {"asked": True}
    assert not analyses.document_exists("one")
    assert list(analyses.ceph.get_document_listing()) == ["one.request"]


def test_requests_are_listed_only_on_demand_and_can_be_retrieved_as_listed(dated: ResultStorageBase) -> None:
    assert list(dated.get_document_listing()) == sorted([*DATED, UNDATED])
    assert dated.get_document_count() == 11
    requests = list(dated.get_document_listing(only_requests=True))
    assert requests == [f"{DATED[4]}.request", f"{UNDATED}.request"]
    assert [dated.retrieve_request(request) for request in requests] == [{"asked": 4}, {"asked": 0}]
    assert all(dated.request_exists(request) for request in requests)
    assert dated.get_document_count(only_requests=True) == 2


@pytest.mark.parametrize("name", ["fridex", "DESKTOP", "README"])
def test_a_name_without_a_dash_is_listed_since_a_host_of_2019_may_have_given_it(
    analyses: Analyses, document_of_2019: dict[str, Any], name: str
) -> None:
    document_of_2019["metadata"]["hostname"] = f"{name}-x1b2"
    assert analyses.store_document(document_of_2019) == name
    assert list(analyses.get_document_listing()) == [name]
    analyses.ceph.store_blob(b"What lies here", name)
    with pytest.raises(SchemaError, match=f"document {name}: .*expected a JSON object"):
        list(analyses.iterate_results())


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ({"start_date": date(2021, 5, 1)}, DAYS[1:]),
        ({"start_date": date(2021, 5, 2), "end_date": date(2021, 5, 31)}, ["210502"]),
        ({"start_date": date(2021, 5, 2), "end_date": date(2021, 5, 31), "include_end_date": True}, DAYS[2:4]),
        ({"start_date": date(2021, 5, 2), "end_date": date(2021, 5, 2), "include_end_date": True}, ["210502"]),
        ({"start_date": date(2021, 5, 3), "end_date": date(2021, 5, 31)}, []),
        ({"start_date": date(2021, 4, 30), "end_date": date(2021, 6, 1)}, DAYS[:4]),
        ({"end_date": date(2021, 5, 1)}, DAYS[:1]),
        ({"end_date": date(2021, 5, 1), "include_end_date": True}, DAYS[:2]),
        ({"start_date": date.min, "end_date": date.max, "include_end_date": True}, DAYS),
        ({"start_date": date(1999, 1, 1), "end_date": date(2150, 1, 1)}, DAYS),
        ({"start_date": date(2021, 6, 2)}, []),
    ],
)
def test_a_period_selects_by_the_day_in_the_id(
    dated: ResultStorageBase, period: dict[str, Any], days: list[str]
) -> None:
    assert list(dated.get_document_listing(**period)) == on(*days)
    assert dated.get_document_count(**period) == len(on(*days))
    assert list(dated.iterate_results(**period)) == [(document_id, {"id": document_id}) for document_id in on(*days)]


def test_a_period_selects_requests_too(dated: ResultStorageBase) -> None:
    assert list(dated.get_document_listing(start_date=date(2021, 5, 2), only_requests=True)) == [f"{DATED[4]}.request"]
    assert list(dated.get_document_listing(start_date=date(2021, 5, 3), only_requests=True)) == []


def test_a_moment_stands_for_its_day_in_utc(dated: ResultStorageBase) -> None:
    late = datetime(2021, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert list(dated.get_document_listing(start_date=late)) == on("210531", "210601")
    assert list(dated.get_document_listing(start_date=datetime(2021, 6, 1, 23, 59))) == on("210601")


def test_without_an_end_today_is_included_and_the_future_is_not(analyses: Analyses) -> None:
    now = datetime.now(UTC)
    today, later = (f"package-extract-{now + timedelta(days=days):%y%m%d%H%M%S}-0a" for days in (0, 2))
    for document_id in (today, later):
        analyses.ceph.store_document({}, document_id)
    assert list(analyses.get_document_listing(start_date=now.date())) == [today]
    assert list(analyses.get_document_listing(start_date=now.date() + timedelta(days=2))) == []
    assert list(analyses.get_document_listing()) == [today, later]


@pytest.mark.parametrize("include_end_date", [True, False])
def test_an_end_before_the_start_is_refused_at_once(analyses: Analyses, include_end_date: bool) -> None:
    period: dict[str, Any] = {"start_date": date(2021, 5, 2), "end_date": date(2021, 5, 1)}
    for ask in (analyses.get_document_listing, analyses.iterate_results, analyses.get_document_count):
        with pytest.raises(ValueError, match="between 2021-05-02 and 2021-05-01"):
            ask(**period, include_end_date=include_end_date)


def test_a_single_day_that_is_left_out_again_is_refused(analyses: Analyses) -> None:
    with pytest.raises(ValueError, match="no day is left"):
        analyses.get_document_listing(start_date=date(2021, 5, 2), end_date=date(2021, 5, 2))


@given(st.dates(), st.dates(), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_narrowing_by_prefix_loses_no_document_of_the_period(first: date, last: date, day: date) -> None:
    period = Period(min(first, last), max(first, last))
    document_id = f"adviser-{day:%y%m%d}120000-0a"
    if period.contains(document_id):
        assert document_id.startswith(f"adviser-{period.common_prefix()}")
