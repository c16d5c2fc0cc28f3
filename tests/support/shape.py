"""A graph with PyPI's shape: a few packages with most of the versions and most of the dependents, very many with few.

It is drawn from a seed and copied into the tables as they are, with their keys, checks and foreign keys. Numbers of
everything grow with the number of edges: one million are some 5,000 packages, 45,000 versions of them, solved 90,000
times in four environments, and 1,000 images with two analyses each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Engine

from support.documents import PYPI
from support.shape_packages import ENVIRONMENTS, PackagesDrawn, moment, package_name, package_version
from thoth.storages.graph import models as m
from thoth.storages.graph.models_base import table_of
from thoth.storages.graph.names import key_sha256


class Key(NamedTuple):
    """What to ask about: a package version, an environment it was solved in, and what is about an image."""

    package_name: str
    package_version: str
    index_url: str
    environment: tuple[str, str, str]
    dependency: tuple[str, str]
    """A package version that it depends on."""
    thoth_image: tuple[str, str]
    analysis_document_id: str
    symbol: str


@dataclass(frozen=True)
class Shape:
    """What was made: how many edges, and what is frequent and rare in it."""

    edges: int
    frequent: Key
    rare: Key


def load(engine: Engine, edges: int, *, seed: int = 0) -> Shape:
    """Fill the tables, which have nothing in them yet, and tell the planner; the engine needs no statement timeout."""
    connection = engine.raw_connection()
    try:
        with connection.cursor() as cursor:
            graph = _Graph(cursor, edges, seed)
            graph.copy_all()
            _go_on_with_ids(cursor)
        connection.commit()
        connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    finally:
        connection.invalidate()
    return graph.shape()


def _go_on_with_ids(cursor: Any) -> None:
    """Rows that are written later get ids that are not taken."""
    for table in m.Base.metadata.sorted_tables:
        if "id" in table.columns and table.columns["id"].identity is not None:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}")


class _Graph(PackagesDrawn):
    """Draws all rows and copies them."""

    def copy_all(self) -> None:
        for step in (
            self._packages,
            self._metadata,
            self._solved,
            self._edges,
            self._artifacts,
            self._vulnerabilities,
            self._rules,
            self._security,
            self._images,
            self._found_in_images,
            self._advisers,
            self._bookkeeping,
        ):
            step()

    # --- What packages are made of, and what is wrong with them ---

    def _artifacts(self) -> None:
        entities = [entity for entity in self.entities if entity.index is not None]
        ids = range(1, 2 * len(entities) + 1)
        columns = "id artifact_hash_sha256 artifact_name present"
        self._put(m.PythonArtifact, columns, ((n, f"{n:064x}", f"artifact-{n}.whl", True) for n in ids))
        links = ((entity.id, 2 * n + one) for n, entity in enumerate(entities) for one in (1, 2))
        self._put(m.HasArtifact, "python_package_version_entity_id python_artifact_id", links)
        symbols = range(1, self.images * 20 + 1)
        rows = ((n, key_sha256(_library(n), f"SYMBOL_{n}"), _library(n), f"SYMBOL_{n}") for n in symbols)
        self._put(m.VersionedSymbol, "id key_sha256 library_name symbol", rows)
        compiled = (n for n in ids if n % 12 in (1, 2) or n <= 2 * self.versions_of[0])
        needed = ((n, symbol) for n in compiled for symbol in self._some(symbols, 12))
        self._put(m.RequiresSymbol, "python_artifact_id versioned_symbol_id", needed)

    def _some(self, there: Sequence[int], number: int) -> list[int]:
        return sorted(self.random.sample(there, min(number, len(there))))

    def _vulnerabilities(self) -> None:
        ids = range(1, self.packages + 1)
        rows = ((n, f"PYSEC-2024-{n}", "a way in", moment(n)) for n in ids)
        self._put(m.CVE, "id cve_id details aggregated_at", rows)
        self._put(m.CVETimestamp, "timestamp", [(moment(0),)])
        concerned: dict[int, list[int]] = {}
        for vulnerability in ids:
            concerned.setdefault(0 if vulnerability <= 10 else self.random.randrange(self.packages), []).append(
                vulnerability
            )
        links = (
            (entity.id, one)
            for entity in self.entities
            for one in concerned.get(entity.package, ())
            if self.versions_of[entity.package] - entity.number <= 5 + one % 50  # the newest of its versions
        )
        self._put(m.HasVulnerability, "python_package_version_entity_id cve_id", links)

    def _rules(self) -> None:
        ids = range(1, self.packages // 10 + 1)
        ruled = {n: 0 if n <= 3 else n * 7 % self.packages for n in ids}
        rows = ((n, package_name(ruled[n]), f"<{n}", "it does not install") for n in ids)
        self._put(m.PythonPackageVersionEntityRule, "id package_name version_range description", rows)
        links = ((entity.id, n) for n in ids for entity in self.entities if entity.package == ruled[n])
        columns = "python_package_version_entity_id python_package_version_entity_rule_id"
        self._put(m.PythonPackageVersionEntityRulesAssociation, columns, links)

    def _security(self) -> None:
        about = [v for v in self.solved if v.environment == 1 and (v.entity.id % 4 == 0 or v.entity.package == 0)]
        columns_of = table_of(m.SecurityIndicatorAggregatedRun).columns.keys()
        counters = [name for name in columns_of if name.startswith(("severity_", "number_", "total_"))]
        columns = f"id si_aggregated_run_document_id datetime {' '.join(counters)}"
        rows = ((n, f"si-{n}", moment(n), *[n] * len(counters)) for n in range(1, len(about) + 1))
        self._put(m.SecurityIndicatorAggregatedRun, columns, rows)
        columns = "si_aggregated_run_id python_package_version_entity_id python_package_version_id"
        self._put(m.SIAggregated, columns, ((n, each.entity.id, each.id) for n, each in enumerate(about, 1)))

    # --- Images ---

    def _runs_of(self, environment: int) -> int:
        """How many analyses there are of an environment; the first one is analysed again and again."""
        return 40 if environment == 1 else 2

    def _images(self) -> None:
        columns = (
            "id key_sha256 environment_type environment_name os_name os_version python_version "
            "image_name thoth_image_name thoth_image_version"
        )
        for model, first in ((m.SoftwareEnvironment, 1), (m.ExternalSoftwareEnvironment, 1)):
            ids = range(first, self.images + 1)
            rows = (
                (n, key_sha256(n), "RUNTIME", f"image-{n}", *ENVIRONMENTS[n % 4], f"image-{n}", *_thoth_image(n))
                for n in ids
            )
            self._put(model, columns, rows)
        symbols = range(1, self.images * 20 + 1)
        provided = ((n, symbol) for n in range(1, self.images + 1) for symbol in self._some(symbols, 100))
        self._put(m.HasSymbol, "software_environment_id versioned_symbol_id", provided)

    def _found_in_images(self) -> None:
        self._put(
            m.PackageExtractRun,
            "id analysis_document_id package_extract_name package_extract_version datetime environment_type "
            "image_tag os_name os_id os_version_id software_environment_id",
            (
                (n, _analysis(n), "package-extract", "1.2.0", moment(n), "RUNTIME", "latest", "rhel", "rhel", "8", env)
                for n, env in self._analyses()
            ),
        )
        rpms = range(1, self.images * 10 + 1)
        columns = "id package_name package_version epoch release arch package_identifier"
        rows = ((n, f"rpm-{n}", "1.0", None, "1.el8", "x86_64", f"rpm-{n}-1.0-1.el8.x86_64") for n in rpms)
        self._put(m.RPMPackageVersion, columns, rows)
        found = ((n, rpm) for n, _ in self._analyses() for rpm in self._some(rpms, 60))
        self._put(m.FoundRPM, "package_extract_run_id rpm_package_version_id", found)
        place, entities = "/usr/lib/python3/site-packages", range(1, len(self.entities) + 1)
        digest = key_sha256(place)
        there = ((n, e, digest, place) for n, _ in self._analyses() for e in self._some(entities, 30))
        columns = "package_extract_run_id python_package_version_entity_id key_sha256 location"
        self._put(m.Identified, columns, there)

    def _analyses(self) -> Iterator[tuple[int, int]]:
        """(analysis, environment)."""
        runs = (environment for environment in range(1, self.images + 1) for _ in range(self._runs_of(environment)))
        return enumerate(runs, 1)

    # --- Runs of the adviser, and what the graph knows of itself ---

    def _advisers(self) -> None:
        columns = (
            "id adviser_document_id datetime adviser_version adviser_name recommendation_type requirements_format "
            "source_type need_re_run"
        )
        ids = range(1, self.edges // 500 + 1)
        fixed = ("0.21.1", "thoth-adviser", "LATEST", "PIPENV", "KEBECHET")
        self._put(m.AdviserRun, columns, ((n, f"adviser-{n}", moment(n), *fixed, n % 20 == 0) for n in ids))
        last = max(self.satisfying.values())
        unknown = range(last + 1, last + self.packages // 10 + 1)
        links = ((n, one) for n in ids for one in self._some(unknown, 2))
        self._put(m.HasUnresolved, "adviser_run_id python_package_version_entity_id", links)

    def _bookkeeping(self) -> None:
        solver = ((row[0], "SOLVER", row[3]) for row in self._runs())
        analyses = ((_analysis(n), "ANALYSIS", moment(n)) for n, _ in self._analyses())
        self._put(m.SyncedDocument, "document_id kind created_at", chain(solver, analyses))
        changed = sorted((package_name(n), 3) for n in range(self.packages))  # before any snapshot
        self._put(m.PackageChange, "package_name xid", changed)

    # --- What to ask about ---

    def shape(self) -> Shape:
        return Shape(self.edges, self._key(0, 1), self._key(self.packages - 1, self.images))

    def _key(self, package: int, environment: int) -> Key:
        version = self._newest(package)
        dependency, number = self.dependencies.get(version.id, (0, 0))
        return Key(
            package_name(package),
            package_version(version.entity.number),
            PYPI,
            ENVIRONMENTS[version.environment],
            (package_name(dependency), package_version(number)),
            _thoth_image(environment),
            next(_analysis(n) for n, of in self._analyses() if of == environment),
            f"SYMBOL_{environment}",
        )


def _analysis(number: int) -> str:
    return f"package-extract-{number}"


def _library(number: int) -> str:
    return f"/lib64/library-{number % 97}.so"


def _thoth_image(environment: int) -> tuple[str, str]:
    """Name and version: a few images with many versions each."""
    return f"quay.io/thoth-station/s2i-thoth-{environment % 32}", f"v{environment // 32}"
