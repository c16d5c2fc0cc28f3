"""Walking the dependency graph: level by level, many roots at once, every package version asked about once.

What a level needs is asked for in one go. Measured per root (211 nodes, 6,397 edges): a query for each node 306 ms,
a recursive statement 24 ms, level by level 7.9 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from itertools import chain, repeat
from operator import itemgetter

from ..cache_entries import Pinned, pinned, unpinned

PackageTuple = tuple[str, str, str | None]
"""A package's name, its version, the URL of its index; None for a version that was not solved on any."""

DependencyEdge = tuple[PackageTuple, PackageTuple]

Extras = Collection[str | None] | None
"""The extras whose dependencies count, None in it stands for those of no extra; None instead of it for all."""

Node = Mapping[str | None, Sequence[Pinned]]
"""What is known of a package version: each index that it was solved on, with what it requires there, each once, by
name and version. Empty: nothing."""

Fetch = Callable[[Set[Pinned], Extras], Mapping[Pinned, Node]]

_Package = tuple[PackageTuple, Sequence[Pinned]]
"""A package version on one index, and what it requires there."""


class _Places(dict[Pinned, list[PackageTuple]]):
    """Where edges to package versions lead; what is looked up for the first time is new: it leads nowhere yet."""

    def __init__(self) -> None:
        super().__init__()
        self.new: list[Pinned] = []

    def __missing__(self, key: Pinned) -> list[PackageTuple]:
        self.new.append(key)
        places = self[key] = []
        return places


def _firsts(places: Iterable[list[PackageTuple]]) -> Iterator[PackageTuple]:
    """All of them, where each list has one: an iterator less for each edge."""
    return map(itemgetter(0), places)


class _Walk:
    """The walk from one root; a package on an index is left through its edges once, so that cycles end."""

    def __init__(self, root: PackageTuple) -> None:
        self._root = root
        self.key = pinned(*root[:2])
        self._node: Node = {}
        self._seen: set[PackageTuple] = set()
        self._places = _Places()
        self._leads_to_several = False
        self._steps: list[tuple[PackageTuple, list[list[PackageTuple]]]] = []
        self.edges: list[DependencyEdge] = []

    def begin(self, node: Node) -> None:
        """Stand on the root, which requires this: on the index that was named, or on each."""
        name, version, wanted = self._root
        self._node = node
        self._look_from([((name, version, url), node[url]) for url in node if wanted in (None, url)])

    def needed(self) -> Collection[Pinned]:
        """What must be known before the next step."""
        return self._places.new

    def advance(self, graph: Mapping[Pinned, Node]) -> bool:
        """Take a step: follow every edge from where we stand. False where there is nowhere left to go."""
        reached = self._reached(graph)
        targets = chain.from_iterable if self._leads_to_several else _firsts
        for package, places in self._steps:
            self.edges.extend(zip(repeat(package), targets(places), strict=False))
        self._look_from([one for one in reached if one[0] not in self._seen])
        return bool(self._steps)

    def _reached(self, graph: Mapping[Pinned, Node]) -> list[_Package]:
        """The packages that are new to this walk; one that was not solved ends it, on index None."""
        reached: list[_Package] = []
        for key in self._places.new:
            name, version = unpinned(key)
            places = self._places[key]
            for index_url, required in (self._node if key == self.key else graph[key]).items():
                place = (name, version, index_url)
                places.append(place)
                reached.append((place, required))
            if not places:
                places.append((name, version, None))
            self._leads_to_several = self._leads_to_several or len(places) > 1
        self._places.new = []
        return reached

    def _look_from(self, packages: list[_Package]) -> None:
        # One look-up for each edge is all it takes: closures have tens of thousands.
        place_of = self._places.__getitem__
        self._steps = [(package, list(map(place_of, required))) for package, required in packages]
        self._seen.update(package for package, _required in packages)


def walk(
    roots: Iterable[PackageTuple], fetch: Fetch, extras: Extras = None
) -> dict[PackageTuple, list[DependencyEdge]]:
    """The edges that are reached from each root, nearest first.

    The extras narrow what the roots themselves require; further on every dependency counts. A dependency that was
    solved on several indexes is followed on each; one that was not solved ends the walk, on index None.
    """
    walks = {root: _Walk(root) for root in roots}
    # A name with a = in it is none, and must not be taken for another's version.
    active = [one for root, one in walks.items() if "=" not in root[0]]
    found = fetch({one.key for one in active}, extras) if active else {}
    for one in active:
        one.begin(found[one.key])
    graph = dict(found) if extras is None else {}
    while active:
        needed = {key for one in active for key in one.needed() if key != one.key} - graph.keys()
        if needed:
            graph.update(fetch(needed, None))
        active = [one for one in active if one.advance(graph)]
    return {root: one.edges for root, one in walks.items()}
