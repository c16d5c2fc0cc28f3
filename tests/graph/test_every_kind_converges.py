"""Documents of every kind, told by many at once or by one that is killed anywhere, end as one worker leaves them."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, event
from support.databases import adapters
from support.digests import wrong_digests
from support.documents import Document
from support.forks import all_at_once, start
from support.kinds import KINDS, Kind
from support.tables import difference, dump, empty, known, rows_of

from thoth.storages.graph import GraphDatabase
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.together import Told

PROCESSES = 8

Work = Callable[[], object]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest, graph: GraphDatabase) -> Kind:
    """A kind of document, in a graph that knows what its documents build on."""
    kind = KINDS[request.param]
    kind.prepare(graph)
    return kind


def tell_shuffled(kind: Kind, documents: list[Document], seed: int) -> None:
    """What one worker does, with an adapter of its own."""
    with adapters(1) as (adapter,):
        kind.tell(adapter, *random.Random(seed).sample(documents, len(documents)))


def settle(graph: GraphDatabase, kind: Kind) -> None:
    """Tell each document as a sync that comes later does, twice: the first may ask for some of them again."""
    kind.tell(graph, *kind.last(), *kind.last())


def start_again(graph: GraphDatabase, engine: Engine, kind: Kind) -> None:
    """Go back to a graph that knows what the documents of this kind build on, and nothing else."""
    empty(engine)
    kind.prepare(graph)


def odd_digests(engine: Engine) -> Counter[str]:
    """{table: rows whose digest is not theirs}: only locks of which a package was not solved, which is not in them."""
    odd = Counter(table for table, _ in wrong_digests(engine))
    assert odd.keys() <= {"python_requirements_lock"}
    return odd


def deadlocks(engine: Engine) -> int:
    time.sleep(0.3)  # backends report when they end
    statement = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return int(rows_of(engine, statement)[0][0])


# --- Many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_eight_processes_end_with_what_one_worker_writes(graph: GraphDatabase, engine: Engine, kind: Kind) -> None:
    kind.tell(graph, *kind.all())
    settle(graph, kind)
    expected, digests = known(dump(engine)), odd_digests(engine)
    start_again(graph, engine, kind)
    for documents in (kind.all(), kind.last()):
        all_at_once([partial(tell_shuffled, kind, documents, seed) for seed in range(PROCESSES)])
    settle(graph, kind)
    assert difference(known(dump(engine)), expected) == {}
    assert odd_digests(engine) == digests
    assert deadlocks(engine) == 0


# --- One that is killed ----------------------------------------------------------------------------------------------


def fingerprints(engine: Engine) -> dict[str, str]:
    """{table: a digest of all of its rows, with everything that is in them}; tables without a page are left out."""
    in_use = """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND pg_relation_size(oid) > 0"""
    each = (
        f"SELECT '{table}', md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t"
        for (table,) in rows_of(engine, in_use)
    )
    return {row[0]: row[1] for row in rows_of(engine, " UNION ALL ".join(each)) if row[1] is not None}


class Steps:
    """The statements and commits of an adapter, counted."""

    def __init__(self, graph: GraphDatabase, last: int | None = None) -> None:
        """Kill this process before the last one."""
        self.number = 0
        self._last = last
        self._engine = graph._connected_engine()
        for name in _STEPS:
            event.listen(self._engine, name, self._step)

    def _step(self, *_anything: Any) -> None:
        self.number += 1
        if self.number == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def forget(self) -> None:
        for name in _STEPS:
            event.remove(self._engine, name, self._step)


_STEPS = ("before_cursor_execute", "commit")


def steps_of(graph: GraphDatabase, work: Work) -> int:
    """Do the work, and say how many steps it took."""
    steps = Steps(graph)
    work()
    steps.forget()
    return steps.number


def is_killed(graph: GraphDatabase, work: Work, step: int) -> bool:
    """Do the work in a child that is killed before this step; whether it came so far."""

    def child() -> None:
        Steps(graph, step)
        work()
        os._exit(0)  # as good as killed: nothing is closed

    code = start(child).result()
    assert code in (0, -signal.SIGKILL)
    return code != 0


def killed_everywhere(graph: GraphDatabase, engine: Engine, steps: int, work: Work) -> None:
    """Killed before any of its steps, the work has done nothing that can be seen; afterwards it is done whole."""
    before = fingerprints(engine)
    for step in range(1, steps + 1):
        assert is_killed(graph, work, step), f"step {step}"
    after = fingerprints(engine)
    assert {table for table in before | after if after.get(table) != before.get(table)} == set()
    assert not is_killed(graph, work, steps + 1)


def test_a_new_document_is_wholly_in_or_wholly_out_wherever_its_writer_is_killed(
    graph: GraphDatabase, engine: Engine, kind: Kind
) -> None:
    tell = partial(kind.tell, graph, kind.last()[0])
    steps = steps_of(graph, tell)
    assert steps > 3
    expected = dump(engine)
    start_again(graph, engine, kind)
    killed_everywhere(graph, engine, steps, tell)
    assert difference(dump(engine), expected) == {}
    tell()
    assert difference(dump(engine), expected) == {}


@pytest.mark.slow
def test_a_document_that_changed_is_wholly_the_old_or_the_new_one_wherever_its_writer_is_killed(
    graph: GraphDatabase, engine: Engine, kind: Kind
) -> None:
    *earlier, last = next(contents for contents in kind.contents() if len(contents) > 1)
    tell = partial(kind.tell, graph, last)
    kind.tell(graph, *earlier)
    steps = steps_of(graph, tell)
    assert steps > 3
    expected = dump(engine)
    start_again(graph, engine, kind)
    kind.tell(graph, *earlier)
    killed_everywhere(graph, engine, steps, tell)
    assert difference(dump(engine), expected) == {}
    tell()
    assert difference(dump(engine), expected) == {}


@pytest.mark.slow
def test_each_of_documents_that_are_told_together_is_in_or_out_wherever_the_writer_is_killed(
    graph: GraphDatabase, engine: Engine
) -> None:
    kind = KINDS[DocumentKindEnum.SOLVER]
    wholes = [dump(engine)]  # after no document, after one, after two ...
    for document in kind.last():
        kind.tell(graph, document)
        wholes.append(dump(engine))
    empty(engine)
    told = [Told(document) for document in kind.last()]
    work = partial(graph.sync_results, DocumentKindEnum.SOLVER, told)
    before, step = fingerprints(engine), 1
    while is_killed(graph, work, step):
        after = fingerprints(engine)
        if after != before:
            assert any(difference(known(dump(engine)), known(whole)) == {} for whole in wholes), f"step {step}"
            before = after
        step += 1
    assert step > 3
    assert difference(known(dump(engine)), known(wholes[-1])) == {}
    assert work() == [False] * len(told)


def test_every_kind_of_document_that_can_be_told_is_looked_at() -> None:
    methods = {name for name in dir(GraphDatabase) if name.startswith("sync_") and name.endswith("_result")}
    assert {kind.method for kind in KINDS.values()} == methods
