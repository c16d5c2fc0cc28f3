"""thoth-storages dependents: what needs a package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..graph.filters import Environment
from ..graph.names import pinned_version
from .asking import answer, asks, known, shown_url, unknown
from .package_argument import Asked, arguments_of, in_environment, package, text
from .package_pictures import Box, Line, Picture, in_picture, write_picture
from .sync_errors import printable

if TYPE_CHECKING:
    from ..graph.postgres import GraphDatabase
    from ..graph.queries.dependents import DependentRecord


@click.command()
@click.argument("package", callback=package)
@click.option("--version", callback=text, metavar="VERSION", help="What needs this version; the same as name==version.")
@in_environment
@in_picture
@asks
def dependents(
    package: Asked,
    version: str | None,
    os_name: str | None,
    os_version: str | None,
    python_version: str | None,
    picture: Path | None,
    cache_file: str | None,
    as_json: bool,
) -> None:
    """Show what needs a package.

    PACKAGE is a name, for what any of its versions satisfies, or name==version. A line for each package version that
    needs it, newest first, with the range that it asks for, the extra it is for and its marker; one whose marker does
    not hold in an environment is listed as well. Where no environment is named, what needs it in any.

    \b
    Example: thoth-storages dependents click
             thoth-storages dependents click==8.1.7 --python 3.11
             thoth-storages dependents click --version 8.1.7 -o click.svg
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    asked = _asked(package, version)
    environment = Environment.of(os_name, os_version, python_version)
    found = answer(cache_file, lambda graph: _found(graph, asked, environment))
    if picture is not None:
        write_picture(picture, _picture(asked, found), beside_json=as_json)
    if as_json:
        click.echo(json.dumps(_as_json(asked, found, environment), indent=2))
    elif picture is None:
        _say(asked, found)


def _asked(package: Asked, version: str | None) -> Asked:
    """The package in the version that one of the two places names."""
    if package.extras:
        raise click.UsageError(f"expected a package without extras, not {package}: nobody knows who needs them")
    if version is None:
        return package
    if package.package_version is not None:
        raise click.UsageError(f"two versions are named: {package} and --version {version}")
    one = pinned_version(f"=={version}")
    if one is None:
        raise click.UsageError(f"--version: expected one version, such as 8.1.7, not {version!r}")
    return Asked(package.package_name, one)


def _found(graph: GraphDatabase, asked: Asked, environment: Environment) -> list[DependentRecord]:
    """What needs it, newest first. Raises NotFoundError for a package, or a version of it, that is not known."""
    found = _needed_by(graph, asked, environment)
    if not found:
        known(graph, asked.package_name)
        if asked.package_version is not None and not _is_known(graph, asked, asked.package_version):
            raise unknown(graph, asked, Environment())
    return found


def _needed_by(graph: GraphDatabase, asked: Asked, environment: Environment) -> list[DependentRecord]:
    return graph.get_python_package_version_dependents_all(
        asked.package_name, package_version=asked.package_version, **arguments_of(environment), count=None
    )


def _is_known(graph: GraphDatabase, asked: Asked, version: str) -> bool:
    """Whether a version was solved, or is needed anywhere."""
    solved = graph.python_package_version_exists(asked.package_name, version)
    return solved or bool(_needed_by(graph, asked, Environment()))


def _needs(found: Sequence[DependentRecord]) -> dict[tuple[str, str, str | None], list[str]]:
    """{package version: why it needs it}: names in their order, of each the newest version first."""
    needs: dict[tuple[str, str, str | None], dict[str, None]] = {}
    for record in found:
        place = (record["package_name"], record["package_version"], shown_url(record["index_url"]))
        needs.setdefault(place, {})[_why(record)] = None
    by_name: dict[str, list[tuple[str, str, str | None]]] = {}
    for place in sorted(needs, key=_in_order, reverse=True):
        by_name.setdefault(place[0], []).append(place)
    return {place: list(needs[place]) for name in sorted(by_name) for place in by_name[name]}


def _in_order(place: tuple[str, str, str | None]) -> tuple[str, bytes, str]:
    from ..graph.names import version_order

    return place[0], version_order(place[1]), place[2] or ""


def _why(record: DependentRecord) -> str:
    version_range, extra, marker = record["version_range"] or "*", record["extra"], record["marker"]
    parts = ["any version" if version_range == "*" else version_range]
    parts += [f"for extra {extra}"] if extra else []
    return printable(" ".join([*parts, *([f"; {marker}"] if marker else [])]))


def _say(asked: Asked, found: Sequence[DependentRecord]) -> None:
    if not found:
        click.echo(f"Nothing that was solved needs {asked}.")
        return
    for line in _lines(_needs(found)):
        click.echo(line)


def _lines(needs: dict[tuple[str, str, str | None], list[str]]) -> Iterator[str]:
    several = len({url for _name, _version, url in needs}) > 1
    for (name, version, url), reasons in needs.items():
        place = click.style(f" {printable(url)}", dim=True) if several and url else ""
        yield f"{printable(name)} {printable(version)}{place} needs {' or '.join(reasons)}"


def _picture(asked: Asked, found: Sequence[DependentRecord]) -> Picture:
    """What needs it, and the package in the middle of it."""
    needs = _needs(found)
    several = len({url for _name, _version, url in needs}) > 1
    title = " ".join(filter(None, [asked.package_name, asked.package_version]))
    middle = Box(title, is_asked=True)
    boxes = {place: Box(f"{place[0]} {place[1]}", place[2] or "" if several else "") for place in needs}
    lines = [Line(boxes[place], middle, why) for place, reasons in needs.items() for why in reasons]
    return Picture([middle, *boxes.values()], lines)


def _as_json(asked: Asked, found: Sequence[DependentRecord], environment: Environment) -> dict[str, Any]:
    return {
        "package_name": asked.package_name,
        "package_version": asked.package_version,
        "environment": arguments_of(environment),
        "dependents": [{**record, "index_url": shown_url(record["index_url"])} for record in found],
    }
