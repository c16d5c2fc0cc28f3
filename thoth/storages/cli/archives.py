"""Dumps in PostgreSQL's custom format: making one, reading what is in one, restoring one."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from sqlalchemy.engine import URL

from .leaving import FAILED
from .postgres_programs import Program, argument_for, environment, find_program, not_installed, programs, run
from .sync_errors import NotReadyError, printable

_MAGIC = b"PGDMP"
_LOCK_SECONDS = 600
_JOBS = 4
# pg_restore of 17 and newer says this to any server; older ones refuse it, and miss nothing.
_FROM_17_ON = 17
_UNKNOWN_BEFORE_17 = 'unrecognized configuration parameter "transaction_timeout"'
_ENTRY = re.compile(r"\d+; \d+ \d+ (?P<what>.*) (?P<owner>\S+)")
_WHOEVER_OWNS_THE_DATABASE = "pg_database_owner"
_GRANTS = ("ACL ", "DEFAULT ACL ")


class Archive(NamedTuple):
    """A dump for a server: its file, the program that can read it, who owned what is in it, the entries of rights."""

    path: Path
    server_version: int
    program: Program
    owners: frozenset[str]
    grants: tuple[str, ...]


def dump(url: URL, version: int, path: Path, tell: Callable[[], None]) -> Program:
    """The pg_dump that wrote the database, as one snapshot of it, to this file.

    Raises NotReadyError where pg_dump of the server's version is not installed, or fails.
    """
    program = find_program("pg_dump", version)
    target = f"--file={path}"
    # Whoever changes the tables may keep us waiting; not for ever.
    options = ["--format=custom", "--no-password", f"--lock-wait-timeout={_LOCK_SECONDS}s", target]
    run([str(program.path), *options], environment(url), target, leftovers=[path], tell=tell)
    return program


def read(path: Path, version: int, name: str) -> Archive:
    """The dump in a file, after a look at its table of contents.

    version is that of the server it is for, name what the file is called in messages.

    Raises NotReadyError where it is no dump in the custom format, or one that no installed pg_restore can read.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            how = "as thoth-storages backup and pg_dump --format=custom make them"
            raise NotReadyError(f"{name} is no dump in PostgreSQL's custom format, {how}", FAILED)
    found = programs("pg_restore", version)
    if not found:
        raise not_installed("pg_restore", version)
    why = ""
    for program in found:
        listed = subprocess.run(
            [program.path, "--list", path], capture_output=True, text=True, errors="replace", check=False
        )
        if listed.returncode == 0:
            return _archive(path, version, program, listed.stdout)
        why = why or printable(listed.stderr.strip()) or f"{program} broke off"
    raise NotReadyError(f"{name} cannot be read: {why}", FAILED)


def _archive(path: Path, version: int, program: Program, listed: str) -> Archive:
    entries = [(line, found) for line in listed.splitlines() if (found := _ENTRY.fullmatch(line))]
    grants = [line for line, found in entries if found["what"].startswith(_GRANTS)]
    owners = {found["owner"] for _line, found in entries} - {_WHOEVER_OWNS_THE_DATABASE}
    return Archive(path, version, program, frozenset(owners), tuple(grants))


def restore(archive: Archive, url: URL, *, keep_owners: bool, tell: Callable[[], None]) -> list[str]:
    """Restore a dump into an empty database; without keep_owners, all of it is the user's of the URL.

    Gives why some rights could not be granted, which is no failure: roles that this server does not know, most of all.
    Raises NotReadyError where anything else cannot be restored.
    """
    marker = argument_for(str(url.database))
    options = [str(archive.program.path), "--no-password", marker, *([] if keep_owners else ["--no-owner"])]
    jobs = min(_JOBS, os.cpu_count() or 1)
    rows = ["--no-privileges", f"--jobs={jobs}", str(archive.path)]
    if archive.program.version >= _FROM_17_ON > archive.server_version:
        run([*options, *rows], environment(url), marker, tell=tell, harmless=lambda words: _UNKNOWN_BEFORE_17 in words)
    else:
        run([*options, "--exit-on-error", *rows], environment(url), marker, tell=tell)
    if not archive.grants:
        return []
    with NamedTemporaryFile("w", prefix="thoth-storages-", suffix=".list") as chosen:
        chosen.write("\n".join(archive.grants) + "\n")
        chosen.flush()
        leniently = [f"--use-list={chosen.name}", str(archive.path)]
        complaints = run([*options, *leniently], environment(url), marker, harmless=lambda _words: True)
        return [words for words in complaints if _UNKNOWN_BEFORE_17 not in words]
