"""Stored dumps, databases on the server, and programs that stand in for PostgreSQL's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Engine

from support.tables import Dump, dump, rows_of
from thoth.storages.cli.archives import dump as dump_into
from thoth.storages.embedded.binaries import find_postgres
from thoth.storages.graph.engine import make_maintenance_engine
from thoth.storages.graph.replacing import server_version, table_count

_RENEWED = {"graph_identity", "package_change"}


def databases_like(url: URL) -> list[str]:
    """The database of this URL and those that were made beside it, by name."""
    engine = make_maintenance_engine(url.set(database="postgres"))
    statement = "SELECT datname FROM pg_database WHERE starts_with(datname, :name) ORDER BY 1"
    return [row[0] for row in rows_of(engine, statement, name=url.database)]


def stand_in(directory: Path, name: str, script: str) -> Path:
    """A program of this name that runs the script, in which $REAL is the real one; gives the directory for PATH."""
    directory.mkdir(exist_ok=True)
    program, real = directory / name, find_postgres() / name
    program.write_text(f'#!/bin/sh\nREAL={real}\ncase "$*" in --version) exec "$REAL" --version;; esac\n{script}\n')
    program.chmod(0o755)
    return directory


def path_with(directory: Path) -> str:
    return os.pathsep.join([str(directory), os.environ["PATH"]])


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def is_running(marker: str) -> bool:
    """Whether any process has this among its arguments."""
    for directory in Path("/proc").iterdir():
        if directory.name.isdecimal():
            try:
                if marker in (directory / "cmdline").read_text(errors="replace"):
                    return True
            except OSError:
                continue
    return False


def content(engine: Engine) -> Dump:
    """Every row of every table, ids included, but for what tells this graph from another."""
    return {name: rows for name, rows in everything(engine).items() if name not in _RENEWED}


def everything(engine: Engine) -> Dump:
    """Every row of every table, ids included."""
    return dump(engine, with_ids=True)


def tables_beside(url: URL) -> int:
    """How many tables there are in the database that is made beside this one."""
    beside = [name for name in databases_like(url) if name != url.database]
    return (table_count(url.set(database=beside[0])) or 0) if beside else 0


def thoth_storages(*arguments: object, **variables: str) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [str(Path(sys.executable).parent / "thoth-storages"), *map(str, arguments)]
    return subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def dump_with_pg_dump(url: URL, path: Path) -> Path:
    """A dump of whatever is in the database."""
    dump_into(url, server_version(url), path, lambda: None)
    return path
