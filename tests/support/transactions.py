"""Things that happen at the same time: threads, and transactions that wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from support.documents import Document
from support.tables import rows_of
from thoth.storages.embedded.processes import wait_until
from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.documents.solver import parse
from thoth.storages.graph.writers import solver as solver_writer


@contextmanager
def locked(engine: Engine, statement: str) -> Iterator[Any]:
    """A transaction of somebody else that did this and is not over; commit it or leave."""
    with engine.connect() as connection:
        connection.execute(text(statement))
        yield connection


def waiting_pids(engine: Engine) -> list[int]:
    """The backends of this database that wait for a lock."""
    statement = """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    return [row[0] for row in rows_of(engine, statement)]


def wait_for(holds: Callable[[], bool], what: str) -> None:
    assert wait_until(holds, 10), f"never: {what}"


class Doing(threading.Thread):
    """Something done at the same time; result() gives its outcome or raises what it raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._error = error

    def result(self, seconds: float = 30) -> None:
        self.join(seconds)
        assert not self.is_alive(), "still running"
        if self._error is not None:
            raise self._error


def while_it_is_written(
    graph: GraphDatabase,
    engine: Engine,
    document: Document,
    work: Callable[[], object],
    end: Callable[[Session], None] = Session.commit,
) -> None:
    """Begin to write the document, do the work until it waits for that, end the writing, finish the work."""
    with Session(graph._connected_engine()) as session:
        assert solver_writer.write(session, parse(document)) is True
        doing = Doing(work)
        wait_for(lambda: bool(waiting_pids(engine)), "the work waits for the writer")
        end(session)
    doing.result()
