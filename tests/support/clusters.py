"""A graph whose packages depend on each other in clusters: every closure has the same known size.

A cluster has packages with a few versions each. A package requires some of its cluster, each in all of its versions, as
a solver writes a range down. From the first package every other one is reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, text

from support.documents import PYPI
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import key_sha256, version_order

VERSIONS = ("1.0.0", "1.9.1", "1.10.0", "2.0.0")
ENVIRONMENT = {"os_name": "debian", "os_version": "12", "python_version": "3.11"}


class Clusters(NamedTuple):
    """How large the graph is: 5 clusters of 100 packages with 4 versions of 44 edges each are 2,000 and 88,000."""

    clusters: int = 5
    packages: int = 100
    requirements: int = 10
    seed: int = 0

    def name(self, cluster: int, package: int) -> str:
        """The name of a package; the first of each cluster is that of its root."""
        return f"cluster-{cluster}-package-{package}"

    def names(self) -> list[str]:
        """The names of all packages."""
        return [self.name(cluster, package) for cluster in range(self.clusters) for package in range(self.packages)]

    def _requirements_of(self, random: Random, package: int) -> list[int]:
        """The packages of the cluster that one requires; the next one always, so that all are reached."""
        others = [other for other in range(self.packages) if other not in (package, package + 1)]
        following = [package + 1] if package + 1 < self.packages else []
        return sorted([*following, *random.sample(others, min(self.requirements, len(others)))])

    def write(self, connection: Connection) -> int:
        """Write all rows into an empty graph; gives how many edges there are."""
        random = Random(self.seed)
        index = connection.scalar(insert(table_of(m.PythonPackageIndex)).values(url=PYPI).returning(text("id")))
        all_of_them = itertools.product(range(self.clusters), range(self.packages), range(len(VERSIONS)))
        ids = {one: number for number, one in enumerate(all_of_them, 1)}
        solved = list(self._entities(ids, 0, index))
        # What satisfies a requirement is a package version on no index.
        entities = [*solved, *self._entities(ids, len(ids), None)]
        connection.execute(insert(table_of(m.PythonPackageVersionEntity)), entities)
        versions = [{**row, "entity_id": row["id"], "is_missing": False, **ENVIRONMENT} for row in solved]
        connection.execute(insert(table_of(m.PythonPackageVersion)), versions)
        edges = list(self._edges(random, ids))
        connection.execute(insert(table_of(m.DependsOn)), edges)
        for table in ("python_package_version_entity", "python_package_version"):
            connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"))
        return len(edges)

    def _entities(
        self, ids: dict[tuple[int, int, int], int], after: int, index: int | None
    ) -> Iterator[dict[str, Any]]:
        for (cluster, package, version), number in ids.items():
            yield {
                "id": after + number,
                "package_name": self.name(cluster, package),
                "package_version": VERSIONS[version],
                "version_order": version_order(VERSIONS[version]),
                "python_package_index_id": index,
            }

    def _edges(self, random: Random, ids: dict[tuple[int, int, int], int]) -> Iterator[dict[str, Any]]:
        for cluster, package, version in ids:
            for required in self._requirements_of(random, package):
                for target in range(len(VERSIONS)):
                    yield {
                        "version_id": ids[cluster, package, version],
                        "entity_id": len(ids) + ids[cluster, required, target],
                        "version_range": ">=1",
                        "key_sha256": key_sha256(">=1", None, None, None),
                        "marker_evaluation_result": True,
                        "stated_by_solver": True,
                    }
