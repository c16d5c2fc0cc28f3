"""The Ceph that tests run on: it starts, alone or beside others, and whatever happens it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import ceph_cluster
from support.ceph_cluster import CephError, Gateway, ceph_gateway
from support.object_storage import REQUIRED, arguments_for_stores, create_bucket, skip_without_ceph

from thoth.storages.ceph import CephStore
from thoth.storages.embedded.processes import command_of, wait_until
from thoth.storages.exceptions import StorageAccessError

ROOT = Path(__file__).resolve().parents[2]
DAEMONS = ["ceph-mon", "ceph-osd", "radosgw"]

ProcessesNaming = Callable[[Path], list[int]]
RunPython = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def programs() -> None:
    """The programs of Ceph."""
    skip_without_ceph()


def on_ceph(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.ceph(pytest.mark.usefixtures("programs")(test))


def store_of(gateway: Gateway) -> CephStore:
    arguments = arguments_for_stores(gateway.endpoint_url, gateway.key_id, gateway.secret_key, "documents")
    create_bucket(arguments)
    store = CephStore("any", **arguments)
    store.connect()
    return store


@pytest.fixture
def place(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, for everybody; nothing may run there when the test is over."""
    monkeypatch.setattr(tempfile, "tempdir", str(open_directory))
    return open_directory


@on_ceph
def test_two_run_side_by_side_and_know_nothing_of_each_other(place: Path) -> None:
    with ceph_gateway() as one, ceph_gateway() as other:
        assert one.directory.parent == other.directory.parent == place
        store_of(one).store_blob(b"1", "one")
        assert list(store_of(other).get_document_listing()) == []
        foreign = store_of(one)
        foreign.host = other.endpoint_url
        foreign.connect()
        with pytest.raises(StorageAccessError):
            foreign.check_connection()
    assert list(place.iterdir()) == []


@on_ceph
@pytest.mark.parametrize("kind", [AssertionError, KeyboardInterrupt])
def test_nothing_is_left_whatever_happens_inside(
    place: Path, processes_naming: ProcessesNaming, kind: type[BaseException]
) -> None:
    with pytest.raises(kind), ceph_gateway() as gateway:
        assert len(processes_naming(gateway.directory)) >= len(DAEMONS)
        raise kind
    assert processes_naming(place) == []
    assert list(place.iterdir()) == []


@on_ceph
def test_the_gateway_ends_first_and_the_monitor_last(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    end = ceph_cluster.end

    def noting(pid: int, *rest: Any) -> bool:
        ended.append(Path(command_of(pid).split("\0")[0]).name or "gone")
        return end(pid, *rest)

    monkeypatch.setattr(ceph_cluster, "end", noting)
    with ceph_gateway():
        pass
    assert ended == DAEMONS[::-1]


OWNER = """
import sys, tempfile
sys.path.insert(0, sys.argv[1])
tempfile.tempdir = sys.argv[2]
from support.ceph_cluster import ceph_gateway
with ceph_gateway() as gateway:
    print("ready", flush=True)
    if len(sys.argv) == 3:
        sys.stdin.read()
"""


@on_ceph
def test_a_killed_owner_takes_its_processes_along(
    place: Path, processes_naming: ProcessesNaming, run_python: RunPython
) -> None:
    owner = run_python(OWNER, ROOT / "tests", place)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    owner.kill()
    owner.communicate()
    assert wait_until(lambda: processes_naming(place) == [], 20)


@on_ceph
@pytest.mark.parametrize("daemon", DAEMONS)
def test_an_interrupt_at_the_start_leaves_nothing(place: Path, run_python: RunPython, daemon: str) -> None:
    owner = run_python(OWNER, ROOT / "tests", place)
    assert wait_until(lambda: bool(list(place.glob(f"*/{daemon}.pid"))), 60)
    owner.send_signal(signal.SIGINT)
    _, said = owner.communicate(timeout=60)
    assert "KeyboardInterrupt" in said
    assert list(place.iterdir()) == []


@on_ceph
@pytest.mark.skipif(os.geteuid() != 0, reason="whoever runs the tests is an ordinary user already")
def test_an_ordinary_user_can_start_it(place: Path) -> None:
    # Who is called 65534 and has root's rights nowhere, but to files, since checkouts may lie in root's own folders.
    command = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make user namespaces")
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command += [sys.executable, "-W", "error", "-c", OWNER, str(ROOT / "tests"), str(place), "at once"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "ready\n"), done.stderr
    assert list(place.iterdir()) == []


@on_ceph
def test_a_program_that_fails_is_named_with_what_it_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = place / "bin"
    programs.mkdir()
    (programs / "radosgw").write_text("#!/bin/sh\necho out of luck >&2\nexit 1\n")
    (programs / "radosgw").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    with pytest.raises(CephError, match=r"(?s)radosgw.*out of luck"), ceph_gateway():
        pass
    assert list(place.iterdir()) == [programs]


def test_where_programs_are_missing_the_tests_are_skipped_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv(REQUIRED, raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs ceph, .*radosgw-admin; .*apt-get install"):
        skip_without_ceph()


def test_where_ceph_is_required_missing_programs_fail_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv(REQUIRED, "required")
    with pytest.raises(pytest.fail.Exception, match=f"{REQUIRED}=required, but .* needs ceph, "):
        skip_without_ceph()
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="must be"):
        skip_without_ceph()
