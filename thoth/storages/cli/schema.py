"""thoth-storages schema: the tables of the database, their state and their migrations."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from ..exceptions import ThothStorageExceptionError
from .adoption import adopt, url_of_settings
from .grouped import also_called
from .interrupting import interruptible
from .leaving import FAILED, NEEDS_SOMETHING, NOT_OURS, UNREACHABLE, leave
from .nearby import start_one
from .pictures import generate_schema
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from ..graph.schema_status import SchemaStatus

_INTERRUPTED = "interrupted: the migration that ran was undone, those before it are kept; run it again"

EXIT_CODES = {
    "current": 0,
    "empty": NEEDS_SOMETHING,
    "behind": NEEDS_SOMETHING,
    "adoptable": NEEDS_SOMETHING,
    "unreachable": UNREACHABLE,
    "ahead": NOT_OURS,
    "diverged": NOT_OURS,
    "foreign": NOT_OURS,
}


@click.group()
def schema() -> None:
    """Look at the tables and bring them up to date.

    Example: thoth-storages schema status
    """


schema.add_command(also_called("generate", generate_schema))
schema.add_command(adopt)


@schema.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Say what state the tables are in, and what to do.

    Changes nothing.

    Example: thoth-storages schema status --json

    \b
    Exit codes:
      0    the tables are those of this library (current)
      2    the command is not written as it has to be
      3    something is to be done (empty, behind, adoptable), or a setting is wrong
      4    the database cannot be reached or read (unreachable)
      5    this library must not change them (ahead, diverged, foreign)
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from ..graph.postgres import GraphDatabase

    url_of_settings()
    found = GraphDatabase().schema_status()
    click.echo(json.dumps({**found._asdict(), "state": found.state.value}, indent=2) if as_json else _lines(found))
    context.exit(EXIT_CODES[found.state.value])


def _lines(found: SchemaStatus) -> str:
    lines = {
        "state": found.state.value,
        "database": found.place,
        "its revision": found.database_revision or ("not known" if found.state.value == "unreachable" else "none"),
        "this library's": found.library_revision,
        "found": start_one(found.detail),
        "to do": found.advice or "nothing",
    }
    return "\n".join(f"{name + ':':<16}{value}" for name, value in lines.items())


@schema.command()
@click.option("--sql", is_flag=True, help="Print the SQL that would be run, and run nothing.")
@quiet_option
def upgrade(sql: bool) -> None:
    """Bring the tables to the newest revision.

    Creates the database where it is missing; no data is lost. Run it from one job before the new version of the
    library is rolled out; those who run it at the same time take turns. Each migration is done as a whole or not at
    all, so it may be interrupted and run again.

    Example: thoth-storages schema upgrade --sql > upgrade.sql

    \b
    Exit codes:
      0    the tables are at the newest revision
      1    a migration failed
      2    the command is not written as it has to be
      3    a database is to be adopted first (adoptable), or a setting is wrong
      4    the database cannot be reached or read
      5    this library must not change the tables (ahead, diverged, foreign)
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from ..graph.postgres import GraphDatabase
    from ..graph.schema_status import UPGRADABLE, refuse_unless_upgradable

    url_of_settings()  # to schema_status() a wrong setting is one more thing that is out of reach
    before = GraphDatabase().schema_status()
    if before.state.value == "unreachable":
        leave(start_one(before.detail), UNREACHABLE)
    try:
        refuse_unless_upgradable(before)
        if sql:
            _print_sql(before)
        else:
            _upgrade(before)
    except ThothStorageExceptionError as error:
        leave(str(error), FAILED if before.state in UPGRADABLE else EXIT_CODES[before.state.value])


def _print_sql(before: SchemaStatus) -> None:
    from ..graph.migrations import upgrade_sql

    if before.database_revision == before.library_revision:
        click.echo(f"-- {before.detail}: nothing to do")
    else:
        click.echo(upgrade_sql(before.database_revision), nl=False)


def _upgrade(before: SchemaStatus) -> None:
    from ..graph.engine import make_engine
    from ..graph.postgres import GraphDatabase

    graph = GraphDatabase(make_engine(url_of_settings()))  # connect() would warn of what is about to be mended
    began = time.perf_counter()
    with interruptible(_INTERRUPTED):
        graph.initialize_schema()
    took = time.perf_counter() - began
    after = graph.schema_status()
    graph.disconnect()
    if before.database_revision == after.database_revision:
        say(f"{after.place} is at revision {after.database_revision} already: nothing to do")
    else:
        origin = f"from revision {before.database_revision}" if before.database_revision else "from nothing"
        say(f"{after.place}: {origin} to revision {after.database_revision} in {took:.1f} s")
