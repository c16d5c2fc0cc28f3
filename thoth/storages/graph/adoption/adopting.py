"""Adopting: every step in its order, each in a transaction, those that are done left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from .. import migrations
from ..sql_base import translated
from . import ledger, spelling
from .copying import copy
from .place import ARCHIVE, WORKSHOP, Table, exists, tables_in
from .report import AdoptionReport, StepReport
from .setting_up import NEW_TABLES, guard, look, refusal, set_up
from .swapping import swap
from .tables import in_order

T = TypeVar("T")
Step = Callable[[Connection], StepReport]
Listener = Callable[[StepReport], None]

_NOTE = text(f"INSERT INTO {WORKSHOP}.adoption_step (step, report) VALUES (:step, :report)").bindparams(
    bindparam("report", type_=JSONB)
)


def adopt(engine: Engine, *, dry_run: bool = False, tell: Listener = lambda _report: None) -> AdoptionReport:
    """Adopt the database, from where an earlier attempt ended; tell hears of every step, those done before first.

    It ends at the adopted revision; migrations.upgrade() leads on from there. A dry run does all the work but the swap
    in one transaction that is rolled back: what it counts is what will be; nothing is changed, nobody is held up.
    Nobody else may migrate the database meanwhile; from the first step on, the old tables refuse changes and can be
    read.

    engine: of make_maintenance_engine(). Raises SchemaNotOursError where the database is not one that can be adopted,
    before anything is changed, and DatabaseError for what the server refuses.
    """
    with _our_errors(engine), migrations.only_one(engine):
        reports = list(_rehearse(engine, tell) if dry_run else _perform(engine, tell))
    return AdoptionReport(tuple(reports), dry_run, ARCHIVE)


def check(engine: Engine) -> None:
    """Raise SchemaNotOursError unless the published package made this database and left it at its last revision."""
    with _our_errors(engine), engine.connect() as connection:
        look(connection, _schema(connection))


def give_up(engine: Engine) -> bool:
    """End an adoption that was begun and not finished: the old tables are as they were. Whether there was one."""
    with _our_errors(engine), migrations.only_one(engine):
        return migrations.patiently(lambda: _drop_workshop(engine))


def _drop_workshop(engine: Engine) -> bool:
    with engine.begin() as connection:
        begun = _begun(connection)
        if begun:
            connection.execute(text(f"DROP SCHEMA {WORKSHOP} CASCADE"))
    return begun


@contextmanager
def _our_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translated(error, engine.url) from error


def _perform(engine: Engine, tell: Listener) -> Iterator[StepReport]:
    with engine.connect() as connection:
        schema = _schema(connection)
        begun = _begun(connection)
        look(connection, schema)
    if not begun:
        _in_a_transaction(engine, lambda connection: guard(connection, schema, set_up(connection, schema)))
    done = {report.step: report for report in _in_a_transaction(engine, _done)}
    for name, step in _in_a_transaction(engine, lambda connection: _steps(connection, schema)).items():
        report = done.get(name) or _in_a_transaction(engine, partial(_do, name, step))
        tell(report)
        yield report
    report = _in_a_transaction(engine, partial(swap, schema))
    tell(report)
    yield report


def _do(name: str, step: Step, connection: Connection) -> StepReport:
    report = step(connection)
    connection.execute(_NOTE, {"step": name, "report": report.as_dict()})
    return report


def _rehearse(engine: Engine, tell: Listener) -> Iterator[StepReport]:
    with engine.connect() as connection, connection.begin() as transaction:
        schema = _schema(connection)
        if _begun(connection):
            raise refusal(connection, "an adoption that was begun", "go on without a dry run, or give up first")
        set_up(connection, schema)
        for step in _steps(connection, schema).values():
            report = step(connection)
            tell(report)
            yield report
        transaction.rollback()


def _in_a_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    def attempt() -> T:
        with engine.begin() as connection:
            if _begun(connection):
                connection.execute(text(f"SET LOCAL search_path TO {WORKSHOP}"))
            connection.execute(text("SET LOCAL work_mem TO '256MB'"))
            return work(connection)

    return migrations.patiently(attempt)


def _schema(connection: Connection) -> str:
    # Where the search path finds the tables: not always its first schema.
    schema = connection.scalar(
        text("""
            SELECT coalesce((SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                             WHERE c.oid = to_regclass('alembic_version')), current_schema())""")
    )
    if schema is None:
        raise refusal(connection, "no schema that the search path finds", "GRANT USAGE ON SCHEMA public TO ...")
    return str(schema)


def _begun(connection: Connection) -> bool:
    if not exists(connection, WORKSHOP):
        return False
    if connection.scalar(text(f"SELECT to_regclass('{WORKSHOP}.adoption_step')")) is None:
        raise refusal(connection, f"a schema {WORKSHOP} that no adoption made", "rename or drop that schema")
    return True


def _done(connection: Connection) -> list[StepReport]:
    rows = connection.execute(text(f"SELECT report FROM {WORKSHOP}.adoption_step ORDER BY number"))
    return [StepReport(**report) for (report,) in rows]


def _steps(connection: Connection, schema: str) -> dict[str, Step]:
    """Every step between the first and the last one, by its name, in their order."""
    old, new = tables_in(connection, schema), tables_in(connection, WORKSHOP)
    copied = [name for name in in_order(new) if name in old and name not in NEW_TABLES]
    return {
        "spelling": lambda on: spelling.spell(on, schema),
        **{name: partial(_copy, schema, old[name], new[name]) for name in copied},
        "ledger of documents": ledger.enter,
    }


def _copy(schema: str, old: Table, new: Table, connection: Connection) -> StepReport:
    return copy(connection, schema, old, new)
