"""Graphs to ask through caches, and every question there is."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from support.documents import (
    ANY,
    DEBIAN,
    MIRROR,
    ON_DEBIAN,
    ON_RHEL,
    PYPI,
    RHEL,
    Document,
    as_error,
    edge,
    real_document,
    tree,
)
from thoth.storages.exceptions import NotFoundError
from thoth.storages.graph import GraphCache, GraphDatabase

_numbers = itertools.count(1)

Need = tuple[str, str, str | None, str | None, bool]
"""A dependency's name and version, the extra, the marker, whether it holds."""


def unused_name(purpose: str) -> str:
    """A name that no other test uses."""
    return f"{purpose}-{next(_numbers)}"


# --- Documents and adapters ------------------------------------------------------------------------------------------


def about(
    name: str,
    version: str = "1.0",
    needs: Iterable[Need] = (),
    *,
    solver: str = ON_DEBIAN,
    index: str = PYPI,
    error: bool = False,
    day: int | None = None,
) -> Document:
    """A solver document; each is newer than the one before, unless the day is said."""
    number = next(_numbers)
    document = real_document("markupsafe==2.1.5")
    moment = f"2030-01-01T00:00:00.{number:06d}" if day is None else f"2029-01-{day:02d}T00:00:00"
    document["metadata"] |= {"document_id": f"{solver}-300101000000-{number:06d}", "datetime": moment}
    item = tree(document)
    item |= {"package_name": name, "package_version": version, "package_version_requested": version}
    item |= {"index_url": index}
    item["dependencies"] = [
        edge(
            dependency,
            [of],
            index=index,
            extra=[extra] if extra else [],
            marker=marker,
            marker_evaluation_result=holds,
            specifier="*",
        )
        for dependency, of, extra, marker, holds in needs
    ]
    return as_error(document) if error else document


def need(
    name: str, version: str = "1.0", extra: str | None = None, marker: str | None = None, holds: bool = True
) -> Need:
    return name, version, extra, marker, holds


WORLD = [
    about("many", "1.0", [need("flask", "3.0.3"), need("zipp", "3.20.2")]),
    about("many", "1.0", [need("idna", "3.10"), need("idna", "3.6"), need("attrs", "23.2.0")], solver=ON_RHEL),
    about("many", "1.0", [need("click", "8.1.7", "x"), need("many", "1.0")], index=MIRROR),
    about("many", "2.0", [need("six", "1.16.0", None, "m"), need("six", "1.16.0", "x", None, False)]),
    about("many", "2.0", [need("unsolved", "9", "x"), need("many", "1.0", None, "a", False)], solver=ON_RHEL),
    about("many", "10.0", error=True),
    about("many", "10.0", [need("six", "1.16.0", None, "m", False)], solver=ON_RHEL),
    about("six", "1.16.0", [need("many", "2.0")], solver=ON_RHEL, index=MIRROR),
]
"""Beside the real ones: packages of several environments and indexes whose dependencies interleave."""


@dataclass
class Workshop:
    """A database, and the adapters to it that are made in a test."""

    engine: Engine
    directory: Path
    _open: list[GraphCache] = field(default_factory=list)

    def adapter(self, path: Path | str | None = None, *, inserts: bool = False) -> GraphDatabase:
        cache = GraphCache(str(path) if path else ":memory:", writable=inserts)
        self._open.append(cache)
        return GraphDatabase(self.engine, cache=cache)

    def plain(self) -> GraphDatabase:
        """An adapter that remembers nothing."""
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name in (
                "THOTH_STORAGE_HAS_PYTHON_SOLVER_ERROR_CACHE_SIZE",
                "THOTH_STORAGE_GET_PYTHON_PACKAGE_VERSION_RECORDS_CACHE_SIZE",
                "THOTH_STORAGE_GET_DEPENDS_ON_CACHE_SIZE",
                "THOTH_GET_PYTHON_ENVIRONMENT_MARKER_CACHE_SIZE",
            ):
                monkeypatch.setenv(name, "0")
            return self.adapter()

    def sync(self, *documents: dict[str, Any]) -> None:
        """Tell the graph through an adapter that nobody else uses."""
        for document in documents:
            self.adapter().sync_solver_result(document)

    def path(self, purpose: str) -> Path:
        """Of a file that is not there."""
        return self.directory / f"{unused_name(purpose)}.sqlite3"

    def file(self, *names: str) -> Path:
        """A cache file made by an adapter that nobody else uses."""
        path = self.path("cache")
        self.adapter().create_graph_cache(str(path), names)
        return path

    def of_kind(self, kind: str, *names: str) -> GraphDatabase:
        """An adapter that remembers in one of the ways there are; the file has been made before."""
        if kind == "memory":
            return self.adapter()
        if kind == "inserts":
            return self.adapter(inserts=True)
        path = self.path("filled") if kind == "inserts into file" else self.file(*names)
        return self.adapter(path, inserts=kind != "file")

    def close(self) -> None:
        for cache in self._open:
            cache.disconnect()


KINDS = ["memory", "file", "inserts", "inserts into file", "file with inserts"]


# --- Every question --------------------------------------------------------------------------------------------------

Question = tuple[str, tuple[Any, ...], dict[str, Any]]


def questions(
    pairs: Iterable[tuple[str, str]],
    indexes: Iterable[str | None] = (None, PYPI, MIRROR),
    environments: Iterable[dict[str, Any]] = (ANY, DEBIAN, RHEL),
) -> list[Question]:
    asked: list[Question] = []
    for pair, index, env in itertools.product(pairs, indexes, environments):
        at = (*pair, index)
        asked.append(("get_python_package_version_records", at, env))
        asked.append(("has_python_solver_error", at, env))
        asked.append(("get_depends_on", at, env))
        asked.append(("get_depends_on", at, {**env, "is_missing": False, "extras": frozenset({None, "x"})}))
        asked.append(("get_depends_on", at, {**env, "is_missing": True, "marker_evaluation_result": True}))
        asked.append(("get_depends_on", (pair[0], None, index), {**env, "marker_evaluation_result": False}))
        asked.append(("get_depends_on", (pair[0],), {**env, "extras": ()}))
        asked.append(("retrieve_transitive_dependencies_python", at, env))
        asked.append(
            ("retrieve_transitive_dependencies_python", at, {**env, "extras": {"x"}, "marker_evaluation_result": True})
        )
        asked.append(("retrieve_transitive_dependencies_python_multi", (at, ("Many", "2.0", None)), env))
        for dependency, marker in itertools.product((("six", "1.16.0"), ("idna", "3.6")), (None, True, False)):
            keywords = {"dependency_name": dependency[0], "dependency_version": dependency[1], **env}
            asked.append(("get_python_environment_marker", at, {**keywords, "marker_evaluation_result": marker}))
    return asked


def ask(adapter: GraphDatabase, question: Question) -> Any:
    name, arguments, keywords = question
    try:
        answer = getattr(adapter, name)(*arguments, **keywords)
    except NotFoundError:
        return "not found"
    return list(answer.items()) if isinstance(answer, dict) else answer  # the order of keys is part of the answer


def asked_about(name: str, *versions: str) -> list[Question]:
    """Some of the questions, which ones is random."""
    return random.sample(questions([(name, of) for of in versions or ("1.0",)], (None,), (ANY, DEBIAN)), 20)


SUITE = questions(
    [
        ("many", "1.0"),
        ("many", "2.0"),
        ("many", "10.0"),
        ("six", "1.16.0"),
        ("flask", "3.0.3"),
        ("attrs", "23.2.0"),
        ("requests", "2.32.3"),
        ("futures", "3.3.0"),
        ("no-such-package", "1.0"),
        ("flask", "0.1"),
    ]
)


def check(shop: Workshop, adapter: GraphDatabase, suite: list[Question]) -> None:
    """The adapter answers as one that remembers nothing: at first, from memory, and from its file."""
    plain = shop.plain()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("THOTH_STORAGES_GRAPH_CACHE_CHECK", "3600")  # it has nothing that a change makes wrong
        expected = [(question, ask(plain, question)) for question in suite]
    for round_ in ("first", "from memory", "from the file"):
        if round_ == "from the file":
            adapter.cache_clear()
        for question, answer in expected:
            assert ask(adapter, question) == answer, (round_, question)


def is_look(statement: str) -> bool:
    return "package_change" in statement and "json_object_agg" in statement
