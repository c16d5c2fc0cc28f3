"""thoth-storages schema adopt: take over a database of the package published before 1.0."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from .. import config
from ..exceptions import (
    DatabaseConnectionError,
    DatabaseNotInitializedError,
    SchemaNotOursError,
    SettingError,
    ThothStorageExceptionError,
)
from .interrupting import interruptible
from .leaving import FAILED, NEEDS_SOMETHING, NOT_OURS, UNREACHABLE, leave
from .quiet import quiet_option, say

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from ..graph.adoption import AdoptionReport, StepReport

_QUESTION = "Services of the old release must not write any more. Adopt {place}?"
_HARMLESS = (
    "the old tables are as they were, what was copied is kept; run it again to go on, or give up with: "
    "thoth-storages schema adopt --give-up"
)
_INTERRUPTED = f"interrupted: {_HARMLESS}"


@click.command()
@click.option("--dry-run", is_flag=True, help="Do the work, say what would become of every table, and undo it.")
@click.option("--give-up", is_flag=True, help="End an adoption that was begun: the old tables are as they were.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
@quiet_option
def adopt(dry_run: bool, give_up: bool, yes: bool, as_json: bool) -> None:
    """Take over a database of release 0.74.

    New tables are made beside the old ones and filled, table by table; then old and new change places at once, and the
    ordinary upgrade follows. Meanwhile the old tables can be read and refuse changes. It may be interrupted and run
    again. The old tables stay in the schema published_0_74. It needs about as much disk again as the database has.

    Example: thoth-storages schema adopt --dry-run

    \b
    Exit codes:
      0    adopted, given up, or there is nothing to adopt
      1    it failed, or was declined
      2    the command is not written as it has to be
      3    a setting is wrong
      4    the database cannot be reached
      5    it is not one that can be adopted
      130  interrupted
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from ..graph.engine import make_maintenance_engine
    from ..graph.faults import place

    if dry_run and give_up:
        raise click.UsageError("--dry-run and --give-up exclude each other")
    engine = make_maintenance_engine(url_of_settings())
    where = place(engine.url)
    try:
        with interruptible(_INTERRUPTED):
            if give_up:
                _give_up(engine, where)
            elif dry_run:
                _show(_told(engine, dry_run=True, quiet=as_json), where, as_json)
            else:
                _adopt(engine, where, yes, as_json)
    except SchemaNotOursError as error:
        if not _is_of_this_library():
            leave(str(error), NOT_OURS)
        say(f"{where} is a database of this library: there is nothing to adopt", err=as_json)
    except DatabaseNotInitializedError:
        leave(f"{where} does not exist: there is nothing to adopt", NOT_OURS)
    except DatabaseConnectionError as error:
        leave(str(error), UNREACHABLE)
    except ThothStorageExceptionError as error:
        leave(f"{error}; {_HARMLESS}", FAILED)


def url_of_settings() -> URL:
    """Where the settings point; leaves where one of them cannot be understood."""
    from ..graph.engine import connection_url

    try:
        config.check()
        return connection_url()
    except SettingError as error:
        leave(str(error), NEEDS_SOMETHING)


def _is_of_this_library() -> bool:
    from ..graph.postgres import GraphDatabase
    from ..graph.schema_status import SchemaStateEnum

    # Another process may have adopted it while this one waited.
    return GraphDatabase().schema_status().state in (SchemaStateEnum.CURRENT, SchemaStateEnum.BEHIND)


def _adopt(engine: Engine, where: str, yes: bool, as_json: bool) -> None:
    from ..graph import migrations
    from ..graph.adoption import check

    check(engine)
    if not yes:
        click.confirm(_QUESTION.format(place=where), abort=True, err=True)
    report = _told(engine, dry_run=False, quiet=as_json)
    migrations.upgrade(engine)
    _show(report, where, as_json)


def _give_up(engine: Engine, where: str) -> None:
    from ..graph.adoption import give_up

    given_up = give_up(engine)
    say(f"{where}: " + ("given up; the old tables are as they were" if given_up else "no adoption was begun"))


def _told(engine: Engine, *, dry_run: bool, quiet: bool) -> AdoptionReport:
    from ..graph.adoption import adopt as adopt_database

    return adopt_database(engine, dry_run=dry_run, tell=(lambda _step: None) if quiet else _teller())


def _teller() -> Callable[[StepReport], None]:
    began = time.perf_counter()

    def tell(step: StepReport) -> None:
        say(f"{time.perf_counter() - began:8.1f} s  {step.step:<50} {step.written:>12,} rows", err=True)

    return tell


def _show(report: AdoptionReport, where: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_dict(), indent=2))
        return
    for step in report.steps:
        if remarks := _remarks(step):
            say(f"{step.step}: {step.read:,} rows, {', '.join(remarks)}")
    kept = sum(step.written for step in report.tables)
    read = sum(step.read for step in report.tables)
    if report.dry_run:
        say(f"{where} would be adopted: {kept:,} of {read:,} rows. Nothing was changed.")
    else:
        say(
            f"{where} is adopted: {kept:,} of {read:,} rows. The old tables are in the schema {report.archive}; when "
            f"nobody needs them any more: DROP SCHEMA {report.archive} CASCADE"
        )


def _remarks(step: StepReport) -> list[str]:
    counted = {"merged with others": step.merged, "spelled or computed anew": step.changed}
    remarks = [f"{rows:,} {what}" for what, rows in counted.items() if rows]
    return remarks + [f"{rows:,} left out ({why})" for why, rows in step.left_out.items()]
