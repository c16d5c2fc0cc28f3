"""Files are replaced as a whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from thoth.storages.replaced_files import remove_leftovers, written_beside

KILLED = """
import os, pathlib, signal, sys
from thoth.storages.replaced_files import written_beside
with written_beside(pathlib.Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
AN_HOUR_AGO = time.time() - 3600


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_takes_its_place_when_it_is_written(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with written_beside(path, mode) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
        assert temporary.parent == tmp_path
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == mode
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_fails_or_is_interrupted_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(error), written_beside(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), written_beside(tmp_path):
        pass
    with pytest.raises(FileExistsError), written_beside(Path("/dev/null")):
        pass
    assert Path("/dev/null").is_char_device()
    with pytest.raises(FileNotFoundError), written_beside(tmp_path / "missing" / "file"):
        pass


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "cache[1]"
    others = [tmp_path / name for name in (".cache[1].abcdefgh", ".cache1.abcdefgh.part", "cache[1].abcdefgh.part")]
    for number in range(2):
        assert subprocess.run([sys.executable, "-c", KILLED, path]).returncode == -9, number
    old, young = tmp_path.iterdir()
    for one in (old, *others):
        one.touch()
        os.utime(one, (AN_HOUR_AGO, AN_HOUR_AGO))
    with written_beside(path) as temporary:
        os.utime(temporary, (AN_HOUR_AGO, AN_HOUR_AGO))
        remove_leftovers(path)
        assert sorted(tmp_path.iterdir()) == sorted([young, temporary, *others])
    assert sorted(tmp_path.iterdir()) == sorted([young, path, *others])


def test_what_cannot_be_removed_keeps_nobody_from_writing(tmp_path: Path) -> None:
    directory = tmp_path / ".file.abcdefgh.part"
    directory.mkdir()
    os.utime(directory, (AN_HOUR_AGO, AN_HOUR_AGO))
    remove_leftovers(tmp_path / "file")
    remove_leftovers(tmp_path / "missing" / "file")
    assert names(tmp_path) == [".file.abcdefgh.part"]
