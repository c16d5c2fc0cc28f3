"""The graph cache cannot lie: whatever happens, in any order, every adapter tells the truth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from support.caches import KINDS, Need, Workshop, about, ask, unused_name
from support.documents import ANY, DEBIAN, MIRROR, ON_DEBIAN, ON_RHEL, PYPI, RHEL

from thoth.storages.exceptions import GraphCacheError
from thoth.storages.graph import GraphDatabase

pytestmark = pytest.mark.usefixtures("check_always")


class Truth:
    """What the documents that were synced say."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, str, str, str], list[tuple[str, str, bool, list[Need]]]] = {}

    def tell(self, document: dict[str, Any], key: tuple[str, str, str, str], error: bool, needs: list[Need]) -> None:
        metadata = document["metadata"]
        self.runs.setdefault(key, []).append((metadata["datetime"], metadata["document_id"], error, needs))

    def matching(self, name: str, version: str | None, index: str | None, solver: str | None) -> list[Any]:
        wanted = (name, version, index, solver)
        return [key for key in self.runs if all(w in (None, k) for w, k in zip(wanted, key, strict=True))]

    def needs(self, key: tuple[str, str, str, str]) -> list[Need]:
        successes = [run for run in self.runs[key] if not run[2]]
        return max(successes, key=lambda run: run[:2])[3] if successes else []

    def error(self, *at: Any) -> Any:
        runs = [run for key in self.matching(*at) for run in self.runs[key]]
        return max(runs, key=lambda run: run[:2])[2] if runs else "not found"

    def depends_on(self, at: Any, extras: Any, marker: bool | None) -> Any:
        found = self.matching(*at)
        edges = {
            (one[2] is not None, one[2] or "", *one[:2])
            for key in found
            for one in self.needs(key)
            if (extras is None or one[2] in extras) and marker in (None, one[4])
        }
        answer: dict[str | None, list[tuple[str, str]]] = {}
        for there, extra, name, version in sorted(edges):
            answer.setdefault(extra if there else None, []).append((name, version))
        return list(answer.items()) if found else "not found"

    def closure(self, at: Any) -> set[Any]:
        solver = at[3]
        frontier = {(*at[:2], key[2]) for key in self.matching(*at)}
        seen, edges = set(frontier), set()
        while frontier:
            source = frontier.pop()
            for key in self.matching(*source, solver):
                for one in self.needs(key):
                    indexes = {found[2] for found in self.matching(*one[:2], None, solver)}
                    edges |= {(source, (*one[:2], index)) for index in indexes or {None}}
                    following = {(*one[:2], index) for index in indexes} - seen
                    seen |= following
                    frontier |= following
        return edges


_NAMES, _VERSIONS = ["a", "b", "c"], ["1.0", "2.0"]
_ENVIRONMENTS = {None: ANY, ON_DEBIAN: DEBIAN, ON_RHEL: RHEL}
_needs = st.lists(
    st.tuples(
        st.sampled_from([*_NAMES, "d"]),
        st.sampled_from(_VERSIONS),
        st.sampled_from([None, "x"]),
        st.sampled_from([None, "m"]),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda one: one[:4],
)


class Machine(RuleBasedStateMachine):
    """Adapters that remember in different ways, one that does not, and the truth."""

    shop: Workshop

    @initialize()
    def begin(self) -> None:
        self.prefix = unused_name("machine")
        self.truth = Truth()
        self.path = self.shop.directory / f"{self.prefix}.sqlite3"
        self.filled = self.shop.directory / f"{self.prefix}-filled.sqlite3"
        self.plain = self.shop.plain()
        self.adapters: dict[str, GraphDatabase] = {}
        for kind in KINDS:
            self.restart(kind)

    def _name(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    @rule(
        name=st.sampled_from(_NAMES),
        version=st.sampled_from(_VERSIONS),
        solver=st.sampled_from([ON_DEBIAN, ON_RHEL]),
        index=st.sampled_from([PYPI, MIRROR]),
        needs=_needs,
        error=st.integers(0, 4).map(lambda number: number == 0),
        day=st.none() | st.integers(1, 28),
        by=st.sampled_from(["plain", "memory", "file", "inserts"]),
    )
    def tell(
        self, name: str, version: str, solver: str, index: str, needs: Any, error: bool, day: Any, by: str
    ) -> None:
        needs = [(self._name(one[0]), *one[1:]) for one in needs]
        document = about(self._name(name), version, needs, solver=solver, index=index, error=error, day=day)
        (self.plain if by == "plain" else self.adapters[by]).sync_solver_result(document)
        self.truth.tell(document, (self._name(name), version, index, solver), error, needs)

    @rule(kind=st.sampled_from(KINDS))
    def restart(self, kind: str) -> None:
        if kind in self.adapters:
            self.adapters[kind].cache.disconnect()
        path = self.path if kind.startswith("file") else self.filled if kind == "inserts into file" else None
        self.adapters[kind] = self.shop.adapter(path, inserts="inserts" in kind)

    @rule(names=st.lists(st.sampled_from([*_NAMES, "d"]), unique=True))
    def rebuild(self, names: list[str]) -> None:
        self.restart("file with inserts")  # nobody may be filling what is replaced
        wanted = [self._name(name) for name in names]
        try:
            self.plain.create_graph_cache(str(self.path), wanted)
        except GraphCacheError as error:
            assert "stays as it is" in str(error)  # nothing of these was solved, and it holds something
            self.path.unlink()
            self.plain.create_graph_cache(str(self.path), wanted)

    @rule(
        name=st.sampled_from([*_NAMES, "d"]),
        version=st.sampled_from(_VERSIONS),
        index=st.sampled_from([None, PYPI, MIRROR]),
        solver=st.sampled_from([None, ON_DEBIAN, ON_RHEL]),
        extras=st.sampled_from([None, (), (None,), (None, "x"), ("x",)]),
        marker=st.sampled_from([None, True, False]),
    )
    def question(self, name: str, version: str, index: Any, solver: Any, extras: Any, marker: Any) -> None:
        name, env = self._name(name), _ENVIRONMENTS[solver]
        at = (name, version, index)
        narrowed = {"extras": extras, "marker_evaluation_result": marker}
        records = self.truth.matching(*at, solver)
        expected = [
            self.truth.depends_on((*at, solver), extras, marker),
            self.truth.depends_on((name, None, index, solver), extras, marker),
            self.truth.error(*at, solver),
            sorted((found[2], *_ENVIRONMENTS[found[3]].values()) for found in records),
            self.truth.closure((*at, solver)),
        ]
        orders = set()
        for kind, adapter in {"plain": self.plain, **self.adapters}.items():
            closure = ask(adapter, ("retrieve_transitive_dependencies_python", at, env))
            found = ask(adapter, ("get_python_package_version_records", at, env))
            answers = [
                ask(adapter, ("get_depends_on", at, {**env, **narrowed})),
                ask(adapter, ("get_depends_on", (name, None, index), {**env, **narrowed})),
                ask(adapter, ("has_python_solver_error", at, env)),
                [tuple(one.values())[2:] for one in found],
                set(closure),
            ]
            assert answers == expected, kind
            orders.add(tuple(closure))
        assert len(orders) == 1, "the edges come in one order"

    def teardown(self) -> None:
        for adapter in getattr(self, "adapters", {}).values():
            adapter.cache.disconnect()


def test_whatever_happens_every_adapter_tells_the_truth(shop: Workshop) -> None:
    class Here(Machine):
        pass

    Here.shop = shop
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
