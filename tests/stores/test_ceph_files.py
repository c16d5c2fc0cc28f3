"""Files that are downloaded: in parts of memory, as a whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from thoth.storages import CephStore
from thoth.storages.exceptions import NotFoundError


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, 9 << 20])
def test_a_file_comes_back_to_the_byte(ceph: CephStore, tmp_path: Path, size: int) -> None:
    path, back = tmp_path / "file", tmp_path / "back"
    path.write_bytes(os.urandom(size))
    ceph.store_file(path, "file")
    ceph.retrieve_file("file", str(back))
    assert back.read_bytes() == path.read_bytes()
    assert back.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [back, path]


def test_a_file_that_is_there_is_replaced_and_so_is_what_a_link_points_to(ceph: CephStore, tmp_path: Path) -> None:
    ceph.store_blob(b"new", "file")
    (tmp_path / "elsewhere").mkdir()
    path, link = tmp_path / "elsewhere" / "file", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    ceph.retrieve_file("file", link)
    assert (path.read_bytes(), link.is_symlink()) == (b"new", True)
    assert list(path.parent.iterdir()) == [path]


def test_what_is_missing_leaves_the_file_as_it_was(ceph: CephStore, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(NotFoundError):
        ceph.retrieve_file("gone", path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_where_no_file_can_be_nothing_is_put(ceph: CephStore, tmp_path: Path) -> None:
    ceph.store_blob(b"new", "file")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileNotFoundError):
        ceph.retrieve_file("file", tmp_path / "nowhere" / "file")
    for path in (tmp_path, tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(FileExistsError):
            ceph.retrieve_file("file", path)
    assert not Path(os.devnull).is_file()
    assert list(tmp_path.iterdir()) == [tmp_path / "pipe"]


# Not by getrusage(), which counts the process that this one was forked from.
MEMORY = """
import re, sys
from pathlib import Path
from thoth.storages import CephStore


def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])


store = CephStore(sys.argv[1])
store.connect()
store.check_connection()
store.store_file(sys.argv[2], "large")
before = most()
store.retrieve_file("large", sys.argv[3])
print((most() - before) // 1024)
"""


def test_memory_does_not_grow_with_the_file(ceph: CephStore, prefix: str, tmp_path: Path) -> None:
    path, back = tmp_path / "file", tmp_path / "back"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    command = [sys.executable, "-c", MEMORY, prefix, str(path), str(back)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert int(done.stdout) < 30, "MiB"
    assert back.stat().st_size == 100 << 20
