"""What thoth-storages bench measures: each thing beside what it cannot be faster than, in the same run."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import event

from ..graph.enums import DocumentKindEnum
from ..graph.models import Base
from ..graph.postgres import GraphDatabase
from ..graph.together import Told
from .demo import ENVIRONMENT, PACKAGE, document_paths

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

Document = dict[str, Any]
Work = Callable[[], object]

BATCH = 100  # documents that are told together
_SECONDS = 0.25  # that a question is asked again and again
_NAMES = ("package_name", "normalized_package_name")


class Measured(NamedTuple):
    """How long something takes, and how long that which bounds it does; both in seconds, for the same work."""

    topic: str
    what: str
    seconds: float
    bound: str | None = None
    bound_seconds: float | None = None
    rate: str | None = None
    """The same as people compare it, such as documents in a second."""

    @property
    def ratio(self) -> float | None:
        """How many times as long as its bound it takes."""
        return self.seconds / self.bound_seconds if self.bound_seconds else None


# --- Documents -------------------------------------------------------------------------------------------------------


def documents(copies: int) -> list[Document]:
    """The solver documents that this library brings along, so many times, each time about packages of other names."""
    real = [json.loads(Path(path).read_bytes()) for path in document_paths()]
    return [_renamed(document, copy) for copy in range(copies) for document in real]


def _renamed(document: Document, copy: int) -> Document:
    """The document as it would be of other packages; the first copy is the document itself."""
    if copy == 0:
        return document
    other: Document = json.loads(json.dumps(document))
    other["metadata"]["document_id"] = f"{document['metadata']['document_id'][:-4]}{copy:04x}"
    for package in other["result"]["tree"]:
        for place in (package, *(package.get("dependencies") or ())):
            place.update({name: f"{place[name]}-{copy}" for name in _NAMES if place.get(name)})
    return other


# --- Syncing ---------------------------------------------------------------------------------------------------------


def measure_syncing(graph: GraphDatabase, url: URL, copies: int) -> Iterator[Measured]:
    """One at a time, again, together; the first of the two halves of the documents is told each way."""
    told = documents(2 * copies)
    one_by_one, together = told[: len(told) // 2], told[len(told) // 2 :]
    before = _transaction(url)
    seconds = _once(lambda: _tell_one_by_one(graph, one_by_one))
    bound = _copying(url, before) + _committing(url, len(one_by_one))
    yield _synced("first time, one at a time", len(one_by_one), seconds, "COPY of the rows, and as many commits", bound)
    again = _once(lambda: _tell_one_by_one(graph, one_by_one))
    yield _synced("again, nothing changed", len(one_by_one), again)
    before = _transaction(url)
    seconds = _once(lambda: _tell_together(graph, together))
    yield _synced(f"first time, {BATCH} together", len(together), seconds, "COPY of the rows", _copying(url, before))


def _tell_one_by_one(graph: GraphDatabase, told: list[Document]) -> None:
    for document in told:
        graph.sync_solver_result(document)


def _tell_together(graph: GraphDatabase, told: list[Document]) -> None:
    for start in range(0, len(told), BATCH):
        batch = [Told(document, None) for document in told[start : start + BATCH]]
        for outcome in graph.sync_results(DocumentKindEnum.SOLVER, batch):
            if isinstance(outcome, Exception):
                raise outcome


def _synced(
    what: str, number: int, seconds: float, bound: str | None = None, bound_seconds: float | None = None
) -> Measured:
    return Measured("syncing", what, seconds, bound, bound_seconds, f"{number / seconds:,.0f} documents/s")


# --- COPY of the same rows -------------------------------------------------------------------------------------------


def _transaction(url: URL) -> int:
    """The number of a transaction: rows that are written from now on have it or a greater one."""
    with _driver(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _copying(url: URL, since: int) -> float:
    """Seconds for COPY of the rows that were written since, into tables with the same indexes, and for the commit."""
    names = [table.name for table in Base.metadata.sorted_tables]
    with _driver(url) as connection, connection.cursor() as cursor:
        lines = {name: io.StringIO() for name in names}
        for name in names:
            written = f"SELECT * FROM {name} WHERE xmin::text::bigint >= {since}"  # noqa: S608 (a name of ours)
            cursor.copy_expert(f"COPY ({written}) TO STDOUT", lines[name])
            cursor.execute(f"CREATE TABLE copied_{name} (LIKE {name} INCLUDING ALL)")
        connection.commit()
        began = time.perf_counter()
        for name, text in lines.items():
            text.seek(0)
            cursor.copy_expert(f"COPY copied_{name} FROM STDIN", text)
        connection.commit()
        seconds = time.perf_counter() - began
        cursor.execute("; ".join(f"DROP TABLE copied_{name}" for name in names))
        connection.commit()
        return seconds


def _committing(url: URL, times: int) -> float:
    """Seconds for so many transactions of one row each."""
    with _driver(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE committed (number int)")
        connection.commit()
        began = time.perf_counter()
        for number in range(times):
            cursor.execute("INSERT INTO committed VALUES (%s)", (number,))
            connection.commit()
        seconds = time.perf_counter() - began
        cursor.execute("DROP TABLE committed")
        connection.commit()
        return seconds


def _driver(url: URL) -> Any:
    """A connection of psycopg2's own, which is closed at the end of a with-block."""
    import psycopg2

    return closing(psycopg2.connect(**url.translate_connect_args(username="user", database="dbname")))


# --- Questions -------------------------------------------------------------------------------------------------------

_AT = dict(zip(("package_name", "package_version", "index_url"), PACKAGE, strict=True))
_QUESTIONS: dict[str, dict[str, Any]] = {
    "get_depends_on": {**_AT, **ENVIRONMENT},
    "get_python_package_version_records": {**_AT, **ENVIRONMENT},
    "has_python_solver_error": {**_AT, **ENVIRONMENT},
    "get_python_package_hashes_sha256": _AT,
    "get_python_cve_records_all": {"package_name": PACKAGE[0], "package_version": PACKAGE[1]},
    "get_solved_python_package_versions_all": {"package_name": PACKAGE[0], **ENVIRONMENT},
    "python_package_version_exists": _AT,
    "retrieve_transitive_dependencies_python": {**_AT, **ENVIRONMENT},
}


def measure_questions(graph: GraphDatabase, url: URL) -> Iterator[Measured]:
    """What a resolver asks: of PostgreSQL beside psycopg2 alone with the same statements, and from memory."""
    with _driver(url) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name, arguments in _QUESTIONS.items():
                ask = _asking(graph, name, arguments)
                sent = _statements(graph, ask)
                alone = _best(lambda sent=sent: [(cursor.execute(*one), cursor.fetchall()) for one in sent])  # type: ignore[misc]
                seconds = _best(ask)
                yield Measured("PostgreSQL", name, seconds, "psycopg2 alone, the same statements", alone)
    for name in ("get_depends_on", "retrieve_transitive_dependencies_python"):
        seconds = _best(_asking(graph, name, _QUESTIONS[name], forget=False))
        yield Measured("from memory", name, seconds)


def measure_cache(graph: GraphDatabase, cache_file: str) -> Iterator[Measured]:
    """Making a graph cache of everything, and asking it alone."""
    names = sorted({name for name, _, _ in graph.get_solved_python_package_versions_all(count=None)})
    summary: dict[str, Any] = {}
    seconds = _once(lambda: summary.update(graph.create_graph_cache(cache_file, names)))
    rate = f"{summary['package_versions'] / seconds:,.0f} package versions/s"
    yield Measured("cache file", "making it, of everything", seconds, rate=rate)
    offline = GraphDatabase.offline(cache_file)
    for name in ("get_depends_on", "retrieve_transitive_dependencies_python"):
        yield Measured("cache file", name, _best(_asking(offline, name, _QUESTIONS[name])))
    offline.disconnect()


def _asking(graph: GraphDatabase, name: str, arguments: dict[str, Any], *, forget: bool = True) -> Work:
    def ask() -> object:
        if forget:
            graph.cache_clear()
        return getattr(graph, name)(**arguments)

    return ask


def _statements(graph: GraphDatabase, ask: Work) -> list[tuple[str, Any]]:
    """What a question has PostgreSQL execute: each statement, whole, and its parameters."""
    found: list[tuple[str, Any]] = []
    engine = graph._connected_engine()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return found


# --- Starting --------------------------------------------------------------------------------------------------------


def measure_starting(url: URL) -> Iterator[Measured]:
    """Importing the library beside SQLAlchemy alone, in CPU seconds; connecting beside the driver's own connect."""
    ours, alone = (_importing(what) for what in ("from thoth.storages import GraphDatabase", "import sqlalchemy.orm"))
    yield Measured("starting", "from thoth.storages import GraphDatabase", ours, "import sqlalchemy.orm", alone)

    def connect() -> None:
        graph = GraphDatabase()
        graph.connect()
        graph.disconnect()

    def connect_alone() -> None:
        with _driver(url):
            pass

    yield Measured("starting", "connect()", _best(connect), "psycopg2.connect()", _best(connect_alone))


def _importing(what: str) -> float:
    """CPU seconds of a Python that does nothing else; the least of three."""
    code = f"{what}\nimport time; print(time.process_time())"
    return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3))


# --- Clocks ----------------------------------------------------------------------------------------------------------


def _once(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _best(work: Work) -> float:
    """Seconds of the quickest of many times: what is slower was held up by something else."""
    for _ in range(7):  # the server keeps a plan from the sixth time on
        work()
    end = time.perf_counter() + _SECONDS
    best = _once(work)
    while time.perf_counter() < end:
        best = min(best, _once(work))
    return best
