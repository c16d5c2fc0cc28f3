"""Servers of these tests: real ones, each in a directory of its own, and none may be left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from thoth.storages.embedded.processes import command_of, is_alive, wait_until

ROOT = Path(__file__).resolve().parents[2]


def _processes_naming(directory: Path) -> list[int]:
    """The pids of all processes, zombies aside, that have this directory in their arguments."""
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True).stdout
    pids = [int(pid) for pid in listed.split()]
    return [pid for pid in pids if pid != os.getpid() and str(directory) in command_of(pid) and is_alive(pid)]


def _run_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process with this project on its path, its warnings errors."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


@contextmanager
def _empty_in_the_end() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="embedded-") as name:
        directory = Path(name).resolve()
        yield directory
        wait_until(lambda: not _processes_naming(directory), 5)
        left = _processes_naming(directory)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left, "the test left processes running"


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that only its owner can enter, in which nothing may run when the test is over."""
    with _empty_in_the_end() as path:
        yield path


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """The same, but other accounts may pass through."""
    with _empty_in_the_end() as path:
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="module")
def module_directory() -> Iterator[Path]:
    """The same for all tests of a file."""
    with _empty_in_the_end() as path:
        yield path


@pytest.fixture
def processes_naming() -> Callable[[Path], list[int]]:
    """The pids of all processes, zombies aside, that have a directory in their arguments."""
    return _processes_naming


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a Python process that runs this code with these arguments; it ends with the test."""
    with ExitStack() as running:

        def run(code: str, *arguments: object) -> subprocess.Popen[str]:
            process = running.enter_context(_run_python(code, *arguments))
            running.callback(process.kill)
            return process

        yield run


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a process that has nothing to do with us."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()
