"""Inspections from Amun's API: what is asked, what comes back, and what goes wrong."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.amun import AMUN_VERSION, Amun, amun_server, say, say_bytes
from support.documents import Document
from support.inspection_documents import INSPECTION, inspection_of_2019, without_script

from thoth.storages import amun as amun_module
from thoth.storages.amun import AmunClient
from thoth.storages.exceptions import AmunResponseError, AmunUnavailableError, NotFoundError


@pytest.fixture
def amun(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amun]:
    """An Amun whose clients do not pause between tries."""
    monkeypatch.setenv("THOTH_STORAGES_READ_TIMEOUT", "5")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("thoth.storages.ceph_faults._LONGEST_PAUSE", 0.0)
    with amun_server() as server:
        yield server


@pytest.fixture
def client(amun: Amun) -> AmunClient:
    amun.know(inspection_of_2019())
    return AmunClient(amun.url)


def known_of(document: Document, **more: Any) -> Document:
    """What a document is but for its status."""
    return {key: value for key, value in {**document, **more}.items() if key != "status"}


def test_a_finished_inspection_is_put_together_from_four_answers(amun: Amun, client: AmunClient) -> None:
    found = client.inspection(INSPECTION)
    assert found is not None
    assert known_of(found) == known_of(inspection_of_2019(), amun_version=AMUN_VERSION)
    assert found["status"] == amun.statuses[INSPECTION]
    assert [found["status"][stage]["state"] for stage in ("build", "job")] == ["terminated"] * 2
    assert sorted(path.partition(INSPECTION)[2] for path in amun.asked) == [
        "/build/log",
        "/job/log",
        "/specification",
        "/status",
    ]


@pytest.mark.parametrize(("build", "job"), [("running", None), ("terminated", "running"), ("waiting", "terminated")])
def test_what_is_still_built_or_run_is_not_there_yet(amun: Amun, build: str, job: str | None) -> None:
    amun.know(inspection_of_2019(), build, job)
    assert AmunClient(amun.url).inspection(INSPECTION) is None
    assert amun.asked.total() == 1


def test_what_was_only_built_has_no_log_of_a_job(amun: Amun) -> None:
    amun.know(without_script(inspection_of_2019()), job=None)
    found = AmunClient(amun.url).inspection(INSPECTION)
    assert found is not None and found["job_log"] is None and found["status"]["job"] is None
    assert not any(path.endswith("job/log") for path in amun.asked)


def test_a_build_that_failed_is_finished(amun: Amun) -> None:
    amun.know({**inspection_of_2019(), "build_log": None}, job=None)
    amun.statuses[INSPECTION]["build"]["exit_code"] = 1
    found = AmunClient(amun.url).inspection(INSPECTION)
    assert found is not None and found["build_log"] is None and found["status"]["build"]["exit_code"] == 1


def test_a_job_that_is_not_scheduled_yet_is_waited_for(amun: Amun, client: AmunClient) -> None:
    amun.first(INSPECTION, "job/log", lambda request: say(request, {"error": "later"}, 202))
    assert client.inspection(INSPECTION) is None
    assert client.inspection(INSPECTION) is not None


def test_an_inspection_that_amun_does_not_know_is_not_found(client: AmunClient) -> None:
    with pytest.raises(NotFoundError, match=r"Amun knows nothing of http://.*/inspect/a%2Fb%20c/status"):
        client.inspection("a/b c")


def test_a_passing_fault_is_tried_again(amun: Amun, client: AmunClient) -> None:
    broken = lambda request: say(request, {"error": "oh"}, 500)  # noqa: E731
    short = lambda request: say_bytes(request, b'{"log": ', length=400)  # noqa: E731
    busy = lambda request: say(request, {}, 429)  # noqa: E731
    amun.first(INSPECTION, "specification", broken, busy, short)
    assert client.inspection(INSPECTION) is not None
    assert amun.asked[f"/api/v1/inspect/{INSPECTION}/specification"] == 4


def test_a_fault_that_does_not_pass_is_named_after_as_many_tries_as_are_set(
    amun: Amun, client: AmunClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "2")
    amun.first(INSPECTION, "status", *[lambda request: say(request, {}, 503)] * 3)
    with pytest.raises(AmunUnavailableError, match=f"{INSPECTION}/status: 503 Service Unavailable; try again later"):
        client.inspection(INSPECTION)
    assert amun.asked.total() == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>log in</html>", "expected a JSON object in UTF-8"),
        (b"\xff\xfe", "expected a JSON object in UTF-8"),
        (b"[" * 100_000, "expected a JSON object in UTF-8"),
        (b"[1]", "expected a JSON object, not list"),
    ],
)
def test_garbage_is_named_and_not_asked_for_again(amun: Amun, client: AmunClient, body: bytes, expected: str) -> None:
    amun.first(INSPECTION, "status", lambda request: say_bytes(request, body))
    with pytest.raises(AmunResponseError, match=f"{INSPECTION}/status: {expected}"):
        client.inspection(INSPECTION)
    assert amun.asked.total() == 1


def test_a_refusal_is_named_and_not_repeated(amun: Amun, client: AmunClient) -> None:
    amun.first(INSPECTION, "status", lambda request: say(request, {}, 403))
    with pytest.raises(AmunResponseError, match=f"{INSPECTION}/status: 403 Forbidden"):
        client.inspection(INSPECTION)
    assert amun.asked.total() == 1


def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    amun: Amun, client: AmunClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amun_module, "MOST_BYTES", 100_000)
    amun.first(INSPECTION, "build/log", lambda request: say(request, {"log": "x" * 200_000}))
    with pytest.raises(AmunResponseError, match=r"build/log: the answer has more than 100,000 bytes"):
        client.inspection(INSPECTION)


def test_a_server_that_says_nothing_is_given_up(
    amun: Amun, client: AmunClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THOTH_STORAGES_READ_TIMEOUT", "0.1")
    monkeypatch.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "2")
    going_on = threading.Event()
    amun.first(INSPECTION, "status", *[lambda _: going_on.wait(5)] * 2)  # type: ignore[list-item]
    began = time.monotonic()
    try:
        with pytest.raises(AmunUnavailableError, match="timed out"):
            client.inspection(INSPECTION)
    finally:
        going_on.set()
    assert time.monotonic() - began < 3


def test_a_server_that_drips_is_given_up(amun: Amun, client: AmunClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amun_module, "_LONGEST", 0.0)
    monkeypatch.setenv("THOTH_STORAGES_REQUEST_ATTEMPTS", "1")
    with pytest.raises(AmunUnavailableError, match="the answer was not there after 0 seconds"):
        client.inspection(INSPECTION)


def test_where_nothing_listens_the_url_is_named_without_its_password(amun: Amun) -> None:
    with amun_server() as gone:
        port = gone.url.partition("127.0.0.1:")[2]
    with pytest.raises(AmunUnavailableError, match=f"http://127.0.0.1:{port}/.* cannot be reached .*refused") as error:
        AmunClient(f"http://somebody:p%40ss@127.0.0.1:{port}").inspection(INSPECTION)
    assert "p@ss" not in str(error.value) and "p%40ss" not in str(error.value) and "somebody" not in str(error.value)


def test_user_and_password_are_sent_but_not_to_another_server(amun: Amun, client: AmunClient) -> None:
    with amun_server() as other:
        other.know(inspection_of_2019())

        def redirect(request: Any) -> None:
            request.send_response(302)
            request.send_header("Location", f"{other.url}/inspect/{INSPECTION}/specification")
            request.end_headers()

        amun.first(INSPECTION, "specification", redirect)
        with_password = amun.url.replace("http://", "http://somebody:p%40ss@")
        assert AmunClient(with_password + "/?x=1").inspection(INSPECTION) is not None
        assert (amun.authorizations, other.authorizations) == ({"Basic c29tZWJvZHk6cEBzcw=="}, {None})


@pytest.mark.parametrize("wrong", ["", "amun-api", "ftp://amun/api", "file:///etc/passwd", "http://", None, 5, ["x"]])
def test_what_is_no_url_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"the URL of Amun's API must be one such as http://amun-api/api/v1"):
        AmunClient(wrong)


def test_ctrl_c_ends_what_waits_for_amun(amun: Amun, client: AmunClient) -> None:
    going_on = threading.Event()

    def interrupt(_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        going_on.wait(5)

    amun.first(INSPECTION, "status", interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            client.inspection(INSPECTION)
    finally:
        going_on.set()
    assert amun.asked.total() == 1
