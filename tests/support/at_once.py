"""Many writers at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from support.databases import adapters
from support.transactions import Doing
from thoth.storages.graph import GraphDatabase


def tell_at_once(work: Sequence[Callable[[GraphDatabase], object]]) -> None:
    """Do each of these in a thread and with an adapter of its own, all at the same time."""
    barrier = threading.Barrier(len(work))

    def start(each: Callable[[GraphDatabase], object], adapter: GraphDatabase) -> None:
        barrier.wait(30)
        each(adapter)

    with adapters(len(work)) as connected:
        doing = [
            Doing(lambda each=each, adapter=adapter: start(each, adapter))  # type: ignore[misc]
            for each, adapter in zip(work, connected, strict=True)
        ]
        for one in doing:
            one.result(100)
