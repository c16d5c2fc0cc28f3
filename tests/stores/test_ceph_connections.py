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
from thoth.storages.exceptions import (
    BucketNotFoundError,
    NotConnectedError,
    SettingError,
    SettingMissingError,
    StorageAccessError,
    StorageConnectionError,
)


def client_of(store: CephStore) -> Any:
    """The client of boto3 behind a store."""
    assert store._client is not None
    return store._client.s3


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
    lambda store: store.retrieve_file("one", "/nowhere/one"),
    lambda store: store.document_exists("one"),
    lambda store: store.retrieve_document_attr("one", "e_tag"),
    lambda store: list(store.iterate_listing()),
    lambda store: list(store.get_document_listing()),
    lambda store: list(store.iterate_results()),
]


# The same, but with a file in a directory that is there: before that is known, nobody asks the server.
USES_OF_A_SERVER: list[Callable[[CephStore, Path], object]] = [
    *((lambda store, _, use=use: use(store)) for number, use in enumerate(USES) if number != 7),
    lambda store, directory: store.retrieve_file("one", directory / "one"),
]

WRITING = (1, 2, 3, 4)


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


@pytest.mark.parametrize("number", range(len(USES_OF_A_SERVER)))
def test_a_missing_bucket_is_never_a_missing_object(ceph: CephStore, tmp_path: Path, number: int) -> None:
    if number in WRITING:
        pytest.skip("SeaweedFS makes the bucket, or does not mind")
    store = CephStore("a", bucket="no-such-bucket")
    store.connect()
    with pytest.raises(BucketNotFoundError, match=f"no bucket 'no-such-bucket' at {store.host}; .*CEPH_BUCKET"):
        USES_OF_A_SERVER[number](store, tmp_path)


def test_creating_a_bucket_twice_is_fine(ceph: CephStore) -> None:
    store = CephStore("a", bucket="made-by-a-test")
    store.connect()
    store._create_bucket_if_needed()
    store._create_bucket_if_needed()
    store.check_connection()


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [({"secret_key": SECRET}, "THOTH_CEPH_SECRET_KEY"), ({"key_id": "stranger"}, "THOTH_CEPH_KEY_ID")],
)
def test_wrong_credentials_are_refused_and_stay_secret(
    settings: pytest.MonkeyPatch, wrong: dict[str, str], variable: str, tmp_path: Path
) -> None:
    store = CephStore("a", **wrong)
    store.connect()
    for use in USES_OF_A_SERVER:
        with pytest.raises(StorageAccessError, match=f"bucket 'documents' at {store.host}: access refused") as raised:
            use(store, tmp_path)
        assert variable in str(raised.value) or "(403); check the access key" in str(raised.value)
        assert store.secret_key not in str(raised.value) and store.key_id not in str(raised.value)


def test_an_endpoint_where_nothing_listens_is_given_up_soon(tmp_path: Path, settings: pytest.MonkeyPatch) -> None:
    settings.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "2")
    store = CephStore("a", **GIVEN)
    store.connect()
    started = time.monotonic()
    for use in USES_OF_A_SERVER:
        with pytest.raises(
            StorageConnectionError, match="at http://127.0.0.1:1 cannot be reached \\(Connection refused"
        ):
            use(store, tmp_path)
    assert time.monotonic() - started < 3 * len(USES_OF_A_SERVER)


def test_an_endpoint_that_does_not_answer_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
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
        with pytest.raises(StorageConnectionError, match="cannot be reached \\(timed out\\)"):
            store.check_connection()
        assert time.monotonic() - started < 20
        for each in waiting:
            each.close()


# --- What cannot be a setting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "nonsense",
        "localhost:8333",
        "http://",
        "http://:8333",
        "ftp://localhost",
        "http://localhost:eighty",
        "http://localhost:99999",
        "http://localhost:0",
        "http://local host",
        "http://a..b",
        "http://under_score",
        f"http://{'x' * 64}.example.com",
        "http://localhost/?a=b",
        "http://localhost\n",
        f"http://me:{SECRET}@localhost",
    ],
)
def test_an_endpoint_that_is_none_is_refused_when_connecting(settings: pytest.MonkeyPatch, endpoint: str) -> None:
    settings.setenv("THOTH_S3_ENDPOINT_URL", endpoint)
    store = CephStore("a")
    with pytest.raises(SettingError, match="THOTH_S3_ENDPOINT_URL: expected the URL of a server") as raised:
        store.connect()
    assert SECRET not in str(raised.value) and SECRET not in repr(store)
    assert not store.is_connected()
    with pytest.raises(ValueError, match="^host: expected the URL of a server") as wrong:
        CephStore("a", host=endpoint).connect()
    assert not isinstance(wrong.value, SettingError)


@pytest.mark.parametrize("endpoint", ["http://[::1]:8333", "https://s3.example.com/", "http://ceph-1.a.example:80/s3"])
def test_other_endpoints_are_fine(endpoint: str) -> None:
    CephStore("a", **{**GIVEN, "host": endpoint}).connect()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("THOTH_CEPH_KEY_ID", "me\n"),
        ("THOTH_CEPH_KEY_ID", "mé"),
        ("THOTH_CEPH_SECRET_KEY", f"{SECRET}\n"),
        ("THOTH_CEPH_SECRET_KEY", f" {SECRET}"),
        ("THOTH_CEPH_BUCKET", "a bucket"),
        ("THOTH_CEPH_BUCKET", "bucket/folder"),
        ("THOTH_CEPH_REGION", "here or there"),
        ("THOTH_STORAGES_READ_TIMEOUT", "soon"),
        ("THOTH_STORAGES_REQUEST_ATTEMPTS", "0"),
    ],
)
def test_another_setting_that_cannot_be_right_is_named_when_connecting(
    settings: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    settings.setenv(variable, value)
    with pytest.raises(SettingError, match=f"{variable}: expected") as raised:
        CephStore("a").connect()
    assert SECRET not in str(raised.value)


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
    assert client_of(store).meta.region_name == "eu-central-1"


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
