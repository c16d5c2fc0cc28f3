"""How fast documents are synced, beside row by row and COPY: pytest tests/benchmarks --benchmark-only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from support.results import Result
from support.ways import WAYS, Corpus, Target, Way, target_at

SIZES = ("10 edges", "100 edges", "5,000 edges", "800 packages")


@pytest.fixture
def fresh() -> Iterator[ExitStack]:
    """What is made for one measurement, and goes away after it."""
    with ExitStack() as stack:
        yield stack


def _fresh_target(stack: ExitStack, corpus: Corpus) -> Target:
    url = stack.enter_context(corpus.server.database("measured", corpus.background))
    return stack.enter_context(target_at(url))


@pytest.mark.benchmark
@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.replace(" ", "-"))
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name.replace(" ", "-"))
def test_speed(
    size: str,
    round_: int,
    way: Way,
    corpora: dict[str, Corpus],
    fresh: ExitStack,
    benchmark: BenchmarkFixture,
    results: list[Result],
) -> None:
    if round_ > 0 and way.only_few:
        pytest.skip("takes long, and the first round says enough")
    corpus, number = corpora[size], way.documents(corpora[size])
    target = _fresh_target(fresh, corpus)
    work = way.prepare(target, corpus)
    target.wire.reset()
    benchmark.group = size
    benchmark.pedantic(work, rounds=1)
    result = Result(
        corpus=size,
        way=way.name,
        documents=number,
        rows=corpus.number_of_rows(number),
        seconds=benchmark.stats.stats.min,
        statements=target.wire.statements / number,
        round_trips=target.wire.round_trips / number,
        writing_seconds=target.wire.writing_seconds,
    )
    benchmark.extra_info.update(asdict(result))
    results.append(result)
