"""thoth-storages tree: what a package depends on, all the way down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..graph.filters import Environment
from .asking import answer, asks, needing_a_version, unknown
from .package_argument import Asked, arguments_of, extras, in_environment, package, text
from .package_pictures import in_picture, write_picture

if TYPE_CHECKING:
    from ..graph.postgres import GraphDatabase
    from .dependency_sources import PackageTuple
    from .dependency_walk import Dependencies, Wanted


@click.command()
@click.argument("package", callback=package)
@in_environment
@click.option("--index", "index_url", callback=text, metavar="URL", help="The package as it is on this index.")
@click.option("--extras", callback=extras, metavar="A,B", help="What the package needs for these extras as well.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="So many levels; without it, all.")
@click.option("--all", "everything", is_flag=True, help="All versions, extras and markers.")
@in_picture
@asks
def tree(
    package: Asked,
    os_name: str | None,
    os_version: str | None,
    python_version: str | None,
    index_url: str | None,
    extras: frozenset[str],
    depth: int | None,
    everything: bool,
    picture: Path | None,
    cache_file: str | None,
    as_json: bool,
) -> None:
    """Show what a package depends on, all the way down.

    PACKAGE is a name, name==version or name[extra]==version; without a version, the newest one. Of each package that is
    needed the newest version that satisfies the requirement and was solved is followed; the line says how many others
    would do. What is needed for an extra is left out unless the extra is named, and so is what a marker rules out. With
    --all nothing is left out.

    What no solver solved is marked "not solved", what a solver failed on "solver error". Where a package stands again,
    "(...)" stands for what it needs, which is shown above. Where no environment is named, what a package needs in any.

    \b
    Example: thoth-storages tree flask==3.0.3
             thoth-storages tree flask[async]==3.0.3 --os debian --os-version 12 --python 3.11
             thoth-storages tree flask==3.0.3 -o flask.svg
             thoth-storages tree flask==3.0.3 --cache graph_cache.sqlite3 --json
    """  # noqa: D301 (click's mark for lines that are to stay as they are)
    from .dependency_walk import Wanted

    environment = Environment.of(os_name, os_version, python_version)
    wanted = Wanted(package.extras | extras, everything, depth)
    found = answer(
        cache_file,
        lambda graph: _found(graph, package, environment, index_url, wanted, is_offline=cache_file is not None),
    )
    _warn_of_extras(found, wanted.extras)
    if picture is not None:
        from .dependency_walk import picture_of

        write_picture(picture, picture_of(found), beside_json=as_json)
    if as_json:
        click.echo(json.dumps(_as_json(found, environment), indent=2))
    elif picture is None:
        _say(found)


def _found(
    graph: GraphDatabase,
    package: Asked,
    environment: Environment,
    index_url: str | None,
    wanted: Wanted,
    *,
    is_offline: bool,
) -> Dependencies:
    """What the package depends on. Raises NotFoundError, which says what was solved instead, and OfflineError."""
    from .dependency_sources import source_of
    from .dependency_walk import walk

    where = arguments_of(environment)
    version = package.package_version or _newest(graph, package, environment, index_url)
    records = graph.get_python_package_version_records(package.package_name, version, index_url, **where)
    if not records:
        raise unknown(graph, package, environment, index_url)
    roots: list[PackageTuple] = [(package.package_name, version, one["index_url"]) for one in records]
    return walk(source_of(graph, environment, is_offline=is_offline), list(dict.fromkeys(roots)), wanted)


def _newest(graph: GraphDatabase, package: Asked, environment: Environment, index_url: str | None) -> str:
    from ..exceptions import NotFoundError

    where = arguments_of(environment)
    try:
        with needing_a_version(package):
            return graph.get_latest_python_package_version(package.package_name, index_url, **where)
    except NotFoundError:
        raise unknown(graph, package, environment, index_url) from None


def _warn_of_extras(found: Dependencies, extras: frozenset[str]) -> None:
    """Say on stderr for which extras nothing is needed: they may be misspelled."""
    from ..graph.names import normalize_extra

    needed = {normalize_extra(one.extra) for root in found.roots for one in found.requirements.get(root, [])}
    if found.depth != 0:
        for extra in sorted(extras - needed):
            click.echo(f"Warning: {found.roots[0][0]} needs nothing for the extra {extra}", err=True)


def _say(found: Dependencies) -> None:
    from .tree_text import tree_lines

    for line in tree_lines(found):
        click.echo(line)


def _as_json(found: Dependencies, environment: Environment) -> dict[str, Any]:
    from .dependency_walk import package_as_json, requirements_as_json

    return {
        "packages": [
            {**package_as_json(one), "is_solved": one in found.solved, "has_solver_error": one in found.failed}
            for one in found.packages()
        ],
        "roots": list(map(package_as_json, found.roots)),
        "environment": arguments_of(environment),
        "requirements": requirements_as_json(found),
    }
