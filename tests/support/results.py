"""What was measured, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from support.ways import COPY, COPY_AT_ONCE, ROW_BY_ROW, WAYS

_HEAD = (
    "documents",
    "ms each",
    "documents/s",
    "rows/s",
    "statements",
    "round trips",
    "x by row",
    "x COPY",
    "x one COPY",
    "writing",
    "x COPY's",
)


@dataclass(frozen=True)
class Result:
    """How fast one way was with documents of one size; statements and round trips are those of one document.

    Writing is what waiting for INSERT, UPDATE, DELETE, COPY and COMMIT took of the seconds.
    """

    corpus: str
    way: str
    documents: int
    rows: int
    seconds: float
    statements: float
    round_trips: float
    writing_seconds: float

    @property
    def rate(self) -> float:
        """Documents in a second."""
        return self.documents / self.seconds


def table(results: Iterable[Result]) -> Iterator[str]:
    """Lines of a table: sizes in the order of their first result, ways in that of WAYS; the best round of each."""
    by_corpus: dict[str, dict[str, Result]] = {}
    for result in results:
        by_way = by_corpus.setdefault(result.corpus, {})
        by_way[result.way] = min(result, by_way.get(result.way, result), key=lambda one: one.seconds)
    widths = [30, *(max(9, len(title)) for title in _HEAD)]
    for corpus, by_way in by_corpus.items():
        yield _line((corpus, *_HEAD), widths)
        for way in WAYS:
            if way.name in by_way:
                yield _line((f"  {way.name}", *_cells(by_way[way.name], by_way)), widths)


def _cells(result: Result, by_way: Mapping[str, Result]) -> Iterator[str]:
    yield f"{result.documents}"
    yield f"{1000 / result.rate:,.2f}"
    yield f"{result.rate:,.1f}"
    yield f"{result.rows / result.seconds:,.0f}"
    yield f"{result.statements:,.1f}"
    yield f"{result.round_trips:,.1f}"
    for other in (ROW_BY_ROW, COPY, COPY_AT_ONCE):
        yield f"{result.rate / by_way[other.name].rate:,.2f}" if other.name in by_way else ""
    writing = result.writing_seconds / result.documents
    yield f"{1000 * writing:,.2f}"
    copied = by_way.get(COPY_AT_ONCE.name)
    yield f"{writing / copied.writing_seconds * copied.documents:,.2f}" if copied else ""


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return f"{first[0]:{first[1]}}" + "".join(f"  {cell:>{width}}" for cell, width in others)


def question_table(times: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Lines of a table of {question: {way: seconds}}, in the order of the questions."""
    widths = [72, 10, 10, 6, 8]
    yield _line(("", "psycopg2", "library", "ratio", "memory"), widths)
    for name, by_way in sorted(times.items()):
        alone, ours, memory = (by_way.get(way, 0.0) * 1e6 for way in ("psycopg2 alone", "PostgreSQL", "memory"))
        ratio = f"{ours / alone:.2f}" if alone else ""
        yield _line((name[4:], f"{alone:,.0f}", f"{ours:,.0f}", ratio, f"{memory:,.0f}" if memory else ""), widths)
