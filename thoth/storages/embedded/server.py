"""What the two servers have in common: starting once, being found again, ending for sure."""

from __future__ import annotations

import json
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from ..exceptions import EmbeddedServerError
from .files import is_empty, last_lines, locked, make_directory, read_json, write_private
from .ports import HOST, choose_ports
from .processes import RunOptions, Signals, end, is_ours, launch, read_pid, remove, wait_until, watch

_TRIES = 5


class EmbeddedServer(ABC):
    """One server in one directory: its data, its log, its pid and a private file with its ports and secrets.

    Used as a context manager, or started without outlive_owner, it ends with its owner, even one that is killed.
    """

    title: ClassVar[str]
    host: ClassVar[str] = HOST
    _port_names: ClassVar[tuple[str, ...]] = ("port",)
    _signals: ClassVar[Signals]
    _start_seconds: ClassVar[float]

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        """Name the place; nothing is made or started yet. A given port is used or the start fails."""
        self.directory = Path(directory).resolve()
        self._wanted_port = port
        self._watcher: subprocess.Popen[bytes] | None = None
        self._started_here = False

    @property
    def data(self) -> Path:
        """The directory that the server keeps its data in."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """The log of the latest start; the one before it is kept as server.log.old."""
        return self.directory / "server.log"

    @property
    def settings_file(self) -> Path:
        """The file with ports and secrets; only its owner can read it."""
        return self.directory / "server.json"

    @property
    def pid_file(self) -> Path:
        """The file with the pid of the server that was started last."""
        return self.directory / "server.pid"

    @property
    def port(self) -> int:
        """The port it listens on, or did last. Raises EmbeddedServerError where it was never started."""
        return int(self._known("ports", self._port_names[0]))

    def is_running(self) -> bool:
        """Whether the server of this directory runs, whoever started it."""
        return self._running_pid() is not None

    def start(self, *, outlive_owner: bool = False) -> Self:
        """Return this server, ready for use; one that runs already stays as it is.

        It ends when this process does, unless it is to outlive it. Raises EmbeddedServerError, and leaves nothing
        running then.
        """
        with self._exclusively():
            if self.is_running():
                self._meet()
                return self
            self._dismiss_watcher()  # of a server that was killed
            self._prepare()
            try:
                self._try_to_start()
                self._started_here = True
                if not outlive_owner:
                    self._watch()
            except BaseException:  # Ctrl-C too leaves nothing half-started
                self._end()
                raise
        return self

    def stop(self) -> bool:
        """Whether the server ran; it is gone now, whoever started it. Its data stays."""
        if not self.directory.is_dir():
            return False
        with self._exclusively():
            ran = self.is_running()
            self._end()
        return ran

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop what was started here; a server that ran before stays."""
        if self._started_here:
            self.stop()

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data directory and the secrets where they are missing."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The program and its arguments, the marker among them."""

    @abstractmethod
    def _marker(self) -> str:
        """The argument by which a running server is recognised: it names the data directory."""

    @abstractmethod
    def _environment(self) -> dict[str, str]:
        """The environment variables of the server."""

    @abstractmethod
    def _is_ready(self, pid: int) -> bool:
        """Whether the server takes and stores data."""

    def _run_options(self) -> RunOptions:
        return RunOptions()

    def _leftovers(self) -> list[Path]:
        """The files outside of the directory that the server may leave behind."""
        return []

    def _tidy(self) -> None:
        """Clear the way for the next start."""
        remove(self._leftovers())

    def _running_pid(self) -> int | None:
        try:
            pid = read_pid(self.pid_file)
        except OSError as error:
            raise EmbeddedServerError(f"cannot read {self.pid_file}: {error.strerror}") from error
        return pid if pid is not None and is_ours(pid, self._marker()) else None

    def _remembered(self, topic: str) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.settings_file).get(topic, {})
        return found

    def _remember(self, topic: str, values: dict[str, Any]) -> None:
        found = read_json(self.settings_file)
        if found.get(topic) != values:
            write_private(self.settings_file, json.dumps({**found, topic: values}, indent=2))

    def _known(self, topic: str, name: str) -> Any:
        values = self._remembered(topic)
        if name not in values:
            raise EmbeddedServerError(f"{self.title} was never started in {self.directory}")
        return values[name]

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        try:
            make_directory(self.directory)
            with locked(self.directory):
                yield
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedServerError(self._explain(f"{type(error).__name__}: {error}")) from error

    def _explain(self, problem: str) -> str:
        return f"{self.title} in {self.directory}: {problem}; {self.log} ends with: {last_lines(self.log)}"

    def _meet(self) -> None:
        """Wait for the server that runs already, perhaps only just started by a process that was killed."""
        if self._wanted_port not in (None, self.port):
            raise EmbeddedServerError(f"{self.title} in {self.directory} runs already, on port {self.port}")
        if not self._becomes_ready():
            raise EmbeddedServerError(self._explain("it ended while it was starting"))

    def _try_to_start(self) -> None:
        """Several tries: a port may be taken after it was chosen, workers of a killed server may still be ending."""
        with suppress(FileNotFoundError):
            self.log.replace(self.log.with_name("server.log.old"))
        for attempt in range(_TRIES):
            time.sleep(0.3 if attempt else 0.0)
            self._tidy()
            self._remember("ports", self._choose_ports())
            launch(self._command(), self.pid_file, self.log, self._environment(), self._run_options())
            if self._becomes_ready():
                return
        raise EmbeddedServerError(self._explain("it ended while it was starting"))

    def _choose_ports(self) -> dict[str, int]:
        before = self._remembered("ports")
        wanted = {name: int(before.get(name, 0)) for name in self._port_names}
        if self._wanted_port is not None:
            wanted[self._port_names[0]] = self._wanted_port
        chosen = choose_ports(wanted)
        if self._wanted_port not in (None, chosen[self._port_names[0]]):
            raise EmbeddedServerError(f"{self.title} in {self.directory}: port {self._wanted_port} is taken")
        return chosen

    def _becomes_ready(self) -> bool:
        """Whether the server is ready; False where it ended. Raises EmbeddedServerError where it takes too long."""
        deadline = time.monotonic() + self._start_seconds
        while (pid := self._running_pid()) is not None:
            if self._is_ready(pid):
                return True
            if time.monotonic() > deadline:
                raise EmbeddedServerError(self._explain(f"it was not ready after {self._start_seconds:.0f} s"))
            time.sleep(0.03)
        return False

    def _watch(self) -> None:
        pid = self._running_pid()
        if pid is not None:
            self._watcher = watch(pid, self._marker(), self._signals, self._leftovers())

    def _end(self) -> None:
        # Interrupted between fork and the first line of the shell, the pid comes a moment later.
        wait_until(lambda: not is_empty(self.pid_file), 1.0)
        pid = self._running_pid()
        if pid is not None and not end(pid, self._marker(), self._signals):
            raise EmbeddedServerError(self._explain(f"process {pid} did not end"))
        self.pid_file.unlink(missing_ok=True)
        self._tidy()
        self._started_here = False
        self._dismiss_watcher()

    def _dismiss_watcher(self) -> None:
        if self._watcher is not None:
            self._watcher.communicate(timeout=30)  # closes what it reads, and waits for its end
            self._watcher = None
