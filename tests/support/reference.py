"""What the documents say, answered by a Python model built straight from them."""

from __future__ import annotations

import itertools
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from support.documents import ON_DEBIAN, ON_RHEL

SOLVERS = {
    ON_DEBIAN: ("debian", "12", "3.11"),
    ON_RHEL: ("rhel", "8", "3.8"),
    "solver-ubi-8.5-py38": ("rhel", "8", "3.8"),
}

Pair = tuple[str, str]
Edge = tuple[str, str, str | None, str | None, bool]
"""Name and version of a dependency, its extra, its marker, whether the marker holds."""


def _order(version: str) -> tuple[Version, str]:
    return Version(version), version


class Reference:
    """What the documents say, each version on each index in each environment stated by one of them."""

    def __init__(self, documents: list[dict[str, Any]]) -> None:
        self.solved: dict[tuple[str, str, str | None, str, str, str], list[Edge]] = {}
        for document in documents:
            document_id = document["metadata"]["document_id"]
            (environment,) = (found for solver, found in SOLVERS.items() if document_id.startswith(solver))
            result = document["result"]
            for tree in result["tree"]:
                at = (canonicalize_name(tree["package_name"]), tree["package_version"], tree["index_url"].rstrip("/"))
                self.solved[(*at, *environment)] = self._edges(tree)
            for error in result["errors"]:
                at = (canonicalize_name(error["package_name"]), error["package_version"], error["index_url"])
                self.solved[(*at, *environment)] = []
            for unresolved in result["unresolved"]:
                version = unresolved["version_spec"].lstrip("=")
                at = (canonicalize_name(unresolved["package_name"]), version, unresolved.get("index_url") or None)
                self.solved[(*at, *environment)] = []

    @staticmethod
    def _edges(tree: dict[str, Any]) -> list[Edge]:
        return [
            (canonicalize_name(one["package_name"]), version, extra, one["marker"], one["marker_evaluation_result"])
            for one in tree["dependencies"]
            for resolved in one["resolved_versions"]
            for version in resolved["versions"]
            for extra in one["extra"] or [None]
        ]

    def matching(self, name: str, version: str | None, index: str | None, env: dict[str, Any]) -> list[Any]:
        wanted = (name, version, index, env["os_name"], env["os_version"], env["python_version"])
        return [
            key
            for key in self.solved
            if all(want is None or want == have for want, have in zip(wanted, key, strict=True))
        ]

    def records(self, name: str, version: str, index: str | None, env: dict[str, Any]) -> list[dict[str, Any]]:
        keys = ("package_name", "package_version", "index_url", "os_name", "os_version", "python_version")
        found = sorted(self.matching(name, version, index, env), key=lambda key: (key[2] is None, key[2:]))
        return [dict(zip(keys, key, strict=True)) for key in found]

    def depends_on(
        self,
        name: str,
        version: str | None,
        index: str | None,
        env: dict[str, Any],
        extras: Any = None,
        marker: bool | None = None,
    ) -> dict[str | None, list[Pair]] | None:
        found = self.matching(name, version, index, env)
        if not found:
            return None
        edges = {
            (edge[2], edge[0], edge[1])
            for key in found
            for edge in self.solved[key]
            if (extras is None or edge[2] in extras) and marker in (None, edge[4])
        }
        answer: dict[str | None, list[Pair]] = {}
        for extra in sorted({edge[0] for edge in edges}, key=lambda extra: (extra is not None, extra or "")):
            pairs = [edge[1:] for edge in edges if edge[0] == extra]
            answer[extra] = sorted(pairs, key=lambda pair: (pair[0], _order(pair[1])))
        return answer

    def closure(
        self, root: tuple[str, str, str | None], env: dict[str, Any], extras: Any = None, marker: bool | None = None
    ) -> tuple[dict[tuple[Any, Any], int], int]:
        """Each edge with the distance of its source from the root, and how many levels have to be asked for."""
        edges: dict[tuple[Any, Any], int] = {}
        frontier = [(root[0], root[1], key[2]) for key in self.matching(*root, env)]
        frontier = list(dict.fromkeys(frontier))
        seen, asked, levels, distance = set(frontier), {root[:2]}, 1, 0
        while frontier:
            following: list[tuple[str, str, str | None]] = []
            needed: set[Pair] = set()
            for package in frontier:
                own = extras if package[:2] == root[:2] else None
                pairs = itertools.chain.from_iterable((self.depends_on(*package, env, own, marker) or {}).values())
                for pair in pairs:
                    needed.add(pair)
                    indexes = {key[2] for key in self.matching(*pair, None, env)}
                    for index in indexes or {None}:
                        edges.setdefault((package, (*pair, index)), distance)
                        if indexes and (*pair, index) not in seen:
                            seen.add((*pair, index))
                            following.append((*pair, index))
            levels += bool(needed - asked)
            asked |= needed
            frontier, distance = following, distance + 1
        return edges, levels
