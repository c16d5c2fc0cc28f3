"""thoth-storages backup and restore: the database as a dump, in object storage or in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from .. import config
from ..exceptions import NotFoundError
from .backup_steps import Steps, endings, size_of, uninterrupted
from .leaving import NEEDS_SOMETHING, NOT_OURS, UNREACHABLE
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from ..graph.schema_status import SchemaStatus
    from ..graph_backup import GraphBackupStore
    from .archives import Archive

_DUMPED = "interrupted: nothing was stored, and what was dumped is removed"
_RESTORED = "interrupted: the database is as it was, and what was restored of the dump is dropped"

# What is not worth a dump: it would push a good one out.
_NOTHING_TO_DUMP = {"empty": NEEDS_SOMETHING, "unreachable": UNREACHABLE, "diverged": NOT_OURS, "foreign": NOT_OURS}


@click.command()
@click.option("--file", "path", type=click.Path(dir_okay=False), help="Write the dump to this file instead.")
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@quiet_option
def backup(path: str | None, as_json: bool) -> None:
    """Dump the database into object storage.

    The dump is a snapshot of the whole database, made by pg_dump in its custom format while everybody goes on working.
    It is stored as pg_dump-<moment in UTC>; when it is, only the newest GRAPH_BACKUP_STORE_ROTATE (21) dumps are kept.
    Meanwhile it is in the directory for temporary files (TMPDIR). A file that --file names is replaced when the dump is
    whole.

    \b
    Example: thoth-storages backup
             thoth-storages backup --file graph.dump

    \b
    Exit codes:
      0    dumped
      1    pg_dump failed, or a file cannot be written
      2    the command is not written as it has to be
      3    something is missing: tables, pg_dump, a setting
      4    PostgreSQL or the object store cannot be reached or used
      5    the tables are not those of this library
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    steps = Steps()
    with endings(_DUMPED):
        made = _dump_into_file(Path(path).resolve(), steps) if path else _dump_into_store(steps)
        made["seconds"] = steps.seconds
        if as_json:
            click.echo(json.dumps(made, indent=2))
        else:
            say(f"{made['name']}: {size_of(int(str(made['size'])))} in {made['seconds']} s")


def _dump_into_file(path: Path, steps: Steps) -> dict[str, object]:
    from ..replaced_files import remove_leftovers, written_beside

    remove_leftovers(path)
    with written_beside(path) as temporary:
        _dump(temporary, steps)
        size = temporary.stat().st_size
    return {"name": str(path), "size": size}


def _dump_into_store(steps: Steps) -> dict[str, object]:
    store = _store()
    # What would keep the dump from being stored is better known before it is made.
    config.GRAPH_BACKUP_STORE_ROTATE.read()
    store.ceph.check_connection()
    with TemporaryDirectory(prefix="thoth-storages-backup-") as directory:
        temporary = Path(directory) / "dump"
        _dump(temporary, steps)
        size = temporary.stat().st_size
        steps.tell(f"storing {size_of(size)} below {store.prefix} ...")
        name = store.store_dump(temporary)
    return {"name": name, "size": size}


def _dump(path: Path, steps: Steps) -> None:
    from ..graph.engine import connection_url
    from ..graph.faults import place
    from ..graph.postgres import GraphDatabase
    from ..graph.replacing import server_version
    from .archives import dump
    from .sync_errors import NotReadyError

    config.check()
    url = connection_url()
    found = GraphDatabase().schema_status()
    if (code := _NOTHING_TO_DUMP.get(found.state.value)) is not None:
        advice = f"; what helps: {found.advice}" if code != UNREACHABLE else ""
        raise NotReadyError(f"{found.place}: {found.detail}{advice}" if advice else found.detail, code)
    steps.tell(f"dumping {place(url)} ...")
    program = dump(url, server_version(url), path, lambda: steps.tell_size(path))
    steps.tell(f"{program} wrote {size_of(path.stat().st_size)}")


@click.command()
@click.argument("name", required=False)
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False), help="Restore the dump in this file.")
@click.option("--list", "only_list", is_flag=True, help="Show the dumps in object storage, the newest first.")
@click.option("--force", is_flag=True, help="Replace a database that holds tables.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--keep", is_flag=True, help="Keep the database that is replaced, under another name.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done, or the list, as JSON.")
@quiet_option
def restore(
    name: str | None, path: str | None, only_list: bool, force: bool, yes: bool, keep: bool, as_json: bool
) -> None:
    """Restore the database from a dump.

    NAME is that of a dump in object storage; without it, the newest one is taken. The dump is restored into a new
    database, which takes the place of the one that the settings name when all of it is there and its tables are ones
    that this library knows. Until then nothing is changed. Whoever is connected then, is disconnected; the graph caches
    that were made before are not trusted any more.

    A database that holds tables is replaced with --force only, and on a terminal the command asks first. The user needs
    the right to create databases, and the disk the room for both of them.

    \b
    Example: thoth-storages restore --list
             thoth-storages restore --force
             thoth-storages restore pg_dump-26-11-22-03-00-00 --force --keep
             thoth-storages restore --file graph.dump

    \b
    Exit codes:
      0    restored
      1    the dump is none, is damaged or cannot be restored; the database is as it was
      2    the command is not written as it has to be
      3    something is missing: the dump, pg_restore, a setting
      4    PostgreSQL or the object store cannot be reached or used
      5    the database holds tables, or the dump's are not those of this library
      130  interrupted; the database is as it was
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    if name and path:
        raise click.UsageError("NAME and --file exclude each other")
    _refuse_other_names(name)
    if only_list and (name or path or force or yes or keep):
        raise click.UsageError("--list goes with --json alone")
    with endings(_RESTORED):
        if only_list:
            _list(as_json)
        else:
            _restore(name, path, force=force, yes=yes, keep=keep, as_json=as_json)


def _refuse_other_names(name: str | None) -> None:
    from ..graph_backup import is_dump_name

    if name is not None and not is_dump_name(name):
        example = "expected one such as pg_dump-26-11-22-03-00-00 (--list shows them; --file takes a file)"
        raise click.BadParameter(f"{name!r} is no name of a dump: {example}", param_hint="NAME")


def _list(as_json: bool) -> None:
    dumps = list(_store().iterate_dumps())
    if as_json:
        rows = [
            {"name": dump.document_id, "size": dump.size, "stored_at": dump.last_modified.isoformat()} for dump in dumps
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for dump in dumps:
        click.echo(f"{dump.document_id}  {size_of(dump.size):>12}  stored {dump.last_modified:%Y-%m-%d %H:%M:%S} UTC")


def _restore(name: str | None, path: str | None, *, force: bool, yes: bool, keep: bool, as_json: bool) -> None:
    from ..graph.engine import connection_url
    from ..graph.faults import place
    from ..graph.replacing import server_version
    from .archives import read

    steps, url = Steps(), connection_url()
    _ask_before_replacing(url, force=force, yes=yes)
    version = server_version(url)
    with _dump_in_a_file(name, path, steps) as (told, file):
        found, earlier = _replace(url, read(file, version, told), keep, steps)
    done = {
        "name": told,
        "database": url.database,
        "state": found.state.value,
        "revision": found.database_revision,
        "earlier_database": earlier,
        "seconds": steps.seconds,
    }
    if as_json:
        click.echo(json.dumps(done, indent=2))
        return
    say(f"{place(url)} is what {told} holds, in {steps.seconds} s")
    if earlier:
        say(f"What it was before is the database {earlier}")
    if found.advice:
        say(f"{found.detail}: {found.advice}")


def _ask_before_replacing(url: URL, *, force: bool, yes: bool) -> None:
    from ..graph.faults import place
    from ..graph.replacing import table_count
    from .sync_errors import NotReadyError

    if not (number := table_count(url)):
        return
    if not force:
        message = f"{place(url)} holds {number} tables: --force replaces it"
        raise NotReadyError(message, NOT_OURS)
    if not yes and is_at_a_terminal():
        click.confirm(f"{place(url)} holds {number} tables. Replace it?", abort=True, err=True)


def is_at_a_terminal() -> bool:
    """Whether somebody is there who can be asked."""
    return sys.stdin.isatty()


@contextmanager
def _dump_in_a_file(name: str | None, path: str | None, steps: Steps) -> Iterator[tuple[str, Path]]:
    """What the dump is called, and a file that holds it: the path's own, or one that is there for as long as needed."""
    if path is not None:
        yield path, Path(path).resolve()
        return
    store = _store()
    with TemporaryDirectory(prefix="thoth-storages-restore-") as directory:
        name = name or _newest(store)
        steps.tell(f"fetching {name} from {store.prefix} ...")
        file = Path(directory) / "dump"
        store.retrieve_dump(name, file)
        steps.tell(f"fetched {size_of(file.stat().st_size)}")
        yield name, file


def _newest(store: GraphBackupStore) -> str:
    newest = next(store.iterate_dumps(), None)
    if newest is None:
        raise NotFoundError(f"there is no dump below {store.prefix}: thoth-storages backup makes one")
    return newest.document_id


def _replace(url: URL, archive: Archive, keep: bool, steps: Steps) -> tuple[SchemaStatus, str | None]:
    """Restore a dump beside the database and let it take its place; gives the state, and the earlier one where kept."""
    from ..graph.replacing import DatabaseBeside, roles_of_ours
    from ..graph.restored import make_ready
    from .archives import restore as restore_archive

    keep_owners = archive.owners <= roles_of_ours(url, archive.owners)
    if not keep_owners:
        steps.tell(f"all will belong to {url.username}: not every owner of before is known here")
    with DatabaseBeside.made(url) as beside:
        steps.tell(f"{archive.program} restores into {beside.url.database} ...")
        for complaint in restore_archive(archive, beside.url, keep_owners=keep_owners, tell=lambda: steps.tell("...")):
            steps.tell(f"Warning: not everybody's rights could be restored: {complaint}")
        found = make_ready(beside.url)
        steps.tell(f"restored; {found.detail}")
        with uninterrupted():
            return found, beside.take_place(keep=keep)


def _store() -> GraphBackupStore:
    from ..graph_backup import GraphBackupStore

    store = GraphBackupStore()
    store.connect()
    return store
