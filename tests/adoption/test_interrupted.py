"""Whatever ends an adoption, it is gone on with where it stood, or given up, and then nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import DBAPIError
from support.databases import drop_database, unused
from support.published import described, make_published
from support.rows import all_rows
from support.tables import dump, rows_of, run
from support.transactions import Doing, wait_for

from thoth.storages.exceptions import DatabaseError
from thoth.storages.graph.adoption import AdoptionReport, StepReport, adopt, give_up
from thoth.storages.graph.engine import make_maintenance_engine

pytestmark = pytest.mark.slow


class Stopped(Exception):
    pass


def stop_after(steps: int) -> Callable[[StepReport], None]:
    """A listener that ends the adoption after some steps."""
    told: list[StepReport] = []

    def tell(step: StepReport) -> None:
        told.append(step)
        if len(told) == steps:
            raise Stopped

    return tell


def begin(engine: Engine, steps: int) -> None:
    with pytest.raises(Stopped):
        adopt(engine, tell=stop_after(steps))


def finished_at(engine: Engine) -> dict[str, object]:
    statement = "SELECT step, finished_at FROM thoth_storages_adoption.adoption_step"
    return {row.step: row.finished_at for row in rows_of(engine, statement)}


@pytest.fixture(scope="module")
def uninterrupted(server: URL) -> tuple[object, object, AdoptionReport]:
    """(rows, catalogue, report) of an adoption that nothing interrupted."""
    url = unused(server, "uninterrupted")
    make_published(server, url)
    engine = make_maintenance_engine(url)
    try:
        report = adopt(engine)
        return dump(engine), described(engine), report
    finally:
        drop_database(server, url)


def test_an_adoption_that_is_stopped_again_and_again_ends_like_any_other(
    populated: URL, engine: Engine, uninterrupted: tuple[object, object, AdoptionReport]
) -> None:
    rows, catalogue, report = uninterrupted
    done: dict[str, object] = {}
    for steps in range(1, len(report.steps), 16):
        begin(engine, steps)
        now = finished_at(engine)
        assert done.items() <= now.items()
        assert len(now) == steps
        done = now
    resumed = adopt(engine)
    assert resumed == report
    assert (dump(engine), described(engine)) == (rows, catalogue)


@pytest.mark.parametrize("steps", [1, 40])
def test_an_adoption_that_is_given_up_leaves_nothing_and_can_begin_anew(
    populated: URL, engine: Engine, steps: int
) -> None:
    before = (described(engine), all_rows(engine))
    begin(engine, steps)
    with pytest.raises(DBAPIError, match="no changes to table"):
        run(engine, "DELETE FROM advised")
    assert give_up(engine)
    assert (described(engine), all_rows(engine)) == before
    assert not give_up(engine)
    run(engine, "UPDATE cve SET details = 'changed meanwhile'")
    if steps == 40:
        adopt(engine)
        assert rows_of(engine, "SELECT DISTINCT details FROM cve") == [("changed meanwhile",)]


def test_a_server_that_ends_our_sessions_leaves_what_is_done(
    populated: URL, engine: Engine, uninterrupted: tuple[object, object, AdoptionReport]
) -> None:
    rows, catalogue, _ = uninterrupted
    begin(engine, 20)
    # The next step waits for this lock, so that it is ended in its middle.
    with engine.connect() as other:
        other.execute(text("LOCK TABLE public.python_package_version_entity IN ACCESS EXCLUSIVE MODE"))
        adopting = Doing(lambda: adopt(make_maintenance_engine(populated)))
        others = "datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'"
        waiting = f"SELECT pid FROM pg_stat_activity WHERE {others}"
        with make_maintenance_engine(populated).connect() as watching:
            watcher = watching.execution_options(isolation_level="AUTOCOMMIT")
            wait_for(lambda: bool(watcher.execute(text(waiting)).all()), "the adoption waits")
            watcher.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        with pytest.raises(DatabaseError):
            adopting.result()
    adopt(engine)
    assert (dump(engine), described(engine)) == (rows, catalogue)


def test_a_process_that_is_killed_leaves_what_is_done(
    populated: URL, engine: Engine, uninterrupted: tuple[object, object, AdoptionReport]
) -> None:
    rows, catalogue, report = uninterrupted
    code = (
        "from thoth.storages.graph.engine import connection_url, make_maintenance_engine;"
        "from thoth.storages.graph.adoption import adopt;"
        "adopt(make_maintenance_engine(connection_url()), tell=lambda step: print(step.step, flush=True))"
    )
    for steps in (1, 30, 60):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(steps):
            assert process.stdout.readline()
        time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert adopt(engine).steps[1:] == report.steps[1:]
    assert (dump(engine), described(engine)) == (rows, catalogue)
