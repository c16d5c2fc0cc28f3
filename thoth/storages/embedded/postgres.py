"""A PostgreSQL server from the binaries that are installed."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path
from typing import ClassVar

from ..exceptions import EmbeddedServerError
from .accounts import Account, account_for
from .binaries import find_postgres
from .processes import RunOptions, Signals, command_of, is_alive, open_private, run_to_end
from .server import EmbeddedServer

_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=UTC",
)
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_NO_PID = 2**31 - 1  # no system goes this high
_STATUS_LINE = 7  # of postmaster.pid


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL, reachable on this machine only.

    durable: a user's data, with a password and safe from power cuts. Otherwise for tests: fast, without either.
    The only database is postgres, until one is created.
    """

    title: ClassVar[str] = "PostgreSQL"
    user: ClassVar[str] = "postgres"
    # Fast shutdown ends sessions and checkpoints; the immediate one leaves recovery to the next start.
    _signals: ClassVar[Signals] = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))
    _start_seconds: ClassVar[float] = 120.0  # recovery after a crash is part of it

    def __init__(self, directory: Path, *, durable: bool = True, port: int | None = None) -> None:
        """Name the place; nothing is made or started yet. A given port is used or the start fails."""
        super().__init__(directory, port=port)
        self.durable = durable
        self._binaries = Path()
        self._account = Account()

    @property
    def password(self) -> str:
        """The password of the user. Raises EmbeddedServerError where the server was never started."""
        return str(self._known("secrets", "password"))

    def environment(self, database: str) -> dict[str, str]:
        """The environment variables that point this library at a database of the server, the password among them.

        Raises EmbeddedServerError where the server was never started.
        """
        return {
            "KNOWLEDGE_GRAPH_HOST": self.host,
            "KNOWLEDGE_GRAPH_PORT": str(self.port),
            "KNOWLEDGE_GRAPH_USER": self.user,
            "KNOWLEDGE_GRAPH_PASSWORD": self.password,
            "KNOWLEDGE_GRAPH_DATABASE": database,
        }

    def _prepare(self) -> None:
        if not self._remembered("secrets"):
            self._remember("secrets", {"password": secrets.token_urlsafe(24)})
        if self.data.exists():
            self._binaries = find_postgres(int((self.data / "PG_VERSION").read_text()))
        else:
            self._binaries = find_postgres()
            self._initialise()
        self._account = account_for(self.data, self._binaries / "postgres")

    def _initialise(self) -> None:
        """Make the data under another name first: what has its name is complete.

        Every try has a name of its own, since the initdb of a killed process goes on.
        """
        for leftover in self.directory.glob("new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=self.directory))
        account = account_for(draft, self._binaries / "postgres")
        password_file = self._write_password(draft.stat())
        try:
            self._run_initdb(draft, password_file, account)
        finally:
            password_file.unlink()
        draft.rename(self.data)

    def _run_initdb(self, draft: Path, password_file: Path, account: Account) -> None:
        how = ["-A", "scram-sha-256", "--pwfile", str(password_file)] if self.durable else ["-A", "trust", "--no-sync"]
        program = str(self._binaries / "initdb")
        fixed = ["-D", str(draft), "-U", self.user, "-E", "UTF8", "--locale=C", "--no-instructions"]
        with open_private(self.log) as log:
            code = run_to_end([*account.prefix, program, *fixed, *how], log, self._environment(), account.options)
        if code != 0:
            raise EmbeddedServerError(self._explain("initdb failed"))

    def _write_password(self, owner: os.stat_result) -> Path:
        """A file for initdb with the password, readable by the account it runs under."""
        path = self.directory / "password.new"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.password + "\n")
        if os.geteuid() == 0:
            os.chown(path, owner.st_uid, owner.st_gid)
        return path

    def _command(self) -> list[str]:
        settings = [f"port={self.port}", *_SETTINGS, *(() if self.durable else _FORGETFUL)]
        options = [part for setting in settings for part in ("-c", setting)]
        return [*self._account.prefix, str(self._binaries / "postgres"), self._marker(), *options]

    def _marker(self) -> str:
        return f"-D{self.data}"

    def _environment(self) -> dict[str, str]:
        # Little of ours: PG* would change its settings, and our secrets are not for the account it runs under.
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
        return {**kept, "LC_ALL": "C"}

    def _run_options(self) -> RunOptions:
        return self._account.options

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        # A killed server leaves this file behind and says that it is ready: whose is it?
        return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"

    def _tidy(self) -> None:
        """Take the pid out of the lock file of a killed server where it is a zombie or belongs to another program now.

        PostgreSQL would take that for a running server. The rest of the file stays: from it, it knows whether
        workers of the killed server still use the data.
        """
        lock_file = self.data / "postmaster.pid"
        try:
            first, _, rest = lock_file.read_text().partition("\n")
        except FileNotFoundError:
            return
        command = command_of(int(first)) if first.isdecimal() else ""
        if first.isdecimal() and (not is_alive(int(first)) or (command and "postgres" not in command)):
            with lock_file.open("r+") as file:  # in place, so that the owner of the file stays
                file.write(f"{_NO_PID}\n{rest}")
