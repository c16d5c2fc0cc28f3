"""What a package depends on, level by level: what the tree on the terminal, its JSON and its picture show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .asking import shown_url
from .dependency_sources import Needed, PackageTuple, PackageVersion, Source
from .package_pictures import Box, Line, Picture


class Requirement(NamedTuple):
    """What a package needs: a version of another one, for an extra (None for none), under a marker.

    others is how many other versions would do as well.
    """

    package: PackageTuple
    extra: str | None = None
    marker: str | None = None
    others: int = 0


class Wanted(NamedTuple):
    """What of a tree is wanted: the extras of the package itself, all or the newest version of each, how many levels.

    everything asks for all versions, all extras of everybody, and for requirements whose marker does not hold.
    """

    extras: frozenset[str] = frozenset()
    everything: bool = False
    depth: int | None = None


@dataclass
class Dependencies:
    """What was found: where the package itself was solved, and what each package that was reached needs."""

    roots: Sequence[PackageTuple]
    depth: int | None = None
    requirements: dict[PackageTuple, list[Requirement]] = field(default_factory=dict)
    solved: set[PackageTuple] = field(default_factory=set)
    failed: set[PackageTuple] = field(default_factory=set)

    def packages(self) -> list[PackageTuple]:
        """The packages themselves and all that was reached, nearest first, each once."""
        reached = (one.package for each in self.requirements.values() for one in each)
        return list(dict.fromkeys([*self.roots, *reached]))

    def state(self, package: PackageTuple) -> str:
        """What is wrong with a package: not solved, solver error; empty where nothing is."""
        if package not in self.solved:
            return "not solved"
        return "solver error" if package in self.failed else ""


def walk(source: Source, roots: Sequence[PackageTuple], wanted: Wanted) -> Dependencies:
    """What the roots depend on. The nearest comes first; a package is asked about once, so that cycles end.

    A requirement of which no version was solved ends there. Asks three questions for each level, and one more for
    everything.
    """
    found = Dependencies(roots, wanted.depth, solved=set(roots), failed=source.failed(roots))
    places: dict[PackageVersion, list[str | None]] = {}
    level, depth = list(roots), 0
    while level and (wanted.depth is None or depth < wanted.depth):
        needed = _needed_by(source, level, wanted, is_root=not depth)
        new = {version for each in needed.values() for versions in each.values() for version in versions}
        places.update(source.places_of(sorted(new - places.keys())))
        for package in level:
            found.requirements[package] = list(_requirements(needed.get(package, {}), places, wanted))
        if wanted.everything:
            _add_markers(source, found, level)
        level = _new(found, level, places)
        found.failed |= source.failed(level)
        depth += 1
    return found


def _needed_by(
    source: Source, level: Sequence[PackageTuple], wanted: Wanted, *, is_root: bool
) -> dict[PackageTuple, Needed]:
    if wanted.everything:
        return source.needed_by(level, None, None)
    return source.needed_by(level, {None, *(wanted.extras if is_root else ())}, True)


def _requirements(
    needed: Needed, places: dict[PackageVersion, list[str | None]], wanted: Wanted
) -> Iterator[Requirement]:
    for extra, versions in needed.items():
        for name, of_name in _by_name(versions).items():
            chosen = of_name if wanted.everything else [_newest(of_name, places)]
            for version in chosen:
                for index_url in places[version] or [None]:
                    yield Requirement((name, version[1], index_url), extra, None, len(of_name) - len(chosen))


def _by_name(versions: Iterable[PackageVersion]) -> dict[str, list[PackageVersion]]:
    found: dict[str, list[PackageVersion]] = {}
    for name, version in versions:
        found.setdefault(name, []).append((name, version))
    return found


def _newest(versions: Sequence[PackageVersion], places: dict[PackageVersion, list[str | None]]) -> PackageVersion:
    """The last one that was solved, a pre-release only where there is nothing else, as PEP 440 has it."""
    ranked = [(bool(places[one]), not is_prerelease(one[1]), place) for place, one in enumerate(versions)]
    return versions[max(ranked)[-1]]


def is_prerelease(version: str) -> bool:
    """Whether PEP 440 takes it for one."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def _add_markers(source: Source, found: Dependencies, level: Iterable[PackageTuple]) -> None:
    markers = source.markers(
        dict.fromkeys((*package, *one.package[:2]) for package in level for one in found.requirements[package])
    )
    for package in level:
        found.requirements[package] = [
            one._replace(marker=markers.get((*package, *one.package[:2]))) for one in found.requirements[package]
        ]


def _new(
    found: Dependencies, level: Iterable[PackageTuple], places: dict[PackageVersion, list[str | None]]
) -> list[PackageTuple]:
    """What was reached for the first time and was solved."""
    reached = dict.fromkeys(one.package for package in level for one in found.requirements[package])
    new = [package for package in reached if places[package[:2]] and package not in found.solved]
    found.solved.update(new)
    return new


# --- For programs ----------------------------------------------------------------------------------------------------


def package_as_json(package: PackageTuple) -> dict[str, str | None]:
    """A package for JSON."""
    name, version, index_url = package
    return {"package_name": name, "package_version": version, "index_url": shown_url(index_url)}


def requirements_as_json(found: Dependencies) -> list[dict[str, Any]]:
    """Each requirement for JSON, nearest first."""
    return [
        {
            **package_as_json(package),
            "dependency": package_as_json(one.package),
            "extra": one.extra,
            "marker": one.marker,
            "other_versions": one.others,
        }
        for package, requirements in found.requirements.items()
        for one in requirements
    ]


# --- As a picture ----------------------------------------------------------------------------------------------------


def picture_of(found: Dependencies) -> Picture:
    """The tree as a picture, in which each package stands once."""
    packages = found.packages()
    several = len({url for _name, _version, url in packages if url is not None}) > 1
    boxes = {one: _box(found, one, several=several) for one in packages}
    needs = [(package, one) for package, each in found.requirements.items() for one in each]
    return Picture(
        list(boxes.values()), [Line(boxes[package], boxes[one.package], _why(one)) for package, one in needs]
    )


def _box(found: Dependencies, package: PackageTuple, *, several: bool) -> Box:
    name, version, index_url = package
    place = shown_url(index_url) or "" if several else ""
    return Box(f"{name} {version}", place, found.state(package), package in found.roots)


def _why(requirement: Requirement) -> str:
    extra = [f"extra {requirement.extra}"] if requirement.extra else []
    return " ; ".join([*extra, *([requirement.marker] if requirement.marker else [])])
