"""Walking a graph level by level, against a naive walk."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from thoth.storages.graph.cache_entries import Pinned, pinned, unpinned
from thoth.storages.graph.queries.closure import Extras, Node, PackageTuple, walk

Pair = tuple[str, str]

_PAIRS = [(name, version) for name in "abcd" for version in "12"]
_INDEXES = st.sampled_from(["i", "j", None])
_requirements = st.lists(
    st.tuples(st.sampled_from([None, "x", "y"]), st.sampled_from(_PAIRS)), max_size=4, unique=True
).map(tuple)
graphs = st.dictionaries(st.sampled_from(_PAIRS), st.dictionaries(_INDEXES, _requirements, min_size=1, max_size=3))
roots = st.tuples(st.sampled_from(_PAIRS), _INDEXES).map(lambda root: (*root[0], root[1]))
extras_ = st.none() | st.frozensets(st.sampled_from([None, "x", "y", "z"]))

Graph = Mapping[Pair, Mapping[str | None, tuple[tuple[str | None, Pair], ...]]]
"""{package version: {index: (extra, dependency)}}."""


class Source:
    """A graph that notes what it was asked for."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.asked: list[set[Pair]] = []

    def fetch(self, needed: Set[Pinned], extras: Extras) -> dict[Pinned, Node]:
        self.asked.append(set(map(unpinned, needed)))
        return {key: self._node(self.graph.get(unpinned(key), {}), extras) for key in needed}

    def _node(self, requirements: Any, extras: Extras) -> Node:
        return {
            index: list(dict.fromkeys(pinned(*pair) for extra, pair in found if extras is None or extra in extras))
            for index, found in requirements.items()
        }


def naive(graph: Graph, root: PackageTuple, extras: Any) -> dict[tuple[PackageTuple, PackageTuple], int]:
    """Each edge with the distance of its source: relax until nothing changes."""
    distances: dict[PackageTuple, int] = {
        (*root[:2], index): 0 for index in graph.get(root[:2], {}) if root[2] in (None, index)
    }
    edges: dict[tuple[PackageTuple, PackageTuple], int] = {}
    changed = True
    while changed:
        changed = False
        for source, distance in sorted(distances.items(), key=str):
            for extra, pair in graph[source[:2]][source[2]]:
                if extras is not None and source[:2] == root[:2] and extra not in extras:
                    continue
                for index in graph.get(pair, {}) or {None: ()}:
                    target = (*pair, index)
                    edges[(source, target)] = min(distance, edges.get((source, target), distance))
                    if pair in graph and distances.get(target, distance + 2) > distance + 1:
                        distances[target] = distance + 1
                        changed = True
    return {edge: distances[edge[0]] for edge in edges}


@given(graphs, st.lists(roots, max_size=4), extras_)
def test_the_edges_are_those_of_a_naive_walk_nearest_first(
    graph: Graph, start: list[PackageTuple], extras: Any
) -> None:
    found = walk(start, Source(graph).fetch, extras)
    assert list(found) == list(dict.fromkeys(start))
    for root, edges in found.items():
        expected = naive(graph, root, extras)
        assert set(edges) == set(expected)
        assert len(edges) == len(expected), "each once"
        distances = [expected[edge] for edge in edges]
        assert distances == sorted(distances)


@given(graphs, st.lists(roots, min_size=1, max_size=4, unique=True), extras_)
def test_many_roots_are_walked_as_one_by_one_in_no_more_steps(
    graph: Graph, start: list[PackageTuple], extras: Any
) -> None:
    together = Source(graph)
    found = walk(start, together.fetch, extras)
    steps = []
    for root in start:
        alone = Source(graph)
        assert walk([root], alone.fetch, extras) == {root: found[root]}
        steps.append(len(alone.asked))
        expected = naive(graph, root, extras)
        # The root is one step, what a level needs is one more, where it was not needed before.
        assert len(alone.asked) <= 2 + max(expected.values(), default=-1)
    assert len(together.asked) <= max(steps)


@given(graphs, st.lists(roots, max_size=4))
def test_nothing_is_asked_for_twice_and_nothing_in_vain(graph: Graph, start: list[PackageTuple]) -> None:
    source = Source(graph)
    found = walk(start, source.fetch)
    asked = [pair for needed in source.asked for pair in needed]
    assert len(asked) == len(set(asked))
    assert all(source.asked), "no step for nothing"
    reached = {target[:2] for edges in found.values() for _source, target in edges}
    assert set(asked) == {root[:2] for root in start} | reached


def chain(length: int) -> Graph:
    graph: dict[Pair, Any] = {("p", str(n)): {"i": ((None, ("p", str(n + 1))),)} for n in range(length)}
    graph[("p", str(length))] = {"i": ()}
    return graph


def test_a_chain_takes_one_step_for_each_link() -> None:
    source = Source(chain(2000))
    (edges,) = walk([("p", "0", "i")], source.fetch).values()
    assert edges == [(("p", str(n), "i"), ("p", str(n + 1), "i")) for n in range(2000)]
    assert len(source.asked) == 2001


def test_a_package_that_needs_only_itself_ends_at_once() -> None:
    source = Source({("p", "1"): {"i": ((None, ("p", "1")), ("x", ("p", "1")))}})
    assert walk([("p", "1", None)], source.fetch) == {("p", "1", None): [(("p", "1", "i"), ("p", "1", "i"))]}
    assert source.asked == [{("p", "1")}]


def test_an_unknown_root_has_no_edges() -> None:
    assert walk([("p", "1", None), ("p", "1", "i")], Source({}).fetch) == {("p", "1", None): [], ("p", "1", "i"): []}
    assert walk([], Source({}).fetch) == {}


def test_a_root_on_another_index_has_no_edges() -> None:
    assert walk([("p", "0", "j")], Source(chain(3)).fetch) == {("p", "0", "j"): []}


def test_a_name_that_is_none_is_not_taken_for_another_package() -> None:
    graph = {("a", "1==2"): {"i": ((None, ("p", "1")),)}}
    assert walk([("a==1", "2", None)], Source(graph).fetch) == {("a==1", "2", None): []}
