"""PostgreSQL's own programs: finding those that fit a server, and running them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from sqlalchemy.engine import URL

from ..embedded.binaries import find_postgres
from ..embedded.processes import watch
from ..exceptions import EmbeddedServerError
from .backup_steps import held_back
from .leaving import FAILED, NEEDS_SOMETHING
from .sync_errors import NotReadyError, printable

DEBIAN = Path("/usr/lib/postgresql")

# Killed before its watcher runs, we leave a shell that reads the end of its input.
_WHEN_WATCHED = 'read -r go && exec "$@" < /dev/null'
_SIGNALS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
_SECONDS = 10.0
_ERROR = re.compile(r"(?:error|fatal|panic):\s+(.*)", re.IGNORECASE)


class Program(NamedTuple):
    """One of PostgreSQL's programs, and its major version."""

    path: Path
    version: int

    def __str__(self) -> str:
        return f"{self.path.name} {self.version}"


# --- Finding ---------------------------------------------------------------------------------------------------------


def find_program(name: str, version: int) -> Program:
    """The program of this major version or, where there is none, of the next newer one.

    Raises NotReadyError, which says what to install, where there are only older ones, or none.
    """
    found = programs(name, version)
    if not found or found[0].version < version:
        older = f", only {', '.join(map(str, found))}" if found else ""
        raise _not_installed(name, version, older)
    return found[0]


def programs(name: str, version: int) -> list[Program]:
    """All programs of this name: those of this major version, then newer ones (older first), then older ones."""
    found: dict[int, Program] = {}
    for path in dict.fromkeys(_candidates(name)):
        one = Program(path, _major_version(path))
        if one.version:
            found.setdefault(one.version, one)
    return sorted(found.values(), key=lambda one: (one.version < version, abs(one.version - version)))


def not_installed(name: str, version: int) -> NotReadyError:
    """The error of who needs a program that is not there."""
    return _not_installed(name, version, "")


def _not_installed(name: str, version: int, but: str) -> NotReadyError:
    packages = f"postgresql-client-{version} (Debian, Ubuntu) or postgresql{version} (Fedora, RHEL)"
    what_helps = f"install the package {packages}, or: pip install 'thoth-storages[embedded]'"
    missing = f"{name} of PostgreSQL {version} or newer is not installed{but}"
    return NotReadyError(f"{missing}; {what_helps}", NEEDS_SOMETHING)


def _candidates(name: str) -> Iterator[Path]:
    """On PATH, where Debian has them (the newest first), in the wheel of the extra embedded."""
    on_path = shutil.which(name)
    directories = [path for path in DEBIAN.glob("*/bin") if path.parent.name.isdecimal()]
    directories.sort(key=lambda path: int(path.parent.name), reverse=True)
    with suppress(EmbeddedServerError):
        directories.append(find_postgres())
    yield from [Path(on_path)] if on_path else []
    yield from (path for directory in directories if (path := directory / name).is_file())


def _major_version(program: Path) -> int:
    """18 of `pg_dump (PostgreSQL) 18.6`; 0 where it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


# --- Running ---------------------------------------------------------------------------------------------------------


def environment(url: URL) -> dict[str, str]:
    """Our environment, with the server, the database and the user of this URL as libpq reads them, and the password.

    So none of them is among the arguments, which everybody on this machine can see.
    """
    host, sslmode = url.host or url.query.get("host"), url.query.get("sslmode")
    ours = {
        "PGHOST": host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGDATABASE": url.database,
        "PGPASSWORD": url.password,
        "PGSSLMODE": sslmode,
        "PGAPPNAME": "thoth-storages",
    }
    return {**os.environ, **{name: str(value) for name, value in ours.items() if value is not None}, "LC_ALL": "C"}


def argument_for(database: str) -> str:
    """The argument that names a database, whatever is in its name."""
    escaped = database.replace("\\", "\\\\").replace("'", "\\'")
    return f"--dbname=dbname='{escaped}'"


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    marker: str,
    *,
    leftovers: Sequence[Path] = (),
    tell: Callable[[], None] = lambda: None,
    harmless: Callable[[str], bool] = lambda _complaint: False,
) -> list[str]:
    """What the program complained of; tell is called every ten seconds meanwhile.

    marker is one of its arguments that no other process has. Whatever ends us, kill -9 included, ends the program too;
    then the leftovers are removed. Raises NotReadyError where the program fails, but for what is harmless.
    """
    with TemporaryFile() as said:
        with _started(command, environ, marker, said, leftovers) as process:
            code = _wait(process, tell)
        complaints = _complaints(said)
    is_well = code == 0 or (code == 1 and complaints and all(map(harmless, complaints)))
    if not is_well:
        why = "; ".join(complaints[:3]) or ("it was killed" if code < 0 else f"exit code {code}")
        raise NotReadyError(f"{Path(command[0]).name} failed: {why}", FAILED)
    return complaints


@contextmanager
def _started(
    command: Sequence[str], environ: Mapping[str, str], marker: str, said: IO[bytes], leftovers: Sequence[Path]
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs; it is ended where it does not end by itself."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        with held_back():
            waiting, own = ["/bin/sh", "-c", _WHEN_WATCHED, "sh", *command], dict(environ)
            started.append(
                subprocess.Popen(
                    waiting, stdin=subprocess.PIPE, stdout=said, stderr=said, env=own, start_new_session=True
                )
            )
            started.append(watch(started[0].pid, marker, _SIGNALS, leftovers))
            go = started[0].stdin
            assert go is not None
            with go:
                go.write(b"go\n")
        yield started[0]
    finally:
        for watcher in started[1:]:
            watcher.kill()  # or it would believe that we were
            watcher.communicate()
        for process in started[:1]:
            _end(process)


def _wait(process: subprocess.Popen[bytes], tell: Callable[[], None]) -> int:
    while True:
        try:
            return process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            tell()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that has not ended, and those that it started: first it may tell the server to stop."""
    if process.poll() is not None:
        return
    for number, seconds in _SIGNALS:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            break
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # whoever it left behind


def _complaints(said: IO[bytes]) -> list[str]:
    """What stands behind the word error, each once; without any, the last line."""
    said.seek(0)
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [found[1] for line in lines if (found := _ERROR.search(line))]
    return list(dict.fromkeys(printable(words) for words in errors or lines[-1:]))
