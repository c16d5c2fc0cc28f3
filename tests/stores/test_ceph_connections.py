"""Making a store, connecting it, and what is said where that does not work."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thoth.storages import CephStore
from thoth.storages.exceptions import NotConnectedError, SettingMissingError

SECRET = "s3cr3t/+="
GIVEN: dict[str, Any] = {"host": "http://127.0.0.1:1", "key_id": "me", "secret_key": SECRET, "bucket": "bbb"}

USES: list[Callable[[CephStore], object]] = [
    lambda store: store.check_connection(),
    lambda store: store.store_blob(b"", "one"),
    lambda store: store.store_document({}, "one"),
    lambda store: store.store_file(__file__, "one"),
    lambda store: store.delete("one"),
    lambda store: store.retrieve_blob("one"),
    lambda store: store.retrieve_document("one"),
    lambda store: store.document_exists("one"),
    lambda store: store.retrieve_document_attr("one", "e_tag"),
    lambda store: list(store.iterate_listing()),
    lambda store: list(store.get_document_listing()),
    lambda store: list(store.iterate_results()),
]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any setting of the object storage."""
    for name in [name for name in os.environ if name.startswith("THOTH_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_a_store_knows_what_it_was_given(bare: pytest.MonkeyPatch) -> None:
    store = CephStore("a/b", region="north", **GIVEN)
    assert (store.prefix, store.host, store.key_id, store.secret_key, store.bucket, store.region) == (
        "a/b/", "http://127.0.0.1:1", "me", SECRET, "bbb", "north",
    )  # fmt: skip


@pytest.mark.parametrize(("given", "prefix"), [("a", "a/"), ("a/", "a/"), ("a//", "a/"), ("a/b", "a/b/")])
def test_a_prefix_ends_with_one_slash(given: str, prefix: str) -> None:
    assert CephStore(given, **GIVEN).prefix == prefix


def test_what_is_not_given_comes_from_the_environment(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("THOTH_S3_ENDPOINT_URL", "https://s3.example.com")
    bare.setenv("THOTH_CEPH_KEY_ID", "key")
    bare.setenv("THOTH_CEPH_SECRET_KEY", "secret")
    bare.setenv("THOTH_CEPH_BUCKET", "bucket")
    store = CephStore("a")
    assert (store.host, store.key_id, store.secret_key, store.bucket, store.region) == (
        "https://s3.example.com", "key", "secret", "bucket", None,
    )  # fmt: skip
    bare.setenv("THOTH_CEPH_REGION", "south")
    assert CephStore("a").region == "south"


@pytest.mark.parametrize(
    ("argument", "variable"),
    [
        ("host", "THOTH_S3_ENDPOINT_URL"),
        ("key_id", "THOTH_CEPH_KEY_ID"),
        ("secret_key", "THOTH_CEPH_SECRET_KEY"),
        ("bucket", "THOTH_CEPH_BUCKET"),
    ],
)
def test_what_is_nowhere_is_an_error_that_names_its_variable(
    bare: pytest.MonkeyPatch, argument: str, variable: str
) -> None:
    given = {name: value for name, value in GIVEN.items() if name != argument}
    with pytest.raises(SettingMissingError, match=variable) as raised:
        CephStore("a", **given)
    assert isinstance(raised.value, KeyError)


def test_no_text_about_a_store_shows_its_secret() -> None:
    store = CephStore("a", **GIVEN)
    assert repr(store) == str(store) == "CephStore(prefix='a/', host='http://127.0.0.1:1', bucket='bbb')"


@pytest.mark.parametrize("use", USES)
def test_every_use_before_connecting_says_so(use: Callable[[CephStore], object]) -> None:
    store = CephStore("a", **GIVEN)
    assert not store.is_connected()
    with pytest.raises(NotConnectedError, match="call connect\\(\\) first") as raised:
        use(store)
    assert SECRET not in str(raised.value)


def test_a_listing_says_at_once_that_nothing_is_connected() -> None:
    with pytest.raises(NotConnectedError):
        CephStore("a", **GIVEN).get_document_listing()


def test_connecting_asks_no_server() -> None:
    store = CephStore("a", **GIVEN)
    store.connect()
    store.connect()
    assert store.is_connected()


def test_a_usable_bucket_passes_the_check_with_and_without_an_object_foo(ceph: CephStore) -> None:
    ceph.check_connection()
    ceph.store_blob(b"", "foo")
    ceph.check_connection()


def test_a_missing_bucket_fails_the_check(ceph: CephStore) -> None:
    from botocore.exceptions import ClientError

    store = CephStore("a", bucket="no-such-bucket")
    store.connect()
    with pytest.raises(ClientError, match="404"):
        store.check_connection()
    with pytest.raises(ClientError, match="NoSuchBucket"):
        store.retrieve_blob("one")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        list(store.get_document_listing())


def test_creating_a_bucket_twice_is_fine(ceph: CephStore) -> None:
    store = CephStore("a", bucket="made-by-a-test")
    store.connect()
    store._create_bucket_if_needed()
    store._create_bucket_if_needed()
    store.check_connection()


@pytest.mark.parametrize("wrong", [{"secret_key": SECRET}, {"key_id": "stranger"}])
def test_wrong_credentials_are_the_servers_refusal_and_stay_secret(
    settings: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    from botocore.exceptions import ClientError

    store = CephStore("a", **wrong)
    store.connect()
    for use in USES:
        with pytest.raises(ClientError) as raised:
            use(store)
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert SECRET not in str(raised.value)


def test_an_endpoint_where_nothing_listens_is_given_up_soon() -> None:
    from botocore.exceptions import EndpointConnectionError

    store = CephStore("a", **GIVEN)
    store.connect()
    started = time.monotonic()
    with pytest.raises(EndpointConnectionError):
        store.check_connection()
    assert time.monotonic() - started < 20


def test_an_endpoint_that_does_not_answer_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import ConnectTimeoutError

    monkeypatch.setenv("THOTH_STORAGES_CONNECT_TIMEOUT", "0.1")
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent:
        address = silent.getsockname()
        waiting = [socket.socket() for _ in range(3)]  # they fill the queue, so that the next one gets no answer
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        store = CephStore("a", **{**GIVEN, "host": f"http://127.0.0.1:{address[1]}"})
        store.connect()
        started = time.monotonic()
        with pytest.raises(ConnectTimeoutError):
            store.check_connection()
        assert time.monotonic() - started < 20
        for each in waiting:
            each.close()


def test_the_users_own_aws_settings_do_not_matter(ceph: CephStore, prefix: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("not an ini file [[[")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "config"))
        patch.setenv("AWS_PROFILE", "nobody")
        patch.setenv("AWS_SESSION_TOKEN", "stale")
        patch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
        store = CephStore(prefix)
        store.connect()
        store.store_blob(b"1", "one")
    assert ceph.retrieve_blob("one") == b"1"


def test_a_region_is_used_for_signing(ceph: CephStore, prefix: str) -> None:
    store = CephStore(prefix, region="eu-central-1")
    store.connect()
    store.store_blob(b"1", "one")
    assert store._client.meta.region_name == "eu-central-1"


FORKING = """
import os, sys
from thoth.storages import CephStore
store = CephStore(sys.argv[1])
store.connect()
store.store_blob(b"parent", "parent")
parents_client = store._client
child = os.fork()
if not child:
    store.store_blob(b"child", "child")
    os._exit(0 if store._client is not parents_client else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert store._client is parents_client
assert store.retrieve_blob("child") == b"child"
"""


def test_after_a_fork_the_child_talks_over_connections_of_its_own(ceph: CephStore, prefix: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", FORKING, prefix], check=True, timeout=30)


LAZY = """
import sys
import thoth.storages.solvers
print(sorted({"boto3", "botocore", "sqlalchemy", "s3transfer"} & set(sys.modules)))
thoth.storages.solvers.SolverResultsStore("d", prefix="p", host="http://h", key_id="k", secret_key="s", bucket="bbb")
print(sorted({"boto3", "botocore", "sqlalchemy", "s3transfer"} & set(sys.modules)))
"""


def test_importing_and_making_a_store_loads_neither_boto3_nor_sqlalchemy() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], check=True, timeout=30, capture_output=True, text=True)
    assert done.stdout == "[]\n[]\n"
