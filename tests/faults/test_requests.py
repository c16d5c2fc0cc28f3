"""Requests over a network that is not sound: each ends well after some tries, or in one of our own errors, and soon."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.patience import ATTEMPTS, PAUSES, READ_TIMEOUT, noise, within
from support.proxy import (
    Fault,
    FaultyNetwork,
    Request,
    answer,
    be_slow,
    cut_to,
    end_after,
    hang_up,
    lose_the_answer,
    refuse,
    reset_after,
    say_nothing,
)

from thoth.storages.ceph import CephStore
from thoth.storages.exceptions import (
    BucketNotFoundError,
    NotFoundError,
    StorageAccessError,
    StorageConnectionError,
    StorageError,
    StorageRequestError,
    StorageUnavailableError,
)

Use = Callable[[CephStore, Path], object]
USES: dict[str, Use] = {
    "check_connection": lambda store, _: store.check_connection(),
    "document_exists": lambda store, _: store.document_exists("there"),
    "store_blob": lambda store, _: store.store_blob(b"new", "new"),
    "store_document": lambda store, _: store.store_document({"a": 1}, "new"),
    "store_file": lambda store, _: store.store_file(__file__, "new"),
    "delete": lambda store, _: store.delete("there"),
    "retrieve_blob": lambda store, _: store.retrieve_blob("there"),
    "retrieve_document": lambda store, _: store.retrieve_document("there"),
    "retrieve_file": lambda store, directory: store.retrieve_file("there", directory / "there"),
    "retrieve_document_attr": lambda store, _: store.retrieve_document_attr("there", "e_tag"),
    "iterate_listing": lambda store, _: list(store.iterate_listing()),
    "iterate_results": lambda store, _: list(store.iterate_results()),
}
every_use = pytest.mark.parametrize("use", USES.values(), ids=USES.keys())


def anything(_: Request) -> bool:
    return True


@pytest.fixture(autouse=True)
def there(near: CephStore) -> None:
    """A document is stored."""
    near.store_document({"a": 1}, "there")


# --- What passes -----------------------------------------------------------------------------------------------------


FAULTS = {
    "503": refuse(503, "SlowDown"),
    "500": refuse(500, "InternalError"),
    "502": refuse(502, ""),
    "reset": hang_up,
    "silence": say_nothing(5),
}


@pytest.mark.parametrize(
    ("name", "fault"), [(name, list(FAULTS)[(number + by) % 5]) for by in (0, 3) for number, name in enumerate(USES)]
)
def test_what_passes_is_tried_again(
    far: CephStore, near: CephStore, network: FaultyNetwork, tmp_path: Path, name: str, fault: str
) -> None:
    use = USES[name]
    network.on(anything, FAULTS[fault])
    with within(READ_TIMEOUT + PAUSES):
        expected = use(near, tmp_path)
        answered = use(far, tmp_path)
    if not isinstance(expected, dict):  # other answers tell which request they are for
        assert answered == expected
    assert len(network.requests) >= 2


@pytest.mark.parametrize(
    "name", ["document_exists", "store_document", "store_file", "retrieve_file", "iterate_results"]
)
def test_a_burst_of_slow_down_outlasting_the_tries_is_said_so(
    far: CephStore, near: CephStore, network: FaultyNetwork, tmp_path: Path, name: str
) -> None:
    use = USES[name]
    network.on(anything, refuse(503, "SlowDown", "Reduce your request rate."), times=100)
    with within(PAUSES), pytest.raises(StorageUnavailableError, match="SlowDown|503") as raised:
        use(far, tmp_path)
    assert network.url in str(raised.value) and "'documents'" in str(raised.value)
    assert len(network.requests) == ATTEMPTS
    assert list(near.iterate_results()) == [("there", {"a": 1})], "nothing was changed by halves"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["retrieve_document", "store_document", "iterate_listing"])
@pytest.mark.parametrize("fault", [hang_up, say_nothing(10)], ids=["reset", "silence"])
def test_a_server_that_never_answers_is_given_up(
    far: CephStore, network: FaultyNetwork, tmp_path: Path, name: str, fault: Fault
) -> None:
    network.on(anything, fault, times=100)
    with within(ATTEMPTS * READ_TIMEOUT + PAUSES), pytest.raises(StorageUnavailableError, match=network.url):
        USES[name](far, tmp_path)


def test_a_slow_server_is_waited_for(far: CephStore, near: CephStore, network: FaultyNetwork) -> None:
    blob = noise(50_000)
    near.store_blob(blob, "slow")
    network.on(anything, be_slow(READ_TIMEOUT / 8, 5_000))
    assert far.retrieve_blob("slow") == blob
    assert len(network.requests) == 1


def test_a_document_whose_storing_was_not_acknowledged_is_stored_again(
    far: CephStore, near: CephStore, network: FaultyNetwork
) -> None:
    network.on(lambda request: request.method == "PUT", lose_the_answer, refuse(500, "InternalError"))
    far.store_document({"a": 2}, "new")
    assert len(network.seen("PUT")) == 3
    assert near.retrieve_document("new") == {"a": 2}


@pytest.mark.parametrize("fault", [refuse(500, "InternalError"), hang_up, say_nothing(5)], ids=["500", "reset", "mute"])
def test_a_document_that_cannot_be_stored_leaves_the_old_one(
    far: CephStore, near: CephStore, network: FaultyNetwork, fault: Fault
) -> None:
    network.on(lambda request: request.method == "PUT", fault, times=100)
    with pytest.raises(StorageUnavailableError):
        far.store_document({"a": "b" * 1_000_000}, "there")
    assert near.retrieve_document("there") == {"a": 1}


# --- What does not pass ----------------------------------------------------------------------------------------------


@every_use
@pytest.mark.parametrize(
    ("status", "code", "error", "says"),
    [
        (403, "AccessDenied", StorageAccessError, "AccessDenied"),
        (403, "SignatureDoesNotMatch", StorageAccessError, "THOTH_CEPH_SECRET_KEY"),
        (403, "InvalidAccessKeyId", StorageAccessError, "THOTH_CEPH_KEY_ID"),
        (403, "RequestTimeTooSkewed", StorageAccessError, "clock"),
        (404, "NoSuchBucket", BucketNotFoundError, "THOTH_CEPH_BUCKET"),
        (400, "InvalidRequest", StorageRequestError, "by a test"),
        (501, "NotImplemented", StorageRequestError, "by a test"),
    ],
)
def test_what_the_server_refuses_is_said_at_once_and_as_what_it_is(
    far: CephStore, network: FaultyNetwork, tmp_path: Path, use: Use, status: int, code: str,
    error: type[StorageError], says: str,
) -> None:  # fmt: skip
    is_head = use in (USES["check_connection"], USES["document_exists"], USES["retrieve_document_attr"])
    network.on(anything, refuse(status, "" if is_head else code), times=100)
    with pytest.raises(error, match=f"'documents' at {network.url}") as raised:
        use(far, tmp_path)
    if not is_head:
        assert says in str(raised.value)
        if isinstance(raised.value, StorageRequestError):
            assert raised.value.code == code
    assert not isinstance(raised.value, NotFoundError)
    assert far.secret_key not in str(raised.value) and far.key_id not in str(raised.value)
    assert len(network.requests) <= 2, "to try again would not help"


def test_a_server_that_is_no_object_storage_has_neither_documents_nor_faults_of_theirs(
    far: CephStore, network: FaultyNetwork
) -> None:
    page = b"<html><head><title>Log in</title></head><body>Please.</body></html>"
    for status, asks in [
        (200, [far.retrieve_document, lambda _: list(far.iterate_listing()), lambda _: list(far.iterate_results())]),
        (404, [far.retrieve_document, far.retrieve_blob, lambda _: list(far.iterate_listing())]),
    ]:
        network.on(anything, answer(status, page), times=100)
        for ask in asks:
            with pytest.raises(StorageConnectionError, match=f"{network.url}: what answers there is no object storage"):
                ask("there")
        network.forget()


@pytest.mark.parametrize("name", ["retrieve_document", "check_connection"])
def test_a_name_that_nobody_knows_is_given_up(settings: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    settings.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "2")
    settings.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "1")
    store = CephStore("a", host="http://s3.no-such-host.invalid")
    store.connect()
    with pytest.raises(StorageConnectionError, match=r"at http://s3\.no-such-host\.invalid cannot be reached \(.+\)"):
        USES[name](store, tmp_path)


def test_no_tls_where_tls_is_wanted_is_named(network: FaultyNetwork, s3: dict[str, str], tmp_path: Path) -> None:
    store = CephStore("a", host=s3["host"].replace("http:", "https:"))
    store.connect()
    with pytest.raises(StorageConnectionError, match="no TLS with the server .*http or https"):
        store.check_connection()


# --- Listings --------------------------------------------------------------------------------------------------------


def pages_from(number: int) -> Callable[[Request], bool]:
    """Whether a request is for this page of a listing, or for a later one."""
    return lambda request: request.is_listing and (number == 1 or "continuation-token=" in request.target)


@pytest.fixture
def small_pages(network: FaultyNetwork, near: CephStore, settings: pytest.MonkeyPatch) -> list[str]:
    """The ids of documents, three of which make a page."""
    from thoth.storages import ceph_listing

    page = ceph_listing._page
    settings.setattr(ceph_listing, "_page", lambda s3, bucket, asked: page(s3, bucket, asked | {"MaxKeys": 3}))
    for number in range(8):
        near.store_document({"number": number}, f"there-{number}")
    return list(near.get_document_listing())


def test_credentials_that_are_revoked_in_mid_listing_end_it_there(
    far: CephStore, network: FaultyNetwork, small_pages: list[str]
) -> None:
    network.on(pages_from(2), refuse(403, "InvalidAccessKeyId"), times=100)
    for listing in (far.get_document_listing(), (document_id for document_id, _ in far.iterate_results())):
        given = []
        with pytest.raises(StorageAccessError, match="THOTH_CEPH_KEY_ID"):
            for one in listing:
                given.append(one)
        assert given == small_pages[:3], "what came before was given first, and nothing passes for the end"


@pytest.mark.parametrize(
    "fault",
    [end_after(300), cut_to(300), reset_after(300), refuse(503, "SlowDown")],
    ids=["ended", "cut", "reset", "slow down"],
)
def test_a_page_that_breaks_off_is_asked_for_again(
    far: CephStore, network: FaultyNetwork, small_pages: list[str], fault: Fault
) -> None:
    network.on(pages_from(2), fault)
    assert list(far.get_document_listing()) == small_pages
    assert len(network.requests) == 4


@pytest.mark.parametrize("fault", [end_after(300), cut_to(300), reset_after(300)], ids=["ended", "cut", "reset"])
def test_a_page_that_always_breaks_off_is_an_error_and_the_listing_can_go_on_from_there(
    far: CephStore, network: FaultyNetwork, small_pages: list[str], fault: Fault
) -> None:
    network.on(pages_from(2), fault, times=100)
    given = []
    with within(PAUSES), pytest.raises(StorageUnavailableError, match=f"bucket 'documents' at {network.url}"):
        for listed in far.iterate_listing():
            given.append(listed.document_id)
    assert given == small_pages[:3]
    network.forget()
    given += [listed.document_id for listed in far.iterate_listing(after=given[-1])]
    assert given == small_pages


def test_a_listing_that_goes_round_in_circles_ends(
    far: CephStore, network: FaultyNetwork, small_pages: list[str]
) -> None:
    def same(line, ask):  # type: ignore[no-untyped-def]
        whole = ask()
        body = re.sub(rb"<NextContinuationToken>.*</NextContinuationToken>", b"", whole.body)
        line.pass_on(whole.with_length(len(body))._replace(body=body))

    network.on(pages_from(2), same)
    given = []
    with pytest.raises(StorageRequestError, match="does not say how it goes on"):
        for listed in far.iterate_listing():
            given.append(listed.document_id)
    assert given == small_pages[:6]
