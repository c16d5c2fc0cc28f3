"""The packages of a graph with PyPI's shape: versions, what solvers said of them, and what they depend on."""

from __future__ import annotations

import io
import random
from bisect import bisect
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, islice
from typing import Any, NamedTuple

from support.documents import PYPI
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import key_sha256, version_order

ENVIRONMENTS = (("rhel", "8", "3.8"), ("rhel", "9", "3.11"), ("fedora", "38", "3.11"), ("debian", "12", "3.11"))
INDEXES = (PYPI, "https://tensorflow.example.com/simple", "https://wheels.example.com/simple")
_BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
_CHUNK = 50_000
_MARKERS = (None, None, None, 'python_version < "4"', 'sys_platform == "linux"')
_EXTRAS = (None, None, None, "test")


# --- COPY ------------------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    """A value as COPY reads it; no text here has a tab, a line end or a backslash."""
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _copy(cursor: Any, model: type[Any], columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    table, names = table_of(model), columns.split()
    assert set(names) <= set(table.columns.keys()), f"{table.name} has no {set(names) - set(table.columns.keys())}"
    statement = f"COPY {table.name} ({', '.join(map(_quoted, names))}) FROM STDIN"
    waiting = iter(rows)
    while chunk := list(islice(waiting, _CHUNK)):
        lines = "".join(["\t".join(map(_text, row)) + "\n" for row in chunk])
        cursor.copy_expert(statement, io.StringIO(lines))


def _quoted(name: str) -> str:
    return f'"{name}"'


# --- What is copied --------------------------------------------------------------------------------------------------


class _Entity(NamedTuple):
    id: int
    package: int
    number: int
    index: int | None


class _Version(NamedTuple):
    id: int
    entity: _Entity
    environment: int


@cache
def _stated(version_range: str, marker: str | None, extra: str | None) -> str:
    digest = key_sha256(version_range, marker, extra)
    return "\t".join(map(_text, (digest, version_range, marker, extra, marker is None or "<" in marker, True)))


def package_name(package: int) -> str:
    return f"package-{package}"


@cache
def package_version(number: int) -> str:
    return f"{number // 40}.{number // 8 % 5}.{number % 8}"


def _order(number: int) -> bytes:
    return version_order(package_version(number))


def moment(number: int) -> datetime:
    return _BEGIN + timedelta(minutes=number)


class PackagesDrawn:
    """Draws rows about packages and copies them."""

    def __init__(self, cursor: Any, edges: int, seed: int) -> None:
        self.cursor, self.edges, self.random = cursor, edges, random.Random(seed)
        self.packages = max(20, edges // 200)
        most = 3.6 * self.packages**0.6  # so that there are nine versions of a package, on the average
        self.versions_of = [max(1, int(most / (rank + 1) ** 0.6)) for rank in range(self.packages)]
        self._wanted = list(accumulate(1 / (rank + 1) ** 0.9 for rank in range(self.packages)))
        self.entities = list(self._draw_entities())
        self.satisfying: dict[tuple[int, int], int] = {}  # what satisfies a requirement is on no index
        self.solved: list[_Version] = []
        self.dependencies: dict[int, tuple[int, int]] = {}
        self.images = max(16, edges // 1000)

    def _put(self, model: type[Any], columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        _copy(self.cursor, model, columns, rows)

    def _popular(self) -> int:
        """A package, popular ones more often."""
        return bisect(self._wanted, self.random.random() * self._wanted[-1], hi=self.packages - 1)

    # --- Packages and versions ---

    def _indexes_of(self, package: int) -> tuple[int | None, ...]:
        if package in (0, self.packages - 1):
            return (1,)
        special: dict[int, tuple[int | None, ...]] = {3: (2,), 4: (1, 2), 7: (3,), 9: (None,)}
        return special.get(package % 20, (1,))

    def _draw_entities(self) -> Iterator[_Entity]:
        places = (
            (package, number, index)
            for package in range(self.packages)
            for number in range(self.versions_of[package])
            for index in self._indexes_of(package)
        )
        for id, place in enumerate(places, start=1):  # noqa: A001 (the column is called so)
            yield _Entity(id, *place)

    def _packages(self) -> None:
        self._put(m.PythonPackageIndex, "id url enabled", [(n, url, True) for n, url in enumerate(INDEXES, 1)])
        columns = "id package_name package_version version_order python_package_index_id"
        self._put(
            m.PythonPackageVersionEntity,
            columns,
            (
                (
                    entity.id,
                    package_name(entity.package),
                    package_version(entity.number),
                    _order(entity.number),
                    entity.index,
                )
                for entity in self.entities
            ),
        )
        self._put(m.PythonPackageVersionEntity, columns, self._entities_without_index())

    def _entities_without_index(self) -> Iterator[tuple[Any, ...]]:
        """Those that satisfy requirements, and packages of which nothing but the name is known."""
        self.satisfying = {(each.package, each.number): each.id for each in self.entities if each.index is None}
        ids = len(self.entities)
        for package in range(self.packages):
            for number in range(self.versions_of[package]):
                if (package, number) not in self.satisfying:
                    ids += 1
                    self.satisfying[(package, number)] = ids
                    yield ids, package_name(package), package_version(number), _order(number), None
        for number in range(1, self.packages // 10 + 1):
            yield ids + number, f"unknown-{number}", None, None, None

    def _draw_solved(self) -> Iterator[_Version]:
        ids = 0
        for entity in self.entities:
            always = entity.package in (0, self.packages - 1)
            if always or self.random.random() < 0.8:
                begin = 0 if always else self.random.randrange(4)
                for place in range(self.random.choice((2, 3))):
                    ids += 1
                    yield _Version(ids, entity, (begin + place) % 4)

    # --- Solver runs, and what solvers say ---

    def _metadata(self) -> None:
        self.solved = list(self._draw_solved())
        entities = sorted({version.entity.id for version in self.solved})
        self._put(
            m.PythonPackageMetadata,
            "id key_sha256 name summary description",
            ((n, key_sha256(n), "a name", "what it does in one sentence", "word " * 80) for n in entities),
        )
        classifiers = range(1, 61)
        rows = [(n, key_sha256(f"Topic :: {n}"), f"Topic :: {n}") for n in classifiers]
        self._put(m.PythonPackageMetadataClassifier, "id key_sha256 classifier", rows)
        links = ((n, one) for n in entities for one in sorted(self.random.sample(classifiers, 5)))
        columns = "python_package_metadata_id python_package_metadata_classifier_id"
        self._put(m.HasMetadataClassifier, columns, links)

    def _solved(self) -> None:
        self._put(
            m.PythonPackageVersion,
            "id entity_id package_name package_version version_order python_package_index_id "
            "os_name os_version python_version python_package_metadata_id is_missing",
            (
                (
                    *(
                        version.id,
                        entity.id,
                        package_name(entity.package),
                        package_version(entity.number),
                        _order(entity.number),
                    ),
                    *(entity.index, *ENVIRONMENTS[version.environment], entity.id),
                    entity.package % 9 == 8 and entity.number % 5 == 0,
                )
                for version in self.solved
                for entity in [version.entity]
            ),
        )
        solvers = [(n, "python", "thoth-solver", "1.12.0", *where) for n, where in enumerate(ENVIRONMENTS, 1)]
        columns = "id ecosystem solver_name solver_version os_name os_version python_version"
        self._put(m.EcosystemSolver, columns, solvers)
        columns = "document_id version_id ecosystem_solver_id datetime duration error error_unsolvable is_provided"
        self._put(m.Solved, columns, self._runs())
        self._put(m.ImportPackage, "id import_package_name", ((n + 1, package_name(n)) for n in range(self.packages)))
        found = ((version.id, version.entity.package + 1) for version in self.solved)
        self._put(m.FoundImportPackage, "python_package_version_id import_package_id", found)

    def _runs(self) -> Iterator[tuple[Any, ...]]:
        for version in self.solved:
            for again in range(1 + (version.id % 7 == 0)):
                error = version.entity.package != 0 and self.random.random() < 0.06
                made = moment(version.id + again)
                solver = version.environment + 1
                name = f"solver-{'-'.join(ENVIRONMENTS[version.environment])}-{version.id}-{again}"
                yield name, version.id, solver, made, 30, error, error, not error

    # --- Edges ---

    def _edges(self) -> None:
        columns = "version_id entity_id key_sha256 version_range marker extra marker_evaluation_result stated_by_solver"
        self._put(m.DependsOn, columns, self._draw_edges())

    def _draw_edges(self) -> Iterator[tuple[Any, ...]]:
        weights = {version.entity.id: min(self.random.paretovariate(1.3), 12.0) for version in self.solved}
        weights[self._newest(0).entity.id] = 12.0
        total = sum(weights[version.entity.id] for version in self.solved)
        weight, placed, entity, targets = 0.0, 0, 0, list[tuple[int, str]]()
        for version in self.solved:
            weight += weights[version.entity.id]
            number = round(self.edges * weight / total) - placed
            if version.entity.id != entity:
                entity, targets = version.entity.id, []
            if len(targets) < number:
                targets = self._targets(number, version)
            placed += len(targets[:number])
            yield from ((version.id, target, text) for target, text in targets[:number])
        assert placed == self.edges, f"{placed} edges instead of {self.edges}"

    def _targets(self, number: int, version: _Version) -> list[tuple[int, str]]:
        """(entity, what is stated) of so many edges: of some packages, the newest of their versions, by entity."""
        chosen, found = {version.entity.package}, list[tuple[int, str]]()
        while len(found) < number and len(chosen) < self.packages:
            package = self._popular()
            if len(chosen) > self.packages // 2:  # what is popular is taken
                package = next(other for other in range(self.packages) if other not in chosen)
            if package in chosen:
                continue
            chosen.add(package)
            newest = self.versions_of[package] - 1
            first = max(0, newest - int(self.random.expovariate(1 / 8)))
            self.dependencies.setdefault(version.id, (package, first))
            stated = _stated(f">={package_version(first)}", self.random.choice(_MARKERS), self.random.choice(_EXTRAS))
            found += [(self.satisfying[(package, one)], stated) for one in range(first, newest + 1)]
        return sorted(found[:number])

    def _newest(self, package: int) -> _Version:
        """The newest solved version of a package, in the first of its environments."""
        newest = max(each.entity.number for each in self.solved if each.entity.package == package)
        return next(each for each in self.solved if (each.entity.package, each.entity.number) == (package, newest))
