"""Logs of workflows, as Argo archives them."""

from __future__ import annotations

import pytest

from thoth.storages import WorkflowLogsStore
from thoth.storages.exceptions import BucketNotFoundError, MultipleFoundError, NotFoundError

ID = "adviser-210505100000-0a"


@pytest.fixture
def logs(settings: pytest.MonkeyPatch) -> WorkflowLogsStore:
    """Connected, with what is archived of another workflow whose id starts alike."""
    store = WorkflowLogsStore()
    store.connect()
    for key in (f"{ID}1/pod/main.log", f"{ID}-2/pod/main.log", f"{ID}.log", "pod/main.log"):
        store.ceph.store_blob(b"of another workflow", key)
    return store


def archive(logs: WorkflowLogsStore, *names: str) -> None:
    for name in names:
        logs.ceph.store_blob(f"this is {name}\n".encode(), f"{ID}/{name}")


@pytest.mark.parametrize(
    "name", [f"{ID}/main.log", "main.log", "a/b/main.log", f"{ID}/log", "log", f"{ID}-123/anything", "pod.1/main"]
)
def test_the_log_is_the_one_object_of_the_workflow(logs: WorkflowLogsStore, name: str, prefix: str) -> None:
    archive(logs, name)
    assert logs.ceph.prefix == f"{prefix}/tests/argo/artifacts/"
    assert logs.get_log(ID) == f"this is {name}\n"
    assert logs.get_logs(ID) == {name: f"this is {name}\n"}


def test_what_a_workflow_made_is_no_log(logs: WorkflowLogsStore) -> None:
    archive(logs, f"{ID}/document.tgz", f"{ID}/document", f"{ID}/main.log", f"{ID}/zeros.json", f"{ID}/")
    assert logs.get_log(ID) == f"this is {ID}/main.log\n"


def test_a_text_is_given_whatever_bytes_are_in_it(logs: WorkflowLogsStore) -> None:
    logs.ceph.store_blob("ž".encode() + b"\xff\x00\r\n", f"{ID}/pod/main.log")
    assert logs.get_log(ID) == "ž\ufffd\x00\r\n"
    logs.ceph.store_blob(b"", f"{ID}/pod/main.log")
    assert logs.get_log(ID) == ""


def test_several_logs_are_an_error_that_names_them_and_can_be_had_together(logs: WorkflowLogsStore) -> None:
    archive(logs, "pod-2/main.log", "pod-1/main.log", "pod/main.log", "pod-1/document.tgz")
    with pytest.raises(MultipleFoundError, match=rf"'{ID}' has 3 logs.*{ID}/pod-1/main\.log, {ID}/pod-2/main\.log"):
        logs.get_log(ID)
    answer = logs.get_logs(ID)
    assert answer == {f"{pod}/main.log": f"this is {pod}/main.log\n" for pod in ("pod", "pod-1", "pod-2")}
    assert list(answer) == sorted(answer)


def test_without_a_log_the_error_names_workflow_and_place(logs: WorkflowLogsStore, prefix: str) -> None:
    for made in ((), (f"{ID}/",), (f"{ID}/document.tgz",)):
        archive(logs, *made)
        with pytest.raises(NotFoundError, match=f"workflow '{ID}' below '{prefix}/tests/argo/artifacts/' in bucket"):
            logs.get_log(ID)
        assert logs.get_logs(ID) == {}


@pytest.mark.parametrize("workflow_id", ["", "a/b", "/"])
def test_what_is_no_workflow_is_refused(logs: WorkflowLogsStore, workflow_id: str) -> None:
    for ask in (logs.get_log, logs.get_logs):
        with pytest.raises(ValueError, match="is no id of a workflow"):
            ask(workflow_id)


def test_a_missing_bucket_is_no_missing_log(settings: pytest.MonkeyPatch) -> None:
    store = WorkflowLogsStore(bucket="no-such-bucket")
    store.connect()
    for ask in (store.get_log, store.get_logs):
        with pytest.raises(BucketNotFoundError, match="no-such-bucket"):
            ask(ID)
