"""Starting a process that outlives us, recognising it later, and ending it.

A process is ours when the pid in our file still carries our marker, an argument that names the data directory: pids
are reused, above all after a reboot. This file imports the standard library alone, because it is also run as a
script: a watcher that ends a server when the owner of its standard input is gone, kill -9 included.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypedDict

Signals = Sequence[tuple[int, float]]
"""What to send, one after the other, and the seconds to wait after each."""

_PROC = Path("/proc")
# The shell goes away at once, so init adopts the server and no zombie stays with us. The shell itself writes the pid:
# however early we are killed, the server that runs can be found.
_DETACH = 'exec "$@" >&2 & echo $!'


class RunOptions(TypedDict, total=False):
    """The account a process runs under, as subprocess wants it; empty: our own."""

    user: int
    group: int
    extra_groups: Iterable[str | int]


def launch(command: Sequence[str], pid_file: Path, log: Path, env: Mapping[str, str], options: RunOptions) -> None:
    """Leave the command running in a session of its own, its pid in one file and its output in the other."""
    with open_private(pid_file) as pids, open_private(log) as output:
        subprocess.run(
            ["/bin/sh", "-c", _DETACH, "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=pids,
            stderr=output,
            env=env,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            check=True,
            timeout=30,
            **options,
        )


def run_to_end(command: Sequence[str], log: BinaryIO, env: Mapping[str, str], options: RunOptions) -> int:
    """The exit code of a command that writes to the log; an interrupt ends it with everything it started."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=env,
        cwd="/",
        umask=0o077,
        start_new_session=True,
        **options,
    )
    try:
        return process.wait(timeout=180)
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def open_private(path: Path) -> BinaryIO:
    """A new or emptied file that only its owner can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def watch(pid: int, marker: str, signals: Signals, leftovers: Sequence[Path]) -> subprocess.Popen[bytes]:
    """A watcher that ends the process, and removes what it leaves, once the standard input of the watcher is closed."""
    plan = ",".join(f"{int(number)}:{seconds}" for number, seconds in signals)
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(pid), marker, plan, *map(str, leftovers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the owner
    )


def read_pid(pid_file: Path) -> int | None:
    """The pid that a file holds, None where there is no such file or no number in it."""
    try:
        return int(pid_file.read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def is_ours(pid: int, marker: str) -> bool:
    """Whether this process runs, and carries the marker among its arguments."""
    said = command_of(pid)
    deadline = time.monotonic() + 0.5
    # A process that calls exec or that is about to end has no arguments for a moment.
    while not said and is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
        said = command_of(pid)
    return marker in (said.split("\0") if "\0" in said else said)


def command_of(pid: int) -> str:
    """What a process was called with, separated by NUL or, where the system does not tell, by spaces; else empty."""
    if not (_PROC / "self").exists():
        return _ps(pid, "command")
    with suppress(OSError):
        return os.fsdecode((_PROC / str(pid) / "cmdline").read_bytes())
    return ""


def is_alive(pid: int) -> bool:
    """Whether any process runs under this pid; one that ended and was not waited for does not."""
    if (_PROC / "self").exists():
        with suppress(OSError):
            return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        return False
    return _ps(pid, "stat")[:1] not in ("", "Z")


def end(pid: int, marker: str, signals: Signals) -> bool:
    """Whether the process is gone after at most all of these signals. One that is not ours is left alone."""
    if not is_ours(pid, marker):
        return True
    for number, seconds in signals:
        if is_ours(pid, marker):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        # Arguments disappear before the sockets do, so this waits for the process itself.
        if wait_until(lambda: not is_alive(pid), seconds):
            return True
    return not is_ours(pid, marker)


def remove(paths: Iterable[Path]) -> None:
    """Remove those of the files that are there and may be removed."""
    for path in paths:
        with suppress(OSError):
            path.unlink()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _ps(pid: int, column: str) -> str:
    """What ps says, for systems without /proc; empty where there is no such process."""
    command = ["/bin/ps", "-ww", "-o", f"{column}=", "-p", str(pid)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=False)
    return done.stdout.strip()


def _watch(arguments: Sequence[str]) -> None:
    pid, marker, plan, *leftovers = arguments
    sys.stdin.buffer.read()
    steps = [step.split(":") for step in plan.split(",")]
    if end(int(pid), marker, [(int(number), float(seconds)) for number, seconds in steps]):
        remove(Path(path) for path in leftovers)


if __name__ == "__main__":
    _watch(sys.argv[1:])
