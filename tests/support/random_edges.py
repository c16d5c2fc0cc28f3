"""Small random graphs of package versions and their dependencies, in the tables and as plain Python lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st
from packaging.version import Version
from sqlalchemy import Engine, insert

from support.documents import MIRROR, PYPI
from support.tables import delete_all
from thoth.storages.graph import models as m
from thoth.storages.graph.names import key_sha256, version_order

INDEXES = (None, MIRROR, PYPI)
ENVIRONMENTS = (("debian", "12", "3.11"), ("rhel", "8", "3.8"), ("rhel", "9", "3.11"))
ENVIRONMENT_ARGUMENTS: list[dict[str, Any]] = [
    {},
    {"os_name": "debian", "os_version": "12", "python_version": "3.11"},
    {"os_name": "ubi", "os_version": "8.5", "python_version": "py38"},
    {"os_name": "rhel"},
    {"python_version": "3.11"},
]
NAMES = ("a", "b", "c", "d-e")
VERSIONS = ("1.9", "1.10", "2.0rc1")


class Solved(NamedTuple):
    name: str
    version: str
    index: str | None
    environment: tuple[str, str, str]

    @property
    def place(self) -> tuple[str, str, str | None]:
        return self[:3]


class Edge(NamedTuple):
    source: Solved
    name: str
    version: str
    version_range: str | None
    marker: str | None
    extra: str | None
    holds: bool

    @property
    def pair(self) -> tuple[str, str]:
        return self.name, self.version


class World(NamedTuple):
    """What was solved, whether it is missing, and what it depends on."""

    solved: dict[Solved, bool]
    edges: list[Edge]

    def within(self, environment: dict[str, str], **is_: Any) -> Iterator[Solved]:
        """What was solved in an environment, as ENVIRONMENT_ARGUMENTS gives it."""
        plain = {**environment}
        if plain.get("os_name") == "ubi":
            plain = {"os_name": "rhel", "os_version": "8", "python_version": "3.8"}
        for one in self.solved:
            own = dict(zip(("os_name", "os_version", "python_version"), one.environment, strict=True))
            if plain.items() <= own.items() and all(getattr(one, name) == value for name, value in is_.items()):
                yield one

    def of(self, package: tuple[str, str, str | None], environment: dict[str, str]) -> list[Solved]:
        """Where a package version was solved; on any index for an index of None."""
        index = {} if package[2] is None else {"index": package[2]}
        return list(self.within(environment, name=package[0], version=package[1], **index))


solved_ = st.builds(
    Solved, st.sampled_from(NAMES), st.sampled_from(VERSIONS), st.sampled_from(INDEXES), st.sampled_from(ENVIRONMENTS)
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    solved = draw(st.dictionaries(solved_, st.booleans(), min_size=1, max_size=14))
    edge = st.builds(
        Edge,
        st.sampled_from(sorted(solved, key=str)),
        st.sampled_from(NAMES),
        st.sampled_from(VERSIONS),
        st.sampled_from([None, "*", ">=1"]),
        st.sampled_from([None, 'python_version < "3.9"', 'extra == "x"']),
        st.sampled_from([None, "X", "x_y"]),
        st.booleans(),
    )
    edges = draw(st.lists(edge, max_size=24, unique_by=lambda one: one[:-1]))
    return World(solved, edges)


def write(engine: Engine, world: World) -> None:
    """Put these rows, and no others, into the tables."""
    places = {one.place: None for one in world.solved}
    places.update({(*one.pair, None): None for one in world.edges})
    entities = {place: number for number, place in enumerate(places, 1)}
    indexes = {url: number for number, url in enumerate(filter(None, INDEXES), 1)}
    ids = {one: number for number, one in enumerate(world.solved, 1)}
    with engine.begin() as connection:
        delete_all(connection)
        for model, rows in (
            (m.PythonPackageIndex, [{"id": number, "url": url} for url, number in indexes.items()]),
            (
                m.PythonPackageVersionEntity,
                [{"id": number, **_named(*place, indexes)} for place, number in entities.items()],
            ),
            (m.PythonPackageVersion, [_version(one, ids, entities, indexes, world) for one in world.solved]),
            (m.DependsOn, [_edge(one, ids, entities) for one in world.edges]),
        ):
            if rows:
                connection.execute(insert(model), rows)
        # Packages of which nothing but the name is known must be in nobody's way.
        connection.execute(insert(m.PythonPackageVersionEntity), [{"id": 1_000, "package_name": NAMES[0]}])


def _named(name: str, version: str, index: str | None, indexes: dict[str, int]) -> dict[str, Any]:
    index_id = None if index is None else indexes[index]
    order = version_order(version)
    named = {"package_name": name, "package_version": version, "version_order": order}
    return {**named, "python_package_index_id": index_id}


def _version(one: Solved, ids: Any, entities: Any, indexes: dict[str, int], world: World) -> dict[str, Any]:
    where = dict(zip(("os_name", "os_version", "python_version"), one.environment, strict=True))
    named = _named(*one.place, indexes)
    return {"id": ids[one], "entity_id": entities[one.place], **named, **where, "is_missing": world.solved[one]}


def _edge(one: Edge, ids: Any, entities: Any) -> dict[str, Any]:
    stated = {"version_range": one.version_range, "marker": one.marker, "extra": one.extra}
    return {
        "version_id": ids[one.source],
        "entity_id": entities[(*one.pair, None)],
        "key_sha256": key_sha256(*stated.values()),
        **stated,
        "marker_evaluation_result": one.holds,
        "stated_by_solver": True,
    }


# --- In the order that answers have ----------------------------------------------------------------------------------


def by_version(version: str) -> tuple[Version, str]:
    return Version(version), version


def none_first(value: str | None) -> tuple[bool, str]:
    return value is not None, value or ""


def none_last(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def by_place(place: tuple[str, str, str | None]) -> Any:
    return place[0], by_version(place[1]), none_last(place[2])
