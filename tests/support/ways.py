"""The ways in which documents get into the graph, to be measured beside each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from support import row_by_row
from support.copied_rows import Before, Lines, copy_in, number_of_rows, prepared
from support.documents import Document, id_of
from support.durable import DurableServer
from support.synthetic import analyses, solver_documents
from support.wire import Wire
from thoth.storages.graph import GraphCache, GraphDatabase
from thoth.storages.graph.documents import analysis, solver
from thoth.storages.graph.engine import make_engine
from thoth.storages.graph.enums import DocumentKindEnum
from thoth.storages.graph.together import Told
from thoth.storages.sync import sync_analysis_documents, sync_solver_documents

Work = Callable[[], object]

BATCH = 100
"""Documents that are told together."""


@dataclass(frozen=True)
class Kind:
    """How documents of a kind are made, read and written."""

    kind: DocumentKindEnum
    make: Callable[..., list[Document]]
    parse: Callable[[Document], Any]
    sync: Callable[..., None]
    sync_files: Callable[..., Any]
    write_row_by_row: Callable[[Session, Any], None]


SOLVER = Kind(
    DocumentKindEnum.SOLVER,
    solver_documents,
    solver.parse,
    GraphDatabase.sync_solver_result,
    sync_solver_documents,
    row_by_row.write_solver,
)
ANALYSIS = Kind(
    DocumentKindEnum.ANALYSIS,
    analyses,
    analysis.parse,
    GraphDatabase.sync_analysis_result,
    sync_analysis_documents,
    row_by_row.write_analysis,
)


@dataclass(frozen=True)
class Target:
    """A database to write to, and an adapter that is connected to it."""

    engine: Engine
    graph: GraphDatabase
    wire: Wire


@contextmanager
def target_at(url: URL) -> Iterator[Target]:
    engine = make_engine(url)
    wire = Wire(engine)
    graph = GraphDatabase(engine, cache=GraphCache())
    try:
        yield Target(engine, graph, wire)
    finally:
        graph.disconnect()


@dataclass
class Corpus:
    """Documents of one size, and what a graph knows before it is told them."""

    name: str
    kind: Kind
    size: int
    number: int
    few: int
    """So many of them are written row by row."""
    server: DurableServer
    background: URL
    directory: Path
    warm: int = 6
    """So many other documents are told first, so that nothing is measured that happens once in an adapter's life."""

    @cached_property
    def documents(self) -> list[Document]:
        return self.kind.make(self.number, self.size)

    @cached_property
    def others(self) -> list[Document]:
        return self.kind.make(self.warm, min(self.size, 800), seed=1)

    @cached_property
    def paths(self) -> list[str]:
        self.directory.mkdir()
        paths = [self.directory / f"{id_of(document)}.json" for document in self.documents]
        for path, document in zip(paths, self.documents, strict=True):
            path.write_text(json.dumps(document))
        return [str(path) for path in paths]

    @cached_property
    def rows(self) -> list[Lines]:
        """The rows that each document makes, when all of them are told one after the other."""
        with self.server.database("source", self.background) as url, target_at(url) as target:
            before = Before(target.engine)
            for document in self.documents:
                self.kind.sync(target.graph, document)
            found = before.rows_since([id_of(document) for document in self.documents])
            target.engine.dispose()
            return found

    def number_of_rows(self, documents: int) -> int:
        """Of the first so many documents."""
        return number_of_rows(self.rows[:documents])


@dataclass(frozen=True)
class Way:
    """A way to write documents: what it does before it is measured gives what is measured."""

    name: str
    prepare: Callable[[Target, Corpus], Work]
    only_few: bool = False

    def documents(self, corpus: Corpus) -> int:
        return min(corpus.few, corpus.number) if self.only_few else corpus.number


def told_one_by_one(target: Target, kind: Kind, documents: list[Document], *, force: bool = False) -> None:
    for document in documents:
        kind.sync(target.graph, document, force=force)


def told_in_bulk(target: Target, kind: Kind, documents: list[Document], *, force: bool = False) -> None:
    for start in range(0, len(documents), BATCH):
        told = [Told(document) for document in documents[start : start + BATCH]]
        results = target.graph.sync_results(kind.kind, told, force=force)
        failed = [result for result in results if isinstance(result, Exception)]
        assert not failed, failed


def _warm_up(target: Target, corpus: Corpus) -> None:
    others = corpus.others
    told_one_by_one(target, corpus.kind, others[:3])
    told_in_bulk(target, corpus.kind, others[3:])
    told_one_by_one(target, corpus.kind, others[:2], force=True)
    told_in_bulk(target, corpus.kind, others[2:4], force=True)


_Tell = Callable[..., None]


def _telling(tell: _Tell, *, again: bool = False, force: bool = False) -> Callable[[Target, Corpus], Work]:
    def prepare(target: Target, corpus: Corpus) -> Work:
        _warm_up(target, corpus)
        if again:
            told_in_bulk(target, corpus.kind, corpus.documents)
        documents = corpus.documents
        return lambda: tell(target, corpus.kind, documents, force=force)

    return prepare


def _files(target: Target, corpus: Corpus) -> Work:
    _warm_up(target, corpus)
    paths = corpus.paths
    return lambda: corpus.kind.sync_files(paths, graph=target.graph, is_local=True)


def _row_by_row(target: Target, corpus: Corpus) -> Work:
    def write(documents: list[Document]) -> None:
        for document in documents:
            with Session(target.engine) as session, session.begin():
                corpus.kind.write_row_by_row(session, corpus.kind.parse(document))

    if corpus.warm:
        write(corpus.kind.make(1, min(corpus.size, 100), seed=1))
    documents = corpus.documents[: corpus.few]
    return lambda: write(documents)


def _copying(*, one_commit: bool) -> Callable[[Target, Corpus], Work]:
    def prepare(target: Target, corpus: Corpus) -> Work:
        rows = [prepared(lines) for lines in corpus.rows]
        with target.engine.connect():
            pass
        return lambda: copy_in(target.engine, rows, one_commit=one_commit)

    return prepare


ROW_BY_ROW = Way("row by row: SELECT, INSERT", _row_by_row, only_few=True)
COPY = Way("COPY, a commit each", _copying(one_commit=False))
COPY_AT_ONCE = Way("COPY, one commit for all", _copying(one_commit=True))
WAYS = (
    Way("first sync, one at a time", _telling(told_one_by_one)),
    Way("first sync, in bulk", _telling(told_in_bulk)),
    Way("first sync, from files", _files),
    Way("known again, one at a time", _telling(told_one_by_one, again=True)),
    Way("known again, in bulk", _telling(told_in_bulk, again=True)),
    Way("forced again, one at a time", _telling(told_one_by_one, again=True, force=True)),
    Way("forced again, in bulk", _telling(told_in_bulk, again=True, force=True)),
    ROW_BY_ROW,
    COPY,
    COPY_AT_ONCE,
)
